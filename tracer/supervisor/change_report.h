// What a run left behind on disk, in the trace: each file or group of files with its hash and who
// asked for it last.
#ifndef SAFE_TRACE_TRACER_SUPERVISOR_CHANGE_REPORT_H_
#define SAFE_TRACE_TRACER_SUPERVISOR_CHANGE_REPORT_H_

#include <chrono>
#include <string>
#include <vector>

#include "tracer/changes/change_book.h"
#include "tracer/events/trace_event.h"
#include "tracer/run_summary.h"

namespace safe_trace {

struct ChangeReportOptions {
  bool each_file = false;                // --log-level full: no groups
  std::vector<std::string> search_path;  // PATH: what is new there can be started by its name
  // Directories of many programs, as for GroupChanges.
  std::vector<std::string> shared_directories;
  // Hashing goes on for so long; what is left then has no hash.
  std::chrono::milliseconds patience{3000};
};

// To be called when nothing of the run is left. Fills in summary.changes and notes the programs
// that are new on the search path.
void ReportChanges(const ChangeBook& book, const ChangeReportOptions& options, TraceSink& sink,
                   RunSummary& summary);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_SUPERVISOR_CHANGE_REPORT_H_
