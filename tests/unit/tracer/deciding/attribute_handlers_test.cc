#include "tracer/deciding/attribute_handlers.h"

#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <cerrno>

#include "tests/unit/tracer/deciding/deciding_fixture.h"

namespace safe_trace {
namespace {

class AttributeHandlersTest : public DecidingTest {
 protected:
  SyscallAction Handle(int number, std::array<uint64_t, 6> arguments) {
    return AttributeHandlers(*policy_, memory_, resolver_, reporter_)
        .Handle(Call(number, arguments), *process_);
  }
  std::string readme_ = InProject("readme");
};

TEST_F(AttributeHandlersTest, ModeIsChangedOnBehalfByEveryCall) {
  UniqueFd file(open(readme_.c_str(), O_RDONLY | O_CLOEXEC));
  constexpr int kFchmodat2 = 452;
  EXPECT_TRUE(IsSuccess(Handle(SYS_chmod, {Address(readme_.c_str()), 0601})));
  EXPECT_EQ(files_.Mode("home/project/readme"), 0601U);
  EXPECT_TRUE(IsSuccess(Handle(SYS_fchmod, {Int(file.get()), 0602})));
  EXPECT_EQ(files_.Mode("home/project/readme"), 0602U);
  EXPECT_TRUE(IsSuccess(Handle(SYS_fchmodat, {Int(AT_FDCWD), Address(readme_.c_str()), 0603})));
  EXPECT_EQ(files_.Mode("home/project/readme"), 0603U);
  EXPECT_TRUE(
      IsSuccess(Handle(kFchmodat2, {Int(file.get()), Address(""), 0604, Int(AT_EMPTY_PATH)})));
  EXPECT_EQ(files_.Mode("home/project/readme"), 0604U);
}

TEST_F(AttributeHandlersTest, CoveredCallsAreDoneOnBehalfToo) {
  CoverProject();
  EXPECT_TRUE(IsSuccess(Handle(SYS_chmod, {Address(readme_.c_str()), 0640})));
  EXPECT_EQ(files_.Mode("home/project/readme"), 0640U);
}

TEST_F(AttributeHandlersTest, HiddenAndProtectedFilesAreNotChanged) {
  const mode_t before = files_.Mode("home/.ssh/id_made_up");
  EXPECT_EQ(ErrorOf(Handle(SYS_chmod, {Address(key_.c_str()), 0666})), EACCES);
  EXPECT_EQ(ReportedRule(), "credential.ssh");
  EXPECT_EQ(files_.Mode("home/.ssh/id_made_up"), before);
  const std::string startup = files_.File("home/.bashrc", "start");
  EXPECT_EQ(ErrorOf(Handle(SYS_truncate, {Address(startup.c_str()), 0})), EACCES);
  EXPECT_EQ(files_.Content("home/.bashrc"), "start");
}

TEST_F(AttributeHandlersTest, LinkLeadsToTheDecisionOnItsTarget) {
  files_.Link(key_, "home/project/link");
  const std::string link = InProject("link");
  EXPECT_EQ(ErrorOf(Handle(SYS_chmod, {Address(link.c_str()), 0666})), EACCES);
  UniqueFd descriptor(open(key_.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(ErrorOf(Handle(SYS_fchmod, {Int(descriptor.get()), 0666})), EACCES);
  EXPECT_EQ(reporter_.decisions.size(), 2U);
}

TEST_F(AttributeHandlersTest, FileIsTruncated) {
  EXPECT_TRUE(IsSuccess(Handle(SYS_truncate, {Address(readme_.c_str()), 4})));
  EXPECT_EQ(files_.Content("home/project/readme"), "read");
  EXPECT_EQ(ErrorOf(Handle(SYS_truncate, {Address(readme_.c_str()), ~uint64_t{0}})), EINVAL);
  EXPECT_EQ(ErrorOf(Handle(SYS_truncate, {Address(project_.c_str()), 0})), EISDIR);
}

TEST_F(AttributeHandlersTest, OwnerIsChangedToWhatItIs) {
  EXPECT_TRUE(IsSuccess(Handle(SYS_chown, {Address(readme_.c_str()), getuid(), Int(-1)})));
  files_.Link("nowhere", "home/project/dangling");
  const std::string dangling = InProject("dangling");
  EXPECT_TRUE(IsSuccess(Handle(SYS_lchown, {Address(dangling.c_str()), getuid(), Int(-1)})));
  EXPECT_EQ(ErrorOf(Handle(SYS_chown, {Address(dangling.c_str()), getuid(), Int(-1)})), ENOENT);
}

TEST_F(AttributeHandlersTest, UserAttributeIsSetAndRemoved) {
  const std::array<uint64_t, 6> set = {Address(readme_.c_str()), Address("user.note"),
                                       Address("text"), 4, 0};
  const SyscallAction action = Handle(SYS_setxattr, set);
  if (ErrorOf(action) == EOPNOTSUPP) GTEST_SKIP() << "no attributes on this file system";
  EXPECT_TRUE(IsSuccess(action));
  char value[8] = {};
  EXPECT_EQ(getxattr(readme_.c_str(), "user.note", value, sizeof(value)), 4);
  EXPECT_STREQ(value, "text");
  EXPECT_TRUE(IsSuccess(Handle(SYS_removexattr, {Address(readme_.c_str()), Address("user.note")})));
  EXPECT_EQ(getxattr(readme_.c_str(), "user.note", value, sizeof(value)), -1);
}

TEST_F(AttributeHandlersTest, AttributesThatGiveRightsAreRefused) {
  for (const char* name : {"security.capability", "trusted.x", "security.selinux", "user"}) {
    EXPECT_EQ(ErrorOf(Handle(SYS_setxattr,
                             {Address(readme_.c_str()), Address(name), Address("x"), 1, 0})),
              EPERM)
        << name;
  }
}

TEST_F(AttributeHandlersTest, SizesAndAddressesAreBounded) {
  const std::string long_name = "user." + std::string(300, 'x');
  auto set = [&](uint64_t name, uint64_t value, uint64_t size) {
    return ErrorOf(Handle(SYS_setxattr, {Address(readme_.c_str()), name, value, size, 0}));
  };
  EXPECT_EQ(set(Address("user.x"), Address("x"), ~uint64_t{0}), E2BIG);
  EXPECT_EQ(set(Address("user.x"), 16, 8), EFAULT);
  EXPECT_EQ(set(16, Address("x"), 1), EFAULT);
  EXPECT_EQ(set(Address(long_name.c_str()), Address("x"), 1), ERANGE);
}

TEST_F(AttributeHandlersTest, AbsentAndImpossibleTargetsGiveTheKernelsErrors) {
  EXPECT_EQ(ErrorOf(Handle(SYS_chmod, {Address(""), 0600})), ENOENT);
  EXPECT_EQ(ErrorOf(Handle(SYS_chmod, {16, 0600})), EFAULT);
  EXPECT_EQ(ErrorOf(Handle(SYS_fchmod, {Int(-1), 0600})), EBADF);
  const std::string other = "/proc/" + std::to_string(getppid()) + "/cwd/x";
  EXPECT_EQ(ErrorOf(Handle(SYS_chmod, {Address(other.c_str()), 0600})), EACCES);
}

// Where the file system has such flags at all.
class InodeFlagsTest : public AttributeHandlersTest {
 protected:
  static int FlagsOf(const UniqueFd& file) {
    int flags = 0;
    return ioctl(file.get(), FS_IOC_GETFLAGS, &flags) == 0 ? flags : -1;
  }
  SyscallAction Set(const UniqueFd& file, int flags) {
    return Handle(SYS_ioctl, {Int(file.get()), FS_IOC_SETFLAGS, Address(&flags)});
  }
};

TEST_F(InodeFlagsTest, AreSetByThePathOfTheDescriptor) {
  UniqueFd own(open(readme_.c_str(), O_RDONLY | O_CLOEXEC));
  UniqueFd key(open(key_.c_str(), O_RDONLY | O_CLOEXEC));
  const int before = FlagsOf(own);
  if (before < 0) GTEST_SKIP() << "no inode flags on this file system";
  const int key_before = FlagsOf(key);
  EXPECT_TRUE(IsSuccess(Set(own, before | FS_NODUMP_FL)));
  EXPECT_EQ(FlagsOf(own), before | FS_NODUMP_FL);
  EXPECT_EQ(ErrorOf(Set(key, key_before | FS_NODUMP_FL)), EACCES);
  EXPECT_EQ(FlagsOf(key), key_before);
  EXPECT_EQ(ReportedRule(), "credential.ssh");
}

TEST_F(InodeFlagsTest, ThoseThatNeedACapabilityAreNotSetWithTheSupervisors) {
  UniqueFd own(open(readme_.c_str(), O_RDONLY | O_CLOEXEC));
  const int before = FlagsOf(own);
  if (before < 0) GTEST_SKIP() << "no inode flags on this file system";
  for (int flag : {FS_IMMUTABLE_FL, FS_APPEND_FL}) {
    EXPECT_EQ(ErrorOf(Set(own, before | flag)), EPERM);
    EXPECT_EQ(FlagsOf(own), before);
  }
}

TEST_F(InodeFlagsTest, PipesAndDevicesHaveNone) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  EXPECT_EQ(ErrorOf(Set(reader, 0)), ENOTTY);
}

}  // namespace
}  // namespace safe_trace
