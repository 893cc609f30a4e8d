// Any bytes as what a proxy answers: followed without a crash, and to the same end however the
// bytes are cut. Only an answer that says 2xx makes a tunnel.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "tracer/relay/http_answer_stream.h"

namespace safe_trace {
namespace {

// `piece`: the size of the pieces; 0: all at once.
std::vector<HttpAnswerStream::Verdict> Follow(std::span<const uint8_t> bytes, size_t piece) {
  HttpAnswerStream answers;
  std::vector<HttpAnswerStream::Verdict> verdicts;
  answers.Expect();
  while (!bytes.empty()) {
    const size_t size = piece == 0 ? bytes.size() : std::min(piece, bytes.size());
    // A copy of the right size, so that a sanitizer sees a read beyond the end.
    const std::vector<uint8_t> copy(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
    answers.Take(copy);
    bytes = bytes.subspan(size);
  }
  verdicts.push_back(answers.verdict());
  answers.End();
  verdicts.push_back(answers.verdict());
  if (answers.CanExpect()) abort();
  if (verdicts.back() == HttpAnswerStream::Verdict::kNone) abort();
  return verdicts;
}

bool HoldsSuccess(std::string_view text) {
  for (size_t at = text.find("HTTP/1."); at != std::string_view::npos;
       at = text.find("HTTP/1.", at + 1)) {
    if (text.substr(at + 8, 2) == " 2") return true;
  }
  return false;
}

}  // namespace
}  // namespace safe_trace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace safe_trace;
  if (size == 0) return 0;
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  const auto whole = Follow(bytes, 0);
  if (Follow(bytes, 1 + data[0] % 64) != whole) abort();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (whole.front() == HttpAnswerStream::Verdict::kTunnel && !HoldsSuccess(text)) abort();
  return 0;
}
