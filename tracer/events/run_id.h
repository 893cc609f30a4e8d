// The name of a run and the place of its trace.
#ifndef SAFE_TRACE_TRACER_EVENTS_RUN_ID_H_
#define SAFE_TRACE_TRACER_EVENTS_RUN_ID_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace safe_trace {

// "20261122T101500Z-1a2b3c4d": the UTC second and four random bytes; sorts by time.
std::string NewRunId(int64_t wall_clock_ns, const std::array<uint8_t, 4>& random);
// The same from the real-time clock and getrandom(2).
absl::StatusOr<std::string> NewRunId();

// Only this form may become part of a path.
bool IsRunId(std::string_view text);

// $XDG_STATE_HOME/safe-trace/traces, else $HOME/.local/state/safe-trace/traces. A relative value is
// ignored, as the XDG specification asks. Where neither is set, the account's home stands for HOME;
// FailedPrecondition where it has none.
absl::StatusOr<std::string> DefaultTraceDirectory(
    const std::map<std::string, std::string>& environment);
// The same; `home_of_account` gives "" or an absolute path, and is asked only where it is needed.
absl::StatusOr<std::string> DefaultTraceDirectory(
    const std::map<std::string, std::string>& environment,
    const std::function<std::string()>& home_of_account);
std::string TracePathIn(std::string_view directory, std::string_view run_id);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_EVENTS_RUN_ID_H_
