#include "tracer/asking/ask_desk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "policy/access_request.h"

namespace safe_trace {
namespace {

using std::chrono::milliseconds;

class Recorded final : public Reporter {
 public:
  void ReportDecision(const Process&, const Decision&, TraceEvent, std::string_view,
                      std::string_view) override {}
  void NoteChange(const Process&, std::string_view, const struct stat*) override {}
  void ReportEvent(const Process&, TraceEvent event) override {
    events.push_back(std::move(event));
  }
  std::vector<TraceEvent> events;
};

std::shared_ptr<const Process> ProcessWith(Role role, std::string package = "") {
  auto domain = std::make_shared<Domain>();
  domain->subject.role = role;
  domain->subject.package = std::move(package);
  domain->subject.version = domain->subject.package.empty() ? "" : "1.0";
  auto process = std::make_shared<Process>();
  process->domain = std::move(domain);
  return process;
}

class AskDeskTest : public testing::Test {
 protected:
  AskDeskTest() {
    int master = -1, slave = -1;
    EXPECT_EQ(openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
    user_.Reset(master);
    fcntl(slave, F_SETFL, O_NONBLOCK);
    slave_.Reset(slave);
    refused_.verdict = Verdict::kDeny;
  }

  std::unique_ptr<AskDesk> Desk(milliseconds patience = milliseconds(20000)) {
    AskDesk::Options options;
    options.patience = patience;
    options.prompt = [](const Question& question) { return "<" + question.flag + ">"; };
    options.confirm = [](const Question&, UserAnswer) { return std::string("so be it\n"); };
    options.remember = [this](const Question& question) {
      remembered_.push_back(question.flag);
      return std::string("written");
    };
    return std::make_unique<AskDesk>(AskTerminal(UniqueFd(dup(slave_.get()))), allowances_,
                                     std::move(options));
  }

  void WaitFor(const std::string& text) {
    while (shown_.find(text) == std::string::npos) {
      pollfd ready{user_.get(), POLLIN, 0};
      ASSERT_EQ(poll(&ready, 1, 20000), 1) << text << " never came: " << shown_;
      std::array<char, 512> buffer;
      const ssize_t count = read(user_.get(), buffer.data(), buffer.size());
      ASSERT_GT(count, 0);
      shown_.append(buffer.data(), static_cast<size_t>(count));
    }
    shown_.clear();
  }
  void Type(const std::string& text) {
    ASSERT_EQ(write(user_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::string AnswerOf(AskDesk& desk) {
    pollfd ready{desk.event_fd(), POLLIN, 0};
    EXPECT_EQ(poll(&ready, 1, 20000), 1);
    Recorded recorded;
    desk.Flush(recorded);
    std::string answers;
    for (const TraceEvent& event : recorded.events) {
      for (const auto& [name, value] : event.fields) {
        if (name == "safe_trace.answer") answers += std::get<std::string>(value) + " ";
      }
    }
    return answers;
  }
  bool IsAllowed(const std::string& host) const {
    return allowances_.Any([&](const Allowance& known) { return known.host.host == host; });
  }

  UniqueFd user_, slave_;
  std::string shown_;
  Decision refused_;
  Allowances allowances_;
  std::vector<std::string> remembered_;
  std::shared_ptr<const Process> command_ = ProcessWith(Role::kCommand);
};

TEST_F(AskDeskTest, AYesBecomesAnAllowance) {
  auto desk = Desk();
  EXPECT_TRUE(desk->IsAsking(command_, refused_, {"reach it", "host.example", 443}));
  WaitFor("<--allow-host host.example:443>");
  EXPECT_FALSE(IsAllowed("host.example"));
  Type("2\n");
  EXPECT_EQ(AnswerOf(*desk), "run ");
  EXPECT_TRUE(IsAllowed("host.example"));
  EXPECT_TRUE(remembered_.empty());
}

TEST_F(AskDeskTest, APackageIsGrantedItAlone) {
  auto desk = Desk();
  EXPECT_TRUE(desk->IsAsking(ProcessWith(Role::kPackage, "left-pad"), refused_,
                             {"reach it", "host.example", 0}));
  WaitFor("<--grant left-pad@1.0=host.example>");
  Type("3\n");
  EXPECT_EQ(AnswerOf(*desk), "always ");
  EXPECT_EQ(remembered_, std::vector<std::string>{"--grant left-pad@1.0=host.example"});
  EXPECT_TRUE(allowances_.Any([](const Allowance& known) {
    return known.package == "left-pad" && known.version == "1.0";
  }));
}

TEST_F(AskDeskTest, ANoIsNotAskedAgain) {
  auto desk = Desk();
  EXPECT_TRUE(desk->IsAsking(command_, refused_, {"reach it", "host.example", 0}));
  EXPECT_TRUE(desk->IsAsking(command_, refused_, {"reach it", "host.example", 0}));
  WaitFor("<");
  Type("n\n");
  EXPECT_EQ(AnswerOf(*desk), "never ");
  EXPECT_FALSE(desk->IsAsking(command_, refused_, {"reach it", "host.example", 0}));
  EXPECT_FALSE(IsAllowed("host.example"));
}

TEST_F(AskDeskTest, NoAnswerIsANo) {
  auto desk = Desk(milliseconds(50));
  EXPECT_TRUE(desk->IsAsking(command_, refused_, {"reach it", "host.example", 0}));
  EXPECT_EQ(AnswerOf(*desk), "none ");
  EXPECT_FALSE(IsAllowed("host.example"));
}

TEST_F(AskDeskTest, DismissingRefusesAllThatIsAsked) {
  auto desk = Desk();
  EXPECT_TRUE(desk->IsAsking(command_, refused_, {"reach it", "one.example", 0}));
  EXPECT_TRUE(desk->IsAsking(command_, refused_, {"reach it", "two.example", 0}));
  WaitFor("one.example");
  desk->Dismiss();
  AnswerOf(*desk);
  EXPECT_FALSE(desk->IsAsking(command_, refused_, {"reach it", "one.example", 0}));
  EXPECT_FALSE(desk->IsAsking(command_, refused_, {"reach it", "two.example", 0}));
  EXPECT_TRUE(desk->IsAsking(command_, refused_, {"reach it", "three.example", 0}));
  WaitFor("three.example");
  Type("1\n");
  EXPECT_EQ(AnswerOf(*desk), "once ");
}

// A name in DNS may hold anything; an answer must mean one host, and fit into a configuration.
TEST_F(AskDeskTest, WhatIsNoPlainHostIsNotAskedAbout) {
  auto desk = Desk();
  for (const char* host : {"", "192.0.2.1", "a.example:443", "*.example", "a b", "a\"b", "a=b",
                           "x]\nallowed", "A.EXAMPLE"}) {
    EXPECT_FALSE(desk->IsAsking(command_, refused_, {"reach it", host, 0})) << host;
  }
}

TEST_F(AskDeskTest, WhatIsNeverAllowedIsNotAskedAbout) {
  auto desk = Desk();
  refused_.never_allowed = true;
  EXPECT_FALSE(desk->IsAsking(command_, refused_, {"reach it", "host.example", 0}));
}

TEST_F(AskDeskTest, PackageCodeWithoutANameCannotBeGrantedAnything) {
  auto desk = Desk();
  EXPECT_FALSE(desk->IsAsking(ProcessWith(Role::kPackage), refused_, {"reach it", "a.example", 0}));
}

// The summary follows: nothing is said after it.
TEST_F(AskDeskTest, WhenTheCommandHasEndedNobodyIsAskedAnyMore) {
  auto desk = Desk();
  EXPECT_TRUE(desk->IsAsking(command_, refused_, {"reach it", "one.example", 0}));
  EXPECT_TRUE(desk->IsAsking(command_, refused_, {"reach it", "two.example", 0}));
  WaitFor("one.example");
  desk->Close();
  EXPECT_EQ(AnswerOf(*desk), "none none ");
  WaitFor("the command has ended: refused");
  EXPECT_FALSE(desk->IsAsking(command_, refused_, {"reach it", "three.example", 0}));
  desk.reset();
  pollfd silent{user_.get(), POLLIN, 0};
  EXPECT_EQ(poll(&silent, 1, 0), 0);
}

}  // namespace
}  // namespace safe_trace
