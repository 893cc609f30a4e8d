#include "launcher/url_host.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace safe_trace {
namespace {

std::string Host(std::string_view url) {
  auto host = HostOfUrl(url, "test");
  return host ? absl::StrCat(host->host, " ", host->port) : "none";
}

TEST(HostOfUrl, KnowsDefaultPorts) {
  EXPECT_EQ(Host("https://pypi.org/simple"), "pypi.org 443");
  EXPECT_EQ(Host("http://example.com"), "example.com 80");
  EXPECT_EQ(Host("git+https://example.com/x.git@v1#egg=x"), "example.com 443");
  EXPECT_EQ(Host("git+ssh://git@example.com/x"), "example.com 22");
  EXPECT_EQ(Host("git://example.com/x"), "example.com 9418");
  EXPECT_EQ(Host("socks5h://proxy.example"), "proxy.example 1080");
}

TEST(HostOfUrl, ExplicitPortWins) {
  EXPECT_EQ(Host("https://example.com:8443/simple"), "example.com 8443");
  EXPECT_EQ(Host("foo://example.com:99"), "example.com 99");
  EXPECT_EQ(Host("https://example.com:/simple"), "example.com 443");
}

TEST(HostOfUrl, DropsUserInformation) {
  EXPECT_EQ(Host("https://user:pa@ss@example.com:1/x@y"), "example.com 1");
  EXPECT_EQ(Host("https://allowed.example@evil.example/"), "evil.example 443");
}

TEST(HostOfUrl, ReadsIpLiterals) {
  EXPECT_EQ(Host("http://[::1]:8080/simple"), "::1 8080");
  EXPECT_EQ(Host("http://[2001:DB8::1]/"), "2001:db8::1 80");
  EXPECT_EQ(Host("http://127.0.0.1:3141/root/pypi"), "127.0.0.1 3141");
}

TEST(HostOfUrl, NormalizesCaseAndClosingDot) {
  EXPECT_EQ(Host("HTTPS://PyPI.Org./simple"), "pypi.org 443");
}

TEST(HostOfUrl, LeavesInternationalNamesAsTheyAre) {
  EXPECT_EQ(Host("https://b\xc3\xbc"
                 "cher.example/"),
            "b\xc3\xbc"
            "cher.example 443");
}

TEST(HostOfUrl, FilesAndUnknownSchemesGiveNothing) {
  EXPECT_EQ(Host("file:///opt/wheels"), "none");
  EXPECT_EQ(Host("file://host/share"), "none");
  EXPECT_EQ(Host("foo://example.com"), "none");
  EXPECT_EQ(Host("/opt/wheels"), "none");
  EXPECT_EQ(Host("requests"), "none");
  EXPECT_EQ(Host(""), "none");
}

TEST(HostOfUrl, RefusesWhatWouldBeAPatternOrATrick) {
  EXPECT_EQ(Host("https://*.example.com/"), "none");
  EXPECT_EQ(Host("https://*/"), "none");
  EXPECT_EQ(Host("https://a b/"), "none");
  EXPECT_EQ(Host("https://good.example\\@evil.example/"), "evil.example 443");
  EXPECT_EQ(Host("https://good.example\\.evil/"), "none");
  EXPECT_EQ(Host("https://exa\nmple.com/"), "none");
  EXPECT_EQ(Host("https://[::1/"), "none");
  EXPECT_EQ(Host("https://[::1]x:1/"), "none");
  EXPECT_EQ(Host("https://example.com:0/"), "none");
  EXPECT_EQ(Host("https://example.com:65536/"), "none");
  EXPECT_EQ(Host("https://example.com:8x/"), "none");
  EXPECT_EQ(Host("https:///path"), "none");
  EXPECT_EQ(Host("https://" + std::string(300, 'a') + "/"), "none");
}

TEST(UrlInRequirement, FindsDirectReferences) {
  EXPECT_EQ(UrlInRequirement("https://h/x.whl"), "https://h/x.whl");
  EXPECT_EQ(UrlInRequirement("name[extra] @ https://h/x.whl ; python_version > '3'"),
            "https://h/x.whl");
  EXPECT_EQ(UrlInRequirement("name@git+ssh://git@h/x"), "git+ssh://git@h/x");
  EXPECT_EQ(UrlInRequirement("requests>=2"), "");
}

}  // namespace
}  // namespace safe_trace
