#include "tracer/supervisor/run_reporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace safe_trace {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

const Rule kRule{"credential.ssh", "SSH keys"};

class CollectingSink final : public TraceSink {
 public:
  void Record(TraceEvent event) override { events.push_back(std::move(event)); }
  std::vector<TraceEvent> events;
};

const FieldValue* Field(const TraceEvent& event, std::string_view key) {
  for (const auto& [name, value] : event.fields) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::string Text(const TraceEvent& event, std::string_view key) {
  const FieldValue* value = Field(event, key);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? "(none)" : *text;
}

class RunReporterTest : public testing::Test {
 protected:
  RunReporterTest() {
    auto domain = std::make_shared<Domain>();
    domain->subject = {
        .role = Role::kPackage, .ecosystem = "pip", .package = "evil", .version = "1.0"};
    package_.domain = std::move(domain);
    package_.tgid = 12;
    package_.entity_id = "12-3";
    package_.parent_entity_id = "10-1";
    package_.executable = "/usr/bin/python3";
    auto plain = std::make_shared<Domain>();
    plain->subject.role = Role::kManager;
    manager_.domain = std::move(plain);
    manager_.entity_id = "10-1";
  }

  void Violate(const Process& process, const std::string& doing, bool is_violation = true) {
    TraceEvent event;
    event.action = "file-open";
    reporter_.ReportDecision(process, {Verdict::kHide, ENOENT, &kRule, is_violation}, event, doing,
                             "--allow-read x");
  }
  RunSummary Finish() {
    RunSummary summary;
    reporter_.Finish(summary);
    return summary;
  }
  void Connect(const std::string& domain, const std::string& ip, int64_t port,
               const std::string& outcome = "success") {
    TraceEvent event;
    event.action = "network-connect";
    event.outcome = outcome;
    if (!domain.empty()) event.Set("destination.domain", domain);
    event.Set("destination.ip", ip).Set("destination.port", port);
    reporter_.ReportEvent(manager_, event);
  }

  CollectingSink sink_;
  std::vector<ShownViolation> shown_;
  RunReporter reporter_{sink_, [this](const ShownViolation& v) { shown_.push_back(v); }};
  Process package_;
  Process manager_;
};

TEST_F(RunReporterTest, ViolationIsCountedWrittenAndShown) {
  Violate(package_, "read ~/.ssh");
  EXPECT_EQ(reporter_.violations(), 1U);
  ASSERT_THAT(sink_.events, SizeIs(1));
  const TraceEvent& event = sink_.events[0];
  EXPECT_TRUE(event.is_violation);
  EXPECT_EQ(event.outcome, "failure");
  EXPECT_GT(event.wall_clock_ns, 0);
  EXPECT_EQ(Text(event, "rule.id"), "credential.ssh");
  EXPECT_EQ(Text(event, "safe_trace.reason"), "SSH keys");
  EXPECT_EQ(Text(event, "safe_trace.decision"), VerdictName(Verdict::kHide));
  ASSERT_THAT(shown_, SizeIs(1));
  EXPECT_EQ(shown_[0].subject, package_.domain->subject.Describe());
  EXPECT_EQ(shown_[0].doing, "read ~/.ssh");
  EXPECT_EQ(shown_[0].verdict, Verdict::kHide);
  EXPECT_EQ(shown_[0].rule_id, "credential.ssh");
  EXPECT_EQ(shown_[0].how_to_allow, "--allow-read x");
}

TEST_F(RunReporterTest, ProcessIsDescribed) {
  Violate(package_, "read x");
  const TraceEvent& event = sink_.events.at(0);
  EXPECT_EQ(Text(event, "process.entity_id"), "12-3");
  EXPECT_EQ(Text(event, "process.parent.entity_id"), "10-1");
  EXPECT_EQ(Text(event, "process.executable"), "/usr/bin/python3");
  EXPECT_EQ(Text(event, "safe_trace.role"), RoleName(Role::kPackage));
  EXPECT_EQ(Text(event, "safe_trace.ecosystem"), "pip");
  EXPECT_EQ(Text(event, "package.name"), "evil");
  EXPECT_EQ(Text(event, "package.version"), "1.0");
  EXPECT_EQ(std::get<int64_t>(*Field(event, "process.pid")), 12);
}

TEST_F(RunReporterTest, DenialThatIsNoViolationIsWrittenButNotShown) {
  Violate(package_, "read x", false);
  EXPECT_THAT(shown_, IsEmpty());
  EXPECT_THAT(sink_.events, SizeIs(1));
  const RunSummary summary = Finish();
  EXPECT_EQ(summary.violations, 0U);
  EXPECT_EQ(summary.denials, 1U);
}

TEST_F(RunReporterTest, AllowedDecisionIsAnOrdinaryEvent) {
  reporter_.ReportDecision(manager_, {Verdict::kAllow, 0, &kRule, false}, {}, "read x", "");
  EXPECT_THAT(shown_, IsEmpty());
  ASSERT_THAT(sink_.events, SizeIs(1));
  EXPECT_EQ(sink_.events[0].outcome, "success");
  EXPECT_EQ(Finish().denials, 0U);
}

TEST_F(RunReporterTest, RepeatsAreCountedButNoLongerWritten) {
  constexpr uint64_t kTimes = 3 * RunReporter::kRepeats;
  for (uint64_t i = 0; i < kTimes; ++i) Violate(package_, "read x");
  EXPECT_THAT(sink_.events, SizeIs(RunReporter::kRepeats));
  EXPECT_THAT(shown_, SizeIs(RunReporter::kRepeats));
  EXPECT_EQ(reporter_.violations(), kTimes);
  EXPECT_EQ(Finish().violations, kTimes);
  ASSERT_THAT(sink_.events, SizeIs(RunReporter::kRepeats + 1));
  const FieldValue* repeated = Field(sink_.events.back(), "safe_trace.repeated");
  ASSERT_NE(repeated, nullptr);
  EXPECT_EQ(std::get<int64_t>(*repeated), static_cast<int64_t>(kTimes));
}

TEST_F(RunReporterTest, AnotherThingOrAnotherProcessIsNoRepeat) {
  for (uint64_t i = 0; i < RunReporter::kRepeats; ++i) Violate(package_, "read x");
  Violate(package_, "read y");
  package_.entity_id = "12-4";
  Violate(package_, "read x");
  EXPECT_THAT(sink_.events, SizeIs(RunReporter::kRepeats + 2));
}

TEST_F(RunReporterTest, WhatDidNotRepeatIsNotWrittenAgain) {
  for (uint64_t i = 0; i < RunReporter::kRepeats; ++i) Violate(package_, "read x");
  Finish();
  EXPECT_THAT(sink_.events, SizeIs(RunReporter::kRepeats));
}

TEST_F(RunReporterTest, ViolationsAreWrittenEvenWhenTheTableIsFull) {
  for (size_t i = 0; i < RunReporter::kMaximumKeys; ++i) {
    Violate(package_, std::to_string(i), false);
  }
  sink_.events.clear();
  Violate(package_, "denied", false);
  EXPECT_THAT(sink_.events, IsEmpty());
  Violate(package_, "violation");
  EXPECT_THAT(sink_.events, SizeIs(1));
  EXPECT_EQ(Finish().denials, RunReporter::kMaximumKeys + 1);
}

TEST_F(RunReporterTest, ViolationsAndProcessesAreCountedPerPackage) {
  Process other = Process();
  auto domain = std::make_shared<Domain>(*package_.domain);
  domain->subject.package = "fine";
  other.domain = std::move(domain);
  reporter_.CountProcess(package_.domain->subject);
  reporter_.CountProcess(package_.domain->subject);
  reporter_.CountNewSubject(other.domain->subject);
  reporter_.CountProcess(manager_.domain->subject);
  Violate(package_, "read x");
  Violate(manager_, "read x");
  const RunSummary summary = Finish();
  EXPECT_EQ(summary.processes, 3U);
  EXPECT_EQ(summary.violations, 2U);
  ASSERT_THAT(summary.packages, SizeIs(2));
  EXPECT_EQ(summary.packages[0].name, "evil");
  EXPECT_EQ(summary.packages[0].version, "1.0");
  EXPECT_EQ(summary.packages[0].processes, 2U);
  EXPECT_EQ(summary.packages[0].violations, 1U);
  EXPECT_EQ(summary.packages[1].name, "fine");
  EXPECT_EQ(summary.packages[1].processes, 1U);
  EXPECT_EQ(summary.packages[1].violations, 0U);
}

TEST_F(RunReporterTest, HostsAreCountedByNameElseByAddress) {
  Connect("pypi.org", "192.0.2.1", 443);
  Connect("pypi.org", "192.0.2.2", 443);
  Connect("", "192.0.2.9", 8080);
  Connect("refused.example", "192.0.2.3", 443, "failure");
  Connect("", "192.0.2.53", 53);
  const RunSummary summary = Finish();
  ASSERT_THAT(summary.hosts, SizeIs(2));
  EXPECT_EQ(summary.hosts[0].name, "192.0.2.9");
  EXPECT_EQ(summary.hosts[0].port, 8080);
  EXPECT_EQ(summary.hosts[1].name, "pypi.org");
  EXPECT_EQ(summary.hosts[1].connections, 2U);
}

}  // namespace
}  // namespace safe_trace
