#include "tracer/filter/syscall_table.h"

#include <gtest/gtest.h>
#include <seccomp.h>
#include <sys/syscall.h>

#include <cstdlib>
#include <memory>
#include <set>
#include <string>

namespace safe_trace {
namespace {

TEST(SyscallTableTest, NoCallIsListedTwice) {
  std::set<int> numbers;
  std::set<std::string_view> names;
  for (const SyscallEntry& entry : SyscallTable()) {
    EXPECT_TRUE(numbers.insert(entry.number).second) << entry.name;
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
  }
  EXPECT_GT(numbers.size(), 100U);
}

TEST(SyscallTableTest, NamesAreTheKernels) {
  int known = 0;
  for (const SyscallEntry& entry : SyscallTable()) {
    std::unique_ptr<char, decltype(&free)> name(
        seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, entry.number), &free);
    if (name == nullptr) continue;  // newer than this libseccomp
    ++known;
    EXPECT_EQ(entry.name, name.get());
  }
  EXPECT_GT(known, 100);
}

TEST(SyscallTableTest, RefusedEntriesSayWhyAndWithWhichError) {
  for (const SyscallEntry& entry : SyscallTable()) {
    const bool is_refused =
        entry.handling == Handling::kRefuse || entry.handling == Handling::kRefuseAloud;
    EXPECT_EQ(entry.error > 0, is_refused) << entry.name;
    EXPECT_EQ(!entry.reason.empty(), is_refused) << entry.name;
    EXPECT_TRUE(!entry.forbidden || entry.handling == Handling::kRefuseAloud) << entry.name;
  }
}

TEST(SyscallTableTest, WhatIsNotifiedHasHandlers) {
  for (const SyscallEntry& entry : SyscallTable()) {
    switch (entry.handling) {
      case Handling::kNotify:
        EXPECT_NE(entry.group, HandlerGroup::kNone) << entry.name;
        break;
      case Handling::kRefuse:
        EXPECT_EQ(entry.group, HandlerGroup::kNone) << entry.name;
        break;
      case Handling::kRefuseAloud:
        EXPECT_EQ(entry.group, HandlerGroup::kRefused) << entry.name;
        break;
      case Handling::kConditional:
        break;
    }
  }
}

TEST(SyscallTableTest, EveryEntryIsFoundByItsNumber) {
  for (const SyscallEntry& entry : SyscallTable()) {
    EXPECT_EQ(FindSyscall(entry.number), &entry) << entry.name;
    EXPECT_EQ(SyscallName(entry.number), entry.name);
  }
}

TEST(SyscallTableTest, CallsWithoutARuleAndImpossibleNumbersAreNull) {
  for (int number : {SYS_read, SYS_getpid, -1, 511, 512, 1 << 20, 0x40000000 | SYS_openat}) {
    EXPECT_EQ(FindSyscall(number), nullptr) << number;
  }
}

}  // namespace
}  // namespace safe_trace
