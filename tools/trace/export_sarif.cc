// SARIF 2.1.0, for code scanning: one run, its violations as results. Results are written as they
// come; what is only known at the end (rules, how the run ended) follows them.
#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>

#include "policy/lexical_path.h"
#include "tools/trace/display_text.h"
#include "tools/trace/event_text.h"
#include "tools/trace/export_text.h"
#include "tools/trace/trace_exporter.h"
#include "tracer/events/hash_chain.h"

namespace safe_trace {
namespace {

// What is over has its ruleId, but no entry among the rules.
constexpr size_t kMaxRules = 2'000;
constexpr char kProject[] = "%SRCROOT%";

// In a message `{0}` is a placeholder and `[text](target)` a link; neither may come from a trace
// (section 3.11.5 and 3.11.6 of the standard).
std::string MessageText(const std::string& safe_text) {
  const bool has_link = safe_text.find("](") != std::string::npos;
  std::string out;
  out.reserve(safe_text.size());
  for (const char byte : safe_text) {
    if (byte == '{' || byte == '}') out.push_back(byte);
    if (has_link && (byte == '[' || byte == ']')) out.push_back('\\');
    out.push_back(byte);
  }
  return out;
}

ExportJson Message(const std::string& safe_text) { return {{"text", MessageText(safe_text)}}; }

const char* LevelOf(const TraceRecord& record) { return IsViolation(record) ? "error" : "warning"; }

class SarifExporter : public TraceExporter {
 public:
  explicit SarifExporter(std::ostream& out) : out_(out) {}

  void Add(const TraceRecord& record) override {
    if (!started_) Start();
    const std::string_view action = record.Text("event.action");
    if (action == "run-start") {
      header_ = record;
      directory_ = std::string(record.Text("process.working_directory"));
    }
    if (action == "run-end") summary_ = record;
    if (action == "events-dropped")
      dropped_ += std::max<int64_t>(0, record.Number("safe_trace.dropped", 0));
    if (action == "stack") AddStack(record);
    if (IsFinding(record)) AddResult(record);
  }

  void Finish(const TraceCheck& check) override {
    for (const auto& [id, result] : awaiting_) WriteResult(result);
    out_ << "\n],\n\"tool\":" << OneLine(Tool());
    out_ << ",\n\"invocations\":[" << OneLine(Invocation(check)) << "]";
    const std::string root = FileUri(directory_);
    if (!root.empty()) {
      const bool ends = root.back() == '/';
      out_ << ",\n\"originalUriBaseIds\":"
           << OneLine({{kProject, {{"uri", ends ? root : root + "/"}}}});
    }
    out_ << ",\n\"automationDetails\":"
         << OneLine({{"id", "safe-trace/" + ExportText(check.run_id)}})
         << ",\n\"columnKind\":\"utf16CodeUnits\"}\n]}\n";
  }

 private:
  void Start() {
    started_ = true;
    out_ << "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\","
            "\"runs\":[\n{\"results\":[\n";
  }

  void AddResult(const TraceRecord& record) {
    const std::string rule = FindingRule(record);
    ExportJson result;
    result["ruleId"] = rule;
    if (const std::optional<size_t> index = IndexOfRule(rule, record)) result["ruleIndex"] = *index;
    result["level"] = LevelOf(record);
    result["message"] = Message(SentenceText(record));
    result["locations"] = ExportJson::array({Location(record)});
    result["partialFingerprints"] = {{"safeTraceDeed/v1", Fingerprint(record)}};
    const int64_t repeated = record.Number("safe_trace.repeated", 0);
    if (repeated > 0) result["occurrenceCount"] = repeated;
    result["properties"] = Properties(record);
    const int64_t stack = record.Number("safe_trace.stack.id", 0);
    std::string text = OneLine(result);
    const bool can_wait = stack > 0 && text.size() <= kMaxAwaitingBytes &&
                          awaiting_.size() < kMaxAwaiting && awaiting_.count(stack) == 0;
    if (can_wait) {
      awaiting_.emplace(stack, std::move(text));
    } else {
      WriteResult(text);
    }
  }

  // The calls through which a violation came have a line of their own, after that of the violation.
  void AddStack(const TraceRecord& record) {
    const auto found = awaiting_.find(record.Number("safe_trace.stack.id", 0));
    if (found == awaiting_.end()) return;
    if (ExportJson frames = Frames(record); !frames.empty()) {
      found->second.pop_back();
      found->second += ",\"stacks\":[{\"frames\":" + OneLine(frames) + "}]}";
    }
    WriteResult(found->second);
    awaiting_.erase(found);
  }

  void WriteResult(const std::string& result) {
    out_ << (has_results_ ? ",\n" : "") << result;
    has_results_ = true;
  }

  static ExportJson Frames(const TraceRecord& record) {
    const std::vector<std::string>& places = record.List("safe_trace.stack.location");
    const std::vector<std::string>& functions = record.List("safe_trace.stack.function");
    const std::vector<std::string>& sources = record.List("safe_trace.stack.source");
    ExportJson frames = ExportJson::array();
    for (size_t i = 0; i < std::min(places.size(), kMaxFrames); ++i) {
      const std::string function = i < functions.size() ? ExportText(functions[i]) : "";
      frames.push_back(Frame(places[i], function));
      if (i < sources.size()) {
        frames.back()["properties"] = {{"source", ExportText(sources[i])}};
      }
    }
    return frames;
  }

  // "FILE:LINE", "MODULE+0xOFFSET" or "0xADDRESS".
  static ExportJson Frame(const std::string& place, const std::string& function) {
    ExportJson location = {{"message", Message(SafeText(place))}};
    if (!function.empty()) {
      location["logicalLocations"] =
          ExportJson::array({{{"fullyQualifiedName", function}, {"kind", "function"}}});
    }
    const size_t colon = place.rfind(':');
    const size_t plus = place.rfind("+0x");
    const std::string line = colon == std::string::npos ? "" : place.substr(colon + 1);
    const bool has_line = !line.empty() && line.size() < 9 && line[0] != '0' &&
                          line.find_first_not_of("0123456789") == std::string::npos;
    const std::string uri = FileUri(place.substr(0, has_line ? colon : plus));
    if (!uri.empty()) {
      location["physicalLocation"]["artifactLocation"] = {{"uri", uri}};
      if (has_line) location["physicalLocation"]["region"] = {{"startLine", std::stoi(line)}};
    }
    ExportJson frame = {{"location", std::move(location)}};
    if (!has_line && plus != std::string::npos) frame["module"] = ExportText(place.substr(0, plus));
    return frame;
  }

  std::optional<size_t> IndexOfRule(const std::string& rule, const TraceRecord& record) {
    const auto found = rule_index_.find(rule);
    if (found != rule_index_.end()) return found->second;
    if (rules_.size() >= kMaxRules) return std::nullopt;
    ExportJson entry = {{"id", rule}};
    const std::string reason = SafeText(record.Text("safe_trace.reason"));
    const std::string words = !reason.empty() ? reason
                              : IsViolation(record)
                                  ? "A violation of this rule of the policy"
                                  : "A file was left that takes part in every later start";
    entry["shortDescription"] = {{"text", Clip(words, kMaxDescription)}};
    entry["defaultConfiguration"] = {{"level", LevelOf(record)}};
    entry["properties"] = {{"tags", {"security", ExportText(record.Text("event.category"))}},
                           {"security-severity", IsViolation(record) ? "8.0" : "5.0"}};
    rule_index_.emplace(rule, rules_.size());
    rules_.push_back(std::move(entry));
    return rules_.size() - 1;
  }

  ExportJson ArtifactOf(std::string_view path) const {
    if (const std::optional<std::string> relative = RelativeUri(directory_, path)) {
      return {{"uri", *relative}, {"uriBaseId", kProject}};
    }
    const std::string uri = FileUri(path);
    if (uri.empty()) return nullptr;
    return {{"uri", uri}};
  }

  // The file that was touched; where there was none, the program that acted.
  ExportJson Location(const TraceRecord& record) const {
    ExportJson location = ExportJson::object();
    ExportJson artifact = ArtifactOf(record.Text("file.path"));
    if (artifact.is_null()) artifact = ArtifactOf(record.Text("process.executable"));
    if (artifact.is_null()) artifact = ArtifactOf(directory_);
    if (!artifact.is_null()) location["physicalLocation"]["artifactLocation"] = artifact;
    ExportJson logical = ExportJson::array();
    if (const std::string package = PackageText(record); !package.empty()) {
      logical.push_back({{"name", ExportText(record.Text("package.name"))},
                         {"fullyQualifiedName", package},
                         {"kind", "package"}});
    }
    if (const std::string_view id = record.Text("process.entity_id"); !id.empty()) {
      const std::string_view program = BaseName(record.Text("process.executable"));
      logical.push_back({{"name", ExportText(program.empty() ? id : program)},
                         {"fullyQualifiedName", ExportText(id)},
                         {"kind", "process"}});
    }
    if (!logical.empty()) location["logicalLocations"] = std::move(logical);
    return location;
  }

  // The same deed of the same package in another run of the project, or by another version.
  std::string Fingerprint(const TraceRecord& record) const {
    const std::string_view path = record.Text("file.path");
    std::string deed = FindingRule(record);
    for (const std::string_view key :
         {"event.action", "safe_trace.role", "safe_trace.ecosystem", "package.name",
          "safe_trace.variable", "dns.question.name"}) {
      deed.append("\n").append(record.Text(key));
    }
    const std::optional<std::string> relative = RelativeUri(directory_, path);
    deed.append("\n").append(relative.has_value() ? *relative : FileUri(path));
    deed.append("\n").append(path.empty() ? DestinationText(record) : "");
    if (const std::string claimed = ClaimedHostText(record);
        record.Text("event.action") == "network-claim" && !claimed.empty()) {
      deed.append("\n").append(claimed);
    }
    return Sha256Hex(deed);
  }

  static ExportJson Properties(const TraceRecord& record) {
    ExportJson properties = ExportJson::object();
    for (const auto& [key, value] : record.fields) {
      constexpr std::array<std::string_view, 4> kElsewhere = {
          "safe_trace.prev_hash", "safe_trace.escaped", "event.kind", "rule.id"};
      bool is_elsewhere = false;
      for (const std::string_view other : kElsewhere) is_elsewhere = is_elsewhere || key == other;
      if (!is_elsewhere) properties[ExportText(key)] = FieldJson(value);
    }
    // "tags" has a meaning of its own in a property bag.
    properties.erase("tags");
    return properties;
  }

  ExportJson Tool() const {
    return {{"driver",
             {{"name", "safe-trace"}, {"semanticVersion", SAFE_TRACE_VERSION}, {"rules", rules_}}}};
  }

  ExportJson Invocation(const TraceCheck& check) const {
    ExportJson invocation;
    invocation["executionSuccessful"] = check.state == TraceState::kComplete;
    const std::vector<std::string>& arguments = header_.List("process.args");
    if (!arguments.empty()) {
      invocation["commandLine"] = SafeCommand(arguments);
      invocation["arguments"] = ExportTexts(arguments);
    }
    const auto add_time = [&invocation](const char* key, const TraceRecord& record) {
      if (NanosecondsOf(record).has_value()) invocation[key] = record.Text("@timestamp");
    };
    add_time("startTimeUtc", header_);
    add_time("endTimeUtc", summary_);
    SetNumber(invocation, "exitCode", summary_, "safe_trace.exit_status");
    if (const std::string uri = FileUri(directory_); !uri.empty()) {
      invocation["workingDirectory"] = {{"uri", uri}};
    }
    ExportJson notices = ExportJson::array();
    if (check.state != TraceState::kComplete) {
      notices.push_back(
          {{"message", Message("the trace: " + SafeText(DescribeCheck(check, false)))},
           {"level", check.state == TraceState::kUnfinished ? "warning" : "error"}});
    }
    if (dropped_ > 0) {
      notices.push_back({{"message", Message(Counted(static_cast<uint64_t>(dropped_), "event") +
                                             " not written for want of room; no violation")},
                         {"level", "warning"}});
    }
    if (!notices.empty()) invocation["toolExecutionNotifications"] = std::move(notices);
    return invocation;
  }

  static constexpr size_t kMaxDescription = 1'000;
  // As many as a run gives stacks (docs/trace-schema.md), and more frames than one has.
  static constexpr size_t kMaxAwaiting = 256;
  static constexpr size_t kMaxAwaitingBytes = 128 * 1024;
  static constexpr size_t kMaxFrames = 512;

  std::ostream& out_;
  bool started_ = false;
  bool has_results_ = false;
  TraceRecord header_;
  TraceRecord summary_;
  std::string directory_;
  int64_t dropped_ = 0;
  std::map<int64_t, std::string> awaiting_;  // results whose stack comes later, by its number
  std::vector<ExportJson> rules_;
  std::unordered_map<std::string, size_t> rule_index_;
};

}  // namespace

std::unique_ptr<TraceExporter> MakeSarifExporter(std::ostream& out) {
  return std::make_unique<SarifExporter>(out);
}

}  // namespace safe_trace
