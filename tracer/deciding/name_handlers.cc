#include "tracer/deciding/name_handlers.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "policy/lexical_path.h"
#include "tracer/deciding/call_arguments.h"
#include "tracer/deciding/file_report.h"

namespace safe_trace {
namespace {

bool IsDirectoryAt(const PinnedPath& pinned) {
  struct stat status {};
  return fstatat(pinned.parent.get(), pinned.leaf.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISDIR(status.st_mode);
}

int Result(int value) { return value < 0 ? errno : 0; }

}  // namespace

// Making the directories that lead to a granted place (~/.cache for ~/.cache/pip) is part of the
// grant. They come into being empty, and nothing more may be written into them.
bool NameHandlers::LeadsToGrant(const Domain& domain, std::string_view directory) {
  return std::any_of(domain.writable_roots.begin(), domain.writable_roots.end(),
                     [&](const std::string& root) { return IsWithin(root, directory); });
}

SyscallAction NameHandlers::MakeDirectory(const SyscallInvocation& call, Process& process,
                                          Place place, mode_t mode) const {
  auto perform = [mode](const PinnedPath& pinned, const ProcessStatus& task) {
    return Result(mkdirat(pinned.parent.get(), pinned.leaf.c_str(), mode & ~task.umask & 07777));
  };
  PinnedPath pinned;
  if (Pin(call, process, place, pinned) == 0 && LeadsToGrant(*process.domain, pinned.path)) {
    return DoIt(call, false, [&](const ProcessStatus& task) { return perform(pinned, task); });
  }
  return Make(call, process, place, "create", "file-create", perform, {false, true});
}

SyscallAction NameHandlers::Answer(int error) const {
  if (error == 0) return Return{0};
  return Fail{error == kForeignMagicLink ? EACCES : error};
}

int NameHandlers::Pin(const SyscallInvocation& call, const Process& process, Place place,
                      PinnedPath& out) const {
  std::string path;
  int error = ReadPath(memory_, call.tid, place.path_address, path);
  if (error != 0) return error;
  if (path.empty()) return ENOENT;
  error = resolver_.ResolveParent(TaskOf(call, process), place.dirfd, path, false, out);
  // "name/" means a directory only: the kernel is told so again.
  if (error == 0 && path.ends_with('/')) out.leaf += '/';
  return error;
}

void NameHandlers::NoteChange(const Process& process, const PinnedPath& pinned) const {
  struct stat before {};
  // The source of a link has no parent: its content stays.
  if (!pinned.parent.valid()) return;
  const bool exists =
      fstatat(pinned.parent.get(), pinned.leaf.c_str(), &before, AT_SYMLINK_NOFOLLOW) == 0;
  reporter_.NoteChange(process, pinned.path, exists ? &before : nullptr);
}

int NameHandlers::Decide(const SyscallInvocation& call, const Process& process,
                         const PinnedPath& pinned, Access access, std::string_view verb,
                         std::string_view action, bool& covered, bool moves_hierarchy,
                         bool empty_directory) const {
  Decision decision = policy_.EvaluateFile(process.domain->subject,
                                           {pinned.path, access, moves_hierarchy, empty_directory});
  if (!decision.allowed()) {
    ReportFileDecision(reporter_, call, process, decision, verb, action, pinned.path, access);
    return decision.error;
  }
  if (Any(access & Access::kWrite)) NoteChange(process, pinned);
  // The kernel asks for the right on the directory, not on the name.
  bool by_floor = floor_.Covers(*process.domain, ParentPath(pinned.path), access);
  if (record_all_) {
    ReportFileUse(reporter_, call, process, decision, action, pinned.path, access,
                  by_floor ? "floor" : "on-behalf");
  }
  covered = covered && by_floor && !process.domain->on_behalf_only;
  return 0;
}

// A second name in a writable place makes the first one's content writable.
int NameHandlers::DecideSource(const SyscallInvocation& call, const Process& process,
                               const PinnedPath& source, bool& covered) const {
  const Subject& subject = process.domain->subject;
  const Access access = Access::kRead | Access::kWrite;
  Decision decision = policy_.EvaluateFile(subject, {source.path, access});
  const bool could_copy = subject.role == Role::kPackage &&
                          policy_.EvaluateFile(subject, {source.path, Access::kRead}).allowed();
  if (decision.allowed() || !could_copy) {
    return Decide(call, process, source, access, "link", "file-link", covered);
  }
  // Installers link what they would otherwise copy (esbuild its binary): refused without an alarm.
  decision.is_violation = false;
  ReportFileDecision(reporter_, call, process, decision, "link", "file-link", source.path, access);
  return decision.error;
}

SyscallAction NameHandlers::DoIt(const SyscallInvocation& call, bool covered,
                                 const Perform& perform) const {
  if (covered) return Continue{ContinueReason::kFloorEnforced};
  absl::StatusOr<ProcessStatus> task = ReadProcessStatus(call.tid);
  if (!task.ok()) return Fail{ESRCH};
  ScopedIdentity identity(*task);
  if (!identity.ok()) return Fail{EACCES};
  return Answer(perform(*task));
}

SyscallAction NameHandlers::Make(
    const SyscallInvocation& call, Process& process, Place place, std::string_view verb,
    std::string_view action,
    const std::function<int(const PinnedPath&, const ProcessStatus&)>& perform, Made made) const {
  PinnedPath pinned;
  int error = Pin(call, process, place, pinned);
  // What exists already under "." or ".." is the kernel's to say.
  if (error == EINVAL) return Fail{EEXIST};
  if (error != 0) return Answer(error);
  // Making what is there already fails alike for everybody: no attempt worth a word.
  struct stat status {};
  if (fstatat(pinned.parent.get(), pinned.leaf.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    return Fail{EEXIST};
  }
  bool covered = true;
  error = Decide(call, process, pinned, Access::kWrite, verb, action, covered, made.moves_hierarchy,
                 made.empty_directory);
  if (error != 0) return Fail{error};
  return DoIt(call, covered, [&](const ProcessStatus& task) { return perform(pinned, task); });
}

SyscallAction NameHandlers::Remove(const SyscallInvocation& call, Process& process, Place place,
                                   int flags) const {
  PinnedPath pinned;
  int error = Pin(call, process, place, pinned);
  if (error == EINVAL) return Fail{(flags & AT_REMOVEDIR) != 0 ? EINVAL : EISDIR};
  if (error != 0) return Answer(error);
  struct stat status {};
  if (fstatat(pinned.parent.get(), pinned.leaf.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return Fail{errno};
  }
  bool covered = true;
  error = Decide(call, process, pinned, Access::kWrite, "remove", "file-remove", covered,
                 (flags & AT_REMOVEDIR) != 0, (flags & AT_REMOVEDIR) != 0);
  if (error != 0) return Fail{error};
  return DoIt(call, covered, [&](const ProcessStatus&) {
    int failure = Result(unlinkat(pinned.parent.get(), pinned.leaf.c_str(), flags));
    if (failure == 0) floor_.NoteReplaced(pinned.path);
    return failure;
  });
}

SyscallAction NameHandlers::Rename(const SyscallInvocation& call, Process& process, Place from,
                                   Place to, unsigned flags) const {
  PinnedPath source;
  PinnedPath target;
  int error = Pin(call, process, from, source);
  if (error == 0) error = Pin(call, process, to, target);
  if (error == EINVAL) return Fail{EBUSY};
  if (error != 0) return Answer(error);
  struct stat status {};
  if (fstatat(source.parent.get(), source.leaf.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return Fail{errno};
  }
  bool covered = true;
  // A directory takes along what lies beneath it, to a path that no rule names.
  bool moves = IsDirectoryAt(source) || IsDirectoryAt(target);
  error = Decide(call, process, source, Access::kWrite, "rename", "file-rename", covered, moves);
  if (error == 0) {
    error =
        Decide(call, process, target, Access::kWrite, "rename to", "file-rename", covered, moves);
  }
  if (error != 0) return Fail{error};
  return DoIt(call, covered, [&](const ProcessStatus&) {
    int failure = Result(renameat2(source.parent.get(), source.leaf.c_str(), target.parent.get(),
                                   target.leaf.c_str(), flags));
    if (failure == 0) {
      floor_.NoteReplaced(source.path);
      floor_.NoteReplaced(target.path);
    }
    return failure;
  });
}

SyscallAction NameHandlers::Link(const SyscallInvocation& call, Process& process, Place from,
                                 Place to, int flags) const {
  PinnedPath source;
  PinnedPath target;
  std::string path;
  int error = ReadPath(memory_, call.tid, from.path_address, path);
  if (error != 0) return Fail{error};
  TaskRef task = TaskOf(call, process);
  if (path.empty() && (flags & AT_EMPTY_PATH) != 0) {
    error = resolver_.ResolveDescriptor(task, from.dirfd, source);
  } else if (path.empty()) {
    error = ENOENT;
  } else {
    error = resolver_.Resolve(task, from.dirfd, path, (flags & AT_SYMLINK_FOLLOW) != 0, source);
  }
  if (error == 0) error = Pin(call, process, to, target);
  if (error == EINVAL) return Fail{EEXIST};
  if (error != 0) return Answer(error);
  bool covered = true;
  bool unlinked = source.path.ends_with(" (deleted)");
  if (!unlinked) {
    error = DecideSource(call, process, source, covered);
    // Programs take "other file system" as the sign to copy instead.
    if (error == EACCES) error = EXDEV;
  }
  if (error == 0) {
    error = Decide(call, process, target, Access::kWrite, "link to", "file-link", covered);
  }
  if (error != 0) return Fail{error};
  return DoIt(call, covered, [&](const ProcessStatus&) {
    return Result(linkat(AT_FDCWD, DescriptorLink(source.object.get()).c_str(), target.parent.get(),
                         target.leaf.c_str(), AT_SYMLINK_FOLLOW));
  });
}

SyscallAction NameHandlers::Mknod(const SyscallInvocation& call, Process& process, Place place,
                                  mode_t mode, uint64_t device) const {
  mode_t type = mode & S_IFMT;
  if (type == S_IFCHR || type == S_IFBLK) return Fail{EPERM};
  return Make(call, process, place, "create", "file-create",
              [&](const PinnedPath& pinned, const ProcessStatus& task) {
                return Result(
                    mknodat(pinned.parent.get(), pinned.leaf.c_str(), mode & ~task.umask, device));
              },
              {false, false});
}

SyscallAction NameHandlers::Symlink(const SyscallInvocation& call, Process& process,
                                    uint64_t target, Place place) const {
  std::string text;
  int error = ReadPath(memory_, call.tid, target, text);
  if (error == 0 && text.empty()) error = ENOENT;
  if (error != 0) return Fail{error};
  return Make(call, process, place, "create", "file-create",
              [&](const PinnedPath& pinned, const ProcessStatus&) {
                return Result(symlinkat(text.c_str(), pinned.parent.get(), pinned.leaf.c_str()));
              },
              {true, false});
}

SyscallAction NameHandlers::Handle(const SyscallInvocation& call, Process& process) const {
  const auto& a = call.arguments;
  switch (call.number) {
    case SYS_mkdir:
      return MakeDirectory(call, process, {AT_FDCWD, a[0]}, UnsignedArgument(call, 1));
    case SYS_mkdirat:
      return MakeDirectory(call, process, {IntArgument(call, 0), a[1]}, UnsignedArgument(call, 2));
    case SYS_rmdir:
      return Remove(call, process, {AT_FDCWD, a[0]}, AT_REMOVEDIR);
    case SYS_unlink:
      return Remove(call, process, {AT_FDCWD, a[0]}, 0);
    case SYS_unlinkat:
      if ((IntArgument(call, 2) & ~AT_REMOVEDIR) != 0) return Fail{EINVAL};
      return Remove(call, process, {IntArgument(call, 0), a[1]}, IntArgument(call, 2));
    case SYS_rename:
      return Rename(call, process, {AT_FDCWD, a[0]}, {AT_FDCWD, a[1]}, 0);
    case SYS_renameat:
      return Rename(call, process, {IntArgument(call, 0), a[1]}, {IntArgument(call, 2), a[3]}, 0);
    case SYS_renameat2:
      return Rename(call, process, {IntArgument(call, 0), a[1]}, {IntArgument(call, 2), a[3]},
                    UnsignedArgument(call, 4));
    case SYS_link:
      return Link(call, process, {AT_FDCWD, a[0]}, {AT_FDCWD, a[1]}, 0);
    case SYS_linkat:
      return Link(call, process, {IntArgument(call, 0), a[1]}, {IntArgument(call, 2), a[3]},
                  IntArgument(call, 4));
    case SYS_symlink:
      return Symlink(call, process, a[0], {AT_FDCWD, a[1]});
    case SYS_symlinkat:
      return Symlink(call, process, a[0], {IntArgument(call, 1), a[2]});
    case SYS_mknod:
      return Mknod(call, process, {AT_FDCWD, a[0]}, UnsignedArgument(call, 1), a[2]);
    case SYS_mknodat:
      return Mknod(call, process, {IntArgument(call, 0), a[1]}, UnsignedArgument(call, 2), a[3]);
    default:
      return Fail{ENOSYS};
  }
}

}  // namespace safe_trace
