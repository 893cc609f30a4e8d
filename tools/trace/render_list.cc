#include "tools/trace/render_list.h"

#include <algorithm>

#include "tools/trace/json_output.h"

namespace safe_trace {
namespace {

constexpr size_t kMaxIdColumns = 40;
constexpr size_t kMinCommandColumns = 12;

std::string NumberText(const std::optional<int64_t>& number) {
  return number.has_value() ? std::to_string(*number) : "-";
}

std::string NumberJson(const std::optional<int64_t>& number) {
  return number.has_value() ? std::to_string(*number) : "null";
}

Tint TintOf(const std::string& verdict) {
  if (verdict == "clean") return Tint::kGreen;
  if (verdict == "violations" || verdict == "damaged") return Tint::kRed;
  return Tint::kYellow;
}

}  // namespace

void RenderList(const std::vector<RunEntry>& runs, const Terminal& terminal, std::ostream& out) {
  size_t id_columns = 3;
  for (const RunEntry& run : runs) {
    id_columns = std::max(id_columns, std::min(DisplayWidth(SafeText(run.id)), kMaxIdColumns));
  }
  // Run, when, exit, violations, verdict and the gaps between them.
  const size_t fixed = id_columns + 2 + 23 + 2 + 4 + 2 + 10 + 2 + 11 + 2;
  const size_t room = terminal.columns > fixed + kMinCommandColumns ? terminal.columns - fixed
                      : terminal.columns == 0                       ? 0
                                                                    : kMinCommandColumns;
  out << Tinted(terminal, Tint::kBold,
                Pad("RUN", id_columns) + "  " + Pad("WHEN", 23) + "  EXIT  VIOLATIONS  " +
                    Pad("VERDICT", 11) + "  COMMAND")
      << "\n";
  for (const RunEntry& run : runs) {
    out << Pad(SafeText(run.id), id_columns) << "  " << Pad(run.when, 23) << "  "
        << Pad(NumberText(run.exit_status), 4) << "  " << Pad(NumberText(run.violations), 10)
        << "  " << Tinted(terminal, TintOf(run.verdict), Pad(run.verdict, 11)) << "  "
        << Clip(SafeCommand(run.command), room) << "\n";
  }
}

void RenderListJson(const std::vector<RunEntry>& runs, std::ostream& out) {
  for (const RunEntry& run : runs) {
    out << "{\"run_id\":" << JsonText(run.id) << ",\"path\":" << JsonText(run.path)
        << ",\"started\":" << (run.when == "?" ? "null" : JsonText(run.when)) << ",\"command\":[";
    for (size_t i = 0; i < run.command.size(); ++i) {
      out << (i > 0 ? "," : "") << JsonText(run.command[i]);
    }
    out << "],\"exit_status\":" << NumberJson(run.exit_status)
        << ",\"violations\":" << NumberJson(run.violations)
        << ",\"verdict\":" << JsonText(run.verdict) << "}\n";
  }
}

}  // namespace safe_trace
