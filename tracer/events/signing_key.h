// Ed25519 keys (RFC 8032) in the files that openssl(1) writes and reads, and the signature that the
// last line of a trace may carry (docs/trace-schema.md, "The signature").
#ifndef SAFE_TRACE_TRACER_EVENTS_SIGNING_KEY_H_
#define SAFE_TRACE_TRACER_EVENTS_SIGNING_KEY_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace safe_trace {

// Longer files are no keys.
inline constexpr size_t kMaxKeyFileBytes = 4096;

class VerifyingKey {
 public:
  static constexpr size_t kBytes = 32;
  using Bytes = std::array<uint8_t, kBytes>;

  explicit VerifyingKey(const Bytes& bytes) : bytes_(bytes) {}
  // "-----BEGIN PUBLIC KEY-----" (SubjectPublicKeyInfo). InvalidArgument for everything else.
  static absl::StatusOr<VerifyingKey> FromPem(const std::string& pem);
  // 64 lower-case hex digits, as a trace names the key.
  static absl::StatusOr<VerifyingKey> FromHex(std::string_view hex);

  std::string ToPem() const;
  std::string ToHex() const;
  // `signature`: 128 lower-case hex digits.
  bool Verifies(std::string_view message, std::string_view signature) const;
  bool operator==(const VerifyingKey& other) const { return bytes_ == other.bytes_; }

 private:
  Bytes bytes_;
};

// Wipes its secret when it goes. Shared by pointer, so that there is one copy.
class SigningKey {
 public:
  static constexpr size_t kBytes = 32;
  using Bytes = std::array<uint8_t, kBytes>;

  explicit SigningKey(const Bytes& secret);
  ~SigningKey();
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;

  // From getrandom(2).
  static absl::StatusOr<Bytes> NewSecret();
  // "-----BEGIN PRIVATE KEY-----" (PKCS #8 without a password). The message says what is wrong, and
  // repeats nothing of the text.
  static absl::StatusOr<Bytes> SecretFromPem(const std::string& pem);

  std::string ToPem() const;
  VerifyingKey verifying_key() const;
  // 128 lower-case hex digits.
  std::string Sign(std::string_view message) const;

 private:
  Bytes secret_;
  VerifyingKey::Bytes public_;
};

// Adds `safe_trace.signature` as the last key of `line`, one JSON object that already names the key
// in `safe_trace.signing_key`. The seal comes after it.
void SignLine(std::string& line, std::string_view run_id, const SigningKey& key);

enum class SignatureState : uint8_t {
  kNone,   // the line carries none
  kHolds,  // made with the key that the line names
  kFalse,  // not made with that key over that line
};

// `key` is what the line names, "" where it names none.
SignatureState CheckSignature(std::string_view line, std::string_view run_id, std::string_view key);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_EVENTS_SIGNING_KEY_H_
