#include "tracer/events/hash_chain.h"

#include <nettle/sha2.h>

#include <array>
#include <cstdint>

namespace safe_trace {
namespace {

constexpr std::string_view kSealStart = ",\"safe_trace.seal\":\"";
constexpr std::string_view kSealEnd = "\"}";
constexpr size_t kHexLength = 2 * SHA256_DIGEST_SIZE;

}  // namespace

std::string Sha256Hex(std::string_view bytes) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data()));
  std::array<uint8_t, SHA256_DIGEST_SIZE> digest;
  sha256_digest(&context, digest.size(), digest.data());
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex(kHexLength, '0');
  for (size_t i = 0; i < digest.size(); ++i) {
    hex[2 * i] = kDigits[digest[i] >> 4];
    hex[2 * i + 1] = kDigits[digest[i] & 0xf];
  }
  return hex;
}

void SealLine(std::string& line) {
  if (line.empty()) return;
  line.pop_back();
  const std::string seal = Sha256Hex(line);
  line.append(kSealStart).append(seal).append(kSealEnd);
}

bool SealHolds(std::string_view line) {
  constexpr size_t kTail = kSealStart.size() + kHexLength + kSealEnd.size();
  if (line.size() < kTail) return false;
  const std::string_view body = line.substr(0, line.size() - kTail);
  const std::string_view tail = line.substr(body.size());
  return tail.substr(0, kSealStart.size()) == kSealStart &&
         tail.substr(kSealStart.size() + kHexLength) == kSealEnd &&
         tail.substr(kSealStart.size(), kHexLength) == Sha256Hex(body);
}

}  // namespace safe_trace
