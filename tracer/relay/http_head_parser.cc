#include "tracer/relay/http_head_parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "tracer/relay/host_name.h"

namespace safe_trace {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr size_t kMaximumLengthDigits = 18;  // fits 63 bits

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char c) { return IsDigit(c) || (Lower(c) >= 'a' && Lower(c) <= 'z'); }
bool IsHexDigit(char c) { return IsDigit(c) || (Lower(c) >= 'a' && Lower(c) <= 'f'); }

bool EqualsIgnoreCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return Lower(a) == b; });
}
bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsHttpTokenCharacter);
}

// Cuts `text` up to `separator` off its front; all of it where there is none.
std::string_view TakeUntil(std::string_view separator, std::string_view& text) {
  const size_t end = text.find(separator);
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + separator.size());
  return taken;
}

std::optional<uint16_t> DefaultPort(std::string_view scheme) {
  constexpr std::array<std::pair<std::string_view, uint16_t>, 5> kSchemes = {
      {{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}, {"ftp", 21}}};
  for (const auto& [name, port] : kSchemes) {
    if (EqualsIgnoreCase(scheme, name)) return port;
  }
  return std::nullopt;
}

// Only what RFC 3986 3.2.1 allows. Libraries differ about where the host begins with the rest:
// "\", a second "@", "#".
bool IsUserInfo(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3 || !IsHexDigit(text[i + 1]) || !IsHexDigit(text[i + 2])) return false;
    } else if (!IsAlnum(text[i]) &&
               std::string_view("-._~!$&'()*+,;=:").find(text[i]) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

bool ParseAbsoluteTarget(std::string_view target, HttpRequestHead& head) {
  const size_t colon = target.find("://");
  if (colon == std::string_view::npos) return false;
  const std::optional<uint16_t> default_port = DefaultPort(target.substr(0, colon));
  target.remove_prefix(colon + 3);
  std::string_view authority = target.substr(0, target.find_first_of("/?"));
  const size_t at = authority.find('@');
  if (at != std::string_view::npos) {
    if (!IsUserInfo(authority.substr(0, at))) return false;
    authority.remove_prefix(at + 1);
  }
  std::optional<HostAndPort> parsed = ParseHostAndPort(authority);
  if (!default_port || !parsed) return false;
  head.target_host = std::move(parsed->host);
  head.target_port = parsed->port != 0 ? parsed->port : *default_port;
  return true;
}

bool ParseAuthorityTarget(std::string_view target, HttpRequestHead& head) {
  std::optional<HostAndPort> parsed = ParseHostAndPort(target);
  if (!parsed || parsed->port == 0) return false;
  head.target_host = std::move(parsed->host);
  head.target_port = parsed->port;
  return true;
}

bool ParseTarget(std::string_view target, HttpRequestHead& head) {
  using Form = HttpRequestHead::Form;
  if (head.method == "CONNECT") {
    head.form = Form::kAuthority;
    return ParseAuthorityTarget(target, head);
  }
  if (target.starts_with('/')) {
    head.form = Form::kOrigin;
    return true;
  }
  if (target == "*") {
    head.form = Form::kAsterisk;
    return head.method == "OPTIONS";
  }
  head.form = Form::kAbsolute;
  return ParseAbsoluteTarget(target, head);
}

std::string_view ParseRequestLine(std::string_view line, HttpRequestHead& head, bool& is_1_1) {
  const std::string_view method = TakeUntil(" ", line);
  const std::string_view target = TakeUntil(" ", line);
  // Bytes beyond ASCII count as spaces for some servers (0x85, 0xa0 in Latin-1).
  const bool visible =
      std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!IsToken(method) || target.empty() || !visible) return "malformed request line";
  is_1_1 = line == "HTTP/1.1";
  if (!is_1_1 && line != "HTTP/1.0") return "neither HTTP/1.0 nor HTTP/1.1";
  head.method = method;
  return ParseTarget(target, head) ? "" : "malformed request target";
}

struct Field {
  std::string_view name;
  std::string_view value;  // as written, after the colon
};

std::string_view ParseField(std::string_view line, Field& field) {
  if (line.starts_with(' ') || line.starts_with('\t')) return "folded header";
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) return "malformed header";
  field.name = line.substr(0, colon);
  field.value = line.substr(colon + 1);
  return "";
}

// What frames the message or names the host is taken as clients write it, with one space or none.
// Servers differ about tabs, and about whether what they do not understand is then ignored.
std::string_view PlainValue(const Field& field) {
  return field.value.starts_with(' ') ? field.value.substr(1) : field.value;
}

bool FramesOrNames(std::string_view field_name) {
  return EqualsIgnoreCase(field_name, "host") || EqualsIgnoreCase(field_name, "content-length") ||
         EqualsIgnoreCase(field_name, "transfer-encoding");
}

bool ParseLength(std::string_view text, uint64_t& out) {
  if (text.empty() || text.size() > kMaximumLengthDigits || (text[0] == '0' && text.size() > 1)) {
    return false;
  }
  out = 0;
  for (char c : text) {
    if (!IsDigit(c)) return false;
    out = out * 10 + static_cast<uint64_t>(c - '0');
  }
  return true;
}

class FieldCollector {
 public:
  FieldCollector(HttpRequestHead& head, HttpBodyFraming& framing)
      : head_(head), framing_(framing) {}

  std::string_view Add(const Field& field) {
    if (EqualsIgnoreCase(field.name, "host")) return AddHost(PlainValue(field));
    if (EqualsIgnoreCase(field.name, "content-length")) return AddLength(PlainValue(field));
    if (EqualsIgnoreCase(field.name, "transfer-encoding")) return AddCoding(PlainValue(field));
    if (EqualsIgnoreCase(field.name, "upgrade")) head_.asks_upgrade = true;
    if (EqualsIgnoreCase(field.name, "connection") ||
        EqualsIgnoreCase(field.name, "proxy-connection")) {
      return CheckConnection(field.value);
    }
    return "";
  }

  std::string_view Conclude(bool is_1_1) const {
    if (framing_.chunked && has_length_) return "Content-Length with Transfer-Encoding";
    if (framing_.chunked && !is_1_1) return "Transfer-Encoding in HTTP/1.0";
    if (is_1_1 && !has_host_) return "HTTP/1.1 without Host";
    if (head_.method == "CONNECT" && (framing_.chunked || framing_.length != 0)) {
      return "CONNECT with a body";
    }
    return "";
  }

 private:
  std::string_view AddHost(std::string_view value) {
    if (std::exchange(has_host_, true)) return "several Host headers";
    std::optional<HostAndPort> parsed = ParseHostAndPort(value);
    if (!parsed) return "malformed Host";
    head_.host = std::move(parsed->host);
    head_.host_port = parsed->port;
    return "";
  }
  std::string_view AddLength(std::string_view value) {
    if (std::exchange(has_length_, true)) return "several Content-Length headers";
    return ParseLength(value, framing_.length) ? "" : "malformed Content-Length";
  }
  std::string_view AddCoding(std::string_view value) {
    if (std::exchange(framing_.chunked, true)) return "several Transfer-Encoding headers";
    return value == "chunked" ? "" : "a Transfer-Encoding other than chunked";
  }
  // A proxy removes the fields that are listed here before it passes the request on.
  static std::string_view CheckConnection(std::string_view value) {
    while (!value.empty()) {
      std::string_view option = TakeUntil(",", value);
      option.remove_prefix(std::min(option.find_first_not_of(" \t"), option.size()));
      option = option.substr(0, option.find_first_of(" \t"));
      if (FramesOrNames(option)) return "Connection lists a header that must stay";
    }
    return "";
  }

  HttpRequestHead& head_;
  HttpBodyFraming& framing_;
  bool has_host_ = false;
  bool has_length_ = false;
};

}  // namespace

bool IsHttpTokenCharacter(char c) {
  return IsAlnum(c) ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

std::string_view ParseHttpHead(std::string_view text, HttpRequestHead& head,
                               HttpBodyFraming& framing) {
  bool is_1_1 = false;
  std::string_view why = ParseRequestLine(TakeUntil(kLineEnd, text), head, is_1_1);
  FieldCollector collector(head, framing);
  while (why.empty()) {
    const std::string_view line = TakeUntil(kLineEnd, text);
    if (line.empty()) return collector.Conclude(is_1_1);
    Field field;
    why = ParseField(line, field);
    if (why.empty()) why = collector.Add(field);
  }
  return why;
}

std::string_view CheckHttpTrailers(std::string_view text) {
  while (true) {
    const std::string_view line = TakeUntil(kLineEnd, text);
    if (line.empty()) return "";
    Field field;
    const std::string_view why = ParseField(line, field);
    if (!why.empty()) return why;
    // Some servers merge trailers into the head.
    if (FramesOrNames(field.name)) return "a trailer that belongs in the head";
  }
}

}  // namespace safe_trace
