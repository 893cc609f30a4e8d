// Follows what a proxy answers to CONNECT, so that what a client says next is taken for a tunnel's
// content only where there is a tunnel. Pure; holds one line at most.
#ifndef SAFE_TRACE_TRACER_RELAY_HTTP_ANSWER_STREAM_H_
#define SAFE_TRACE_TRACER_RELAY_HTTP_ANSWER_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace safe_trace {

class HttpAnswerStream {
 public:
  static constexpr size_t kMaximumLine = 16 * 1024;  // octets
  static constexpr size_t kMaximumHead = 64 * 1024;

  enum class Verdict : uint8_t {
    kNone,     // to the last CONNECT, so far
    kTunnel,   // 2xx: what follows is the tunnel's
    kRefused,  // anything else
  };

  // False: where the next answer begins cannot be told.
  bool CanExpect() const { return state_ != State::kTunnel && state_ != State::kLost; }
  // A CONNECT goes to the proxy. CanExpect() holds.
  void Expect();
  // All that comes from the proxy, in any pieces.
  void Take(std::span<const uint8_t> bytes);
  // Nothing more comes from it.
  void End();
  Verdict verdict() const { return verdict_; }

 private:
  enum class State : uint8_t {
    kStatus,
    kHeader,
    kBody,  // `remaining_` octets
    kChunkSize,
    kChunkData,  // `remaining_` octets and a line end
    kTrailer,
    kTunnel,
    kLost,
  };
  void OnLine(std::string_view line);
  void OnStatus(std::string_view line);
  void OnHeader(std::string_view line);
  void OnHeadEnd();
  void OnChunkSize(std::string_view line);
  void Lose();

  State state_ = State::kStatus;
  Verdict verdict_ = Verdict::kRefused;  // nothing is expected
  std::string line_;                     // what came of it
  size_t head_ = 0;                      // octets of the head or the trailers so far
  unsigned code_ = 0;
  bool has_length_ = false, is_chunked_ = false;
  uint64_t remaining_ = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_RELAY_HTTP_ANSWER_STREAM_H_
