#include "tools/trace/trace_exporter.h"

#include <algorithm>
#include <array>

namespace safe_trace {
namespace {

struct Format {
  std::string_view name;
  std::unique_ptr<TraceExporter> (*make)(std::ostream& out);
};
constexpr std::array kFormats = {
    Format{"sarif", MakeSarifExporter}, Format{"ocsf", MakeOcsfExporter},
    Format{"falco", MakeFalcoExporter}, Format{"chrome-trace", MakeChromeTraceExporter},
    Format{"csv", MakeCsvExporter}};

}  // namespace

std::unique_ptr<TraceExporter> MakeExporter(std::string_view format, std::ostream& out) {
  for (const Format& row : kFormats) {
    if (row.name == format) return row.make(out);
  }
  return nullptr;
}

bool IsExportFormat(std::string_view format) {
  return std::any_of(kFormats.begin(), kFormats.end(),
                     [format](const Format& row) { return row.name == format; });
}

std::string ExportFormatNames() {
  std::string names;
  for (const Format& row : kFormats) names.append(names.empty() ? "" : ", ").append(row.name);
  return names;
}

}  // namespace safe_trace
