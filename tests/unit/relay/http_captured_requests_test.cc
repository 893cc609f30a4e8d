// What real clients send, taken from the wire.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http_stream_driver.h"

namespace safe_trace {
namespace {

using ::testing::ElementsAre;

// "METHOD target:port host:port body-octets" of each request.
std::vector<std::string> Seen(std::string_view text) {
  std::vector<std::string> out;
  for (size_t piece : {SIZE_MAX, size_t{1}, size_t{7}}) {
    const FollowedRequests followed = Follow(text, piece);
    EXPECT_EQ(followed.why, "");
    EXPECT_EQ(followed.rest, "");
    out.clear();
    for (size_t i = 0; i < followed.heads.size(); ++i) {
      const HttpRequestHead& head = followed.heads[i];
      out.push_back(head.method + " " + head.target_host + ":" + std::to_string(head.target_port) +
                    " " + head.host + ":" + std::to_string(head.host_port) + " " +
                    std::to_string(followed.bodies[i].size()));
    }
  }
  return out;
}

TEST(HttpCapturedRequestsTest, Curl) {
  EXPECT_THAT(
      Seen("GET http://Example.com/a?b HTTP/1.1\r\nHost: Example.com\r\n"
           "Authorization: Basic dXNlcjpwdw==\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n"
           "Proxy-Connection: Keep-Alive\r\n\r\n"
           "GET http://Example.com:8080/c HTTP/1.1\r\nHost: Example.com:8080\r\n"
           "User-Agent: curl/7.88.1\r\nAccept: */*\r\nProxy-Connection: Keep-Alive\r\n\r\n"),
      ElementsAre("GET example.com:80 example.com:0 0", "GET example.com:8080 example.com:8080 0"));
  EXPECT_THAT(Seen("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n"
                   "User-Agent: curl/7.88.1\r\nProxy-Connection: Keep-Alive\r\n\r\n"),
              ElementsAre("CONNECT example.com:443 example.com:443 0"));
  EXPECT_THAT(Seen("PUT /up HTTP/1.1\r\nHost: 127.0.0.1:54607\r\nUser-Agent: curl/7.88.1\r\n"
                   "Accept: */*\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
                   "0\r\n\r\n"),
              ElementsAre("PUT :0 127.0.0.1:54607 5"));
  EXPECT_THAT(Seen("POST / HTTP/1.0\r\nHost: localhost:42407\r\nUser-Agent: curl/7.88.1\r\n"
                   "Accept: */*\r\nContent-Length: 5\r\n"
                   "Content-Type: application/x-www-form-urlencoded\r\n\r\nhello"),
              ElementsAre("POST :0 localhost:42407 5"));
}

// For http targets curl and Go move credentials into a header; these do not.
TEST(HttpCapturedRequestsTest, CredentialsInTheTarget) {
  EXPECT_THAT(Seen("GET ftp://user:pw@example.com/a HTTP/1.1\r\nHost: example.com:21\r\n"
                   "Authorization: Basic dXNlcjpwdw==\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n"
                   "Proxy-Connection: Keep-Alive\r\n\r\n"),
              ElementsAre("GET example.com:21 example.com:21 0"));
  EXPECT_THAT(Seen("GET http://user:pw@pypi.org/simple/?a HTTP/1.1\r\nAccept-Encoding: identity\r\n"
                   "User-Agent: python-urllib3/2.7.0\r\nAccept: */*\r\nHost: pypi.org\r\n\r\n"),
              ElementsAre("GET pypi.org:80 pypi.org:0 0"));
}

TEST(HttpCapturedRequestsTest, UrllibWithCredentialsInHostIsRefused) {
  EXPECT_EQ(Follow("GET http://user:pw@pypi.org/simple/ HTTP/1.1\r\nAccept-Encoding: identity\r\n"
                   "Host: user:pw@pypi.org\r\nUser-Agent: Python-urllib/3.11\r\n"
                   "Connection: close\r\n\r\n")
                .why,
            "malformed Host");
}

TEST(HttpCapturedRequestsTest, Python) {
  EXPECT_THAT(Seen("CONNECT pypi.org:443 HTTP/1.0\r\n\r\n"),
              ElementsAre("CONNECT pypi.org:443 :0 0"));
  EXPECT_THAT(Seen("POST /x HTTP/1.1\r\nHost: 127.0.0.1:36321\r\nAccept-Encoding: identity\r\n"
                   "Transfer-Encoding: chunked\r\nUser-Agent: python-urllib3/2.7.0\r\n\r\n"
                   "3\r\none\r\n4\r\ntwo!\r\n0\r\n\r\n"),
              ElementsAre("POST :0 127.0.0.1:36321 22"));
}

TEST(HttpCapturedRequestsTest, Node) {
  EXPECT_THAT(Seen("CONNECT registry.npmjs.org:443 HTTP/1.1\r\nHost: registry.npmjs.org:443\r\n"
                   "Proxy-Connection: close\r\n\r\n"),
              ElementsAre("CONNECT registry.npmjs.org:443 registry.npmjs.org:443 0"));
  EXPECT_THAT(Seen("GET http://registry.npmjs.org/x HTTP/1.1\r\nHost: registry.npmjs.org\r\n"
                   "Proxy-Connection: close\r\nConnection: close\r\n\r\n"),
              ElementsAre("GET registry.npmjs.org:80 registry.npmjs.org:0 0"));
  EXPECT_THAT(Seen("POST /up HTTP/1.1\r\nHost: 127.0.0.1:54109\r\nConnection: keep-alive\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"
                   "GET /f HTTP/1.1\r\nhost: 127.0.0.1:54109\r\nconnection: keep-alive\r\n"
                   "accept: */*\r\naccept-language: *\r\nsec-fetch-mode: cors\r\n"
                   "user-agent: node\r\naccept-encoding: gzip, deflate\r\n\r\n"
                   "GET /left-pad HTTP/1.1\r\n"
                   "user-agent: npm/11.19.1 node/v20.20.2 linux x64 workspaces/false\r\n"
                   "pacote-version: 21.5.1\r\npacote-req-type: packument\r\n"
                   "pacote-pkg-id: registry:left-pad\r\naccept: application/json\r\n"
                   "npm-auth-type: web\r\nnpm-command: view\r\nAccept-Encoding: gzip,deflate\r\n"
                   "Host: 127.0.0.1:49467\r\nconnection: keep-alive\r\n\r\n"),
              ElementsAre("POST :0 127.0.0.1:54109 19", "GET :0 127.0.0.1:54109 0",
                          "GET :0 127.0.0.1:49467 0"));
}

TEST(HttpCapturedRequestsTest, Go) {
  EXPECT_THAT(Seen("CONNECT proxy.golang.org:443 HTTP/1.1\r\nHost: proxy.golang.org:443\r\n"
                   "User-Agent: Go-http-client/1.1\r\n\r\n"),
              ElementsAre("CONNECT proxy.golang.org:443 proxy.golang.org:443 0"));
  EXPECT_THAT(
      Seen("GET http://example.com/y HTTP/1.1\r\nHost: example.com\r\n"
           "User-Agent: Go-http-client/1.1\r\nAuthorization: Basic dXNlcjpwdw==\r\n"
           "Accept-Encoding: gzip\r\n\r\n"
           "POST http://example.com/z HTTP/1.1\r\nHost: example.com\r\n"
           "User-Agent: Go-http-client/1.1\r\nTransfer-Encoding: chunked\r\n"
           "Content-Type: a/b\r\nAccept-Encoding: gzip\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
      ElementsAre("GET example.com:80 example.com:0 0", "POST example.com:80 example.com:0 15"));
}

TEST(HttpCapturedRequestsTest, GitWithGzipAndChunkedBodies) {
  const std::string_view kGzip(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x9d\x98\xcb\x92\xa6\xa7\r\x86", 17);
  const std::string text =
      "GET /r.git/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: 127.0.0.1:40227\r\n"
      "User-Agent: git/2.39.5\r\nAccept: */*\r\nAccept-Encoding: deflate, gzip, br, zstd\r\n"
      "Accept-Language: C, *;q=0.9\r\nPragma: no-cache\r\nGit-Protocol: version=2\r\n\r\n"
      "POST /r.git/git-upload-pack HTTP/1.1\r\nHost: 127.0.0.1:40227\r\nUser-Agent: git/2.39.5\r\n"
      "Accept-Encoding: deflate, gzip, br, zstd\r\n"
      "Content-Type: application/x-git-upload-pack-request\r\n"
      "Accept: application/x-git-upload-pack-result\r\nAccept-Language: C, *;q=0.9\r\n"
      "Git-Protocol: version=2\r\nContent-Encoding: gzip\r\nContent-Length: 2376\r\n\r\n" +
      std::string(kGzip) + std::string(2376 - kGzip.size(), '\n') +
      "POST /r.git/git-receive-pack HTTP/1.1\r\nHost: 127.0.0.1:40227\r\nUser-Agent: git/2.39.5\r\n"
      "Content-Type: application/x-git-receive-pack-request\r\n"
      "Accept: application/x-git-receive-pack-result\r\nContent-Length: 4\r\n\r\n0000"
      "POST /r.git/git-receive-pack HTTP/1.1\r\nHost: 127.0.0.1:40227\r\nUser-Agent: git/2.39.5\r\n"
      "Accept-Encoding: deflate, gzip, br, zstd\r\nTransfer-Encoding: chunked\r\n"
      "Content-Type: application/x-git-receive-pack-request\r\n"
      "Accept: application/x-git-receive-pack-result\r\nAccept-Language: C, *;q=0.9\r\n\r\n"
      "b3\r\n" +
      std::string(0xb3, '\r') + "\r\n0\r\n\r\n";
  EXPECT_THAT(Seen(text), ElementsAre("GET :0 127.0.0.1:40227 0", "POST :0 127.0.0.1:40227 2376",
                                      "POST :0 127.0.0.1:40227 4", "POST :0 127.0.0.1:40227 190"));
}

TEST(HttpCapturedRequestsTest, GitAndCargoThroughAProxy) {
  EXPECT_THAT(Seen("CONNECT github.com:443 HTTP/1.1\r\nHost: github.com:443\r\n"
                   "User-Agent: git/2.39.5\r\nProxy-Connection: Keep-Alive\r\n\r\n"),
              ElementsAre("CONNECT github.com:443 github.com:443 0"));
  EXPECT_THAT(Seen("CONNECT index.crates.io:443 HTTP/1.1\r\nHost: index.crates.io:443\r\n"
                   "User-Agent: cargo/1.95.0 (f2d3ce0bd 2026-03-21)\r\n"
                   "Proxy-Connection: Keep-Alive\r\n\r\n"),
              ElementsAre("CONNECT index.crates.io:443 index.crates.io:443 0"));
}

}  // namespace
}  // namespace safe_trace
