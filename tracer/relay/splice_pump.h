// Moves what comes out of one socket into another: little at a time by a buffer, much without
// copying it through this process.
#ifndef SAFE_TRACE_TRACER_RELAY_SPLICE_PUMP_H_
#define SAFE_TRACE_TRACER_RELAY_SPLICE_PUMP_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "tracer/relay/pipe_pool.h"

namespace safe_trace {

enum class PumpState : uint8_t {
  kBlocked,  // one of the sockets must become ready first
  kMore,     // the turn's share is used up
  kDone,     // the source ended, and the sink knows
  kBroken,   // one of the sockets failed
};

// Relay's thread only. The sockets are non-blocking and outlive the pump.
class SplicePump {
 public:
  SplicePump(int source, int sink, PipePool& pipes) : source_(source), sink_(sink), pipes_(pipes) {}
  ~SplicePump();
  SplicePump(const SplicePump&) = delete;
  SplicePump& operator=(const SplicePump&) = delete;

  // Moves at most about `share` bytes. `until_empty`: the source may have ended behind what can be
  // read, of which no further event would tell.
  PumpState Turn(size_t share, bool until_empty);
  // What is read from now on is shown, and so goes through this process; with an empty one no more.
  using Viewer = std::function<void(std::span<const uint8_t>)>;
  void ShowTo(Viewer viewer) { viewer_ = std::move(viewer); }
  uint64_t moved() const { return moved_; }
  // Something was read that has not been written.
  bool HoldsData() const { return held_ > 0 || !rest_.empty(); }

 private:
  // Each moves something (kMore), or says why not.
  PumpState Write();
  PumpState ReadLittle(bool until_empty);
  PumpState ReadMuch();
  PumpState End();

  int source_, sink_;
  PipePool& pipes_;
  Pipe pipe_;
  size_t held_ = 0;            // bytes in the pipe
  std::vector<uint8_t> rest_;  // of what was read by the buffer
  bool much_ = false;          // the buffer was filled: there is more than a message
  bool ended_ = false, shut_ = false;
  uint64_t moved_ = 0;
  Viewer viewer_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_RELAY_SPLICE_PUMP_H_
