#include "tools/unwind/unwinder.h"

#include <cxxabi.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <memory>

#include "tools/unwind/module_reporter.h"

namespace safe_trace {
namespace {

constexpr pid_t kThread = 1;  // libdw wants a number; there is one thread only
// Looking for a name reads the whole symbol table: beyond this the trace's reader may do it.
constexpr off_t kMaximumSymbolFile = off_t{48} << 20;

// Separate debug information is neither needed nor looked for.
int NoDebugInformation(Dwfl_Module*, void**, const char*, Dwarf_Addr, const char*, const char*,
                       GElf_Word, char**) {
  return -1;
}

const Dwfl_Callbacks kCallbacks = {nullptr, NoDebugInformation, nullptr, nullptr};

pid_t NextThread(Dwfl*, void* argument, void** thread_argument) {
  if (*thread_argument != nullptr) return 0;
  *thread_argument = argument;
  return kThread;
}

bool GetThread(Dwfl*, pid_t, void* argument, void** thread_argument) {
  *thread_argument = argument;
  return true;
}

bool ReadMemory(Dwfl*, Dwarf_Addr address, Dwarf_Word* result, void* argument) {
  const auto& sample = *static_cast<const StackSample*>(argument);
  const uint64_t base = sample.registers[StackSample::kStackPointer];
  if (address < base || sample.stack.size() < sizeof(*result) ||
      address - base > sample.stack.size() - sizeof(*result)) {
    return false;
  }
  memcpy(result, sample.stack.data() + (address - base), sizeof(*result));
  return true;
}

bool SetRegisters(Dwfl_Thread* thread, void* argument) {
  const auto& sample = *static_cast<const StackSample*>(argument);
  return dwfl_thread_state_registers(thread, 0, StackSample::kRegisters, sample.registers.data());
}

const Dwfl_Thread_Callbacks kThreadCallbacks = {NextThread,   GetThread, ReadMemory,
                                                SetRegisters, nullptr,   nullptr};

std::string Demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&free)> text(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), &free);
  return text != nullptr ? text.get() : name;
}

std::string SymbolAt(Dwfl_Module* module, uint64_t address) {
  GElf_Addr bias = 0;
  Elf* elf = dwfl_module_getelf(module, &bias);
  size_t size = 0;
  if (elf == nullptr || elf_rawfile(elf, &size) == nullptr ||
      static_cast<off_t>(size) > kMaximumSymbolFile) {
    return {};
  }
  GElf_Off offset = 0;
  GElf_Sym symbol;
  const char* name =
      dwfl_module_addrinfo(module, address, &offset, &symbol, nullptr, nullptr, nullptr);
  if (name == nullptr || *name == '\0') return {};
  char suffix[32];
  snprintf(suffix, sizeof(suffix), "+0x%" PRIx64, offset);
  return Demangled(name) + suffix;
}

std::string BuildId(Dwfl_Module* module) {
  const unsigned char* bits = nullptr;
  GElf_Addr address = 0;
  const int length = dwfl_module_build_id(module, &bits, &address);
  std::string text;
  for (int i = 0; i < length; ++i) {
    char digits[3];
    snprintf(digits, sizeof(digits), "%02x", bits[i]);
    text += digits;
  }
  return text;
}

NativeFrame Describe(Dwfl* dwfl, uint64_t address, bool is_call_site) {
  NativeFrame frame;
  frame.address = address;
  // A return address may already belong to the next function.
  const uint64_t inside = is_call_site ? address - 1 : address;
  Dwfl_Module* module = dwfl_addrmodule(dwfl, inside);
  if (module == nullptr) return frame;
  const char* path = nullptr;
  dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, &path, nullptr);
  GElf_Addr bias = 0;
  if (dwfl_module_getelf(module, &bias) == nullptr) return frame;
  if (path != nullptr) frame.module = path;
  frame.offset = address - bias;
  frame.build_id = BuildId(module);
  frame.symbol = SymbolAt(module, inside);
  return frame;
}

struct Walk {
  Dwfl* dwfl;
  std::vector<NativeFrame> frames;
};

int TakeFrame(Dwfl_Frame* state, void* argument) {
  auto& walk = *static_cast<Walk*>(argument);
  Dwarf_Addr address = 0;
  bool is_activation = false;
  if (!dwfl_frame_pc(state, &address, &is_activation)) return DWARF_CB_ABORT;
  if (address == 0) return DWARF_CB_ABORT;  // the outermost frame
  walk.frames.push_back(Describe(walk.dwfl, address, !is_activation));
  return walk.frames.size() < kMaximumFrames ? DWARF_CB_OK : DWARF_CB_ABORT;
}

}  // namespace

std::vector<NativeFrame> Unwind(const StackSample& sample) {
  const std::unique_ptr<Dwfl, decltype(&dwfl_end)> dwfl(dwfl_begin(&kCallbacks), &dwfl_end);
  if (dwfl == nullptr) return {};
  ReportModules(dwfl.get(), MappingsOnStack(sample));
  Walk walk{dwfl.get(), {}};
  auto* argument = const_cast<StackSample*>(&sample);
  // Needs at least one module, to know the machine. A failure leaves the frames found so far.
  if (dwfl_attach_state(dwfl.get(), nullptr, kThread, &kThreadCallbacks, argument)) {
    (void)dwfl_getthread_frames(dwfl.get(), kThread, TakeFrame, &walk);
  }
  if (walk.frames.empty()) {
    walk.frames.push_back(
        Describe(dwfl.get(), sample.registers[StackSample::kInstructionPointer], false));
  }
  return std::move(walk.frames);
}

}  // namespace safe_trace
