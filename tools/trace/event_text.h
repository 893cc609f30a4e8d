// Events of a trace in words. Everything returned is safe for a terminal.
#ifndef SAFE_TRACE_TOOLS_TRACE_EVENT_TEXT_H_
#define SAFE_TRACE_TOOLS_TRACE_EVENT_TEXT_H_

#include <cstdint>
#include <string>

#include "tracer/events/trace_record.h"

namespace safe_trace {

// "package evil@1.0 (pip)", "manager (pip)", "" where the event has no process.
std::string SubjectText(const TraceRecord& record);
// "open /home/u/.ssh/id_rsa", "connect to example.org:443".
std::string DoingText(const TraceRecord& record);
// "hidden (credential.ssh: SSH keys)", "" where nothing was decided.
std::string VerdictText(const TraceRecord& record);
// "example.org:443 (192.0.2.1)", a socket's path, a name that was asked for.
std::string DestinationText(const TraceRecord& record);
// "thief.example", "thief.example:443": the host that was said on a connection; "" for none.
std::string ClaimedHostText(const TraceRecord& record);

bool IsRefused(const TraceRecord& record);
bool IsViolation(const TraceRecord& record);

// "2026-11-22 10:15:00 UTC" and "10:15:00.123"; "?" where there is no valid time.
std::string DateText(const TraceRecord& record);
std::string ClockText(const TraceRecord& record);

// "1 violation", "3 violations".
std::string Counted(uint64_t count, const std::string& noun);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_EVENT_TEXT_H_
