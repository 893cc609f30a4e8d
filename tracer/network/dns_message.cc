#include "tracer/network/dns_message.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "absl/status/status.h"

namespace safe_trace {
namespace {

constexpr size_t kHeaderSize = 12;
constexpr size_t kMaximumLabel = 63;
constexpr size_t kMaximumName = 255;  // wire bytes, RFC 1035 2.3.4
constexpr int kMaximumPointers = 32;
constexpr int kMaximumRecords = 512;
constexpr size_t kMaximumAddresses = 64;
constexpr uint16_t kFlagResponse = 0x8000;
constexpr uint16_t kFlagTruncated = 0x0200;
constexpr uint16_t kFlagRecursionDesired = 0x0100;
constexpr uint16_t kFlagRecursionAvailable = 0x0080;
constexpr uint16_t kFlagAuthenticData = 0x0020;
constexpr uint16_t kFlagCheckingDisabled = 0x0010;
constexpr uint32_t kEdnsDnssecOk = 0x8000;
constexpr uint16_t kMaximumUdpPayload = 4096;

// Reads big-endian numbers; every read is checked.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool U8(uint8_t& out) {
    if (position_ >= bytes_.size()) return false;
    out = bytes_[position_++];
    return true;
  }
  bool U16(uint16_t& out) {
    uint8_t high = 0;
    uint8_t low = 0;
    if (!U8(high) || !U8(low)) return false;
    out = static_cast<uint16_t>(high << 8 | low);
    return true;
  }
  bool U32(uint32_t& out) {
    uint16_t high = 0;
    uint16_t low = 0;
    if (!U16(high) || !U16(low)) return false;
    out = static_cast<uint32_t>(high) << 16 | low;
    return true;
  }
  bool Bytes(size_t size, std::span<const uint8_t>& out) {
    if (bytes_.size() - position_ < size) return false;
    out = bytes_.subspan(position_, size);
    position_ += size;
    return true;
  }
  size_t position() const { return position_; }
  bool AtEnd() const { return position_ == bytes_.size(); }

  // A name as uncompressed wire bytes. Pointers may only lead backwards, so they cannot loop.
  bool Name(bool allow_pointers, DnsBytes& wire);

 private:
  std::span<const uint8_t> bytes_;
  size_t position_ = 0;
};

bool Reader::Name(bool allow_pointers, DnsBytes& wire) {
  wire.clear();
  size_t at = position_;
  size_t lowest = at;
  bool jumped = false;
  int pointers = 0;
  while (true) {
    if (at >= bytes_.size()) return false;
    uint8_t length = bytes_[at];
    if ((length & 0xc0) == 0xc0) {
      if (!allow_pointers || at + 1 >= bytes_.size() || ++pointers > kMaximumPointers) return false;
      size_t target = static_cast<size_t>(length & 0x3f) << 8 | bytes_[at + 1];
      if (target >= lowest) return false;
      if (!jumped) position_ = at + 2;
      jumped = true;
      lowest = at = target;
      continue;
    }
    if (length > kMaximumLabel) return false;
    if (at + 1 + length > bytes_.size() || wire.size() + 1 + length > kMaximumName) return false;
    wire.insert(wire.end(), bytes_.begin() + static_cast<ptrdiff_t>(at),
                bytes_.begin() + static_cast<ptrdiff_t>(at + 1 + length));
    at += 1 + static_cast<size_t>(length);
    if (length == 0) break;
  }
  if (!jumped) position_ = at;
  return true;
}

uint8_t Lower(uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<uint8_t>(byte + ('a' - 'A')) : byte;
}

// Length bytes are at most 63, so folding them as if they were letters changes nothing ('A' is 65).
DnsBytes Folded(const DnsBytes& wire) {
  DnsBytes folded(wire.size());
  std::transform(wire.begin(), wire.end(), folded.begin(), Lower);
  return folded;
}

void AppendEscaped(uint8_t byte, std::string& out) {
  if (byte > 0x20 && byte < 0x7f && byte != '.' && byte != '\\') {
    out.push_back(static_cast<char>(Lower(byte)));
    return;
  }
  char buffer[8];
  snprintf(buffer, sizeof(buffer), "\\%03u", byte);
  out += buffer;
}

std::string NameText(const DnsBytes& wire) {
  std::string text;
  for (size_t at = 0; at < wire.size() && wire[at] != 0; at += 1U + wire[at]) {
    if (!text.empty()) text.push_back('.');
    for (size_t i = 1; i <= wire[at]; ++i) AppendEscaped(wire[at + i], text);
  }
  return text;
}

void PutU16(uint16_t value, DnsBytes& out) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}
void PutU32(uint32_t value, DnsBytes& out) {
  PutU16(static_cast<uint16_t>(value >> 16), out);
  PutU16(static_cast<uint16_t>(value), out);
}

void PutHeader(uint16_t id, uint16_t flags, uint16_t answers, uint16_t additional, DnsBytes& out) {
  PutU16(id, out);
  PutU16(flags, out);
  PutU16(1, out);
  PutU16(answers, out);
  PutU16(0, out);
  PutU16(additional, out);
}

void PutQuestion(const DnsQuery& query, DnsBytes& out) {
  out.insert(out.end(), query.wire_name.begin(), query.wire_name.end());
  PutU16(query.type, out);
  PutU16(query.klass, out);
}

void PutEdns(uint16_t payload, bool dnssec_ok, DnsBytes& out) {
  out.push_back(0);
  PutU16(kDnsTypeOpt, out);
  PutU16(payload, out);
  PutU32(dnssec_ok ? kEdnsDnssecOk : 0, out);
  PutU16(0, out);
}

struct Record {
  DnsBytes owner;  // folded
  uint16_t type = 0;
  uint16_t klass = 0;
  uint32_t ttl = 0;
  std::span<const uint8_t> data;
  DnsBytes target;  // of a CNAME, folded
};

bool ReadRecord(std::span<const uint8_t> message, Reader& reader, Record& record) {
  DnsBytes name;
  uint16_t length = 0;
  if (!reader.Name(true, name) || !reader.U16(record.type) || !reader.U16(record.klass) ||
      !reader.U32(record.ttl) || !reader.U16(length)) {
    return false;
  }
  record.owner = Folded(name);
  size_t begin = reader.position();
  if (!reader.Bytes(length, record.data)) return false;
  record.target.clear();
  if (record.type != kDnsTypeCname) return true;
  // The target may point backwards into the whole message, but must end with the record.
  Reader target(message.first(begin + length));
  std::span<const uint8_t> skipped;
  return target.Bytes(begin, skipped) && target.Name(true, name) && target.AtEnd() &&
         (record.target = Folded(name), true);
}

bool AddressOf(const Record& record, IpAddress& out) {
  if (record.klass != kDnsClassInternet) return false;
  bool is_v6 = record.type == kDnsTypeAaaa && record.data.size() == 16;
  if (!is_v6 && !(record.type == kDnsTypeA && record.data.size() == 4)) return false;
  out = IpAddress{};
  out.is_v6 = is_v6;
  std::copy(record.data.begin(), record.data.end(), out.bytes.begin());
  return true;
}

// RFC 2181 8: a value with the highest bit set is taken for zero.
uint32_t LifetimeOf(const Record& record) { return record.ttl > 0x7fffffff ? 0 : record.ttl; }

// Addresses whose owner is the asked name or is reached from it by CNAMEs, in any order.
void CollectAddresses(const DnsBytes& asked, const std::vector<Record>& records,
                      DnsAnswer& answer) {
  std::set<DnsBytes> chain{asked};
  bool grown = true;
  while (grown) {  // at most once per record, since each round adds a name
    grown = false;
    for (const Record& record : records) {
      if (record.type != kDnsTypeCname || record.klass != kDnsClassInternet) continue;
      if (chain.size() < kMaximumAddresses && chain.contains(record.owner)) {
        grown |= chain.insert(record.target).second;
      }
    }
  }
  uint32_t least = UINT32_MAX;
  for (const Record& record : records) {
    IpAddress address;
    const bool is_link = record.type == kDnsTypeCname && record.klass == kDnsClassInternet;
    const bool is_address = AddressOf(record, address);
    if (!chain.contains(record.owner) || !(is_link || is_address)) continue;
    least = std::min(least, LifetimeOf(record));
    if (is_address && answer.addresses.size() < kMaximumAddresses) {
      answer.addresses.push_back(address);
    }
  }
  if (!answer.addresses.empty()) answer.ttl = least;
}

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError(std::string("DNS message: ") + std::string(what));
}

bool ReadEdns(std::span<const uint8_t> message, Reader& reader, DnsQuery& query) {
  Record record;
  if (!ReadRecord(message, reader, record)) return false;
  if (record.type != kDnsTypeOpt) return true;
  query.has_edns = true;
  query.edns_payload = record.klass;
  query.dnssec_ok = (record.ttl & kEdnsDnssecOk) != 0;
  return true;
}

}  // namespace

absl::StatusOr<DnsQuery> ParseDnsQuery(std::span<const uint8_t> message) {
  Reader reader(message);
  DnsQuery query;
  uint16_t flags = 0, questions = 0, answers = 0, authorities = 0, additional = 0;
  if (!reader.U16(query.id) || !reader.U16(flags) || !reader.U16(questions) ||
      !reader.U16(answers) || !reader.U16(authorities) || !reader.U16(additional)) {
    return Malformed("shorter than a header");
  }
  if ((flags & kFlagResponse) != 0) return Malformed("a response where a query belongs");
  if (questions != 1 || answers != 0 || authorities != 0 || additional > 1) {
    return Malformed("a query has one question and nothing else");
  }
  query.opcode = static_cast<uint8_t>(flags >> 11 & 0xf);
  query.recursion_desired = (flags & kFlagRecursionDesired) != 0;
  query.authentic_data = (flags & kFlagAuthenticData) != 0;
  query.checking_disabled = (flags & kFlagCheckingDisabled) != 0;
  if (!reader.Name(false, query.wire_name) || !reader.U16(query.type) || !reader.U16(query.klass)) {
    return Malformed("malformed question");
  }
  query.name = NameText(query.wire_name);
  if (additional == 1 && !ReadEdns(message, reader, query))
    return Malformed("malformed additional record");
  if (!reader.AtEnd()) return Malformed("bytes after the query");
  return query;
}

DnsBytes BuildDnsQuery(const DnsQuery& query, uint16_t id) {
  unsigned flags = (query.recursion_desired ? kFlagRecursionDesired : 0U) |
                   (query.authentic_data ? kFlagAuthenticData : 0U) |
                   (query.checking_disabled ? kFlagCheckingDisabled : 0U);
  DnsBytes message;
  PutHeader(id, static_cast<uint16_t>(flags), 0, query.has_edns ? 1 : 0, message);
  PutQuestion(query, message);
  if (query.has_edns) {
    PutEdns(std::min(query.edns_payload, kMaximumUdpPayload), query.dnssec_ok, message);
  }
  return message;
}

DnsBytes BuildDnsResponse(const DnsQuery& query, DnsResponseCode code,
                          std::span<const IpAddress> addresses, uint32_t ttl) {
  unsigned flags = kFlagResponse | static_cast<unsigned>(query.opcode) << 11 |
                   kFlagRecursionAvailable | static_cast<unsigned>(code) |
                   (query.recursion_desired ? kFlagRecursionDesired : 0U) |
                   (query.checking_disabled ? kFlagCheckingDisabled : 0U);
  DnsBytes records;
  uint16_t count = 0;
  for (const IpAddress& address : addresses) {
    if (query.type != (address.is_v6 ? kDnsTypeAaaa : kDnsTypeA)) continue;
    if (count == kMaximumAddresses) break;
    ++count;
    PutU16(0xc000 | kHeaderSize, records);  // a pointer to the question's name
    PutU16(query.type, records);
    PutU16(kDnsClassInternet, records);
    PutU32(ttl, records);
    uint16_t size = address.is_v6 ? 16 : 4;
    PutU16(size, records);
    records.insert(records.end(), address.bytes.begin(), address.bytes.begin() + size);
  }
  DnsBytes message;
  PutHeader(query.id, static_cast<uint16_t>(flags), count, query.has_edns ? 1 : 0, message);
  PutQuestion(query, message);
  message.insert(message.end(), records.begin(), records.end());
  if (query.has_edns) PutEdns(kMaximumUdpPayload, query.dnssec_ok, message);
  return message;
}

absl::StatusOr<DnsAnswer> ParseDnsAnswer(std::span<const uint8_t> message, const DnsQuery& query,
                                         uint16_t id) {
  Reader reader(message);
  uint16_t answer_id = 0, flags = 0, questions = 0, answers = 0, ignored = 0;
  if (!reader.U16(answer_id) || !reader.U16(flags) || !reader.U16(questions) ||
      !reader.U16(answers) || !reader.U16(ignored) || !reader.U16(ignored)) {
    return Malformed("shorter than a header");
  }
  if (answer_id != id || (flags & kFlagResponse) == 0 || (flags >> 11 & 0xf) != query.opcode) {
    return Malformed("not the answer to this query");
  }
  DnsBytes name;
  uint16_t type = 0, klass = 0;
  if (questions != 1 || !reader.Name(true, name) || !reader.U16(type) || !reader.U16(klass) ||
      type != query.type || klass != query.klass || Folded(name) != Folded(query.wire_name)) {
    return Malformed("answers another question");
  }
  DnsAnswer answer;
  answer.code = static_cast<DnsResponseCode>(flags & 0xf);
  answer.truncated = (flags & kFlagTruncated) != 0;
  if (answer.code != DnsResponseCode::kNoError) return answer;
  std::vector<Record> records;
  for (int i = 0; i < std::min<int>(answers, kMaximumRecords); ++i) {
    Record record;
    if (!ReadRecord(message, reader, record)) {
      // A truncated answer may end inside a record: what came before it still counts.
      if (!answer.truncated) records.clear();
      break;
    }
    records.push_back(std::move(record));
  }
  CollectAddresses(Folded(query.wire_name), records, answer);
  return answer;
}

void SetDnsId(DnsBytes& message, uint16_t id) {
  if (message.size() < kHeaderSize) return;
  message[0] = static_cast<uint8_t>(id >> 8);
  message[1] = static_cast<uint8_t>(id);
}

namespace {

bool ParseNumber(std::string_view text, int base, unsigned limit, uint8_t& out) {
  unsigned value = 0;
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return false;
  for (char c : text) {
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
    if (digit >= base) return false;
    value = value * static_cast<unsigned>(base) + static_cast<unsigned>(digit);
  }
  out = static_cast<uint8_t>(value);
  return value <= limit;
}

std::vector<std::string_view> Labels(std::string_view name) {
  std::vector<std::string_view> labels;
  while (true) {
    size_t dot = name.find('.');
    labels.push_back(name.substr(0, dot));
    if (dot == std::string_view::npos) return labels;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace

std::optional<IpAddress> ParseReverseName(std::string_view name) {
  IpAddress address;
  std::vector<std::string_view> labels = Labels(name);
  if (name.ends_with(".in-addr.arpa") && labels.size() == 6) {
    for (size_t i = 0; i < 4; ++i) {
      if (!ParseNumber(labels[3 - i], 10, 255, address.bytes[i])) return std::nullopt;
    }
    return address;
  }
  if (!name.ends_with(".ip6.arpa") || labels.size() != 34) return std::nullopt;
  address.is_v6 = true;
  for (size_t i = 0; i < 32; ++i) {
    uint8_t nibble = 0;
    if (!ParseNumber(labels[31 - i], 16, 15, nibble)) return std::nullopt;
    address.bytes[i / 2] = static_cast<uint8_t>(address.bytes[i / 2] << 4 | nibble);
  }
  return address;
}

}  // namespace safe_trace
