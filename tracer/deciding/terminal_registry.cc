#include "tracer/deciding/terminal_registry.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace safe_trace {
namespace {

constexpr unsigned kTtyAuxMajor = 5;
constexpr unsigned kPtmxMinor = 2;

bool IsGone(const UniqueFd& pin) {
  struct stat status {};
  return fstat(pin.get(), &status) != 0 || status.st_nlink == 0;
}

}  // namespace

bool IsPseudoTerminalMaster(int object) {
  struct stat status {};
  return fstat(object, &status) == 0 && S_ISCHR(status.st_mode) &&
         status.st_rdev == makedev(kTtyAuxMajor, kPtmxMinor);
}

int OpenPeerOf(int master, int flags) {
  // Other drivers, and file systems in user space, could do anything at this request.
  if (!IsPseudoTerminalMaster(master)) return -ENOTTY;
  int fd = ioctl(master, TIOCGPTPEER, flags | O_NOCTTY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

dev_t SessionTerminalOf(pid_t task) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/%d/stat", task);
  FILE* file = fopen(path, "re");
  if (file == nullptr) return 0;
  char text[1024] = {};
  const size_t size = fread(text, 1, sizeof(text) - 1, file);
  fclose(file);
  // The name, in parentheses, may hold anything: the fields follow the last one.
  const char* end = static_cast<const char*>(memrchr(text, ')', size));
  int number = 0;
  if (end == nullptr || sscanf(end, ") %*c %*d %*d %*d %d", &number) != 1) return 0;
  // As the kernel packs it: the upper bits of the minor number lie above the major one.
  const auto packed = static_cast<unsigned>(number);
  return makedev((packed >> 8) & 0xfff, (packed & 0xff) | ((packed >> 12) & 0xfff00));
}

void TerminalRegistry::NoteMaster(int master) {
  std::erase_if(slaves_, [](const Slave& slave) { return IsGone(slave.pin); });
  if (slaves_.size() >= kMaximum) return;
  // O_PATH: really opening and closing it would make the program's first read fail with EIO.
  Slave slave;
  slave.pin.Reset(OpenPeerOf(master, O_PATH));
  struct stat status {};
  if (!slave.pin.valid() || fstat(slave.pin.get(), &status) != 0) return;
  slave.device = status.st_dev;
  slave.inode = status.st_ino;
  slave.terminal = status.st_rdev;
  slaves_.push_back(std::move(slave));
}

bool TerminalRegistry::Holds(int object) const {
  struct stat status {};
  if (fstat(object, &status) != 0 || !S_ISCHR(status.st_mode)) return false;
  return std::any_of(slaves_.begin(), slaves_.end(), [&](const Slave& slave) {
    return slave.device == status.st_dev && slave.inode == status.st_ino && !IsGone(slave.pin);
  });
}

int TerminalRegistry::Find(dev_t terminal) const {
  auto found = std::find_if(slaves_.begin(), slaves_.end(), [&](const Slave& slave) {
    return slave.terminal == terminal && !IsGone(slave.pin);
  });
  return found == slaves_.end() ? -1 : found->pin.get();
}

}  // namespace safe_trace
