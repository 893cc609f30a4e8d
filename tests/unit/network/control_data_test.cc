#include "tracer/network/control_data.h"

#include <fcntl.h>

#include "gtest/gtest.h"
#include "tests/unit/network/network_fakes.h"

namespace safe_trace {
namespace {

std::vector<char> Control(int level, int type, const void* data, size_t size) {
  std::vector<char> bytes(CMSG_SPACE(size));
  cmsghdr header{};
  header.cmsg_len = CMSG_LEN(size);
  header.cmsg_level = level;
  header.cmsg_type = type;
  memcpy(bytes.data(), &header, sizeof(header));
  memcpy(bytes.data() + CMSG_LEN(0), data, size);
  return bytes;
}

class ControlDataTest : public ::testing::Test {
 protected:
  ControlDataTest() {
    unix_.domain = AF_UNIX;
    inet_.domain = AF_INET;
    process_.tgid = child_.pid();
  }
  int Rebuild(const std::vector<char>& bytes, const RemoteSocket& socket) {
    return RebuildControl(bytes, socket, process_, child_.pid(), out_);
  }
  UniqueFd file_{open("/dev/null", O_RDONLY | O_CLOEXEC)};
  testing::WaitingChild child_;
  Process process_;
  RemoteSocket unix_;
  RemoteSocket inet_;
  ControlData out_;
};

TEST_F(ControlDataTest, PassedDescriptorsAreTheCallersAndNotTheSupervisors) {
  UniqueFd own(open("/dev/zero", O_RDONLY | O_CLOEXEC));  // unknown to the child
  int theirs = file_.get();
  ASSERT_EQ(Rebuild(Control(SOL_SOCKET, SCM_RIGHTS, &theirs, sizeof(theirs)), unix_), 0);
  ASSERT_EQ(out_.passed.size(), 1U);
  EXPECT_NE(out_.passed[0].get(), theirs);
  int unknown = own.get();
  EXPECT_EQ(Rebuild(Control(SOL_SOCKET, SCM_RIGHTS, &unknown, sizeof(unknown)), unix_), EBADF);
}

TEST_F(ControlDataTest, TooManyDescriptorsAreInvalid) {
  std::vector<int> many(kMaximumPassedDescriptors + 1, file_.get());
  EXPECT_EQ(Rebuild(Control(SOL_SOCKET, SCM_RIGHTS, many.data(), many.size() * sizeof(int)), unix_),
            EINVAL);
}

TEST_F(ControlDataTest, CredentialsOfAnotherProcessAreRefused) {
  ucred credentials{child_.pid(), getuid(), getgid()};
  EXPECT_EQ(Rebuild(Control(SOL_SOCKET, SCM_CREDENTIALS, &credentials, sizeof(credentials)), unix_),
            0);
  credentials.pid = 1;
  EXPECT_EQ(Rebuild(Control(SOL_SOCKET, SCM_CREDENTIALS, &credentials, sizeof(credentials)), unix_),
            EPERM);
}

TEST_F(ControlDataTest, SourceRoutesAreRefusedAndServiceClassesAreNot) {
  int value = 8;
  EXPECT_EQ(Rebuild(Control(IPPROTO_IP, IP_TOS, &value, sizeof(value)), inet_), 0);
  EXPECT_FALSE(out_.refused);
  EXPECT_EQ(Rebuild(Control(IPPROTO_IP, IP_RETOPTS, &value, sizeof(value)), inet_), EPERM);
  EXPECT_TRUE(out_.refused);
  EXPECT_EQ(Rebuild(Control(IPPROTO_IPV6, IPV6_RTHDR, &value, sizeof(value)), inet_), EPERM);
  EXPECT_EQ(Rebuild(Control(SOL_SOCKET, SO_MARK, &value, sizeof(value)), inet_), EPERM);
}

TEST_F(ControlDataTest, LengthsBeyondTheBufferAreInvalid) {
  int value = 8;
  std::vector<char> bytes = Control(IPPROTO_IP, IP_TOS, &value, sizeof(value));
  size_t huge = 4000;
  memcpy(bytes.data(), &huge, sizeof(huge));
  EXPECT_EQ(Rebuild(bytes, inet_), EINVAL);
  size_t tiny = 3;
  memcpy(bytes.data(), &tiny, sizeof(tiny));
  EXPECT_EQ(Rebuild(bytes, inet_), EINVAL);
}

}  // namespace
}  // namespace safe_trace
