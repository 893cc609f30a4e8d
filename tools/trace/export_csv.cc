// RFC 4180: a header, then a row for each event. A cell that a spreadsheet would take for a formula
// begins with an apostrophe.
#include <array>

#include "tools/trace/display_text.h"
#include "tools/trace/event_text.h"
#include "tools/trace/export_text.h"
#include "tools/trace/trace_exporter.h"

namespace safe_trace {
namespace {

// Columns are only ever added, at the end. The header must not look like a formula either.
constexpr std::array<std::string_view, 42> kColumns = {"@timestamp",
                                                       "event.sequence",
                                                       "event.kind",
                                                       "event.category",
                                                       "event.type",
                                                       "event.action",
                                                       "event.outcome",
                                                       "safe_trace.run_id",
                                                       "process.entity_id",
                                                       "process.parent.entity_id",
                                                       "process.pid",
                                                       "process.executable",
                                                       "process.args",
                                                       "process.working_directory",
                                                       "process.exit_code",
                                                       "process.hash.sha256",
                                                       "safe_trace.role",
                                                       "safe_trace.ecosystem",
                                                       "package.name",
                                                       "package.version",
                                                       "safe_trace.decision",
                                                       "rule.id",
                                                       "safe_trace.reason",
                                                       "safe_trace.syscall",
                                                       "safe_trace.mechanism",
                                                       "safe_trace.repeated",
                                                       "file.path",
                                                       "destination.ip",
                                                       "destination.port",
                                                       "destination.domain",
                                                       "network.transport",
                                                       "source.bytes",
                                                       "destination.bytes",
                                                       "event.duration",
                                                       "url.domain",
                                                       "tls.client.server_name",
                                                       "dns.question.name",
                                                       "dns.question.type",
                                                       "safe_trace.variable",
                                                       "safe_trace.signal",
                                                       "error.message",
                                                       "safe_trace.schema_version"};

// = + - @ begin formulas, in their full-width forms, too; spaces before them are no hindrance.
bool LooksLikeFormula(std::string_view text) {
  const size_t start = text.find_first_not_of(' ');
  if (start == std::string_view::npos) return false;
  constexpr std::array<std::string_view, 8> kStarts = {
      "=", "+", "-", "@", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};
  const std::string_view rest = text.substr(start);
  for (const std::string_view formula : kStarts) {
    if (rest.substr(0, formula.size()) == formula) return true;
  }
  return false;
}

// Always in quotes: where a comma does not separate, a ';' in a cell could begin another one.
void AppendTextCell(std::string_view text, std::string& row) {
  row.push_back('"');
  const std::string safe = SafeText(text);
  if (LooksLikeFormula(safe)) row.push_back('\'');
  for (const char byte : safe) {
    if (byte == '"') row.push_back('"');
    row.push_back(byte);
  }
  row.push_back('"');
}

void AppendCell(const FieldValue& value, bool is_command, std::string& row) {
  if (const auto* number = std::get_if<int64_t>(&value)) {
    row.append(std::to_string(*number));
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    row.append(*flag ? "true" : "false");
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    AppendTextCell(*text, row);
  } else {
    const auto& list = std::get<std::vector<std::string>>(value);
    std::string joined;
    for (const std::string& item : list) joined.append(joined.empty() ? "" : " ").append(item);
    AppendTextCell(is_command ? SafeCommand(list) : joined, row);
  }
}

class CsvExporter : public TraceExporter {
 public:
  explicit CsvExporter(std::ostream& out) : out_(out) {}

  void Add(const TraceRecord& record) override {
    row_.clear();
    if (!started_) AppendHeader();
    started_ = true;
    for (const std::string_view column : kColumns) {
      if (column != kColumns.front()) row_.push_back(',');
      if (const FieldValue* value = record.Find(column)) {
        AppendCell(*value, column == "process.args", row_);
      }
    }
    row_.append("\r\n");
    out_ << row_;
  }
  void Finish(const TraceCheck&) override {}

 private:
  void AppendHeader() {
    for (const std::string_view column : kColumns) {
      if (column != kColumns.front()) row_.push_back(',');
      row_.append(column == "@timestamp" ? "timestamp" : column);
    }
    row_.append("\r\n");
  }

  std::ostream& out_;
  std::string row_;
  bool started_ = false;
};

}  // namespace

std::unique_ptr<TraceExporter> MakeCsvExporter(std::ostream& out) {
  return std::make_unique<CsvExporter>(out);
}

}  // namespace safe_trace
