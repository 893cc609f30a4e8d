// Traces made to harm who looks at them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tools/trace/tool_testing.h"
#include "tools/trace/process_table.h"
#include "tools/trace/run_view.h"
#include "tracer/events/utf8.h"

namespace safe_trace {
namespace {

using ::testing::HasSubstr;

constexpr char kEvil[] =
    "\x1b]0;owned\x07\x1b[2J\xc2\x9b"
    "31m\u202egnp.exe\r\n\xff";

void ExpectNoControls(const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const Utf8Char character = DecodeUtf8(text, at);
    ASSERT_GT(character.length, 0u) << "a byte that is not UTF-8";
    ASSERT_TRUE(character.code_point == '\n' || !IsControl(character.code_point))
        << "control " << character.code_point << " after "
        << text.substr(at > 40 ? at - 40 : 0, 40);
    ASSERT_NE(character.code_point, 0x202eu);
    at += character.length;
  }
}

TEST(HostileTraceTest, NoNameReachesTheTerminalUnescaped) {
  const TemporaryDirectory directory;
  TraceLogOptions options = SampleOptions(directory / (std::string(kRunId) + ".jsonl"));
  options.header.command = {kEvil};
  options.header.working_directory = kEvil;
  options.header.enforcement = {kEvil};
  auto writer = TraceLogWriter::Open(std::move(options));
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (const char* action :
       {"file-open", "process-exec", "network-connect", "dns-question", kEvil}) {
    for (const char* category : {"file", "network"}) {
      TraceEvent event;
      event.action = action;
      event.category = category;
      event.is_violation = true;
      for (const char* key :
           {"process.entity_id", "safe_trace.role", "safe_trace.ecosystem", "package.name",
            "package.version", "safe_trace.decision", "rule.id", "safe_trace.reason", "file.path",
            "destination.ip", "error.message", "process.executable"}) {
        event.Set(key, std::string(kEvil));
      }
      event.Set("process.args", std::vector<std::string>{kEvil, kEvil})
          .Set("destination.domain", std::vector<std::string>{kEvil})
          .Set("safe_trace.removed", std::vector<std::string>{kEvil});
      (*writer)->Record(std::move(event));
    }
  }
  RunSummary summary = SampleSummary();
  summary.survivors = {kEvil};
  summary.hosts = {{kEvil, 1, 1}};
  ASSERT_TRUE((*writer)->Close(summary).ok());
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"show"}, {"show", "--all"}, {"list"}, {"list", "--json"}, {"verify"}}) {
    const Answer answer = Ask(arguments, directory.path());
    EXPECT_EQ(answer.status, 0) << answer.err;
    EXPECT_GT(answer.out.size(), 50u);
    ExpectNoControls(answer.out + answer.err);
  }
}

// JSON that decodes to escapes, and raw ones that JSON allows: C1 and DEL.
TEST(HostileTraceTest, NoEscapeFromForgedJsonReachesTheTerminal) {
  const TemporaryDirectory directory;
  const std::string path = directory / "forged.jsonl";
  WriteFile(path,
            "{\"event.sequence\":1,\"event.action\":\"run-start\",\"safe_trace.prev_hash\":\"x\","
            "\"process.args\":[\"\\u001b[2J\\u009b1m\xc2\x9b"
            "2m\x7f\"],"
            "\"safe_trace.run_id\":\"\\u001b[31m\",\"@timestamp\":\"\\u001b\"}\n"
            "{\"event.kind\":\"alert\",\"event.action\":\"\\u001b[0m\"}\n"
            "\x1b[31mraw\n");
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"show", path}, {"show", "--all", path}, {"show", "--json", "--all", path}, {"list"}}) {
    const Answer answer = Ask(arguments, directory.path());
    EXPECT_GT(answer.out.size(), 50u);
    ExpectNoControls(answer.out + answer.err);
  }
}

TEST(HostileTraceTest, ProcessesThatAreTheirOwnAncestorsOrVeryDeepEnd) {
  ProcessTable table;
  const auto add = [&table](const std::string& id, const std::string& parent) {
    TraceRecord record;
    record.fields = {{"process.entity_id", id},
                     {"process.parent.entity_id", parent},
                     {"event.action", std::string("process-exec")}};
    table.Add(record);
  };
  add("self", "self");
  add("a", "b");
  add("b", "a");
  for (int i = 0; i < 30'000; ++i) add("p" + std::to_string(i + 1), "p" + std::to_string(i));
  const std::vector<ProcessRow> rows = table.Tree(1'000'000, 1'000'000);
  EXPECT_EQ(table.size(), 20'000u);
  EXPECT_GT(table.not_kept(), 0u);
  EXPECT_LT(rows.size(), 200u);
}

TEST(HostileTraceTest, MillionDistinctViolationsAreBounded) {
  LineCounter counter;
  for (int i = 0; i < 1'000'000; ++i) counter.Add("", std::to_string(i), "", 0);
  EXPECT_LE(counter.lines().size(), 2'000u);
  EXPECT_EQ(counter.lines().size() + counter.not_kept(), 1'000'000u);
}

}  // namespace
}  // namespace safe_trace
