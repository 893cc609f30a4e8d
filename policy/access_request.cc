#include "policy/access_request.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace safe_trace {
namespace {

bool AllZero(const uint8_t* begin, const uint8_t* end) {
  return std::all_of(begin, end, [](uint8_t byte) { return byte == 0; });
}

}  // namespace

std::string_view RoleName(Role role) {
  switch (role) {
    case Role::kManager:
      return "manager";
    case Role::kPackage:
      return "package";
    case Role::kProject:
      return "project";
    case Role::kProgram:
      return "program";
    case Role::kCommand:
      return "command";
  }
  return "package";
}

std::string Subject::Describe() const {
  std::string text(RoleName(role));
  // What the user asked to fetch and run has a name too.
  if (importing)
    return package.empty() ? "an import"
                           : "importing " + package + (version.empty() ? "" : " " + version);
  const bool is_named = role == Role::kPackage || (role == Role::kProject && !package.empty());
  if (!is_named) return ecosystem.empty() ? text : text + " " + ecosystem;
  if (!package.empty()) {
    text += " " + package;
    if (!version.empty()) text += "@" + version;
  }
  if (!ecosystem.empty()) text += " (" + ecosystem + ")";
  return text;
}

bool IpAddress::IsLoopback() const {
  if (!is_v6) return bytes[0] == 127;
  return AllZero(bytes.data(), bytes.data() + 15) && bytes[15] == 1;
}

bool IpAddress::IsUnspecified() const {
  return AllZero(bytes.data(), bytes.data() + (is_v6 ? 16 : 4));
}

bool IpAddress::IsLinkLocal() const {
  if (!is_v6) return bytes[0] == 169 && bytes[1] == 254;
  return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(is_v6 ? AF_INET6 : AF_INET, bytes.data(), text, sizeof(text));
  return text;
}

IpAddress UnmapAddress(const IpAddress& address) {
  const uint8_t* b = address.bytes.data();
  if (!address.is_v6 || !AllZero(b, b + 10) || b[10] != 0xff || b[11] != 0xff) return address;
  IpAddress unmapped;
  std::copy(b + 12, b + 16, unmapped.bytes.begin());
  return unmapped;
}

bool ParseIpAddress(std::string_view text, IpAddress& out) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
    if (text.find(':') == std::string_view::npos) return false;
  }
  char buffer[INET6_ADDRSTRLEN] = "";
  // A NUL inside would end the C string early and hide what follows it.
  if (text.size() >= sizeof(buffer) || text.find('\0') != std::string_view::npos) return false;
  std::memcpy(buffer, text.data(), text.size());
  IpAddress parsed;
  parsed.is_v6 = text.find(':') != std::string_view::npos;
  if (inet_pton(parsed.is_v6 ? AF_INET6 : AF_INET, buffer, parsed.bytes.data()) != 1) return false;
  out = UnmapAddress(parsed);
  return true;
}

}  // namespace safe_trace
