// Any bytes as a trace: read, verified and rendered without a crash, and without a control
// character on the terminal.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "tools/trace/render_show.h"
#include "tools/trace/run_view.h"
#include "tracer/events/trace_log_reader.h"
#include "tracer/events/trace_verifier.h"
#include "tracer/events/utf8.h"

namespace safe_trace {
namespace {

UniqueFd FileOf(const uint8_t* data, size_t size) {
  UniqueFd fd(memfd_create("trace", MFD_CLOEXEC));
  if (!fd.valid() || write(fd.get(), data, size) != static_cast<ssize_t>(size)) abort();
  lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

void RequireSafe(const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const Utf8Char character = DecodeUtf8(text, at);
    if (character.length == 0) abort();
    if (character.code_point != '\n' && IsControl(character.code_point)) abort();
    at += character.length;
  }
}

}  // namespace
}  // namespace safe_trace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace safe_trace;
  UniqueFd file = FileOf(data, size);
  if (!ReadTraceEdges(file.get()).ok()) abort();
  TraceLogReader reader(std::move(file));
  const absl::StatusOr<RunView> view = LoadRun(reader);
  if (!view.ok()) abort();
  std::ostringstream out;
  RenderRun(*view, true, {60, false}, out);
  RenderSummary(*view, {}, out);
  TraceLogReader again(FileOf(data, size));
  const absl::Status read = ForEachRecord(
      again, [&out](std::string_view, const TraceRecord& record) { RenderEvent(record, {}, out); });
  if (!read.ok()) abort();
  RequireSafe(out.str());
  return 0;
}
