#include "launcher/status_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "launcher/terminal_text.h"

namespace safe_trace {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ViolationLine Aws() {
  return {.subject = "package evil@1.0 (pip)",
          .doing = "read ~/.aws/credentials",
          .verdict = Verdict::kHide,
          .rule_id = "credential.aws",
          .how_to_allow = ""};
}

TEST(ViolationTest, ReadsAsOneSentence) {
  EXPECT_EQ(FormatViolation(Aws(), false),
            "safe-trace: package evil@1.0 (pip) tried to read ~/.aws/credentials: hidden "
            "(credential.aws)");
}

TEST(ViolationTest, EveryVerdictHasItsWord) {
  ViolationLine line = Aws();
  line.verdict = Verdict::kDeny;
  EXPECT_THAT(FormatViolation(line, false), HasSubstr(": denied ("));
  line.verdict = Verdict::kKill;
  EXPECT_THAT(FormatViolation(line, false), HasSubstr(": killed ("));
  line.verdict = Verdict::kAllow;
  EXPECT_THAT(FormatViolation(line, false), HasSubstr(": allowed, only logged ("));
}

TEST(ViolationTest, WhatNoOptionAllowsGetsNoHint) {
  ViolationLine line = Aws();
  line.how_to_allow = "--allow-write /x";
  line.never_allowed = true;
  EXPECT_THAT(FormatViolation(line, false),
              ::testing::EndsWith("(credential.aws); no option allows this"));
}

TEST(ViolationTest, OnlyColourAddsEscapeSequences) {
  EXPECT_THAT(FormatViolation(Aws(), true), HasSubstr("\x1b[31mhidden\x1b[0m"));
  EXPECT_THAT(FormatViolation(Aws(), false), Not(HasSubstr("\x1b")));
}

TEST(ViolationTest, HostileNamesCannotDriveTheTerminalOrForgeALine) {
  ViolationLine line = Aws();
  line.subject = "package \x1b]0;x\x07";
  line.doing = "read /tmp/a\nsafe-trace: all is well\r\xff";
  const std::string text = FormatViolation(line, false);
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("\\x0asafe-trace"));
  EXPECT_THAT(text, HasSubstr("\\xff"));
}

TEST(ViolationTest, IsNeverLongerThanFourHundredColumns) {
  const std::string longest(100000, '\x02');
  ViolationLine line = Aws();
  line.subject = line.doing = line.rule_id = longest;
  const std::string hint = "--allow-read /" + std::string(100000, 'x');
  line.how_to_allow = hint;
  EXPECT_LE(Columns(FormatViolation(line, false)), 400U);
}

struct HintCase {
  std::string how_to_allow;
  std::string shown;  // "" where no hint may appear
};
class Hint : public ::testing::TestWithParam<HintCase> {};

TEST_P(Hint, IsOneOptionWithOneQuotedValueOrAbsent) {
  ViolationLine line = Aws();
  line.how_to_allow = GetParam().how_to_allow;
  const std::string text = FormatViolation(line, false);
  if (GetParam().shown.empty()) {
    EXPECT_THAT(text, Not(HasSubstr("to allow")));
  } else {
    EXPECT_THAT(text, ::testing::EndsWith("; to allow: " + GetParam().shown));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, Hint,
    ::testing::Values(HintCase{"--allow-read /srv/data", "--allow-read /srv/data"},
                      HintCase{"--allow-host=a.example:443", "--allow-host a.example:443"},
                      HintCase{"--allow-read /a b", "--allow-read '/a b'"},
                      HintCase{"--allow-read '/a b'", "--allow-read '/a b'"},
                      HintCase{"--allow-read /x --allow-host evil.example",
                               "--allow-read '/x --allow-host evil.example'"},
                      HintCase{"--allow-read '/x' --allow-host 'evil.example'",
                               "--allow-read ''\\''/x'\\'' --allow-host '\\''evil.example'\\'''"},
                      HintCase{"--allow-read /x;rm -rf ~", "--allow-read '/x;rm -rf ~'"},
                      HintCase{"--allow-read $(reboot)", "--allow-read '$(reboot)'"},
                      HintCase{"--allow-read /a\nb", ""}, HintCase{"--allow-read /a\xff", ""},
                      HintCase{"--offline", ""}, HintCase{"rm -rf", ""}, HintCase{"--x;id y", ""},
                      HintCase{"--allow-read ", ""}));

RunSummary Summary() {
  RunSummary summary;
  summary.run_id = "20261122T181500-ab12";
  summary.command = "pip install evil";
  summary.trace_path = "/home/u/.local/state/safe-trace/traces/20261122T181500-ab12.jsonl";
  summary.trace_name = summary.run_id;
  summary.exit_status = 120;
  summary.seconds = 3.21;
  summary.processes = 14;
  summary.violations = 2;
  summary.denials = 5;
  summary.packages = {{"pip", "requests", "2.31.0", 3, 0}, {"pip", "evil", "1.0", 2, 2}};
  summary.hosts = {{"pypi.org", 443, 4}, {"::1", 8080, 1}};
  summary.removed_variables = {"AWS_SECRET_ACCESS_KEY"};
  summary.survivors = {"package evil@1.0: /tmp/x/daemon (pid 123)"};
  return summary;
}

TEST(SummaryTest, SaysWhoWhatWhereAndHowToLook) {
  const std::string text = FormatSummary(Summary(), false);
  EXPECT_THAT(text, HasSubstr("safe-trace: pip install evil: exit status 120 (the command itself "
                              "ended with 0, but there were violations), 3.2 s, 14 processes\n"));
  EXPECT_THAT(text, HasSubstr("evil@1.0 (pip): 2 violations, requests@2.31.0 (pip)"));
  EXPECT_THAT(text, HasSubstr("2 violations, 5 other refusals"));
  EXPECT_THAT(text, HasSubstr("pypi.org:443 (4), [::1]:8080 (1)"));
  EXPECT_THAT(text, HasSubstr("removed AWS_SECRET_ACCESS_KEY"));
  EXPECT_THAT(text, HasSubstr("ended package evil@1.0: /tmp/x/daemon (pid 123)"));
  EXPECT_THAT(text, HasSubstr("/20261122T181500-ab12.jsonl"));
  EXPECT_THAT(text, HasSubstr("safe-trace trace show 20261122T181500-ab12\n"));
}

TEST(SummaryTest, ATraceInAnotherPlaceIsLookedAtByItsPath) {
  RunSummary summary = Summary();
  summary.trace_name = "/srv/my traces/x";
  EXPECT_THAT(FormatSummary(summary, false),
              HasSubstr("safe-trace trace show '/srv/my traces/x'\n"));
}

TEST(SummaryTest, AFailedCommandIsLedToTheRefusalsThatAreNoViolations) {
  RunSummary summary;
  summary.run_id = summary.trace_name = "20261122T181500-ab12";
  summary.trace_path = "/x";
  summary.denials = 1;
  EXPECT_THAT(FormatSummary(summary, false), Not(HasSubstr("--all")));
  summary.command_status = 1;
  EXPECT_THAT(FormatSummary(summary, false),
              HasSubstr("safe-trace trace show --all 20261122T181500-ab12\n"));
}

TEST(SummaryTest, AQuietRunSaysLittle) {
  RunSummary summary;
  summary.command = "true";
  summary.processes = 1;
  EXPECT_EQ(FormatSummary(summary, false),
            "safe-trace: true: exit status 0, 0.0 s, 1 process\n"
            "  denied      no violation\n");
}

TEST(SummaryTest, LongListsAreCutAndOffendersComeFirst) {
  RunSummary summary = Summary();
  summary.packages.clear();
  for (int i = 0; i < 100; ++i) summary.packages.push_back({"pip", "p", "1", 1, 0});
  summary.packages.push_back({"pip", "evil", "1", 1, 1});
  const std::string text = FormatSummary(summary, false);
  EXPECT_THAT(text, HasSubstr("packages    evil@1 (pip): 1 violation, p@1"));
  EXPECT_THAT(text, HasSubstr("and 95 more\n"));
}

TEST(SummaryTest, DroppedEventsAreAdmitted) {
  RunSummary summary = Summary();
  EXPECT_THAT(FormatSummary(summary, false), Not(HasSubstr("not written")));
  summary.dropped_events = 7;
  EXPECT_THAT(FormatSummary(summary, false), HasSubstr("7 events not written to the trace"));
}

TEST(SummaryTest, HostileTextIsEscapedEverywhere) {
  RunSummary summary = Summary();
  const std::string bad = "\x1b[2J\n\xff";
  summary.run_id = summary.command = summary.trace_path = summary.trace_name = bad;
  summary.packages = {{bad, bad, bad, 1, 1}};
  summary.hosts = {{bad, 1, 1}};
  summary.removed_variables = summary.survivors = {bad};
  const std::string text = FormatSummary(summary, false);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\xff")));
  EXPECT_THAT(text, Not(HasSubstr("[2J\n")));
  EXPECT_THAT(text, Not(HasSubstr("trace show")));
}

TEST(SummaryJsonTest, IsOneLineOfJsonWhateverTheBytes) {
  RunSummary summary = Summary();
  summary.command = "x\n\xff\x1b\xc2\x9b";
  const std::string text = SummaryJson(summary);
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  const nlohmann::json json = nlohmann::json::parse(text);
  EXPECT_EQ(json["command"], "x\n\\xff\x1b\xc2\x9b");
  EXPECT_EQ(json["exit_status"], 120);
  EXPECT_EQ(json["violations"], 2);
  EXPECT_EQ(json["packages"][1]["name"], "evil");
  EXPECT_EQ(json["hosts"][0]["port"], 443);
  EXPECT_EQ(json["survivors"].size(), 1U);
  for (char c : text) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << int{c};
}

TEST(FormatSummaryTest, RunThatSafeTraceEndedSaysWhy) {
  RunSummary summary;
  summary.command = "pip install evil";
  summary.exit_status = 120;
  summary.ended_because = "the limit of --pids was reached";
  const std::string text = FormatSummary(summary, false);
  EXPECT_THAT(text, HasSubstr("exit status 120 (ended: the limit of --pids was reached), "));
  EXPECT_THAT(text, Not(HasSubstr("the command itself")));
}

TEST(ViolationLimiterTest, TwentyOfTheSameAreShownAndTheRestCounted) {
  ViolationLimiter limiter;
  for (int i = 0; i < 19; ++i) EXPECT_EQ(limiter.Admit("same"), "same");
  EXPECT_THAT(limiter.Admit("same"), HasSubstr("only in the trace"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(limiter.Admit("same"), "");
  EXPECT_EQ(limiter.Admit("other"), "other");
  EXPECT_EQ(limiter.Closing(), "safe-trace: 5 more violations are in the trace");
}

TEST(ViolationLimiterTest, TwoHundredInAllAreShown) {
  ViolationLimiter limiter;
  int shown = 0;
  for (int i = 0; i < 100000; ++i) shown += limiter.Admit(std::to_string(i)).empty() ? 0 : 1;
  EXPECT_EQ(shown, 200);
  EXPECT_EQ(limiter.Closing(), "safe-trace: 99800 more violations are in the trace");
}

TEST(ViolationLimiterTest, NothingHeldBackSaysNothing) {
  ViolationLimiter limiter;
  EXPECT_EQ(limiter.Admit("a"), "a");
  EXPECT_EQ(limiter.Closing(), "");
}

}  // namespace
}  // namespace safe_trace
