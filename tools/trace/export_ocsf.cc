// OCSF 1.5.0, one event a line. A violation gives two: what happened, and a Detection Finding that
// refers to it.
#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "policy/lexical_path.h"
#include "tools/trace/event_text.h"
#include "tools/trace/export_text.h"
#include "tools/trace/json_output.h"
#include "tools/trace/trace_exporter.h"

namespace safe_trace {
namespace {

struct OcsfClass {
  int uid;
  const char* name;
  int category;
  const char* category_name;
};
constexpr OcsfClass kBase = {0, "Base Event", 0, "Uncategorized"};
constexpr OcsfClass kFile = {1001, "File System Activity", 1, "System Activity"};
constexpr OcsfClass kProcess = {1007, "Process Activity", 1, "System Activity"};
constexpr OcsfClass kFinding = {2004, "Detection Finding", 2, "Findings"};
constexpr OcsfClass kNetwork = {4001, "Network Activity", 4, "Network Activity"};
constexpr OcsfClass kDns = {4003, "DNS Activity", 4, "Network Activity"};
constexpr OcsfClass kLifecycle = {6002, "Application Lifecycle", 6, "Application Activity"};
constexpr int kOther = 99;

struct Activity {
  std::string_view action;
  const OcsfClass* kind;
  int id;
  const char* name;
};
constexpr std::array kActivities = {Activity{"run-start", &kLifecycle, 3, "Start"},
                                    Activity{"run-end", &kLifecycle, 4, "Stop"},
                                    Activity{"process-exec", &kProcess, 1, "Launch"},
                                    Activity{"process-exit", &kProcess, 2, "Terminate"},
                                    Activity{"survivor-ended", &kProcess, 2, "Terminate"},
                                    Activity{"signal-refused", &kProcess, kOther, "Signal"},
                                    Activity{"file-open", &kFile, 14, "Open"},
                                    Activity{"file-create", &kFile, 1, "Create"},
                                    Activity{"file-remove", &kFile, 4, "Delete"},
                                    Activity{"file-rename", &kFile, 5, "Rename"},
                                    Activity{"file-attribute", &kFile, 6, "Set Attributes"},
                                    Activity{"file-link", &kFile, kOther, "Link"},
                                    Activity{"file-changed", &kFile, 3, "Update"},
                                    Activity{"files-changed", &kFile, 1, "Create"},
                                    Activity{"startup-file", &kFile, kOther, "Left for start-up"},
                                    Activity{"network-connect", &kNetwork, 1, "Open"},
                                    Activity{"network-bind", &kNetwork, kOther, "Bind"},
                                    Activity{"network-listen", &kNetwork, 7, "Listen"},
                                    Activity{"network-claim", &kNetwork, 3, "Reset"},
                                    Activity{"network-flow", &kNetwork, 6, "Traffic"},
                                    Activity{"dns-question", &kDns, 1, "Query"},
                                    Activity{"name-lookup", &kDns, 1, "Query"}};

Activity ActivityOf(const TraceRecord& record) {
  const std::string_view action = record.Text("event.action");
  const auto* const found =
      std::find_if(kActivities.begin(), kActivities.end(),
                   [action](const Activity& row) { return row.action == action; });
  if (found != kActivities.end()) {
    if (action == "network-connect" && IsRefused(record)) return {action, &kNetwork, 5, "Refuse"};
    if (action == "network-connect" && record.Text("event.outcome") == "failure") {
      return {action, &kNetwork, 4, "Fail"};
    }
    return *found;
  }
  if (action.substr(0, 12) == "network-send") return {action, &kNetwork, 6, "Traffic"};
  const std::string_view category = record.Text("event.category");
  if (category == "file" && !record.Text("file.path").empty()) {
    return {action, &kFile, kOther, "Other"};
  }
  const bool has_process = !record.Text("process.entity_id").empty();
  return {action, has_process ? &kProcess : &kBase, kOther, "Other"};
}

bool IsAddress(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

ExportJson FileJson(std::string_view path) {
  const std::string_view name = BaseName(path);
  ExportJson file = {{"name", name.empty() ? "/" : ExportText(name)}, {"type_id", 0}};
  if (!path.empty()) file["path"] = ExportText(path);
  return file;
}

ExportJson ProcessJson(const TraceRecord& record) {
  ExportJson process = ExportJson::object();
  SetNumber(process, "pid", record, "process.pid");
  const std::string_view id = record.Text("process.entity_id");
  process["uid"] = id.empty() ? "unknown" : ExportText(id);
  if (const std::string_view program = record.Text("process.executable"); !program.empty()) {
    process["name"] = ExportText(BaseName(program));
    process["file"] = FileJson(program);
    if (const auto hash = record.Text("process.hash.sha256"); !hash.empty()) {
      process["file"]["hashes"] = ExportJson::array(
          {{{"algorithm", "SHA-256"}, {"algorithm_id", 3}, {"value", ExportText(hash)}}});
    }
  }
  std::string command;
  for (const std::string& argument : ExportTexts(record.List("process.args"))) {
    command.append(command.empty() ? "" : " ").append(argument);
  }
  if (!command.empty()) process["cmd_line"] = command;
  SetText(process, "working_directory", record, "process.working_directory");
  if (const auto parent = record.Text("process.parent.entity_id"); !parent.empty()) {
    process["parent_process"] = {{"uid", ExportText(parent)}};
  }
  return process;
}

ExportJson EndpointJson(const TraceRecord& record) {
  ExportJson endpoint = ExportJson::object();
  const std::string ip(record.Text("destination.ip"));
  if (IsAddress(ip)) endpoint["ip"] = ip;
  const std::vector<std::string>& domains = record.List("destination.domain");
  std::string name = domains.empty() ? "" : ExportText(domains.front());
  if (name.empty()) name = ExportText(record.Text("url.domain"));
  if (name.empty()) name = ExportText(record.Text("file.path"));
  if (!name.empty()) endpoint["name"] = name;
  const int64_t port = record.Number("destination.port", -1);
  if (port >= 0 && port <= 65'535) endpoint["port"] = port;
  if (endpoint.find("ip") == endpoint.end() && name.empty()) endpoint["name"] = "unknown";
  return endpoint;
}

// Keys for which OCSF has no place, as they are.
ExportJson Unmapped(const TraceRecord& record) {
  ExportJson rest = ExportJson::object();
  for (const auto& [key, value] : record.fields) {
    const bool is_ours = key.rfind("safe_trace.", 0) == 0 && key != "safe_trace.prev_hash" &&
                         key != "safe_trace.escaped" && key != "safe_trace.run_id";
    if (is_ours || key.rfind("package.", 0) == 0 || key == "error.message" || key == "url.port" ||
        key == "tls.client.server_name") {
      rest[ExportText(key)] = FieldJson(value);
    }
  }
  return rest;
}

class OcsfExporter : public TraceExporter {
 public:
  explicit OcsfExporter(std::ostream& out) : out_(out) {}

  void Add(const TraceRecord& record) override {
    if (record.Text("event.action") == "run-start") {
      version_ = record.Number("safe_trace.schema_version", 0);
      host_ = ExportText(record.Text("host.name"));
    }
    const Activity activity = ActivityOf(record);
    ExportJson event = Base(record, *activity.kind, activity.id, activity.name);
    AddClassFields(record, *activity.kind, event);
    Write(record, Uid(record), event);
    if (IsFinding(record)) {
      Write(record, Uid(record) + ":finding", Finding(record, *activity.kind));
    }
  }
  void Finish(const TraceCheck&) override {}

 private:
  static std::string Uid(const TraceRecord& record) {
    return ExportText(record.Text("safe_trace.run_id")) + ":" +
           std::to_string(record.Number("event.sequence", 0));
  }

  // The same in every event: as text, so that it is not built a million times.
  std::string DeviceText() const {
    return R"("device":{"hostname":)" + JsonText(host_.empty() ? "unknown" : host_) +
           R"(,"type_id":0,"os":{"name":"Linux","type":"Linux","type_id":200}})";
  }

  std::string MetadataText(const TraceRecord& record, const std::string& uid) const {
    std::string text =
        R"("metadata":{"version":"1.5.0","product":{"name":"safe-trace","vendor_name":"safe-trace",)"
        R"("version":")" SAFE_TRACE_VERSION
        R"("},"profiles":["host","security_control"],"log_version":")" +
        std::to_string(version_) + R"(","uid":)" + JsonText(uid);
    const auto add = [&](const char* key, std::string_view field) {
      if (const std::string_view value = record.Text(field); !value.empty()) {
        text.append(",\"").append(key).append("\":").append(JsonText(value));
      }
    };
    add("correlation_uid", "safe_trace.run_id");
    add("event_code", "event.action");
    add("original_time", "@timestamp");
    return text + ",\"sequence\":" + std::to_string(record.Number("event.sequence", 0)) + "}";
  }

  void Write(const TraceRecord& record, const std::string& uid, const ExportJson& event) {
    std::string line = OneLine(event);
    line.pop_back();
    out_ << line << "," << MetadataText(record, uid) << "," << DeviceText() << "}\n";
  }

  ExportJson Base(const TraceRecord& record, const OcsfClass& kind, int activity,
                  const char* activity_name) const {
    const bool is_violation = IsViolation(record);
    ExportJson event;
    event["class_uid"] = kind.uid;
    event["class_name"] = kind.name;
    event["category_uid"] = kind.category;
    event["category_name"] = kind.category_name;
    event["activity_id"] = activity;
    event["activity_name"] = activity_name;
    event["type_uid"] = kind.uid * 100 + activity;
    event["severity_id"] = is_violation ? 4 : IsRefused(record) || IsFinding(record) ? 2 : 1;
    event["severity"] = is_violation                             ? "High"
                        : IsRefused(record) || IsFinding(record) ? "Low"
                                                                 : "Informational";
    event["time"] = NanosecondsOf(record).value_or(0) / 1'000'000;
    event["message"] = SentenceText(record);
    AddDecision(record, event);
    if (ExportJson rest = Unmapped(record); !rest.empty()) event["unmapped"] = std::move(rest);
    return event;
  }

  // The profile security_control.
  static void AddDecision(const TraceRecord& record, ExportJson& event) {
    const std::string_view decision = record.Text("safe_trace.decision");
    if (!decision.empty()) {
      const bool is_refused = decision != "allow";
      event["action_id"] = is_refused ? 2 : 1;
      event["action"] = is_refused ? "Denied" : "Allowed";
      event["disposition_id"] = is_refused ? 2 : 1;
      event["disposition"] = is_refused ? "Blocked" : "Allowed";
    }
    if (IsViolation(record)) event["is_alert"] = true;
    if (const std::string_view rule = record.Text("rule.id"); !rule.empty()) {
      event["firewall_rule"] = {{"uid", ExportText(rule)}};
      SetText(event["firewall_rule"], "desc", record, "safe_trace.reason");
    }
  }

  static void AddStatus(const TraceRecord& record, ExportJson& event) {
    const std::string_view outcome = record.Text("event.outcome");
    const bool is_success = outcome == "success";
    const bool is_failure = outcome == "failure";
    event["status_id"] = is_success ? 1 : is_failure ? 2 : 0;
    event["status"] = is_success ? "Success" : is_failure ? "Failure" : "Unknown";
  }

  static ExportJson Actor(const TraceRecord& record) {
    if (record.Text("process.entity_id").empty()) return {{"app_name", "safe-trace"}};
    return {{"process", ProcessJson(record)}};
  }

  static void AddClassFields(const TraceRecord& record, const OcsfClass& kind, ExportJson& event) {
    AddStatus(record, event);
    if (kind.uid == kProcess.uid) {
      AddProcess(record, event);
      return;
    }
    if (kind.uid != kLifecycle.uid) event["actor"] = Actor(record);
    if (kind.uid == kFile.uid) event["file"] = FileJson(record.Text("file.path"));
    if (kind.uid == kLifecycle.uid) {
      event["app"] = {{"name", "safe-trace"}, {"version", SAFE_TRACE_VERSION}};
      SetNumber(event, "duration", record, "event.duration");
      if (event.find("duration") != event.end()) {
        event["duration"] = event["duration"].get<int64_t>() / 1'000'000;
      }
    }
    if (kind.uid == kNetwork.uid) AddNetwork(record, event);
    if (kind.uid == kDns.uid) {
      event["query"] = {{"hostname", ExportText(record.Text("dns.question.name"))}};
      SetText(event["query"], "type", record, "dns.question.type");
      event["dst_endpoint"] = {{"name", "safe-trace's DNS broker"}, {"port", 53}};
    }
  }

  // Who started a process is known by its id only.
  static void AddProcess(const TraceRecord& record, ExportJson& event) {
    event["process"] = ProcessJson(record);
    const std::string_view parent = record.Text("process.parent.entity_id");
    if (record.Text("event.action") != "process-exec") {
      event["actor"] = Actor(record);
    } else if (parent.empty()) {
      event["actor"] = {{"app_name", "safe-trace"}};
    } else {
      event["actor"] = {{"process", {{"uid", ExportText(parent)}}}};
    }
    if (record.Text("event.action") == "process-exit") {
      SetNumber(event, "exit_code", record, "process.exit_code");
    }
    // A program that was refused never became the process.
    const std::string_view refused = record.Text("file.path");
    if (!refused.empty()) event["process"]["file"] = FileJson(refused);
  }

  static void AddNetwork(const TraceRecord& record, ExportJson& event) {
    event["dst_endpoint"] = EndpointJson(record);
    ExportJson connection = ExportJson::object();
    SetText(connection, "protocol_name", record, "network.transport");
    const std::string_view action = record.Text("event.action");
    const bool is_inbound = action == "network-bind" || action == "network-listen";
    connection["direction_id"] = is_inbound ? 1 : 2;
    connection["direction"] = is_inbound ? "Inbound" : "Outbound";
    event["connection_info"] = std::move(connection);
    if (action == "network-flow") {
      ExportJson traffic = ExportJson::object();
      SetNumber(traffic, "bytes_out", record, "source.bytes");
      SetNumber(traffic, "bytes_in", record, "destination.bytes");
      event["traffic"] = std::move(traffic);
    }
  }

  ExportJson Finding(const TraceRecord& record, const OcsfClass& about) const {
    const std::string rule = FindingRule(record);
    ExportJson event = Base(record, kFinding, 1, "Create");
    event["status_id"] = 1;
    event["status"] = "New";
    const std::string reason = ExportText(record.Text("safe_trace.reason"));
    event["finding_info"] = {
        {"uid", Uid(record)},
        {"title", reason.empty() ? rule : reason},
        {"desc", SentenceText(record)},
        {"analytic", {{"uid", rule}, {"name", rule}, {"type", "Rule"}, {"type_id", 1}}},
        {"created_time", event["time"]},
        {"related_events", ExportJson::array({{{"uid", Uid(record)}, {"type", about.name}}})}};
    ExportJson evidence = {{"actor", Actor(record)}};
    if (about.uid == kFile.uid) evidence["file"] = FileJson(record.Text("file.path"));
    if (about.uid == kNetwork.uid) evidence["dst_endpoint"] = EndpointJson(record);
    event["evidences"] = ExportJson::array({std::move(evidence)});
    if (const std::string package = PackageText(record); !package.empty()) {
      event["resources"] = ExportJson::array({{{"type", "package"},
                                               {"name", ExportText(record.Text("package.name"))},
                                               {"uid", package}}});
    }
    return event;
  }

  std::ostream& out_;
  std::string host_;
  int64_t version_ = 0;
};

}  // namespace

std::unique_ptr<TraceExporter> MakeOcsfExporter(std::ostream& out) {
  return std::make_unique<OcsfExporter>(out);
}

}  // namespace safe_trace
