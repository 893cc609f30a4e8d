#include "tracer/events/signing_key.h"

#include <nettle/eddsa.h>
#include <string.h>
#include <sys/random.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tracer/events/hash_chain.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

static_assert(VerifyingKey::kBytes == ED25519_KEY_SIZE && SigningKey::kBytes == ED25519_KEY_SIZE);

// The DER of RFC 8410 has one form for each kind; the key's 32 bytes follow.
constexpr std::array<uint8_t, 12> kPublicHead = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr std::array<uint8_t, 16> kSecretHead = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                                 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
constexpr char kPublicLabel[] = "PUBLIC KEY";
constexpr char kSecretLabel[] = "PRIVATE KEY";
constexpr std::string_view kSignatureStart = ",\"safe_trace.signature\":\"";
constexpr std::string_view kSealStart = ",\"safe_trace.seal\":\"";
constexpr size_t kSignatureDigits = 2 * ED25519_SIGNATURE_SIZE;

void Wipe(std::string& text) { explicit_bzero(text.data(), text.size()); }

std::string Hex(const uint8_t* bytes, size_t count) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (size_t i = 0; i < count; ++i) {
    hex.push_back(kDigits[bytes[i] >> 4]);
    hex.push_back(kDigits[bytes[i] & 0xf]);
  }
  return hex;
}

// False where `hex` is not exactly that many lower-case digits.
bool FromHexDigits(std::string_view hex, uint8_t* bytes, size_t count) {
  const bool fits = hex.size() == 2 * count &&
                    hex.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  const auto value = [](char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; };
  for (size_t i = 0; fits && i < count; ++i) {
    bytes[i] = static_cast<uint8_t>(value(hex[2 * i]) * 16 + value(hex[2 * i + 1]));
  }
  return fits;
}

template <size_t HeadSize>
std::string PemOf(const char* label, const std::array<uint8_t, HeadSize>& head,
                  const std::array<uint8_t, 32>& key) {
  std::string der(head.begin(), head.end());
  der.append(key.begin(), key.end());
  std::string base64 = absl::Base64Escape(der);
  std::string pem =
      absl::StrCat("-----BEGIN ", label, "-----\n", base64, "\n-----END ", label, "-----\n");
  Wipe(der);
  Wipe(base64);
  return pem;
}

// One PEM block and nothing but blanks around it.
template <size_t HeadSize>
absl::StatusOr<std::array<uint8_t, 32>> KeyFromPem(const std::string& pem, const char* label,
                                                   const std::array<uint8_t, HeadSize>& head) {
  const absl::Status refused = absl::InvalidArgumentError(
      absl::StrCat("not an ed25519 ", label, " in PEM form (without a password)"));
  const std::string begin = absl::StrCat("-----BEGIN ", label, "-----");
  const std::string end = absl::StrCat("-----END ", label, "-----");
  const size_t first = pem.find_first_not_of(" \t\r\n");
  const size_t last = pem.find(end);
  if (pem.size() > kMaxKeyFileBytes || first == std::string::npos || last == std::string::npos ||
      pem.compare(first, begin.size(), begin) != 0 || last < first + begin.size() ||
      pem.find_first_not_of(" \t\r\n", last + end.size()) != std::string::npos) {
    return refused;
  }
  std::string base64 = pem.substr(first + begin.size(), last - first - begin.size());
  std::string der;
  const bool is_base64 = absl::Base64Unescape(base64, &der);
  Wipe(base64);
  std::array<uint8_t, 32> key{};
  const bool fits = is_base64 && der.size() == head.size() + key.size() &&
                    std::equal(head.begin(), head.end(), der.begin(),
                               [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); });
  if (fits) {
    std::copy(der.begin() + static_cast<ptrdiff_t>(head.size()), der.end(), key.begin());
  }
  Wipe(der);
  if (!fits) return refused;
  return key;
}

// The run is named, so that a summary cannot be taken for that of another run.
std::string Message(std::string_view run_id, std::string_view body) {
  return absl::StrCat("safe-trace trace 1\n", std::string(run_id), "\n", Sha256Hex(body), "\n");
}

}  // namespace

absl::StatusOr<VerifyingKey> VerifyingKey::FromPem(const std::string& pem) {
  const absl::StatusOr<Bytes> bytes = KeyFromPem(pem, kPublicLabel, kPublicHead);
  if (!bytes.ok()) return bytes.status();
  return VerifyingKey(*bytes);
}

absl::StatusOr<VerifyingKey> VerifyingKey::FromHex(std::string_view hex) {
  Bytes bytes{};
  if (FromHexDigits(hex, bytes.data(), bytes.size())) return VerifyingKey(bytes);
  return absl::InvalidArgumentError("not 64 lower-case hexadecimal digits");
}

std::string VerifyingKey::ToPem() const { return PemOf(kPublicLabel, kPublicHead, bytes_); }

std::string VerifyingKey::ToHex() const { return Hex(bytes_.data(), bytes_.size()); }

bool VerifyingKey::Verifies(std::string_view message, std::string_view signature) const {
  std::array<uint8_t, ED25519_SIGNATURE_SIZE> bytes{};
  return FromHexDigits(signature, bytes.data(), bytes.size()) &&
         ed25519_sha512_verify(bytes_.data(), message.size(),
                               reinterpret_cast<const uint8_t*>(message.data()), bytes.data()) == 1;
}

SigningKey::SigningKey(const Bytes& secret) : secret_(secret), public_() {
  ed25519_sha512_public_key(public_.data(), secret_.data());
}

SigningKey::~SigningKey() { explicit_bzero(secret_.data(), secret_.size()); }

absl::StatusOr<SigningKey::Bytes> SigningKey::NewSecret() {
  Bytes secret{};
  if (getrandom(secret.data(), secret.size(), 0) == static_cast<ssize_t>(secret.size())) {
    return secret;
  }
  return LastErrnoStatus("getrandom for a key");
}

absl::StatusOr<SigningKey::Bytes> SigningKey::SecretFromPem(const std::string& pem) {
  return KeyFromPem(pem, kSecretLabel, kSecretHead);
}

std::string SigningKey::ToPem() const { return PemOf(kSecretLabel, kSecretHead, secret_); }

VerifyingKey SigningKey::verifying_key() const { return VerifyingKey(public_); }

std::string SigningKey::Sign(std::string_view message) const {
  std::array<uint8_t, ED25519_SIGNATURE_SIZE> signature{};
  ed25519_sha512_sign(public_.data(), secret_.data(), message.size(),
                      reinterpret_cast<const uint8_t*>(message.data()), signature.data());
  return Hex(signature.data(), signature.size());
}

void SignLine(std::string& line, std::string_view run_id, const SigningKey& key) {
  if (line.empty()) return;
  line.pop_back();
  const std::string signature = key.Sign(Message(run_id, line));
  line.append(kSignatureStart).append(signature).append("\"}");
}

SignatureState CheckSignature(std::string_view line, std::string_view run_id,
                              std::string_view key) {
  // The line's own texts may hold these bytes only with their quotes escaped.
  const size_t start = line.rfind(kSignatureStart);
  if (start == std::string_view::npos) return SignatureState::kNone;
  const std::string_view rest = line.substr(start + kSignatureStart.size());
  const std::string_view after =
      rest.size() > kSignatureDigits ? rest.substr(kSignatureDigits) : std::string_view();
  const absl::StatusOr<VerifyingKey> named = VerifyingKey::FromHex(key);
  const bool holds =
      named.ok() && after.substr(0, 1) == "\"" &&
      after.substr(1, kSealStart.size()) == kSealStart &&
      named->Verifies(Message(run_id, line.substr(0, start)), rest.substr(0, kSignatureDigits));
  return holds ? SignatureState::kHolds : SignatureState::kFalse;
}

}  // namespace safe_trace
