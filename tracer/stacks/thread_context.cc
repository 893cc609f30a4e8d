#include "tracer/stacks/thread_context.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>

#include "preload/shim_protocol.h"

namespace safe_trace {
namespace {

std::string Text(const char* from, size_t length, size_t room) {
  return std::string(from, std::min(length, room));
}

}  // namespace

absl::StatusOr<ThreadContext> ReadThreadContext(const TraceeMemory& memory, pid_t tid,
                                                uint64_t table, pid_t thread) {
  if (table == 0) return absl::NotFoundError("the process has no table of contexts");
  const uint64_t place = static_cast<uint32_t>(thread) % ST_CONTEXT_SLOTS;
  auto raw = std::make_unique<st_context>();
  absl::Status read = memory.ReadValue(
      tid, table + offsetof(st_context_table, contexts) + place * sizeof(st_context), *raw);
  if (!read.ok()) return read;
  if (raw->thread != static_cast<uint32_t>(thread)) {
    return absl::NotFoundError("the thread left no context");
  }
  if ((raw->sequence & 1u) != 0) return absl::UnavailableError("the context is being written");
  ThreadContext context;
  context.event = Text(raw->event, strnlen(raw->event, sizeof(raw->event)), sizeof(raw->event));
  context.argument = Text(raw->argument, raw->argument_length, sizeof(raw->argument));
  context.generation = raw->generation;
  context.cut = (raw->flags & ST_CONTEXT_CUT) != 0;
  const uint32_t count = std::min<uint32_t>(raw->frame_count, ST_CONTEXT_FRAMES);
  for (uint32_t i = 0; i < count; ++i) {
    const st_context_frame& frame = raw->frames[i];
    context.frames.push_back({Text(frame.file, frame.file_length, sizeof(frame.file)), frame.line,
                              Text(frame.function, frame.function_length, sizeof(frame.function))});
  }
  return context;
}

std::optional<bool> ReadImporting(const TraceeMemory& memory, pid_t tid, uint64_t table,
                                  pid_t thread) {
  if (table == 0) return std::nullopt;
  std::array<st_thread_state, ST_THREAD_PROBES> states{};
  const uint64_t first = static_cast<uint32_t>(thread) % ST_THREAD_STATES;
  if (!memory.ReadValue(tid, table + first * sizeof(st_thread_state), states).ok()) {
    return std::nullopt;
  }
  for (const st_thread_state& state : states) {
    if (state.thread == static_cast<uint32_t>(thread)) return state.importing != 0;
  }
  return std::nullopt;
}

}  // namespace safe_trace
