// What a client says about whom it wants, in the bytes that it sends. Pure.
#ifndef SAFE_TRACE_TRACER_RELAY_STREAM_GATE_H_
#define SAFE_TRACE_TRACER_RELAY_STREAM_GATE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "policy/access_request.h"
#include "tracer/relay/http_answer_stream.h"
#include "tracer/relay/http_request_stream.h"

namespace safe_trace {

// Follows one direction of one connection. Consumes nothing: the caller drops what it passed on.
class StreamGate {
 public:
  static constexpr size_t kMaximumGreeting = 64 * 1024;

  struct Step {
    enum class Kind : uint8_t {
      kNeedMore,
      kAsk,      // `claim` is to be decided on; then Allowed() or the end
      kForward,  // the first `bytes` octets may be passed on
      kOpen,     // everything from here on may be passed on unseen
      kAwait,    // until the proxy has answered the CONNECT that was passed on
      kRefuse,   // `why`: it cannot be read, so nobody can tell whom it is for
    };
    Kind kind = Kind::kNeedMore;
    size_t bytes = 0;
    StreamClaim claim{};
    std::string_view why{};
    // Of kNeedMore: nothing but a word that could be a request's method. It tells a server nothing
    // and may be passed on; the bytes stay where they are for the next call.
    bool is_bare_word = false;
  };
  // What stands at the beginning of `bytes`, all that came and was not passed on. `answered`: the
  // server has spoken already.
  Step Next(std::span<const uint8_t> bytes, bool answered);
  // The claim of the last kAsk may be passed on.
  void Allowed();
  // The client sends nothing more.
  void Ended() { ended_ = true; }
  // True while it must be seen what the server sends, from the moment on at which a CONNECT may be
  // passed on.
  bool ReadsAnswers() const { return reads_answers_ && !had_requests_ && answers_.CanExpect(); }
  bool AwaitsAnswer() const {
    return is_connect_ && answers_.verdict() == HttpAnswerStream::Verdict::kNone;
  }
  void TakeAnswer(std::span<const uint8_t> bytes) { answers_.Take(bytes); }
  // The server sends nothing more.
  void AnswersEnded() { answers_.End(); }

 private:
  enum class State : uint8_t { kGreeting, kHttp, kOpen };
  Step Greeting(std::span<const uint8_t> bytes, bool answered);
  Step Tls(std::span<const uint8_t> bytes);
  Step Http(std::span<const uint8_t> bytes);
  // What follows a CONNECT that was passed on.
  Step BehindConnect(std::span<const uint8_t> bytes);
  Step HeadPassed();
  Step AskAbout(const HttpRequestStream::Step& next);
  Step AskUnknown();
  // Text that no server and no proxy takes for a request: its first line names no host.
  Step BehindBlanks(std::span<const uint8_t> bytes);
  bool IsPlainText(std::span<const uint8_t> bytes) const;

  State state_ = State::kGreeting;
  State after_ = State::kOpen;  // once the claim was allowed
  size_t head_ = 0;             // octets of the request head that was asked about
  bool head_allowed_ = false;
  bool is_connect_ = false;
  bool asked_upgrade_ = false;  // by the request that was let through last
  bool ended_ = false;
  std::string connect_host_;
  // Of the CONNECT that was let through: what follows is for this host.
  std::string tunnel_;
  uint16_t connect_port_ = 0, tunnel_port_ = 0;
  HttpRequestStream http_;
  HttpAnswerStream answers_;
  bool reads_answers_ = false;  // from the first CONNECT on
  bool had_requests_ = false;   // other than CONNECT, whose answers were not followed
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_RELAY_STREAM_GATE_H_
