#include "tracer/supervisor/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "tracer/asking/ask_desk.h"
#include "tracer/deciding/package_domain.h"
#include "tracer/network/listener_registry.h"
#include "tracer/network/relay_gate.h"
#include "tracer/relay/relay.h"
#include "tracer/supervisor/notification_dispatcher.h"
#include "tracer/supervisor/ptrace_dispatcher.h"
#include "tracer/supervisor/worker_pool.h"

namespace safe_trace {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// What is still running shortly after the command ended may be about to end by itself.
constexpr milliseconds kGrace(250);
// Tasks that were killed but do not go (stuck in the kernel) are not waited for longer.
constexpr milliseconds kLastPatience(10000);
constexpr milliseconds kWorkCheck(50);
// What the tree sent before it ended is passed on, as the kernel would have done.
constexpr milliseconds kDeliveryPatience(5000);

// What of the last violations' stacks is not unwound so long after the end goes without.
constexpr milliseconds kUnwindingGrace(3000);

// Owns the parts of one run's supervision. Lives as long as the loop runs.
class Loop {
 public:
  Loop(SupervisorParts parts, SeizedChild child, const SupervisorOptions& options,
       std::unique_ptr<KernelListener> listener)
      : parts_(std::move(parts)),
        child_(std::move(child)),
        options_(options),
        listener_(std::move(listener)),
        tree_(parts_.root_domain),
        domains_(parts_.policy, options.temporary_root, options.shim_path, options.landlock_abi),
        open_(parts_.policy, memory_, resolver_, floor_, tree_, parts_.reporter,
              {options.record_all, options.landlock_abi > 0}),
        names_(parts_.policy, memory_, resolver_, floor_, parts_.reporter, options.record_all),
        attributes_(parts_.policy, memory_, resolver_, parts_.reporter),
        exec_(parts_.policy, memory_, resolver_, floor_, domains_, parts_.reporter,
              {options.shim_path, options.landlock_abi > 0, options.withheld_variables,
               options.own_code}),
        target_(tree_, parts_.reporter, options.landlock_abi >= 6),
        refused_(parts_.reporter),
        network_(parts_.policy, memory_, parts_.broker, registry_, parts_.reporter, &parts_.gate,
                 {&parts_.relay, &parts_.relay_gate}),
        stacks_(
            memory_, parts_.reporter.sink(),
            [this](BackgroundThread::Work work) { unwinding_.Submit(std::move(work)); },
            options.unwinder_path),
        ptrace_(tree_, exec_, memory_, parts_.reporter, stacks_, imports_,
                {options.record_all, options.maximum_tasks}),
        notifications_(*listener_, tree_,
                       {open_, names_, attributes_, exec_, target_, network_, refused_}, ptrace_,
                       memory_, parts_.reporter, workers_, stacks_, imports_) {
    parts_.reporter.AskWhoActs(
        [this](const Process& process, pid_t tid) { return imports_.WhoActs(process, tid); });
    network_.SetAsker(parts_.desk);
  }

  RunOutcome Run();

 private:
  int Timeout() const;
  void Poll();
  void ReadExecErrors();
  void ReadSignals();
  void CheckEnd();
  void End(RunEnd end, std::string message);
  bool Finished() const;

  SupervisorParts parts_;
  SeizedChild child_;
  const SupervisorOptions& options_;
  std::unique_ptr<KernelListener> listener_;
  ProcessTree tree_;
  ProcessVmMemory memory_;
  PathResolver resolver_;
  FloorView floor_;
  PackageDomains domains_;
  ListenerRegistry registry_;
  OpenHandlers open_;
  NameHandlers names_;
  AttributeHandlers attributes_;
  ExecHandlers exec_;
  TargetHandlers target_;
  RefusedHandlers refused_;
  NetworkHandlers network_;
  WorkerPool workers_;
  StackCollector stacks_;
  ImportWatch imports_{memory_};
  PtraceDispatcher ptrace_;
  NotificationDispatcher notifications_;
  BackgroundThread unwinding_{kUnwindingGrace};  // ends before what it uses

  RunOutcome outcome_;
  Clock::time_point started_ = Clock::now();
  std::optional<Clock::time_point> root_ended_;
  std::optional<Clock::time_point> killed_;
  Clock::time_point last_work_check_ = Clock::now();
};

int Loop::Timeout() const {
  Clock::time_point now = Clock::now();
  milliseconds wait(-1);
  auto sooner = [&](Clock::time_point when) {
    auto left = std::chrono::duration_cast<milliseconds>(when - now) + milliseconds(1);
    if (left < milliseconds(0)) left = milliseconds(0);
    if (wait < milliseconds(0) || left < wait) wait = left;
  };
  if (notifications_.HasWaitingCalls()) sooner(last_work_check_ + kWorkCheck);
  if (ptrace_.HasOrphans()) sooner(now + milliseconds(500));
  if (root_ended_.has_value() && !killed_.has_value()) sooner(*root_ended_ + kGrace);
  if (killed_.has_value()) sooner(*killed_ + kLastPatience);
  if (options_.timeout_seconds > 0 && !killed_.has_value()) {
    sooner(started_ + std::chrono::seconds(options_.timeout_seconds));
  }
  return static_cast<int>(wait.count());
}

void Loop::Poll() {
  // poll passes over what is -1.
  const int desk = parts_.desk == nullptr ? -1 : parts_.desk->event_fd();
  std::array<pollfd, 8> fds{{{listener_->fd(), POLLIN, 0},
                             {child_.signal_fd, POLLIN, 0},
                             {workers_.event_fd(), POLLIN, 0},
                             {parts_.gate.event_fd(), POLLIN, 0},
                             {parts_.trace_error_fd, POLLIN, 0},
                             {child_.exec_errors.get(), POLLIN, 0},
                             {parts_.relay_gate.event_fd(), POLLIN, 0},
                             {desk, POLLIN, 0}}};
  int ready = poll(fds.data(), fds.size(), Timeout());
  if (ready < 0 && errno != EINTR) {
    End(RunEnd::kSupervisionLost, std::string("poll: ") + strerror(errno));
    return;
  }
  if (ready > 0) {
    if ((fds[0].revents & POLLIN) != 0) {
      absl::Status status = notifications_.ReceiveOne();
      if (!status.ok()) End(RunEnd::kSupervisionLost, std::string(status.message()));
    }
    if (fds[1].revents != 0) ReadSignals();
    if (fds[2].revents != 0) notifications_.AnswerFinishedWork();
    if (fds[3].revents != 0) parts_.gate.Flush(parts_.reporter);
    if (fds[4].revents != 0 && !killed_.has_value()) {
      End(RunEnd::kSupervisionLost,
          "the trace cannot be written: " + std::string(parts_.trace_status().message()));
    }
    if (fds[5].revents != 0) ReadExecErrors();
    if (fds[6].revents != 0) parts_.relay_gate.Flush(parts_.reporter);
    if (fds[7].revents != 0) {
      parts_.desk->Flush(parts_.reporter);
      notifications_.DecideParked();
      parts_.broker.DecideHeld();
    }
  }
  if (notifications_.HasWaitingCalls() && Clock::now() - last_work_check_ >= kWorkCheck) {
    last_work_check_ = Clock::now();
    notifications_.InterruptAbandonedWork();
  }
  if (ptrace_.HasOrphans()) ptrace_.KillOrphans();
}

void Loop::ReadExecErrors() {
  int error = 0;
  ssize_t count = read(child_.exec_errors.get(), &error, sizeof(error));
  child_.exec_errors.Reset();
  if (count != sizeof(error)) return;
  outcome_.end = RunEnd::kExecFailed;
  outcome_.exec_error = error;
}

// A signal from the terminal reaches the whole process group, so the command has it already. One
// that somebody sent to the launcher alone is passed on.
void Loop::ReadSignals() {
  signalfd_siginfo info{};
  bool reap = false;
  while (read(child_.signal_fd, &info, sizeof(info)) == sizeof(info)) {
    if (info.ssi_signo == SIGCHLD) {
      reap = true;
      continue;
    }
    if (parts_.desk != nullptr && info.ssi_signo == SIGINT) parts_.desk->Dismiss();
    // A terminal that hangs up tells the leader of its session alone, which may be this process.
    const bool is_for_us_alone = info.ssi_code <= 0 || info.ssi_signo == SIGHUP;
    if (is_for_us_alone && !root_ended_.has_value()) {
      (void)kill(child_.pid, static_cast<int>(info.ssi_signo));
    } else if (is_for_us_alone) {
      ptrace_.KillAll();
    }
  }
  if (reap) ptrace_.ReapAll();
  if (ptrace_.TakeRootStopped()) raise(SIGSTOP);
}

void Loop::End(RunEnd end, std::string message) {
  if (killed_.has_value()) return;
  killed_ = Clock::now();
  if (outcome_.end == RunEnd::kExited) {
    outcome_.end = end;
    outcome_.message = std::move(message);
  }
  ptrace_.KillAll();
}

void Loop::CheckEnd() {
  Clock::time_point now = Clock::now();
  if (!root_ended_.has_value() && ptrace_.root_status().has_value()) {
    root_ended_ = now;
    outcome_.status = *ptrace_.root_status();
  }
  if (killed_.has_value()) {
    // A process that was being made while the others were killed.
    if (tree_.process_count() > 0 || ptrace_.HasOrphans()) ptrace_.KillAll();
    return;
  }
  if (ptrace_.limit_reached()) End(RunEnd::kKilled, "the limit of --pids was reached");
  if (options_.kill_on_violation && parts_.reporter.violations() > 0) {
    End(RunEnd::kKilled, "a violation ended the run (--on-violation kill)");
  }
  if (options_.timeout_seconds > 0 && !root_ended_.has_value() &&
      now >= started_ + std::chrono::seconds(options_.timeout_seconds)) {
    End(RunEnd::kTimedOut, "");
  }
  if (root_ended_.has_value() && tree_.process_count() > 0 && now >= *root_ended_ + kGrace) {
    killed_ = now;
    outcome_.survivors = ptrace_.KillSurvivors(true);
  }
}

bool Loop::Finished() const {
  if (killed_.has_value() && Clock::now() >= *killed_ + kLastPatience) return true;
  return root_ended_.has_value() && tree_.process_count() == 0 && !ptrace_.HasOrphans();
}

RunOutcome Loop::Run() {
  ptrace_.SetRoot(child_.pid);
  ptrace_.ReapAll();
  while (!Finished()) {
    Poll();
    CheckEnd();
  }
  parts_.relay.Finish(kDeliveryPatience);
  parts_.relay_gate.Flush(parts_.reporter);
  parts_.broker.Finish();
  parts_.gate.Flush(parts_.reporter);
  outcome_.notifications = notifications_.count();
  outcome_.unheld_interpreters.assign(imports_.unheld().begin(), imports_.unheld().end());
  return outcome_;
}

}  // namespace

RunOutcome Supervise(SupervisorParts parts, SeizedChild child, const SupervisorOptions& options) {
  absl::StatusOr<std::unique_ptr<KernelListener>> listener =
      KernelListener::Create(std::move(child.listener));
  if (!listener.ok()) {
    kill(child.pid, SIGKILL);
    RunOutcome outcome;
    outcome.end = RunEnd::kSupervisionLost;
    outcome.message = std::string(listener.status().message());
    return outcome;
  }
  Loop loop(std::move(parts), std::move(child), options, *std::move(listener));
  return loop.Run();
}

}  // namespace safe_trace
