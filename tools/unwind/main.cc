// safe-trace-unwind: reads samples of stacks from its standard input, writes their frames to its
// standard output. Started by the supervisor at a run's first violation; ends with its input.
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>

#include "tools/confinement/confinement.h"
#include "tools/unwind/unwinder.h"
#include "tracer/stacks/unwind_protocol.h"

namespace safe_trace {
namespace {

// A hostile file must not fill the machine's memory nor keep a processor for ever.
constexpr rlim_t kMemory = rlim_t{2} << 30;
constexpr int kNiceness = 10;

bool ReadAll(void* buffer, size_t size) {
  auto* at = static_cast<char*>(buffer);
  while (size > 0) {
    const ssize_t count = read(STDIN_FILENO, at, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    at += count;
    size -= static_cast<size_t>(count);
  }
  return true;
}

bool WriteAll(const std::string& bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = write(STDOUT_FILENO, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    done += static_cast<size_t>(count);
  }
  return true;
}

bool AnswerOne() {
  uint32_t length = 0;
  if (!ReadAll(&length, sizeof(length)) || length > kMaximumSampleMessage) return false;
  std::string message(length, '\0');
  if (!ReadAll(message.data(), length)) return false;
  absl::StatusOr<StackSample> sample = DecodeSample(message);
  if (!sample.ok()) return false;
  const std::string frames = EncodeFrames(Unwind(*sample));
  const auto size = static_cast<uint32_t>(frames.size());
  return WriteAll(std::string(reinterpret_cast<const char*>(&size), sizeof(size)) + frames);
}

int Serve() {
  const rlimit memory{kMemory, kMemory};
  (void)setrlimit(RLIMIT_AS, &memory);
  (void)setpriority(PRIO_PROCESS, 0, kNiceness);
  // The programs of a run can lie anywhere. Reading is all that is left: no network, no writing, no
  // other process, and nobody but the supervisor hears of what is read.
  absl::StatusOr<Confinement> confined = ConfineToReading({"/"});
  if (!confined.ok()) {
    std::fprintf(stderr, "safe-trace-unwind: %s\n",
                 std::string(confined.status().message()).c_str());
    return 1;
  }
  while (AnswerOne()) {
  }
  return 0;
}

}  // namespace
}  // namespace safe_trace

int main() {
  if (isatty(STDIN_FILENO)) {
    std::fputs("safe-trace-unwind is started by safe-trace and is of no use by itself\n", stderr);
    return 2;
  }
  return safe_trace::Serve();
}
