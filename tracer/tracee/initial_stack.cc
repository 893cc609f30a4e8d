#include "tracer/tracee/initial_stack.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <unordered_set>

namespace safe_trace {
namespace {

constexpr size_t kMaximumPointers = 512 * 1024;
constexpr size_t kMaximumStrings = 8 * 1024 * 1024;
constexpr uint64_t kWord = sizeof(uint64_t);

// Reads words upwards from an address, in pieces.
class WordReader {
 public:
  WordReader(const TraceeMemory& memory, pid_t tid, uint64_t address)
      : memory_(memory), tid_(tid), address_(address) {}

  absl::StatusOr<uint64_t> Next() {
    if (at_ == words_.size()) {
      if (total_ >= kMaximumPointers) return absl::ResourceExhaustedError("too many pointers");
      words_.resize(512);
      absl::StatusOr<size_t> count =
          memory_.ReadSome(tid_, address_, words_.data(), words_.size() * kWord);
      if (!count.ok()) return count.status();
      words_.resize(*count / kWord);
      if (words_.empty()) return absl::OutOfRangeError("the stack ends within its block");
      address_ += words_.size() * kWord;
      total_ += words_.size();
      at_ = 0;
    }
    return words_[at_++];
  }

 private:
  const TraceeMemory& memory_;
  pid_t tid_;
  uint64_t address_;
  std::vector<uint64_t> words_;
  size_t at_ = 0;
  size_t total_ = 0;
};

absl::Status ReadPointers(WordReader& reader, std::vector<uint64_t>& pointers) {
  while (true) {
    absl::StatusOr<uint64_t> word = reader.Next();
    if (!word.ok()) return word.status();
    if (*word == 0) return absl::OkStatus();
    pointers.push_back(*word);
  }
}

absl::Status ReadEnvironment(const TraceeMemory& memory, pid_t tid, InitialStack& stack) {
  if (stack.environment_pointers.empty()) return absl::OkStatus();
  // The kernel lays the strings out one after the other.
  uint64_t begin = stack.environment_pointers.front();
  uint64_t last = stack.environment_pointers.back();
  if (last < begin || last - begin > kMaximumStrings) {
    return absl::ResourceExhaustedError("the environment is too large");
  }
  absl::StatusOr<std::string> tail = memory.ReadString(tid, last, kMaximumStrings);
  if (!tail.ok()) return tail.status();
  std::string block(last - begin + tail->size() + 1, '\0');
  absl::Status status = memory.Read(tid, begin, block.data(), block.size());
  if (!status.ok()) return status;
  for (uint64_t pointer : stack.environment_pointers) {
    if (pointer < begin || pointer > last) return absl::InternalError("scattered environment");
    const char* text = block.data() + (pointer - begin);
    stack.environment.emplace_back(text, strnlen(text, block.size() - (pointer - begin)));
  }
  return absl::OkStatus();
}

std::string_view NameOf(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

}  // namespace

uint64_t InitialStack::BlockSize() const {
  return kWord *
         (3 + argument_pointers.size() + environment_pointers.size() + 2 * auxiliary.size());
}

absl::StatusOr<InitialStack> ReadInitialStack(const TraceeMemory& memory, pid_t tid,
                                              uint64_t stack_pointer) {
  InitialStack stack;
  stack.address = stack_pointer;
  WordReader reader(memory, tid, stack_pointer);
  absl::StatusOr<uint64_t> count = reader.Next();
  if (!count.ok()) return count.status();
  absl::Status status = ReadPointers(reader, stack.argument_pointers);
  if (status.ok()) status = ReadPointers(reader, stack.environment_pointers);
  if (!status.ok()) return status;
  if (*count != stack.argument_pointers.size()) return absl::InternalError("argc is not argv's");
  while (stack.auxiliary.size() < 256) {
    absl::StatusOr<uint64_t> type = reader.Next();
    if (!type.ok()) return type.status();
    absl::StatusOr<uint64_t> value = reader.Next();
    if (!value.ok()) return value.status();
    stack.auxiliary.emplace_back(*type, *value);
    if (*type == AT_NULL) break;
  }
  status = ReadEnvironment(memory, tid, stack);
  if (!status.ok()) return status;
  return stack;
}

absl::StatusOr<uint64_t> WriteEditedStack(const TraceeMemory& memory, pid_t tid,
                                          const InitialStack& stack, const EnvironmentEdit& edit) {
  std::unordered_set<std::string_view> removed(edit.removed_names.begin(),
                                               edit.removed_names.end());
  std::vector<uint64_t> environment;
  for (size_t i = 0; i < stack.environment.size(); ++i) {
    const std::string& variable = stack.environment[i];
    if (!removed.contains(NameOf(variable))) {
      environment.push_back(stack.environment_pointers[i]);
      continue;
    }
    std::string zeros(variable.size(), '\0');
    absl::Status status =
        memory.Write(tid, stack.environment_pointers[i], zeros.data(), zeros.size());
    if (!status.ok()) return status;
  }
  std::string strings;
  for (const std::string& variable : edit.added) strings.append(variable).push_back('\0');
  uint64_t block_end = stack.address + stack.BlockSize();
  uint64_t strings_at = block_end - strings.size();
  uint64_t offset = 0;
  for (const std::string& variable : edit.added) {
    environment.push_back(strings_at + offset);
    offset += variable.size() + 1;
  }

  std::vector<uint64_t> block;
  block.push_back(stack.argument_pointers.size());
  block.insert(block.end(), stack.argument_pointers.begin(), stack.argument_pointers.end());
  block.push_back(0);
  block.insert(block.end(), environment.begin(), environment.end());
  block.push_back(0);
  for (const auto& [type, value] : stack.auxiliary) {
    block.push_back(type);
    block.push_back(value);
  }
  uint64_t address = (strings_at - block.size() * kWord) & ~uint64_t{15};
  absl::Status status = memory.Write(tid, strings_at, strings.data(), strings.size());
  if (status.ok()) status = memory.Write(tid, address, block.data(), block.size() * kWord);
  if (!status.ok()) return status;
  return address;
}

}  // namespace safe_trace
