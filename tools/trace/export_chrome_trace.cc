// The Trace Event Format, which Perfetto and chrome://tracing open. A "process" of it is a subject
// (role and package), a "thread" one process of the run, a slice one program that it ran.
#include <deque>
#include <optional>
#include <unordered_map>

#include "policy/lexical_path.h"
#include "tools/trace/display_text.h"
#include "tools/trace/event_text.h"
#include "tools/trace/export_text.h"
#include "tools/trace/trace_exporter.h"

namespace safe_trace {
namespace {

// Beyond these, events are still written, but on a track of their own.
constexpr size_t kMaxSubjects = 10'000;
constexpr size_t kMaxRunning = 50'000;
constexpr size_t kMaxEarlyEnds = 1'000;
constexpr size_t kMaxIdBytes = 256;
constexpr size_t kMaxNameColumns = 300;

struct Track {
  size_t pid = 0;
  int64_t tid = 0;
};

struct Running {
  Track track;
  std::string name;
  int64_t start = 0;
};

// Nanoseconds to the format's microseconds, without a detour over floating point.
std::string Microseconds(int64_t nanoseconds) {
  const bool is_negative = nanoseconds < 0;
  const uint64_t size =
      is_negative ? 0 - static_cast<uint64_t>(nanoseconds) : static_cast<uint64_t>(nanoseconds);
  std::string fraction = std::to_string(size % 1'000);
  fraction.insert(0, 3 - fraction.size(), '0');
  return (is_negative ? "-" : "") + std::to_string(size / 1'000) + "." + fraction;
}

class ChromeTraceExporter : public TraceExporter {
 public:
  explicit ChromeTraceExporter(std::ostream& out) : out_(out) {}

  void Add(const TraceRecord& record) override {
    const std::optional<int64_t> time = NanosecondsOf(record);
    if (!began_) Begin(record, time.value_or(0));
    const int64_t now = time.value_or(last_);
    last_ = std::max(last_, now);
    const std::string id(record.Text("process.entity_id").substr(0, kMaxIdBytes));
    const std::string_view action = record.Text("event.action");
    if (action == "process-exec" && !IsRefused(record) && !id.empty()) return Exec(record, id, now);
    if (action == "process-exit" && !id.empty()) return Exit(record, id, now);
    if (action == "network-flow") return Flow(record, id, now);
    Instant(record, id, now);
  }

  void Finish(const TraceCheck& check) override {
    for (const auto& [id, running] : running_) Slice(running, last_, {{"ended", false}});
    out_ << "\n],\"displayTimeUnit\":\"ms\",\"otherData\":"
         << OneLine({{"tool", "safe-trace " SAFE_TRACE_VERSION},
                     {"run", ExportText(check.run_id)},
                     {"trace", SafeText(DescribeCheck(check, false))},
                     {"started", ExportText(started_)}})
         << "}\n";
  }

 private:
  void Begin(const TraceRecord& record, int64_t time) {
    began_ = true;
    zero_ = last_ = time;
    started_ = std::string(record.Text("@timestamp"));
    out_ << "{\"traceEvents\":[";
  }

  // `head` holds what the phase needs; times are added here as numbers of their own.
  void Write(ExportJson event, std::optional<int64_t> time, std::optional<int64_t> duration) {
    std::string line = OneLine(event);
    line.pop_back();
    if (time.has_value()) line += ",\"ts\":" + Microseconds(*time - zero_);
    if (duration.has_value()) line += ",\"dur\":" + Microseconds(std::max<int64_t>(*duration, 0));
    out_ << (has_events_ ? ",\n" : "\n") << line << "}";
    has_events_ = true;
  }

  void Name(const char* what, const Track& track, const std::string& name) {
    Write({{"ph", "M"},
           {"name", what},
           {"pid", track.pid},
           {"tid", track.tid},
           {"args", {{"name", name}}}},
          std::nullopt, std::nullopt);
  }

  // 0 is safe-trace itself, 1 what is over the bound.
  size_t PidOf(const std::string& subject) {
    if (named_.empty()) {
      Name("process_name", {0, 0}, "safe-trace");
      named_.emplace("", 0);
    }
    const auto found = named_.find(subject);
    if (found != named_.end()) return found->second;
    if (named_.size() >= kMaxSubjects) {
      if (!has_others_) Name("process_name", {1, 0}, "(further subjects)");
      has_others_ = true;
      return 1;
    }
    const size_t pid = named_.size() + 1;
    named_.emplace(subject, pid);
    Name("process_name", {pid, 0}, subject);
    return pid;
  }

  // Of the process that is running as `id`; its own pid where the table does not know it.
  Track TrackOf(const TraceRecord& record, const std::string& id) {
    const auto found = running_.find(id);
    if (found != running_.end()) return found->second.track;
    const std::string subject = id.empty() ? "" : Clip(SubjectText(record), kMaxNameColumns);
    return {PidOf(subject), record.Number("process.pid", 0)};
  }

  void Exec(const TraceRecord& record, const std::string& id, int64_t now) {
    Running next;
    next.track = {PidOf(Clip(SubjectText(record), kMaxNameColumns)),
                  record.Number("process.pid", 0)};
    const std::string command = SafeCommand(record.List("process.args"));
    next.name = Clip(command.empty() ? SafeText(record.Text("process.executable")) : command,
                     kMaxNameColumns);
    next.start = now;
    const auto found = running_.find(id);
    if (found != running_.end()) {  // another program in the same process
      Slice(found->second, now, ExportJson::object());
      found->second = std::move(next);
      return;
    }
    Name("thread_name", next.track, ExportText(BaseName(record.Text("process.executable"))));
    if (const std::optional<int64_t> end = TakeEarlyEnd(id)) {
      Slice(next, *end, ExportJson::object());
    } else if (running_.size() < kMaxRunning) {
      running_.emplace(id, std::move(next));
    } else {
      Instant(record, "", now);
    }
  }

  void Exit(const TraceRecord& record, const std::string& id, int64_t now) {
    const auto found = running_.find(id);
    if (found == running_.end()) {
      // The line of an exec waits for its file's hash and may come later than that of the end.
      early_ends_.emplace_back(id, now);
      if (early_ends_.size() > kMaxEarlyEnds) early_ends_.pop_front();
      return Instant(record, id, now);
    }
    ExportJson arguments = ExportJson::object();
    SetNumber(arguments, "exit_code", record, "process.exit_code");
    SetNumber(arguments, "signal", record, "safe_trace.signal");
    Slice(found->second, now, std::move(arguments));
    running_.erase(found);
  }

  std::optional<int64_t> TakeEarlyEnd(const std::string& id) {
    for (auto it = early_ends_.begin(); it != early_ends_.end(); ++it) {
      if (it->first != id) continue;
      const int64_t time = it->second;
      early_ends_.erase(it);
      return time;
    }
    return std::nullopt;
  }

  void Slice(const Running& running, int64_t end, ExportJson arguments) {
    Write({{"ph", "X"},
           {"name", running.name},
           {"cat", "process"},
           {"pid", running.track.pid},
           {"tid", running.track.tid},
           {"args", std::move(arguments)}},
          running.start, end - running.start);
  }

  // Connections overlap, so each is a pair of asynchronous events.
  void Flow(const TraceRecord& record, const std::string& id, int64_t now) {
    const Track track = TrackOf(record, id);
    const int64_t duration = std::max<int64_t>(0, record.Number("event.duration", 0));
    const int64_t number = record.Number("event.sequence", 0);
    for (const bool is_start : {true, false}) {
      ExportJson arguments = ExportJson::object();
      SetNumber(arguments, "bytes_out", record, "source.bytes");
      SetNumber(arguments, "bytes_in", record, "destination.bytes");
      Write({{"ph", is_start ? "b" : "e"},
             {"name", Clip(DestinationText(record), kMaxNameColumns)},
             {"cat", "network"},
             {"id", std::to_string(number)},
             {"pid", track.pid},
             {"tid", track.tid},
             {"args", std::move(arguments)}},
            is_start ? now - std::min(duration, now) : now, std::nullopt);
    }
  }

  void Instant(const TraceRecord& record, const std::string& id, int64_t now) {
    const Track track = TrackOf(record, id);
    ExportJson arguments = ExportJson::object();
    SetNumber(arguments, "sequence", record, "event.sequence");
    SetText(arguments, "decision", record, "safe_trace.decision");
    SetText(arguments, "rule", record, "rule.id");
    SetText(arguments, "reason", record, "safe_trace.reason");
    SetNumber(arguments, "repeated", record, "safe_trace.repeated");
    const bool is_violation = IsViolation(record);
    Write({{"ph", "i"},
           {"s", is_violation ? "p" : "t"},
           {"name", Clip((is_violation ? "violation: " : "") + DoingText(record), kMaxNameColumns)},
           {"cat", is_violation ? "violation" : ExportText(record.Text("event.category"))},
           {"pid", track.pid},
           {"tid", track.tid},
           {"args", std::move(arguments)}},
          now, std::nullopt);
  }

  std::ostream& out_;
  bool began_ = false;
  bool has_events_ = false;
  bool has_others_ = false;
  std::string started_;
  int64_t zero_ = 0;
  int64_t last_ = 0;
  std::unordered_map<std::string, size_t> named_;  // subject to pid
  std::unordered_map<std::string, Running> running_;
  std::deque<std::pair<std::string, int64_t>> early_ends_;
};

}  // namespace

std::unique_ptr<TraceExporter> MakeChromeTraceExporter(std::ostream& out) {
  return std::make_unique<ChromeTraceExporter>(out);
}

}  // namespace safe_trace
