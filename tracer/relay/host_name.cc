#include "tracer/relay/host_name.h"

#include <algorithm>

#include "policy/access_request.h"

namespace safe_trace {
namespace {

constexpr size_t kMaximumName = 253;
constexpr size_t kMaximumLabel = 63;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= kMaximumLabel &&
         std::all_of(label.begin(), label.end(), [](char c) {
           return IsDigit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
         });
}

// inet_aton, and so many resolvers, take a name that ends so for an address.
bool IsNumber(std::string_view label) {
  if (std::all_of(label.begin(), label.end(), IsDigit)) return true;
  return label.starts_with("0x") && std::all_of(label.begin() + 2, label.end(), IsHexDigit);
}

std::string_view WithoutRootDot(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  return text;
}

std::optional<std::string> CanonicalHost(std::string_view text) {
  IpAddress address;
  if (text.starts_with('[')) {
    if (!text.ends_with(']') || !ParseIpAddress(text, address)) return std::nullopt;
    return address.ToString();
  }
  if (text.find(':') != std::string_view::npos) return std::nullopt;
  if (ParseIpAddress(WithoutRootDot(text), address)) return address.ToString();
  return CanonicalHostName(text);
}

bool ParsePort(std::string_view text, uint16_t& out) {
  if (text.empty() || text.size() > 5 || text[0] == '0') return false;
  unsigned value = 0;
  for (char c : text) {
    if (!IsDigit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  out = static_cast<uint16_t>(value);
  return value <= UINT16_MAX;
}

}  // namespace

std::optional<std::string> CanonicalHostName(std::string_view text) {
  text = WithoutRootDot(text);
  if (text.size() > kMaximumName) return std::nullopt;
  std::string name(text);
  std::transform(name.begin(), name.end(), name.begin(), Lower);
  std::string_view rest = name;
  while (true) {
    const size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    if (!IsLabel(label)) return std::nullopt;
    if (dot == std::string_view::npos) {
      if (IsNumber(label)) return std::nullopt;
      return name;
    }
    rest.remove_prefix(dot + 1);
  }
}

std::optional<HostAndPort> ParseHostAndPort(std::string_view text) {
  HostAndPort parsed;
  const size_t bracket = text.rfind(']');
  const size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos && !ParsePort(text.substr(colon + 1), parsed.port)) {
    return std::nullopt;
  }
  std::optional<std::string> host = CanonicalHost(text.substr(0, colon));
  if (!host) return std::nullopt;
  parsed.host = *std::move(host);
  return parsed;
}

}  // namespace safe_trace
