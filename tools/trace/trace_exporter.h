// A run in the form of another tool, written while its trace is read.
#ifndef SAFE_TRACE_TOOLS_TRACE_TRACE_EXPORTER_H_
#define SAFE_TRACE_TOOLS_TRACE_TRACE_EXPORTER_H_

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "tracer/events/trace_record.h"
#include "tracer/events/trace_verifier.h"

namespace safe_trace {

// What it keeps does not grow with the trace. Whatever the records hold, what it writes is valid in
// its format.
class TraceExporter {
 public:
  virtual ~TraceExporter() = default;
  // In the order of the trace; nothing is written before the first.
  virtual void Add(const TraceRecord& record) = 0;
  // Once, after at least one record.
  virtual void Finish(const TraceCheck& check) = 0;
};

// Null where there is no such format.
std::unique_ptr<TraceExporter> MakeExporter(std::string_view format, std::ostream& out);
bool IsExportFormat(std::string_view format);
// "sarif, ocsf, ..."
std::string ExportFormatNames();

std::unique_ptr<TraceExporter> MakeSarifExporter(std::ostream& out);
std::unique_ptr<TraceExporter> MakeOcsfExporter(std::ostream& out);
std::unique_ptr<TraceExporter> MakeFalcoExporter(std::ostream& out);
std::unique_ptr<TraceExporter> MakeChromeTraceExporter(std::ostream& out);
std::unique_ptr<TraceExporter> MakeCsvExporter(std::ostream& out);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_TRACE_EXPORTER_H_
