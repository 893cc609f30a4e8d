#include "tracer/stacks/stack_collector.h"

#include <cinttypes>
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "tracer/stacks/frame_lists.h"
#include "tracer/stacks/take_sample.h"
#include "tracer/tracee/ptrace_requests.h"

namespace safe_trace {
namespace {

std::string Hexadecimal(uint64_t number) {
  char text[24];
  snprintf(text, sizeof(text), "0x%" PRIx64, number);
  return text;
}

std::string LocationOf(const NativeFrame& frame) {
  if (frame.module.empty()) return Hexadecimal(frame.address);
  return frame.module + "+" + Hexadecimal(frame.offset);
}

}  // namespace

void StackCollector::Await(pid_t tid, const Process& process, TraceEvent event) {
  const absl::Status interrupted = Interrupt(tid);
  if (!interrupted.ok()) {
    event.Set("error.message", std::string(interrupted.message()));
    sink_.Record(std::move(event));
    return;
  }
  Forget(tid);  // one that never stopped, which cannot be
  awaited_[tid] = {std::move(event), process.context_table, process.maker};
}

void StackCollector::AtStop(pid_t tid) {
  auto entry = awaited_.extract(tid);
  if (!entry.empty()) Take(tid, std::move(entry.mapped()));
}

void StackCollector::Take(pid_t tid, Awaited awaited) {
  absl::StatusOr<Registers> registers = GetRegisters(tid);
  absl::StatusOr<StackSample> sample = registers.ok()
                                           ? TakeStackSample(memory_, tid, *registers)
                                           : absl::StatusOr<StackSample>(registers.status());
  if (!sample.ok()) {
    awaited.event.Set("error.message", std::string(sample.status().message()));
    sink_.Record(std::move(awaited.event));
    return;
  }
  absl::StatusOr<ThreadContext> python =
      ReadThreadContext(memory_, tid, awaited.context_table, tid);
  // A forked child that has run no Python of its own yet acts for the thread that forked it.
  if (!python.ok()) python = ReadThreadContext(memory_, tid, awaited.context_table, awaited.maker);
  auto taken = std::make_shared<Taken>(Taken{std::move(awaited.event), *std::move(sample),
                                             python.ok() ? *std::move(python) : ThreadContext()});
  background_([this, taken](const Stopping& stopping) { Finish(std::move(*taken), stopping); });
}

std::string StackCollector::PackageOf(const std::string& file) {
  const std::optional<Distribution> distribution = distributions_.Find(file);
  if (!distribution.has_value()) return {};
  if (distribution->version.empty()) return distribution->name;
  return distribution->name + " " + distribution->version;
}

void StackCollector::Finish(Taken taken, const Stopping& stopping) {
  FrameLists lists;
  for (const PythonFrame& frame : taken.python.frames) {
    lists.Add("python", frame.file + ":" + std::to_string(frame.line), frame.function,
              PackageOf(frame.file), "");
  }
  absl::StatusOr<std::vector<NativeFrame>> frames = helper_.Unwind(taken.sample, stopping);
  if (!frames.ok()) {
    taken.event.Set("error.message", std::string(frames.status().message()));
    NativeFrame innermost;
    innermost.address = taken.sample.registers[StackSample::kInstructionPointer];
    frames = std::vector<NativeFrame>{innermost};
  }
  for (const NativeFrame& frame : *frames) {
    lists.Add("native", LocationOf(frame), frame.symbol, PackageOf(frame.module), frame.build_id);
  }
  lists.SetOn(taken.event);
  if (!taken.python.event.empty()) {
    taken.event.Set("safe_trace.stack.python_event", taken.python.event);
  }
  sink_.Record(std::move(taken.event));
}

void StackCollector::Forget(pid_t tid) {
  auto entry = awaited_.extract(tid);
  if (entry.empty()) return;
  TraceEvent& event = entry.mapped().event;
  event.Set("error.message", std::string("the thread ended before its stack was taken"));
  sink_.Record(std::move(event));
}

}  // namespace safe_trace
