// Runs inside somebody else's process: the rules are at the head of shim_init.cc.
#include "preload/removed_names.h"

#include <stdint.h>

#include "preload/per_process.h"

namespace safe_trace {
namespace {

constexpr unsigned kSlots = 2 * kMaxRemovedNames;  // half empty, so that probes are short
static_assert((kSlots & (kSlots - 1)) == 0, "slots are masked");

struct Name {
  uint16_t offset;  // into bytes
  uint16_t length;
};

char bytes[kNameBytes];
Name names[kMaxRemovedNames];
unsigned name_count;
uint8_t slots[kSlots];  // index into names plus one, 0 when empty
// One bit for each value of FirstBytes(): most names that programs ask for stop here.
uint64_t first_bytes_seen[4];

unsigned FirstBytes(const char* name) {
  // Safe for the empty name: its terminator is the first byte and the second is not read.
  if (name[0] == '\0') return 0;
  return (static_cast<uint8_t>(name[0]) * 31u + static_cast<uint8_t>(name[1])) & 0xffu;
}

uint32_t HashStep(uint32_t hash, char byte) {
  return (hash ^ static_cast<uint8_t>(byte)) * 16777619u;  // FNV-1a
}

constexpr uint32_t kHashStart = 2166136261u;

unsigned SlotOf(uint32_t hash) { return (hash ^ (hash >> 16)) & (kSlots - 1); }

bool SameName(const Name& entry, const char* name) {
  const char* stored = bytes + entry.offset;
  for (unsigned i = 0; i < entry.length; ++i) {
    if (name[i] != stored[i]) return false;  // also when name ends first
  }
  return name[entry.length] == '\0';
}

void AddName(unsigned offset, unsigned length) {
  if (length == 0 || name_count == kMaxRemovedNames) return;
  names[name_count] = {static_cast<uint16_t>(offset), static_cast<uint16_t>(length)};
  ++name_count;
  uint32_t hash = kHashStart;
  for (unsigned i = 0; i < length; ++i) hash = HashStep(hash, bytes[offset + i]);
  unsigned slot = SlotOf(hash);
  while (slots[slot] != 0) slot = (slot + 1) & (kSlots - 1);
  slots[slot] = static_cast<uint8_t>(name_count);
  const unsigned bit = FirstBytes(bytes + offset);
  first_bytes_seen[bit / 64] |= uint64_t{1} << (bit % 64);
}

}  // namespace

void LoadRemovedNames(const char* list) {
  unsigned start = 0;
  for (unsigned i = 0; i < kNameBytes; ++i) {
    const bool at_end = list[i] == '\0';
    // Each stored name ends in a NUL in place of its colon, which FirstBytes relies on.
    bytes[i] = (at_end || list[i] == ':') ? '\0' : list[i];
    if (bytes[i] == '\0') {
      AddName(start, i - start);
      start = i + 1;
    }
    if (at_end) return;
  }
}

int FindRemovedName(const char* name) {
  const unsigned bit = FirstBytes(name);
  if ((first_bytes_seen[bit / 64] >> (bit % 64) & 1) == 0) return kNotRemoved;
  uint32_t hash = kHashStart;
  for (unsigned i = 0; name[i] != '\0'; ++i) {
    if (i == kNameBytes) return kNotRemoved;
    hash = HashStep(hash, name[i]);
  }
  for (unsigned slot = SlotOf(hash); slots[slot] != 0; slot = (slot + 1) & (kSlots - 1)) {
    const unsigned index = slots[slot] - 1u;
    if (SameName(names[index], name)) return static_cast<int>(index);
  }
  return kNotRemoved;
}

}  // namespace safe_trace
