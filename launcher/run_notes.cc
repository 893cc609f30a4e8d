#include "launcher/run_notes.h"

#include <string>
#include <utility>

#include "launcher/concat.h"
#include "policy/downloader_table.h"
#include "tracer/events/trace_event.h"

namespace safe_trace {

void NoteStartupFiles(const StartupFiles& files, RunReporter& reporter, RunSummary& summary) {
  for (const StartupFile& file : files.Changed()) {
    TraceEvent event;
    event.action = "startup-file";
    event.category = "file";
    event.outcome = "success";
    event.Set("file.path", file.path);
    if (!file.package.empty()) event.Set("package.name", file.package);
    reporter.Record(std::move(event));
    summary.notes.push_back(Concat(
        file.path, " takes part in every later start; ",
        file.package.empty() ? "it is new or changed" : Concat("it came with ", file.package)));
  }
}

void NoteDownloads(RunSummary& summary) {
  for (const PackageSummary& package : summary.packages) {
    const Downloader* known =
        package.violations == 0 ? nullptr : FindDownloader(package.ecosystem, package.name);
    if (known == nullptr) continue;
    std::string note = Concat(known->package, " ", known->wants, "; to allow it:");
    for (const std::string& host : known->hosts) {
      note += Concat(" --grant ", known->package, "=", host);
    }
    summary.notes.push_back(std::move(note));
  }
}

}  // namespace safe_trace
