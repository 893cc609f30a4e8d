#include "tracer/tracee/process_status.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "tracer/syscall_status.h"
#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

// The numbers after "KEY:" on its line, in `base`; at most `limit` of them.
std::vector<uint64_t> Numbers(std::string_view text, std::string_view key, int base, size_t limit) {
  std::vector<uint64_t> numbers;
  size_t at = text.find(key);
  if (at == std::string_view::npos) return numbers;
  const char* cursor = text.data() + at + key.size();
  const char* end = text.data() + text.size();
  while (numbers.size() < limit) {
    while (cursor < end && (*cursor == ' ' || *cursor == '\t')) ++cursor;
    if (cursor >= end || *cursor == '\n') break;
    char* after = nullptr;
    numbers.push_back(strtoull(cursor, &after, base));
    if (after == cursor) break;
    cursor = after;
  }
  return numbers;
}

uint64_t Number(std::string_view text, std::string_view key, int base) {
  std::vector<uint64_t> numbers = Numbers(text, key, base, 1);
  return numbers.empty() ? 0 : numbers[0];
}

}  // namespace

absl::StatusOr<ProcessStatus> ReadProcessStatus(pid_t tid) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/%d/status", tid);
  UniqueFd fd(open(path, O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return LastErrnoStatus("reading a task's status");
  // The kernel writes the name escaped, so no line can be forged. 64 KiB hold 65,536 groups' worth
  // only in part; what is cut off only loses supplementary groups.
  char buffer[65536];
  size_t size = 0;
  for (ssize_t n = 0; (n = read(fd.get(), buffer + size, sizeof(buffer) - 1 - size)) > 0;) {
    size += static_cast<size_t>(n);
  }
  buffer[size] = 0;
  std::string_view text(buffer, size);
  if (text.empty()) return absl::NotFoundError("the task is gone");
  ProcessStatus status;
  status.umask = static_cast<mode_t>(Number(text, "\nUmask:", 8));
  status.tgid = static_cast<pid_t>(Number(text, "\nTgid:", 10));
  status.parent = static_cast<pid_t>(Number(text, "\nPPid:", 10));
  std::vector<uint64_t> uids = Numbers(text, "\nUid:", 10, 4);
  std::vector<uint64_t> gids = Numbers(text, "\nGid:", 10, 4);
  if (uids.size() != 4 || gids.size() != 4) return absl::InternalError("unreadable task status");
  status.fsuid = static_cast<uid_t>(uids[3]);
  status.fsgid = static_cast<gid_t>(gids[3]);
  for (uint64_t group : Numbers(text, "\nGroups:", 10, 65536)) {
    status.groups.push_back(static_cast<gid_t>(group));
  }
  status.pending_signals = Number(text, "\nSigPnd:", 16) | Number(text, "\nShdPnd:", 16);
  status.blocked_signals = Number(text, "\nSigBlk:", 16);
  status.ignored_signals = Number(text, "\nSigIgn:", 16);
  return status;
}

// The raw calls change this thread alone; glibc's setgroups would change all threads.
ScopedIdentity::ScopedIdentity(const ProcessStatus& status) {
  if (status.fsuid == geteuid() && status.fsgid == getegid()) return;
  if (geteuid() != 0) {
    ok_ = false;
    return;
  }
  int count = getgroups(0, nullptr);
  saved_groups_.resize(count < 0 ? 0 : static_cast<size_t>(count));
  if (count < 0 || getgroups(count, saved_groups_.data()) != count) {
    ok_ = false;  // what cannot be put back is not changed
    return;
  }
  changed_ = true;
  ok_ = syscall(SYS_setgroups, status.groups.size(), status.groups.data()) == 0;
  setfsgid(status.fsgid);
  setfsuid(status.fsuid);
  // An impossible id makes these calls report the current one.
  ok_ = ok_ && static_cast<uid_t>(setfsuid(static_cast<uid_t>(-1))) == status.fsuid &&
        static_cast<gid_t>(setfsgid(static_cast<gid_t>(-1))) == status.fsgid;
}

ScopedIdentity::~ScopedIdentity() {
  if (!changed_) return;
  setfsuid(geteuid());
  setfsgid(getegid());
  syscall(SYS_setgroups, saved_groups_.size(), saved_groups_.data());
}

}  // namespace safe_trace
