#include "tracer/relay/stream_gate.h"

#include <algorithm>
#include <utility>

#include "tracer/relay/tls_client_hello.h"

namespace safe_trace {
namespace {

bool IsPrefix(std::span<const uint8_t> bytes, std::string_view text) {
  const size_t size = std::min(bytes.size(), text.size());
  return std::equal(text.begin(), text.begin() + static_cast<ptrdiff_t>(size), bytes.begin(),
                    [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

// Protocols whose greeting has the shape of a request line and which no proxy takes for one.
bool LooksLikeSsh(std::span<const uint8_t> bytes) { return IsPrefix(bytes, "SSH-"); }

bool LooksLikeGit(std::span<const uint8_t> bytes) {
  if (bytes.size() < 4) return false;
  const auto is_hex = [](uint8_t c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return std::all_of(bytes.begin(), bytes.begin() + 4, is_hex) &&
         IsPrefix(bytes.subspan(4), "git-");
}

// A CR before an LF ends a line.
bool HasBlank(std::span<const uint8_t> bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const bool may_end_line = bytes[i] == '\r' && (i + 1 == bytes.size() || bytes[i + 1] == '\n');
    if (IsHttpBlank(static_cast<char>(bytes[i])) && !may_end_line) return true;
  }
  return false;
}

// What servers pass over before a request, some of them more of it than one empty line.
bool IsBlank(uint8_t c) { return c == '\r' || c == '\n' || c == ' ' || c == '\t'; }

bool LooksLikeSocks(std::span<const uint8_t> bytes) { return bytes[0] == 4 || bytes[0] == 5; }

}  // namespace

void StreamGate::Allowed() {
  if (head_ > 0) {
    head_allowed_ = true;
    return;
  }
  state_ = after_;
}

StreamGate::Step StreamGate::Next(std::span<const uint8_t> bytes, bool answered) {
  if (state_ == State::kOpen) return {.kind = Step::Kind::kOpen};
  if (bytes.empty()) return {};
  return state_ == State::kHttp ? Http(bytes) : Greeting(bytes, answered);
}

StreamGate::Step StreamGate::Greeting(std::span<const uint8_t> bytes, bool answered) {
  if (LooksLikeTls(bytes)) return Tls(bytes);
  if (LooksLikeSocks(bytes)) {
    return {.kind = Step::Kind::kRefuse, .why = "SOCKS, whose names are not read"};
  }
  // In a tunnel the proxy has answered the CONNECT.
  if (answered && tunnel_.empty()) return AskUnknown();
  if (IsBlank(bytes.front())) return BehindBlanks(bytes);
  if (LooksLikeSsh(bytes)) return bytes.size() < 4 ? Step{} : AskUnknown();
  if (LooksLikeGit(bytes)) return bytes.size() < 8 ? Step{} : AskUnknown();
  if (LooksLikeHttp2(bytes)) {
    return {.kind = Step::Kind::kRefuse, .why = "HTTP/2 without TLS, whose names are not read"};
  }
  if (LooksLikeHttp(bytes)) {
    if (IsPlainText(bytes)) return AskUnknown();
    if (!HasBlank(bytes)) return {.is_bare_word = bytes.front() != '\r'};
    state_ = State::kHttp;
    return Http(bytes);
  }
  return AskUnknown();
}

// No client begins a request with blanks; a binary protocol may begin with such an octet.
StreamGate::Step StreamGate::BehindBlanks(std::span<const uint8_t> bytes) {
  const auto blanks = std::find_if_not(bytes.begin(), bytes.end(), IsBlank) - bytes.begin();
  const auto rest = bytes.subspan(static_cast<size_t>(blanks));
  if (rest.empty()) return {.is_bare_word = true};
  if (!LooksLikeHttp(rest)) return AskUnknown();
  if (!HasBlank(rest)) return {};
  return {.kind = Step::Kind::kRefuse, .why = "blanks that could hide a request"};
}

bool StreamGate::IsPlainText(std::span<const uint8_t> bytes) const {
  const auto end = std::find(bytes.begin(), bytes.end(), uint8_t{'\n'});
  if (end == bytes.end() && !ended_) return false;
  const std::string line(bytes.begin(), end);
  const auto blank = std::find_if(line.begin(), line.end(), IsHttpBlank);
  if (blank == line.end()) return true;
  // "GET http://host/", "GET /", "CONNECT host:port", and whatever says that it is HTTP.
  return line.find_first_of("/:", static_cast<size_t>(blank - line.begin())) == std::string::npos;
}

StreamGate::Step StreamGate::AskUnknown() {
  after_ = State::kOpen;
  head_ = 0;
  return {.kind = Step::Kind::kAsk,
          .claim = {.kind = StreamClaim::Kind::kUnknownProtocol,
                    .tunnel = tunnel_,
                    .tunnel_port = tunnel_port_}};
}

StreamGate::Step StreamGate::Tls(std::span<const uint8_t> bytes) {
  TlsClientHello hello;
  ParseProgress progress = ParseClientHello(bytes, hello);
  if (progress == ParseProgress::kNeedMore && bytes.size() < kMaximumGreeting) return {};
  after_ = State::kOpen;
  head_ = 0;
  Step step{.kind = Step::Kind::kAsk};
  const bool named =
      progress == ParseProgress::kComplete && !hello.encrypted && !hello.server_name.empty();
  step.claim.kind = named ? StreamClaim::Kind::kTlsName : StreamClaim::Kind::kTlsWithoutName;
  step.claim.name = std::move(hello.server_name);
  step.claim.tunnel = tunnel_;
  step.claim.tunnel_port = tunnel_port_;
  return step;
}

// TLS after a CONNECT comes where another request would stand; another request comes where the
// tunnel was refused.
StreamGate::Step StreamGate::BehindConnect(std::span<const uint8_t> bytes) {
  const HttpAnswerStream::Verdict verdict = answers_.verdict();
  if (verdict == HttpAnswerStream::Verdict::kNone) return {.kind = Step::Kind::kAwait};
  is_connect_ = false;
  http_ = HttpRequestStream();
  if (verdict == HttpAnswerStream::Verdict::kRefused) return Http(bytes);
  tunnel_ = connect_host_;
  tunnel_port_ = connect_port_;
  answers_ = HttpAnswerStream();
  reads_answers_ = had_requests_ = false;
  state_ = State::kGreeting;
  return Greeting(bytes, true);
}

StreamGate::Step StreamGate::HeadPassed() {
  head_allowed_ = false;
  http_.Accept();
  is_connect_ = !connect_host_.empty();
  if (is_connect_) answers_.Expect();
  (is_connect_ ? reads_answers_ : had_requests_) = true;
  return {.kind = Step::Kind::kForward, .bytes = std::exchange(head_, 0)};
}

StreamGate::Step StreamGate::Http(std::span<const uint8_t> bytes) {
  if (is_connect_) return BehindConnect(bytes);
  // A server that did not go over takes this for a broken request.
  if (asked_upgrade_ && !head_allowed_ && http_.IsBetweenRequests() && bytes.front() >= 0x80) {
    state_ = State::kOpen;
    return {.kind = Step::Kind::kOpen};
  }
  if (head_allowed_) return HeadPassed();
  HttpRequestStream::Step next = http_.Next(bytes);
  switch (next.kind) {
    case HttpRequestStream::Step::Kind::kNeedMore:
      return {.is_bare_word = !HasBlank(bytes) && bytes.front() != '\r'};
    case HttpRequestStream::Step::Kind::kInvalid:
      return {.kind = Step::Kind::kRefuse, .why = next.why};
    case HttpRequestStream::Step::Kind::kBody:
      return {.kind = Step::Kind::kForward, .bytes = next.bytes};
    case HttpRequestStream::Step::Kind::kHead:
      break;
  }
  return AskAbout(next);
}

StreamGate::Step StreamGate::AskAbout(const HttpRequestStream::Step& next) {
  using Form = HttpRequestHead::Form;
  const HttpRequestHead& head = next.head;
  if (head.form == Form::kAbsolute && !head.host.empty() && head.host != head.target_host) {
    return {.kind = Step::Kind::kRefuse, .why = "a request for one host that names another"};
  }
  if (head.form == Form::kAuthority && (had_requests_ || !answers_.CanExpect())) {
    return {.kind = Step::Kind::kRefuse, .why = "a tunnel behind requests for something else"};
  }
  head_ = next.bytes;
  // With a body nobody could tell its end from what the new protocol says.
  asked_upgrade_ = head.asks_upgrade && !http_.HasBody();
  connect_host_ = head.form == Form::kAuthority ? head.target_host : "";
  connect_port_ = head.target_port;
  Step step{.kind = Step::Kind::kAsk};
  step.claim.tunnel = tunnel_;
  step.claim.tunnel_port = tunnel_port_;
  if (head.form == Form::kAuthority || head.form == Form::kAbsolute) {
    step.claim.kind = StreamClaim::Kind::kProxyTarget;
    step.claim.name = head.target_host;
    step.claim.port = head.target_port;
  } else {
    step.claim.kind = StreamClaim::Kind::kHttpHost;
    step.claim.name = head.host;
    step.claim.port = head.host_port;
  }
  return step;
}

}  // namespace safe_trace
