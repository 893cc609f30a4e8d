#include "tracer/network/dns_gate.h"

#include <poll.h>

#include <chrono>
#include <thread>

#include "gtest/gtest.h"
#include "tests/unit/network/network_fakes.h"

namespace safe_trace {
namespace {

using testing::FakeReporter;
using testing::FakeRules;
using testing::Field;

Process ProcessOf(Role role, std::string entity_id) {
  Process process;
  process.tgid = 7;
  process.entity_id = std::move(entity_id);
  auto domain = std::make_shared<Domain>();
  domain->subject.role = role;
  process.domain = std::move(domain);
  return process;
}

class DnsGateTest : public ::testing::Test {
 protected:
  DnsGateTest() : gate_(rules_) {
    rules_.name = [](const Subject& subject, const NameRequest& request) {
      return subject.role == Role::kManager && request.name == "allowed.example";
    };
  }
  FakeRules rules_;
  DnsGate gate_;
  FakeReporter reporter_;
};

TEST_F(DnsGateTest, TheSubjectOfTheAskingProcessDecides) {
  uint64_t manager = gate_.ClientFor(ProcessOf(Role::kManager, "1-1"));
  uint64_t package = gate_.ClientFor(ProcessOf(Role::kPackage, "2-2"));
  EXPECT_NE(manager, package);
  EXPECT_TRUE(gate_.Decide({manager, "allowed.example", 1}));
  EXPECT_FALSE(gate_.Decide({package, "allowed.example", 1}));
  EXPECT_FALSE(gate_.Decide({999, "allowed.example", 1}));
}

TEST_F(DnsGateTest, AnExecOrAnotherDomainMakesAnotherClient) {
  Process process = ProcessOf(Role::kManager, "1-1");
  uint64_t first = gate_.ClientFor(process);
  EXPECT_EQ(gate_.ClientFor(process), first);
  process.exec_generation = 1;
  EXPECT_NE(gate_.ClientFor(process), first);
  Process changed = ProcessOf(Role::kPackage, "1-1");
  uint64_t package = gate_.ClientFor(changed);
  EXPECT_FALSE(gate_.Decide({package, "allowed.example", 1}));
}

TEST_F(DnsGateTest, EachNameIsReportedOncePerProcessOnTheLoop) {
  uint64_t package = gate_.ClientFor(ProcessOf(Role::kPackage, "2-2"));
  for (int i = 0; i < 3; ++i) gate_.Decide({package, "secret.evil.example", 1});
  gate_.Decide({package, "other.example", 28});
  pollfd watched{gate_.event_fd(), POLLIN, 0};
  EXPECT_EQ(poll(&watched, 1, 0), 1);
  gate_.Flush(reporter_);
  ASSERT_EQ(reporter_.decisions.size(), 2U);
  EXPECT_EQ(Field(reporter_.decisions[0].event, "dns.question.name"), "secret.evil.example");
  EXPECT_EQ(reporter_.decisions[0].how_to_allow, "");
  EXPECT_EQ(poll(&watched, 1, 0), 0);
  gate_.Flush(reporter_);
  EXPECT_EQ(reporter_.decisions.size(), 2U);
}

TEST_F(DnsGateTest, TheMachinesOwnNameIsRefusedWithoutAWord) {
  uint64_t manager = gate_.ClientFor(ProcessOf(Role::kManager, "1-1"));
  EXPECT_FALSE(gate_.Decide({manager, "build7", 1, true}));
  EXPECT_TRUE(gate_.Decide({manager, "allowed.example", 1, true}));
  gate_.Flush(reporter_);
  EXPECT_TRUE(reporter_.decisions.empty());
  EXPECT_EQ(reporter_.events.size(), 1U);
}

TEST_F(DnsGateTest, AManagerIsToldHowToAllowAHost) {
  uint64_t manager = gate_.ClientFor(ProcessOf(Role::kManager, "1-1"));
  gate_.Decide({manager, "mirror.example", 1});
  gate_.Flush(reporter_);
  ASSERT_EQ(reporter_.decisions.size(), 1U);
  EXPECT_EQ(reporter_.decisions[0].how_to_allow, "--allow-host mirror.example");
}

TEST_F(DnsGateTest, ReportsAreBoundedAndCounted) {
  uint64_t manager = gate_.ClientFor(ProcessOf(Role::kManager, "1-1"));
  for (size_t i = 0; i < DnsGate::kMaximumReports + 10; ++i) {
    gate_.Decide({manager, "n" + std::to_string(i), 1});
  }
  EXPECT_EQ(gate_.untold(), 10U);
  gate_.Flush(reporter_);
  // The last line stands for the ten.
  EXPECT_EQ(reporter_.events.size() + reporter_.decisions.size(), DnsGate::kMaximumReports + 1);
}

TEST_F(DnsGateTest, TheBrokerWaitsForTheLoopWithAFlood) {
  uint64_t command = gate_.ClientFor(ProcessOf(Role::kCommand, "1-1"));
  constexpr size_t kQuestions = DnsGate::kMaximumReports * 3;
  std::thread broker([&] {
    for (size_t i = 0; i < kQuestions; ++i) gate_.Decide({command, "n" + std::to_string(i), 1});
  });
  const auto told = [&] { return reporter_.events.size() + reporter_.decisions.size(); };
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (told() < kQuestions && std::chrono::steady_clock::now() < until) gate_.Flush(reporter_);
  broker.join();
  EXPECT_EQ(told(), kQuestions);
  EXPECT_EQ(gate_.untold(), 0U);
}

}  // namespace
}  // namespace safe_trace
