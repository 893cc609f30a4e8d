#include "tracer/relay/stream_gate.h"

#include <string>
#include <vector>

#include "captured_hellos.h"
#include "gtest/gtest.h"

namespace safe_trace {
namespace {

using Kind = StreamGate::Step::Kind;
using Claim = StreamClaim::Kind;

std::vector<uint8_t> FromHex(std::string_view hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// A client's bytes that have not been passed on.
class Stream {
 public:
  StreamGate::Step Next(bool answered = false) { return gate_.Next(Bytes(text_), answered); }
  void Add(std::string_view text) { text_ += text; }
  void Allow() { gate_.Allowed(); }
  void Answer(std::string_view text) { gate_.TakeAnswer(Bytes(text)); }
  bool ReadsAnswers() const { return gate_.ReadsAnswers(); }
  // A CONNECT goes to the proxy.
  void Connect(const std::string& target) {
    Add("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n");
    StreamGate::Step step = Next();
    ASSERT_EQ(step.kind, Kind::kAsk);
    EXPECT_EQ(step.claim.kind, Claim::kProxyTarget);
    Allow();
    Forwarded();
  }
  // The next step must forward; returns what.
  std::string Forwarded() {
    StreamGate::Step step = Next();
    EXPECT_EQ(step.kind, Kind::kForward);
    std::string passed = text_.substr(0, step.bytes);
    text_.erase(0, step.bytes);
    return passed;
  }
  // Forwards what may be; returns the step after that.
  StreamGate::Step Through() {
    while (true) {
      StreamGate::Step step = Next();
      if (step.kind != Kind::kForward) return step;
      text_.erase(0, step.bytes);
    }
  }

 private:
  StreamGate gate_;
  std::string text_;
};

TEST(StreamGateTest, TheNameOfATlsGreetingIsAskedForAndThenEverythingPasses) {
  const std::vector<uint8_t> hello = FromHex(kPythonHello);
  StreamGate gate;
  for (size_t i = 0; i < hello.size(); ++i) {
    ASSERT_EQ(gate.Next(std::span(hello).first(i), false).kind, Kind::kNeedMore) << i;
  }
  StreamGate::Step step = gate.Next(hello, false);
  ASSERT_EQ(step.kind, Kind::kAsk);
  EXPECT_EQ(step.claim.kind, Claim::kTlsName);
  EXPECT_EQ(step.claim.name, "pypi.org");
  gate.Allowed();
  EXPECT_EQ(gate.Next(hello, false).kind, Kind::kOpen);
}

TEST(StreamGateTest, TlsThatIsNoGreetingHasNoName) {
  StreamGate gate;
  const std::vector<uint8_t> broken = {0x16, 0x03, 0x01, 0x00, 0x04, 0x02, 0x00, 0x00, 0x00};
  StreamGate::Step step = gate.Next(broken, false);
  ASSERT_EQ(step.kind, Kind::kAsk);
  EXPECT_EQ(step.claim.kind, Claim::kTlsWithoutName);
}

TEST(StreamGateTest, EveryRequestOfAKeptConnectionIsAskedAbout) {
  Stream stream;
  stream.Add("GET / HTTP/1.1\r\nHost: a.example\r\n\r\nGET / HTTP/1.1\r\nHost: b.example\r\n\r\n");
  for (const char* host : {"a.example", "b.example"}) {
    StreamGate::Step step = stream.Next();
    ASSERT_EQ(step.kind, Kind::kAsk);
    EXPECT_EQ(step.claim.kind, Claim::kHttpHost);
    EXPECT_EQ(step.claim.name, host);
    stream.Allow();
    EXPECT_NE(stream.Forwarded().find(host), std::string::npos);
  }
  EXPECT_EQ(stream.Next().kind, Kind::kNeedMore);
}

TEST(StreamGateTest, WhatFollowsAConnectIsForItsHost) {
  Stream stream;
  stream.Add("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n");
  StreamGate::Step step = stream.Next();
  ASSERT_EQ(step.kind, Kind::kAsk);
  EXPECT_EQ(step.claim.kind, Claim::kProxyTarget);
  EXPECT_EQ(step.claim.name, "a.example");
  EXPECT_EQ(step.claim.port, 443);
  stream.Allow();
  stream.Forwarded();
  EXPECT_EQ(stream.Next(true).kind, Kind::kNeedMore);
  const std::vector<uint8_t> hello = FromHex(kPythonHello);
  stream.Add(std::string(hello.begin(), hello.end()));
  // Whose it is shows with the proxy's answer, however slowly that comes.
  for (const char c :
       std::string("HTTP/1.1 100 Wait\r\n\r\nHTTP/1.1 200 Established\r\nVia: x\r\n\r\n")) {
    EXPECT_EQ(stream.Next(true).kind, Kind::kAwait);
    EXPECT_TRUE(stream.ReadsAnswers());
    stream.Answer({&c, 1});
  }
  EXPECT_FALSE(stream.ReadsAnswers());
  step = stream.Next(true);
  ASSERT_EQ(step.kind, Kind::kAsk);
  EXPECT_EQ(step.claim.kind, Claim::kTlsName);
  EXPECT_EQ(step.claim.name, "pypi.org");
  EXPECT_EQ(step.claim.tunnel, "a.example");
}

TEST(StreamGateTest, AConnectThatTheProxyRefusedMayBeRepeated) {
  for (const char* refusal :
       {"HTTP/1.1 407 Who are you\r\nContent-Length: 5\r\n\r\nHTTP/",
        "HTTP/1.1 407 Who\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nHTTP/\r\n0\r\nA: b\r\n\r\n",
        "HTTP/1.0 403 No\r\nContent-Length: 0\r\n\r\n"}) {
    Stream stream;
    stream.Connect("a.example:443");
    stream.Answer(refusal);
    stream.Connect("a.example:443");
    stream.Answer("HTTP/1.1 200 Then\r\n\r\n");
    const std::vector<uint8_t> hello = FromHex(kPythonHello);
    stream.Add(std::string(hello.begin(), hello.end()));
    EXPECT_EQ(stream.Next(true).claim.tunnel, "a.example") << refusal;
  }
}

// The proxy reads on, as if nothing had been asked for.
TEST(StreamGateTest, WhatFollowsARefusedConnectIsARequestLikeAnyOther) {
  for (const char* refusal :
       {"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno", "HTTP/1.1 502 Bad\r\n\r\n",
        "HTTP/1.1 101 Switch\r\n\r\n", "HTTP/1.1 1000 Odd\r\n\r\n", "gibberish\r\n"}) {
    for (const char* text : {"SSH-GET http://b.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n",
                             "0032git-x http://b.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n"}) {
      Stream stream;
      stream.Connect("a.example:25");
      stream.Add(text);
      EXPECT_EQ(stream.Next(true).kind, Kind::kAwait);
      stream.Answer(refusal);
      const StreamGate::Step step = stream.Next(true);
      ASSERT_EQ(step.kind, Kind::kAsk) << refusal;
      EXPECT_EQ(step.claim.kind, Claim::kProxyTarget);
      EXPECT_EQ(step.claim.name, "b.example");
      EXPECT_EQ(step.claim.tunnel, "");
    }
    for (const char* text : {"\x16\x03\x01garbage", "\x01binary", "\r\n\r\nGET /"}) {
      Stream stream;
      stream.Connect("a.example:25");
      stream.Answer(refusal);
      stream.Add(text);
      EXPECT_EQ(stream.Next(true).kind, Kind::kRefuse) << text;
    }
  }
}

TEST(StreamGateTest, AnAnswerThatNeverComesIsNoYes) {
  StreamGate gate;
  const std::string connect = "CONNECT a.example:25 HTTP/1.1\r\nHost: a.example:25\r\n\r\n";
  ASSERT_EQ(gate.Next(Bytes(connect), false).kind, Kind::kAsk);
  gate.Allowed();
  ASSERT_EQ(gate.Next(Bytes(connect), false).kind, Kind::kForward);
  EXPECT_EQ(gate.Next(Bytes("\x01x"), false).kind, Kind::kAwait);
  gate.AnswersEnded();
  EXPECT_EQ(gate.Next(Bytes("\x01x"), false).kind, Kind::kRefuse);
}

// Whose answer a yes is must be beyond doubt.
TEST(StreamGateTest, ATunnelBehindOtherRequestsIsRefused) {
  const std::string connect = "CONNECT a.example:25 HTTP/1.1\r\nHost: a.example:25\r\n\r\n";
  Stream after_request;
  after_request.Add("GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n");
  ASSERT_EQ(after_request.Next().kind, Kind::kAsk);
  after_request.Allow();
  after_request.Forwarded();
  after_request.Add(connect);
  EXPECT_EQ(after_request.Next(true).kind, Kind::kRefuse);
  for (const char* answer :
       {"HTTP/1.1 403 No\r\n\r\n",
        "HTTP/1.1 403 No\r\nContent-Length: 1\r\n"
        "Content-Length: 2\r\n\r\n",
        "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 Yes\r\n\r\n"}) {
    Stream after_refusal;
    after_refusal.Connect("a.example:25");
    after_refusal.Answer(answer);
    after_refusal.Add(connect);
    EXPECT_EQ(after_refusal.Next(true).kind, Kind::kRefuse) << answer;
  }
}

TEST(StreamGateTest, ATargetAndAHostThatDifferAreRefused) {
  Stream stream;
  stream.Add("GET http://a.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n");
  EXPECT_EQ(stream.Next().kind, Kind::kRefuse);
}

TEST(StreamGateTest, WhatHidesItsHostIsRefused) {
  for (std::string_view text :
       {std::string_view("\x05\x01\x00", 3), std::string_view("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        std::string_view("GET / HTTP/1.1\nHost: a.example\n\n"),
        std::string_view("GET http://evil.example/\r\n\r\n"),
        std::string_view("CONNECT evil.example:443\r\n\r\n"),
        std::string_view("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n")}) {
    Stream stream;
    stream.Add(text);
    EXPECT_EQ(stream.Next().kind, Kind::kRefuse) << text;
  }
}

TEST(StreamGateTest, AWordBeforeTheEndIsUnknown) {
  StreamGate gate;
  EXPECT_EQ(gate.Next(Bytes("QUIT"), false).kind, Kind::kNeedMore);
  gate.Ended();
  EXPECT_EQ(gate.Next(Bytes("QUIT"), false).claim.kind, Claim::kUnknownProtocol);
  EXPECT_EQ(gate.Next(Bytes("QUIT"), false).kind, Kind::kAsk);
  EXPECT_EQ(gate.Next(Bytes("GET http://evil.example/"), false).kind, Kind::kNeedMore);
}

TEST(StreamGateTest, AfterAnUpgradeOnlyWhatIsNoRequestPassesUnseen) {
  for (const bool is_frame : {true, false}) {
    Stream stream;
    stream.Add(
        "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\n\r\n");
    ASSERT_EQ(stream.Next().kind, Kind::kAsk);
    stream.Allow();
    stream.Forwarded();
    stream.Add(is_frame ? std::string_view("\x81\x02hi")
                        : std::string_view("GET / HTTP/1.1\r\nHost: b.example\r\n\r\n"));
    EXPECT_EQ(stream.Next().kind, is_frame ? Kind::kOpen : Kind::kAsk);
  }
}

// The body of a request is no message of the protocol that was asked for.
TEST(StreamGateTest, AnUpgradeWithABodyIsFollowedLikeAnyRequest) {
  for (const std::string framing : {"Content-Length: 1\r\n\r\n\x80",
                                    "Transfer-Encoding: chunked\r\n\r\n1\r\n\x80\r\n0\r\n\r\n"}) {
    Stream stream;
    stream.Add("POST / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: x\r\n" +
               framing + "GET / HTTP/1.1\r\nHost: b.example\r\n\r\n");
    ASSERT_EQ(stream.Next().kind, Kind::kAsk);
    stream.Allow();
    const StreamGate::Step step = stream.Through();
    ASSERT_EQ(step.kind, Kind::kAsk) << framing << step.why;
    EXPECT_EQ(step.claim.name, "b.example");
  }
}

// Servers pass over blanks before a request; what they hide must not pass for another protocol.
TEST(StreamGateTest, BlanksBeforeARequestHideNothing) {
  for (const std::string blanks :
       {"\n", "\r\n", "\r\n\r\n", "\r\r\n", "\n\r", "\r", " ", "\t", "\r\n "}) {
    for (const std::string request : {"CONNECT b.example:80 HTTP/1.1\r\n\r\n",
                                      "GET http://b.example/ HTTP/1.1\r\n\r\n", "EHLO me\r\n"}) {
      Stream whole;
      whole.Add(blanks + request);
      EXPECT_EQ(whole.Next().kind, Kind::kRefuse) << blanks << request;
      Stream split;
      split.Add(blanks);
      const StreamGate::Step first = split.Next();
      EXPECT_EQ(first.kind, Kind::kNeedMore);
      EXPECT_TRUE(first.is_bare_word);
      split.Add(request);
      EXPECT_EQ(split.Next().kind, Kind::kRefuse) << blanks << request;
    }
  }
}

// Proxies are free to take these for request lines, and methods may be long.
TEST(StreamGateTest, OtherBlanksAndLongMethodsHideNoRequest) {
  const std::string method(40, 'A');
  for (const std::string& line :
       {std::string("CONNECT\tevil.example:443 HTTP/1.1"), std::string("CONNECT\vevil.example:443"),
        std::string("GET\fhttp://evil.example/ HTTP/1.1"), std::string("GET\r/x HTTP/1.1"),
        method + " http://evil.example/ HTTP/1.1", method + "\thttp://evil.example/"}) {
    Stream stream;
    stream.Add(line + "\r\nHost: good.example\r\n\r\n");
    EXPECT_EQ(stream.Next().kind, Kind::kRefuse) << line;
  }
  const std::string word(300, 'a');
  for (const std::string& line :
       {std::string("PING\r\n"), std::string("INFO\tall\r\n"), word + "\r\n"}) {
    Stream stream;
    stream.Add(line);
    StreamGate::Step step = stream.Next();
    EXPECT_EQ(step.kind, Kind::kAsk) << line;
    EXPECT_EQ(step.claim.kind, Claim::kUnknownProtocol);
  }
}

TEST(StreamGateTest, ABinaryGreetingMayBeginWithABlankOctet) {
  for (const std::string_view text :
       {std::string_view("\x20\x01\0\0\x01\0\0\0", 8), std::string_view("\n\x05hello", 7),
        std::string_view("\0\0\0\x08\x04\xd2\x16\x2f", 8)}) {
    Stream stream;
    stream.Add(text);
    EXPECT_EQ(stream.Next().claim.kind, Claim::kUnknownProtocol);
  }
}

TEST(StreamGateTest, OtherProtocolsAreUnknown) {
  for (std::string_view text :
       {"EHLO me.example\r\n", "NICK me\n", "get key\r\n", "PING\r\n",
        "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "0033git-upload-pack /project.git", "*1\r\n$4\r\n"}) {
    Stream stream;
    stream.Add(text);
    StreamGate::Step step = stream.Next();
    ASSERT_EQ(step.kind, Kind::kAsk) << text;
    EXPECT_EQ(step.claim.kind, Claim::kUnknownProtocol) << text;
    stream.Allow();
    EXPECT_EQ(stream.Next().kind, Kind::kOpen);
  }
}

TEST(StreamGateTest, AWordMayBePassedOnAndIsStillLookedAt) {
  Stream stream;
  stream.Add("GE");
  EXPECT_TRUE(stream.Next().is_bare_word);
  stream.Add("T ");
  EXPECT_EQ(stream.Next().kind, Kind::kNeedMore);
  EXPECT_FALSE(stream.Next().is_bare_word);
  stream.Add("http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  StreamGate::Step step = stream.Next();
  ASSERT_EQ(step.kind, Kind::kAsk);
  EXPECT_EQ(step.claim.name, "evil.example");
}

TEST(StreamGateTest, AServerThatSpeaksFirstSpeaksNoHttp) {
  Stream stream;
  stream.Add("EHLO me.example\r\n");
  StreamGate::Step step = stream.Next(true);
  ASSERT_EQ(step.kind, Kind::kAsk);
  EXPECT_EQ(step.claim.kind, Claim::kUnknownProtocol);
}

}  // namespace
}  // namespace safe_trace
