#include "policy/network_pattern.h"

#include <gtest/gtest.h>

namespace safe_trace {
namespace {

IpAddress Address(const char* text) {
  IpAddress address;
  EXPECT_TRUE(ParseIpAddress(text, address)) << text;
  return address;
}

TEST(HostMatchesTest, MatchesWholeLabelsOnly) {
  EXPECT_TRUE(HostMatches("pypi.org", "pypi.org"));
  EXPECT_TRUE(HostMatches("pypi.org", "PyPI.org."));
  EXPECT_FALSE(HostMatches("pypi.org", "evilpypi.org"));
  EXPECT_FALSE(HostMatches("pypi.org", "a.pypi.org"));
  EXPECT_FALSE(HostMatches("pypi.org", "pypi.org.evil.example"));
  EXPECT_FALSE(HostMatches("pypi.org", "pypi-org"));
}

TEST(HostMatchesTest, WildcardNeedsOneLabelOrMore) {
  EXPECT_TRUE(HostMatches("*.pypi.org", "a.pypi.org"));
  EXPECT_TRUE(HostMatches("*.pypi.org", "a.b.pypi.org"));
  EXPECT_FALSE(HostMatches("*.pypi.org", "pypi.org"));
  EXPECT_FALSE(HostMatches("*.pypi.org", "evilpypi.org"));
  EXPECT_FALSE(HostMatches("*.pypi.org", ".pypi.org"));
  EXPECT_FALSE(HostMatches("*.pypi.org", ""));
  EXPECT_FALSE(HostMatches("", ""));
}

TEST(ParseHostPortTest, TakesTheFormsThatPeopleWrite) {
  struct Case {
    const char* text;
    const char* host;
    uint16_t port;
  };
  for (const Case& c : {Case{"pypi.org", "pypi.org", 0}, Case{"PyPI.org.:443", "pypi.org", 443},
                        Case{"*.example.com", "*.example.com", 0},
                        Case{"10.0.0.5:80", "10.0.0.5", 80}, Case{"[::1]:8080", "::1", 8080},
                        Case{"::1", "::1", 0}, Case{"[2001:db8::2]", "2001:db8::2", 0}}) {
    auto host = ParseHostPort(c.text, "test");
    ASSERT_TRUE(host.ok()) << host.status();
    EXPECT_EQ(host->host, c.host);
    EXPECT_EQ(host->port, c.port);
    EXPECT_EQ(host->origin, "test");
  }
}

TEST(ParseHostPortTest, RefusesWhatIsNoHostAndNamesTheOrigin) {
  for (const char* text :
       {"", "*", "https://pypi.org", "pypi.org:", "pypi.org:0", "pypi.org:65536", "pypi.org:http",
        "a..b", "a b", "pypi.org/simple", "*.*", "a.*.b", ":80", "[::1", "user@host"}) {
    auto host = ParseHostPort(text, "config.toml:3");
    EXPECT_FALSE(host.ok()) << text;
    EXPECT_EQ(std::string(host.status().message()).rfind("config.toml:3", 0), 0u) << text;
  }
}

TEST(MetadataTest, AddressesInEveryForm) {
  for (const char* text :
       {"169.254.169.254", "169.254.170.2", "::ffff:169.254.169.254", "fd00:ec2::254", "fe80::1",
        "100.100.100.200", "192.0.0.192", "168.63.129.16", "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::", "::169.254.169.254"}) {
    EXPECT_TRUE(IsMetadataAddress(Address(text))) << text;
  }
  for (const char* text : {"127.0.0.1", "::1", "::", "0.0.0.0", "10.0.0.1", "169.253.0.1",
                           "fd00:ec2::255", "100.100.100.201", "2001:db8::1"}) {
    EXPECT_FALSE(IsMetadataAddress(Address(text))) << text;
  }
}

TEST(MetadataTest, Names) {
  EXPECT_TRUE(IsMetadataName("metadata.google.internal"));
  EXPECT_TRUE(IsMetadataName("foo.metadata.google.internal"));
  EXPECT_FALSE(IsMetadataName("metadata.example.com"));
}

}  // namespace
}  // namespace safe_trace
