#include "policy/access_request.h"

#include <gtest/gtest.h>

#include "policy/lexical_path.h"

namespace safe_trace {
namespace {

TEST(SubjectTest, DescribesItselfForAPerson) {
  EXPECT_EQ((Subject{.role = Role::kPackage, .ecosystem = "pip", .package = "evil", .version = "1"})
                .Describe(),
            "package evil@1 (pip)");
  EXPECT_EQ((Subject{.role = Role::kPackage, .ecosystem = "pip"}).Describe(), "package (pip)");
  EXPECT_EQ((Subject{.role = Role::kManager, .ecosystem = "pip"}).Describe(), "manager pip");
  EXPECT_EQ((Subject{}).Describe(), "command");
}

TEST(IpAddressTest, MappedIpv6IsStoredAsIpv4) {
  IpAddress mapped, plain;
  ASSERT_TRUE(ParseIpAddress("::ffff:127.0.0.1", mapped));
  ASSERT_TRUE(ParseIpAddress("127.0.0.1", plain));
  EXPECT_EQ(mapped, plain);
  EXPECT_TRUE(mapped.IsLoopback());
  EXPECT_EQ(mapped.ToString(), "127.0.0.1");
}

TEST(IpAddressTest, BracketsBelongToIpv6Only) {
  IpAddress address;
  EXPECT_TRUE(ParseIpAddress("[::1]", address));
  EXPECT_TRUE(address.IsLoopback());
  EXPECT_FALSE(ParseIpAddress("[127.0.0.1]", address));
}

TEST(IpAddressTest, LooseFormsAreNotAddresses) {
  for (const char* text : {"127.1", "0x7f000001", "2130706433", "127.0.0.1.", " 127.0.0.1", "",
                           "127.0.0.256", "::1%lo", "1:2:3", "[::1"}) {
    IpAddress address;
    EXPECT_FALSE(ParseIpAddress(text, address)) << text;
  }
  IpAddress address;
  EXPECT_FALSE(ParseIpAddress(std::string_view("1.2.3.4\0x", 9), address));
  EXPECT_FALSE(ParseIpAddress(std::string(5000, '1'), address));
}

TEST(IpAddressTest, KnowsItsKind) {
  IpAddress address;
  ASSERT_TRUE(ParseIpAddress("0.0.0.0", address));
  EXPECT_TRUE(address.IsUnspecified());
  ASSERT_TRUE(ParseIpAddress("::", address));
  EXPECT_TRUE(address.IsUnspecified());
  ASSERT_TRUE(ParseIpAddress("fe80::1", address));
  EXPECT_TRUE(address.IsLinkLocal());
  ASSERT_TRUE(ParseIpAddress("127.255.255.254", address));
  EXPECT_TRUE(address.IsLoopback());
  ASSERT_TRUE(ParseIpAddress("128.0.0.1", address));
  EXPECT_FALSE(address.IsLoopback());
}

TEST(LexicalPathTest, NormalizesWithoutLeavingTheRoot) {
  EXPECT_EQ(NormalizePath("/a/./b//c/"), "/a/b/c");
  EXPECT_EQ(NormalizePath("/a/../../.."), "/");
  EXPECT_EQ(NormalizePath("/../etc/../etc/shadow"), "/etc/shadow");
  EXPECT_EQ(NormalizePath("/a/...//..b"), "/a/.../..b");
  EXPECT_EQ(NormalizePath("relative"), "");
  EXPECT_EQ(NormalizePath(""), "");
  EXPECT_EQ(NormalizePath("/"), "/");
}

TEST(LexicalPathTest, ASiblingWithTheSamePrefixIsNotWithin) {
  EXPECT_TRUE(IsWithin("/home/ann/.ssh", "/home/ann/.ssh"));
  EXPECT_TRUE(IsWithin("/home/ann/.ssh/id", "/home/ann/.ssh"));
  EXPECT_FALSE(IsWithin("/home/ann/.sshx", "/home/ann/.ssh"));
  EXPECT_FALSE(IsWithin("/home/ann", "/home/ann/.ssh"));
  EXPECT_TRUE(IsWithin("/x", "/"));
  EXPECT_FALSE(IsWithin("", "/"));
  EXPECT_FALSE(IsWithin("/x", ""));
}

TEST(LexicalPathTest, TakesPathsApart) {
  EXPECT_EQ(ParentPath("/a/b"), "/a");
  EXPECT_EQ(ParentPath("/a"), "/");
  EXPECT_EQ(ParentPath("/"), "/");
  EXPECT_EQ(BaseName("/a/b"), "b");
  EXPECT_EQ(BaseName("/"), "");
  EXPECT_EQ(PathDepth("/"), 1);
  EXPECT_EQ(PathDepth("/a/b"), 3);
  EXPECT_TRUE(HasComponent("/x/node_modules/y", "node_modules"));
  EXPECT_FALSE(HasComponent("/x/node_modules2/y", "node_modules"));
  EXPECT_TRUE(HasComponent("/x/my_node_modules/node_modules", "node_modules"));
  EXPECT_EQ(JoinPath("/a/b", "../c"), "/a/c");
  EXPECT_EQ(JoinPath("/a/b", "/c"), "/c");
}

}  // namespace
}  // namespace safe_trace
