#include "tracer/relay/http_answer_stream.h"

#include <algorithm>
#include <charconv>

namespace safe_trace {
namespace {

constexpr uint64_t kLongestBody = uint64_t{1} << 40;  // octets

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

bool IsSame(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) {
                      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
                    });
}

bool ParseNumber(std::string_view text, int base, uint64_t& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  return error == std::errc() && stop == end && number <= kLongestBody;
}

}  // namespace

void HttpAnswerStream::Expect() { verdict_ = Verdict::kNone; }

void HttpAnswerStream::End() { Lose(); }

void HttpAnswerStream::Lose() {
  if (state_ != State::kTunnel) state_ = State::kLost;
  if (verdict_ == Verdict::kNone) verdict_ = Verdict::kRefused;
  line_.clear();
}

void HttpAnswerStream::Take(std::span<const uint8_t> bytes) {
  while (!bytes.empty() && CanExpect()) {
    if (state_ == State::kBody || (state_ == State::kChunkData && remaining_ > 0)) {
      const size_t taken = static_cast<size_t>(std::min<uint64_t>(remaining_, bytes.size()));
      remaining_ -= taken;
      bytes = bytes.subspan(taken);
      if (state_ == State::kBody && remaining_ == 0) state_ = State::kStatus;
      continue;
    }
    const auto end = std::find(bytes.begin(), bytes.end(), uint8_t{'\n'});
    const bool is_whole = end != bytes.end();
    line_.append(bytes.begin(), end);
    if (line_.size() > kMaximumLine) return Lose();
    if (!is_whole) return;
    bytes = bytes.subspan(static_cast<size_t>(end - bytes.begin()) + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    std::string line;
    line.swap(line_);
    OnLine(line);
  }
}

void HttpAnswerStream::OnLine(std::string_view line) {
  head_ += line.size() + 2;
  if (head_ > kMaximumHead) return Lose();
  switch (state_) {
    case State::kStatus:
      return OnStatus(line);
    case State::kHeader:
      return line.empty() ? OnHeadEnd() : OnHeader(line);
    case State::kChunkSize:
      return OnChunkSize(line);
    case State::kChunkData:  // behind its octets
      head_ = 0;
      if (!line.empty()) return Lose();
      state_ = State::kChunkSize;
      return;
    case State::kTrailer:
      if (line.empty()) state_ = State::kStatus;
      return;
    default:
      return Lose();
  }
}

void HttpAnswerStream::OnStatus(std::string_view line) {
  // Nobody asked: the proxy is about to hang up.
  if (verdict_ != Verdict::kNone) return Lose();
  uint64_t code = 0;
  const bool is_status = line.size() >= 12 && line.starts_with("HTTP/1.") && line[8] == ' ' &&
                         (line.size() == 12 || line[12] == ' ') &&
                         ParseNumber(line.substr(9, 3), 10, code) && code >= 100;
  if (!is_status) return Lose();
  code_ = static_cast<unsigned>(code);
  head_ = 0;
  has_length_ = is_chunked_ = false;
  remaining_ = 0;
  state_ = State::kHeader;
}

void HttpAnswerStream::OnHeader(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || IsBlank(line.front())) return Lose();
  const std::string_view name = line.substr(0, colon), value = Trimmed(line.substr(colon + 1));
  if (IsSame(name, "transfer-encoding")) {
    if (is_chunked_ || !IsSame(value, "chunked")) return Lose();
    is_chunked_ = true;
  }
  if (IsSame(name, "content-length")) {
    uint64_t length = 0;
    if (!ParseNumber(value, 10, length) || (has_length_ && length != remaining_)) return Lose();
    has_length_ = true;
    remaining_ = length;
  }
}

void HttpAnswerStream::OnHeadEnd() {
  head_ = 0;
  if (code_ / 100 == 1 && code_ != 101) {
    state_ = State::kStatus;
    return;
  }
  if (code_ / 100 == 2) {
    state_ = State::kTunnel;
    verdict_ = Verdict::kTunnel;
    return;
  }
  verdict_ = Verdict::kRefused;
  if (code_ == 304) {
    state_ = State::kStatus;
  } else if (is_chunked_ && !has_length_) {
    state_ = State::kChunkSize;
  } else if (has_length_ && !is_chunked_) {
    state_ = remaining_ > 0 ? State::kBody : State::kStatus;
  } else {
    Lose();  // it lasts until the proxy hangs up, or nobody knows
  }
}

void HttpAnswerStream::OnChunkSize(std::string_view line) {
  head_ = 0;
  if (!ParseNumber(Trimmed(line.substr(0, line.find(';'))), 16, remaining_)) return Lose();
  state_ = remaining_ > 0 ? State::kChunkData : State::kTrailer;
}

}  // namespace safe_trace
