// `policy learn`: a lock made of traces.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/behaviour_lock.h"
#include "tests/unit/tools/trace/tool_testing.h"

namespace safe_trace {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TraceEvent Event(const std::string& role, const std::string& action, const std::string& category,
                 const std::string& version = "1.0") {
  TraceEvent event;
  event.action = action;
  event.category = category;
  event.outcome = "success";
  event.wall_clock_ns = FixedClock();
  event.Set("process.entity_id", std::string("101-2"))
      .Set("safe_trace.role", role)
      .Set("safe_trace.ecosystem", std::string("npm"));
  if (role == "package") {
    event.Set("package.name", std::string("tiny")).Set("package.version", version);
  }
  return event;
}

TraceEvent Exec(const std::string& program, const std::string& hash = "",
                const std::string& version = "1.0") {
  TraceEvent event = Event("package", "process-exec", "process", version);
  event.Set("process.executable", program);
  if (!hash.empty()) event.Set("process.hash.sha256", hash);
  return event;
}

TraceEvent Open(const std::string& path, std::vector<std::string> access) {
  TraceEvent event = Event("package", "file-open", "file");
  event.Set("file.path", path).Set("safe_trace.access", std::move(access));
  return event;
}

TraceEvent Connect(const std::string& role, const std::string& domain) {
  TraceEvent event = Event(role, "network-connect", "network");
  event.Set("destination.ip", std::string("192.0.2.1"))
      .Set("destination.domain", std::vector<std::string>{domain});
  return event;
}

TraceEvent Refused(TraceEvent event, const std::string& rule) {
  event.is_violation = true;
  event.Set("safe_trace.decision", std::string("deny")).Set("rule.id", rule);
  return event;
}

class LearnTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, std::vector<TraceEvent> events,
             const std::string& level = "default", bool finish = true) {
    TraceLogOptions options = SampleOptions(directory_ / name);
    options.header.working_directory = "/home/user/project";
    options.header.extra.emplace_back("safe_trace.home", std::string("/home/user"));
    options.header.extra.emplace_back("safe_trace.log_level", level);
    auto writer = TraceLogWriter::Open(std::move(options));
    ASSERT_TRUE(writer.ok()) << writer.status();
    for (TraceEvent& event : events) (*writer)->Record(std::move(event));
    if (finish) {
      ASSERT_TRUE((*writer)->Close(SampleSummary()).ok());
    }
  }
  Answer Learn(std::vector<std::string> words) const {
    words.insert(words.begin(), "learn");
    return Ask(words, directory_.path());
  }
  Answer ToOutput(const std::vector<std::string>& names,
                  const std::vector<std::string>& options = {}) const {
    std::vector<std::string> words = {"-o", "-"};
    for (const std::string& name : names) words.push_back(directory_ / name);
    words.insert(words.end(), options.begin(), options.end());
    return Learn(words);
  }
  // What a run would read.
  BehaviourLock LockOf(const std::string& text) const {
    auto lock = BehaviourLock::Parse(text, "safe-trace.lock");
    EXPECT_TRUE(lock.ok()) << lock.status() << "\n" << text;
    return lock.ok() ? *std::move(lock) : BehaviourLock();
  }
  const TemporaryDirectory directory_;
};

const BehaviourKey kTiny{Role::kPackage, "npm", "tiny"};

TEST_F(LearnTest, WhatARunDidIsWhatTheLockHas) {
  Write("a.jsonl",
        {Connect("manager", "registry.npmjs.org"), Exec("/usr/bin/node"),
         Exec("/home/user/project/node_modules/tiny/bin/x", std::string(64, 'a')),
         Connect("package", "cdn.example"), Open("/usr/lib/a.so", {"read"}),
         Open("/home/user/.npmrc", {"read"}), Open("/opt/out/x", {"read", "write"})},
        "full");
  const Answer answer = ToOutput({"a.jsonl"});
  ASSERT_EQ(answer.status, 0) << answer.err;
  const BehaviourLock lock = LockOf(answer.out);
  const LockedBehaviour* tiny = lock.Find(kTiny);
  ASSERT_NE(tiny, nullptr) << answer.out;
  EXPECT_EQ(tiny->versions, std::set<std::string>{"1.0"});
  EXPECT_EQ(tiny->hosts, std::set<std::string>{"cdn.example"});
  EXPECT_EQ(tiny->programs,
            (std::set<std::string>{"/usr/bin/node", "<project>/node_modules/tiny/bin/x"}));
  EXPECT_EQ(tiny->artifacts.size(), 1u);
  EXPECT_EQ(tiny->reads, (std::set<std::string>{"system", "~/.npmrc", "/opt"}));
  EXPECT_EQ(tiny->writes, std::set<std::string>{"/opt"});
  const LockedBehaviour* npm = lock.Find(BehaviourKey{Role::kManager, "npm", ""});
  ASSERT_NE(npm, nullptr);
  EXPECT_EQ(npm->hosts, std::set<std::string>{"registry.npmjs.org"});
}

TEST_F(LearnTest, WhatWasRefusedIsSaidAndNotLearned) {
  TraceEvent killed = Exec("/usr/bin/nc");
  killed.is_violation = true;
  killed.Set("safe_trace.decision", std::string("kill"))
      .Set("rule.id", std::string("lock.unknown-program"))
      .Set("file.path", std::string("/usr/bin/nc"));
  Write("a.jsonl",
        {Exec("/usr/bin/node"), Refused(Connect("package", "evil.example"), "network.package"),
         Refused(Open("/home/user/.bashrc", {"write"}), "persistence.shell-startup"), killed,
         Exec("/usr/bin/nc")},
        "full");
  const Answer answer = ToOutput({"a.jsonl"});
  ASSERT_EQ(answer.status, 0) << answer.err;
  const BehaviourLock lock = LockOf(answer.out);
  const LockedBehaviour* tiny = lock.Find(kTiny);
  ASSERT_NE(tiny, nullptr);
  EXPECT_EQ(tiny->hosts, std::set<std::string>{});
  EXPECT_EQ(tiny->programs, std::set<std::string>{"/usr/bin/node"});
  EXPECT_EQ(tiny->writes, std::set<std::string>{});
  EXPECT_THAT(answer.out, AllOf(HasSubstr("# refused: host evil.example\n"),
                                HasSubstr("# refused: write ~/.bashrc\n"),
                                HasSubstr("# refused: program /usr/bin/nc\n"),
                                HasSubstr("# refused: violation network.package\n")));
}

TEST_F(LearnTest, NameThatWasLookedUpInVainIsNotLearned) {
  TraceEvent lookup = Event("package", "name-lookup", "network");
  lookup.Set("dns.question.name", std::string("evil.example"));
  TraceEvent question = lookup;
  question.action = "dns-question";
  Write("a.jsonl", {Exec("/usr/bin/node"), lookup, Refused(question, "network.package")});
  const Answer answer = ToOutput({"a.jsonl"});
  const BehaviourLock lock = LockOf(answer.out);
  ASSERT_NE(lock.Find(kTiny), nullptr);
  EXPECT_EQ(lock.Find(kTiny)->hosts, std::set<std::string>{});
  EXPECT_THAT(answer.out, HasSubstr("# refused: host evil.example\n"));
}

TEST_F(LearnTest, SeveralRunsArePutTogetherInAnyOrder) {
  Write("a.jsonl", {Exec("/usr/bin/node", std::string(64, 'a')), Exec("/usr/bin/cc")});
  Write("b.jsonl", {Exec("/usr/bin/node", std::string(64, 'b')), Connect("package", "cdn.example"),
                    Exec("/usr/bin/as", "", "2.0")});
  const Answer answer = ToOutput({"a.jsonl", "b.jsonl"});
  ASSERT_EQ(answer.status, 0) << answer.err;
  EXPECT_EQ(answer.out, ToOutput({"b.jsonl", "a.jsonl", "b.jsonl"}).out);
  const BehaviourLock lock = LockOf(answer.out);
  const LockedBehaviour* tiny = lock.Find(kTiny);
  ASSERT_NE(tiny, nullptr);
  EXPECT_EQ(tiny->programs, (std::set<std::string>{"/usr/bin/as", "/usr/bin/cc", "/usr/bin/node"}));
  EXPECT_EQ(tiny->versions, (std::set<std::string>{"1.0", "2.0"}));
  EXPECT_TRUE(tiny->artifacts.empty()) << "another content each time";
}

TEST_F(LearnTest, PathsAreKnownOnlyWhereEveryRunHadEveryOpen) {
  Write("a.jsonl", {Exec("/usr/bin/node"), Open("/usr/lib/x", {"read"})}, "full");
  Write("b.jsonl", {Exec("/usr/bin/node")});
  for (const std::vector<std::string>& order :
       std::vector<std::vector<std::string>>{{"a.jsonl", "b.jsonl"}, {"b.jsonl", "a.jsonl"}}) {
    const Answer answer = ToOutput(order);
    const BehaviourLock lock = LockOf(answer.out);
    EXPECT_FALSE(lock.Find(kTiny)->reads.has_value()) << answer.out;
    EXPECT_THAT(answer.out, HasSubstr("--log-level full"));
  }
}

TEST_F(LearnTest, TraceThatIsNotWholeIsRefusedUnlessTold) {
  Write("a.jsonl", {Exec("/usr/bin/node")}, "default", /*finish=*/false);
  Answer answer = ToOutput({"a.jsonl"});
  EXPECT_EQ(answer.status, 1);
  EXPECT_EQ(answer.out, "");
  EXPECT_THAT(answer.err, HasSubstr("--unverified"));
  answer = ToOutput({"a.jsonl"}, {"--unverified"});
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_NE(LockOf(answer.out).Find(kTiny), nullptr);
  WriteFile(directory_ / "b.jsonl", "hello\n");
  EXPECT_EQ(ToOutput({"b.jsonl"}, {"--unverified"}).status, 1);
}

TEST_F(LearnTest, NothingIsWrittenUnlessAllCouldBeUsed) {
  Write("a.jsonl", {Exec("/usr/bin/node")});
  Write("b.jsonl", {Exec("/usr/bin/node")}, "default", /*finish=*/false);
  const std::string lock = directory_ / "x.lock";
  WriteFile(lock, "as it was");
  EXPECT_EQ(Learn({"-o", lock, directory_ / "a.jsonl", directory_ / "b.jsonl"}).status, 1);
  EXPECT_EQ(ReadFile(lock), "as it was");
  EXPECT_EQ(Learn({"-o", lock, directory_ / "a.jsonl"}).status, 0);
  EXPECT_NE(LockOf(ReadFile(lock)).Find(kTiny), nullptr);
  EXPECT_EQ(Learn({"-o", directory_ / "a.jsonl", directory_ / "a.jsonl"}).status, 2);
  EXPECT_EQ(Learn({"-o", directory_ / "none/x.lock", directory_ / "a.jsonl"}).status, 2);
}

TEST_F(LearnTest, NamesCannotWriteIntoTheLock) {
  const std::string evil = "x\"\n]\n[[package]]\nname = \"y\"\n\xff\x1b[2J\xe2\x80\xae\\";
  TraceEvent named = Exec("/" + evil);
  named.fields[3].second = evil;
  named.fields[4].second = evil;
  Write("a.jsonl",
        {named, Refused(Connect("package", evil), "network.package"), Connect("manager", evil)},
        "full");
  const Answer answer = ToOutput({"a.jsonl"});
  ASSERT_EQ(answer.status, 0) << answer.err;
  const BehaviourLock lock = LockOf(answer.out);
  EXPECT_EQ(lock.Find(BehaviourKey{Role::kPackage, "npm", "y"}), nullptr);
  EXPECT_NE(lock.Find(BehaviourKey{Role::kPackage, "npm", LockText(evil)}), nullptr);
  for (const char byte : answer.out) {
    EXPECT_TRUE(byte == '\n' || (byte >= ' ' && byte < 0x7f));
  }
}

TEST_F(LearnTest, LockThatNoRunWouldReadIsNotWritten) {
  std::vector<TraceEvent> events;
  for (int i = 0; i < 20'000; ++i) {
    events.push_back(
        Connect("package", "h" + std::to_string(i) + std::string(60, 'x') + ".example"));
  }
  Write("a.jsonl", std::move(events));
  const Answer answer = ToOutput({"a.jsonl"});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, HasSubstr("Learn from fewer runs"));
}

TEST_F(LearnTest, TheSameProgramIsHiddenBehindNoOtherVerb) {
  EXPECT_THAT(Ask({"--help"}, directory_.path()).err, Not(HasSubstr("learn")));
  EXPECT_EQ(Learn({"-o", "x.jsonl", directory_ / "a.jsonl"}).status, 2);
}

}  // namespace
}  // namespace safe_trace
