#include "launcher/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace safe_trace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Words = std::vector<std::string>;

LaunchOptions OptionsOf(const Words& arguments) {
  absl::StatusOr<CommandLine> line = ParseCommandLine(arguments);
  EXPECT_TRUE(line.ok()) << line.status();
  return line.ok() ? line->options : LaunchOptions{};
}

std::vector<std::string> Values(const std::vector<Entry>& entries) {
  std::vector<std::string> values;
  for (const Entry& entry : entries) values.push_back(entry.value);
  return values;
}

struct CommandCase {
  Words arguments;
  Words command;
};

class CommandBegins : public ::testing::TestWithParam<CommandCase> {};

TEST_P(CommandBegins, AtTheFirstWordThatIsNoOption) {
  absl::StatusOr<CommandLine> line = ParseCommandLine(GetParam().arguments);
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->verb, Verb::kRun);
  EXPECT_EQ(line->options.command, GetParam().command);
}

INSTANTIATE_TEST_SUITE_P(
    Table, CommandBegins,
    ::testing::Values(
        CommandCase{{"pip", "install", "requests"}, {"pip", "install", "requests"}},
        CommandCase{{"pip", "--offline", "-q"}, {"pip", "--offline", "-q"}},
        CommandCase{{"-q", "pip", "--help"}, {"pip", "--help"}},
        CommandCase{{"--allow-host", "a.example", "pip"}, {"pip"}},
        CommandCase{{"--allow-host=a.example", "pip"}, {"pip"}},
        CommandCase{{"-kTOKEN", "pip"}, {"pip"}}, CommandCase{{"-qk", "TOKEN", "pip"}, {"pip"}},
        CommandCase{{"--", "pip", "--", "x"}, {"pip", "--", "x"}},
        CommandCase{{"--", "--odd-name"}, {"--odd-name"}},
        CommandCase{{"--", "install", "-D"}, {"install", "-D"}},
        CommandCase{{"--", "trace"}, {"trace"}}, CommandCase{{"run", "pip", "-q"}, {"pip", "-q"}},
        CommandCase{{"run", "--", "doctor"}, {"doctor"}},
        CommandCase{{"run", "--offline", "--", "audit", "--json"}, {"audit", "--json"}},
        CommandCase{{"--offline", "run", "--json", "run"}, {"run"}},
        CommandCase{{"-", "x"}, {"-", "x"}}, CommandCase{{"./run"}, {"./run"}},
        CommandCase{{"echo", ""}, {"echo", ""}},
        CommandCase{{"printf", "\xff\n[a,b]"}, {"printf", "\xff\n[a,b]"}}));

TEST(CommandLineTest, EveryListOptionCollectsItsValuesInOrder) {
  const Config config =
      OptionsOf({"--allow-host", "a.example", "--allow-host=[::1]:443", "--allow-read", "/a b",
                 "--allow-write", "out", "--allow-write", "/tmp/x", "--grant", "evil@1.0=b.example",
                 "-k", "A", "--keep-env=B", "--hide", "~/c", "--hide-env", "D", "x"})
          .overrides;
  EXPECT_THAT(Values(config.allowed_hosts), ElementsAre("a.example", "[::1]:443"));
  EXPECT_THAT(Values(config.allow_read), ElementsAre("/a b"));
  EXPECT_THAT(Values(config.allow_write), ElementsAre("out", "/tmp/x"));
  EXPECT_THAT(Values(config.grants), ElementsAre("evil@1.0=b.example"));
  EXPECT_THAT(Values(config.keep_env), ElementsAre("A", "B"));
  EXPECT_THAT(Values(config.extra_paths), ElementsAre("~/c"));
  EXPECT_THAT(Values(config.extra_env_vars), ElementsAre("D"));
  EXPECT_EQ(config.allowed_hosts[0].origin, "--allow-host");
  EXPECT_EQ(config.keep_env[0].origin, "--keep-env");
}

TEST(CommandLineTest, GuardTakesTheOptionsOfARun) {
  const LaunchOptions guard = OptionsOf({"guard", "-k", "A", "--", "python", "app.py", "-q"});
  EXPECT_TRUE(guard.guard);
  EXPECT_THAT(guard.command, ElementsAre("python", "app.py", "-q"));
  EXPECT_THAT(Values(guard.overrides.keep_env), ElementsAre("A"));
  EXPECT_FALSE(OptionsOf({"run", "--", "python"}).guard);
  const LaunchOptions check = OptionsOf({"guard", "-q", "--check", "evil", "b"});
  EXPECT_TRUE(check.guard && check.quiet);
  ASSERT_EQ(check.command.size(), 5U);
  EXPECT_EQ(check.command.front(), "python3");
  EXPECT_EQ(check.command.back(), "b");
  for (const Words& words : {Words{"guard", "--check"}, Words{"guard", "--check", "-q"}}) {
    EXPECT_EQ(ParseCommandLine(words).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_THAT(OptionsOf({"guard", "--", "--check"}).command, ElementsAre("--check"));
}

TEST(CommandLineTest, SingleValuesAreParsed) {
  const LaunchOptions options = OptionsOf({"--memory",    "2g",
                                           "--cpus",      "1.5",
                                           "--pids",      "100",
                                           "--timeout",   "600",
                                           "-o",          "t.jsonl",
                                           "--log-level", "full",
                                           "--config",    "c.toml",
                                           "--profile",   "pip",
                                           "--require",   "full",
                                           "-q",          "--json",
                                           "--offline",   "--on-violation",
                                           "kill",        "x"});
  EXPECT_EQ(options.overrides.memory_limit_bytes, uint64_t{2} << 30);
  EXPECT_EQ(options.overrides.cpu_limit, 1.5);
  EXPECT_EQ(options.overrides.pids, 100U);
  EXPECT_EQ(options.overrides.timeout_seconds, 600U);
  EXPECT_EQ(options.output_file, "t.jsonl");
  EXPECT_EQ(options.log_level, LogLevel::kFull);
  EXPECT_EQ(options.config_file, "c.toml");
  EXPECT_EQ(options.profile, "pip");
  EXPECT_EQ(options.require, Require::kFull);
  EXPECT_TRUE(options.quiet);
  EXPECT_TRUE(options.json);
  EXPECT_EQ(options.overrides.offline, true);
  EXPECT_EQ(options.overrides.on_violation, ViolationAction::kKill);
}

TEST(CommandLineTest, WhatIsNotSaidOverridesNothing) {
  const LaunchOptions options = OptionsOf({"x"});
  EXPECT_EQ(options.overrides.offline, std::nullopt);
  EXPECT_EQ(options.overrides.fail_on_violation, std::nullopt);
  EXPECT_EQ(options.overrides.on_violation, std::nullopt);
  EXPECT_EQ(options.overrides.memory_limit_bytes, std::nullopt);
  EXPECT_EQ(options.output_file, std::nullopt);
  EXPECT_EQ(options.config_file, std::nullopt);
  EXPECT_THAT(options.overrides.allowed_hosts, IsEmpty());
}

TEST(CommandLineTest, TheLastOfASingleValueCounts) {
  EXPECT_EQ(OptionsOf({"--timeout", "1", "--timeout", "2", "x"}).overrides.timeout_seconds, 2U);
  EXPECT_EQ(OptionsOf({"--no-fail-on-violation", "x"}).overrides.fail_on_violation, false);
  EXPECT_EQ(OptionsOf({"--fail-on-violation", "x"}).overrides.fail_on_violation, true);
  EXPECT_EQ(
      OptionsOf({"--no-fail-on-violation", "--fail-on-violation", "x"}).overrides.fail_on_violation,
      true);
  EXPECT_EQ(
      OptionsOf({"--fail-on-violation", "--no-fail-on-violation", "x"}).overrides.fail_on_violation,
      false);
}

TEST(CommandLineTest, OptionsBeforeAndAfterRunAddUp) {
  const LaunchOptions options =
      OptionsOf({"--allow-host", "a.example", "run", "--allow-host", "b.example", "-q", "x"});
  EXPECT_THAT(Values(options.overrides.allowed_hosts), ElementsAre("a.example", "b.example"));
  EXPECT_TRUE(options.quiet);
}

struct ErrorCase {
  Words arguments;
  absl::StatusCode code;
  std::string says;
};

class Refused : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(Refused, WithAMessageThatSaysWhy) {
  absl::StatusOr<CommandLine> line = ParseCommandLine(GetParam().arguments);
  ASSERT_FALSE(line.ok());
  EXPECT_EQ(line.status().code(), GetParam().code);
  EXPECT_THAT(std::string(line.status().message()), HasSubstr(GetParam().says));
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kLater = absl::StatusCode::kUnimplemented;

INSTANTIATE_TEST_SUITE_P(
    BadOptions, Refused,
    ::testing::Values(
        ErrorCase{{}, kInvalid, "no command given"}, ErrorCase{{"-q"}, kInvalid, "no command"},
        ErrorCase{{"--"}, kInvalid, "no command"}, ErrorCase{{"run"}, kInvalid, "no command"},
        ErrorCase{{""}, kInvalid, "empty word"},
        ErrorCase{{"--allow-hosts", "a", "x"}, kInvalid, "did you mean --allow-host?"},
        ErrorCase{{"--alow-read", "a", "x"}, kInvalid, "did you mean --allow-read?"},
        ErrorCase{{"--upgrade", "pip"}, kInvalid, "unknown option --upgrade\n"},
        ErrorCase{{"--evil\x1b[2J", "x"}, kInvalid, "--evil\\x1b[2J"},
        ErrorCase{{"-z", "x"}, kInvalid, "unknown option -z"},
        ErrorCase{{"-qz", "x"}, kInvalid, "unknown option -z"},
        ErrorCase{{"--offline=yes", "x"}, kInvalid, "--offline takes no value"},
        ErrorCase{{"--allow-host"}, kInvalid, "--allow-host needs a value"},
        ErrorCase{{"--output=", "x"}, kInvalid, "--output needs a value"},
        ErrorCase{{"-o", "", "x"}, kInvalid, "-o needs a value"},
        ErrorCase{{"--allow-host", "http://a.example/", "x"}, kInvalid, "--allow-host 'http:"},
        ErrorCase{{"--allow-host", "a.example:99999", "x"}, kInvalid, "--allow-host"},
        ErrorCase{{"--allow-host", "-q", "x"}, kInvalid, "not the option -q"},
        ErrorCase{{"--grant", "evil", "x"}, kInvalid, "--grant 'evil'"},
        ErrorCase{{"-k", "A=B", "x"}, kInvalid, "--keep-env 'A=B'"},
        ErrorCase{{"--hide-env", "A=B", "x"}, kInvalid, "--hide-env 'A=B'"}));

INSTANTIATE_TEST_SUITE_P(
    BadValues, Refused,
    ::testing::Values(ErrorCase{{"--memory", "lots", "x"}, kInvalid, "--memory 'lots'"},
                      ErrorCase{{"--cpus", "0", "x"}, kInvalid, "--cpus '0'"},
                      ErrorCase{{"--cpus", "nan", "x"}, kInvalid, "--cpus 'nan'"},
                      ErrorCase{{"--cpus", "inf", "x"}, kInvalid, "--cpus 'inf'"},
                      ErrorCase{{"--pids=-1", "x"}, kInvalid, "--pids '-1'"},
                      ErrorCase{{"--pids", "0", "x"}, kInvalid, "--pids '0'"},
                      ErrorCase{{"--timeout", "1h", "x"}, kInvalid, "--timeout '1h'"},
                      ErrorCase{{"--timeout", "99999999999999999999", "x"}, kInvalid, "--timeout"},
                      ErrorCase{{"--on-violation", "ask", "x"}, kInvalid, "deny or kill"},
                      ErrorCase{{"--on-violation", "log", "x"}, kInvalid, "deny or kill"},
                      ErrorCase{{"--log-level", "debug", "x"}, kInvalid, "default or full"},
                      ErrorCase{{"--require", "some", "x"}, kInvalid, "--require 'some'"}));

INSTANTIATE_TEST_SUITE_P(
    LaterVersions, Refused,
    ::testing::Values(ErrorCase{{"--decoys", "x"}, kLater, "--decoys"},
                      ErrorCase{{"-u", "nobody", "x"}, kLater, "-u"},
                      ErrorCase{{"--user=nobody", "x"}, kLater, "--user"},
                      ErrorCase{{"-qr/srv", "x"}, kLater, "-r"},
                      ErrorCase{{"--root-dir", "/srv", "x"}, kLater, "--root-dir"},
                      ErrorCase{{"--exe", "/bin/true", "x"}, kLater, "--exe"},
                      ErrorCase{{"scan", "--", "python"}, kLater, "'scan' is not part of this"},
                      ErrorCase{{"install", "x"}, kLater, "run [OPTIONS] -- install"},
                      ErrorCase{{"-q", "audit", "x"}, kLater, "audit"},
                      ErrorCase{{"scan"}, kLater, "scan"},
                      ErrorCase{{"check-env"}, kLater, "check-env"},
                      ErrorCase{{"setup"}, kLater, "setup"}));

INSTANTIATE_TEST_SUITE_P(
    Verbs, Refused,
    ::testing::Values(ErrorCase{{"policy"}, kInvalid, "show, explain, trust or learn"},
                      ErrorCase{{"policy", "shwo"}, kInvalid, "did you mean show?"},
                      ErrorCase{{"policy", "explain"}, kInvalid, "say what"},
                      ErrorCase{{"policy", "show", "x"}, kInvalid, "too many"},
                      ErrorCase{{"policy", "explain", "a", "b"}, kInvalid, "too many"},
                      ErrorCase{{"policy", "show", "--bogus"}, kInvalid, "unknown option --bogus"},
                      ErrorCase{{"doctor", "now"}, kInvalid, "unknown argument 'now'"},
                      ErrorCase{{"--offline", "doctor"}, kInvalid, "option of a run"},
                      ErrorCase{{"-q", "trace", "list"}, kInvalid, "option of a run"},
                      ErrorCase{{"help", "a", "b"}, kInvalid, "one topic"}));

TEST(CommandLineTest, WordsAfterTraceAreLeftAlone) {
  absl::StatusOr<CommandLine> line = ParseCommandLine({"trace", "show", "--json", "--bogus", "--"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->verb, Verb::kTrace);
  EXPECT_THAT(line->words, ElementsAre("show", "--json", "--bogus", "--"));
}

TEST(CommandLineTest, PolicyTakesWordsAndOptionsInAnyOrder) {
  for (const Words& arguments :
       {Words{"--offline", "policy", "explain", "--for", "pip install 'a b'", "~/x", "--json"},
        Words{"policy", "--json", "--offline", "--for=pip install 'a b'", "explain", "~/x"}}) {
    absl::StatusOr<CommandLine> line = ParseCommandLine(arguments);
    ASSERT_TRUE(line.ok()) << line.status();
    EXPECT_EQ(line->verb, Verb::kPolicy);
    EXPECT_THAT(line->words, ElementsAre("explain", "~/x"));
    EXPECT_THAT(line->options.command, ElementsAre("pip", "install", "a b"));
    EXPECT_TRUE(line->options.json);
    EXPECT_EQ(line->options.overrides.offline, true);
  }
}

TEST(CommandLineTest, ForIsAnOptionOfPolicyOnly) {
  EXPECT_FALSE(ParseCommandLine({"--for", "x", "pip"}).ok());
}

TEST(CommandLineTest, HelpAndVersionAreFound) {
  EXPECT_EQ(ParseCommandLine({"--version"})->verb, Verb::kVersion);
  EXPECT_EQ(ParseCommandLine({"-h"})->verb, Verb::kHelp);
  EXPECT_THAT(ParseCommandLine({"help"})->words, IsEmpty());
  EXPECT_THAT(ParseCommandLine({"help", "policy"})->words, ElementsAre("policy"));
  EXPECT_THAT(ParseCommandLine({"run", "--help"})->words, ElementsAre("run"));
  EXPECT_THAT(ParseCommandLine({"policy", "show", "--help"})->words, ElementsAre("policy"));
  EXPECT_THAT(ParseCommandLine({"doctor", "-h"})->words, ElementsAre("doctor"));
}

TEST(HelpTextTest, FitsAnEightyColumnTerminal) {
  for (const char* topic : {"", "run", "policy", "doctor", "trace"}) {
    absl::StatusOr<std::string> text = HelpText(topic);
    ASSERT_TRUE(text.ok()) << text.status();
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(line.size(), 80U) << topic << ": " << line;
    }
  }
}

TEST(HelpTextTest, NamesEveryOptionOfARun) {
  const std::string text = *HelpText("run");
  for (const char* option : {"--allow-host",
                             "--allow-read",
                             "--allow-write",
                             "-k, --keep-env",
                             "--hide PATH",
                             "--hide-env",
                             "--grant",
                             "--offline",
                             "--on-violation",
                             "--fail-on-violation",
                             "--no-fail-on-violation",
                             "--memory",
                             "--cpus",
                             "--pids",
                             "--timeout",
                             "-o, --output",
                             "--log-level",
                             "--config",
                             "--profile",
                             "--require full",
                             "-q, --quiet",
                             "--json"}) {
    EXPECT_THAT(text, HasSubstr(option));
  }
}

TEST(HelpTextTest, UnknownTopicNamesTheNearest) {
  EXPECT_THAT(std::string(HelpText("polcy").status().message()), HasSubstr("did you mean policy"));
  EXPECT_EQ(HelpText("scan").status().code(), kLater);
}

TEST(CommandLineTest, OptionsOfTheTraceReachTheConfiguration) {
  const auto line = ParseCommandLine({"--compress", "--sign-key", "k", "--sink", "unix:/a",
                                      "--sink=otlp+http://h", "-o", "-", "pip", "--sink", "x"});
  ASSERT_TRUE(line.ok()) << line.status();
  const LaunchOptions& options = line->options;
  EXPECT_EQ(options.overrides.compress, true);
  EXPECT_EQ(options.overrides.sign_key, "k");
  ASSERT_EQ(options.overrides.sinks.size(), 2u);
  EXPECT_EQ(options.overrides.sinks[1].value, "otlp+http://h");
  EXPECT_EQ(options.output_file, "-");
  EXPECT_EQ(options.command, (std::vector<std::string>{"pip", "--sink", "x"}));
  EXPECT_EQ(ParseCommandLine({"--compress", "--no-compress", "x"})->options.overrides.compress,
            false);
  EXPECT_FALSE(ParseCommandLine({"x"})->options.overrides.compress.has_value());
}

}  // namespace
}  // namespace safe_trace
