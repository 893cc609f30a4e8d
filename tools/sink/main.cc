// safe-trace-sink RUN-ID SINK...: started by a run that has sinks, outside what it supervises.
// Reads the lines of the trace from standard input and delivers them; "#settle MS" asks for a
// report, on standard output, once what came before it is delivered or the time is over. At the end
// of the input what is left has "#close MS", or a second, to get out.
#include <curl/curl.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <list>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tools/sink/delivery.h"

namespace safe_trace {
namespace {

constexpr size_t kReadBytes = 256 * 1024;
constexpr size_t kMaxLineBytes = size_t{16} << 20;
constexpr std::string_view kViolation = "\"event.kind\":\"alert\"";

// Events come from supervised code's doings; nobody who breaks a parser here gets a program.
bool Confine() {
  for (const int signal : {SIGINT, SIGQUIT, SIGTSTP, SIGHUP, SIGPIPE}) {
    // The terminal's keys mean the command. The run itself says when it is over.
    std::signal(signal, SIG_IGN);
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return false;
  }
  void* filter = seccomp_init(SCMP_ACT_ALLOW);
  if (filter == nullptr) return false;
  bool is_set = true;
  for (const char* name : {"execve",
                           "execveat",
                           "fork",
                           "vfork",
                           "ptrace",
                           "process_vm_readv",
                           "process_vm_writev",
                           "kill",
                           "tkill",
                           "bind",
                           "listen",
                           "unlink",
                           "unlinkat",
                           "rename",
                           "renameat",
                           "renameat2",
                           "link",
                           "linkat",
                           "symlink",
                           "symlinkat",
                           "mkdir",
                           "mkdirat",
                           "truncate",
                           "creat",
                           "bpf",
                           "io_uring_setup",
                           "keyctl",
                           "mount",
                           "unshare",
                           "setns"}) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) continue;
    const int added = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
    is_set = is_set && (added == 0 || added == -EDOM);
  }
  is_set = is_set && seccomp_load(filter) == 0;
  seccomp_release(filter);
  return is_set;
}

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

// One sink with its queue and thread.
struct Sink {
  Sink(std::string given, const SinkAddress& address, const OtlpResource& resource)
      : text(std::move(given)),
        queue(EventQueue::Bounds()),
        delivery(address.kind == SinkAddress::Kind::kUnix
                     ? MakeUnixDelivery(address.path)
                     : MakeOtlpDelivery(address.url, resource)),
        thread([this] { DeliverAll(queue, *delivery); }) {}

  const std::string text;
  EventQueue queue;
  const std::unique_ptr<Delivery> delivery;
  std::thread thread;
};

class Program {
 public:
  bool Start(const std::vector<std::string>& arguments) {
    if (arguments.size() < 2) return false;
    const OtlpResource resource{arguments[0], HostName(), SAFE_TRACE_VERSION};
    for (size_t i = 1; i < arguments.size(); ++i) {
      const absl::StatusOr<SinkAddress> address = ParseSinkAddress(arguments[i]);
      if (!address.ok()) return false;
      sinks_.emplace_back(arguments[i], *address, resource);
    }
    return true;
  }

  void Run() {
    std::vector<char> buffer(kReadBytes);
    for (;;) {
      const ssize_t count = read(STDIN_FILENO, buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;
      Take({buffer.data(), static_cast<size_t>(count)});
    }
    Finish();
  }

 private:
  void Take(std::string_view bytes) {
    while (!bytes.empty()) {
      const size_t newline = bytes.find('\n');
      if (line_.size() < kMaxLineBytes) line_ += bytes.substr(0, newline);
      if (newline == std::string_view::npos) return;
      TakeLine();
      line_.clear();
      bytes.remove_prefix(newline + 1);
    }
  }

  void TakeLine() {
    if (line_.empty()) return;
    if (line_.front() == '#') return TakeOrder();
    const bool is_violation = line_.find(kViolation) != std::string::npos;
    for (Sink& sink : sinks_) sink.queue.Add({line_, is_violation});
  }

  void TakeOrder() {
    const size_t blank = line_.find(' ');
    const long ms = blank == std::string::npos ? 0 : std::atol(line_.c_str() + blank);
    if (line_.compare(0, 7, "#close ") == 0) close_ms_ = std::chrono::milliseconds(ms);
    if (line_.compare(0, 8, "#settle ") != 0) return;
    const auto deadline = EventQueue::Clock::now() + std::chrono::milliseconds(ms);
    for (Sink& sink : sinks_) sink.queue.WaitUntilSettled(deadline);
    Report();
  }

  void Finish() {
    const auto deadline = EventQueue::Clock::now() + close_ms_;
    for (Sink& sink : sinks_) sink.queue.Close(deadline);
    for (Sink& sink : sinks_) sink.thread.join();
    Report();
  }

  // A line for each sink, in their order: numbers, then the last error; and a line with a dot.
  void Report() const {
    std::string report;
    for (const Sink& sink : sinks_) {
      const SinkCounts counts = sink.queue.counts();
      report += std::to_string(counts.delivered) + " " + std::to_string(counts.dropped) + " " +
                std::to_string(counts.dropped_violations) + " " + std::to_string(counts.rejected) +
                " " + counts.last_error + "\n";
    }
    report += ".\n";
    // Into a pipe that has room: nobody else writes there, and reports are read as they come.
    (void)!write(STDOUT_FILENO, report.data(), report.size());
  }

  std::list<Sink> sinks_;
  std::string line_;
  std::chrono::milliseconds close_ms_{1000};
};

}  // namespace
}  // namespace safe_trace

int main(int argc, char** argv) {
  if (!safe_trace::Confine()) return 125;
  curl_global_init(CURL_GLOBAL_NOTHING);
  safe_trace::Program program;
  if (!program.Start(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc))) return 125;
  program.Run();
  return 0;
}
