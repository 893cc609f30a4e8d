#include "tracer/relay/http_request_stream.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http_stream_driver.h"

namespace safe_trace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Form = HttpRequestHead::Form;
using Kind = HttpRequestStream::Step::Kind;

std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
std::string Get(std::string_view host) {
  return "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
}
// "METHOD TARGET:PORT HOST:PORT" of each request.
std::vector<std::string> Requests(const FollowedRequests& followed) {
  EXPECT_EQ(followed.why, "");
  std::vector<std::string> out;
  for (const HttpRequestHead& head : followed.heads) {
    out.push_back(head.method + " " + head.target_host + ":" + std::to_string(head.target_port) +
                  " " + head.host + ":" + std::to_string(head.host_port));
  }
  return out;
}

TEST(HttpRequestStreamTest, EveryRequestOfAConnectionIsSeen) {
  const FollowedRequests followed = Follow(Get("a.org") + Get("B.org.:81") + Get("[::1]:82"));
  EXPECT_THAT(Requests(followed),
              ElementsAre("GET :0 a.org:0", "GET :0 b.org:81", "GET :0 ::1:82"));
  EXPECT_EQ(followed.rest, "");
}

TEST(HttpRequestStreamTest, PiecesOfAnySizeAreTheSame) {
  const std::string text =
      Get("a.org") + "POST / HTTP/1.1\r\nHost: b.org\r\nContent-Length: 20\r\n\r\n" +
      "GET / HTTP/1.1\r\nHost" +
      "PUT / HTTP/1.1\r\nHost: c.org\r\nTransfer-Encoding: chunked\r\n\r\n" +
      "1e;a=\"b\"\r\nGET / HTTP/1.1\r\nHost: evil\r\n\r\n\r\n0\r\nX: y\r\n\r\n" + Get("d.org");
  const FollowedRequests whole = Follow(text);
  for (size_t piece = 1; piece < text.size(); ++piece) {
    const FollowedRequests followed = Follow(text, piece);
    ASSERT_EQ(Requests(followed), Requests(whole)) << piece;
    ASSERT_EQ(followed.bodies, whole.bodies) << piece;
  }
  EXPECT_THAT(Requests(whole),
              ElementsAre("GET :0 a.org:0", "POST :0 b.org:0", "PUT :0 c.org:0", "GET :0 d.org:0"));
}

TEST(HttpRequestStreamTest, BodyIsNoRequest) {
  const std::string inner = Get("evil.org");
  const std::string size = std::to_string(inner.size());
  const FollowedRequests followed =
      Follow("POST / HTTP/1.1\r\nHost: a.org\r\nContent-Length: " + size + "\r\n\r\n" + inner +
             Get("b.org"));
  EXPECT_THAT(Requests(followed), ElementsAre("POST :0 a.org:0", "GET :0 b.org:0"));
  EXPECT_THAT(followed.bodies, ElementsAre(inner, ""));
}

TEST(HttpRequestStreamTest, OldVersionIsFollowedToo) {
  const FollowedRequests followed = Follow(
      "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
      "POST / HTTP/1.0\r\nHost: a.org\r\nContent-Length: 2\r\n\r\nab" +
      Get("b.org"));
  EXPECT_THAT(Requests(followed), ElementsAre("GET :0 :0", "POST :0 a.org:0", "GET :0 b.org:0"));
}

TEST(HttpRequestStreamTest, AbsoluteTargetIsGivenBesideTheHost) {
  const FollowedRequests followed = Follow(
      "GET http://A.org/x HTTP/1.1\r\nHost: b.org:1\r\n\r\n"
      "GET HTTPS://a.org:8443?q=@c HTTP/1.1\r\nHost: a.org\r\n\r\n"
      "GET ws://[::1] HTTP/1.0\r\n\r\n");
  EXPECT_THAT(Requests(followed),
              ElementsAre("GET a.org:80 b.org:1", "GET a.org:8443 a.org:0", "GET ::1:80 :0"));
  EXPECT_EQ(followed.heads[0].form, Form::kAbsolute);
  for (auto [scheme, port] :
       {std::pair("http", 80), {"https", 443}, {"ws", 80}, {"wss", 443}, {"ftp", 21}}) {
    const FollowedRequests one =
        Follow("GET " + std::string(scheme) + "://a.org/ HTTP/1.1\r\nHost: a.org\r\n\r\n");
    EXPECT_THAT(Requests(one), ElementsAre("GET a.org:" + std::to_string(port) + " a.org:0"));
  }
}

TEST(HttpRequestStreamTest, OtherFormsOfTarget) {
  EXPECT_EQ(Follow(Get("a.org")).heads.at(0).form, Form::kOrigin);
  EXPECT_EQ(Follow("OPTIONS * HTTP/1.1\r\nHost: a.org\r\n\r\n").heads.at(0).form, Form::kAsterisk);
  const FollowedRequests tunnel = Follow("CONNECT A.org:443 HTTP/1.0\r\n\r\n");
  EXPECT_EQ(tunnel.heads.at(0).form, Form::kAuthority);
  EXPECT_EQ(tunnel.heads.at(0).target_host, "a.org");
  EXPECT_EQ(tunnel.heads.at(0).target_port, 443);
}

TEST(HttpRequestStreamTest, WhatFollowsConnectIsNotTakenForRequests) {
  const FollowedRequests followed =
      Follow("CONNECT a.org:443 HTTP/1.1\r\nHost: a.org:443\r\n\r\n" + Get("a.org"));
  EXPECT_EQ(followed.heads.size(), 1U);
  EXPECT_EQ(followed.why, "a tunnel is not HTTP");
}

TEST(HttpRequestStreamTest, OneEmptyLineBeforeARequestIsTolerated) {
  const FollowedRequests followed = Follow("\r\n" + Get("a.org") + "\r\n" + Get("b.org"), 1);
  EXPECT_THAT(Requests(followed), ElementsAre("GET :0 a.org:0", "GET :0 b.org:0"));
  EXPECT_NE(Follow("\r\n\r\n" + Get("a.org")).why, "");
  EXPECT_NE(Follow("\n" + Get("a.org")).why, "");
}

TEST(HttpRequestStreamTest, HeadIsHandedOutWholeAndOnce) {
  HttpRequestStream stream;
  const std::string text = Get("a.org") + Get("b.org");
  const HttpRequestStream::Step step = stream.Next(Bytes(text));
  EXPECT_EQ(step.kind, Kind::kHead);
  EXPECT_EQ(step.bytes, Get("a.org").size());
  EXPECT_EQ(stream.Next(Bytes(Get("b.org"))).kind, Kind::kInvalid) << "not accepted";
}

TEST(HttpRequestStreamTest, NothingIsValidAgainAfterAFault) {
  HttpRequestStream stream;
  EXPECT_EQ(stream.Next(Bytes("GET / HTTP/1.1\n")).kind, Kind::kInvalid);
  stream.Accept();
  const HttpRequestStream::Step again = stream.Next(Bytes(Get("a.org")));
  EXPECT_EQ(again.kind, Kind::kInvalid);
  EXPECT_EQ(again.why, "control character in the head");
}

TEST(HttpRequestStreamTest, LongestHeadIsTakenAndALongerOneRefused) {
  const std::string begin = "GET / HTTP/1.1\r\nHost: a.org\r\nX: ";
  const size_t fill = HttpRequestStream::kMaximumHead - begin.size() - 4;
  EXPECT_EQ(Follow(begin + std::string(fill, 'x') + "\r\n\r\n", 1000).heads.size(), 1U);
  EXPECT_EQ(Follow(begin + std::string(fill + 1, 'x') + "\r\n\r\n", 1000).why,
            "request head too long");
  EXPECT_EQ(Follow(begin + std::string(fill + 1, 'x') + "\r\n\r\n").why, "request head too long");
}

TEST(HttpRequestStreamTest, LargeLengthsNeedNoMemory) {
  const std::string text =
      "PUT / HTTP/1.1\r\nHost: a.org\r\nContent-Length: 999999999999999999\r\n\r\n";
  HttpRequestStream stream;
  EXPECT_EQ(stream.Next(Bytes(text)).kind, Kind::kHead);
  stream.Accept();
  EXPECT_EQ(stream.Next(Bytes("xyz")).bytes, 3U);
  EXPECT_EQ(stream.Next({}).kind, Kind::kNeedMore);
}

TEST(HttpRequestStreamTest, BeginningsOfRequestsLookLikeHttp) {
  for (std::string_view text :
       {"", "\r", "\r\n", "G", "GET", "GET ", "GET /", "\r\nM-SEARCH *", "UPDATEREDIRECTREF /",
        "POST \xff", "GET\t/", "GET\r/", "GET\v/", "GET\f/", "AAAAAAAAAAAAAAAAAAAAAAAAA /"}) {
    EXPECT_TRUE(LooksLikeHttp(Bytes(text))) << text;
  }
  for (std::string_view text :
       {" ", " GET", "\n", "\rG", "\r\n\r\n", "\x16\x03\x01", "a/b", "GET\n"}) {
    EXPECT_FALSE(LooksLikeHttp(Bytes(text))) << text;
  }
  EXPECT_FALSE(LooksLikeHttp(Bytes(std::string_view("G\0T", 3))));
}

TEST(HttpRequestStreamTest, SecondVersionIsKnownAndNotFollowed) {
  constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  EXPECT_TRUE(LooksLikeHttp2(Bytes(kPreface)));
  EXPECT_FALSE(LooksLikeHttp2(Bytes("PRI * HTTP/2")));
  EXPECT_FALSE(LooksLikeHttp2(Bytes("POST / HTTP/2.0")));
  const FollowedRequests followed = Follow(kPreface);
  EXPECT_THAT(followed.heads, IsEmpty());
  EXPECT_EQ(followed.why, "neither HTTP/1.0 nor HTTP/1.1");
}

}  // namespace
}  // namespace safe_trace
