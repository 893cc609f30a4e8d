#include "tools/trace/trace_tool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/unit/tools/trace/tool_testing.h"

namespace safe_trace {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kOld[] = "20261122T101500Z-aaaa0001";
constexpr char kNew[] = "20261122T101501Z-bbbb0002";
constexpr char kCut[] = "20261122T101502Z-bbcc0003";

class TraceToolTest : public ::testing::Test {
 protected:
  std::string PathOf(const std::string& id) const { return directory_ / (id + ".jsonl"); }
  Answer Run(const std::vector<std::string>& arguments) const {
    return Ask(arguments, directory_.path());
  }
  void WriteThree() {
    WriteHostileRun(PathOf(kOld), kOld, true);
    WriteHostileRun(PathOf(kNew), kNew, true);
    WriteHostileRun(PathOf(kCut), kCut, false);
  }
  const TemporaryDirectory directory_;
};

TEST_F(TraceToolTest, ListShowsNewestFirstAndUnfinishedRunsAsSuch) {
  WriteThree();
  const Answer answer = Run({"list"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_LT(answer.out.find(kCut), answer.out.find(kNew));
  EXPECT_LT(answer.out.find(kNew), answer.out.find(kOld));
  const std::vector<std::string> lines = Lines(answer.out);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[1], AllOf(HasSubstr(kCut), HasSubstr("unfinished"), Not(HasSubstr("120"))));
  EXPECT_THAT(lines[2],
              AllOf(HasSubstr("120"), HasSubstr("violations"), HasSubstr("pip install requests")));
}

TEST_F(TraceToolTest, ListToleratesWhatIsNoTrace) {
  WriteThree();
  WriteFile(directory_ / "garbage.jsonl", std::string("\x1b[31m\0\xff", 7));
  WriteFile(directory_ / "empty.jsonl", "");
  WriteFile(directory_ / "\x1b[2J.jsonl", "x");
  std::filesystem::create_directory(directory_ / "dir.jsonl");
  const Answer answer = Run({"list"});
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(Lines(answer.out).size(), 8u);
  EXPECT_THAT(answer.out,
              AllOf(HasSubstr("not a trace"), HasSubstr("unreadable"), Not(HasSubstr("\x1b"))));
}

TEST_F(TraceToolTest, ListSaysWhenTheSummaryWasChanged) {
  WriteHostileRun(PathOf(kOld), kOld, true);
  std::string content = ReadFile(PathOf(kOld));
  const size_t at = content.find("safe_trace.summary.violations\":1");
  ASSERT_NE(at, std::string::npos);
  content[at + 31] = '0';
  WriteFile(PathOf(kOld), content);
  EXPECT_THAT(Run({"list"}).out, HasSubstr("damaged"));
}

TEST_F(TraceToolTest, ListJsonIsOneObjectALine) {
  WriteThree();
  const std::vector<std::string> lines = Lines(Run({"list", "--json"}).out);
  ASSERT_EQ(lines.size(), 3u);
  const auto unfinished = nlohmann::json::parse(lines[0]);
  EXPECT_TRUE(unfinished["exit_status"].is_null());
  const auto finished = nlohmann::json::parse(lines[1]);
  EXPECT_EQ(finished["run_id"], kNew);
  EXPECT_EQ(finished["exit_status"], 120);
  EXPECT_EQ(finished["violations"], 1);
  EXPECT_EQ(finished["command"][0], "pip");
}

TEST_F(TraceToolTest, ListOfADirectoryThatIsNotThereHasNoRuns) {
  const Answer answer = Ask({"list"}, directory_ / "absent");
  EXPECT_EQ(answer.status, 0);
  EXPECT_THAT(answer.out, IsEmpty());
  EXPECT_THAT(answer.err, HasSubstr("no runs"));
}

TEST_F(TraceToolTest, ShowTellsTheRunAsInTheGoldenFile) {
  WriteHostileRun(PathOf(kOld), kOld, true);
  const Answer answer = Run({"show"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_EQ(answer.out, ReadFile(SAFE_TRACE_GOLDEN "/trace-show.txt"));
}

TEST_F(TraceToolTest, ShowFindsARunByAUniqueBeginning) {
  WriteThree();
  EXPECT_THAT(Run({"show"}).out, HasSubstr(kCut));
  EXPECT_THAT(Run({"show", "aaaa"}).out, HasSubstr(kOld));
  EXPECT_THAT(Run({"show", "20261122T101501"}).out, HasSubstr(kNew));
  EXPECT_THAT(Run({"show", PathOf(kOld)}).out, HasSubstr(kOld));
}

TEST_F(TraceToolTest, AmbiguousAndUnknownRunsAreRefusedWithTheNextStep) {
  WriteThree();
  Answer answer = Run({"show", "bb"});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, AllOf(HasSubstr("fits 2 runs"), HasSubstr(kNew), HasSubstr(kCut)));
  answer = Run({"show", "ffff"});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, HasSubstr("trace list"));
  answer = Run({"show", directory_ / "absent.jsonl"});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, HasSubstr("No such file"));
}

TEST_F(TraceToolTest, ShowOfNoRunsSaysSo) {
  const Answer answer = Run({"show"});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, HasSubstr("no runs"));
}

TEST_F(TraceToolTest, ShowAllAddsEveryEvent) {
  WriteHostileRun(PathOf(kOld), kOld, true);
  EXPECT_THAT(Run({"show"}).out, Not(HasSubstr("[101]: end")));
  EXPECT_THAT(Run({"show", "--all"}).out, HasSubstr("[101]: end"));
}

TEST_F(TraceToolTest, ShowJsonGivesLinesOfTheTrace) {
  WriteHostileRun(PathOf(kOld), kOld, true);
  const std::vector<std::string> all = Lines(Run({"show", "--json", "--all"}).out);
  EXPECT_EQ(all, Lines(ReadFile(PathOf(kOld))));
  const std::vector<std::string> some = Lines(Run({"show", "--json"}).out);
  EXPECT_EQ(some.size(), 7u);  // header, 3 + 1 violations, 1 connection, summary
}

TEST_F(TraceToolTest, ShowFitsTheTerminal) {
  WriteHostileRun(PathOf(kOld), kOld, true);
  const Answer answer = Ask({"show"}, directory_.path(), {48, true});
  EXPECT_THAT(answer.out, HasSubstr("\x1b[31m"));
  EXPECT_THAT(answer.out, HasSubstr("…"));
}

TEST_F(TraceToolTest, ShowOfADamagedRunShowsItAndFails) {
  WriteHostileRun(PathOf(kOld), kOld, true);
  std::vector<std::string> lines = Lines(ReadFile(PathOf(kOld)));
  lines.erase(lines.begin() + 2);
  WriteFile(PathOf(kOld), Joined(lines));
  const Answer answer = Run({"show"});
  EXPECT_EQ(answer.status, 1);
  EXPECT_THAT(answer.out, HasSubstr("1 line(s) missing after line 2"));
}

// Each way to look at the run `id` that is not `verify`, `list` or `diff`.
std::vector<std::vector<std::string>> WaysToLook(const std::string& id) {
  std::vector<std::vector<std::string>> ways = {{"show", id},
                                                {"show", "--all", id},
                                                {"show", "--json", id},
                                                {"query", id, "event.action!="},
                                                {"query", id, "--count", "rule"},
                                                {"report", "--html", "-", id}};
  for (const char* format : {"sarif", "ocsf", "falco", "chrome-trace", "csv"}) {
    ways.push_back({"export", "--format", format, id});
  }
  return ways;
}

TEST_F(TraceToolTest, EveryVerbSaysThatATraceIsCutAndFails) {
  WriteHostileRun(PathOf(kCut), kCut, false);
  for (const std::vector<std::string>& way : WaysToLook(kCut)) {
    const Answer answer = Run(way);
    EXPECT_EQ(answer.status, 1) << way.front();
    EXPECT_THAT(answer.out, Not(IsEmpty())) << way.front();
    EXPECT_THAT(answer.err, HasSubstr(PathOf(kCut) + ": cut at the end")) << way.front();
  }
}

TEST_F(TraceToolTest, EveryVerbSaysThatATraceIsDamagedAndFails) {
  WriteHostileRun(PathOf(kOld), kOld, true);
  std::vector<std::string> lines = Lines(ReadFile(PathOf(kOld)));
  lines.erase(lines.begin() + 2);
  WriteFile(PathOf(kOld), Joined(lines));
  for (const std::vector<std::string>& way : WaysToLook(kOld)) {
    const Answer answer = Run(way);
    EXPECT_EQ(answer.status, 1) << way.front();
    EXPECT_THAT(answer.err, HasSubstr("1 line(s) missing after line 2")) << way.front();
  }
}

TEST_F(TraceToolTest, RunThatGoesOnIsNoDamage) {
  TraceLogOptions options = SampleOptions(PathOf(kNew));
  options.run_id = kNew;
  auto writer = TraceLogWriter::Open(std::move(options));
  ASSERT_TRUE(writer.ok()) << writer.status();
  (*writer)->Record(FileEvent("/home/user/.ssh/id_rsa", true));
  // A violation is written before Record returns or soon after it: wait for its line.
  for (int i = 0; i < 200 && Lines(ReadFile(PathOf(kNew))).size() < 2; ++i) usleep(10'000);
  for (const std::vector<std::string>& way : WaysToLook(kNew)) {
    const Answer answer = Run(way);
    EXPECT_EQ(answer.status, 0) << way.front() << answer.err;
    EXPECT_EQ(answer.err, "") << way.front();
  }
}

TEST_F(TraceToolTest, VerifyGivesOneLineEachAndTheWorstStatus) {
  WriteThree();
  EXPECT_EQ(Run({"verify", "aaaa"}).status, 0);
  const Answer answer = Run({"verify", "aaaa", "bbbb", "bbcc"});
  EXPECT_EQ(answer.status, 1);
  const std::vector<std::string> lines = Lines(answer.out);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_THAT(lines[0], HasSubstr("complete"));
  EXPECT_THAT(lines[2], HasSubstr("cut at the end"));
  EXPECT_EQ(Run({"verify", "aaaa", directory_ / "absent.jsonl"}).status, 2);
  WriteFile(directory_ / "note.jsonl", "hello\n");
  EXPECT_EQ(Run({"verify", directory_ / "note.jsonl"}).status, 1);
}

TEST_F(TraceToolTest, BadUsageIsRefusedClearly) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"lst"},
                                             {"list", "--bogus"},
                                             {"show", "a", "b"},
                                             {"show", ""},
                                             {"export"},
                                             {"export", "--format", "\x1b[2J"},
                                             {"export", "--format", "csv", "-o", "t.jsonl"},
                                             {"verify", "\x1b[2J", "--no"}}) {
    const Answer answer = Run(arguments);
    EXPECT_EQ(answer.status, 2);
    EXPECT_THAT(answer.err, AllOf(HasSubstr("safe-trace trace: "), Not(HasSubstr("\x1b"))));
  }
}

TEST_F(TraceToolTest, WordThatIsNoVerbIsNamedWithTheVerbsThereAre) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"bogus"}, {"-V"}, {"--json", "list"}, {"20261122T101500Z-aaaa0001"}}) {
    const Answer answer = Run(arguments);
    EXPECT_EQ(answer.status, 2);
    EXPECT_EQ(answer.err, "safe-trace trace: '" + arguments.front() +
                              "' is not a verb; there are list, show, follow, verify, report, "
                              "export, query, diff, prune, keygen, help (--help says what they "
                              "do)");
  }
  EXPECT_THAT(Run({}).err, AllOf(HasSubstr("a verb is needed"), HasSubstr("keygen")));
  EXPECT_THAT(Run({"help", "bogus"}).err, HasSubstr("'bogus' is not a verb"));
  EXPECT_THAT(Run({"\x1b[2J"}).err, AllOf(HasSubstr("not a verb"), Not(HasSubstr("\x1b"))));
}

TEST_F(TraceToolTest, HelpIsAVerbToo) {
  for (const std::vector<std::string>& verb :
       std::vector<std::vector<std::string>>{{}, {"show"}, {"prune"}, {"learn"}}) {
    std::vector<std::string> word = verb;
    std::vector<std::string> option = verb;
    word.insert(word.begin(), "help");
    option.emplace_back("--help");
    EXPECT_EQ(Run(word).status, 0);
    EXPECT_THAT(Run(word).err, Not(IsEmpty()));
    EXPECT_EQ(Run(word).err, Run(option).err);
  }
}

TEST_F(TraceToolTest, HelpOfEachVerbSaysWhatItsExitStatusMeans) {
  for (const char* verb : {"list", "show", "verify", "report", "export", "query", "diff", "prune",
                           "follow", "keygen"}) {
    const Answer answer = Run({verb, "--help"});
    EXPECT_EQ(answer.status, 0);
    EXPECT_THAT(answer.err, HasSubstr("Exit status: 0")) << verb;
  }
}

TEST_F(TraceToolTest, HelpSaysWhatEachVerbDoes) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--help"}, {"list", "--help"}, {"show", "--help"}}) {
    const Answer answer = Run(arguments);
    EXPECT_EQ(answer.status, 0);
    EXPECT_THAT(answer.err, HasSubstr("Landlock"));
  }
}

}  // namespace
}  // namespace safe_trace
