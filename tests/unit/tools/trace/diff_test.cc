// `diff`: what one run did that another did not, and nothing else.
#include "tools/trace/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/tools/trace/tool_testing.h"
#include "tools/trace/behaviour.h"

namespace safe_trace {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TraceEvent PackageEvent(const std::string& action, const std::string& category,
                        const std::string& version) {
  TraceEvent event;
  event.action = action;
  event.category = category;
  event.outcome = "success";
  event.wall_clock_ns = FixedClock();
  event.Set("process.entity_id", std::string("101-2"))
      .Set("safe_trace.role", std::string("package"))
      .Set("safe_trace.ecosystem", std::string("npm"))
      .Set("package.name", std::string("tiny"))
      .Set("package.version", version);
  return event;
}

TraceEvent Exec(const std::string& program, const std::string& version) {
  TraceEvent event = PackageEvent("process-exec", "process", version);
  event.Set("process.executable", program);
  return event;
}

TraceEvent Connect(const std::string& domain, const std::string& ip, const std::string& version) {
  TraceEvent event = PackageEvent("network-connect", "network", version);
  event.Set("destination.ip", ip).Set("destination.port", int64_t{443});
  if (!domain.empty()) event.Set("destination.domain", std::vector<std::string>{domain});
  return event;
}

TraceEvent Decided(TraceEvent event, const std::string& decision, const std::string& rule) {
  event.is_violation = decision != "allow";
  event.Set("safe_trace.decision", decision).Set("rule.id", rule);
  return event;
}

TraceEvent File(const std::string& action, const std::string& path, const std::string& version) {
  TraceEvent event = PackageEvent(action, "file", version);
  event.Set("file.path", path);
  return event;
}

class DiffTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, std::vector<TraceEvent> events, bool finish = true,
             const std::string& project = "/home/user/project", const std::string& level = "",
             const std::string& home = "") {
    TraceLogOptions options = SampleOptions(directory_ / name);
    options.header.working_directory = project;
    if (!level.empty()) options.header.extra.emplace_back("safe_trace.log_level", level);
    if (!home.empty()) options.header.extra.emplace_back("safe_trace.home", home);
    auto writer = TraceLogWriter::Open(std::move(options));
    ASSERT_TRUE(writer.ok()) << writer.status();
    for (TraceEvent& event : events) (*writer)->Record(std::move(event));
    if (finish) {
      ASSERT_TRUE((*writer)->Close(SampleSummary()).ok());
    }
  }
  Answer Compare(const std::vector<std::string>& options = {}) const {
    std::vector<std::string> arguments = {"diff", directory_ / "a.jsonl", directory_ / "b.jsonl"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return Ask(arguments, directory_.path());
  }
  const TemporaryDirectory directory_;
};

TEST_F(DiffTest, NewVersionIsComparedWithTheOldOneAndOnlyWhatIsNewIsSaid) {
  TraceEvent removed = PackageEvent("environment-removed", "process", "1.1");
  removed.Set("safe_trace.removed", std::vector<std::string>{"NPM_TOKEN"});
  TraceEvent asked = PackageEvent("variable-lookup", "process", "1.1");
  asked.Set("safe_trace.variable", std::string("AWS_SECRET_ACCESS_KEY"));
  TraceEvent question = PackageEvent("dns-question", "network", "1.1");
  question.Set("dns.question.name", std::string("Evil.Example."));
  Write("a.jsonl", {Exec("/usr/bin/node", "1.0"), Connect("pypi.org", "192.0.2.1", "1.0")});
  Write("b.jsonl",
        {Exec("/usr/bin/node", "1.1"), Exec("/usr/bin/curl", "1.1"),
         Connect("pypi.org", "192.0.2.77", "1.1"), Connect("", "203.0.113.9", "1.1"), question,
         Decided(File("file-open", "/home/user/.ssh/id_rsa", "1.1"), "hide", "credential.ssh"),
         Decided(File("file-create", "/home/user/.bashrc", "1.1"), "deny", "persistence.shell"),
         removed, asked});
  const Answer answer = Compare();
  EXPECT_EQ(answer.status, 1) << answer.err;
  std::vector<std::string> lines = Lines(answer.out);
  ASSERT_GT(lines.size(), 3u);
  lines.erase(lines.begin(), lines.begin() + 3);
  EXPECT_EQ(Joined(lines), R"(package tiny (npm)  1.0 -> 1.1
  hosts           203.0.113.9
                  evil.example
  programs        /usr/bin/curl
  credentials     credential.ssh: /home/user/.ssh/id_rsa
  writes          ~/.bashrc: /home/user/.bashrc (refused)
  variables       AWS_SECRET_ACCESS_KEY (asked for)
                  NPM_TOKEN (removed)
  violations      credential.ssh: open /home/user/.ssh/id_rsa
                  persistence.shell: create /home/user/.bashrc

9 things in B that A did not do
)");
}

TEST_F(DiffTest, ViolationsOfOneRuleAreToldApartByWhatWasTried) {
  TraceEvent question = PackageEvent("dns-question", "network", "1.1");
  question.Set("dns.question.name", std::string("c2.evil.example"));
  question = Decided(question, "hide", "network.package");
  const TraceEvent connect = Decided(Connect("", "203.0.113.9", "1.1"), "deny", "network.package");
  TraceEvent again = connect;
  again.Set("safe_trace.repeated", int64_t{7});
  Write("a.jsonl", {});
  Write("b.jsonl", {question, connect, question, connect, question, again});
  const Answer answer = Compare();
  EXPECT_EQ(answer.status, 1) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr(R"(
  violations      network.package: connect to 203.0.113.9:443  x7
                  network.package: look up c2.evil.example  x3
)"));
  for (const auto& found : nlohmann::json::parse(Compare({"--json"}).out)["new"]) {
    if (found["kind"] != "violation") continue;
    EXPECT_EQ(found["what"], "network.package");
    EXPECT_EQ(found["count"], 10);
    EXPECT_EQ(found["tried"].size(), 2u);
    EXPECT_EQ(found["tried"][1]["what"], "look up c2.evil.example");
    EXPECT_EQ(found["tried"][1]["count"], 3);
  }
}

TEST_F(DiffTest, ManyThingsThatWereTriedAreBounded) {
  std::vector<TraceEvent> events;
  for (int i = 0; i < 50; ++i) {
    events.push_back(Decided(File("file-open", "/home/user/.ssh/" + std::to_string(i), "1.1"),
                             "hide", "credential.ssh"));
  }
  Write("a.jsonl", {});
  Write("b.jsonl", events);
  const Answer answer = Compare();
  EXPECT_THAT(answer.out, HasSubstr("credential.ssh: 30 further things (--json)"));
  EXPECT_LT(Lines(answer.out).size(), 40u);
}

TEST_F(DiffTest, RunThatDoesLessHasNothingNew) {
  Write("a.jsonl", {Exec("/usr/bin/node", "1.0"), Exec("/usr/bin/curl", "1.0")});
  Write("b.jsonl", {Exec("/usr/bin/node", "1.1")});
  const Answer answer = Compare();
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("nothing new"));
}

TEST_F(DiffTest, SameProgramInAnotherRoleIsNew) {
  TraceEvent manager = Exec("/usr/bin/curl", "1.0");
  manager.fields.erase(manager.fields.begin() + 1);
  manager.Set("safe_trace.role", std::string("manager"));
  Write("a.jsonl", {manager});
  Write("b.jsonl", {Exec("/usr/bin/curl", "1.0")});
  EXPECT_EQ(Compare().status, 1);
}

TEST_F(DiffTest, TemporaryNamesNumbersAndPlacesAreNoDifference) {
  Write("a.jsonl",
        {Exec("/tmp/pip-build-env-a1b2c3d4/overlay/bin/ninja", "1.0"),
         Exec("/home/user/project/node_modules/tiny-1.0/bin/x", "1.0"),
         Exec("/home/user/.cache/uv/builds-v0/.tmpAbCdEf/bin/python3.11", "1.0"),
         Exec("/home/user/project/target/debug/build/native-0123456789abcdef/build-script-build",
              "1.0"),
         Exec("/tmp/tmpwjofkiyx", "1.0"), File("file-create", "/tmp/abc/x", "1.0"),
         Connect("pypi.org", "192.0.2.1", "1.0")});
  Write("b.jsonl",
        {Exec("/tmp/pip-build-env-zz__9abc/overlay/bin/ninja", "2.0"),
         Exec("/home/other/work/node_modules/tiny-2.0/bin/x", "2.0"),
         Exec("/root/.cache/uv/builds-v0/.tmpZyXwVu/bin/python3.12", "2.0"),
         Exec("/home/other/work/target/debug/build/native-fedcba9876543210/build-script-build",
              "2.0"),
         Exec("/tmp/tmpqqqqqqqq", "2.0"), File("file-create", "/tmp/xyz/y", "2.0"),
         Connect("pypi.org", "198.51.100.7", "2.0")},
        true, "/home/other/work");
  const Answer answer = Compare();
  EXPECT_EQ(answer.status, 0) << answer.out << answer.err;
}

TEST_F(DiffTest, WhatTheRunItselfListensOnIsNoHost) {
  TraceEvent own = Connect("", "127.0.0.1", "1.0");
  own.Set("rule.id", std::string("network.own-listener"));
  TraceEvent bind = Connect("", "127.0.0.1", "1.0");
  bind.action = "network-bind";
  TraceEvent listen = bind;
  listen.action = "network-listen";
  Write("a.jsonl", {Exec("/usr/bin/node", "1.0"), bind});
  Write("b.jsonl", {Exec("/usr/bin/node", "1.0"), bind, listen, own});
  EXPECT_EQ(Compare().status, 0) << Compare().out;
  std::filesystem::remove(directory_ / "b.jsonl");
  Write("b.jsonl", {Exec("/usr/bin/node", "1.0"), Connect("", "127.0.0.1", "1.0")});
  EXPECT_EQ(Compare().status, 1);
}

// At the default level a trace holds no allowed open: what it does not hold is no difference.
TEST_F(DiffTest, RunThatWasRecordedInFullIsNoNewBehaviour) {
  TraceEvent open = File("file-open", "/opt/data/x", "1.0");
  open.Set("safe_trace.access", std::vector<std::string>{"read"});
  Write("a.jsonl", {Exec("/usr/bin/node", "1.0")});
  Write("b.jsonl", {Exec("/usr/bin/node", "1.0"), open}, true, "/home/user/project", "full");
  EXPECT_EQ(Compare().status, 0) << Compare().out;
  std::filesystem::remove(directory_ / "a.jsonl");
  Write("a.jsonl", {Exec("/usr/bin/node", "1.0")}, true, "/home/user/project", "full");
  EXPECT_EQ(Compare().status, 1);
  EXPECT_THAT(Compare().out, HasSubstr("reads           /opt: /opt/data/x\n"));
}

TEST_F(DiffTest, HomeAndProjectAreWhereTheRunSaysTheyAre) {
  Write("a.jsonl", {Decided(File("file-create", "/srv/ann/.profile", "1.0"), "deny", "x")}, true,
        "/srv/ann/work", "", "/srv/ann");
  Write("b.jsonl", {Decided(File("file-create", "/data/u/bob/.profile", "1.0"), "deny", "x")}, true,
        "/data/u/bob/p", "", "/data/u/bob");
  EXPECT_EQ(Compare().status, 0) << Compare().out;
}

// The event of having been started follows that of having been killed.
TEST_F(DiffTest, ProgramThatWasKilledBeforeItsFirstInstructionDidNotRun) {
  TraceEvent killed = Decided(Exec("/usr/bin/curl", "1.0"), "kill", "lock.unknown-program");
  killed.Set("file.path", std::string("/usr/bin/curl"));
  Write("a.jsonl", {killed, Exec("/usr/bin/curl", "1.0")});
  const auto run = LoadBehaviour(directory_ / "a.jsonl");
  ASSERT_TRUE(run.ok());
  for (const auto& [behaviour, seen] : run->table.behaviours()) {
    EXPECT_FALSE(behaviour.kind == BehaviourKind::kProgram && seen.was_allowed);
  }
}

// pip unpacks what it was given by path under such a name, which stands where no other is known.
TEST_F(DiffTest, PackageOfWhichOnlyThePlaceIsKnownIsComparedWithItself) {
  for (const char* name : {"a", "b"}) {
    TraceEvent event = Exec("/usr/bin/dash", "");
    event.fields[3].second = std::string("pip-req-build-h9997um") + name;
    Write(std::string(name) + ".jsonl", {event});
  }
  EXPECT_EQ(Compare().status, 0) << Compare().out;
}

TEST_F(DiffTest, JsonSaysWhoDidWhat) {
  Write("a.jsonl", {Exec("/usr/bin/node", "1.0")});
  Write("b.jsonl", {Exec("/usr/bin/node", "1.1"), Connect("evil.example", "203.0.113.9", "1.1")});
  const Answer answer = Compare({"--json"});
  EXPECT_EQ(answer.status, 1);
  const auto json = nlohmann::json::parse(answer.out);
  ASSERT_EQ(json["new"].size(), 1u);
  EXPECT_EQ(json["new"][0]["package"], "tiny");
  EXPECT_EQ(json["new"][0]["kind"], "host");
  EXPECT_EQ(json["new"][0]["what"], "evil.example");
  EXPECT_EQ(json["new"][0]["versions_a"], nlohmann::json::array({"1.0"}));
  EXPECT_EQ(json["new"][0]["versions_b"], nlohmann::json::array({"1.1"}));
  EXPECT_TRUE(json["b"]["gap"].is_null());
}

TEST_F(DiffTest, NothingNewIsNotSaidOfARunThatIsNotWhole) {
  Write("a.jsonl", {Exec("/usr/bin/node", "1.0")});
  Write("b.jsonl", {Exec("/usr/bin/node", "1.0")}, false);
  Answer answer = Compare();
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.out, Not(HasSubstr("nothing new")));
  EXPECT_THAT(answer.err, HasSubstr("B is not whole"));
  EXPECT_FALSE(nlohmann::json::parse(Compare({"--json"}).out)["b"]["gap"].is_null());

  std::filesystem::remove(directory_ / "b.jsonl");
  Write("b.jsonl", {Exec("/usr/bin/node", "1.0"), Exec("/usr/bin/curl", "1.0")});
  std::vector<std::string> lines = Lines(ReadFile(directory_ / "b.jsonl"));
  lines.erase(lines.begin() + 2);  // the only line with what is new
  WriteFile(directory_ / "b.jsonl", Joined(lines));
  answer = Compare();
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, HasSubstr("missing"));
}

TEST_F(DiffTest, NewBehaviourOfACutRunIsStillNew) {
  Write("a.jsonl", {Exec("/usr/bin/node", "1.0")});
  Write("b.jsonl", {Exec("/usr/bin/curl", "1.0")}, false);
  const Answer answer = Compare();
  EXPECT_EQ(answer.status, 1);
  EXPECT_THAT(answer.err, HasSubstr("there may be more"));
}

TEST_F(DiffTest, WhatCannotBeReadOrIsNoTraceIsAnError) {
  Write("a.jsonl", {});
  EXPECT_EQ(Compare().status, 2);
  WriteFile(directory_ / "b.jsonl", "hello\n");
  EXPECT_EQ(Compare().status, 2);
  WriteFile(directory_ / "b.jsonl", "");
  EXPECT_EQ(Compare().status, 2);
  EXPECT_EQ(Ask({"diff", directory_ / "a.jsonl"}, directory_.path()).status, 2);
}

TEST_F(DiffTest, NamesMadeForATerminalAreShownAsText) {
  const std::string evil =
      "\x1b[2J\xc2\x9b"
      "31m\xff\n";
  TraceEvent named = PackageEvent("process-exec", "process", evil);
  named.Set("process.executable", "/" + evil);
  TraceEvent host = Connect(evil, evil, evil);
  host.Set("rule.id", evil);
  host.is_violation = true;
  Write("a.jsonl", {});
  Write("b.jsonl", {named, host, File("file-create", "/home/" + evil + "/x", evil)});
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{}, {"--json"}}) {
    const Answer answer = Compare(options);
    EXPECT_EQ(answer.status, 1);
    EXPECT_THAT(answer.out,
                AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\xff")), Not(HasSubstr("\xc2\x9b"))));
  }
}

TEST_F(DiffTest, MegabyteLinesAndLinesThatAreTooLongAreSurvived) {
  Write("a.jsonl", {});
  const std::string path = directory_ / "b.jsonl";
  WriteFile(path, Lines(ReadFile(directory_ / "a.jsonl"))[0] +
                      "\n{\"event.action\":\"process-exec\",\"process.executable\":\"/" +
                      std::string(4'000'000, 'x') + "\"}\n" +
                      std::string(kMaxTraceLineBytes + 9, 'y') + "\n");
  const Answer answer = Compare();
  EXPECT_EQ(answer.status, 1);
  EXPECT_LT(answer.out.size(), 3'000u);
  EXPECT_THAT(answer.err, HasSubstr("B is not whole"));
}

TEST(BehaviourTableTest, MillionDistinctBehavioursAreBounded) {
  BehaviourTable table;
  TraceRecord record;
  record.fields = {{"event.action", std::string("dns-question")},
                   {"event.category", std::string("network")},
                   {"dns.question.name", std::string()}};
  for (int i = 0; i < 200'000; ++i) {
    record.fields[2].second = "h" + std::to_string(i) + ".example";
    table.Add(record);
  }
  EXPECT_EQ(table.behaviours().size(), BehaviourTable::kMaxBehaviours);
  EXPECT_EQ(table.not_kept(), 200'000u - BehaviourTable::kMaxBehaviours);
}

TEST(BehaviourTableTest, MillionThingsThatWereTriedAreBoundedAndCounted) {
  BehaviourTable table;
  TraceRecord record;
  record.fields = {{"event.action", std::string("file-open")},
                   {"event.kind", std::string("alert")},
                   {"rule.id", std::string("r")},
                   {"file.path", std::string()}};
  const uint64_t events = 3 * BehaviourTable::kMaxTried;
  for (uint64_t i = 0; i < events; ++i) {
    record.fields[3].second = "/p/" + std::to_string(i);
    table.Add(record);
  }
  for (const auto& [behaviour, seen] : table.behaviours()) {
    if (behaviour.kind != BehaviourKind::kViolation) continue;
    EXPECT_EQ(seen.tried.size(), BehaviourTable::kMaxTried);
    EXPECT_EQ(seen.count, events);
  }
}

TEST(BehaviourTableTest, LongTextsThatDifferAtTheirEndStayDifferent) {
  BehaviourTable table;
  TraceRecord record;
  record.fields = {{"event.action", std::string("process-exec")},
                   {"process.executable", std::string()}};
  for (const char* end : {"x", "y"}) {
    record.fields[1].second = "/" + std::string(5'000, 'p') + "/" + end;
    table.Add(record);
  }
  EXPECT_EQ(table.behaviours().size(), 2u);
}

}  // namespace
}  // namespace safe_trace
