// The stack is laid out in a byte vector as the kernel does it, and read back as a C library does:
// words upwards from the stack pointer, the auxiliary vector directly behind the environment.
#include "tracer/tracee/initial_stack.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

namespace safe_trace {
namespace {

using testing::ElementsAre;
using Auxiliary = std::vector<std::pair<uint64_t, uint64_t>>;
using Strings = std::vector<std::string>;

constexpr pid_t kTask = 4711;
constexpr uint64_t kBase = 0x7ffd00000000;

class ByteMemory final : public TraceeMemory {
 public:
  explicit ByteMemory(size_t size) : bytes_(size) {}

  absl::Status Read(pid_t, uint64_t address, void* buffer, size_t size) const override {
    if (!Holds(address, size)) return absl::OutOfRangeError("not mapped");
    if (size > 0) memcpy(buffer, &bytes_[address - kBase], size);
    return absl::OkStatus();
  }
  absl::StatusOr<size_t> ReadSome(pid_t, uint64_t address, void* buffer,
                                  size_t size) const override {
    if (!Holds(address, 1)) return absl::OutOfRangeError("not mapped");
    const size_t count = std::min<size_t>(size, kBase + bytes_.size() - address);
    memcpy(buffer, &bytes_[address - kBase], count);
    return count;
  }
  absl::Status Write(pid_t, uint64_t address, const void* buffer, size_t size) const override {
    if (!Holds(address, size)) return absl::OutOfRangeError("not mapped");
    if (size > 0) memcpy(&bytes_[address - kBase], buffer, size);
    return absl::OkStatus();
  }

  uint64_t end() const { return kBase + bytes_.size(); }
  uint64_t Word(uint64_t address) const {
    uint64_t word = 0;
    EXPECT_TRUE(Read(kTask, address, &word, sizeof(word)).ok()) << std::hex << address;
    return word;
  }
  void PutWord(uint64_t address, uint64_t word) {
    ASSERT_TRUE(Write(kTask, address, &word, sizeof(word)).ok());
  }
  std::string Text(uint64_t address) const {
    absl::StatusOr<std::string> text = ReadString(kTask, address, 1 << 20);
    EXPECT_TRUE(text.ok()) << text.status();
    return text.value_or("unreadable");
  }
  std::string Bytes(uint64_t address, size_t size) const {
    std::string bytes(size, '?');
    EXPECT_TRUE(Read(kTask, address, bytes.data(), size).ok());
    return bytes;
  }

 private:
  bool Holds(uint64_t address, size_t size) const {
    return address >= kBase && address - kBase <= bytes_.size() &&
           size <= bytes_.size() - (address - kBase);
  }
  mutable std::vector<uint8_t> bytes_;
};

struct Program {
  Strings arguments;
  Strings environment;
  Auxiliary auxiliary;
  bool operator==(const Program&) const = default;
};

const Auxiliary kAuxiliary = {
    {AT_PAGESZ, 4096}, {AT_UID, 1000}, {AT_RANDOM, kBase + 8}, {AT_NULL, 0}};

// Strings at the top; beneath them what AT_RANDOM names; beneath that the block, aligned to 16.
uint64_t LayOut(ByteMemory& memory, const Program& program) {
  uint64_t at = memory.end() - 8;
  for (const Strings* strings : {&program.environment, &program.arguments}) {
    for (const std::string& text : *strings) at -= text.size() + 1;
  }
  const uint64_t strings_begin = at;
  std::vector<uint64_t> words = {program.arguments.size()};
  for (const Strings* strings : {&program.arguments, &program.environment}) {
    for (const std::string& text : *strings) {
      EXPECT_TRUE(memory.Write(kTask, at, text.c_str(), text.size() + 1).ok());
      words.push_back(at);
      at += text.size() + 1;
    }
    words.push_back(0);
  }
  for (const auto& [type, value] : program.auxiliary) {
    words.push_back(type);
    words.push_back(value);
  }
  const uint64_t pointer = (strings_begin - 64 - words.size() * 8) & ~uint64_t{15};
  EXPECT_TRUE(memory.Write(kTask, pointer, words.data(), words.size() * 8).ok());
  return pointer;
}

Strings TakeStrings(const ByteMemory& memory, uint64_t& at) {
  Strings strings;
  while (uint64_t pointer = memory.Word(at)) {
    strings.push_back(memory.Text(pointer));
    at += 8;
  }
  at += 8;
  return strings;
}

Program ReadAsProgram(const ByteMemory& memory, uint64_t pointer) {
  Program program;
  const uint64_t count = memory.Word(pointer);
  uint64_t at = pointer + 8;
  program.arguments = TakeStrings(memory, at);
  EXPECT_EQ(program.arguments.size(), count);
  program.environment = TakeStrings(memory, at);
  do {
    program.auxiliary.emplace_back(memory.Word(at), memory.Word(at + 8));
    at += 16;
  } while (program.auxiliary.back().first != AT_NULL && program.auxiliary.size() < 300);
  return program;
}

class InitialStackTest : public testing::Test {
 protected:
  // Lays out, edits and reads back.
  Program Edited(const Program& program, const EnvironmentEdit& edit) {
    const uint64_t old_pointer = LayOut(memory_, program);
    absl::StatusOr<InitialStack> stack = ReadInitialStack(memory_, kTask, old_pointer);
    EXPECT_TRUE(stack.ok()) << stack.status();
    if (!stack.ok()) return {};
    absl::StatusOr<uint64_t> pointer = WriteEditedStack(memory_, kTask, *stack, edit);
    EXPECT_TRUE(pointer.ok()) << pointer.status();
    if (!pointer.ok()) return {};
    pointer_ = *pointer;
    EXPECT_EQ(pointer_ % 16, 0U);
    EXPECT_LE(pointer_, old_pointer + stack->BlockSize());
    return ReadAsProgram(memory_, pointer_);
  }
  absl::Status ReadStatus(uint64_t pointer) {
    return ReadInitialStack(memory_, kTask, pointer).status();
  }

  ByteMemory memory_{256 * 1024};
  uint64_t pointer_ = 0;
  Program small_{
      {"python3", "setup.py"}, {"PATH=/usr/bin", "SECRET=hunter2", "HOME=/home/ann"}, kAuxiliary};
};

TEST_F(InitialStackTest, ReadsWhatTheKernelLaidOut) {
  const uint64_t pointer = LayOut(memory_, small_);
  absl::StatusOr<InitialStack> stack = ReadInitialStack(memory_, kTask, pointer);
  ASSERT_TRUE(stack.ok()) << stack.status();
  EXPECT_EQ(stack->address, pointer);
  EXPECT_EQ(stack->argument_pointers.size(), 2U);
  EXPECT_EQ(stack->environment, small_.environment);
  EXPECT_EQ(stack->auxiliary, kAuxiliary);
  EXPECT_EQ(stack->BlockSize(), 8U * (1 + 3 + 4 + 8));
}

TEST_F(InitialStackTest, OneVariableIsRemoved) {
  const Program after = Edited(small_, {{"SECRET"}, {}});
  EXPECT_EQ(after, (Program{small_.arguments, {"PATH=/usr/bin", "HOME=/home/ann"}, kAuxiliary}));
}

TEST_F(InitialStackTest, TwoVariablesAreRemoved) {
  EXPECT_THAT(Edited(small_, {{"SECRET", "PATH"}, {}}).environment, ElementsAre("HOME=/home/ann"));
}

TEST_F(InitialStackTest, AllVariablesAreRemoved) {
  const Program after = Edited(small_, {{"HOME", "SECRET", "PATH"}, {}});
  EXPECT_EQ(after, (Program{small_.arguments, {}, kAuxiliary}));
}

TEST_F(InitialStackTest, EveryVariableOfARemovedNameGoes) {
  small_.environment = {"A=1", "B=2", "A=3", "A"};
  EXPECT_THAT(Edited(small_, {{"A"}, {}}).environment, ElementsAre("B=2"));
}

TEST_F(InitialStackTest, NameIsComparedWhole) {
  small_.environment = {"TOKEN=1", "TOKENS=2", "MY_TOKEN=3", "token=4", "=5"};
  EXPECT_THAT(Edited(small_, {{"TOKEN"}, {}}).environment,
              ElementsAre("TOKENS=2", "MY_TOKEN=3", "token=4", "=5"));
}

TEST_F(InitialStackTest, AddedVariablesComeLast) {
  const Program after = Edited(small_, {{"HOME"}, {"HOME=/tmp/p1", "TMPDIR=/tmp/p1"}});
  EXPECT_THAT(after.environment,
              ElementsAre("PATH=/usr/bin", "SECRET=hunter2", "HOME=/tmp/p1", "TMPDIR=/tmp/p1"));
  EXPECT_EQ(after.arguments, small_.arguments);
  EXPECT_EQ(after.auxiliary, kAuxiliary);
}

TEST_F(InitialStackTest, VariableIsAddedToAnEmptyEnvironment) {
  small_.environment.clear();
  EXPECT_THAT(Edited(small_, {{}, {"A=b"}}).environment, ElementsAre("A=b"));
}

TEST_F(InitialStackTest, LongAdditionsFit) {
  const std::string large = "LARGE=" + std::string(4096, 'x');
  EXPECT_THAT(Edited(small_, {{"PATH", "SECRET", "HOME"}, {large}}).environment,
              ElementsAre(large));
}

TEST_F(InitialStackTest, EmptyStringIsAVariableToo) {
  small_.environment = {"", "A=1", ""};
  EXPECT_THAT(Edited(small_, {{"A"}, {}}).environment, ElementsAre("", ""));
}

TEST_F(InitialStackTest, RemovedStringsAreZeroed) {
  const uint64_t pointer = LayOut(memory_, small_);
  const uint64_t secret = memory_.Word(pointer + 8 * 5);
  ASSERT_EQ(memory_.Text(secret), "SECRET=hunter2");
  const size_t length = std::strlen("SECRET=hunter2");
  absl::StatusOr<InitialStack> stack = ReadInitialStack(memory_, kTask, pointer);
  ASSERT_TRUE(stack.ok());
  ASSERT_TRUE(WriteEditedStack(memory_, kTask, *stack, {{"SECRET"}, {}}).ok());
  EXPECT_EQ(memory_.Bytes(secret, length), std::string(length, '\0'));
  const std::string all = memory_.Bytes(kBase, memory_.end() - kBase);
  EXPECT_EQ(all.find("hunter2"), std::string::npos);
  EXPECT_NE(all.find("HOME=/home/ann"), std::string::npos);
}

TEST_F(InitialStackTest, RandomEditsKeepEverythingElse) {
  std::mt19937 random(20261122);
  auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
  for (int round = 0; round < 300; ++round) {
    Program program{{"prog"}, {}, kAuxiliary};
    EnvironmentEdit edit;
    Strings expected;
    for (unsigned i = below(4); i > 0; --i) program.arguments.emplace_back(below(9), 'a');
    for (unsigned i = 0, count = below(12); i < count; ++i) {
      const std::string name = "V" + std::to_string(i);
      const std::string variable = name + "=" + std::string(below(40), 'v');
      program.environment.push_back(variable);
      if (below(2) == 0)
        edit.removed_names.push_back(name);
      else
        expected.push_back(variable);
    }
    for (unsigned i = 0, count = below(4); i < count; ++i) {
      edit.added.push_back("NEW" + std::to_string(i) + "=" + std::string(below(200), 'n'));
      expected.push_back(edit.added.back());
    }
    EXPECT_EQ(Edited(program, edit), (Program{program.arguments, expected, kAuxiliary})) << round;
  }
}

TEST_F(InitialStackTest, UnmappedStackPointerIsAnError) {
  EXPECT_FALSE(ReadStatus(16).ok());
  EXPECT_FALSE(ReadStatus(memory_.end()).ok());
}

TEST_F(InitialStackTest, BlockThatRunsOutOfItsMappingIsAnError) {
  for (uint64_t at = memory_.end() - 4096; at < memory_.end(); at += 8) {
    memory_.PutWord(at, kBase + 1);
  }
  EXPECT_FALSE(ReadStatus(memory_.end() - 4096).ok());
  EXPECT_FALSE(ReadStatus(memory_.end() - 4).ok());  // not even one word
}

TEST_F(InitialStackTest, ArgumentCountThatIsNotTheVectorsIsAnError) {
  const uint64_t pointer = LayOut(memory_, small_);
  for (uint64_t count : {uint64_t{0}, uint64_t{1}, uint64_t{3}, ~uint64_t{0}}) {
    memory_.PutWord(pointer, count);
    EXPECT_FALSE(ReadStatus(pointer).ok()) << count;
  }
}

TEST_F(InitialStackTest, EnvironmentPointersThatWouldReadElsewhereAreErrors) {
  const uint64_t pointer = LayOut(memory_, small_);
  const uint64_t first = pointer + 8 * 4;
  const uint64_t begin = memory_.Word(first);
  memory_.PutWord(first, begin + 1024);  // beyond the last: the others lie before it
  EXPECT_FALSE(ReadStatus(pointer).ok());
  memory_.PutWord(first, begin);
  memory_.PutWord(first + 8, begin - 4096);
  EXPECT_FALSE(ReadStatus(pointer).ok());
  memory_.PutWord(first + 8, begin);
  memory_.PutWord(first + 16, begin + (uint64_t{1} << 40));
  EXPECT_TRUE(absl::IsResourceExhausted(ReadStatus(pointer)));
}

TEST_F(InitialStackTest, StringWithoutAnEndIsAnError) {
  const uint64_t pointer = LayOut(memory_, small_);
  const uint64_t last = memory_.Word(pointer + 8 * 6);
  const std::string filling(memory_.end() - last, 'x');
  ASSERT_TRUE(memory_.Write(kTask, last, filling.data(), filling.size()).ok());
  EXPECT_FALSE(ReadStatus(pointer).ok());
}

TEST_F(InitialStackTest, EndlessAuxiliaryVectorIsReadNoFurtherThanItsBound) {
  for (int i = 0; i < 2000; ++i) small_.auxiliary.insert(small_.auxiliary.begin(), {AT_UID, 1});
  absl::StatusOr<InitialStack> stack = ReadInitialStack(memory_, kTask, LayOut(memory_, small_));
  EXPECT_TRUE(!stack.ok() || stack->auxiliary.size() <= 256U);
}

TEST(InitialStackBoundTest, MorePointersThanTheKernelEverPassesAreRefused) {
  ByteMemory memory(5 * 1024 * 1024);
  const std::string filling(memory.end() - kBase, 'x');
  ASSERT_TRUE(memory.Write(kTask, kBase, filling.data(), filling.size()).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(ReadInitialStack(memory, kTask, kBase).status()));
}

TEST_F(InitialStackTest, StackWithoutRoomBelowIsAnErrorNotAWriteElsewhere) {
  ByteMemory tight(4096);
  const uint64_t pointer = LayOut(tight, small_);
  absl::StatusOr<InitialStack> stack = ReadInitialStack(tight, kTask, pointer);
  ASSERT_TRUE(stack.ok());
  EXPECT_FALSE(WriteEditedStack(tight, kTask, *stack, {{}, {"A=" + std::string(8000, 'x')}}).ok());
}

}  // namespace
}  // namespace safe_trace
