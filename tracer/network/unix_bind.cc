#include "tracer/network/unix_bind.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <functional>
#include <optional>
#include <system_error>
#include <thread>

#include "tracer/floor/landlock_abi.h"
#include "tracer/network/socket_address.h"

namespace safe_trace {
namespace {

constexpr int kCannotConfine = -1;

int Bind(int socket, const RawSocketAddress& address) {
  return bind(socket, address.get(), address.length) == 0 ? 0 : errno;
}

UniqueFd OpenTaskLink(pid_t tid, const char* link) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/%d/%s", tid, link);
  return UniqueFd(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

bool HasOurRoot(pid_t tid) {
  UniqueFd root = OpenTaskLink(tid, "root");
  struct stat theirs {
  }, ours{};
  return root.valid() && fstat(root.get(), &theirs) == 0 && stat("/", &ours) == 0 &&
         theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

// A ruleset that handles nothing but the making of sockets, and allows it beneath `directory`.
UniqueFd SocketsBeneath(int directory) {
  landlock::RulesetAttribute attribute{};
  attribute.handled_access_fs = landlock::kFsMakeSock;
  UniqueFd ruleset(static_cast<int>(
      syscall(SYS_landlock_create_ruleset, &attribute, landlock::RulesetAttributeSize(1), 0)));
  if (!ruleset.valid()) return ruleset;
  landlock::PathBeneathAttribute beneath{};
  beneath.allowed_access = landlock::kFsMakeSock;
  beneath.parent_fd = directory;
  if (syscall(SYS_landlock_add_rule, ruleset.get(), landlock::kRulePathBeneath, &beneath, 0) != 0) {
    ruleset.Reset();
  }
  return ruleset;
}

// On a thread of its own, which ends afterwards: nothing here can be undone.
int BindConfined(int socket, const RawSocketAddress& address, int directory, int ruleset,
                 const ProcessStatus& status) {
  if (unshare(CLONE_FS) != 0 || fchdir(directory) != 0) return kCannotConfine;
  umask(status.umask);
  ScopedIdentity identity(status);
  if (!identity.ok()) return EACCES;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) {
    return kCannotConfine;
  }
  return Bind(socket, address);
}

int RunOnThread(const std::function<int()>& work) {
  int result = kCannotConfine;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread thread([&] { result = work(); });
    thread.join();
  } catch (const std::system_error&) {
    result = EAGAIN;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return result;
}

int BindThroughPin(int socket, const PinnedPath& parent, const ProcessStatus& status) {
  std::string path = DescriptorLink(parent.parent.get()) + "/" + parent.leaf;
  if (path.size() >= sizeof(sockaddr_un::sun_path)) return ENAMETOOLONG;
  ScopedIdentity identity(status);
  if (!identity.ok()) return EACCES;
  return Bind(socket, EncodeUnixPath(path));
}

}  // namespace

int BindToPath(int socket, const std::string& written, const PinnedPath& parent,
               const TaskRef& task, const ProcessStatus& status) {
  bool own_meaning = written.starts_with("/proc/") || written.starts_with("/dev/fd/");
  UniqueFd directory = OpenTaskLink(task.tid, "cwd");
  if (!own_meaning && directory.valid() && HasOurRoot(task.tid)) {
    UniqueFd ruleset = SocketsBeneath(parent.parent.get());
    RawSocketAddress address = EncodeUnixPath(written);
    int error = kCannotConfine;
    if (ruleset.valid()) {
      error = RunOnThread(
          [&] { return BindConfined(socket, address, directory.get(), ruleset.get(), status); });
    }
    if (error != kCannotConfine) return error;
  }
  return BindThroughPin(socket, parent, status);
}

}  // namespace safe_trace
