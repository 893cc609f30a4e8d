#include "launcher/launch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>

#include "launcher/asking.h"
#include "launcher/change_options.h"
#include "launcher/child_environment.h"
#include "launcher/concat.h"
#include "launcher/config_files.h"
#include "launcher/enforcement_report.h"
#include "launcher/event_sinks.h"
#include "launcher/host_paths.h"
#include "launcher/lock_watch.h"
#include "launcher/made_directories.h"
#include "launcher/outer_run.h"
#include "launcher/own_code.h"
#include "launcher/path_search.h"
#include "launcher/progress_line.h"
#include "launcher/run_directory.h"
#include "launcher/run_network.h"
#include "launcher/run_notes.h"
#include "launcher/run_policy.h"
#include "launcher/run_tally.h"
#include "launcher/sandbox_child.h"
#include "launcher/status_line.h"
#include "launcher/terminal_state.h"
#include "launcher/terminal_text.h"
#include "launcher/trace_options.h"
#include "launcher/verbs.h"
#include "preload/shim_protocol.h"
#include "tracer/asking/ask_desk.h"
#include "tracer/deciding/package_domain.h"
#include "tracer/events/run_id.h"
#include "tracer/events/trace_log_writer.h"
#include "tracer/floor/landlock_ruleset.h"
#include "tracer/supervisor/change_report.h"
#include "tracer/supervisor/supervisor.h"
#include "tracer/syscall_status.h"
#include "tracer/tracee/path_resolver.h"

extern char** environ;

namespace safe_trace {
namespace {

// A slow collector is waited for so long before the last line is written, and as long behind it.
constexpr std::chrono::milliseconds kSinkPatience(1500);
constexpr std::string_view kSurvivorRule = "tree.survivor";
constexpr int kExitViolation = 120;
constexpr int kExitTimeout = 124;
constexpr int kExitNotExecutable = 126;
constexpr int kExitNotFound = 127;

std::vector<std::string> OwnEnvironment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable)
    variables.emplace_back(*variable);
  return variables;
}

// Signals that the loop takes, and the mask as it was, which the command gets back.
struct SignalSetup {
  sigset_t original{};
  UniqueFd fd;
};

absl::StatusOr<SignalSetup> BlockSignals() {
  SignalSetup setup;
  sigset_t taken;
  sigemptyset(&taken);
  for (int signal :
       {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTSTP, SIGWINCH}) {
    sigaddset(&taken, signal);
  }
  // Writing to the terminal from the background must not stop the supervisor, nor a reader that
  // went away end it.
  sigset_t blocked = taken;
  sigaddset(&blocked, SIGTTOU);
  sigaddset(&blocked, SIGPIPE);
  if (sigprocmask(SIG_BLOCK, &blocked, &setup.original) != 0) {
    return LastErrnoStatus("blocking signals");
  }
  setup.fd.Reset(signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!setup.fd.valid()) return LastErrnoStatus("signalfd");
  return setup;
}

// The shim lies beside the program, in the build tree or where it was installed.
std::string FindShim() {
  std::error_code error;
  std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return {};
  for (const char* relative : {"../lib/safe-trace", "../lib"}) {
    std::filesystem::path candidate =
        (self.parent_path() / relative / "libsafe-trace-shim.so").lexically_normal();
    if (IsRegularFile(candidate.string())) return candidate.string();
  }
  return {};
}

// "" where it is missing: then violations go without their stacks.
std::string FindUnwinder() {
  std::error_code error;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe", error).string();
  if (error) return {};
  return FindCompanion("unwind", self).value_or("");
}

// Where the user sent the command's input and output, it may open them again by name.
void GrantStandardStreams(Subject& subject) {
  for (int fd = 0; fd <= 2; ++fd) {
    struct stat status {};
    if (fstat(fd, &status) != 0 || !(S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode))) continue;
    std::string path = DescriptorPath(fd);
    if (path.starts_with('/')) {
      subject.own.push_back({path, fd == 0 ? Access::kRead : Access::kWrite});
    }
  }
}

std::string JoinForDisplay(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += Concat(text.empty() ? "" : " ", ShellQuote(word));
    if (text.size() > 4096) break;
  }
  return EscapeForTerminal(text);
}

// One supervised run. Members are in the order in which they are made; they go in reverse.
class Run {
 public:
  explicit Run(const LaunchOptions& options)
      : options_(options), colour_(WantsColour(STDERR_FILENO)) {}
  int Execute();

 private:
  absl::Status Prepare();
  absl::Status PrepareFloor();
  absl::Status PrepareEnvironment();
  absl::Status OpenTrace();
  void Report();
  void Show(const ShownViolation& violation);
  void StartProgress(pid_t command);
  int Supervised(SeizedChild child);
  int BecomeCommand();
  int ExitStatus(const RunOutcome& outcome, const RunSummary& summary) const;
  void Say(const std::string& text) const;

  const LaunchOptions& options_;
  bool colour_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::string program_;
  std::string run_id_;
  int landlock_abi_ = 0;
  RunPolicy run_;
  std::unique_ptr<MadeDirectories> made_;
  std::unique_ptr<RunDirectory> directory_;
  ConfinedDomain root_;
  std::string shim_;
  ChildEnvironment environment_;
  std::vector<std::string> withheld_;  // "NAME=value", for the managers that the command starts
  SignalSetup signals_;
  EnforcementReport report_;
  ChildPlan plan_;
  std::unique_ptr<AskDesk> desk_;  // null: nobody is asked
  std::unique_ptr<RunNetwork> network_;
  TracePlace trace_place_;
  std::unique_ptr<EventSinks> sinks_;  // null: the trace goes nowhere else
  std::unique_ptr<TraceLogWriter> trace_;
  std::unique_ptr<LockWatch> lock_watch_;
  std::unique_ptr<RunTally> tally_;
  std::unique_ptr<RunReporter> reporter_;
  std::unique_ptr<ProgressLine> progress_;  // null: there is no terminal for it
  ViolationLimiter limiter_;
  ViolationLimiter survivor_limiter_;
};

void Run::Say(const std::string& text) const {
  std::fprintf(stderr, "safe-trace: %s\n", text.c_str());
}

absl::Status Run::PrepareFloor() {
  landlock_abi_ = LandlockAbi();
  absl::StatusOr<std::unique_ptr<RunDirectory>> directory =
      RunDirectory::Make(run_.facts.temporary_directories, run_id_);
  if (!directory.ok()) return directory.status();
  directory_ = *std::move(directory);
  made_ = std::make_unique<MadeDirectories>(*run_.profile, run_.facts);
  Subject subject = run_.policy->InitialSubject();
  subject.own.push_back({directory_->path(), Access::kRead | Access::kWrite | Access::kExecute});
  GrantStandardStreams(subject);
  absl::StatusOr<ConfinedDomain> root =
      BuildDomain(*run_.policy, std::move(subject), landlock_abi_);
  if (!root.ok()) return root.status();
  root_ = *std::move(root);
  absl::StatusOr<SeccompProgram> filter =
      BuildSeccompFilter({landlock_abi_ >= 6, landlock_abi_ >= 1});
  if (!filter.ok()) return filter.status();
  plan_.filter = *std::move(filter);
  plan_.ruleset_fd = root_.ruleset.get();
  return absl::OkStatus();
}

absl::Status Run::PrepareEnvironment() {
  std::vector<std::string> variables = OwnEnvironment();
  // Where a home lies inside the temporary directory the kernel alone cannot let new names be made
  // there: the run gets a directory of its own, in which everything goes at full speed.
  std::string temporary = run_.facts.Variable("TMPDIR");
  if (temporary.empty()) temporary = "/tmp";
  if (landlock_abi_ > 0 &&
      !root_.domain->floor.Covers(CanonicalPath(temporary), Access::kRead | Access::kWrite)) {
    std::string own = Concat(directory_->path(), "/tmp");
    if (mkdir(own.c_str(), 0700) != 0) return LastErrnoStatus(Concat("making ", own));
    std::erase_if(variables, [](const std::string& v) { return v.starts_with("TMPDIR="); });
    variables.push_back(Concat("TMPDIR=", own));
  }
  const auto exists = [](const std::string& path) { return access(path.c_str(), F_OK) == 0; };
  for (std::string& variable : run_.policy->VariablesFor(root_.domain->subject, {}, exists)) {
    variables.push_back(std::move(variable));
  }
  shim_ = FindShim();
  environment_ = ScrubEnvironment(*run_.policy, root_.domain->subject, variables, shim_);
  // A manager opens thousands of files, and its own frames say little.
  if (root_.domain->subject.role != Role::kManager) {
    environment_.variables.push_back(ST_WANT_PYTHON_FRAMES "=1");
  }
  if (options_.guard) {
    environment_.variables.push_back(Concat(ST_OWN_CODE "=", OwnCode(run_.facts, run_.config)));
  }
  plan_.environment = environment_.variables;
  for (const std::string& name : environment_.removed) {
    const std::string value = run_.facts.Variable(name);
    withheld_.push_back(Concat(name, "=", value));
  }
  return absl::OkStatus();
}

void Run::Report() {
  report_.Add("supervisor", true, true, "seccomp notification and ptrace");
  report_.Add("landlock", true, landlock_abi_ > 0,
              landlock_abi_ > 0 ? Concat("ABI ", std::to_string(landlock_abi_))
                                : "not offered by this kernel: the supervisor alone decides");
  report_.Add(
      "signal_scope", true, landlock_abi_ >= 6,
      landlock_abi_ >= 6 ? "Landlock" : "needs Landlock ABI 6: every signal is asked about");
  // Refused by a container's filter, the call fails before it looks at its arguments.
  bool takeover = syscall(SYS_pidfd_getfd, -1, -1, 0) != 0 && errno == EBADF;
  report_.Add("socket_takeover", true, takeover,
              takeover ? "" : "pidfd_getfd is refused here: the network stays closed");
  report_.Add("capabilities", geteuid() == 0, geteuid() == 0, geteuid() == 0 ? "dropped" : "");
  report_.Add("shim", true, !shim_.empty(), shim_.empty() ? "not found beside the program" : "");
}

absl::Status Run::OpenTrace() {
  absl::StatusOr<TracePlace> place = PlaceOfTrace(options_, run_.facts, run_.config, run_id_);
  if (!place.ok()) return place.status();
  trace_place_ = *std::move(place);
  absl::StatusOr<std::shared_ptr<const SigningKey>> key =
      LoadSigningKey(run_.config.sign_key, geteuid());
  if (!key.ok()) return key.status();
  absl::StatusOr<std::unique_ptr<EventSinks>> sinks = EventSinks::Start(run_.config.sinks, run_id_);
  if (!sinks.ok()) return sinks.status();
  sinks_ = *std::move(sinks);
  TraceLogOptions options;
  options.path = trace_place_.path;
  options.compress = trace_place_.compress;
  options.run_id = run_id_;
  options.signing_key = *std::move(key);
  if (sinks_ != nullptr) {
    options.copy = [this](std::string_view lines) { sinks_->Take(lines); };
  }
  options.header.command = run_.policy->WithoutSecrets(options_.command);
  options.header.working_directory = run_.facts.working_directory;
  options.header.kernel_features = {Concat("landlock=", std::to_string(landlock_abi_))};
  options.header.policy_digest = run_.policy->Digest();
  options.header.extra = report_.ToFields();
  // What a reader needs to compare this run's paths with another's, and to know what is missing.
  options.header.extra.emplace_back("safe_trace.project", run_.facts.Project());
  if (!run_.facts.home.empty()) {
    options.header.extra.emplace_back("safe_trace.home", run_.facts.home);
  }
  options.header.extra.emplace_back(
      "safe_trace.log_level",
      std::string(options_.log_level == LogLevel::kFull ? "full" : "default"));
  for (const EnforcedMechanism& mechanism : report_.mechanisms()) {
    if (!mechanism.asked) continue;
    options.header.enforcement.push_back(
        Concat(mechanism.name, ": ", mechanism.enforced ? "on" : "missing"));
  }
  if (!environment_.removed.empty()) {
    options.header.extra.emplace_back("safe_trace.removed", environment_.removed);
  }
  absl::StatusOr<std::unique_ptr<TraceLogWriter>> writer =
      OpenTraceWriter(trace_place_, std::move(options));
  if (!writer.ok()) {
    return absl::FailedPreconditionError(
        Concat("the trace cannot be written: ", std::string(writer.status().message()),
               "; choose another place with -o FILE"));
  }
  trace_ = *std::move(writer);
  lock_watch_ = std::make_unique<LockWatch>(*trace_, run_.lock);
  tally_ = std::make_unique<RunTally>(*lock_watch_);
  reporter_ = std::make_unique<RunReporter>(*tally_, [this](const ShownViolation& v) { Show(v); });
  return absl::OkStatus();
}

void Run::Show(const ShownViolation& violation) {
  // What was still running at the end must not go unsaid for what came before.
  ViolationLimiter& limiter = violation.rule_id == kSurvivorRule ? survivor_limiter_ : limiter_;
  std::string line = limiter.Admit(
      FormatViolation({violation.subject, violation.doing, violation.verdict, violation.rule_id,
                       violation.how_to_allow, violation.never_allowed},
                      colour_));
  if (line.empty()) return;
  if (progress_ != nullptr) progress_->Clear();
  std::fprintf(stderr, "%s\n", line.c_str());
}

// Of managers only: other commands may be editors and shells. Where the user may be asked, the
// terminal is for that.
void Run::StartProgress(pid_t command) {
  const bool is_manager = run_.policy->InitialSubject().role == Role::kManager;
  if (!is_manager || options_.quiet || options_.json || options_.ask) return;
  progress_ = ProgressLine::Start(command, [this] {
    const auto since = std::chrono::steady_clock::now() - started_;
    return ProgressText(std::chrono::duration_cast<std::chrono::seconds>(since), tally_->counts());
  });
}

absl::Status Run::Prepare() {
  absl::StatusOr<std::string> run_id = NewRunId();
  if (!run_id.ok()) return run_id.status();
  run_id_ = *std::move(run_id);
  absl::Status status = ValidateLimits(run_.config);
  if (status.ok()) status = PrepareFloor();
  if (status.ok()) status = PrepareEnvironment();
  if (!status.ok()) return status;
  Report();
  if (options_.require == Require::kFull && !report_.full()) {
    return absl::FailedPreconditionError(Concat("--require full: ", report_.ToText(),
                                                "\nsafe-trace: `safe-trace doctor` says more"));
  }
  if (!report_.full() && !options_.quiet) Say(report_.ToText());
  absl::StatusOr<SignalSetup> signals = BlockSignals();
  if (!signals.ok()) return signals.status();
  signals_ = *std::move(signals);
  if (options_.ask) desk_ = OpenAskDesk(options_, *run_.allowances);
  if (options_.ask && desk_ == nullptr) {
    Say("--ask: there is no terminal, so nobody is asked; what is refused says how to allow it");
  }
  absl::StatusOr<std::unique_ptr<RunNetwork>> network =
      RunNetwork::Start(*run_.policy, desk_.get());
  if (!network.ok()) return network.status();
  network_ = *std::move(network);
  status = OpenTrace();
  if (!status.ok()) return status;
  // Whoever loses its parent becomes a child of the supervisor, which reaps it.
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  // Made on a task's behalf, a file gets the mode that the task's umask leaves.
  plan_.file_mode_mask = umask(0);
  plan_.path = program_;
  plan_.arguments = options_.command;
  plan_.limits = LimitsFromConfig(run_.config, run_.config.pids ? CountTasksOfUser(getuid()) : 0);
  plan_.processors = static_cast<int>(std::ceil(run_.config.cpu_limit.value_or(0)));
  plan_.drop_capabilities = geteuid() == 0;
  plan_.signal_mask = signals_.original;
  plan_.kept_descriptors = DescriptorsNamedBy(options_.command);
  return absl::OkStatus();
}

// Runs the command in place of this process.
int Run::BecomeCommand() {
  std::vector<char*> arguments;
  for (const std::string& word : options_.command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  execv(program_.c_str(), arguments.data());
  return Fail(LastErrnoStatus(Concat("running ", program_)));
}

int Run::Execute() {
  const char* path = getenv("PATH");
  absl::StatusOr<std::string> program =
      FindProgram(options_.command.front(), path == nullptr ? "" : path);
  if (!program.ok()) {
    Say(std::string(program.status().message()));
    return absl::IsNotFound(program.status()) ? kExitNotFound : kExitNotExecutable;
  }
  program_ = *std::move(program);
  if (IsInsideRun()) {
    // Said once, also where shims on PATH start safe-trace again and again.
    constexpr char kSaid[] = "SAFE_TRACE_SAID_INSIDE";
    if (getenv(kSaid) == nullptr && !options_.quiet) {
      Say("this is inside a run of safe-trace, which goes on supervising it: options given here "
          "do not count");
    }
    setenv(kSaid, "1", 1);
    return BecomeCommand();
  }
  absl::StatusOr<ConfigLocations> locations = FindConfigLocations();
  if (!locations.ok()) return Fail(locations.status());
  absl::StatusOr<RunPolicy> run = BuildRunPolicy(options_, options_.command, program_, *locations);
  if (!run.ok()) return Fail(run.status());
  run_ = *std::move(run);
  if (!run_.config.enabled.value_or(true)) {
    Say("[sandbox] enabled = false: the command runs without supervision");
    return BecomeCommand();
  }
  absl::Status status = Prepare();
  if (!status.ok()) return Fail(status);
  absl::StatusOr<SeizedChild> child = StartChild(plan_);
  if (!child.ok()) return Fail(child.status());
  // The supervised side runs as the same user: nobody but root may look into the supervisor. Not
  // before the fork: the child would inherit it, and an ordinary user could not trace the child.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  return Supervised(*std::move(child));
}

int Run::Supervised(SeizedChild child) {
  SupervisorOptions options;
  options.record_all = options_.log_level == LogLevel::kFull;
  options.landlock_abi = landlock_abi_;
  options.shim_path = shim_;
  options.unwinder_path = FindUnwinder();
  options.withheld_variables = withheld_;
  if (options_.guard) options.own_code = OwnCode(run_.facts, run_.config);
  options.temporary_root = directory_->path();
  options.maximum_tasks = run_.config.pids.value_or(0);
  options.timeout_seconds = run_.config.timeout_seconds.value_or(0);
  options.kill_on_violation = run_.config.on_violation == ViolationAction::kKill;
  child.signal_fd = signals_.fd.get();
  const TerminalState terminal = TerminalState::Save();
  StartProgress(child.pid);
  RunOutcome outcome =
      Supervise({*run_.policy, root_.domain, network_->broker(), network_->dns_gate(),
                 network_->relay(), network_->relay_gate(), *reporter_, trace_->error_fd(),
                 [this] { return trace_->status(); }, desk_.get()},
                std::move(child), options);
  if (desk_ != nullptr) {
    desk_->Close();
    desk_->Flush(*reporter_);
  }
  progress_.reset();
  terminal.Restore();
  RunSummary summary;
  ReportChanges(reporter_->changes(), ChangeOptionsFor(run_.facts, options.record_all), *trace_,
                summary);
  NoteStartupFiles(*run_.startup_files, *reporter_, summary);
  reporter_->Finish(summary);
  lock_watch_->Finish([this](const ShownViolation& v) { Show(v); }, summary);
  NoteDownloads(summary);
  for (const std::string& interpreter : outcome.unheld_interpreters) {
    summary.notes.push_back(Concat("packages that ", interpreter,
                                   " imported were not held: CPython 3.8 or later is needed, with "
                                   "its C API exported"));
  }
  summary.run_id = run_id_;
  summary.command = JoinForDisplay(run_.policy->WithoutSecrets(options_.command));
  summary.trace_path = trace_place_.path;
  summary.trace_name = trace_place_.name;
  summary.command_status = outcome.status;
  if (outcome.end == RunEnd::kKilled) summary.ended_because = outcome.message;
  summary.notifications = outcome.notifications;
  summary.removed_variables = environment_.removed;
  summary.survivors = outcome.survivors;
  summary.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  summary.exit_status = ExitStatus(outcome, summary);
  if (sinks_ != nullptr) {
    trace_->Flush();
    summary.sinks = sinks_->Settle(kSinkPatience);
  }
  absl::Status closed = trace_->Close(summary);
  if (sinks_ != nullptr) summary.sinks = sinks_->Finish(kSinkPatience);
  summary.dropped_events = trace_->dropped_events();
  if (!closed.ok() && outcome.end != RunEnd::kSupervisionLost) {
    Say(Concat("the trace is incomplete: ", std::string(closed.message())));
    summary.exit_status = kExitOwnFailure;
  }
  for (const ViolationLimiter* limiter : {&limiter_, &survivor_limiter_}) {
    std::string closing = limiter->Closing();
    if (!closing.empty()) std::fprintf(stderr, "%s\n", closing.c_str());
  }
  if (!outcome.message.empty()) Say(outcome.message);
  if (outcome.end == RunEnd::kExecFailed) {
    Say(Concat(options_.command.front(), ": ", strerror(outcome.exec_error)));
  }
  if (options_.json) {
    std::fprintf(stderr, "%s\n", SummaryJson(summary).c_str());
  } else if (!options_.quiet) {
    std::fputs(FormatSummary(summary, colour_).c_str(), stderr);
  }
  return summary.exit_status;
}

int Run::ExitStatus(const RunOutcome& outcome, const RunSummary& summary) const {
  switch (outcome.end) {
    case RunEnd::kExecFailed:
      return outcome.exec_error == ENOENT ? kExitNotFound : kExitNotExecutable;
    case RunEnd::kTimedOut:
      return kExitTimeout;
    case RunEnd::kSupervisionLost:
      return kExitOwnFailure;
    case RunEnd::kKilled:
      return kExitViolation;
    case RunEnd::kExited:
      break;
  }
  if (outcome.status != 0 || !run_.config.fail_on_violation.value_or(true)) return outcome.status;
  if (lock_watch_->violations() > 0) return kExitViolation;
  for (const PackageSummary& package : summary.packages) {
    if (package.violations > 0) return kExitViolation;
  }
  return 0;
}

}  // namespace

int Launch(const LaunchOptions& options) { return Run(options).Execute(); }

}  // namespace safe_trace
