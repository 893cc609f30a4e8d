#include "launcher/url_host.h"

#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"

namespace safe_trace {
namespace {

constexpr size_t kMostHostBytes = 253;  // the longest DNS name in text

constexpr std::array<std::pair<std::string_view, uint16_t>, 12> kDefaultPorts = {{
    {"https", 443},
    {"http", 80},
    {"ssh", 22},
    {"sftp", 22},
    {"git", 9418},
    {"svn", 3690},
    {"ftp", 21},
    {"socks4", 1080},
    {"socks4a", 1080},
    {"socks5", 1080},
    {"socks5h", 1080},
    {"file", 0},
}};

uint16_t DefaultPort(std::string_view scheme) {
  for (const auto& [name, port] : kDefaultPorts) {
    if (scheme == name) return port;
  }
  return 0;
}

// Bytes of IDNA names are above 0x7f and stay as they are.
bool IsHostByte(char c, bool bracketed) {
  auto byte = static_cast<unsigned char>(c);
  if (bracketed) return absl::ascii_isxdigit(byte) || c == ':' || c == '.';
  return byte >= 0x80 || absl::ascii_isalnum(byte) || c == '.' || c == '-' || c == '_';
}

bool IsHost(std::string_view host, bool bracketed) {
  if (host.empty() || host.size() > kMostHostBytes) return false;
  for (char c : host) {
    if (!IsHostByte(c, bracketed)) return false;
  }
  return true;
}

// An empty text keeps the default. Port 0 would mean "any port" in a policy: refused.
bool ParsePort(std::string_view text, uint16_t& port) {
  if (text.empty()) return port != 0;
  uint16_t parsed = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc() || end != text.data() + text.size() || parsed == 0) return false;
  port = parsed;
  return true;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  absl::AsciiStrToLower(&lower);
  return lower;
}

}  // namespace

std::optional<HostPort> HostOfUrl(std::string_view url, std::string_view origin) {
  size_t colon = url.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  std::string scheme = LowerCase(url.substr(0, colon));
  scheme = scheme.substr(scheme.rfind('+') + 1);  // "git+https"
  if (scheme == "file") return std::nullopt;
  std::string_view authority = url.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  authority.remove_prefix(authority.rfind('@') + 1);

  std::string_view host = authority, port_text;
  bool bracketed = !authority.empty() && authority.front() == '[';
  if (bracketed) {
    size_t close = authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = authority.substr(1, close - 1);
    port_text = authority.substr(close + 1);
    if (!port_text.empty() && port_text.front() != ':') return std::nullopt;
  } else if (size_t at = authority.rfind(':'); at != std::string_view::npos) {
    host = authority.substr(0, at);
    port_text = authority.substr(at);
  }
  if (!port_text.empty()) port_text.remove_prefix(1);
  while (!host.empty() && host.back() == '.') host.remove_suffix(1);

  HostPort result{LowerCase(host), DefaultPort(scheme), std::string(origin)};
  if (!IsHost(host, bracketed) || !ParsePort(port_text, result.port)) return std::nullopt;
  return result;
}

std::string_view UrlInRequirement(std::string_view requirement) {
  size_t colon = requirement.find("://");
  if (colon == std::string_view::npos) return {};
  size_t begin = colon;
  while (begin > 0) {
    char c = requirement[begin - 1];
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '+' && c != '.' && c != '-') {
      break;
    }
    --begin;
  }
  std::string_view url = requirement.substr(begin);
  return url.substr(0, url.find_first_of(" \t\r\n"));
}

}  // namespace safe_trace
