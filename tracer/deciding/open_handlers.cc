#include "tracer/deciding/open_handlers.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "policy/lexical_path.h"
#include "preload/shim_protocol.h"
#include "tracer/deciding/call_arguments.h"
#include "tracer/deciding/file_report.h"
#include "tracer/tracee/process_status.h"

namespace safe_trace {
namespace {

constexpr uint64_t kTmpFileBit = O_TMPFILE & ~O_DIRECTORY;
// What the caller may ask of an object that is opened through its pin.
constexpr uint64_t kReopenFlags = O_ACCMODE | O_APPEND | O_DIRECT | O_DIRECTORY | O_DSYNC |
                                  O_NOATIME | O_NONBLOCK | O_SYNC | O_TRUNC | O_LARGEFILE;

bool IsTemporaryFile(uint64_t flags) { return (flags & kTmpFileBit) != 0; }

// Nothing happens when these are opened for reading.
bool IsFileOrDirectory(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 && (S_ISDIR(status.st_mode) || S_ISREG(status.st_mode));
}

// What stands before a path's last component; "." where that is all.
std::string DirectoryPart(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return path.substr(0, slash + 1);
}

Access AccessOf(uint64_t flags) {
  Access access = Access::kNone;
  uint64_t mode = flags & O_ACCMODE;
  if (mode == O_RDONLY || mode == O_RDWR) access = access | Access::kRead;
  if (mode != O_RDONLY || (flags & (O_TRUNC | O_CREAT)) == (O_TRUNC | O_CREAT) ||
      (flags & O_TRUNC) != 0 || IsTemporaryFile(flags)) {
    access = access | Access::kWrite;
  }
  return access;
}

// Opening these can wait for another process, or for a device.
bool MayBlock(mode_t mode, uint64_t flags) { return S_ISFIFO(mode) && (flags & O_NONBLOCK) == 0; }

InjectFd Injected(int fd, uint64_t flags) {
  return InjectFd{UniqueFd(fd), (flags & O_CLOEXEC) != 0};
}

const Rule kOtherProcess{"process.outside",
                         "memory and environment of a process outside its domain"};
const Rule kOwnProcess{"process.own", "not another process"};
const Rule kOwnTerminal{"device.own-terminal", "a terminal that the run made"};
const Rule kOtherTerminal{"device.terminal", "a terminal of another session"};

// What the kernel gives only to those who may trace the process.
constexpr std::array<std::string_view, 8> kProcessSecrets = {"environ", "mem",  "maps",  "smaps",
                                                             "pagemap", "auxv", "stack", "syscall"};

// Entries of other processes that every user may read, with the same content for all.
constexpr std::array<std::string_view, 8> kProcessPublic = {
    "stat", "status", "cmdline", "comm", "statm", "cgroup", "mountinfo", "mounts"};
// Entries of /proc itself whose content depends on the opener's rights.
constexpr std::array<std::string_view, 6> kPrivileged = {"kallsyms", "kcore",    "kmsg",
                                                         "modules",  "slabinfo", "vmallocinfo"};

bool IsPublicProc(std::string_view path, pid_t own) {
  std::string_view rest = path.substr(std::min(path.size(), std::string_view("/proc/").size()));
  std::string_view first = rest.substr(0, rest.find('/'));
  bool is_process = !first.empty() && first.find_first_not_of("0123456789") == first.npos;
  auto holds = [](const auto& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (!is_process) return !holds(kPrivileged, first);
  return first == std::to_string(own) || holds(kProcessPublic, BaseName(path)) || first == rest;
}

}  // namespace

// The kernel refuses these by itself (Landlock keeps domains apart). Asked for, they are evidence.
Decision OpenHandlers::DecideOnProcess(const Process& process, std::string_view path) {
  Decision allowed{Verdict::kAllow, 0, &kOwnProcess, false};
  constexpr std::string_view kProc = "/proc/";
  if (!path.starts_with(kProc)) return allowed;
  std::string_view entry = BaseName(path);
  if (std::find(kProcessSecrets.begin(), kProcessSecrets.end(), entry) == kProcessSecrets.end()) {
    return allowed;
  }
  pid_t pid = 0;
  for (char c : path.substr(kProc.size())) {
    if (c < '0' || c > '9' || pid > 100'000'000) break;
    pid = pid * 10 + (c - '0');
  }
  if (pid == 0) return allowed;
  const Process* target = tree_.FindByThread(pid);
  bool is_ours = target != nullptr && (process.domain->subject.role != Role::kPackage ||
                                       target->domain == process.domain);
  if (is_ours) return allowed;
  // ps and its like look at everybody's: that is one violation, the rest are refusals.
  constexpr size_t kMostSnoopers = 65536;
  bool is_first = snoopers_.size() >= kMostSnoopers || snoopers_.insert(process.serial).second;
  bool is_violation = is_first && process.domain->subject.role == Role::kPackage;
  return {Verdict::kDeny, EACCES, &kOtherProcess, is_violation};
}

// What is typed into other terminals, and what is shown there, is not the run's.
Decision OpenHandlers::DecideOnTerminal(const PinnedPath& pinned, Access access,
                                        Decision by_policy) const {
  constexpr std::string_view kTerminals = "/dev/pts";
  if (by_policy.allowed() || !IsWithin(pinned.path, kTerminals)) return by_policy;
  if (by_policy.rule->id == "user.hide") return by_policy;
  const bool is_directory = pinned.path == kTerminals;
  if (is_directory ? access == Access::kRead : terminals_.Holds(pinned.object.get())) {
    return {Verdict::kAllow, 0, &kOwnTerminal, false};
  }
  if (is_directory) return by_policy;
  return {Verdict::kDeny, EACCES, &kOtherTerminal, true};
}

Decision OpenHandlers::DecideOnExisting(const Process& process, const PinnedPath& pinned,
                                        Access access) {
  Decision decision = policy_.EvaluateFile(process.domain->subject, {pinned.path, access});
  if (!decision.allowed()) return DecideOnTerminal(pinned, access, decision);
  Decision on_process = DecideOnProcess(process, pinned.path);
  return on_process.allowed() ? decision : on_process;
}

int OpenHandlers::Decode(const SyscallInvocation& call, Request& request) const {
  switch (call.number) {
    case SYS_open:
      request = {AT_FDCWD, call.arguments[0], UnsignedArgument(call, 1), UnsignedArgument(call, 2),
                 0};
      return 0;
    case SYS_creat:
      request = {AT_FDCWD, call.arguments[0], O_CREAT | O_WRONLY | O_TRUNC,
                 UnsignedArgument(call, 1), 0};
      return 0;
    case SYS_openat:
      request = {IntArgument(call, 0), call.arguments[1], UnsignedArgument(call, 2),
                 UnsignedArgument(call, 3), 0};
      return 0;
    case SYS_openat2: {
      open_how how{};
      // A larger structure than is known here could ask for what is not understood: the answer of
      // a kernel that does not know it either.
      if (call.arguments[3] < sizeof(how)) return EINVAL;
      if (call.arguments[3] > sizeof(how)) return E2BIG;
      if (!memory_.ReadValue(call.tid, call.arguments[2], how).ok()) return EFAULT;
      // What openat ignores, openat2 refuses.
      bool makes = (how.flags & O_CREAT) != 0 || IsTemporaryFile(how.flags);
      if (how.flags >> 32 != 0 || (how.mode & ~uint64_t{07777}) != 0 || (how.mode != 0 && !makes)) {
        return EINVAL;
      }
      request = {IntArgument(call, 0), call.arguments[1], how.flags,
                 static_cast<uint32_t>(how.mode), how.resolve};
      return 0;
    }
    default:
      return ENOSYS;
  }
}

SyscallAction OpenHandlers::Unfollowable(const Process& process) const {
  // With a Landlock domain the kernel checks the caller's right to trace the other process.
  if (options_.floor_present && !process.domain->on_behalf_only)
    return Continue{ContinueReason::kFloorEnforced};
  return Fail{EACCES};
}

SyscallAction OpenHandlers::Handle(const SyscallInvocation& call, Process& process) {
  Request request{};
  int error = Decode(call, request);
  if (error != 0) return Fail{error};
  std::string path;
  error = ReadPath(memory_, call.tid, request.path_address, path);
  if (error != 0) return Fail{error};
  if (path.empty()) return Fail{ENOENT};
  constexpr std::string_view kFrames = ST_NODE_FRAMES_CHANNEL;
  if (path.starts_with(kFrames)) {
    reporter_.NoteFrames(process, std::string_view(path).substr(kFrames.size()));
    return Fail{ENOENT};
  }
  // An O_PATH descriptor gives no content; opening through it asks again.
  // (openat2 has its flags in memory: where nothing may be left to the kernel, not even this.)
  bool path_only = (request.flags & O_PATH) != 0;
  bool flags_may_change = call.number == SYS_openat2 && process.domain->on_behalf_only;
  if (path_only && options_.floor_present && !flags_may_change) {
    return Continue{ContinueReason::kFloorEnforced};
  }
  bool exclusive = (request.flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
  bool follow = (request.flags & O_NOFOLLOW) == 0 && !exclusive;
  PinnedPath pinned;
  error = resolver_.Resolve(TaskOf(call, process), request.dirfd, path, follow, pinned);
  if (error == kForeignMagicLink) return Unfollowable(process);
  if (error == 0) {
    if (exclusive && !IsTemporaryFile(request.flags)) return Fail{EEXIST};
    if (request.resolve != 0) {
      error = resolver_.CheckRestrictions(TaskOf(call, process), request.dirfd, path,
                                          request.resolve, pinned.object);
      if (error != 0) return Fail{error};
    }
    if (path_only && flags_may_change) {
      // The kernel hands over no descriptor that is but a path: the caller gets one that reads,
      // where it may read.
      if (!IsFileOrDirectory(pinned.object.get())) return Fail{EACCES};
      request.flags &= O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW;
    }
    return OpenExisting(call, process, request, std::move(pinned));
  }
  if (error == ENOENT && (request.flags & O_CREAT) != 0 && !IsTemporaryFile(request.flags)) {
    return OpenNew(call, process, request, path);
  }
  return OpenAbsent(call, process, request, path, error);
}

SyscallAction OpenHandlers::OpenExisting(const SyscallInvocation& call, Process& process,
                                         const Request& request, PinnedPath pinned) {
  struct stat status {};
  bool needs_type = (request.flags & O_NOFOLLOW) != 0;
  if (needs_type && fstat(pinned.object.get(), &status) == 0 && S_ISLNK(status.st_mode)) {
    return Fail{ELOOP};
  }
  // Pipes, sockets, memory files: reached through the caller's own descriptors only.
  if (!pinned.path.starts_with('/') || pinned.path.starts_with("/memfd:")) {
    if (!process.domain->on_behalf_only) return Continue{ContinueReason::kFloorEnforced};
    return OpenThroughPin(call, request, std::move(pinned));
  }
  Access access = AccessOf(request.flags);
  Decision decision = DecideOnExisting(process, pinned, access);
  if (!decision.allowed()) {
    ReportFileDecision(reporter_, call, process, decision, AccessVerb(access), "file-open",
                       pinned.path, access);
    return Fail{decision.error};
  }
  if (Any(access & Access::kWrite) && fstat(pinned.object.get(), &status) == 0 &&
      S_ISREG(status.st_mode)) {
    reporter_.NoteChange(process, pinned.path, &status);
  }
  bool covered = floor_.Covers(*process.domain, pinned.path, access);
  if (options_.record_all) {
    ReportFileUse(reporter_, call, process, decision, "file-open", pinned.path, access,
                  covered ? "floor" : "on-behalf");
  }
  if (IsWithin(pinned.path, "/dev") && IsPseudoTerminalMaster(pinned.object.get())) {
    return OpenMaster(call, request, std::move(pinned));
  }
  if (covered && !process.domain->on_behalf_only) return Continue{ContinueReason::kFloorEnforced};
  // The supervisor may look into more processes than the caller: not opened with its rights, but
  // for what anybody may read.
  bool may_read = covered || !options_.floor_present;
  if (IsWithin(pinned.path, "/proc") && !(may_read && IsPublicProc(pinned.path, process.tgid))) {
    return Unfollowable(process);
  }
  // "The" terminal is that of the opener's session.
  if (pinned.path == "/dev/tty" && getsid(call.tid) != getsid(0)) {
    const int terminal = terminals_.Find(SessionTerminalOf(call.tid));
    pinned.object.Reset(fcntl(terminal, F_DUPFD_CLOEXEC, 0));
    if (!pinned.object.valid()) return Fail{ENXIO};
  }
  return OpenThroughPin(call, request, std::move(pinned));
}

// Each opening makes a new terminal. Opened here, its other side is known to be the run's.
SyscallAction OpenHandlers::OpenMaster(const SyscallInvocation& call, const Request& request,
                                       PinnedPath pinned) {
  SyscallAction action = OpenThroughPin(call, request, std::move(pinned));
  if (auto* opened = std::get_if<InjectFd>(&action)) terminals_.NoteMaster(opened->fd.get());
  return action;
}

SyscallAction OpenHandlers::OpenPeer(const SyscallInvocation& call, int master) const {
  const uint32_t flags = UnsignedArgument(call, 2);
  absl::StatusOr<ProcessStatus> task = ReadProcessStatus(call.tid);
  if (!task.ok()) return Fail{ESRCH};
  ScopedIdentity identity(*task);
  if (!identity.ok()) return Fail{EACCES};
  int fd = OpenPeerOf(master, static_cast<int>(flags & (O_ACCMODE | O_NONBLOCK)));
  return fd < 0 ? SyscallAction(Fail{-fd}) : SyscallAction(Injected(fd, flags));
}

SyscallAction OpenHandlers::OpenThroughPin(const SyscallInvocation& call, const Request& request,
                                           PinnedPath pinned) const {
  struct stat status {};
  if (fstat(pinned.object.get(), &status) != 0) return Fail{errno};
  absl::StatusOr<ProcessStatus> task = ReadProcessStatus(call.tid);
  if (!task.ok()) return Fail{ESRCH};
  ScopedIdentity identity(*task);
  if (!identity.ok()) return Fail{EACCES};
  std::string link = DescriptorLink(pinned.object.get());
  if (IsTemporaryFile(request.flags)) {
    int fd = open(link.c_str(),
                  static_cast<int>((request.flags & kReopenFlags) | O_TMPFILE | O_CLOEXEC |
                                   (request.flags & O_EXCL)),
                  request.mode & ~task->umask & 07777);
    return fd < 0 ? SyscallAction(Fail{errno}) : SyscallAction(Injected(fd, request.flags));
  }
  int flags = static_cast<int>((request.flags & kReopenFlags) | O_CLOEXEC | O_NOCTTY);
  if (S_ISDIR(status.st_mode) && (request.flags & O_CREAT) != 0) return Fail{EISDIR};
  if (MayBlock(status.st_mode, request.flags)) {
    // Shared: std::function must be copyable, and the pin must live as long as the work.
    auto pin = std::make_shared<UniqueFd>(std::move(pinned.object));
    bool close_on_exec = (request.flags & O_CLOEXEC) != 0;
    return Deferred{[pin, link, flags,
                     close_on_exec](const std::function<bool()>& interrupted) -> Deferred::Result {
      while (true) {
        int fd = open(link.c_str(), flags);
        if (fd >= 0) return InjectFd{UniqueFd(fd), close_on_exec};
        if (errno != EINTR || interrupted()) return Fail{errno};
      }
    }};
  }
  int fd = open(link.c_str(), flags);
  return fd < 0 ? SyscallAction(Fail{errno}) : SyscallAction(Injected(fd, request.flags));
}

SyscallAction OpenHandlers::OpenNew(const SyscallInvocation& call, Process& process,
                                    const Request& request, const std::string& path) const {
  if (path.ends_with('/')) return Fail{EISDIR};
  // A restricted lookup is checked as far as the directory: a link behind that is not followed.
  bool exclusive = (request.flags & (O_EXCL | O_NOFOLLOW)) != 0 || request.resolve != 0;
  PinnedPath pinned;
  int error =
      resolver_.ResolveParent(TaskOf(call, process), request.dirfd, path, !exclusive, pinned);
  if (error == kForeignMagicLink) return Unfollowable(process);
  if (error != 0) return Fail{error};
  Access access = AccessOf(request.flags) | Access::kWrite;
  Decision decision = policy_.EvaluateFile(process.domain->subject, {pinned.path, access});
  if (!decision.allowed()) {
    ReportFileDecision(reporter_, call, process, decision, "create", "file-create", pinned.path,
                       access);
    return Fail{decision.error};
  }
  reporter_.NoteChange(process, pinned.path, nullptr);
  // The kernel asks for the right to make names on the directory.
  bool covered = floor_.Covers(*process.domain, ParentPath(pinned.path), access) &&
                 !process.domain->on_behalf_only;
  if (options_.record_all) {
    ReportFileUse(reporter_, call, process, decision, "file-create", pinned.path, access,
                  covered ? "floor" : "on-behalf");
  }
  if (covered) return Continue{ContinueReason::kFloorEnforced};
  if (request.resolve != 0) {
    error = resolver_.CheckRestrictions(TaskOf(call, process), request.dirfd, DirectoryPart(path),
                                        request.resolve, pinned.parent);
    if (error != 0) return Fail{error};
  }
  absl::StatusOr<ProcessStatus> task = ReadProcessStatus(call.tid);
  if (!task.ok()) return Fail{ESRCH};
  ScopedIdentity identity(*task);
  if (!identity.ok()) return Fail{EACCES};
  // Whoever puts a link there now makes this fail with ELOOP: nothing is followed.
  int flags = static_cast<int>((request.flags & (kReopenFlags | O_EXCL)) | O_CREAT | O_CLOEXEC |
                               O_NOFOLLOW | O_NOCTTY);
  int fd =
      openat(pinned.parent.get(), pinned.leaf.c_str(), flags, request.mode & ~task->umask & 07777);
  return fd < 0 ? SyscallAction(Fail{errno}) : SyscallAction(Injected(fd, request.flags));
}

// The lookup failed: the caller gets that error. Asking for a credential that happens not to be
// there is evidence all the same.
SyscallAction OpenHandlers::OpenAbsent(const SyscallInvocation& call, Process& process,
                                       const Request& request, const std::string& path,
                                       int error) const {
  if (path.starts_with('/')) {
    std::string normal = NormalizePath(path);
    Access access = AccessOf(request.flags);
    Decision decision = policy_.EvaluateFile(process.domain->subject, {normal, access});
    if (!decision.allowed() && decision.verdict == Verdict::kHide) {
      decision.is_violation = false;
      ReportFileDecision(reporter_, call, process, decision, AccessVerb(access), "file-open",
                         normal, access);
    }
  }
  return Fail{error};
}

}  // namespace safe_trace
