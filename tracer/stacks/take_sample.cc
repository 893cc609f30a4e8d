#include "tracer/stacks/take_sample.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "tracer/syscall_status.h"
#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

constexpr size_t kMaximumMaps = size_t{4} << 20;

// The kernel writes a path's newlines as \012, so a line is a mapping.
bool ParseMapping(const std::string& line, SampledMapping& mapping) {
  char permissions[5] = {};
  unsigned major_number = 0;
  unsigned minor_number = 0;
  int path_at = 0;
  const int parsed =
      sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n",
             &mapping.start, &mapping.end, permissions, &mapping.offset, &major_number,
             &minor_number, &mapping.inode, &path_at);
  constexpr int kFields = 7;
  if (parsed != kFields || permissions[2] != 'x' || path_at == 0) return false;
  mapping.device = makedev(major_number, minor_number);
  mapping.path = line.substr(static_cast<size_t>(path_at));
  return mapping.path.starts_with('/');
}

absl::StatusOr<std::string> ReadMaps(pid_t tid) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/%d/maps", tid);
  const UniqueFd file(open(path, O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return LastErrnoStatus("opening a task's maps");
  std::string text;
  char buffer[16384];
  while (text.size() < kMaximumMaps) {
    const ssize_t count = read(file.get(), buffer, sizeof(buffer));
    if (count <= 0) break;
    text.append(buffer, static_cast<size_t>(count));
  }
  return text;
}

}  // namespace

std::vector<SampledMapping> ParseMappings(std::string_view maps) {
  std::vector<SampledMapping> mappings;
  while (!maps.empty() && mappings.size() < StackSample::kMaximumMappings) {
    const size_t end = std::min(maps.find('\n'), maps.size());
    SampledMapping mapping;
    if (ParseMapping(std::string(maps.substr(0, end)), mapping)) {
      mappings.push_back(std::move(mapping));
    }
    maps.remove_prefix(std::min(end + 1, maps.size()));
  }
  return mappings;
}

absl::StatusOr<StackSample> TakeStackSample(const TraceeMemory& memory, pid_t tid,
                                            const Registers& registers) {
  absl::StatusOr<std::string> maps = ReadMaps(tid);
  if (!maps.ok()) return maps.status();
  StackSample sample;
  sample.registers = DwarfRegisters(registers);
  sample.mappings = ParseMappings(*maps);
  sample.stack.resize(StackSample::kMaximumStackBytes);
  absl::StatusOr<size_t> count =
      memory.ReadSome(tid, StackPointer(registers), sample.stack.data(), sample.stack.size());
  if (absl::IsNotFound(count.status())) return count.status();
  // A stack pointer that points nowhere still leaves the instruction's address.
  sample.stack.resize(count.ok() ? *count : 0);
  return sample;
}

}  // namespace safe_trace
