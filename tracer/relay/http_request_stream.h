// Follows the requests in one HTTP/1.x client's direction of a connection, so that every request of
// a kept-alive connection is seen. Strict where servers differ about where a request ends. Pure;
// every byte is hostile.
#ifndef SAFE_TRACE_TRACER_RELAY_HTTP_REQUEST_STREAM_H_
#define SAFE_TRACE_TRACER_RELAY_HTTP_REQUEST_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace safe_trace {

struct HttpRequestHead {
  // The target's form (RFC 9112 3.2): "/path", "http://host/path", "host:port" of CONNECT, "*".
  enum class Form : uint8_t { kOrigin, kAbsolute, kAuthority, kAsterisk };
  Form form = Form::kOrigin;
  std::string method;
  // Of kAbsolute (the scheme's default port where none is written) and kAuthority.
  std::string target_host;
  uint16_t target_port = 0;
  // Of the Host header, which may differ from the target's; "" where there is none (HTTP/1.0 only)
  // and port 0 where none is written.
  std::string host;
  uint16_t host_port = 0;
  // An Upgrade header is there: the server may go over to another protocol.
  bool asks_upgrade = false;
  // Hosts are canonical: lower case, no trailing dot, addresses as IpAddress::ToString() writes
  // them, IPv6 without brackets.
};

class HttpRequestStream {
 public:
  // Octets. A head that is longer is kInvalid.
  static constexpr size_t kMaximumHead = 64 * 1024;

  struct Step {
    enum class Kind : uint8_t {
      kNeedMore,  // wait until `bytes` has grown; it never has to grow beyond kMaximumHead
      kHead,      // a whole request head, for the caller to decide on
      kBody,      // belongs to the accepted request's body, chunk framing and trailers included
      kInvalid,   // not to be followed, now or later
    };
    Kind kind = Kind::kNeedMore;
    size_t bytes = 0;  // how many octets the head or this piece of the body takes; never 0 there
    HttpRequestHead head;  // of kHead
    std::string_view why;  // of kInvalid, for the trace; lives as long as the program
  };

  // What stands at the beginning of `bytes`. Of kHead and kBody the caller drops `Step::bytes`
  // octets before it calls again, after kNeedMore it gives the same octets and more. After kHead,
  // Accept() comes before the next call.
  Step Next(std::span<const uint8_t> bytes);
  // After CONNECT the stream is no longer HTTP: the caller stops using this object.
  void Accept();
  // All of the last request was there.
  bool IsBetweenRequests() const { return state_ == State::kHead; }
  // After kHead: more than the head belongs to the request.
  bool HasBody() const { return after_accept_ != State::kHead; }

 private:
  enum class State : uint8_t {
    kHead,
    kDecide,  // a head was handed out and not yet accepted
    kLength,  // `remaining_` octets of body
    kChunkLine,
    kChunkData,  // `remaining_` octets of it
    kChunkEnd,   // the line end after a chunk's data
    kTrailers,
    kTunnel,
    kFailed,
  };

  Step NextHead(std::span<const uint8_t> bytes);
  Step NextBody(std::span<const uint8_t> bytes);
  // One element of a body: its octets, 0 where more are needed. Moves the state on.
  size_t BodyElement(std::span<const uint8_t> bytes);
  size_t ChunkLine(std::string_view text);
  size_t Trailers(std::string_view text);
  Step Fail(std::string_view why);

  State state_ = State::kHead;
  State after_accept_ = State::kHead;
  uint64_t remaining_ = 0;
  // Octets of an unfinished head or trailer section that were already looked at.
  size_t scanned_ = 0;
  std::string_view why_;
};

// What some servers and proxies take for the blank behind a method (RFC 9112 3 allows them to).
bool IsHttpBlank(char c);

// Whether the bytes can still be the beginning of what somebody takes for an HTTP/1 request line: a
// method token of any length, a blank. One empty line may come before. True of no bytes at all.
bool LooksLikeHttp(std::span<const uint8_t> bytes);

// Whether the bytes begin with "PRI * HTTP/2.0", all of it: requests whose names are not seen.
// Shorter beginnings look like HTTP/1 until then; HttpRequestStream refuses them as well.
bool LooksLikeHttp2(std::span<const uint8_t> bytes);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_RELAY_HTTP_REQUEST_STREAM_H_
