#include "tracer/tracee/elf_image.h"

#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

constexpr off_t kMaximumOffset = off_t{1} << 60;
constexpr size_t kMaximumHeaders = 128;
constexpr size_t kMaximumInterpreter = 4096;

std::string ReadInterpreter(int fd, const Elf64_Phdr& header) {
  std::string text(std::min<size_t>(header.p_filesz, kMaximumInterpreter), '\0');
  ssize_t count = pread(fd, text.data(), text.size(), static_cast<off_t>(header.p_offset));
  if (count <= 0) return {};
  text.resize(strnlen(text.data(), static_cast<size_t>(count)));
  return text;
}

// Where a virtual address lies in the file; -1 where no segment holds it.
off_t FileOffset(const std::vector<Elf64_Phdr>& headers, uint64_t address) {
  for (const Elf64_Phdr& segment : headers) {
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
        address - segment.p_vaddr < segment.p_filesz) {
      return static_cast<off_t>(segment.p_offset + (address - segment.p_vaddr));
    }
  }
  return -1;
}

std::vector<std::string> ReadNeeded(int fd, const std::vector<Elf64_Phdr>& headers) {
  std::vector<std::string> needed;
  auto dynamic = std::find_if(headers.begin(), headers.end(),
                              [](const Elf64_Phdr& h) { return h.p_type == PT_DYNAMIC; });
  if (dynamic == headers.end()) return needed;
  std::vector<Elf64_Dyn> entries(std::min<size_t>(dynamic->p_filesz / sizeof(Elf64_Dyn), 256));
  ssize_t count = pread(fd, entries.data(), entries.size() * sizeof(Elf64_Dyn),
                        static_cast<off_t>(dynamic->p_offset));
  entries.resize(count > 0 ? static_cast<size_t>(count) / sizeof(Elf64_Dyn) : 0);
  off_t strings = -1;
  for (const Elf64_Dyn& entry : entries) {
    if (entry.d_tag == DT_STRTAB) strings = FileOffset(headers, entry.d_un.d_ptr);
  }
  for (const Elf64_Dyn& entry : entries) {
    if (entry.d_tag != DT_NEEDED || strings < 0 || strings > kMaximumOffset ||
        entry.d_un.d_val > (1U << 24))
      continue;
    char name[256] = {};
    if (pread(fd, name, sizeof(name) - 1, strings + static_cast<off_t>(entry.d_un.d_val)) > 0) {
      needed.emplace_back(name);
    }
  }
  return needed;
}

}  // namespace

absl::StatusOr<ElfImage> ReadElfImage(int fd) {
  ElfImage image;
  Elf64_Ehdr header{};
  ssize_t count = pread(fd, &header, sizeof(header), 0);
  if (count < 0) return LastErrnoStatus("reading an executable");
  if (static_cast<size_t>(count) < EI_NIDENT || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return image;
  }
  image.is_elf = true;
  image.is_64_bit = header.e_ident[EI_CLASS] == ELFCLASS64;
  if (!image.is_64_bit || static_cast<size_t>(count) < sizeof(header) ||
      header.e_phentsize != sizeof(Elf64_Phdr)) {
    return image;
  }
  std::vector<Elf64_Phdr> headers(std::min<size_t>(header.e_phnum, kMaximumHeaders));
  count = pread(fd, headers.data(), headers.size() * sizeof(Elf64_Phdr),
                static_cast<off_t>(header.e_phoff));
  if (count < 0) return LastErrnoStatus("reading an executable");
  headers.resize(static_cast<size_t>(count) / sizeof(Elf64_Phdr));
  for (const Elf64_Phdr& segment : headers) {
    if (segment.p_type == PT_INTERP) image.interpreter = ReadInterpreter(fd, segment);
  }
  if (!image.interpreter.empty()) image.needed = ReadNeeded(fd, headers);
  return image;
}

}  // namespace safe_trace
