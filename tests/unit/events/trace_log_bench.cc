// What an event costs its caller, and how many a writer's thread can take.
#include <benchmark/benchmark.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracer/events/trace_log_writer.h"

namespace safe_trace {
namespace {

class CountingSink : public LineSink {
 public:
  absl::Status Append(std::string_view lines) override {
    benchmark::DoNotOptimize(lines.data());
    return absl::OkStatus();
  }
  absl::Status Sync() override { return absl::OkStatus(); }
};

TraceEvent TypicalEvent() {
  TraceEvent event;
  event.action = "file-open";
  event.category = "file";
  event.outcome = "success";
  event.fields.reserve(12);
  event.Set("process.entity_id", std::string("123456-789"))
      .Set("process.pid", int64_t{123456})
      .Set("process.executable", std::string("/usr/bin/python3.11"))
      .Set("safe_trace.role", std::string("package"))
      .Set("safe_trace.ecosystem", std::string("pip"))
      .Set("package.name", std::string("charset-normalizer"))
      .Set("package.version", std::string("3.4.0"))
      .Set("safe_trace.decision", std::string("allow"))
      .Set("safe_trace.mechanism", std::string("seccomp-notify"))
      .Set("safe_trace.syscall", std::string("openat"))
      .Set("rule.id", std::string("package.read"))
      .Set("file.path", std::string("/usr/lib/python3.11/site-packages/pip/_vendor/x.py"));
  return event;
}

void BM_BuildEvent(benchmark::State& state) {
  for (auto _ : state) {
    TraceEvent event = TypicalEvent();
    benchmark::DoNotOptimize(event);
  }
}
BENCHMARK(BM_BuildEvent);

void BM_FormatAndHashLine(benchmark::State& state) {
  LineFormatter formatter("20261122T101500Z-0badcafe");
  HashChain chain("20261122T101500Z-0badcafe");
  const TraceEvent event = TypicalEvent();
  std::string line;
  int64_t sequence = 0;
  for (auto _ : state) {
    line.clear();
    formatter.Append(event, ++sequence, chain.head(), line);
    chain.Advance(line);
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(line.size()));
}
BENCHMARK(BM_FormatAndHashLine);

// Events are built outside the measured time. At the rates of a real run the queue never fills.
void BM_Record(benchmark::State& state) {
  TraceLogOptions options;
  options.run_id = "20261122T101500Z-0badcafe";
  auto writer = TraceLogWriter::OpenOn(std::make_unique<CountingSink>(), std::move(options));
  std::vector<TraceEvent> events;
  for (auto _ : state) {
    state.PauseTiming();
    events.assign(1000, TypicalEvent());
    state.ResumeTiming();
    for (TraceEvent& event : events) (*writer)->Record(std::move(event));
  }
  state.SetItemsProcessed(state.iterations() * 1000);
  state.counters["dropped"] = static_cast<double>((*writer)->dropped_events());
}
BENCHMARK(BM_Record);

// From the first Record to the end of Close, into a real file.
void BM_WholeTrace(benchmark::State& state) {
  constexpr int kEvents = 60'000;
  char path[] = "/tmp/safe-trace-bench-XXXXXX";
  if (mkdtemp(path) == nullptr) return state.SkipWithError("mkdtemp");
  const std::string file = std::string(path) + "/t";
  double dropped = 0;
  for (auto _ : state) {
    TraceLogOptions options;
    options.path = file;
    options.run_id = "20261122T101500Z-0badcafe";
    auto writer = TraceLogWriter::Open(std::move(options));
    for (int i = 0; i < kEvents; ++i) (*writer)->Record(TypicalEvent());
    if (!(*writer)->Close({}).ok()) return state.SkipWithError("close");
    dropped += static_cast<double>((*writer)->dropped_events());
    unlink(file.c_str());
  }
  rmdir(path);
  state.SetItemsProcessed(state.iterations() * kEvents);
  state.counters["dropped"] = dropped;
}
BENCHMARK(BM_WholeTrace)->UseRealTime()->Unit(benchmark::kMillisecond);

// A trace of a million events, as fast as they can be written; argument 1: compressed. None is
// dropped: the queue is written out before it is full.
void BM_MillionEvents(benchmark::State& state) {
  constexpr int kEvents = 1'000'000;
  constexpr int kInQueue = 10'000;
  char path[] = "/tmp/safe-trace-bench-XXXXXX";
  if (mkdtemp(path) == nullptr) return state.SkipWithError("mkdtemp");
  const std::string file = std::string(path) + "/t";
  struct stat status {};
  for (auto _ : state) {
    TraceLogOptions options;
    options.path = file;
    options.run_id = "20261122T101500Z-0badcafe";
    options.compress = state.range(0) != 0;
    auto writer = TraceLogWriter::Open(std::move(options));
    for (int i = 0; i < kEvents; ++i) {
      (*writer)->Record(TypicalEvent());
      if (i % kInQueue == 0) (*writer)->Flush();
    }
    if (!(*writer)->Close({}).ok()) return state.SkipWithError("close");
    if ((*writer)->dropped_events() > 0) return state.SkipWithError("events were dropped");
    stat(file.c_str(), &status);
    unlink(file.c_str());
  }
  rmdir(path);
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  state.SetItemsProcessed(state.iterations() * kEvents);
  state.counters["peak_mib"] = static_cast<double>(usage.ru_maxrss) / 1024;
  state.counters["file_mib"] = static_cast<double>(status.st_size) / (1 << 20);
}
BENCHMARK(BM_MillionEvents)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace safe_trace

BENCHMARK_MAIN();
