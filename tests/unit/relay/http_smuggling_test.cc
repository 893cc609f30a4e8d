// Requests that one server reads in another way than the next: none of them is followed.
#include "gtest/gtest.h"
#include "http_stream_driver.h"

namespace safe_trace {
namespace {

constexpr std::string_view kBegin = "POST / HTTP/1.1\r\nHost: a.org\r\n";

std::string WithFields(std::string_view fields) {
  return std::string(kBegin) + std::string(fields) + "\r\n\r\n";
}
// The same verdict whether it comes at once or octet by octet.
void ExpectRefused(const std::string& text, std::string_view why) {
  const FollowedRequests whole = Follow(text);
  EXPECT_EQ(whole.why, why) << text;
  EXPECT_EQ(Follow(text, 1).why, why) << text;
}
void ExpectHeadRefused(const std::string& text, std::string_view why) {
  ExpectRefused(text, why);
  EXPECT_TRUE(Follow(text).heads.empty()) << text;
}
void ExpectFieldsRefused(std::string_view fields, std::string_view why) {
  ExpectHeadRefused(WithFields(fields), why);
}

TEST(HttpSmugglingTest, PlainRequestsAreFollowed) {
  for (std::string_view fields :
       {"Content-Length: 0", "Content-Length:0", "content-length: 0", "X:", "X: a\tb ",
        "X: h\xc3\xbc", "Transfer-Encoding: chunked", "TRANSFER-ENCODING:chunked",
        "Connection: keep-alive, Upgrade", "Connection: Upgrade, HTTP2-Settings", "X-Host: b.org",
        "TE: trailers"}) {
    const FollowedRequests followed = Follow(WithFields(fields));
    EXPECT_EQ(followed.why, "") << fields;
    EXPECT_EQ(followed.heads.size(), 1U) << fields;
  }
}

TEST(HttpSmugglingTest, TwoWaysToFrameABodyAreRefused) {
  ExpectFieldsRefused("Content-Length: 5\r\nTransfer-Encoding: chunked",
                      "Content-Length with Transfer-Encoding");
  ExpectFieldsRefused("Transfer-Encoding: chunked\r\nContent-Length: 0",
                      "Content-Length with Transfer-Encoding");
  ExpectFieldsRefused("Content-Length: 5\r\nContent-Length: 5", "several Content-Length headers");
  ExpectFieldsRefused("Content-Length: 5\r\ncontent-length: 6", "several Content-Length headers");
  ExpectFieldsRefused("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                      "several Transfer-Encoding headers");
}

TEST(HttpSmugglingTest, OnlyPlainLengthsCount) {
  for (std::string_view value :
       {"", " ", "5, 5", "+5", "-5", "0x5", "5 ", "  5", "\t5", "05", "5a", "5;", "\"5\"", "1e3",
        "1000000000000000000", "18446744073709551621"}) {
    ExpectFieldsRefused("Content-Length:" + std::string(value), "malformed Content-Length");
  }
}

TEST(HttpSmugglingTest, OnlyChunkedIsATransferEncoding) {
  for (std::string_view value :
       {"", " ", " identity", " gzip, chunked", " chunked, identity", " chunked, chunked",
        " Chunked", " xchunked", " chunked ", "  chunked", "\tchunked", " \"chunked\"",
        " chunked;q=1", " chunked,"}) {
    ExpectFieldsRefused("Transfer-Encoding:" + std::string(value),
                        "a Transfer-Encoding other than chunked");
  }
  ExpectHeadRefused("POST / HTTP/1.0\r\nHost: a.org\r\nTransfer-Encoding: chunked\r\n\r\n",
                    "Transfer-Encoding in HTTP/1.0");
}

TEST(HttpSmugglingTest, FieldsThatAreNotPlainlyFieldsAreRefused) {
  for (std::string_view field :
       {"Content-Length : 5", "Transfer-Encoding\t: chunked", "X", ": x", "X y: z",
        "H\xc3\xb6st: a", "X(y): z", "Transfer-Encoding\xa0: chunked"}) {
    ExpectFieldsRefused(field, "malformed header");
  }
  ExpectFieldsRefused("X: y\r\n folded", "folded header");
  ExpectFieldsRefused("Transfer-Encoding:\r\n\tchunked", "a Transfer-Encoding other than chunked");
  ExpectHeadRefused("GET / HTTP/1.1\r\n Host: b.org\r\nHost: a.org\r\n\r\n", "folded header");
}

TEST(HttpSmugglingTest, OtherLineEndsAndControlCharactersAreRefused) {
  constexpr std::string_view kWhy = "control character in the head";
  for (std::string_view fields : {"X: a\nHost: b.org", "X: a\rHost: b.org", "X: a\r\r\nY: b",
                                  "X: a\x01", "X: \x7f", "X: a\vb", "X: a\fb", "X: \x1b[0m"}) {
    ExpectFieldsRefused(fields, kWhy);
  }
  ExpectFieldsRefused(std::string_view("X: a\0b", 6), kWhy);
  ExpectHeadRefused("GET / HTTP/1.1\nHost: a.org\n\n", kWhy);
  ExpectHeadRefused("GET / HTTP/1.1\r\nHost: a.org\r\n\n", kWhy);
  ExpectHeadRefused("GET / HTTP/1.1\r\nHost: a.org\n\r\n", kWhy);
}

TEST(HttpSmugglingTest, HostIsThereOnceAndPlain) {
  ExpectHeadRefused("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 without Host");
  ExpectHeadRefused("GET http://a.org/ HTTP/1.1\r\n\r\n", "HTTP/1.1 without Host");
  ExpectFieldsRefused("Host: a.org", "several Host headers");
  ExpectFieldsRefused("host: b.org", "several Host headers");
  for (std::string_view value :
       {"", " ", "  a.org", " a.org ", "\ta.org", " a.org, b.org", " a.org b.org", " user@a.org",
        " a.org/", " a.org:", " a.org:0", " http://a.org", " a%2eorg", " ::1", " a.org#", " 127.1",
        " h\xc3\xbcller.org"}) {
    ExpectHeadRefused("GET / HTTP/1.1\r\nHost:" + std::string(value) + "\r\n\r\n",
                      "malformed Host");
  }
}

TEST(HttpSmugglingTest, HostMayNotBeRemovedByTheNextProxy) {
  for (std::string_view field :
       {"Connection: close, Host", "Connection: host", "Proxy-Connection: \tContent-Length ,x",
        "Connection: Transfer-Encoding"}) {
    ExpectFieldsRefused(field, "Connection lists a header that must stay");
  }
}

TEST(HttpSmugglingTest, RequestLineHasThreePartsAndOneSpaceBetween) {
  for (std::string_view line :
       {"GET  / HTTP/1.1", "GET / HTTP/1.1 ", "GET /  HTTP/1.1", "GET / a HTTP/1.1", "GET /",
        "GET /\t HTTP/1.1", "GET / HTTP/1.2", "GET / HTTP/2.0", "GET / http/1.1", "GET / HTTP/1.10",
        "GET / HTTP/0.9", "GET / HTTP/01.1", "GET  HTTP/1.1", "GET /\xa0x HTTP/1.1",
        "GET /h\xc3\xbc HTTP/1.1"}) {
    const std::string text = std::string(line) + "\r\nHost: a.org\r\n\r\n";
    EXPECT_NE(Follow(text).why, "") << line;
    EXPECT_TRUE(Follow(text).heads.empty()) << line;
  }
}

TEST(HttpSmugglingTest, TargetNamesOneHostOrNone) {
  for (std::string_view target : {"a.org",
                                  "a.org/x",
                                  "a.org:80",
                                  "*",
                                  "http:/a.org/",
                                  "http:a.org",
                                  "http://",
                                  "http:///x",
                                  "http://?x",
                                  "gopher://a.org/",
                                  "x-http://a.org/",
                                  "://a.org/",
                                  "http://a.org:/",
                                  "http://a.org:0/",
                                  "http://a.org:65536/",
                                  "http://a.org#@b.org/",
                                  "http://a.org\\@b.org/",
                                  "http://a.org\\b.org/",
                                  "http://u@a.org@b.org/",
                                  "http://u:p@",
                                  "http://[u]@a.org/",
                                  "http://u%4@a.org/",
                                  "http://u%zz@a.org/",
                                  "http://a%2eorg/",
                                  "http://a.org,b.org/",
                                  "http://127.1/",
                                  "http://[::1/",
                                  "http://a.org;b.org/",
                                  "\\\\a.org",
                                  "?x",
                                  "#"}) {
    ExpectHeadRefused("GET " + std::string(target) + " HTTP/1.1\r\nHost: a.org\r\n\r\n",
                      "malformed request target");
  }
}

TEST(HttpSmugglingTest, UnambiguousCredentialsInATargetAreSkipped) {
  for (std::string_view info : {"u", "u:p", ":", "", "a.org:80", "u%40b:p;x=1&y"}) {
    const FollowedRequests followed =
        Follow("GET ftp://" + std::string(info) + "@b.org/ HTTP/1.1\r\nHost: b.org\r\n\r\n");
    ASSERT_EQ(followed.heads.size(), 1U) << info << followed.why;
    EXPECT_EQ(followed.heads[0].target_host, "b.org") << info;
    EXPECT_EQ(followed.heads[0].target_port, 21) << info;
  }
}

TEST(HttpSmugglingTest, ConnectNamesHostAndPortAndHasNoBody) {
  for (std::string_view target : {"a.org", "a.org:", "/", "*", "http://a.org/", "http://a.org:80",
                                  "u@a.org:443", "a.org:443/", "::1:443", "a.org:443:443"}) {
    ExpectHeadRefused("CONNECT " + std::string(target) + " HTTP/1.1\r\nHost: a.org\r\n\r\n",
                      "malformed request target");
  }
  ExpectHeadRefused("connect a.org:443 HTTP/1.1\r\nHost: a.org\r\n\r\n",
                    "malformed request target");
  const std::string connect = "CONNECT a.org:443 HTTP/1.1\r\nHost: a.org\r\n";
  ExpectHeadRefused(connect + "Content-Length: 1\r\n\r\n", "CONNECT with a body");
  ExpectHeadRefused(connect + "Transfer-Encoding: chunked\r\n\r\n", "CONNECT with a body");
  EXPECT_EQ(Follow(connect + "Content-Length: 0\r\n\r\n").why, "");
}

std::string Chunked(std::string_view body) {
  return WithFields("Transfer-Encoding: chunked") + std::string(body);
}

TEST(HttpSmugglingTest, ChunkedBodiesEndWhereEveryServerEndsThem) {
  const std::string next = "GET / HTTP/1.1\r\nHost: b.org\r\n\r\n";
  for (std::string_view body :
       {"0\r\n\r\n", "000\r\n\r\n", "A\r\n0123456789\r\n0\r\n\r\n",
        "a;x=y\r\n0123456789\r\n0\r\n\r\n", "1;a=\"b c\";d\r\nx\r\n0;last\r\nX: y\r\nZ:\r\n\r\n"}) {
    const FollowedRequests followed = Follow(Chunked(body) + next, 1);
    EXPECT_EQ(followed.why, "") << body;
    ASSERT_EQ(followed.heads.size(), 2U) << body;
    EXPECT_EQ(followed.bodies[0], body);
  }
}

TEST(HttpSmugglingTest, MalformedChunksAreRefused) {
  for (std::string_view body :
       {"\r\n", "x\r\n", "0x1\r\n", "-1\r\n", "+1\r\n", " 1\r\n", "1 \r\n", "1\n", "1\rx",
        "1;a\nb\r\n", "1;\x01\r\n", "1;\xc3\xbc\r\n", "1,a\r\n", ";a\r\n", "1000000000000000\r\n",
        "0000000000000001\r\n"}) {
    ExpectRefused(Chunked(body), "malformed chunk size");
  }
  ExpectRefused(Chunked("1;" + std::string(510, 'x') + "\r\n"), "malformed chunk size");
  ExpectRefused(Chunked("1\r\nxy"), "a chunk longer than its size");
  ExpectRefused(Chunked("1\r\nx\n"), "a chunk longer than its size");
  ExpectRefused(Chunked("1\r\nx\r0"), "a chunk longer than its size");
}

TEST(HttpSmugglingTest, MalformedTrailersAreRefused) {
  ExpectRefused(Chunked("0\r\nX\r\n\r\n"), "malformed header");
  ExpectRefused(Chunked("0\r\n X: y\r\n\r\n"), "folded header");
  ExpectRefused(Chunked("0\r\nX: y\n\r\n"), "malformed or endless trailers");
  ExpectRefused(Chunked("0\r\n\n"), "malformed or endless trailers");
  for (std::string_view name : {"Host", "content-length", "Transfer-Encoding"}) {
    ExpectRefused(Chunked("0\r\n" + std::string(name) + ": b.org\r\n\r\n"),
                  "a trailer that belongs in the head");
  }
  std::string endless = "0\r\n";
  while (endless.size() < 17000) endless += "X: y\r\n";
  ExpectRefused(Chunked(endless), "malformed or endless trailers");
}

}  // namespace
}  // namespace safe_trace
