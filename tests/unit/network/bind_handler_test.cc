#include <sys/stat.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/network/network_fakes.h"
#include "tracer/network/loopback_listeners.h"

namespace safe_trace {
namespace {

using testing::Inet;
using testing::Ip;
using testing::SocketInode;

class BindHandlerTest : public testing::HandlerTest {
 protected:
  int64_t Bind(int fd, const RawSocketAddress& address) {
    return Run(Call(SYS_bind, {U(fd), A(&address.storage), address.length}));
  }
  int64_t DoListen(int fd) { return Run(Call(SYS_listen, {U(fd), 5})); }
  void AllowAll() {
    rules_->network = [](const Subject&, const NetworkRequest&) { return true; };
    rules_->file = [](const Subject&, const FileRequest&) { return true; };
  }
  testing::TemporaryDirectory directory_;
};

TEST_F(BindHandlerTest, AnAllowedPortIsBoundAndKnownAsTheRunsOwn) {
  UniqueFd server(socket(AF_INET, SOCK_STREAM, 0));
  AllowAll();
  EXPECT_EQ(Bind(server.get(), Inet("127.0.0.1", 0)), 0);
  uint16_t port = LocalPort(server.get());
  ASSERT_NE(port, 0);
  EXPECT_EQ(DoListen(server.get()), 0);
  EXPECT_TRUE(IsOwnPort(listeners_, true, Ip("127.0.0.1"), port));
}

TEST_F(BindHandlerTest, ARefusedAddressIsNotBound) {
  UniqueFd server(socket(AF_INET, SOCK_STREAM, 0));
  rules_->network = [](const Subject&, const NetworkRequest& request) {
    return request.operation == NetworkOperation::kBind && request.address.IsLoopback();
  };
  EXPECT_EQ(Bind(server.get(), Inet("0.0.0.0", 0)), -EACCES);
  EXPECT_EQ(LocalPort(server.get()), 0);
  RawSocketAddress disguised = Inet("0.0.0.0", 0);
  disguised.storage.ss_family = AF_UNSPEC;  // taken for AF_INET by the kernel
  EXPECT_EQ(Bind(server.get(), disguised), -EACCES);
  EXPECT_EQ(reporter_.decisions.size(), 2U);
}

TEST_F(BindHandlerTest, PackageCodeListensOnLoopbackOnly) {
  UniqueFd unbound(socket(AF_INET, SOCK_STREAM, 0));
  UniqueFd bound(socket(AF_INET, SOCK_STREAM, 0));
  AllowAll();
  SetRole(Role::kPackage);
  EXPECT_EQ(DoListen(unbound.get()), -EACCES);
  ASSERT_EQ(reporter_.decisions.size(), 1U);
  EXPECT_EQ(reporter_.decisions[0].doing, "listen on 0.0.0.0:0");
  EXPECT_EQ(LocalPort(unbound.get()), 0);
  EXPECT_EQ(Bind(bound.get(), Inet("127.0.0.1", 0)), 0);
  EXPECT_EQ(DoListen(bound.get()), 0);
}

TEST_F(BindHandlerTest, OthersMayListenWithoutABind) {
  UniqueFd unbound(socket(AF_INET, SOCK_STREAM, 0));
  AllowAll();
  EXPECT_EQ(DoListen(unbound.get()), 0);
  EXPECT_TRUE(listeners_.HasPort(true, LocalPort(unbound.get())));
}

TEST_F(BindHandlerTest, ASocketFileAppearsWhereItWasWrittenWithTheCallersMask) {
  UniqueFd server(socket(AF_UNIX, SOCK_STREAM, 0));
  AllowAll();
  mode_t before = umask(0077);
  EXPECT_EQ(Bind(server.get(), EncodeUnixPath(directory_ / "s")), 0);  // starts the child
  umask(before);
  struct stat file {};
  ASSERT_EQ(stat((directory_ / "s").c_str(), &file), 0);
  EXPECT_TRUE(S_ISSOCK(file.st_mode));
  EXPECT_EQ(file.st_mode & 0777U, 0700U);
  RawSocketAddress raw;
  SocketAddress address;
  ASSERT_TRUE(LocalAddress(server.get(), raw));
  ASSERT_EQ(DecodeSocketAddress(raw, address), 0);
  EXPECT_EQ(std::get<UnixPathAddress>(address).path, directory_ / "s");
  EXPECT_EQ(DoListen(server.get()), 0);
  EXPECT_TRUE(IsOwnSocketFile(listeners_, file.st_dev, file.st_ino));
}

TEST_F(BindHandlerTest, ARelativePathIsTheCallersAndTheSupervisorStaysWhereItIs) {
  std::filesystem::path before = std::filesystem::current_path();
  UniqueFd server(socket(AF_UNIX, SOCK_STREAM, 0));
  std::filesystem::current_path(directory_.path());
  AllowAll();
  Call(SYS_listen, {U(-1), 0});  // starts the child in the directory
  std::filesystem::current_path(before);
  EXPECT_EQ(Bind(server.get(), EncodeUnixPath("relative.sock")), 0);
  EXPECT_TRUE(std::filesystem::is_socket(directory_ / "relative.sock"));
  EXPECT_EQ(std::filesystem::current_path(), before);
}

TEST_F(BindHandlerTest, ARefusedPathIsNotBoundAndReported) {
  UniqueFd server(socket(AF_UNIX, SOCK_STREAM, 0));
  EXPECT_EQ(Bind(server.get(), EncodeUnixPath(directory_ / "s")), -EACCES);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "s"));
  EXPECT_EQ(reporter_.decisions.size(), 1U);
}

TEST_F(BindHandlerTest, ADirectoryExchangedAfterTheDecisionMakesNoSocketElsewhere) {
  std::filesystem::create_directory(directory_ / "allowed");
  std::filesystem::create_directory(directory_ / "forbidden");
  std::filesystem::create_symlink(directory_ / "allowed", directory_ / "link");
  UniqueFd server(socket(AF_UNIX, SOCK_STREAM, 0));
  rules_->file = [&](const Subject&, const FileRequest& request) {
    std::filesystem::remove(directory_ / "link");
    std::filesystem::create_symlink(directory_ / "forbidden", directory_ / "link");
    return request.path == directory_ / "allowed/s";
  };
  EXPECT_NE(Bind(server.get(), EncodeUnixPath(directory_ / "link/s")), 0);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "forbidden/s"));
}

TEST_F(BindHandlerTest, BindingTwiceAndTakenNamesFailAsBare) {
  UniqueFd server(socket(AF_UNIX, SOCK_STREAM, 0));
  UniqueFd other(socket(AF_UNIX, SOCK_STREAM, 0));
  AllowAll();
  EXPECT_EQ(Bind(server.get(), EncodeUnixPath(directory_ / "s")), 0);
  EXPECT_EQ(Bind(other.get(), EncodeUnixPath(directory_ / "s")), -EADDRINUSE);
  EXPECT_EQ(Bind(server.get(), EncodeUnixPath(directory_ / "t")), -EINVAL);
  EXPECT_EQ(Bind(other.get(), EncodeUnixPath(directory_ / "absent/s")), -ENOENT);
}

TEST_F(BindHandlerTest, AbstractAndChosenNamesAreKnownAsTheRunsOwn) {
  std::string name = "safe-trace-test-" + std::to_string(getpid()) + "-bind";
  UniqueFd named(socket(AF_UNIX, SOCK_DGRAM, 0));
  UniqueFd chosen(socket(AF_UNIX, SOCK_DGRAM, 0));
  EXPECT_EQ(Bind(named.get(), EncodeUnixAbstract(name)), 0);
  EXPECT_TRUE(IsOwnAbstract(listeners_, name));
  EXPECT_EQ(Bind(chosen.get(), EncodeFamilyOnly(AF_UNIX, 2)), 0);
  EXPECT_TRUE(listeners_.HasSocket(SocketInode(chosen.get())));
}

}  // namespace
}  // namespace safe_trace
