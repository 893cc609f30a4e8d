#include "launcher/own_terminals.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include "launcher/concat.h"
#include "launcher/host_paths.h"
#include "tracer/deciding/terminal_registry.h"
#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

constexpr unsigned kFirstPtsMajor = 136;
constexpr unsigned kLastPtsMajor = 143;
constexpr unsigned kMinorsPerMajor = 256;  // of the pseudo-terminals

void AddUnique(std::string path, std::vector<std::string>& to) {
  if (std::find(to.begin(), to.end(), path) == to.end()) to.push_back(std::move(path));
}

std::string PathOfTerminal(dev_t device) {
  const unsigned kind = major(device);
  if (kind >= kFirstPtsMajor && kind <= kLastPtsMajor) {
    return Concat("/dev/pts/", (kind - kFirstPtsMajor) * kMinorsPerMajor + minor(device));
  }
  std::error_code error;
  const std::filesystem::path link =
      std::filesystem::read_symlink(Concat("/sys/dev/char/", kind, ":", minor(device)), error);
  return error ? "" : "/dev/" + link.filename().string();
}

// A device number is not enough: with several mounts of devpts another terminal may have the same.
bool IsSessionTerminal(const std::string& path) {
  UniqueFd terminal(open(path.c_str(), O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  return terminal.valid() && tcgetsid(terminal.get()) == getsid(0);
}

}  // namespace

std::vector<std::string> OwnTerminals() {
  std::vector<std::string> terminals;
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    std::array<char, 256> name;
    // Compares the node with the descriptor: a terminal of another namespace has no name here.
    if (ttyname_r(fd, name.data(), name.size()) == 0) {
      AddUnique(CanonicalPath(name.data()), terminals);
    }
  }
  if (const dev_t device = SessionTerminalOf(getpid()); device != 0) {
    const std::string path = PathOfTerminal(device);
    if (!path.empty() && IsSessionTerminal(path)) AddUnique(CanonicalPath(path), terminals);
  }
  return terminals;
}

}  // namespace safe_trace
