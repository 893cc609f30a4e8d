#include "tracer/tracee/elf_image.h"

#include <elf.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <string>

#include "tracer/arch/x86_64.h"
#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::StartsWith;

ElfImage MustRead(int fd) {
  absl::StatusOr<ElfImage> image = ReadElfImage(fd);
  EXPECT_TRUE(image.ok()) << image.status();
  return image.value_or(ElfImage());
}

ElfImage OfPath(const char* path) {
  UniqueFd file(open(path, O_RDONLY | O_CLOEXEC));
  EXPECT_TRUE(file.valid()) << path;
  return MustRead(file.get());
}

UniqueFd MemoryFile(const std::string& content) {
  UniqueFd file(memfd_create("image", MFD_CLOEXEC));
  EXPECT_EQ(pwrite(file.get(), content.data(), content.size(), 0),
            static_cast<ssize_t>(content.size()));
  return file;
}

std::string OwnBytes(size_t size) {
  UniqueFd file(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  std::string bytes(size, '\0');
  const ssize_t count = pread(file.get(), bytes.data(), size, 0);
  bytes.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return bytes;
}

TEST(ElfImageTest, ThisProgramIsDynamicAndLinkedAgainstTheCLibrary) {
  const ElfImage image = OfPath("/proc/self/exe");
  EXPECT_TRUE(image.is_elf);
  EXPECT_TRUE(image.is_64_bit);
  EXPECT_EQ(image.interpreter, kPlatformInterpreter);
  EXPECT_THAT(image.needed, Contains(StartsWith("libc.so")));
}

TEST(ElfImageTest, SystemProgramIsReadAlike) {
  const ElfImage image = OfPath("/bin/true");
  EXPECT_TRUE(image.is_elf);
  EXPECT_TRUE(image.is_64_bit);
  EXPECT_EQ(image.interpreter, kPlatformInterpreter);
}

TEST(ElfImageTest, StaticProgramHasNoInterpreter) {
  const ElfImage image = OfPath(STATIC_CHILD);
  EXPECT_TRUE(image.is_elf);
  EXPECT_EQ(image.interpreter, "");
  EXPECT_THAT(image.needed, IsEmpty());
}

TEST(ElfImageTest, ScriptsEmptyAndShortFilesAreNoElf) {
  for (const std::string& content :
       {std::string("#!/bin/sh\nexit 0\n"), std::string(), std::string("\x7f"),
        std::string("\x7f"
                    "ELF")}) {
    EXPECT_FALSE(MustRead(MemoryFile(content).get()).is_elf) << content;
  }
}

TEST(ElfImageTest, ThirtyTwoBitClassIsTold) {
  std::string bytes = OwnBytes(4096);
  bytes[EI_CLASS] = ELFCLASS32;
  const ElfImage image = MustRead(MemoryFile(bytes).get());
  EXPECT_TRUE(image.is_elf);
  EXPECT_FALSE(image.is_64_bit);
}

TEST(ElfImageTest, CutFileLosesOnlyWhatWasCutOff) {
  const ElfImage image = MustRead(MemoryFile(OwnBytes(sizeof(Elf64_Ehdr))).get());
  EXPECT_TRUE(image.is_64_bit);
  EXPECT_EQ(image.interpreter, "");
}

TEST(ElfImageTest, DirectoryIsAnError) {
  UniqueFd directory(open("/", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(ReadElfImage(directory.get()).ok());
}

// Three segments behind the header: the interpreter, the dynamic section, one that is loaded.
struct SmallElf {
  Elf64_Ehdr header{};
  Elf64_Phdr segments[3]{};
  Elf64_Dyn dynamic[3]{};
  char interpreter[8] = "/ld.so";
  char strings[16] = "\0libx.so";

  SmallElf() {
    memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_phoff = offsetof(SmallElf, segments);
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 3;
    segments[0] = {PT_INTERP, 0, offsetof(SmallElf, interpreter), 0, 0, sizeof(interpreter), 0, 0};
    segments[1] = {PT_DYNAMIC, 0, offsetof(SmallElf, dynamic), 0, 0, sizeof(dynamic), 0, 0};
    segments[2] = {PT_LOAD, 0, 0, 0x1000, 0, sizeof(SmallElf), sizeof(SmallElf), 0};
    dynamic[0].d_tag = DT_STRTAB;
    dynamic[0].d_un.d_ptr = 0x1000 + offsetof(SmallElf, strings);
    dynamic[1].d_tag = DT_NEEDED;
    dynamic[1].d_un.d_val = 1;
  }
  ElfImage Read() const {
    return MustRead(
        MemoryFile(std::string(reinterpret_cast<const char*>(this), sizeof(*this))).get());
  }
};

TEST(ElfImageTest, HandMadeImageIsRead) {
  const ElfImage image = SmallElf().Read();
  EXPECT_EQ(image.interpreter, "/ld.so");
  EXPECT_THAT(image.needed, testing::ElementsAre("libx.so"));
}

TEST(ElfImageTest, LyingOffsetsLoseOnlyTheirFields) {
  for (uint64_t offset : {uint64_t{1} << 40, ~uint64_t{0}, uint64_t{1} << 63}) {
    SmallElf interpreter;
    interpreter.segments[0].p_offset = offset;
    EXPECT_EQ(interpreter.Read().interpreter, "") << offset;
    SmallElf dynamic;
    dynamic.segments[1].p_offset = offset;
    EXPECT_EQ(dynamic.Read().interpreter, "/ld.so");
    EXPECT_THAT(dynamic.Read().needed, IsEmpty()) << offset;
    SmallElf string;
    string.dynamic[1].d_un.d_val = offset;
    EXPECT_THAT(string.Read().needed, IsEmpty()) << offset;
  }
}

TEST(ElfImageTest, LyingSizesAreBounded) {
  SmallElf image;
  image.header.e_phnum = 0xffff;
  image.segments[0].p_filesz = ~uint64_t{0};
  image.segments[1].p_filesz = ~uint64_t{0};
  const ElfImage read = image.Read();
  EXPECT_EQ(read.interpreter, "/ld.so");
  EXPECT_LE(read.needed.size(), 256U);
}

TEST(ElfImageTest, RandomBytesAreNoElf) {
  std::mt19937 random(20261122);
  for (int round = 0; round < 200; ++round) {
    std::string bytes(random() % 512, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    if (!bytes.empty()) bytes[0] = 'x';
    EXPECT_FALSE(MustRead(MemoryFile(bytes).get()).is_elf);
  }
}

TEST(ElfImageTest, DamagedImagesGiveBoundedAnswers) {
  std::mt19937 random(4711);
  const SmallElf whole;
  UniqueFd file = MemoryFile("");
  for (int round = 0; round < 5000; ++round) {
    std::string bytes(reinterpret_cast<const char*>(&whole), sizeof(whole));
    for (uint32_t i = random() % 8; i > 0; --i) {
      // The class and the magic stay, so that the readers behind them are reached.
      bytes[16 + random() % (bytes.size() - 16)] = static_cast<char>(random());
    }
    ASSERT_EQ(pwrite(file.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    absl::StatusOr<ElfImage> image = ReadElfImage(file.get());
    if (!image.ok()) continue;
    EXPECT_TRUE(image->is_elf);
    EXPECT_LE(image->interpreter.size(), 4096U);
    EXPECT_LE(image->needed.size(), 256U);
    for (const std::string& name : image->needed) EXPECT_LT(name.size(), 256U);
  }
}

}  // namespace
}  // namespace safe_trace
