#include "tracer/relay/host_name.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace safe_trace {
namespace {

using ::testing::Eq;
using ::testing::Optional;

std::optional<std::string> Written(std::string_view text) {
  std::optional<HostAndPort> parsed = ParseHostAndPort(text);
  if (!parsed) return std::nullopt;
  return parsed->host + " " + std::to_string(parsed->port);
}

TEST(HostNameTest, NamesAreLowerCaseWithoutTheRootDot) {
  EXPECT_THAT(CanonicalHostName("PyPI.org."), Optional(Eq("pypi.org")));
  EXPECT_THAT(CanonicalHostName("localhost"), Optional(Eq("localhost")));
  EXPECT_THAT(CanonicalHostName("_a-b.xn--p1ai"), Optional(Eq("_a-b.xn--p1ai")));
}

TEST(HostNameTest, WhatIsNoNameIsRefused) {
  for (std::string_view text :
       {"", ".", "..", "a..b", ".a", "a.b..", "a b", "a/b", "a%2eb", "a\\b", "a@b", "a:1", "[::1]",
        "::1", "a#b", "a?b", "h\xc3\xbcller", "*.a", "a\tb"}) {
    EXPECT_FALSE(CanonicalHostName(text)) << text;
  }
  EXPECT_FALSE(CanonicalHostName(std::string_view("a\0b", 3)));
}

TEST(HostNameTest, LengthsAreThoseOfTheDomainNameSystem) {
  const std::string label(63, 'a');
  const std::string name = label + "." + label + "." + label + "." + std::string(61, 'b');
  EXPECT_THAT(CanonicalHostName(name), Optional(name));
  EXPECT_FALSE(CanonicalHostName(name + "b"));
  EXPECT_FALSE(CanonicalHostName(label + "a.com"));
}

TEST(HostNameTest, AddressesAndTheirOldFormsAreNoNames) {
  for (std::string_view text : {"127.0.0.1", "127.0.0.1.", "127.1", "2130706433", "0x7f000001",
                                "0x7f.1", "a.0x", "a.0X1f", "a.1", "1.2.3.256", "0177.0.0.1"}) {
    EXPECT_FALSE(CanonicalHostName(text)) << text;
  }
  EXPECT_TRUE(CanonicalHostName("1.2.3.4.nip.io"));
  EXPECT_TRUE(CanonicalHostName("0xcafe.example"));
}

TEST(HostNameTest, HostsAndPortsAreTakenApart) {
  EXPECT_THAT(Written("A.example"), Optional(Eq("a.example 0")));
  EXPECT_THAT(Written("a.example.:8080"), Optional(Eq("a.example 8080")));
  EXPECT_THAT(Written("192.0.2.1:65535"), Optional(Eq("192.0.2.1 65535")));
  EXPECT_THAT(Written("192.0.2.1."), Optional(Eq("192.0.2.1 0")));
  EXPECT_THAT(Written("[2001:DB8:0::1]"), Optional(Eq("2001:db8::1 0")));
  EXPECT_THAT(Written("[::1]:443"), Optional(Eq("::1 443")));
  EXPECT_THAT(Written("[::ffff:192.0.2.1]:443"), Optional(Eq("192.0.2.1 443")));
}

TEST(HostNameTest, WhatCouldBeReadInTwoWaysIsNoHost) {
  for (std::string_view text : {"",
                                ":",
                                ":80",
                                "a:",
                                "a:0",
                                "a:080",
                                "a:65536",
                                "a:99999",
                                "a:123456",
                                "a:+1",
                                "a:-1",
                                "a: 1",
                                "a:1 ",
                                "a:1:2",
                                "a:b",
                                " a",
                                "a ",
                                "a,b",
                                "::1",
                                "::1:80",
                                "[::1",
                                "::1]",
                                "[::1]x",
                                "[::1]80",
                                "x[::1]",
                                "[[::1]]",
                                "[a.example]",
                                "[127.0.0.1]",
                                "[]",
                                "[fe80::1%25lo]",
                                "[fe80::1%lo]",
                                "[::1]:80]",
                                "user@a",
                                "user:pw@a",
                                "127.1",
                                "0x7f000001:80"}) {
    EXPECT_FALSE(ParseHostAndPort(text)) << text;
  }
}

}  // namespace
}  // namespace safe_trace
