#include "tools/sink/otlp_records.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tracer/events/json_line.h"

namespace safe_trace {
namespace {

using Json = nlohmann::ordered_json;

// Of the OpenTelemetry log data model.
enum Severity : int { kInfo = 9, kWarn = 13, kError = 17 };

Json AnyValue(const Json& value) {
  if (value.is_boolean()) return {{"boolValue", value}};
  // 64 bits are a text in proto3's JSON.
  if (value.is_number_integer()) return {{"intValue", std::to_string(value.get<int64_t>())}};
  if (value.is_string()) return {{"stringValue", value}};
  if (!value.is_array()) return {{"stringValue", value.dump(-1, ' ', true)}};
  Json values = Json::array();
  for (const Json& item : value) values.push_back(AnyValue(item));
  return {{"arrayValue", {{"values", std::move(values)}}}};
}

Json Attribute(const std::string& key, const Json& value) {
  return {{"key", key}, {"value", AnyValue(value)}};
}

std::string TextOf(const Json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

Severity SeverityOf(const Json& line) {
  if (TextOf(line, "event.kind") == "alert") return kError;
  const std::string decision = TextOf(line, "safe_trace.decision");
  const bool is_refused = !decision.empty() && decision != "allow";
  return is_refused || TextOf(line, "event.action") == "events-dropped" ? kWarn : kInfo;
}

// "package evil@1.0: file-open /home/u/.ssh/id_rsa: hide (credential.ssh)".
std::string BodyOf(const Json& line) {
  std::string text = TextOf(line, "safe_trace.role");
  if (const std::string name = TextOf(line, "package.name"); !name.empty()) {
    text += " " + name;
    if (const std::string version = TextOf(line, "package.version"); !version.empty()) {
      text += "@" + version;
    }
  }
  if (!text.empty()) text += ": ";
  text += TextOf(line, "event.action");
  for (const char* key : {"file.path", "dns.question.name", "destination.ip", "safe_trace.variable",
                          "safe_trace.syscall", "process.executable"}) {
    const std::string what = TextOf(line, key);
    if (what.empty()) continue;
    text += " " + what;
    break;
  }
  const std::string decision = TextOf(line, "safe_trace.decision");
  if (decision.empty() || decision == "allow") return text;
  return text + ": " + decision + " (" + TextOf(line, "rule.id") + ")";
}

Json RecordOf(const std::string& text) {
  Json record;
  const Json line = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!line.is_object()) {
    record["severityNumber"] = static_cast<int>(kInfo);
    record["body"] = {{"stringValue", text}};
    return record;
  }
  int64_t time = 0;
  if (ParseTimestamp(TextOf(line, "@timestamp"), time)) {
    record["timeUnixNano"] = std::to_string(time);
    record["observedTimeUnixNano"] = std::to_string(time);
  }
  const Severity severity = SeverityOf(line);
  record["severityNumber"] = static_cast<int>(severity);
  record["severityText"] = severity == kError ? "ERROR" : severity == kWarn ? "WARN" : "INFO";
  record["body"] = {{"stringValue", BodyOf(line)}};
  Json attributes = Json::array();
  for (const auto& [key, value] : line.items()) {
    if (key != "@timestamp") attributes.push_back(Attribute(key, value));
  }
  record["attributes"] = std::move(attributes);
  return record;
}

}  // namespace

std::string OtlpRequest(const std::vector<EventQueue::Event>& events,
                        const OtlpResource& resource) {
  Json records = Json::array();
  for (const EventQueue::Event& event : events) records.push_back(RecordOf(event.line));
  const Json attributes = {
      Attribute("service.name", "safe-trace"), Attribute("service.version", resource.version),
      Attribute("service.instance.id", resource.run_id), Attribute("host.name", resource.host_name),
      Attribute("safe_trace.run_id", resource.run_id)};
  const Json scope = {{"name", "safe-trace"}, {"version", resource.version}};
  Json scope_logs = Json::array();
  scope_logs.push_back({{"scope", scope}, {"logRecords", std::move(records)}});
  Json resource_logs = Json::array();
  resource_logs.push_back(
      {{"resource", {{"attributes", attributes}}}, {"scopeLogs", std::move(scope_logs)}});
  const Json request = {{"resourceLogs", std::move(resource_logs)}};
  return request.dump(-1, ' ', false, Json::error_handler_t::replace);
}

uint64_t RejectedOf(const std::string& answer) {
  const Json json = Json::parse(answer, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return 0;
  const auto partial = json.find("partialSuccess");
  if (partial == json.end() || !partial->is_object()) return 0;
  const auto rejected = partial->find("rejectedLogRecords");
  if (rejected == partial->end()) return 0;
  if (rejected->is_number_unsigned()) return rejected->get<uint64_t>();
  const std::string text = rejected->is_string() ? rejected->get<std::string>() : "";
  const bool is_number = !text.empty() && text.size() < 10 &&
                         std::all_of(text.begin(), text.end(),
                                     [](char digit) { return digit >= '0' && digit <= '9'; });
  return is_number ? std::stoull(text) : 0;
}

}  // namespace safe_trace
