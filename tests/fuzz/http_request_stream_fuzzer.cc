// Any bytes as what an HTTP client sends: followed without a crash, and the same requests, bodies
// and faults are seen however the bytes are cut.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "tracer/relay/host_name.h"
#include "tracer/relay/http_request_stream.h"

namespace safe_trace {
namespace {

using Kind = HttpRequestStream::Step::Kind;

void RequireCanonical(const std::string& host) {
  if (host.empty()) return;
  const std::string written = host.find(':') == std::string::npos ? host : "[" + host + "]";
  const std::optional<HostAndPort> parsed = ParseHostAndPort(written);
  if (!parsed || parsed->host != host) abort();
}

// Everything that was seen, as one text.
class Follower {
 public:
  // False once nothing more can come.
  bool Feed(std::span<const uint8_t> piece) {
    waiting_.insert(waiting_.end(), piece.begin(), piece.end());
    while (true) {
      // A copy of the right size, so that a sanitizer sees a read beyond the end.
      const std::vector<uint8_t> bytes(waiting_);
      const HttpRequestStream::Step step = stream_.Next(bytes);
      if (step.kind == Kind::kInvalid) {
        if (step.why.empty()) abort();
        seen_ += "fault " + std::string(step.why);
        return false;
      }
      if (step.kind == Kind::kNeedMore) {
        if (bytes.size() >= HttpRequestStream::kMaximumHead) abort();
        return true;
      }
      if (step.bytes == 0 || step.bytes > bytes.size()) abort();
      Note(step);
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(step.bytes));
      if (step.head.method == "CONNECT") return false;
    }
  }
  const std::string& seen() const { return seen_; }

 private:
  void Note(const HttpRequestStream::Step& step) {
    if (step.kind == Kind::kBody) {
      seen_.append(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(step.bytes));
      return;
    }
    const HttpRequestHead& head = step.head;
    RequireCanonical(head.host);
    RequireCanonical(head.target_host);
    seen_ += "\nhead " + head.method + " " + head.target_host + " " +
             std::to_string(head.target_port) + " " + head.host + " " +
             std::to_string(head.host_port) + "\n";
    stream_.Accept();
  }

  HttpRequestStream stream_;
  std::vector<uint8_t> waiting_;
  std::string seen_;
};

}  // namespace
}  // namespace safe_trace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace safe_trace;
  if (size == 0) return 0;
  const std::span<const uint8_t> text(data + 1, size - 1);
  LooksLikeHttp2(text);
  Follower whole;
  whole.Feed(text);
  Follower pieces;
  const size_t piece = 1 + data[0] % 64;
  for (size_t at = 0; at < text.size(); at += piece) {
    if (!pieces.Feed(text.subspan(at, std::min(piece, text.size() - at)))) break;
  }
  if (whole.seen() != pieces.seen()) abort();
  return 0;
}
