#include "policy/network_pattern.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "policy/text_parts.h"

namespace safe_trace {
namespace {

absl::Status BadHost(std::string_view text, std::string_view origin, std::string_view why) {
  return absl::InvalidArgumentError(
      Cat(origin, ": \"", text, "\" is not HOST[:PORT]: ", why,
          " (examples: pypi.org, pypi.org:443, *.example.com, 10.0.0.5:8080, [::1]:80)"));
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  unsigned value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0 || value > 65535) {
    return std::nullopt;
  }
  return static_cast<uint16_t>(value);
}

bool IsHostName(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.empty() || name.size() > 253) return false;
  size_t label = 0;
  for (char c : name) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      continue;
    }
    if (!IsAsciiAlnum(c) && c != '-' && c != '_') return false;
    if (++label > 63) return false;
  }
  return label > 0;
}

// The IPv4 address that an IPv6 one stands for, where it is a translation form.
std::optional<IpAddress> EmbeddedIpv4(const IpAddress& address) {
  const auto& b = address.bytes;
  IpAddress v4;
  const bool nat64 = b[0] == 0 && b[1] == 0x64 && b[2] == 0xff && b[3] == 0x9b;
  const bool compatible = std::all_of(b.begin(), b.begin() + 12, [](uint8_t x) { return x == 0; });
  if (nat64 || compatible) {
    std::copy(b.begin() + 12, b.end(), v4.bytes.begin());
    return v4;
  }
  if (b[0] == 0x20 && b[1] == 0x02) {  // 6to4
    std::copy(b.begin() + 2, b.begin() + 6, v4.bytes.begin());
    return v4;
  }
  return std::nullopt;
}

}  // namespace

std::string CanonicalHost(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  std::string lower(host);
  for (char& c : lower) c = AsciiLower(c);
  return lower;
}

absl::StatusOr<HostPort> ParseHostPort(std::string_view text, std::string_view origin) {
  std::string_view host = text;
  std::string_view port;
  const size_t colons = static_cast<size_t>(std::count(text.begin(), text.end(), ':'));
  const size_t bracket = text.rfind(']');
  if (bracket != std::string_view::npos ? bracket + 1 < text.size() && text[bracket + 1] == ':'
                                        : colons == 1) {
    size_t colon = text.rfind(':');
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty()) return BadHost(text, origin, "the port is missing");
  }
  HostPort result;
  result.origin = std::string(origin);
  if (!port.empty()) {
    std::optional<uint16_t> number = ParsePort(port);
    if (!number) return BadHost(text, origin, "a port is a number from 1 to 65535");
    result.port = *number;
  }
  IpAddress address;
  if (ParseIpAddress(host, address)) {
    result.host = address.ToString();
    return result;
  }
  result.host = CanonicalHost(host);
  if (text.find("://") != std::string_view::npos) {
    return BadHost(text, origin, "give the host alone, without a scheme");
  }
  if (!IsHostName(result.host)) return BadHost(text, origin, "not a name or an address");
  return result;
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return AsciiLower(x) == AsciiLower(y); });
}

bool EndsWithIgnoringCase(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() &&
         EqualsIgnoringCase(text.substr(text.size() - suffix.size()), suffix);
}

bool HostMatches(std::string_view pattern, std::string_view name) {
  if (!pattern.empty() && pattern.back() == '.') pattern.remove_suffix(1);
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  if (pattern.empty() || name.empty()) return false;
  if (!pattern.starts_with("*.")) return EqualsIgnoringCase(pattern, name);
  std::string_view suffix = pattern.substr(1);  // ".example.com"
  return name.size() > suffix.size() && name.front() != '.' && EndsWithIgnoringCase(name, suffix);
}

bool IsMetadataAddress(const IpAddress& raw) {
  const IpAddress address = UnmapAddress(raw);
  if (address.IsLinkLocal()) return true;
  if (address.is_v6) {
    static constexpr std::array<uint8_t, 16> kAws = {0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0,    0,
                                                     0,    0,    0,    0,    0, 0, 0x02, 0x54};
    if (address.bytes == kAws) return true;
    if (address.IsLoopback() || address.IsUnspecified()) return false;
    std::optional<IpAddress> embedded = EmbeddedIpv4(address);
    return embedded.has_value() && IsMetadataAddress(*embedded);
  }
  const auto& b = address.bytes;
  const uint32_t value = static_cast<uint32_t>(b[0]) << 24 | static_cast<uint32_t>(b[1]) << 16 |
                         static_cast<uint32_t>(b[2]) << 8 | b[3];
  return value == 0x646464C8 ||  // 100.100.100.200, Alibaba
         value == 0xC00000C0 ||  // 192.0.0.192, Oracle
         value == 0xA83F8110;    // 168.63.129.16, Azure
}

bool IsMetadataName(std::string_view name) {
  static constexpr std::string_view kNames[] = {"metadata",
                                                "metadata.google.internal",
                                                "metadata.goog",
                                                "instance-data",
                                                "metadata.azure.com",
                                                "metadata.azure.internal",
                                                "instance-data.ec2.internal"};
  for (std::string_view known : kNames) {
    if (EqualsIgnoringCase(name, known)) return true;
  }
  return EndsWithIgnoringCase(name, ".metadata.google.internal");
}

}  // namespace safe_trace
