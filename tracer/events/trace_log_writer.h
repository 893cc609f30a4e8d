// Writes the trace of one run: takes events from any thread, formats and writes them on its own.
#ifndef SAFE_TRACE_TRACER_EVENTS_TRACE_LOG_WRITER_H_
#define SAFE_TRACE_TRACER_EVENTS_TRACE_LOG_WRITER_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tracer/events/hash_chain.h"
#include "tracer/events/json_line.h"
#include "tracer/events/run_lines.h"
#include "tracer/events/signing_key.h"
#include "tracer/events/trace_event.h"
#include "tracer/events/trace_file.h"
#include "tracer/run_summary.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// CLOCK_REALTIME in nanoseconds.
int64_t WallClockNs();

struct TraceLogOptions {
  std::string path;
  std::string run_id;  // of NewRunId()
  TraceHeader header;
  bool compress = false;  // the file is one zstd frame, flushed with each write
  std::shared_ptr<const SigningKey> signing_key;  // signs the last line; null: nothing does
  // What waits for the writer's thread. Beyond either bound ordinary events are dropped.
  size_t max_queued_events = 65'536;
  size_t max_queued_bytes = size_t{32} * 1024 * 1024;
  std::chrono::milliseconds flush_interval{100};
  // How long a violation waits for room before its caller writes the queue itself.
  std::chrono::milliseconds violation_wait{2000};
  int64_t (*clock)() = WallClockNs;
  // Gets the same lines, after they were written, on the thread that wrote them. Must not block.
  std::function<void(std::string_view lines)> copy;
  // False: no thread; the queue is written by a violation that finds no room, and by Close.
  bool own_thread = true;
};

// Owned by the supervisor. Record may be called from any thread, Close and the destructor from one,
// after the last Record. All signals are blocked in the writer's thread.
class TraceLogWriter : public TraceSink {
 public:
  // Makes the file and writes its first line, so that a full disk or a bad place is known before
  // anything runs.
  static absl::StatusOr<std::unique_ptr<TraceLogWriter>> Open(TraceLogOptions options);
  // The same into another sink; options.path is not used.
  static absl::StatusOr<std::unique_ptr<TraceLogWriter>> OpenOn(std::unique_ptr<LineSink> sink,
                                                                TraceLogOptions options);
  // Writes what is queued. Without Close the trace has no last line and reads as unfinished.
  ~TraceLogWriter() override;
  TraceLogWriter(const TraceLogWriter&) = delete;
  TraceLogWriter& operator=(const TraceLogWriter&) = delete;

  // Order is kept per thread. A violation is written or the status says why it was not.
  void Record(TraceEvent event) override;

  // Writes what is queued by now.
  void Flush();
  // Writes the queue and the summary (with dropped_events as counted here), then flushes to disk.
  // Returns status(). A second call only returns it again.
  absl::Status Close(RunSummary summary);

  // The first failure, for good: write errors (after which nothing more is written), and
  // DeadlineExceeded where a violation found the disk not taking anything for the time it may wait.
  absl::Status status() const;
  // An eventfd that becomes readable with the first failure. Owned by the writer.
  int error_fd() const { return error_fd_.get(); }
  uint64_t dropped_events() const;
  // The hash of the last line. To be called after Close.
  std::string head_hash() const;

 private:
  TraceLogWriter(std::unique_ptr<LineSink> sink, TraceLogOptions options, UniqueFd error_fd);
  absl::Status Start();
  void Stop();
  void Run();

  // All of these need mutex_.
  bool HasRoom(size_t bytes) const;
  void WakeForRoom();
  void Push(TraceEvent event, size_t bytes);
  void RecordWithoutRoom(std::unique_lock<std::mutex>& lock, TraceEvent event, size_t bytes);
  void Fail(const absl::Status& status);
  // Writes everything queued, with the lock released meanwhile. No one else may be writing.
  void Drain(std::unique_lock<std::mutex>& lock);

  // All of these need writing_ and not mutex_.
  void WriteBatch(std::deque<TraceEvent>& batch, uint64_t dropped);
  void SetSigningKey(TraceEvent& event) const;
  void AppendLine(const TraceEvent& event);
  void Commit(size_t events, size_t bytes);

  const TraceLogOptions options_;
  const UniqueFd error_fd_;

  mutable std::mutex mutex_;
  std::condition_variable work_;   // for the writer's thread
  std::condition_variable space_;  // for violations without room, and for writing_ to end
  std::deque<TraceEvent> queue_;
  size_t queued_events_ = 0;  // queue_ and what of the current batch is not written yet
  size_t queued_bytes_ = 0;
  uint64_t dropped_ = 0;  // not yet said in the trace
  uint64_t dropped_total_ = 0;
  bool urgent_ = false;   // a violation is queued, or there is no room
  bool writing_ = false;  // someone has the sink, the formatter and the chain
  std::chrono::steady_clock::time_point last_progress_;  // of whoever is writing
  bool closing_ = false;
  bool closed_ = false;
  bool failed_ = false;  // a write failed: nothing more is written
  absl::Status status_;

  // Belong to whoever set writing_.
  std::unique_ptr<LineSink> sink_;
  LineFormatter formatter_;
  HashChain chain_;
  int64_t next_sequence_ = 1;
  std::string buffer_;

  std::thread thread_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_EVENTS_TRACE_LOG_WRITER_H_
