// Resolves a tracee's path once, the way the kernel would for that task, and pins what it found:
// what was decided on is what is then used. The task may change its path, its directory and the
// links on the way at any time; nothing here trusts them twice.
#ifndef SAFE_TRACE_TRACER_TRACEE_PATH_RESOLVER_H_
#define SAFE_TRACE_TRACER_TRACEE_PATH_RESOLVER_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "tracer/unique_fd.h"

namespace safe_trace {

// Which task resolves. `tgid` replaces "self" in /proc.
struct TaskRef {
  pid_t tid = 0;
  pid_t tgid = 0;
};

struct PinnedPath {
  UniqueFd object;   // O_PATH of what the path names; invalid where it does not exist
  UniqueFd parent;   // O_PATH of the directory that holds `leaf`; set by ResolveParent only
  std::string path;  // canonical; not beginning with '/' for pipes, sockets and the like
  std::string leaf;  // last component; set by ResolveParent only
};

// Returned besides errno values: the path goes through another process's magic link
// (/proc/PID/fd/N, cwd, root, exe). Only the kernel may follow it, with the task's own rights.
inline constexpr int kForeignMagicLink = 0x10000;

// Stateless; every call costs two or three system calls. The functions return 0 or an errno value:
// a failed lookup is the ordinary outcome of a search path, and must not cost a string.
class PathResolver {
 public:
  PathResolver();

  // Pins what `path` names. `follow`: whether a symlink at the end is followed.
  int Resolve(const TaskRef& task, int dirfd, const std::string& path, bool follow,
              PinnedPath& out) const;
  // Pins the directory in which the last component is to be made, removed or renamed. With
  // `follow_leaf` dangling links at the end are followed, as open(O_CREAT) does.
  // EINVAL where the last component is "." or "..", or there is none.
  int ResolveParent(const TaskRef& task, int dirfd, const std::string& path, bool follow_leaf,
                    PinnedPath& out) const;
  // Whether the path still names what is open at `pinned` under openat2's restrictions
  // (RESOLVE_BENEATH and so on). 0, or what openat2 answers; EAGAIN where something else is there.
  int CheckRestrictions(const TaskRef& task, int dirfd, const std::string& path, uint64_t resolve,
                        const UniqueFd& pinned) const;
  // Pins what the task's descriptor refers to.
  int ResolveDescriptor(const TaskRef& task, int fd, PinnedPath& out) const;

 private:
  int OpenBase(const TaskRef& task, int dirfd, UniqueFd& out) const;
  int Lookup(const TaskRef& task, const UniqueFd& base, const std::string& path, bool follow,
             UniqueFd& out, std::string& canonical) const;
  int Walk(const TaskRef& task, const UniqueFd& base, const std::string& path, bool follow,
           UniqueFd& out) const;
  int FollowMagicLink(const TaskRef& task, const UniqueFd& directory, const std::string& name,
                      UniqueFd& out) const;
  bool IsOwnProcDirectory(std::string_view canonical) const;

  std::string own_proc_;      // "/proc/<supervisor's pid>"
  UniqueFd own_descriptors_;  // "/proc/self/fd": saves the walk to it on every lookup
};

// The canonical path of an open descriptor of the supervisor; "" where it cannot be told.
std::string DescriptorPath(int fd);
// "/proc/self/fd/N", through which a pinned object is reopened.
std::string DescriptorLink(int fd);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_TRACEE_PATH_RESOLVER_H_
