// What a run's summary tells a person beside its numbers.
#ifndef SAFE_TRACE_LAUNCHER_RUN_NOTES_H_
#define SAFE_TRACE_LAUNCHER_RUN_NOTES_H_

#include "launcher/startup_files.h"
#include "tracer/run_summary.h"
#include "tracer/supervisor/run_reporter.h"

namespace safe_trace {

// What the run leaves that later runs load by themselves: an event and a note for each file.
void NoteStartupFiles(const StartupFiles& files, RunReporter& reporter, RunSummary& summary);

// For each well-known package that was refused a download: what it wanted, and the words that grant
// it. `summary.packages` is filled in.
void NoteDownloads(RunSummary& summary);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_RUN_NOTES_H_
