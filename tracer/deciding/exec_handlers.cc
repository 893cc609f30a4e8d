#include "tracer/deciding/exec_handlers.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "policy/publishing.h"
#include "preload/shim_protocol.h"
#include "tracer/arch/x86_64.h"
#include "tracer/deciding/call_arguments.h"
#include "tracer/deciding/file_report.h"
#include "tracer/tracee/elf_image.h"

namespace safe_trace {
namespace {

const Rule kMadeBesideHidden{"floor.made-beside-hidden",
                             "made during the run beside a hidden file; run it from a "
                             "subdirectory or from $TMPDIR"};

constexpr size_t kMaximumFactFile = 64 * 1024;
constexpr size_t kMaximumRemovedList = 4096;  // bytes, as the shim reads

const Rule kForeignArchitecture{"exec.foreign-architecture",
                                "only 64-bit programs of this machine can be supervised"};

TraceEvent ExecEvent(std::string_view path) {
  TraceEvent event;
  event.action = "process-exec";
  event.category = "process";
  event.Set("file.path", std::string(path));
  return event;
}

// A rule's small file: read without waiting on pipes, nothing but regular files.
std::string ReadFactFile(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!fd.valid() || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  std::string text(kMaximumFactFile, '\0');
  ssize_t count = pread(fd.get(), text.data(), text.size(), 0);
  text.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return text;
}

bool NeedsSanitizerFirst(const ElfImage& elf) {
  return std::any_of(elf.needed.begin(), elf.needed.end(), [](const std::string& name) {
    return name.starts_with("libasan.so") || name.starts_with("libclang_rt.asan");
  });
}

std::string_view NameOf(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}
std::string_view ValueOf(std::string_view variable) {
  size_t equals = variable.find('=');
  return equals == std::string_view::npos ? std::string_view() : variable.substr(equals + 1);
}

// What package code is given of its own in place of what lies in the home. git takes a
// configuration that it may look at but not open for an error; compiler caches fail where they
// cannot write.
std::vector<std::pair<const char*, std::string>> PackageVariables(const std::string& own) {
  return {{"TMPDIR", own},
          {"XDG_CACHE_HOME", own + "/.cache"},
          {"CCACHE_DIR", own + "/.cache/ccache"},
          {"GIT_CONFIG_GLOBAL", "/dev/null"}};
}

std::string Joined(const std::vector<std::string>& names, size_t limit) {
  std::string text;
  for (const std::string& name : names) {
    if (text.size() + name.size() + 1 > limit) break;
    if (!text.empty()) text += ':';
    text += name;
  }
  return text;
}

}  // namespace

SyscallAction ExecHandlers::Handle(const SyscallInvocation& call, Process& process) const {
  bool is_at = call.number == SYS_execveat;
  int dirfd = is_at ? IntArgument(call, 0) : AT_FDCWD;
  int flags = is_at ? IntArgument(call, 4) : 0;
  std::string path;
  int error = ReadPath(memory_, call.tid, call.arguments[is_at ? 1 : 0], path);
  if (error != 0) return Fail{error};
  PinnedPath pinned;
  TaskRef task = TaskOf(call, process);
  if (path.empty()) {
    if ((flags & AT_EMPTY_PATH) == 0) return Fail{ENOENT};
    error = resolver_.ResolveDescriptor(task, dirfd, pinned);
  } else {
    error = resolver_.Resolve(task, dirfd, path, (flags & AT_SYMLINK_NOFOLLOW) == 0, pinned);
  }
  if (error == kForeignMagicLink) return Fail{EACCES};
  if (error != 0) return Fail{error};
  Decision decision = policy_.EvaluateExecute(process.domain->subject, pinned.path);
  if (!decision.allowed()) {
    reporter_.ReportDecision(process, decision, ExecEvent(pinned.path), "run " + pinned.path, "");
    return Fail{decision.error};
  }
  // The kernel opens a program for reading too. Where a hidden file made the floor name the entries
  // of a directory one by one, what was made there since is not among them.
  bool on_disk = pinned.path.starts_with('/') && !pinned.path.starts_with("/memfd:");
  if (options_.floor_present && on_disk &&
      !floor_.Covers(*process.domain, pinned.path, Access::kRead | Access::kExecute)) {
    Decision refusal{Verdict::kDeny, EACCES, &kMadeBesideHidden, false};
    reporter_.ReportDecision(process, refusal, ExecEvent(pinned.path), "run " + pinned.path, "");
    return Fail{EACCES};
  }
  UniqueFd file(open(DescriptorLink(pinned.object.get()).c_str(),
                     O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.valid()) {
    absl::StatusOr<ElfImage> elf = ReadElfImage(file.get());
    if (elf.ok() && elf->is_elf && elf->is_64_bit) {
      // Of a script the interpreter counts, which AfterExec sees.
      decision = policy_.EvaluateLockedProgram(process.domain->subject, pinned.path);
      if (!decision.allowed()) {
        reporter_.ReportDecision(process, decision, ExecEvent(pinned.path), "run " + pinned.path,
                                 "");
        return Fail{decision.error};
      }
    }
    if (elf.ok() && elf->is_elf && !elf->is_64_bit) {
      Decision refusal{Verdict::kDeny, ENOEXEC, &kForeignArchitecture, false};
      reporter_.ReportDecision(process, refusal, ExecEvent(pinned.path), "run " + pinned.path, "");
      return Fail{ENOEXEC};
    }
  }
  // The kernel resolves the path again; AfterExec judges what it found.
  return Continue{ContinueReason::kKernelMustRun};
}

absl::StatusOr<ExecOutcome> ExecHandlers::AfterExec(Process& process, Image& image) const {
  process.executable = image.executable;
  process.arguments = policy_.WithoutSecrets(image.arguments);
  ++process.exec_generation;
  const Subject& subject = process.domain->subject;
  ExecOutcome outcome;
  Decision decision = policy_.EvaluateExecute(subject, image.executable);
  std::string doing = "run " + image.executable;
  if (decision.allowed() && !MayPublish(subject)) {
    std::optional<std::string> command = PublishingCommand(image.arguments, image.executable);
    if (command.has_value()) {
      decision = PublishingRefused();
      doing = "run " + *command;
    }
  }
  if (!decision.allowed()) {
    KillImage(process, image, decision, doing, outcome);
    return outcome;
  }
  bool may_change = Policy::MayChangeAtExec(subject);
  if (!may_change) {
    HoldToLock(process, image, outcome);
    if (outcome.kill || options_.shim_path.empty()) return outcome;
  }
  absl::StatusOr<std::vector<std::string>> environment = ReadEnvironmentOf(process.tgid);
  if (!environment.ok()) return environment.status();
  if (may_change) {
    ExecFacts facts{image.executable, image.arguments, *environment, image.working_directory,
                    ReadFactFile};
    Subject after = policy_.SubjectAfterExec(subject, facts);
    if (after != subject) {
      absl::Status status = EnterSubject(process, std::move(after), *environment, outcome);
      if (!status.ok()) return status;
      HoldToLock(process, image, outcome);
      if (outcome.kill) return outcome;
    }
  }
  DropForeignPreload(image, *environment, outcome.surgery.environment);
  if (subject.role == Role::kProgram && !options_.own_code.empty()) {
    KeepGuard(image, *environment, outcome.surgery.environment);
  }
  return outcome;
}

void ExecHandlers::KillImage(const Process& process, const Image& image, Decision decision,
                             std::string_view doing, ExecOutcome& outcome) const {
  decision.verdict = Verdict::kKill;
  TraceEvent event = ExecEvent(image.executable);
  event.Set("process.args", process.arguments);
  reporter_.ReportDecision(process, decision, std::move(event), doing, "");
  outcome.kill = true;
}

// Of whoever the process has become: the first program of a package is not started by itself.
void ExecHandlers::HoldToLock(const Process& process, const Image& image,
                              ExecOutcome& outcome) const {
  const Decision decision =
      policy_.EvaluateLockedProgram(process.domain->subject, image.executable);
  if (!decision.allowed()) {
    KillImage(process, image, decision, "run " + image.executable, outcome);
  }
}

// The process gets a domain of its own, and the surgery that makes its image fit it.
absl::Status ExecHandlers::EnterSubject(Process& process, Subject subject,
                                        const std::vector<std::string>& environment,
                                        ExecOutcome& outcome) const {
  const Subject before = process.domain->subject;
  absl::StatusOr<ConfinedDomain> confined =
      subject.role == Role::kManager ? domains_.MakeManager(std::move(subject), process.domain)
                                     : domains_.Make(std::move(subject), process.domain);
  if (!confined.ok()) return confined.status();
  process.domain = confined->domain;
  outcome.surgery.ruleset = std::move(confined->ruleset);
  EditEnvironment(process, before, environment, outcome);
  return absl::OkStatus();
}

// Only where scripts of packages are node's, and the words need no quoting.
void ExecHandlers::AddNodeHook(const Subject& subject, const std::vector<std::string>& environment,
                               EnvironmentEdit& edit) const {
  constexpr std::string_view kVariable = "NODE_OPTIONS";
  const bool is_node_package =
      subject.role == Role::kPackage &&
      (subject.ecosystem == "npm" || subject.ecosystem == "yarn" || subject.ecosystem == "pnpm");
  if (!is_node_package || options_.shim_path.empty()) return;
  const std::string hook = NodeHookBeside(options_.shim_path);
  if (access(hook.c_str(), R_OK) != 0 || hook.find_first_of("\"\\ '") != hook.npos) return;
  std::string value;
  for (const std::string& variable : environment) {
    if (NameOf(variable) == kVariable) value = ValueOf(variable);
  }
  if (value.find(hook) != value.npos) return;
  edit.removed_names.emplace_back(kVariable);
  edit.added.push_back(std::string(kVariable) + "=" + value + (value.empty() ? "" : " ") +
                       "--require " + hook);
}

void ExecHandlers::EditEnvironment(const Process& process, const Subject& before,
                                   const std::vector<std::string>& environment,
                                   ExecOutcome& outcome) const {
  const Subject& subject = process.domain->subject;
  std::vector<std::string>& removed = outcome.removed_variables;
  std::string list_before;
  for (const std::string& variable : environment) {
    VariableRequest request{NameOf(variable), ValueOf(variable)};
    if (request.name == ST_REMOVED_VARIABLES) list_before = ValueOf(variable);
    if (policy_.EvaluateVariable(subject, request).allowed()) continue;
    removed.emplace_back(request.name);
  }
  EnvironmentEdit& edit = outcome.surgery.environment;
  edit.removed_names = removed;
  if (!process.domain->temporary_directory.empty() && subject.role == Role::kPackage) {
    for (const char* name : {"TMP", "TEMP"}) edit.removed_names.emplace_back(name);
    const std::string& own = process.domain->temporary_directory;
    for (const auto& [name, value] : PackageVariables(own)) {
      edit.removed_names.emplace_back(name);
      edit.added.push_back(std::string(name) + "=" + value);
    }
  }
  const bool is_new_manager =
      subject.role == Role::kManager && subject.ecosystem != before.ecosystem;
  const bool is_script = subject.role != Role::kManager && before.role == Role::kManager;
  if (is_new_manager || is_script) {
    for (std::string& variable : policy_.VariablesFor(
             subject, options_.withheld_variables,
             [](const std::string& path) { return access(path.c_str(), F_OK) == 0; })) {
      const std::string prefix(variable, 0, variable.find('=') + 1);
      const bool is_set = std::any_of(environment.begin(), environment.end(),
                                      [&](const auto& v) { return v.starts_with(prefix); });
      if (!is_set) edit.added.push_back(std::move(variable));
    }
  }
  AddNodeHook(subject, environment, edit);
  // A manager opens thousands of files, and its own frames say little.
  edit.removed_names.emplace_back(ST_WANT_PYTHON_FRAMES);
  if (subject.role != Role::kManager) edit.added.push_back(ST_WANT_PYTHON_FRAMES "=1");
  // The shim reports lookups of what is gone; what the launcher removed stays in the list.
  std::string list = Joined(removed, kMaximumRemovedList);
  if (!list_before.empty() && list.size() + 1 + list_before.size() <= kMaximumRemovedList) {
    list += (list.empty() ? "" : ":") + list_before;
  }
  if (list == list_before) return;
  edit.removed_names.emplace_back(ST_REMOVED_VARIABLES);
  if (!list.empty()) edit.added.push_back(std::string(ST_REMOVED_VARIABLES) + "=" + list);
}

// A program may start others with an environment of its own making.
void ExecHandlers::KeepGuard(const Image& image, const std::vector<std::string>& environment,
                             EnvironmentEdit& edit) const {
  if (options_.shim_path.empty()) return;
  std::string preload;
  bool is_told = false;
  bool wants_frames = false;
  for (const std::string& variable : environment) {
    if (NameOf(variable) == "LD_PRELOAD") preload = ValueOf(variable);
    if (NameOf(variable) == ST_OWN_CODE) is_told = ValueOf(variable) == options_.own_code;
    if (NameOf(variable) == ST_WANT_PYTHON_FRAMES) wants_frames = ValueOf(variable) == "1";
  }
  const bool is_preloaded = preload.find(options_.shim_path) != std::string::npos;
  if (is_preloaded && is_told && wants_frames) return;
  absl::StatusOr<ElfImage> elf = ReadElfImage(image.file.get());
  if (!elf.ok() || elf->interpreter != kPlatformInterpreter || NeedsSanitizerFirst(*elf)) return;
  for (const char* name : {"LD_PRELOAD", ST_OWN_CODE, ST_WANT_PYTHON_FRAMES}) {
    edit.removed_names.emplace_back(name);
  }
  if (!is_preloaded) preload = options_.shim_path + (preload.empty() ? "" : ":") + preload;
  edit.added.push_back("LD_PRELOAD=" + preload);
  edit.added.push_back(ST_OWN_CODE "=" + options_.own_code);
  edit.added.push_back(ST_WANT_PYTHON_FRAMES "=1");
}

// Another C library's dynamic linker would refuse to start with glibc's shim, and a sanitizer's
// runtime refuses to come second.
void ExecHandlers::DropForeignPreload(const Image& image,
                                      const std::vector<std::string>& environment,
                                      EnvironmentEdit& edit) const {
  if (options_.shim_path.empty()) return;
  auto preload = std::find_if(environment.begin(), environment.end(),
                              [](const std::string& v) { return v.starts_with("LD_PRELOAD="); });
  if (preload == environment.end()) return;
  absl::StatusOr<ElfImage> elf = ReadElfImage(image.file.get());
  if (!elf.ok() || elf->interpreter.empty()) return;
  if (elf->interpreter == kPlatformInterpreter && !NeedsSanitizerFirst(*elf)) return;
  std::string value(ValueOf(*preload));
  size_t at = value.find(options_.shim_path);
  if (at == std::string::npos) return;
  size_t end = at + options_.shim_path.size();
  if (end < value.size() && (value[end] == ':' || value[end] == ' ')) ++end;
  value.erase(at, end - at);
  edit.removed_names.emplace_back("LD_PRELOAD");
  if (!value.empty()) edit.added.push_back("LD_PRELOAD=" + value);
}

}  // namespace safe_trace
