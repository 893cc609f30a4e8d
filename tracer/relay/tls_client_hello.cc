#include "tracer/relay/tls_client_hello.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <string_view>
#include <vector>

#include "tracer/relay/host_name.h"

namespace safe_trace {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr uint8_t kHandshakeRecord = 22;
constexpr uint8_t kMajorVersion = 3;
constexpr uint8_t kHighestMinorVersion = 4;
constexpr size_t kRecordHeader = 5;
constexpr size_t kMaximumFragment = 1 << 14;  // RFC 8446 5.1
// A hello as long as is allowed fits in four. The bound keeps a look at any beginning cheap.
constexpr int kMaximumRecords = 64;
constexpr uint8_t kClientHello = 1;
constexpr size_t kHandshakeHeader = 4;
constexpr size_t kMaximumSessionId = 32;
constexpr uint16_t kServerName = 0;
constexpr uint16_t kPreSharedKey = 41;
constexpr uint16_t kEncryptedServerName = 0xffce;  // draft-ietf-tls-esni-01 to -06
// Each draft of the encrypted hello had its own number; RFC 9849 kept the last.
constexpr uint16_t kFirstEncryptedHello = 0xfe08;
constexpr uint16_t kEncryptedHello = 0xfe0d;
constexpr uint8_t kHostName = 0;

// Reads big-endian numbers and length-prefixed vectors; every read is checked.
class Reader {
 public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}

  bool Number(size_t width, size_t& out) {
    Bytes octets;
    if (!Take(width, octets)) return false;
    out = 0;
    for (uint8_t octet : octets) out = out << 8 | octet;
    return true;
  }
  bool Take(size_t size, Bytes& out) {
    if (rest_.size() < size) return false;
    out = rest_.first(size);
    rest_ = rest_.subspan(size);
    return true;
  }
  // `width` octets of length, then as many octets.
  bool Vector(size_t width, Bytes& out) {
    size_t size = 0;
    return Number(width, size) && Take(size, out);
  }
  bool AtEnd() const { return rest_.empty(); }

 private:
  Bytes rest_;
};

// The records' payloads one after the other, without copying where there is only one.
struct Handshake {
  Bytes message;
  std::vector<uint8_t> joined;
};

// Where the hello ends in the records, as far as that is known.
class RecordWalk {
 public:
  explicit RecordWalk(Bytes bytes) : bytes_(bytes) {}

  ParseProgress Run() {
    while (true) {
      const Bytes rest = bytes_.subspan(position_);
      if (!LooksLikeTls(rest)) return ParseProgress::kInvalid;
      if (rest.size() < kRecordHeader) return ParseProgress::kNeedMore;
      const size_t length = static_cast<size_t>(rest[3]) << 8 | rest[4];
      if (length == 0 || length > kMaximumFragment || records_ == kMaximumRecords ||
          position_ + kRecordHeader + length > kMaximumClientHello) {
        return ParseProgress::kInvalid;
      }
      const Bytes there = rest.subspan(kRecordHeader);
      if (!Note(there.first(std::min(length, there.size())), length)) {
        return ParseProgress::kInvalid;
      }
      if (there.size() < length) return ParseProgress::kNeedMore;
      fragments_[static_cast<size_t>(records_++)] = there.first(length);
      if (declared_ == needed_) return ParseProgress::kComplete;
      position_ += kRecordHeader + length;
    }
  }

  // After kComplete.
  Handshake Join() const {
    Handshake handshake;
    if (records_ == 1) {
      handshake.message = fragments_[0];
      return handshake;
    }
    handshake.joined.reserve(needed_);
    for (int i = 0; i < records_; ++i) {
      const Bytes fragment = fragments_[static_cast<size_t>(i)];
      handshake.joined.insert(handshake.joined.end(), fragment.begin(), fragment.end());
    }
    handshake.message = handshake.joined;
    return handshake;
  }

 private:
  // `there` of a record's `length` octets have come. False where they cannot be a hello's: it is
  // the only message in its records, since nothing may be sent before the server has answered.
  bool Note(Bytes there, size_t length) {
    for (size_t i = 0; i < there.size() && header_size_ < kHandshakeHeader; ++i) {
      header_[header_size_++] = there[i];
    }
    declared_ += length;
    if (header_size_ > 0 && header_[0] != kClientHello) return false;
    if (header_size_ < kHandshakeHeader) return true;
    needed_ = kHandshakeHeader + (static_cast<size_t>(header_[1]) << 16 |
                                  static_cast<size_t>(header_[2]) << 8 | header_[3]);
    return needed_ <= kMaximumClientHello && declared_ <= needed_;
  }

  Bytes bytes_;
  size_t position_ = 0;
  std::array<Bytes, kMaximumRecords> fragments_;
  int records_ = 0;
  std::array<uint8_t, kHandshakeHeader> header_{};
  size_t header_size_ = 0;
  size_t declared_ = 0;  // octets of the message in the records so far
  size_t needed_ = SIZE_MAX;
};

bool ParseServerName(Bytes data, std::string& name) {
  Reader reader(data);
  Bytes list;
  if (!reader.Vector(2, list) || !reader.AtEnd() || list.empty()) return false;
  Reader names(list);
  Bytes only;
  int count = 0;
  for (; !names.AtEnd(); ++count) {
    size_t type = 0;
    // How long a name of another type is was never defined.
    if (!names.Number(1, type) || type != kHostName || !names.Vector(2, only) || only.empty()) {
      return false;
    }
  }
  if (count > 1) return true;
  const std::string_view text(reinterpret_cast<const char*>(only.data()), only.size());
  name = CanonicalHostName(text).value_or("");
  return true;
}

bool ParseExtensions(Bytes data, TlsClientHello& hello) {
  Reader reader(data);
  std::bitset<UINT16_MAX + 1> seen;
  while (!reader.AtEnd()) {
    size_t type = 0;
    Bytes content;
    // RFC 8446 4.2: none twice, and a pre_shared_key is the last.
    if (seen.test(kPreSharedKey) || !reader.Number(2, type) || !reader.Vector(2, content) ||
        seen.test(type)) {
      return false;
    }
    seen.set(type);
    if (type == kServerName && !ParseServerName(content, hello.server_name)) return false;
    if (type == kEncryptedServerName || (type >= kFirstEncryptedHello && type <= kEncryptedHello)) {
      hello.encrypted = true;
    }
  }
  return true;
}

bool ParseMessage(Bytes message, TlsClientHello& hello) {
  Reader reader(message);
  Bytes header, random, session, ciphers, compressions, extensions;
  size_t version = 0;
  if (!reader.Take(kHandshakeHeader, header) || !reader.Number(2, version) ||
      version >> 8 != kMajorVersion || !reader.Take(32, random) || !reader.Vector(1, session) ||
      session.size() > kMaximumSessionId || !reader.Vector(2, ciphers) || ciphers.empty() ||
      ciphers.size() % 2 != 0 || !reader.Vector(1, compressions) ||
      std::find(compressions.begin(), compressions.end(), 0) == compressions.end()) {
    return false;
  }
  if (reader.AtEnd()) return true;  // a client from before extensions
  return reader.Vector(2, extensions) && reader.AtEnd() && ParseExtensions(extensions, hello);
}

}  // namespace

bool LooksLikeTls(std::span<const uint8_t> bytes) {
  return (bytes.empty() || bytes[0] == kHandshakeRecord) &&
         (bytes.size() < 2 || bytes[1] == kMajorVersion) &&
         (bytes.size() < 3 || bytes[2] <= kHighestMinorVersion);
}

ParseProgress ParseClientHello(std::span<const uint8_t> bytes, TlsClientHello& out) {
  RecordWalk walk(bytes);
  const ParseProgress progress = walk.Run();
  if (progress == ParseProgress::kNeedMore && bytes.size() >= kMaximumClientHello) {
    return ParseProgress::kInvalid;
  }
  if (progress != ParseProgress::kComplete) return progress;
  TlsClientHello hello;
  if (!ParseMessage(walk.Join().message, hello)) return ParseProgress::kInvalid;
  out = std::move(hello);
  return ParseProgress::kComplete;
}

}  // namespace safe_trace
