// Which frames of a call stack stand in the one line of `show`.
#include "tools/trace/stack_table.h"

#include <gtest/gtest.h>

namespace safe_trace {
namespace {

constexpr char kProgram[] = "/home/u/app/thief";

StackFrame Native(const std::string& module, const std::string& function) {
  return {"native", module + "+0x10", function.empty() ? "" : function + "+0x4", ""};
}

std::vector<StackFrame> Of(const std::string& module, const std::vector<std::string>& functions) {
  std::vector<StackFrame> frames;
  for (const std::string& function : functions) frames.push_back(Native(module, function));
  return frames;
}

TEST(StackInShortTest, StaticGoProgramIsToldByItsOwnFunctions) {
  EXPECT_EQ(StackInShort(
                Of(kProgram, {"internal/runtime/syscall.Syscall6", "syscall.RawSyscall6",
                              "syscall.openat", "syscall.Open", "os.open", "os.openFileNolog.func1",
                              "os.OpenFile", "github.com/thief/pkg.(*T).Steal", "main.outer",
                              "main.main", "runtime.main", "runtime.goexit.abi0"})),
            "github.com/thief/pkg.(*T).Steal < main.outer < main.main");
}

TEST(StackInShortTest, GoStackOfItsLibraryAloneIsShownAsItIs) {
  EXPECT_EQ(StackInShort(Of(kProgram, {"syscall.connect", "net.(*netFD).connect",
                                       "net/http.(*Transport).dial", "runtime.goexit"})),
            "syscall.connect < net.(*netFD).connect < net/http.(*Transport).dial < runtime.goexit");
}

TEST(StackInShortTest, FunctionsNamedLikeGoPackagesAreKeptWhereThereIsNoGo) {
  EXPECT_EQ(StackInShort(Of(kProgram, {"sort.isra.0", "os", "main"})), "sort.isra.0 < os < main");
}

TEST(StackInShortTest, FunctionsOfTheCLibraryAreLeftOutWhereverTheyLie) {
  std::vector<StackFrame> frames = Of("/usr/lib/libc.so.6", {"__open64", "fopen64"});
  frames.push_back(Native(kProgram, "steal"));
  frames.push_back(Native("/usr/lib/libc.so.6", "qsort"));
  frames.push_back(Native(kProgram, "main"));
  frames.push_back(Native("/usr/lib/libc.so.6", "__libc_start_main"));
  EXPECT_EQ(StackInShort(frames), "steal < main");
}

TEST(StackInShortTest, LibraryWithinAStaticProgramIsPassedOver) {
  EXPECT_EQ(StackInShort(Of(kProgram, {"__open64_nocancel", "_IO_file_open", "_IO_new_file_fopen",
                                       "__fopen_internal", "steal", "__hidden", "main"})),
            "steal < __hidden < main");
  EXPECT_EQ(StackInShort(Of(kProgram, {"std::sys::fs::open", "_ZN3std2fs4File4open17h0123E",
                                       "core::result::map", "thief::steal", "thief::main"})),
            "thief::steal < thief::main");
}

TEST(StackInShortTest, WithoutSymbolsModuleAndOffsetStandForAFunction) {
  std::vector<StackFrame> frames = Of("/usr/lib/libc.so.6", {""});
  frames.push_back(Native(kProgram, ""));
  frames.push_back({"native", "0x7f0012340000", "", ""});
  frames.push_back(Native("/home/u/app/addon.node", ""));
  EXPECT_EQ(StackInShort(frames), "thief+0x10 < 0x7f0012340000 < addon.node+0x10");
}

TEST(StackInShortTest, StackOfTheCLibraryAloneIsShownAsItIs) {
  EXPECT_EQ(StackInShort(Of("/usr/lib/libc.so.6", {"", "fopen64"})), "libc.so.6+0x10 < fopen64");
}

TEST(StackInShortTest, MoreThanFourAreCutAndSaid) {
  EXPECT_EQ(StackInShort(Of(kProgram, {"a", "b", "c", "d"})), "a < b < c < d");
  EXPECT_EQ(StackInShort(Of(kProgram, {"a", "b", "c", "d", "e"})), "a < b < c < d < ...");
}

TEST(StackInShortTest, FramesOfAnInterpreterComeAlone) {
  std::vector<StackFrame> frames = {{"python", "app.py:3", "inner", "thief 1.0"},
                                    {"python", "app.py:8", "outer", ""}};
  frames.push_back(Native("/usr/bin/python3", "os_open"));
  EXPECT_EQ(StackInShort(frames), "inner app.py:3 (thief 1.0) < outer app.py:8");
}

TEST(StackInShortTest, NoFramesAreNoText) { EXPECT_EQ(StackInShort({}), ""); }

}  // namespace
}  // namespace safe_trace
