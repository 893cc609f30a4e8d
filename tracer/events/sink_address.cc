#include "tracer/events/sink_address.h"

#include <sys/un.h>

#include <string_view>

#include "absl/strings/str_cat.h"

namespace safe_trace {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kOtlp = "otlp+http://";
constexpr size_t kMaxUrlBytes = 2048;
constexpr char kDefaultPort[] = ":4318";
constexpr char kDefaultPath[] = "/v1/logs";

absl::Status Bad(const std::string& why) {
  return absl::InvalidArgumentError(
      absl::StrCat(why, "; a sink is unix:/PATH/SOCKET or otlp+http://HOST[:PORT][/PATH]"));
}

bool IsPlain(std::string_view text) {
  for (const char byte : text) {
    if (byte <= ' ' || byte == 0x7f || byte == '"' || byte == '\\') return false;
  }
  return true;
}

bool IsPort(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  uint32_t number = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return false;
    number = number * 10 + static_cast<uint32_t>(digit - '0');
  }
  return number >= 1 && number <= 65535;
}

absl::StatusOr<SinkAddress> ParseUnix(std::string_view path) {
  if (path.empty() || path.front() != '/') return Bad("the path of the socket must be absolute");
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return Bad("the path of the socket is too long");
  if (path.find('\0') != std::string_view::npos) return Bad("the path holds a NUL byte");
  SinkAddress address;
  address.path = std::string(path);
  return address;
}

absl::StatusOr<SinkAddress> ParseOtlp(std::string_view rest) {
  if (rest.size() > kMaxUrlBytes || !IsPlain(rest)) return Bad("the URL holds what no URL holds");
  if (rest.find_first_of("?#@") != std::string_view::npos) {
    return Bad("the URL must not hold a user, a query or a fragment");
  }
  const size_t slash = rest.find('/');
  const std::string authority(rest.substr(0, slash));
  std::string path(slash == std::string_view::npos ? "" : rest.substr(slash));
  if (path.empty() || path == "/") path = kDefaultPath;
  const size_t bracket = authority.find(']');
  const size_t colon = authority.find(':', bracket == std::string::npos ? 0 : bracket);
  const std::string host = authority.substr(0, colon);
  if (host.empty() || (host.front() == '[') != (host.back() == ']')) return Bad("there is no host");
  if (colon != std::string::npos && !IsPort(std::string_view(authority).substr(colon + 1))) {
    return Bad("after ':' must come a port from 1 to 65535, and an IPv6 address stands in []");
  }
  SinkAddress address;
  address.kind = SinkAddress::Kind::kOtlpHttp;
  address.url =
      absl::StrCat("http://", authority, colon == std::string::npos ? kDefaultPort : "", path);
  return address;
}

}  // namespace

absl::StatusOr<SinkAddress> ParseSinkAddress(const std::string& text) {
  const std::string_view view = text;
  if (view.substr(0, kUnix.size()) == kUnix) return ParseUnix(view.substr(kUnix.size()));
  if (view.substr(0, kOtlp.size()) == kOtlp) return ParseOtlp(view.substr(kOtlp.size()));
  if (text.find("https://") != std::string::npos) {
    return Bad(
        "TLS is not spoken: let a collector on this machine take the events over plain HTTP "
        "on loopback and send them on");
  }
  return Bad("not a sink");
}

}  // namespace safe_trace
