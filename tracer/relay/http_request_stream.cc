#include "tracer/relay/http_request_stream.h"

#include <algorithm>

#include "tracer/relay/http_head_parser.h"
#include "tracer/relay/parse_progress.h"

namespace safe_trace {
namespace {

constexpr size_t kMaximumChunkLine = 512;  // a size and its extensions, in octets
constexpr size_t kMaximumSizeDigits = 15;  // hexadecimal, fits 60 bits
constexpr size_t kMaximumTrailers = 16 * 1024;
constexpr std::string_view kLineEnd = "\r\n";

std::string_view Text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool IsControl(char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f; }

struct Section {
  ParseProgress progress = ParseProgress::kNeedMore;
  size_t end = 0;  // of kComplete: after the empty line
};

// Looks for the empty line that ends a head or trailers which begin at `start`, going on at
// `scanned`, where it stopped before. kInvalid as soon as a line does not end with CR LF, so that
// nobody else sees a section end where this does not.
Section ScanSection(std::string_view text, size_t start, size_t& scanned) {
  for (size_t i = std::max(start, scanned); i < text.size(); ++i) {
    const bool after_cr = i > start && text[i - 1] == '\r';
    if (after_cr != (text[i] == '\n')) return {ParseProgress::kInvalid, 0};
    if (text[i] != '\r' && text[i] != '\n' && IsControl(text[i])) {
      return {ParseProgress::kInvalid, 0};
    }
    if (text[i] == '\n' && (i - 1 == start || text[i - 2] == '\n')) {
      return {ParseProgress::kComplete, i + 1};
    }
  }
  scanned = text.size();
  return {};
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// "SIZE" or "SIZE;extensions", what is there of it. What extensions mean is not looked at, only
// that they cannot hide a line end.
bool ParseChunkSize(std::string_view line, uint64_t& size) {
  size_t digits = 0;
  size = 0;
  for (; digits < line.size() && HexValue(line[digits]) >= 0; ++digits) {
    if (digits == kMaximumSizeDigits) return false;
    size = size << 4 | static_cast<uint64_t>(HexValue(line[digits]));
  }
  line.remove_prefix(digits);
  if (line.empty()) return true;
  return digits > 0 && line[0] == ';' && std::all_of(line.begin(), line.end(), [](char c) {
           return c == '\t' || (c >= 0x20 && c < 0x7f);
         });
}

// Octets of an empty line before a request line (RFC 9112 2.2), or of its beginning.
size_t EmptyLine(std::string_view text) {
  return text.starts_with(kLineEnd) ? 2 : text == "\r" ? 1 : 0;
}

}  // namespace

HttpRequestStream::Step HttpRequestStream::Fail(std::string_view why) {
  state_ = State::kFailed;
  why_ = why;
  Step step;
  step.kind = Step::Kind::kInvalid;
  step.why = why;
  return step;
}

HttpRequestStream::Step HttpRequestStream::Next(std::span<const uint8_t> bytes) {
  switch (state_) {
    case State::kHead:
      return NextHead(bytes);
    case State::kDecide:
      return Fail("the request before was not accepted");
    case State::kTunnel:
      return Fail("a tunnel is not HTTP");
    case State::kFailed:
      return Fail(why_);
    default:
      return NextBody(bytes);
  }
}

HttpRequestStream::Step HttpRequestStream::NextHead(std::span<const uint8_t> bytes) {
  const std::string_view text = Text(bytes).substr(0, kMaximumHead);
  if (!LooksLikeHttp(bytes)) return Fail("not an HTTP/1 request");
  const size_t start = EmptyLine(text);
  const Section section = ScanSection(text, start, scanned_);
  if (section.progress == ParseProgress::kInvalid) return Fail("control character in the head");
  if (section.progress == ParseProgress::kNeedMore) {
    if (text.size() == kMaximumHead) return Fail("request head too long");
    return {};
  }
  scanned_ = 0;
  Step step;
  HttpBodyFraming framing;
  const std::string_view why =
      ParseHttpHead(text.substr(start, section.end - start), step.head, framing);
  if (!why.empty()) return Fail(why);
  remaining_ = framing.length;
  after_accept_ = step.head.method == "CONNECT" ? State::kTunnel
                  : framing.chunked             ? State::kChunkLine
                  : framing.length > 0          ? State::kLength
                                                : State::kHead;
  state_ = State::kDecide;
  step.kind = Step::Kind::kHead;
  step.bytes = section.end;
  return step;
}

void HttpRequestStream::Accept() {
  if (state_ == State::kDecide) state_ = after_accept_;
}

HttpRequestStream::Step HttpRequestStream::NextBody(std::span<const uint8_t> bytes) {
  size_t total = 0;
  while (state_ != State::kHead && state_ != State::kFailed) {
    const size_t taken = BodyElement(bytes.subspan(total));
    if (taken == 0) break;
    total += taken;
  }
  // What is sound before a fault belongs to the body; the next call tells of the fault.
  if (total == 0 && state_ == State::kFailed) return Fail(why_);
  Step step;
  step.kind = total == 0 ? Step::Kind::kNeedMore : Step::Kind::kBody;
  step.bytes = total;
  return step;
}

size_t HttpRequestStream::BodyElement(std::span<const uint8_t> bytes) {
  const std::string_view text = Text(bytes);
  if (state_ == State::kChunkLine) return ChunkLine(text);
  if (state_ == State::kTrailers) return Trailers(text);
  if (state_ == State::kChunkEnd) {
    if (!kLineEnd.starts_with(text.substr(0, 2))) Fail("a chunk longer than its size");
    if (state_ == State::kFailed || text.size() < 2) return 0;
    state_ = State::kChunkLine;
    return 2;
  }
  const size_t taken = static_cast<size_t>(std::min<uint64_t>(remaining_, text.size()));
  remaining_ -= taken;
  if (remaining_ == 0) state_ = state_ == State::kLength ? State::kHead : State::kChunkEnd;
  return taken;
}

size_t HttpRequestStream::ChunkLine(std::string_view text) {
  text = text.substr(0, kMaximumChunkLine);
  const size_t end = text.find('\r');
  const bool ended = end != std::string_view::npos && end + 1 < text.size();
  uint64_t size = 0;
  const bool sound = ParseChunkSize(text.substr(0, end), size) && end != 0 &&
                     (!ended || text[end + 1] == '\n') &&
                     (ended || text.size() < kMaximumChunkLine);
  if (!sound) Fail("malformed chunk size");
  if (!sound || !ended) return 0;
  remaining_ = size;
  state_ = size == 0 ? State::kTrailers : State::kChunkData;
  return end + 2;
}

size_t HttpRequestStream::Trailers(std::string_view text) {
  text = text.substr(0, kMaximumTrailers);
  const Section section = ScanSection(text, 0, scanned_);
  if (section.progress == ParseProgress::kNeedMore && text.size() < kMaximumTrailers) return 0;
  const std::string_view why = section.progress == ParseProgress::kComplete
                                   ? CheckHttpTrailers(text.substr(0, section.end))
                                   : "malformed or endless trailers";
  if (!why.empty()) {
    Fail(why);
    return 0;
  }
  scanned_ = 0;
  state_ = State::kHead;
  return section.end;
}

bool IsHttpBlank(char c) { return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r'; }

bool LooksLikeHttp(std::span<const uint8_t> bytes) {
  std::string_view text = Text(bytes);
  text.remove_prefix(EmptyLine(text));
  const size_t end = static_cast<size_t>(
      std::find_if_not(text.begin(), text.end(), IsHttpTokenCharacter) - text.begin());
  return end == text.size() || (end > 0 && IsHttpBlank(text[end]));
}

bool LooksLikeHttp2(std::span<const uint8_t> bytes) {
  return Text(bytes).starts_with("PRI * HTTP/2.0");
}

}  // namespace safe_trace
