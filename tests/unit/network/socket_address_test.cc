#include "tracer/network/socket_address.h"

#include <sys/un.h>

#include "gtest/gtest.h"
#include "tests/unit/network/network_fakes.h"

namespace safe_trace {
namespace {

using testing::Inet;
using testing::Ip;
using testing::OwnMemory;

TEST(SocketAddressTest, CopyIsBoundedAsInTheKernel) {
  OwnMemory memory;
  RawSocketAddress out;
  char bytes[256] = {};
  auto address = reinterpret_cast<uint64_t>(bytes);
  EXPECT_EQ(CopySocketAddress(memory, 1, address, -1, out), EINVAL);
  EXPECT_EQ(CopySocketAddress(memory, 1, address, 129, out), EINVAL);
  EXPECT_EQ(CopySocketAddress(memory, 1, 1, 16, out), EFAULT);
  EXPECT_EQ(CopySocketAddress(memory, 1, address, 128, out), 0);
}

TEST(SocketAddressTest, MappedAddressesAreIpv4AndKeepTheirForm) {
  SocketAddress address;
  ASSERT_EQ(DecodeSocketAddress(Inet("127.0.0.1", 80, /*as_v6=*/true), address), 0);
  const auto& inet = std::get<InetAddress>(address);
  EXPECT_FALSE(inet.ip.is_v6);
  EXPECT_EQ(inet.ip, Ip("127.0.0.1"));
  EXPECT_TRUE(inet.as_v6);
  EXPECT_EQ(EncodeInetAddress(inet).storage.ss_family, AF_INET6);
}

TEST(SocketAddressTest, ScopeAndTrafficClassSurvive) {
  InetAddress before;
  before.ip = Ip("fe80::1");
  before.as_v6 = true;
  before.port = 443;
  before.scope_id = 7;
  before.flow_info = htonl(0x0a500000);
  SocketAddress after;
  ASSERT_EQ(DecodeSocketAddress(EncodeInetAddress(before), after), 0);
  EXPECT_EQ(std::get<InetAddress>(after).scope_id, 7U);
  EXPECT_EQ(std::get<InetAddress>(after).flow_info, htonl(0x0a500000));
}

TEST(SocketAddressTest, ShortAddressesAreInvalid) {
  RawSocketAddress raw = Inet("127.0.0.1", 1);
  raw.length = 15;
  SocketAddress address;
  EXPECT_EQ(DecodeSocketAddress(raw, address), EINVAL);
  raw.length = 1;
  EXPECT_EQ(DecodeSocketAddress(raw, address), EINVAL);
}

TEST(SocketAddressTest, UnixNamesOfEveryKindAreToldApart) {
  SocketAddress address;
  ASSERT_EQ(DecodeSocketAddress(EncodeUnixPath("/run/x.sock"), address), 0);
  EXPECT_EQ(std::get<UnixPathAddress>(address).path, "/run/x.sock");
  ASSERT_EQ(DecodeSocketAddress(EncodeUnixPath(std::string(108, 'p')), address), 0);
  EXPECT_EQ(std::get<UnixPathAddress>(address).path, std::string(108, 'p'));
  std::string odd("a\0b", 3);
  ASSERT_EQ(DecodeSocketAddress(EncodeUnixAbstract(odd), address), 0);
  EXPECT_EQ(std::get<UnixAbstractAddress>(address).name, odd);
  ASSERT_EQ(DecodeSocketAddress(EncodeFamilyOnly(AF_UNIX, 2), address), 0);
  EXPECT_TRUE(std::holds_alternative<UnixUnnamedAddress>(address));
}

TEST(SocketAddressTest, UnspecifiedDestinationsAreLoopback) {
  EXPECT_EQ(EffectiveDestination(Ip("0.0.0.0")), Ip("127.0.0.1"));
  EXPECT_EQ(EffectiveDestination(Ip("::")), Ip("::1"));
  EXPECT_EQ(EffectiveDestination(Ip("192.0.2.1")), Ip("192.0.2.1"));
}

// A flow label of the socket's own may carry a routing header, which leads the packet elsewhere.
TEST(SocketAddressTest, AFlowLabelIsDroppedAndTheTrafficClassKept) {
  RawSocketAddress raw = Inet("2001:db8::1", 443);
  auto* in = reinterpret_cast<sockaddr_in6*>(&raw.storage);
  in->sin6_flowinfo = htonl(0x0a512345);
  SocketAddress address;
  ASSERT_EQ(DecodeSocketAddress(raw, address), 0);
  RawSocketAddress again = EncodeInetAddress(std::get<InetAddress>(address));
  EXPECT_EQ(reinterpret_cast<sockaddr_in6*>(&again.storage)->sin6_flowinfo, htonl(0x0a500000));
}

}  // namespace
}  // namespace safe_trace
