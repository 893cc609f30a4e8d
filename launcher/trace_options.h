// What options and configuration say about the trace: where it goes, and with what it is signed.
#ifndef SAFE_TRACE_LAUNCHER_TRACE_OPTIONS_H_
#define SAFE_TRACE_LAUNCHER_TRACE_OPTIONS_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "launcher/launch_options.h"
#include "policy/config.h"
#include "policy/host_facts.h"
#include "tracer/events/signing_key.h"
#include "tracer/events/trace_log_writer.h"

namespace safe_trace {

// Closes what the trace is made of to all that is supervised: the file of -o may not be written, as
// the directory of traces may not, and the signing key and the sockets of sinks are hidden.
void GuardTraceFiles(const std::string& working_directory,
                     const std::optional<std::string>& output_file, Config& config);

struct TracePlace {
  std::string path;  // "-": standard output
  std::string name;  // what `trace show` takes for this run; "" where there is no file
  bool compress = false;
};

// The file of -o, whose directory must be there, or the run's own in the directory of traces. A
// name in .zst is compressed; another one is not, and asking for both is an error.
absl::StatusOr<TracePlace> PlaceOfTrace(const LaunchOptions& options, const HostFacts& facts,
                                        const Config& config, const std::string& run_id);

absl::StatusOr<std::unique_ptr<TraceLogWriter>> OpenTraceWriter(const TracePlace& place,
                                                                TraceLogOptions options);

// Null where `path` is absent. The file must be the user's or root's, and nobody else may read it:
// a key that others have proves nothing.
absl::StatusOr<std::shared_ptr<const SigningKey>> LoadSigningKey(
    const std::optional<std::string>& path, uid_t user);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_TRACE_OPTIONS_H_
