#include "tracer/deciding/attribute_handlers.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "tracer/deciding/call_arguments.h"
#include "tracer/deciding/file_report.h"
#include "tracer/tracee/process_status.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

namespace safe_trace {
namespace {

// What the kernel gives only with a capability, which the supervisor may have and the task not.
constexpr int kPrivilegedInodeFlags = FS_IMMUTABLE_FL | FS_APPEND_FL | FS_JOURNAL_DATA_FL;

int Result(int value) { return value < 0 ? errno : 0; }

bool IsSymlink(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 && S_ISLNK(status.st_mode);
}

// Attributes that give rights (file capabilities) or belong to the kernel are not for installs.
bool IsUserAttribute(const std::string& name) {
  return name.starts_with("user.") || name.starts_with("system.posix_acl_");
}

}  // namespace

SyscallAction AttributeHandlers::Change(const SyscallInvocation& call, Process& process,
                                        const Target& target, std::string_view verb,
                                        const Perform& perform) const {
  PinnedPath pinned;
  TaskRef task = TaskOf(call, process);
  int error = 0;
  if (target.by_descriptor) {
    error = resolver_.ResolveDescriptor(task, target.dirfd, pinned);
  } else {
    std::string path;
    error = ReadPath(memory_, call.tid, target.path_address, path);
    if (error == 0 && path.empty()) {
      error = target.empty_path_allowed ? resolver_.ResolveDescriptor(task, target.dirfd, pinned)
                                        : ENOENT;
    } else if (error == 0) {
      error = resolver_.Resolve(task, target.dirfd, path, target.follow, pinned);
    }
  }
  if (error == kForeignMagicLink) return Fail{EACCES};
  if (error != 0) return Fail{error};
  if (pinned.path.starts_with('/')) {
    Decision decision =
        policy_.EvaluateFile(process.domain->subject, {pinned.path, Access::kWrite});
    if (!decision.allowed()) {
      ReportFileDecision(reporter_, call, process, decision, verb, "file-attribute", pinned.path,
                         Access::kWrite);
      // A file whose existence is hidden from reading is not there for this either.
      return Fail{decision.error};
    }
    struct stat before {};
    if (fstat(pinned.object.get(), &before) == 0 && !S_ISDIR(before.st_mode)) {
      reporter_.NoteChange(process, pinned.path, &before);
    }
  }
  absl::StatusOr<ProcessStatus> status = ReadProcessStatus(call.tid);
  if (!status.ok()) return Fail{ESRCH};
  ScopedIdentity identity(*status);
  if (!identity.ok()) return Fail{EACCES};
  error = perform(pinned.object.get(), DescriptorLink(pinned.object.get()));
  return error == 0 ? SyscallAction(Return{0}) : SyscallAction(Fail{error});
}

SyscallAction AttributeHandlers::Chmod(const SyscallInvocation& call, Process& process,
                                       const Target& target, mode_t mode) const {
  return Change(call, process, target, "change the mode of",
                [mode](int object, const std::string& link) {
                  if (IsSymlink(object)) return EOPNOTSUPP;
                  return Result(chmod(link.c_str(), mode & 07777));
                });
}

SyscallAction AttributeHandlers::Chown(const SyscallInvocation& call, Process& process,
                                       const Target& target, uid_t user, gid_t group) const {
  return Change(call, process, target, "change the owner of",
                [user, group](int object, const std::string&) {
                  return Result(fchownat(object, "", user, group, AT_EMPTY_PATH));
                });
}

int AttributeHandlers::ReadXattrName(const SyscallInvocation& call, std::string& name) const {
  absl::StatusOr<std::string> text =
      memory_.ReadString(call.tid, call.arguments[1], XATTR_NAME_MAX);
  if (absl::IsResourceExhausted(text.status())) return ERANGE;
  if (!text.ok()) return EFAULT;
  name = *std::move(text);
  return IsUserAttribute(name) ? 0 : EPERM;
}

SyscallAction AttributeHandlers::SetXattr(const SyscallInvocation& call, Process& process,
                                          const Target& target) const {
  std::string name;
  int error = ReadXattrName(call, name);
  if (error != 0) return Fail{error};
  uint64_t size = call.arguments[3];
  if (size > XATTR_SIZE_MAX) return Fail{E2BIG};
  std::vector<char> value(size);
  if (size > 0 && !memory_.Read(call.tid, call.arguments[2], value.data(), size).ok()) {
    return Fail{EFAULT};
  }
  int flags = IntArgument(call, 4);
  return Change(call, process, target, "set an attribute of",
                [&](int object, const std::string& link) {
                  if (IsSymlink(object)) return EPERM;
                  return Result(setxattr(link.c_str(), name.c_str(), value.data(), size, flags));
                });
}

SyscallAction AttributeHandlers::RemoveXattr(const SyscallInvocation& call, Process& process,
                                             const Target& target) const {
  std::string name;
  int error = ReadXattrName(call, name);
  if (error != 0) return Fail{error};
  return Change(call, process, target, "remove an attribute of",
                [&](int object, const std::string& link) {
                  if (IsSymlink(object)) return EPERM;
                  return Result(removexattr(link.c_str(), name.c_str()));
                });
}

// The request reaches any file that is open, for reading too: what counts is its path. Done on a
// description of the supervisor's own, since an O_PATH pin takes no requests.
SyscallAction AttributeHandlers::SetInodeFlags(const SyscallInvocation& call, Process& process,
                                               const Target& target) const {
  int flags = 0;
  if (!memory_.ReadValue(call.tid, call.arguments[2], flags).ok()) return Fail{EFAULT};
  return Change(call, process, target, "change the flags of",
                [flags](int object, const std::string& link) {
                  struct stat status {};
                  if (fstat(object, &status) != 0) return errno;
                  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return ENOTTY;
                  UniqueFd file(open(link.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
                  if (!file.valid()) return errno;
                  int before = 0;
                  if (ioctl(file.get(), FS_IOC_GETFLAGS, &before) != 0) return errno;
                  if (((before ^ flags) & kPrivilegedInodeFlags) != 0) return EPERM;
                  return Result(ioctl(file.get(), FS_IOC_SETFLAGS, &flags));
                });
}

SyscallAction AttributeHandlers::Handle(const SyscallInvocation& call, Process& process) const {
  const auto& a = call.arguments;
  Target by_path{AT_FDCWD, a[0]};
  Target by_link{AT_FDCWD, a[0], false, false};
  Target by_descriptor{IntArgument(call, 0), 0, true};
  auto at = [&](int flags) {
    return Target{IntArgument(call, 0), a[1], false, (flags & AT_SYMLINK_NOFOLLOW) == 0,
                  (flags & AT_EMPTY_PATH) != 0};
  };
  switch (call.number) {
    case SYS_truncate: {
      auto length = static_cast<off_t>(a[1]);
      return Change(call, process, by_path, "truncate", [length](int, const std::string& link) {
        return Result(truncate(link.c_str(), length));
      });
    }
    case SYS_chmod:
      return Chmod(call, process, by_path, UnsignedArgument(call, 1));
    case SYS_fchmod:
      return Chmod(call, process, by_descriptor, UnsignedArgument(call, 1));
    case SYS_fchmodat:
      return Chmod(call, process, at(0), UnsignedArgument(call, 2));
    case SYS_fchmodat2:
      return Chmod(call, process, at(IntArgument(call, 3)), UnsignedArgument(call, 2));
    case SYS_chown:
      return Chown(call, process, by_path, UnsignedArgument(call, 1), UnsignedArgument(call, 2));
    case SYS_lchown:
      return Chown(call, process, by_link, UnsignedArgument(call, 1), UnsignedArgument(call, 2));
    case SYS_fchown:
      return Chown(call, process, by_descriptor, UnsignedArgument(call, 1),
                   UnsignedArgument(call, 2));
    case SYS_fchownat:
      return Chown(call, process, at(IntArgument(call, 4)), UnsignedArgument(call, 2),
                   UnsignedArgument(call, 3));
    case SYS_setxattr:
      return SetXattr(call, process, by_path);
    case SYS_lsetxattr:
      return SetXattr(call, process, by_link);
    case SYS_fsetxattr:
      return SetXattr(call, process, by_descriptor);
    case SYS_removexattr:
      return RemoveXattr(call, process, by_path);
    case SYS_lremovexattr:
      return RemoveXattr(call, process, by_link);
    case SYS_fremovexattr:
      return RemoveXattr(call, process, by_descriptor);
    case SYS_ioctl:  // FS_IOC_SETFLAGS
      return SetInodeFlags(call, process, by_descriptor);
    default:
      return Fail{ENOSYS};
  }
}

}  // namespace safe_trace
