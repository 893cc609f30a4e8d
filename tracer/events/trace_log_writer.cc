#include "tracer/events/trace_log_writer.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "tracer/events/compressed_sink.h"
#include "tracer/events/run_id.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

// The writer's thread starts before the flush interval is over when this much waits.
constexpr size_t kWakeEvents = 4096;
constexpr size_t kWakeBytes = size_t{1} << 20;
// Bytes of formatted lines per write(2): room is given back after each.
constexpr size_t kChunkBytes = size_t{1} << 20;
constexpr size_t kKeptBufferBytes = size_t{4} << 20;

struct ValueSize {
  size_t operator()(const std::string& text) const { return text.size(); }
  size_t operator()(int64_t) const { return 0; }
  size_t operator()(bool) const { return 0; }
  size_t operator()(const std::vector<std::string>& list) const {
    size_t size = list.size() * sizeof(std::string);
    for (const std::string& item : list) size += item.size();
    return size;
  }
};

// What an event takes in memory, near enough for the queue's bound.
size_t QueuedSize(const TraceEvent& event) {
  size_t size = sizeof(event) + event.fields.size() * sizeof(event.fields[0]);
  for (const auto& [key, value] : event.fields) size += key.size() + std::visit(ValueSize(), value);
  return size;
}

}  // namespace

int64_t WallClockNs() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

absl::StatusOr<std::unique_ptr<TraceLogWriter>> TraceLogWriter::Open(TraceLogOptions options) {
  absl::StatusOr<std::unique_ptr<TraceFile>> file = TraceFile::Create(options.path);
  if (!file.ok()) return file.status();
  if (!options.compress) return OpenOn(*std::move(file), std::move(options));
  absl::StatusOr<std::unique_ptr<CompressedSink>> sink = CompressedSink::Create(*std::move(file));
  if (!sink.ok()) return sink.status();
  return OpenOn(*std::move(sink), std::move(options));
}

absl::StatusOr<std::unique_ptr<TraceLogWriter>> TraceLogWriter::OpenOn(
    std::unique_ptr<LineSink> sink, TraceLogOptions options) {
  if (!IsRunId(options.run_id)) {
    return absl::InvalidArgumentError(absl::StrCat("not a run id: ", options.run_id));
  }
  UniqueFd error_fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!error_fd.valid()) return LastErrnoStatus("eventfd for the trace");
  std::unique_ptr<TraceLogWriter> writer(
      new TraceLogWriter(std::move(sink), std::move(options), std::move(error_fd)));
  if (absl::Status started = writer->Start(); !started.ok()) return started;
  return writer;
}

TraceLogWriter::TraceLogWriter(std::unique_ptr<LineSink> sink, TraceLogOptions options,
                               UniqueFd error_fd)
    : options_(std::move(options)),
      error_fd_(std::move(error_fd)),
      sink_(std::move(sink)),
      formatter_(options_.run_id),
      chain_(options_.run_id) {}

TraceLogWriter::~TraceLogWriter() { Stop(); }

absl::Status TraceLogWriter::Start() {
  TraceEvent header = RunStartEvent(options_.header);
  // Here too, so that it shows when the last line was replaced by an unsigned one.
  SetSigningKey(header);
  header.wall_clock_ns = options_.clock();
  AppendLine(header);
  Commit(0, 0);
  if (!status_.ok() || !options_.own_thread) return status_;
  // The new thread inherits the mask: signals belong to the supervisor's loop.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  absl::Status started;
  try {
    thread_ = std::thread([this] { Run(); });
    pthread_setname_np(thread_.native_handle(), "trace-log");
  } catch (const std::system_error& error) {
    started = ErrnoStatus(error.code().value(), "starting the trace's thread");
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

void TraceLogWriter::Stop() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    work_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  std::unique_lock lock(mutex_);
  if (!queue_.empty() || dropped_ > 0) Drain(lock);
}

void TraceLogWriter::Record(TraceEvent event) {
  if (event.wall_clock_ns == 0) event.wall_clock_ns = options_.clock();
  const size_t bytes = QueuedSize(event);
  std::unique_lock lock(mutex_);
  if (failed_ || closing_) {
    ++dropped_total_;
  } else if (HasRoom(bytes)) {
    Push(std::move(event), bytes);
  } else {
    WakeForRoom();
    if (event.is_violation) {
      RecordWithoutRoom(lock, std::move(event), bytes);
    } else {
      ++dropped_;
      ++dropped_total_;
    }
  }
}

void TraceLogWriter::WakeForRoom() {
  if (urgent_) return;
  urgent_ = true;
  work_.notify_one();
}

bool TraceLogWriter::HasRoom(size_t bytes) const {
  // An event that alone is larger than the bound still fits into an empty queue.
  return queued_events_ == 0 || (queued_events_ < options_.max_queued_events &&
                                 queued_bytes_ + bytes <= options_.max_queued_bytes);
}

void TraceLogWriter::Push(TraceEvent event, size_t bytes) {
  const bool was_empty = queue_.empty();
  const bool was_calm = !urgent_ && queue_.size() < kWakeEvents && queued_bytes_ < kWakeBytes;
  urgent_ = urgent_ || event.is_violation;
  queue_.push_back(std::move(event));
  ++queued_events_;
  queued_bytes_ += bytes;
  const bool is_calm = !urgent_ && queue_.size() < kWakeEvents && queued_bytes_ < kWakeBytes;
  if (was_empty || (was_calm && !is_calm)) work_.notify_one();
}

void TraceLogWriter::RecordWithoutRoom(std::unique_lock<std::mutex>& lock, TraceEvent event,
                                       size_t bytes) {
  const bool has_room = status_.ok() && space_.wait_for(lock, options_.violation_wait,
                                                        [&] { return failed_ || HasRoom(bytes); });
  // A disk that takes nothing ends the run (status, error_fd). Until the tree is ended the queue
  // may grow to twice its bound, so that the last violations are written if the disk comes back.
  const bool is_overfull = queued_events_ >= 2 * options_.max_queued_events ||
                           queued_bytes_ >= 2 * options_.max_queued_bytes;
  if (failed_ || (!has_room && is_overfull)) {
    ++dropped_;
    ++dropped_total_;
    return;
  }
  Push(std::move(event), bytes);
  if (has_room) return;
  if (!writing_) {
    Drain(lock);
  } else if (std::chrono::steady_clock::now() - last_progress_ >= options_.violation_wait) {
    Fail(absl::DeadlineExceededError(
        absl::StrCat("the trace ", options_.path, " could not be written for ",
                     options_.violation_wait.count(), " ms: its disk does not answer")));
  }
}

void TraceLogWriter::Fail(const absl::Status& status) {
  if (!status_.ok()) return;
  status_ = status;
  const uint64_t one = 1;
  // Cannot fail: the counter of an eventfd that was never written has room.
  (void)!write(error_fd_.get(), &one, sizeof(one));
}

void TraceLogWriter::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [this] { return !queue_.empty() || dropped_ > 0 || closing_; });
    work_.wait_for(lock, options_.flush_interval, [this] {
      return urgent_ || closing_ || queue_.size() >= kWakeEvents || queued_bytes_ >= kWakeBytes;
    });
    space_.wait(lock, [this] { return !writing_; });
    Drain(lock);
    if (closing_ && queue_.empty()) return;
  }
}

void TraceLogWriter::Drain(std::unique_lock<std::mutex>& lock) {
  std::deque<TraceEvent> batch;
  batch.swap(queue_);
  const uint64_t dropped = std::exchange(dropped_, 0);
  urgent_ = false;
  writing_ = true;
  last_progress_ = std::chrono::steady_clock::now();
  lock.unlock();
  WriteBatch(batch, dropped);
  lock.lock();
  writing_ = false;
  space_.notify_all();
}

void TraceLogWriter::WriteBatch(std::deque<TraceEvent>& batch, uint64_t dropped) {
  size_t events = 0;
  size_t bytes = 0;
  while (!batch.empty()) {
    bytes += QueuedSize(batch.front());
    ++events;
    AppendLine(batch.front());
    batch.pop_front();
    if (buffer_.size() >= kChunkBytes) {
      Commit(std::exchange(events, 0), std::exchange(bytes, 0));
    }
  }
  if (dropped > 0) {
    TraceEvent event = EventsDroppedEvent(dropped);
    event.wall_clock_ns = options_.clock();
    AppendLine(event);
  }
  Commit(events, bytes);
}

void TraceLogWriter::SetSigningKey(TraceEvent& event) const {
  if (options_.signing_key == nullptr) return;
  event.Set("safe_trace.signing_key", options_.signing_key->verifying_key().ToHex());
}

void TraceLogWriter::AppendLine(const TraceEvent& event) {
  const size_t start = buffer_.size();
  formatter_.Append(event, next_sequence_++, chain_.head(), buffer_);
  if (event.action == "run-end") {
    std::string line = buffer_.substr(start);
    if (options_.signing_key != nullptr) SignLine(line, options_.run_id, *options_.signing_key);
    SealLine(line);
    buffer_.replace(start, std::string::npos, line);
  }
  chain_.Advance(std::string_view(buffer_).substr(start));
  buffer_.push_back('\n');
}

void TraceLogWriter::Commit(size_t events, size_t bytes) {
  // failed_ changes only under writing_, which this thread has.
  const absl::Status written =
      failed_ || buffer_.empty() ? absl::OkStatus() : sink_->Append(buffer_);
  if (options_.copy && written.ok() && !failed_ && !buffer_.empty()) options_.copy(buffer_);
  buffer_.clear();
  if (buffer_.capacity() > kKeptBufferBytes) buffer_.shrink_to_fit();
  const std::lock_guard lock(mutex_);
  queued_events_ -= events;
  queued_bytes_ -= bytes;
  last_progress_ = std::chrono::steady_clock::now();
  if (!written.ok()) {
    failed_ = true;
    Fail(written);
  }
  space_.notify_all();
}

void TraceLogWriter::Flush() {
  std::unique_lock lock(mutex_);
  space_.wait(lock, [this] { return !writing_; });
  if (!queue_.empty() || dropped_ > 0) Drain(lock);
}

absl::Status TraceLogWriter::Close(RunSummary summary) {
  Stop();
  std::unique_lock lock(mutex_);
  if (closed_) return status_;
  closed_ = true;
  summary.dropped_events = dropped_total_;
  lock.unlock();
  TraceEvent event = RunEndEvent(summary);
  SetSigningKey(event);
  event.wall_clock_ns = options_.clock();
  AppendLine(event);
  Commit(0, 0);
  const absl::Status synced = failed_ ? absl::OkStatus() : sink_->Sync();
  lock.lock();
  if (!synced.ok()) Fail(synced);
  return status_;
}

absl::Status TraceLogWriter::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

uint64_t TraceLogWriter::dropped_events() const {
  const std::lock_guard lock(mutex_);
  return dropped_total_;
}

std::string TraceLogWriter::head_hash() const {
  const std::lock_guard lock(mutex_);
  return chain_.head();
}

}  // namespace safe_trace
