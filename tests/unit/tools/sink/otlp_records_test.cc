// Lines of a trace as OTLP wants them: 64 bits as texts, one field in each value.
#include "tools/sink/otlp_records.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace safe_trace {
namespace {

using Json = nlohmann::json;

constexpr char kViolation[] =
    R"({"@timestamp":"2026-11-22T10:15:00.000000007Z","event.sequence":7,"event.kind":"alert",)"
    R"("event.action":"file-open","safe_trace.role":"package","package.name":"evil",)"
    R"("package.version":"1.0","safe_trace.decision":"hide","rule.id":"credential.ssh",)"
    R"("file.path":"/home/u/.ssh/id_rsa","process.args":["a","b"],"safe_trace.escaped":true})";

Json RecordOf(const std::string& line) {
  const Json request = Json::parse(OtlpRequest({{line, false}}, {"run", "host", "1"}));
  return request["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
}

Json ValueOf(const Json& record, const std::string& key) {
  for (const Json& attribute : record["attributes"]) {
    if (attribute["key"] == key) return attribute["value"];
  }
  return nullptr;
}

TEST(OtlpRecordsTest, AViolationIsAnErrorWithEveryKeyAsAttribute) {
  const Json record = RecordOf(kViolation);
  EXPECT_EQ(record["severityNumber"], 17);
  EXPECT_EQ(record["timeUnixNano"], "1795342500000000007");
  EXPECT_EQ(record["body"]["stringValue"],
            "package evil@1.0: file-open /home/u/.ssh/id_rsa: hide (credential.ssh)");
  EXPECT_EQ(ValueOf(record, "event.sequence"), Json({{"intValue", "7"}}));
  EXPECT_EQ(ValueOf(record, "safe_trace.escaped"), Json({{"boolValue", true}}));
  EXPECT_EQ(ValueOf(record, "process.args")["arrayValue"]["values"][1]["stringValue"], "b");
  EXPECT_EQ(ValueOf(record, "@timestamp"), nullptr);
}

TEST(OtlpRecordsTest, SeverityTellsRefusalsFromTheRest) {
  EXPECT_EQ(RecordOf(R"({"event.kind":"event","safe_trace.decision":"deny"})")["severityNumber"],
            13);
  EXPECT_EQ(RecordOf(R"({"event.kind":"event","safe_trace.decision":"allow"})")["severityNumber"],
            9);
  EXPECT_EQ(RecordOf(R"({"event.kind":"event","event.action":"events-dropped"})")["severityNumber"],
            13);
}

TEST(OtlpRecordsTest, HostileLinesStillMakeOneValidRecordEach) {
  for (const std::string line : {"", "not json", "[1]", "{\"a\":{\"b\":1}}", "\xff\xfe", "\"x\""}) {
    const Json record = RecordOf(line);
    EXPECT_TRUE(record["body"].contains("stringValue")) << line;
  }
}

TEST(OtlpRecordsTest, ResourceNamesTheRunAndTheHost) {
  const Json request = Json::parse(OtlpRequest({}, {"run-id", "host.example", "1.2"}));
  const std::string text = request["resourceLogs"][0]["resource"].dump();
  for (const char* part : {"service.name", "safe-trace", "run-id", "host.example"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
  EXPECT_TRUE(request["resourceLogs"][0]["scopeLogs"][0]["logRecords"].is_array());
}

TEST(OtlpRecordsTest, RejectedRecordsAreReadFromTheAnswer) {
  EXPECT_EQ(RejectedOf(R"({"partialSuccess":{"rejectedLogRecords":"3"}})"), 3u);
  EXPECT_EQ(RejectedOf(R"({"partialSuccess":{"rejectedLogRecords":4}})"), 4u);
  for (const char* none : {"", "{}", "[]", R"({"partialSuccess":1})",
                           R"({"partialSuccess":{"rejectedLogRecords":"-1"}})",
                           R"({"partialSuccess":{"rejectedLogRecords":"99999999999999999999"}})"}) {
    EXPECT_EQ(RejectedOf(none), 0u) << none;
  }
}

}  // namespace
}  // namespace safe_trace
