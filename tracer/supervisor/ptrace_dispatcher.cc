#include "tracer/supervisor/ptrace_dispatcher.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "policy/lexical_path.h"
#include "tracer/events/trace_log_writer.h"
#include "tracer/tracee/ptrace_requests.h"

namespace safe_trace {
namespace {

// Programs that wait to be hashed; each holds a descriptor. Beyond it lines go without a hash.
constexpr size_t kMaximumHashesWaiting = 256;

constexpr auto kOrphanPatience = std::chrono::seconds(2);

const Rule kTaskLimit{"limit.tasks", "the limit of --pids was reached"};
const Rule kSurgeryFailed{"floor.not-laid", "the tighter floor could not be laid on package code"};
const Rule kImageUnreadable{"exec.unreadable-image", "the program hides from its supervisor"};
const Rule kSurvivor{"tree.survivor", "nothing outlives the run"};

bool IsThreadOf(pid_t tgid, pid_t tid) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/%d/task/%d", tgid, tid);
  return access(path, F_OK) == 0;
}

// What the distribution installed, and only root can change.
bool IsSystemProgram(const std::string& path) {
  for (std::string_view tree :
       {"/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec", "/bin", "/sbin", "/lib", "/lib64"}) {
    if (IsWithin(path, tree)) return true;
  }
  return false;
}

}  // namespace

void PtraceDispatcher::SetRoot(pid_t pid) {
  root_ = pid;
  tree_.AddRoot(pid);
}

void PtraceDispatcher::ReapAll() {
  while (true) {
    int status = 0;
    pid_t tid = waitpid(-1, &status, __WALL | WNOHANG);
    if (tid <= 0) return;
    std::optional<PtraceEvent> event = DecodeWaitStatus(tid, status);
    if (event.has_value()) Handle(*event);
  }
}

void PtraceDispatcher::Handle(const PtraceEvent& event) {
  bool ended = event.kind == PtraceEventKind::kExited || event.kind == PtraceEventKind::kKilled;
  if (!ended && surgeries_.contains(event.tid)) {
    AdvanceSurgery(event);
    return;
  }
  switch (event.kind) {
    case PtraceEventKind::kExited:
    case PtraceEventKind::kKilled:
      stacks_.Forget(event.tid);
      OnExit(event);
      return;
    case PtraceEventKind::kNewChild:
    case PtraceEventKind::kNewThread:
      OnNewTask(event);
      return;
    case PtraceEventKind::kExec:
      stacks_.Forget(event.tid);
      OnExec(event);
      return;
    case PtraceEventKind::kGroupStop:
      stacks_.AtStop(event.tid);
      OnGroupStop(event);
      return;
    case PtraceEventKind::kInterruptStop:
      stacks_.AtStop(event.tid);
      OnFirstStop(event);
      return;
    case PtraceEventKind::kSignal:
      stacks_.AtStop(event.tid);
      (void)Resume(event.tid, event.value);
      return;
    case PtraceEventKind::kSyscallStop:
      (void)Resume(event.tid, 0);
      return;
  }
}

// A new task may report its own first stop before its parent reports it. Only the parent's event
// says who made it, and so which domain it belongs to: its parent's pid in /proc need not be its
// maker (CLONE_PARENT). Until then it stays stopped.
void PtraceDispatcher::OnNewTask(const PtraceEvent& event) {
  pid_t task = event.other;
  if (task > 0) {
    Process* parent = tree_.FindByThread(event.tid);
    bool is_thread = event.kind == PtraceEventKind::kNewThread && parent != nullptr &&
                     IsThreadOf(parent->tgid, task);
    if (is_thread) {
      imports_.NoteNewTask(*parent, event.tid, tree_.AddThread(event.tid, task), task);
    } else {
      Process& child = tree_.AddChild(event.tid, task);
      if (parent != nullptr) imports_.NoteNewTask(*parent, event.tid, child, task);
      reporter_.CountProcess(child.domain->subject);
    }
    if (orphans_.erase(task) > 0) (void)Resume(task, 0);
    CheckLimit(task);
  }
  (void)Resume(event.tid, 0);
}

void PtraceDispatcher::CheckLimit(pid_t tid) {
  if (options_.maximum_tasks == 0 || tree_.thread_count() <= options_.maximum_tasks) return;
  Process* process = tree_.FindByThread(tid);
  if (process == nullptr) return;
  if (!limit_reached_) {
    TraceEvent event;
    event.action = "limit-reached";
    event.category = "process";
    event.Set("safe_trace.limit", static_cast<int64_t>(options_.maximum_tasks));
    reporter_.ReportDecision(*process, {Verdict::kKill, EAGAIN, &kTaskLimit, true},
                             std::move(event), "start more tasks than --pids allows",
                             "--pids " + std::to_string(options_.maximum_tasks * 2));
  }
  limit_reached_ = true;
}

void PtraceDispatcher::OnFirstStop(const PtraceEvent& event) {
  if (tree_.FindByThread(event.tid) == nullptr) {
    orphans_[event.tid] = Clock::now();
    return;
  }
  (void)Resume(event.tid, 0);
}

void PtraceDispatcher::OnGroupStop(const PtraceEvent& event) {
  if (tree_.FindByThread(event.tid) == nullptr) {
    orphans_[event.tid] = Clock::now();
    return;
  }
  (void)Listen(event.tid);
  if (event.tid == root_) root_stopped_ = true;
}

bool PtraceDispatcher::TakeRootStopped() { return std::exchange(root_stopped_, false); }

void PtraceDispatcher::OnExec(const PtraceEvent& event) {
  Process* process = tree_.FindByThread(event.tid);
  if (process == nullptr) {
    Kill(event.tid, "an unknown task ran a program");
    return;
  }
  tree_.CollapseThreads(*process);
  process->context_table = 0;
  std::shared_ptr<const Domain> before = process->domain;
  absl::StatusOr<Image> image = ReadImage(event.tid);
  absl::StatusOr<ExecOutcome> outcome =
      image.ok() ? exec_.AfterExec(*process, *image) : absl::StatusOr<ExecOutcome>(image.status());
  if (!outcome.ok()) {
    if (absl::IsNotFound(outcome.status())) return;  // it was killed: its exit is next
    TraceEvent failure;
    failure.action = "process-exec";
    failure.category = "process";
    failure.Set("error.message", std::string(outcome.status().message()));
    reporter_.ReportDecision(*process, {Verdict::kKill, EACCES, &kImageUnreadable, true},
                             std::move(failure), "run a program that cannot be supervised", "");
    (void)kill(process->tgid, SIGKILL);
    return;
  }
  if (process->domain != before) reporter_.CountNewSubject(process->domain->subject);
  if (event.tid == root_ && !std::exchange(root_execed_, true)) {
    reporter_.CountProcess(process->domain->subject);
  }
  RecordExec(*process, *std::move(image));
  if (outcome->kill) {
    (void)kill(process->tgid, SIGKILL);
    return;
  }
  if (!outcome->removed_variables.empty()) RecordRemoved(*process, outcome->removed_variables);
  if (outcome->surgery.empty()) {
    (void)Resume(event.tid, 0);
    return;
  }
  auto surgery = std::make_unique<ExecSurgery>(memory_, event.tid, std::move(outcome->surgery));
  absl::Status status = surgery->Begin();
  surgeries_[event.tid] = std::move(surgery);
  if (!status.ok() && !absl::IsNotFound(status)) Kill(event.tid, std::string(status.message()));
}

void PtraceDispatcher::AdvanceSurgery(const PtraceEvent& event) {
  auto surgery = surgeries_.find(event.tid);
  absl::StatusOr<ExecSurgery::Progress> progress = surgery->second->Advance(event);
  if (!progress.ok()) {
    if (!absl::IsNotFound(progress.status())) {
      Kill(event.tid, std::string(progress.status().message()));
    }
    surgeries_.erase(surgery);
    return;
  }
  if (*progress == ExecSurgery::Progress::kDone) surgeries_.erase(surgery);
}

int PtraceDispatcher::RulesetFor(pid_t tid) const {
  auto surgery = surgeries_.find(tid);
  if (surgery == surgeries_.end() || !surgery->second->WaitsForRuleset()) return -1;
  return surgery->second->ruleset();
}

void PtraceDispatcher::Kill(pid_t tid, const std::string& reason) {
  if (Process* process = tree_.FindByThread(tid)) {
    TraceEvent event;
    event.action = "process-exec";
    event.category = "process";
    event.Set("error.message", reason);
    reporter_.ReportDecision(*process, {Verdict::kKill, EPERM, &kSurgeryFailed, true},
                             std::move(event), "run without its floor", "");
  }
  (void)kill(tid, SIGKILL);
}

void PtraceDispatcher::OnExit(const PtraceEvent& event) {
  orphans_.erase(event.tid);
  surgeries_.erase(event.tid);
  std::optional<Process> ended = tree_.RemoveThread(event.tid);
  if (!ended.has_value()) return;
  if (ended->tgid == root_) {
    root_status_ = event.kind == PtraceEventKind::kExited ? event.value : 128 + event.value;
  }
  imports_.NoteEnd(*ended);
  if (ended->exec_generation == 0) return;  // never ran a program of its own: no line of its own
  TraceEvent exit;
  exit.action = "process-exit";
  exit.category = "process";
  if (event.kind == PtraceEventKind::kExited) {
    exit.Set("process.exit_code", int64_t{event.value});
  } else {
    exit.Set("safe_trace.signal", int64_t{event.value});
  }
  reporter_.ReportEvent(*ended, std::move(exit));
}

void PtraceDispatcher::RecordExec(const Process& process, Image image) {
  TraceEvent event;
  event.action = "process-exec";
  event.category = "process";
  event.outcome = "success";
  event.wall_clock_ns = WallClockNs();
  RunReporter::DescribeProcess(process, event);
  event.Set("process.args", process.arguments);
  event.Set("process.working_directory", image.working_directory);
  bool too_many = background_.waiting() >= kMaximumHashesWaiting;
  if (too_many || (!options_.hash_all && IsSystemProgram(image.executable))) {
    reporter_.Record(std::move(event));
    return;
  }
  // Hashing takes long and the file may be gone at once: the open descriptor keeps its content.
  auto file = std::make_shared<UniqueFd>(std::move(image.file));
  auto shared = std::make_shared<TraceEvent>(std::move(event));
  background_.Submit([this, file, shared](const BackgroundThread::Stopping& stopping) {
    std::string hash = hashes_.Sha256(file->get(), stopping);
    if (!hash.empty()) shared->Set("process.hash.sha256", hash);
    reporter_.Record(std::move(*shared));
  });
}

void PtraceDispatcher::RecordRemoved(const Process& process,
                                     const std::vector<std::string>& names) {
  TraceEvent event;
  event.action = "environment-removed";
  event.category = "process";
  event.Set("safe_trace.removed", names);
  reporter_.ReportEvent(process, std::move(event));
}

void PtraceDispatcher::KillOrphans() {
  Clock::time_point now = Clock::now();
  for (auto it = orphans_.begin(); it != orphans_.end();) {
    if (now - it->second < kOrphanPatience) {
      ++it;
      continue;
    }
    (void)kill(it->first, SIGKILL);
    it = orphans_.erase(it);
  }
}

std::vector<std::string> PtraceDispatcher::KillSurvivors(bool report) {
  std::vector<std::string> names;
  for (const auto& [tgid, process] : tree_.processes()) {
    if (report) {
      const Subject& subject = process->domain->subject;
      names.push_back(subject.Describe() + ": " + process->executable + " (pid " +
                      std::to_string(tgid) + ")");
      TraceEvent event;
      event.action = "survivor-ended";
      event.category = "process";
      event.Set("process.args", process->arguments);
      bool is_violation = subject.role == Role::kPackage;
      reporter_.ReportDecision(*process, {Verdict::kKill, 0, &kSurvivor, is_violation},
                               std::move(event), "outlive the run as " + process->executable, "");
    }
    (void)kill(tgid, SIGKILL);
  }
  for (const auto& [tid, since] : orphans_) (void)kill(tid, SIGKILL);
  return names;
}

void PtraceDispatcher::KillAll() { (void)KillSurvivors(false); }

}  // namespace safe_trace
