#include "launcher/registry_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace safe_trace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> Hosts(const std::string& value, const std::string& form) {
  std::vector<std::string> hosts;
  for (const HostPort& host : HostsInValue(value, form, "origin")) {
    EXPECT_EQ(host.origin, "origin");
    hosts.push_back(host.host + " " + std::to_string(host.port));
  }
  return hosts;
}

TEST(HostsInValue, UrlsAreFoundInEveryWord) {
  EXPECT_THAT(Hosts("https://a.example|http://b.example:81,https://c.example direct", "url"),
              ElementsAre("a.example 443", "b.example 81", "c.example 443"));
  EXPECT_THAT(Hosts("sparse+https://a.example/index/", "url"), ElementsAre("a.example 443"));
  EXPECT_THAT(Hosts("registry+http://a.example git+https://b.example/x.git", "url"),
              ElementsAre("a.example 80", "b.example 443"));
  EXPECT_THAT(Hosts("corp=https://a.example/simple", "url"), ElementsAre("a.example 443"));
  EXPECT_THAT(Hosts("git+ssh://git@a.example/x ssh://b.example:2222/x", "url"),
              ElementsAre("a.example 22", "b.example 2222"));
}

TEST(HostsInValue, WhatIsNoUrlOfARegistryGivesNothing) {
  EXPECT_THAT(
      Hosts("off direct file:///x ../x a.example ftp://a.example socks5://b.example", "url"),
      IsEmpty());
  EXPECT_THAT(Hosts("https://*.example/ https://* https:///x https://${HOST}/", "url"), IsEmpty());
}

TEST(HostsInValue, UsersAndPasswordsAreDropped) {
  EXPECT_THAT(Hosts("https://user:hunter2@a.example/", "url"), ElementsAre("a.example 443"));
  EXPECT_THAT(Hosts("user:hunter2@proxy.example:3128", "proxy"), ElementsAre("proxy.example 3128"));
}

TEST(HostsInValue, AProxysSchemeMayLack) {
  EXPECT_THAT(Hosts(" proxy.example:3128 ", "proxy"), ElementsAre("proxy.example 3128"));
  EXPECT_THAT(Hosts("socks5h://proxy.example", "proxy"), ElementsAre("proxy.example 1080"));
  for (const char* none : {"", "null", "false", "direct"}) {
    EXPECT_THAT(Hosts(none, "proxy"), IsEmpty()) << none;
  }
}

TEST(HostsInValue, BareNamesAreHostsWhereTheFormSaysSo) {
  EXPECT_THAT(Hosts("sum.example+033de0ae+Ac4zctda0e/5eza https://mirror.example/x", "host"),
              ElementsAre("sum.example 443", "mirror.example 443"));
  EXPECT_THAT(Hosts("git.example/team,*.corp.example,code.example:8443", "host"),
              ElementsAre("git.example 443", "code.example 8443"));
  for (const char* none : {"off", "direct", "OFF", "", "user:hunter2@x.example"}) {
    EXPECT_THAT(Hosts(none, "host"), IsEmpty()) << none;
  }
}

TEST(ShownName, HidesPasswordsAndControlCharacters) {
  EXPECT_EQ(ShownName("//user:hunter2@a.example/:registry"), "//a.example/:registry");
  EXPECT_EQ(ShownName("@scope:registry"), "@scope:registry");
  EXPECT_THAT(ShownName("a\x1b[2Jb"), Not(HasSubstr("\x1b")));
  EXPECT_LE(ShownName(std::string(1000, 'x')).size(), 80u);
}

}  // namespace
}  // namespace safe_trace
