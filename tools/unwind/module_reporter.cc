#include "tools/unwind/module_reporter.h"

#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <set>

#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

constexpr uint64_t kPageMask = ~uint64_t{4095};
// More files than that on one stack is a stack that was made up.
constexpr size_t kMaximumModules = 64;

UniqueFd OpenMapped(const SampledMapping& mapping) {
  // O_NONBLOCK: the name may be a FIFO by now.
  UniqueFd file(open(mapping.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info {};
  if (!file.valid() || fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return UniqueFd();
  // Some file systems (overlayfs, btrfs) show another device in maps than in stat.
  return info.st_ino == mapping.inode ? std::move(file) : UniqueFd();
}

// What is to be added to an address of the file's own to get the one in memory.
std::optional<uint64_t> LoadBias(int fd, const SampledMapping& mapping) {
  const std::unique_ptr<Elf, decltype(&elf_end)> elf(elf_begin(fd, ELF_C_READ, nullptr), &elf_end);
  size_t count = 0;
  if (elf == nullptr || elf_kind(elf.get()) != ELF_K_ELF ||
      elf_getphdrnum(elf.get(), &count) != 0) {
    return std::nullopt;
  }
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf.get(), static_cast<int>(i), &segment) == nullptr) return std::nullopt;
    if (segment.p_type != PT_LOAD) continue;
    const uint64_t first = segment.p_offset & kPageMask;
    if (mapping.offset < first || mapping.offset >= segment.p_offset + segment.p_filesz) continue;
    return mapping.start - ((segment.p_vaddr & kPageMask) + (mapping.offset - first));
  }
  return std::nullopt;
}

}  // namespace

std::vector<SampledMapping> MappingsOnStack(const StackSample& sample) {
  std::vector<SampledMapping> sorted = sample.mappings;
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.start < b.start; });
  std::set<size_t> found;
  const auto look_up = [&](uint64_t address) {
    auto after = std::upper_bound(sorted.begin(), sorted.end(), address,
                                  [](uint64_t value, const auto& m) { return value < m.start; });
    if (after == sorted.begin()) return;
    const auto at = std::prev(after);
    if (address < at->end) found.insert(static_cast<size_t>(at - sorted.begin()));
  };
  look_up(sample.registers[StackSample::kInstructionPointer]);
  for (size_t at = 0; at + sizeof(uint64_t) <= sample.stack.size(); at += sizeof(uint64_t)) {
    uint64_t word = 0;
    memcpy(&word, sample.stack.data() + at, sizeof(word));
    look_up(word);
  }
  std::vector<SampledMapping> result;
  for (const size_t index : found) {
    if (result.size() < kMaximumModules) result.push_back(sorted[index]);
  }
  return result;
}

void ReportModules(Dwfl* dwfl, const std::vector<SampledMapping>& mappings) {
  dwfl_report_begin(dwfl);
  std::set<std::pair<std::string, uint64_t>> reported;
  for (const SampledMapping& mapping : mappings) {
    UniqueFd file = OpenMapped(mapping);
    if (!file.valid()) continue;
    const std::optional<uint64_t> bias = LoadBias(file.get(), mapping);
    // A file may have several executable mappings.
    if (!bias.has_value() || !reported.emplace(mapping.path, *bias).second) continue;
    const int fd = file.Release();
    const char* name = mapping.path.c_str();
    // libdw owns the descriptor once it has made a module of it.
    if (dwfl_report_elf(dwfl, name, name, fd, *bias, true) == nullptr) close(fd);
  }
  dwfl_report_end(dwfl, nullptr, nullptr);
}

}  // namespace safe_trace
