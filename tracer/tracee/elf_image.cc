#include "tracer/tracee/elf_image.h"

#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

constexpr size_t kMaximumHeaders = 128;
constexpr size_t kMaximumInterpreter = 4096;

std::string ReadInterpreter(int fd, const Elf64_Phdr& header) {
  std::string text(std::min<size_t>(header.p_filesz, kMaximumInterpreter), '\0');
  ssize_t count = pread(fd, text.data(), text.size(), static_cast<off_t>(header.p_offset));
  if (count <= 0) return {};
  text.resize(strnlen(text.data(), static_cast<size_t>(count)));
  return text;
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
  return image;
}

}  // namespace safe_trace
