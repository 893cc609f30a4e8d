#include "launcher/resolver_configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/network_pattern.h"
#include "temporary_host.h"

namespace safe_trace {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

IpAddress Ip(const char* text) {
  IpAddress address;
  EXPECT_TRUE(ParseIpAddress(text, address)) << text;
  return address;
}

TEST(LoopbackNames, AreThoseOfTheHostsFileWithALoopbackAddress) {
  TemporaryHost host;
  const std::string file = host.Write("hosts",
                                      "127.0.0.1 LocalHost vm # comment\n"
                                      "10.0.0.1 server\n"
                                      "0.0.0.0 blocked.example\n"
                                      "::1 ip6-loopback\n"
                                      "127.0.1.1 myhost.example myhost\n"
                                      "not-an-address x\n");
  EXPECT_THAT(LoopbackNames(file),
              ElementsAre(Pair("localhost", Ip("127.0.0.1")), Pair("vm", Ip("127.0.0.1")),
                          Pair("ip6-loopback", Ip("::1")), Pair("myhost.example", Ip("127.0.1.1")),
                          Pair("myhost", Ip("127.0.1.1"))));
}

TEST(LoopbackNames, HoldLocalhostWithoutAFileToo) {
  TemporaryHost host;
  EXPECT_THAT(LoopbackNames(host.Path("absent")),
              ElementsAre(Pair("localhost", Ip("127.0.0.1")), Pair("localhost", Ip("::1"))));
}

TEST(OwnNames, AreTheNameAndItsFirstPart) {
  EXPECT_THAT(OwnNames("Build7.Corp.Example."), ElementsAre("build7.corp.example", "build7"));
  EXPECT_THAT(OwnNames("vm"), ElementsAre("vm"));
  EXPECT_THAT(OwnNames(""), IsEmpty());
  EXPECT_THAT(OwnNames("(none)"), IsEmpty());
}

TEST(SearchDomains, AreThoseOfTheLastLine) {
  TemporaryHost host;
  EXPECT_THAT(
      SearchDomains(host.Write("one", "domain a.example\nnameserver ::1\nsearch b.example c\n")),
      ElementsAre("b.example", "c"));
  EXPECT_THAT(SearchDomains(host.Write("none", "nameserver ::1\n")), IsEmpty());
}

}  // namespace
}  // namespace safe_trace
