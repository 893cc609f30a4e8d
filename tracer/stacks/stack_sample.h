// What is kept of a thread at a violation, so that its stack can be unwound elsewhere, later.
#ifndef SAFE_TRACE_TRACER_STACKS_STACK_SAMPLE_H_
#define SAFE_TRACE_TRACER_STACKS_STACK_SAMPLE_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace safe_trace {

// One mapping of a program or a library, as /proc/PID/maps has it.
struct SampledMapping {
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t offset = 0;  // in the file
  uint64_t device = 0;  // of stat's st_dev
  uint64_t inode = 0;
  std::string path;  // hostile; may name another file by now: device and inode tell
};

struct StackSample {
  static constexpr size_t kRegisters = 17;  // the DWARF numbers of x86-64: 0 to 15, then rip
  static constexpr size_t kStackPointer = 7;
  static constexpr size_t kInstructionPointer = 16;
  static constexpr size_t kMaximumStackBytes = size_t{64} * 1024;
  static constexpr size_t kMaximumMappings = 1024;

  std::array<uint64_t, kRegisters> registers{};
  std::string stack;  // the bytes from the stack pointer upwards
  // Executable mappings of files only.
  std::vector<SampledMapping> mappings;
};

// One frame as the unwinder saw it. All of it comes from hostile memory and files.
struct NativeFrame {
  uint64_t address = 0;
  std::string module;    // path; "" where the code is in no file (generated at run time)
  uint64_t offset = 0;   // within the module, as its symbols count
  std::string build_id;  // hexadecimal; "" without
  std::string symbol;    // "name+0x12"; "" where the module has none for it
};

inline constexpr size_t kMaximumFrames = 64;

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_STACKS_STACK_SAMPLE_H_
