#include "tools/trace/follow.h"

#include <signal.h>

#include <chrono>
#include <thread>

#include "tools/trace/event_text.h"
#include "tools/trace/growing_trace.h"
#include "tools/trace/json_output.h"
#include "tools/trace/render_show.h"
#include "tools/trace/run_view.h"
#include "tools/trace/wholeness.h"
#include "tracer/events/trace_log_reader.h"

namespace safe_trace {
namespace {

enum : int { kEnded = 0, kWriterGoneOrDamaged = 1, kCouldNotRead = 2, kStopped = 130 };

// The writer flushes every 100 ms, and at once at a violation.
constexpr std::chrono::milliseconds kPollInterval(50);

volatile std::sig_atomic_t stop_asked = 0;

// What was seen of the trace; prints each line as it comes.
class Follower {
 public:
  Follower(bool json, const Terminal& terminal, std::ostream& out)
      : json_(json), terminal_(terminal), out_(out) {}

  void Take(const TraceLine& line) {
    const absl::StatusOr<TraceRecord> record = ParseTraceLine(line.text);
    verifier_.Feed(line, record.ok() ? &*record : nullptr);
    if (!record.ok()) {
      ++strange_;
      return;
    }
    ++records_;
    const std::string_view action = record->Text("event.action");
    if (json_) {
      out_ << JsonLineForOutput(line.text) << "\n";
    } else if (action == "run-start") {
      view_.header = *record;
      out_ << "run " << SafeText(record->Text("safe_trace.run_id")) << "  " << DateText(*record)
           << "  " << SafeCommand(record->List("process.args")) << "\n";
    } else if (action != "run-end") {
      RenderEvent(*record, terminal_, out_);
    }
    if (action != "run-end") return;
    view_.summary = *record;
    if (!json_) RenderSummary(view_, terminal_, out_);
  }

  bool has_ended() const { return view_.summary.has_value(); }
  uint64_t records() const { return records_; }
  uint64_t strange() const { return strange_; }
  // To be asked once, at the end.
  TraceCheck Check() { return verifier_.Finish(); }

 private:
  const bool json_;
  const Terminal& terminal_;
  std::ostream& out_;
  TraceVerifier verifier_;
  RunView view_;
  uint64_t records_ = 0;
  uint64_t strange_ = 0;
};

// Of what was changed or is missing; that the end is missing is nothing new to who follows.
bool SayDamage(const std::string& path, Follower& follower, std::ostream& err) {
  const TraceCheck check = follower.Check();
  const bool is_damaged =
      check.state == TraceState::kChanged || check.state == TraceState::kMissing;
  if (is_damaged) SayWhetherWhole(path, check, true, err);
  return is_damaged;
}

int SayEnd(const std::string& path, Follower& follower, std::ostream& err) {
  if (follower.strange() > 0) {
    err << "safe-trace trace: " << Counted(follower.strange(), "line") << " not of a trace\n";
  }
  if (follower.records() == 0) {
    err << "safe-trace trace: not a trace\n";
  } else if (!follower.has_ended()) {
    err << "safe-trace trace: the trace ends here without a summary: its run was killed\n";
  }
  const bool is_damaged = SayDamage(path, follower, err);
  return follower.has_ended() && !is_damaged ? kEnded : kWriterGoneOrDamaged;
}

}  // namespace

int FollowTrace(const std::string& path, bool json, const Terminal& terminal,
                const volatile std::sig_atomic_t& stop, std::ostream& out, std::ostream& err) {
  absl::StatusOr<UniqueFd> fd = OpenTrace(path);
  absl::Status status = fd.status();
  if (status.ok()) {
    GrowingTrace trace(*std::move(fd));
    Follower follower(json, terminal, out);
    while (status.ok()) {
      // Asked before reading: what a writer wrote before it went is still read.
      const bool is_written = trace.IsBeingWritten();
      const absl::StatusOr<bool> more =
          trace.ReadMore([&](const TraceLine& line) { follower.Take(line); });
      out.flush();
      status = more.status();
      if (!status.ok() || stop != 0 || !out.good()) break;
      if (follower.has_ended() || (!is_written && !*more)) return SayEnd(path, follower, err);
      if (!*more) std::this_thread::sleep_for(kPollInterval);
    }
    if (status.ok()) {
      SayDamage(path, follower, err);
      return kStopped;
    }
  }
  err << "safe-trace trace: " << SafeText(std::string(status.message())) << "\n";
  return kCouldNotRead;
}

const volatile std::sig_atomic_t& StopFlagOfSignals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_asked = 1; };
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
  return stop_asked;
}

}  // namespace safe_trace
