#include "launcher/sandbox_child.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "tracer/floor/landlock_ruleset.h"
#include "tracer/syscall_status.h"
#include "tracer/tracee/ptrace_requests.h"

namespace safe_trace {
namespace {

enum class Step : int {
  kListener,  // no failure: `value` is the listener's number in the shared descriptor table
  kNoNewPrivileges,
  kCapabilities,
  kLimits,
  kLandlock,
  kSeccomp,
  kDescriptors,
  kReady,  // no failure: the child has a descriptor table of its own
};

struct Message {
  Step step;
  int value;  // errno value, or the listener
};

const char* StepText(Step step) {
  switch (step) {
    case Step::kListener:
      return "handing over the listener";
    case Step::kNoNewPrivileges:
      return "setting no_new_privs";
    case Step::kCapabilities:
      return "dropping capabilities";
    case Step::kLimits:
      return "setting resource limits";
    case Step::kLandlock:
      return "entering the Landlock domain";
    case Step::kSeccomp:
      return "installing the seccomp filter with its listener (Linux 5.19 or newer is needed, and "
             "no other supervisor around this process)";
    case Step::kDescriptors:
    case Step::kReady:
      return "closing inherited descriptors";
  }
  return "starting the command";
}

// What installs as root need: to give files away and to drop to a user. Nothing that reads other
// processes (CAP_SYS_PTRACE, CAP_PERFMON, CAP_SYS_ADMIN) or changes the machine.
constexpr uint64_t kKeptCapabilities = (1ULL << CAP_CHOWN) | (1ULL << CAP_DAC_OVERRIDE) |
                                       (1ULL << CAP_FOWNER) | (1ULL << CAP_FSETID) |
                                       (1ULL << CAP_SETGID) | (1ULL << CAP_SETUID);

// From here to RunChild: code between fork and exec. Async-signal-safe calls only, no allocation;
// the descriptor table is shared with the launcher until unshare().

int DropCapabilities() {
  for (int capability = 0; capability <= 63; ++capability) {
    if ((kKeptCapabilities >> capability & 1) != 0) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
      if (errno == EINVAL) break;  // beyond what this kernel knows
      return errno;
    }
  }
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) {
    return errno;
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (syscall(SYS_capget, &header, data.data()) != 0) return errno;
  auto low = static_cast<uint32_t>(kKeptCapabilities);
  data[0] = {data[0].effective & low, data[0].permitted & low, 0};
  data[1] = {0, 0, 0};
  return syscall(SYS_capset, &header, data.data()) != 0 ? errno : 0;
}

// Leaves the first `count` of the processors that the launcher itself may use.
int LimitProcessors(int count) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return errno;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (!CPU_ISSET(processor, &allowed)) continue;
    if (count > 0) {
      --count;
    } else {
      CPU_CLR(processor, &allowed);
    }
  }
  return sched_setaffinity(0, sizeof(allowed), &allowed) != 0 ? errno : 0;
}

int CloseRange(unsigned first, unsigned last) {
  if (first > last) return 0;
  return syscall(SYS_close_range, first, last, 0) != 0 ? errno : 0;
}

// Leaves 0, 1, 2, `errors` and what is kept. `kept` ascends.
int CloseDescriptors(const std::vector<int>& kept, int errors) {
  unsigned next = 3;
  bool errors_done = false;
  auto keep = [&next](int fd) {
    int error = CloseRange(next, static_cast<unsigned>(fd) - 1);
    next = std::max(next, static_cast<unsigned>(fd) + 1);
    return error;
  };
  for (int fd : kept) {
    if (fd < 3 || fd == errors) continue;
    if (!errors_done && errors < fd) {
      if (int error = keep(errors); error != 0) return error;
      errors_done = true;
    }
    if (int error = keep(fd); error != 0) return error;
  }
  if (!errors_done) {
    if (int error = keep(errors); error != 0) return error;
  }
  return CloseRange(next, ~0U);
}

struct ChildArguments {
  const ChildPlan* plan;
  char* const* argv;
  char* const* envp;
  char* const* shell_argv;
  int go;      // readable when the launcher has seized
  int report;  // Message, then nothing
  int errors;  // close-on-exec: an int errno when the exec failed
};

[[noreturn]] void ReportFailure(const ChildArguments& child, Step step, int error) {
  Message message{step, error};
  if (write(child.report, &message, sizeof(message)) < 0) _exit(125);
  _exit(125);
}

[[noreturn]] void RunChild(const ChildArguments& child) {
  const ChildPlan& plan = *child.plan;
  // Should the launcher die before it has seized, nothing else would end this process.
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  char go = 0;
  if (read(child.go, &go, 1) != 1) _exit(125);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    ReportFailure(child, Step::kNoNewPrivileges, errno);
  }
  int error = ApplyResourceLimits(plan.limits);
  if (error != 0) ReportFailure(child, Step::kLimits, error);
  if (plan.processors > 0 && (error = LimitProcessors(plan.processors)) != 0) {
    ReportFailure(child, Step::kLimits, error);
  }
  if (plan.drop_capabilities && (error = DropCapabilities()) != 0) {
    ReportFailure(child, Step::kCapabilities, error);
  }
  if (plan.ruleset_fd >= 0 && (error = RestrictSelf(plan.ruleset_fd)) != 0) {
    ReportFailure(child, Step::kLandlock, error);
  }
  umask(plan.file_mode_mask);
  sigprocmask(SIG_SETMASK, &plan.signal_mask, nullptr);
  int listener = InstallSeccompFilter(plan.filter);
  if (listener < 0) ReportFailure(child, Step::kSeccomp, -listener);
  // The number is good in the launcher too: the table is still shared. Nothing has to be sent over
  // a socket, which would already be notified, with nobody to answer.
  Message message{Step::kListener, listener};
  if (write(child.report, &message, sizeof(message)) != sizeof(message)) _exit(125);
  // The launcher copies the number before it says so.
  if (read(child.go, &go, 1) != 1) _exit(125);
  if (unshare(CLONE_FILES) != 0) ReportFailure(child, Step::kDescriptors, errno);
  message.step = Step::kReady;
  if (write(child.report, &message, sizeof(message)) != sizeof(message)) _exit(125);
  if (CloseDescriptors(plan.kept_descriptors, child.errors) != 0) _exit(125);
  execve(plan.path.c_str(), child.argv, child.envp);
  error = errno;
  if (error == ENOEXEC) {
    // As execvp and every shell: a text without "#!" is a shell script.
    execve("/bin/sh", child.shell_argv, child.envp);
    error = errno;
  }
  if (write(child.errors, &error, sizeof(error)) < 0) _exit(126);
  _exit(error == ENOENT ? 127 : 126);
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

absl::Status MakePipe(UniqueFd& reader, UniqueFd& writer) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return LastErrnoStatus("making a pipe");
  reader.Reset(ends[0]);
  writer.Reset(ends[1]);
  return absl::OkStatus();
}

absl::Status Abandon(pid_t pid, absl::Status status) {
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, __WALL);
  return status;
}

// The child's word, or what became of it. Takes its ptrace stops meanwhile: it may get a signal.
absl::StatusOr<Message> ReadMessage(pid_t pid, int report) {
  constexpr int kAttempts = 300;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    pollfd ready{report, POLLIN, 0};
    if (poll(&ready, 1, 100) > 0) {
      Message message{};
      if (read(report, &message, sizeof(message)) == sizeof(message)) return message;
      return absl::InternalError("the child said something else than expected");
    }
    int status = 0;
    pid_t waited = waitpid(pid, &status, __WALL | WNOHANG);
    if (waited == pid && (WIFEXITED(status) || WIFSIGNALED(status))) {
      return absl::InternalError("the child died while it confined itself");
    }
    if (waited == pid && WIFSTOPPED(status)) (void)Resume(pid, 0);
  }
  return absl::DeadlineExceededError("the child did not confine itself within 30 s");
}

}  // namespace

absl::StatusOr<SeizedChild> StartChild(const ChildPlan& plan) {
  std::vector<char*> argv = Pointers(plan.arguments);
  std::vector<char*> envp = Pointers(plan.environment);
  std::vector<std::string> shell{"sh", plan.path};
  if (!plan.arguments.empty()) {
    shell.insert(shell.end(), plan.arguments.begin() + 1, plan.arguments.end());
  }
  std::vector<char*> shell_argv = Pointers(shell);
  UniqueFd go_reader, go_writer, report_reader, report_writer, errors_reader, errors_writer;
  absl::Status status = MakePipe(go_reader, go_writer);
  if (status.ok()) status = MakePipe(report_reader, report_writer);
  if (status.ok()) status = MakePipe(errors_reader, errors_writer);
  if (!status.ok()) return status;

  ChildArguments arguments{
      &plan,           argv.data(),         envp.data(),        shell_argv.data(),
      go_reader.get(), report_writer.get(), errors_writer.get()};
  // As fork, but with one descriptor table until the child unshares it.
  auto pid = static_cast<pid_t>(
      syscall(SYS_clone, CLONE_FILES | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (pid < 0) return LastErrnoStatus("fork");
  if (pid == 0) RunChild(arguments);

  status = Seize(pid);
  if (!status.ok()) {
    return Abandon(pid, absl::FailedPreconditionError(
                            "the command cannot be traced (" + std::string(status.message()) +
                            "); `safe-trace doctor` says what this machine allows"));
  }
  if (write(go_writer.get(), "g", 1) != 1) return Abandon(pid, LastErrnoStatus("starting"));
  absl::StatusOr<Message> message = ReadMessage(pid, report_reader.get());
  if (!message.ok()) return Abandon(pid, message.status());
  if (message->step != Step::kListener) {
    return Abandon(pid, ErrnoStatus(message->value, StepText(message->step)));
  }
  SeizedChild child;
  child.pid = pid;
  child.listener.Reset(fcntl(message->value, F_DUPFD_CLOEXEC, 3));
  if (!child.listener.valid()) return Abandon(pid, LastErrnoStatus(StepText(Step::kListener)));
  close(message->value);
  if (write(go_writer.get(), "g", 1) != 1) return Abandon(pid, LastErrnoStatus("starting"));
  // The pipes' ends are closed on return: not before the child has a table of its own.
  message = ReadMessage(pid, report_reader.get());
  if (!message.ok()) return Abandon(pid, message.status());
  if (message->step != Step::kReady) {
    return Abandon(pid, ErrnoStatus(message->value, StepText(message->step)));
  }
  child.exec_errors = std::move(errors_reader);
  return child;
}

std::vector<int> DescriptorsNamedBy(const std::vector<std::string>& arguments) {
  std::vector<int> named;
  for (const std::string& argument : arguments) {
    for (const char* prefix : {"/dev/fd/", "/proc/self/fd/"}) {
      size_t at = argument.find(prefix);
      if (at == std::string::npos) continue;
      char* end = nullptr;
      long fd = strtol(argument.c_str() + at + strlen(prefix), &end, 10);
      if (fd >= 3 && fd < 65536 && fcntl(static_cast<int>(fd), F_GETFD) != -1) {
        named.push_back(static_cast<int>(fd));
      }
    }
  }
  std::sort(named.begin(), named.end());
  named.erase(std::unique(named.begin(), named.end()), named.end());
  return named;
}

}  // namespace safe_trace
