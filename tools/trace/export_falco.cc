// Falco's JSON output, one object a line, for what pipelines around Falco (falcosidekick and its
// kin) take: violations, and files that were left to take part in later starts.
#include "policy/lexical_path.h"
#include "tools/trace/event_text.h"
#include "tools/trace/export_text.h"
#include "tools/trace/trace_exporter.h"

namespace safe_trace {
namespace {

// What was refused did no harm; what was only recorded may have.
const char* PriorityOf(const TraceRecord& record) {
  if (!IsViolation(record)) return "Warning";
  return IsRefused(record) ? "Error" : "Critical";
}

// Names of Falco's own fields where it has one.
ExportJson OutputFields(const TraceRecord& record) {
  ExportJson fields = ExportJson::object();
  fields["evt.time"] = NanosecondsOf(record).value_or(0);
  SetNumber(fields, "evt.num", record, "event.sequence");
  SetText(fields, "evt.type", record, "safe_trace.syscall");
  SetNumber(fields, "proc.pid", record, "process.pid");
  SetText(fields, "proc.exepath", record, "process.executable");
  const std::string_view program = record.Text("process.executable");
  if (!program.empty()) fields["proc.name"] = ExportText(BaseName(program));
  const std::string path(record.Text("file.path"));
  const std::string host = path.empty() ? DestinationText(record) : "";
  if (!path.empty() || !host.empty()) fields["fd.name"] = path.empty() ? host : ExportText(path);
  SetText(fields, "fd.sip", record, "destination.ip");
  SetNumber(fields, "fd.sport", record, "destination.port");
  const std::vector<std::string>& names = record.List("destination.domain");
  if (!names.empty()) fields["fd.sip.name"] = ExportText(names.front());
  for (const char* key : {"safe_trace.run_id", "safe_trace.role", "safe_trace.ecosystem",
                          "package.name", "package.version", "safe_trace.decision",
                          "safe_trace.reason", "event.action", "dns.question.name"}) {
    SetText(fields, key, record, key);
  }
  SetNumber(fields, "safe_trace.repeated", record, "safe_trace.repeated");
  return fields;
}

class FalcoExporter : public TraceExporter {
 public:
  explicit FalcoExporter(std::ostream& out) : out_(out) {}

  void Add(const TraceRecord& record) override {
    if (host_.empty()) host_ = ExportText(record.Text("host.name"));
    if (!IsFinding(record)) return;
    const std::string priority = PriorityOf(record);
    ExportJson tags = ExportJson::array({"safe-trace"});
    for (const char* key : {"event.category", "safe_trace.ecosystem", "safe_trace.decision"}) {
      if (const auto text = record.Text(key); !text.empty()) tags.push_back(ExportText(text));
    }
    ExportJson alert;
    alert["hostname"] = host_.empty() ? "unknown" : host_;
    alert["output"] = ClockText(record) + ": " + priority + " " + SentenceText(record);
    alert["output_fields"] = OutputFields(record);
    alert["priority"] = priority;
    alert["rule"] = FindingRule(record);
    alert["source"] = "safe_trace";
    alert["tags"] = std::move(tags);
    // Zero for a time that cannot be read: the field must hold one.
    alert["time"] = NanosecondsOf(record).has_value() ? std::string(record.Text("@timestamp"))
                                                      : "1970-01-01T00:00:00.000000000Z";
    out_ << OneLine(alert) << "\n";
  }
  void Finish(const TraceCheck&) override {}

 private:
  std::ostream& out_;
  std::string host_;
};

}  // namespace

std::unique_ptr<TraceExporter> MakeFalcoExporter(std::ostream& out) {
  return std::make_unique<FalcoExporter>(out);
}

}  // namespace safe_trace
