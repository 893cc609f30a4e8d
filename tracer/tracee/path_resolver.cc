#include "tracer/tracee/path_resolver.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace safe_trace {
namespace {

constexpr int kMaximumLinks = 40;  // as the kernel
constexpr int kMaximumComponents = 2048;

int OpenAt2(int directory, const char* path, uint64_t flags, uint64_t resolve, UniqueFd& out) {
  open_how how{};
  how.flags = flags | O_PATH | O_CLOEXEC;
  how.resolve = resolve;
  int fd = static_cast<int>(syscall(SYS_openat2, directory, path, &how, sizeof(how)));
  if (fd < 0) return errno;
  out.Reset(fd);
  return 0;
}

bool OnProc(int fd) {
  struct statfs status {};
  return fstatfs(fd, &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

bool IsSymlink(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 && S_ISLNK(status.st_mode);
}

int ReadLink(int fd, std::string& target) {
  char buffer[PATH_MAX];
  ssize_t length = readlinkat(fd, "", buffer, sizeof(buffer));
  if (length < 0) return errno;
  if (static_cast<size_t>(length) >= sizeof(buffer)) return ENAMETOOLONG;
  target.assign(buffer, static_cast<size_t>(length));
  return 0;
}

// Takes the first component off `path`, with the slashes around it.
std::string TakeComponent(std::string& path) {
  size_t begin = path.find_first_not_of('/');
  if (begin == std::string::npos) {
    path.clear();
    return {};
  }
  size_t end = path.find('/', begin);
  std::string name = path.substr(begin, end == std::string::npos ? end : end - begin);
  path.erase(0, end == std::string::npos ? path.size() : end);
  return name;
}

// Where a path begins under /proc, or under /dev, which links to /proc/self/fd.
bool MayLeadThroughProc(const UniqueFd& base, const std::string& path) {
  const std::string start = path.starts_with('/') ? path : DescriptorPath(base.get()) + "/";
  return start.starts_with("/proc/") || start.starts_with("/dev/");
}

std::string ReadDescriptorLink(int directory, const char* link) {
  char buffer[PATH_MAX];
  ssize_t length = readlinkat(directory, link, buffer, sizeof(buffer));
  return length <= 0 ? std::string() : std::string(buffer, static_cast<size_t>(length));
}

bool OnlySlashes(const std::string& path) {
  return path.find_first_not_of('/') == std::string::npos;
}

}  // namespace

std::string DescriptorLink(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

std::string DescriptorPath(int fd) {
  return ReadDescriptorLink(AT_FDCWD, DescriptorLink(fd).c_str());
}

PathResolver::PathResolver()
    : own_proc_("/proc/" + std::to_string(getpid())),
      own_descriptors_(open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

bool PathResolver::IsOwnProcDirectory(std::string_view canonical) const {
  return canonical.starts_with(own_proc_) &&
         (canonical.size() == own_proc_.size() || canonical[own_proc_.size()] == '/');
}

int PathResolver::OpenBase(const TaskRef& task, int dirfd, UniqueFd& out) const {
  char link[64];
  if (dirfd == AT_FDCWD) {
    snprintf(link, sizeof(link), "/proc/%d/cwd", task.tid);
  } else {
    if (dirfd < 0) return EBADF;
    snprintf(link, sizeof(link), "/proc/%d/fd/%d", task.tid, dirfd);
  }
  int fd = open(link, O_PATH | O_CLOEXEC);
  if (fd < 0) return dirfd == AT_FDCWD ? errno : EBADF;
  out.Reset(fd);
  return 0;
}

int PathResolver::Lookup(const TaskRef& task, const UniqueFd& base, const std::string& path,
                         bool follow, UniqueFd& out, std::string& canonical) const {
  // Magic links are refused here: the supervisor's own "self" would be followed.
  int error = OpenAt2(base.valid() ? base.get() : AT_FDCWD, path.c_str(),
                      follow ? 0U : static_cast<uint64_t>(O_NOFOLLOW), RESOLVE_NO_MAGICLINKS, out);
  // What the supervisor's own "self" lacks, the task's may have.
  if (error == ENOENT && MayLeadThroughProc(base, path)) error = ELOOP;
  if (error != 0 && error != ELOOP) return error;
  if (error == 0) {
    canonical = ReadDescriptorLink(own_descriptors_.get(), std::to_string(out.get()).c_str());
    if (canonical.empty()) return ENOENT;
    if (!IsOwnProcDirectory(canonical)) return 0;
  }
  error = Walk(task, base, path, follow, out);
  if (error != 0) return error;
  canonical = DescriptorPath(out.get());
  return canonical.empty() ? ENOENT : 0;
}

int PathResolver::FollowMagicLink(const TaskRef& task, const UniqueFd& directory,
                                  const std::string& name, UniqueFd& out) const {
  // The kernel lets a task follow these links of processes that it may trace. The supervisor may
  // trace more than its tracees, so it follows only the task's own.
  std::string where = DescriptorPath(directory.get());
  std::string own = "/proc/" + std::to_string(task.tgid);
  bool is_own = where.starts_with(own) && (where.size() == own.size() || where[own.size()] == '/');
  if (!is_own) return kForeignMagicLink;
  int fd = openat(directory.get(), name.c_str(), O_PATH | O_CLOEXEC);
  if (fd < 0) return errno;
  out.Reset(fd);
  return 0;
}

// Component by component, with "self" meaning the task.
int PathResolver::Walk(const TaskRef& task, const UniqueFd& base, const std::string& path,
                       bool follow, UniqueFd& out) const {
  std::string rest = path;
  UniqueFd current(base.valid() && !path.starts_with('/') ? dup(base.get())
                                                          : open("/", O_PATH | O_CLOEXEC));
  if (!current.valid()) return errno;
  int links = 0;
  for (int steps = 0; steps < kMaximumComponents; ++steps) {
    if (OnlySlashes(rest)) {
      out = std::move(current);
      return 0;
    }
    std::string name = TakeComponent(rest);
    bool is_last = OnlySlashes(rest);
    bool on_proc = OnProc(current.get());
    if (on_proc && (name == "self" || name == "thread-self") &&
        DescriptorPath(current.get()) == "/proc") {
      name =
          std::to_string(task.tgid) + (name == "self" ? "" : "/task/" + std::to_string(task.tid));
    }
    UniqueFd next;
    int error = OpenAt2(current.get(), name.c_str(), O_NOFOLLOW, 0, next);
    if (error != 0) return error;
    if (IsSymlink(next.get()) && (!is_last || follow || rest.size() > 0)) {
      if (++links > kMaximumLinks) return ELOOP;
      UniqueFd probe;
      if (on_proc &&
          OpenAt2(current.get(), name.c_str(), 0, RESOLVE_NO_MAGICLINKS, probe) == ELOOP &&
          DescriptorPath(current.get()) != "/proc") {
        error = FollowMagicLink(task, current, name, next);
        if (error != 0) return error;
      } else {
        std::string target;
        error = ReadLink(next.get(), target);
        if (error != 0) return error;
        if (target.starts_with('/'))
          next.Reset(open("/", O_PATH | O_CLOEXEC));
        else
          next.Reset(dup(current.get()));
        if (!next.valid()) return errno;
        rest = target + rest;
        if (rest.size() > 2 * PATH_MAX) return ENAMETOOLONG;
      }
    }
    current = std::move(next);
  }
  return ELOOP;
}

int PathResolver::Resolve(const TaskRef& task, int dirfd, const std::string& path, bool follow,
                          PinnedPath& out) const {
  UniqueFd base;
  if (!path.starts_with('/')) {
    int error = OpenBase(task, dirfd, base);
    if (error != 0) return error;
  }
  return Lookup(task, base, path, follow, out.object, out.path);
}

int PathResolver::ResolveParent(const TaskRef& task, int dirfd, const std::string& path,
                                bool follow_leaf, PinnedPath& out) const {
  UniqueFd base;
  if (!path.starts_with('/')) {
    int error = OpenBase(task, dirfd, base);
    if (error != 0) return error;
  }
  std::string rest = path;
  for (int links = 0; links <= kMaximumLinks; ++links) {
    while (rest.size() > 1 && rest.back() == '/') rest.pop_back();
    size_t slash = rest.rfind('/');
    out.leaf = slash == std::string::npos ? rest : rest.substr(slash + 1);
    if (out.leaf.empty() || out.leaf == "." || out.leaf == "..") return EINVAL;
    if (out.leaf.size() > NAME_MAX) return ENAMETOOLONG;
    std::string head = slash == std::string::npos ? "." : rest.substr(0, slash + 1);
    std::string canonical;
    int error = Lookup(task, base, head, true, out.parent, canonical);
    if (error != 0) return error;
    struct stat status {};
    if (fstat(out.parent.get(), &status) != 0) return errno;
    if (!S_ISDIR(status.st_mode)) return ENOTDIR;
    out.path = canonical == "/" ? "/" + out.leaf : canonical + "/" + out.leaf;
    if (!follow_leaf) return 0;
    UniqueFd leaf;
    error = OpenAt2(out.parent.get(), out.leaf.c_str(), O_NOFOLLOW, 0, leaf);
    if (error == ENOENT || (error == 0 && !IsSymlink(leaf.get()))) return 0;
    if (error != 0) return error;
    error = ReadLink(leaf.get(), rest);
    if (error != 0) return error;
    base = std::move(out.parent);
  }
  return ELOOP;
}

int PathResolver::CheckRestrictions(const TaskRef& task, int dirfd, const std::string& path,
                                    uint64_t resolve, const UniqueFd& pinned) const {
  UniqueFd base;
  int error = OpenBase(task, dirfd, base);
  if (error != 0 && !path.starts_with('/')) return error;
  UniqueFd restricted;
  error = OpenAt2(base.valid() ? base.get() : AT_FDCWD, path.c_str(), 0,
                  resolve | RESOLVE_NO_MAGICLINKS, restricted);
  if (error != 0) return error;
  struct stat now {};
  struct stat then {};
  if (fstat(restricted.get(), &now) != 0 || fstat(pinned.get(), &then) != 0) return errno;
  return now.st_dev == then.st_dev && now.st_ino == then.st_ino ? 0 : EAGAIN;
}

int PathResolver::ResolveDescriptor(const TaskRef& task, int fd, PinnedPath& out) const {
  if (fd < 0) return EBADF;
  int error = OpenBase(task, fd, out.object);
  if (error != 0) return error;
  out.path = DescriptorPath(out.object.get());
  return out.path.empty() ? EBADF : 0;
}

}  // namespace safe_trace
