// `query`: what fits, how it is counted, and traces that were made to break it.
#include "tools/trace/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/tools/trace/tool_testing.h"
#include "tools/trace/value_counter.h"

namespace safe_trace {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kOld[] = "20261122T101500Z-aaaa0001";
constexpr char kNew[] = "20261122T101501Z-bbbb0002";

class QueryTest : public ::testing::Test {
 protected:
  QueryTest() {
    WriteHostileRun(PathOf(kOld), kOld, true);
    WriteHostileRun(PathOf(kNew), kNew, true);
  }
  std::string PathOf(const std::string& id) const { return directory_ / (id + ".jsonl"); }
  Answer Run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "query");
    return Ask(arguments, directory_.path());
  }
  // A trace of these lines, which nothing of ours wrote.
  std::string Forged(const std::vector<std::string>& lines) const {
    const std::string path = directory_ / "forged.jsonl";
    WriteFile(path, Joined(lines));
    return path;
  }
  const TemporaryDirectory directory_;
};

TEST_F(QueryTest, EventsThatFitAreOneLineEachOfTheNewestRun) {
  const Answer answer = Run({"path~=*/.ssh/*"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  const std::vector<std::string> lines = Lines(answer.out);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_THAT(lines[0], AllOf(HasSubstr("open /home/user/.ssh/id_rsa"), HasSubstr("hidden")));
}

TEST_F(QueryTest, LinesAreThoseOfShowAll) {
  const std::string all = Ask({"show", "--all"}, directory_.path()).out;
  for (const std::string& line : Lines(Run({"event.sequence!="}).out)) {
    EXPECT_THAT(all, HasSubstr(line));
  }
}

TEST_F(QueryTest, AllFiltersMustHold) {
  EXPECT_EQ(Lines(Run({"package=evil", "host=203.0.113.9"}).out).size(), 1u);
  const Answer none = Run({"role=manager", "host=203.0.113.9"});
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(none.out, "");
}

TEST_F(QueryTest, ListFitsWhenOneItemDoes) {
  EXPECT_EQ(Run({"host=files.example.org"}).status, 0);
  EXPECT_EQ(Run({"process.args=install"}).status, 0);
  EXPECT_EQ(Run({"process.args=instal"}).status, 1);
  EXPECT_EQ(Run({"variable=AWS_SECRET_ACCESS_KEY", "role=package"}).status, 0);
}

TEST_F(QueryTest, NumbersAreComparedAsTheyAreWritten) {
  EXPECT_EQ(Lines(Run({"port=443"}).out).size(), 2u);
  EXPECT_EQ(Run({"port=44"}).status, 1);
  EXPECT_EQ(Run({"port~=44?"}).status, 0);
}

TEST_F(QueryTest, DiffersNeedsTheKeyAndEmptyFindsItsAbsence) {
  for (const std::string& line : Lines(Run({"host!=files.example.org"}).out)) {
    EXPECT_THAT(line, HasSubstr("203.0.113.9"));
  }
  const size_t all = Lines(Run({"event.action!="}).out).size();
  const size_t with = Lines(Run({"package!="}).out).size();
  const size_t without = Lines(Run({"package="}).out).size();
  EXPECT_GT(with, 0u);
  EXPECT_GT(without, 0u);
  EXPECT_EQ(with + without, all);
}

TEST_F(QueryTest, JsonGivesTheLinesOfTheTrace) {
  const std::vector<std::string> all = Lines(ReadFile(PathOf(kNew)));
  for (const std::string& line : Lines(Run({"rule=network.package", "--json"}).out)) {
    EXPECT_THAT(all, ::testing::Contains(line));
  }
  EXPECT_EQ(Run({"rule=none", "--json"}).out, "");
}

TEST_F(QueryTest, SeveralTracesAreToldApart) {
  const Answer answer = Run({"aaaa", PathOf(kNew), "rule=credential.ssh"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, AllOf(HasSubstr(PathOf(kOld) + "\n"), HasSubstr(PathOf(kNew) + "\n")));
  EXPECT_EQ(Lines(answer.out).size(), 8u);
}

TEST_F(QueryTest, CountsAreMostFrequentFirst) {
  const std::vector<std::string> lines = Lines(Run({"kind=alert", "--count", "rule"}).out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], "         3  credential.ssh");
  EXPECT_EQ(lines[1], "         1  network.package");
  const auto json = nlohmann::json::parse(Run({"kind=alert", "--count", "host", "--json"}).out);
  EXPECT_EQ(json["key"], "host");
  EXPECT_EQ(json["counts"].size(), 1u);
  EXPECT_EQ(json["counts"][0]["value"], "203.0.113.9");
  EXPECT_EQ(json["without"], 3);
  EXPECT_EQ(json["not_told_apart"], 0);
  EXPECT_EQ(Run({"package=absent", "--count", "rule"}).status, 1);
}

TEST_F(QueryTest, UnknownKeysAndMissingFiltersAreRefusedWithWhatThereIs) {
  Answer answer = Run({"packge=evil"});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, AllOf(HasSubstr("packge"), HasSubstr("package, version")));
  answer = Run({});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, HasSubstr("KEY=VALUE"));
  EXPECT_EQ(Run({"--count", "nonsense"}).status, 2);
  EXPECT_EQ(Run({"ffff", "package=evil"}).status, 2);
  EXPECT_EQ(Run({"path~=" + std::string(5000, '*')}).status, 2);
}

TEST_F(QueryTest, FileWhoseNameLooksLikeAFilterIsNamedWithItsDirectory) {
  EXPECT_FALSE(LooksLikeFilter("./a=b.jsonl"));
  EXPECT_TRUE(LooksLikeFilter("a=b.jsonl"));
  WriteHostileRun(directory_ / "a=b.jsonl", kOld, true);
  EXPECT_EQ(Run({directory_ / "a=b.jsonl", "rule=credential.ssh"}).status, 0);
}

TEST_F(QueryTest, WhatIsNoTraceOrCannotBeReadIsNoAnswerOfNothing) {
  WriteFile(directory_ / "note.jsonl", "hello\n");
  EXPECT_EQ(Run({directory_ / "note.jsonl", "package=x"}).status, 2);
  EXPECT_EQ(Run({directory_ / "absent.jsonl", "package=x"}).status, 2);
  const std::string path = Forged({"{\"event.action\":\"run-start\"}", "{\"package.name\":\"e"});
  const Answer answer = Run({path, "package=evil"});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, HasSubstr("1 line could not be read"));
  EXPECT_EQ(Run({path, "action=run-start"}).status, 1) << "found, but the trace is damaged";
}

TEST_F(QueryTest, CutEndDoesNotHideWhatIsBeforeIt) {
  const std::string content = ReadFile(PathOf(kNew));
  WriteFile(PathOf(kNew), content.substr(0, content.size() - 40));
  const Answer answer = Run({"rule=credential.ssh"});
  EXPECT_EQ(Lines(answer.out).size(), 3u);
  EXPECT_EQ(answer.status, 1);
  EXPECT_THAT(answer.err, HasSubstr("cut inside its last line"));
}

TEST_F(QueryTest, ChangedTraceIsSaidWhereverItStandsAmongOthers) {
  std::string content = ReadFile(PathOf(kOld));
  const size_t at = content.find("203.0.113.9");
  ASSERT_NE(at, std::string::npos);
  content[at] = '9';
  WriteFile(PathOf(kOld), content);
  for (const std::vector<std::string>& names :
       std::vector<std::vector<std::string>>{{"aaaa", "bbbb"}, {"bbbb", "aaaa"}}) {
    const Answer answer = Run({names[0], names[1], "rule=credential.ssh"});
    EXPECT_EQ(answer.status, 1);
    EXPECT_THAT(answer.err, AllOf(HasSubstr(PathOf(kOld) + ": line"), HasSubstr("was changed"),
                                  Not(HasSubstr(kNew))));
  }
}

TEST_F(QueryTest, MegabyteLinesAreReadAndLongerOnesSaid) {
  const std::string path = Forged(
      {"{\"event.action\":\"run-start\"}",
       "{\"event.action\":\"file-open\",\"file.path\":\"/" + std::string(3'000'000, 'a') + "x\"}",
       "{\"event.action\":\"file-open\",\"file.path\":\"" + std::string(kMaxTraceLineBytes, 'b') +
           "\"}",
       "{\"event.action\":\"file-open\",\"file.path\":\"/last\"}"});
  Answer answer = Run({path, "path~=/a*x"});
  EXPECT_EQ(Lines(answer.out).size(), 1u);
  EXPECT_THAT(answer.err, HasSubstr("1 line could not be read"));
  EXPECT_EQ(Lines(Run({path, "path=/last"}).out).size(), 1u);
  answer = Run({path, "--count", "path"});
  EXPECT_LT(answer.out.size(), 4'000u) << "a value of megabytes is not kept whole";
}

TEST_F(QueryTest, ControlsAndBytesThatAreNoTextDoNotReachTheTerminal) {
  const std::string path =
      Forged({"{\"event.action\":\"run-start\"}",
              R"({"event.action":"\u001b[2J","package.name":"\u001b]0;x\u0007",)"
              R"("file.path":"\\x1b\\xff","safe_trace.escaped":true})"});
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{path, "package!="},
                                             {path, "--count", "package"},
                                             {path, "package!=", "--count", "path"},
                                             {path, "package!=", "--count", "path", "--json"}}) {
    const Answer answer = Run(arguments);
    EXPECT_NE(answer.out, "") << answer.err;
    EXPECT_THAT(answer.out + answer.err,
                AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\x07")), Not(HasSubstr("\xff"))));
  }
  EXPECT_NE(Run({path, "path=\x1b\xff"}).out, "") << "values are compared as bytes";
  EXPECT_THAT(Run({"\x1b[2J=x"}).err, Not(HasSubstr("\x1b")));
}

TEST(GlobTest, StarAndQuestionMarkMatchAndNothingElseIsSpecial) {
  EXPECT_TRUE(GlobMatches("*", ""));
  EXPECT_TRUE(GlobMatches("/home/*/.ssh/*", "/home/a/b/.ssh/id"));
  EXPECT_FALSE(GlobMatches("/home/*/.ssh/*", "/home/a/.sshx/id"));
  EXPECT_TRUE(GlobMatches("a?c", "abc"));
  EXPECT_TRUE(GlobMatches("a?c", "aéc"));
  EXPECT_TRUE(GlobMatches("a?c",
                          "a\xff"
                          "c"));
  EXPECT_FALSE(GlobMatches("a?c", "ac"));
  EXPECT_TRUE(GlobMatches("[a].*", "[a].x"));
  EXPECT_TRUE(GlobMatches("a\\*b", "a*b"));
  EXPECT_FALSE(GlobMatches("a\\*b", "axb"));
  EXPECT_TRUE(GlobMatches("*aab", "aaaaaab"));
  EXPECT_TRUE(GlobMatches(std::string("a\0b*", 4), std::string("a\0bc", 4)));
  EXPECT_FALSE(GlobMatches("", "a"));
}

TEST(GlobTest, PatternMadeForBacktrackingEnds) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  EXPECT_FALSE(GlobMatches(pattern + "b", std::string(1'000'000, 'a')));
}

TEST(ValueCounterTest, MillionDistinctValuesAreBoundedAndSaid) {
  ValueCounter counter;
  for (int i = 0; i < 1'000'000; ++i) counter.AddEvent({std::to_string(i)});
  counter.AddEvent({"7", "7"});
  EXPECT_EQ(counter.Sorted().size(), ValueCounter::kMaxValues);
  EXPECT_EQ(counter.not_counted(), 1'000'000u - ValueCounter::kMaxValues);
  EXPECT_EQ(counter.Sorted()[0], (std::pair<std::string, uint64_t>("7", 2)));
}

}  // namespace
}  // namespace safe_trace
