#include "tracer/deciding/name_handlers.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <cerrno>

#include "tests/unit/tracer/deciding/deciding_fixture.h"

namespace safe_trace {
namespace {

class NameHandlersTest : public DecidingTest {
 protected:
  SyscallAction Handle(const SyscallInvocation& call) {
    return NameHandlers(*policy_, memory_, resolver_, floor_, reporter_, false)
        .Handle(call, *process_);
  }
  SyscallAction Mkdir(const std::string& path, mode_t mode = 0777) {
    return Handle(Call(SYS_mkdir, {Address(path.c_str()), mode}));
  }
  SyscallAction Unlink(const std::string& path, int flags = 0) {
    return Handle(Call(SYS_unlinkat, {Int(AT_FDCWD), Address(path.c_str()), Int(flags)}));
  }
  SyscallAction Rename(const std::string& from, const std::string& to, int flags = 0) {
    return Handle(Call(SYS_renameat2, {Int(AT_FDCWD), Address(from.c_str()), Int(AT_FDCWD),
                                       Address(to.c_str()), Int(flags)}));
  }
  SyscallAction Link(const std::string& from, const std::string& to) {
    return Handle(Call(SYS_link, {Address(from.c_str()), Address(to.c_str())}));
  }
  SyscallAction Symlink(const std::string& target, const std::string& path) {
    return Handle(Call(SYS_symlink, {Address(target.c_str()), Address(path.c_str())}));
  }
};

TEST_F(NameHandlersTest, UncoveredCallsAreDoneOnBehalf) {
  EXPECT_TRUE(IsSuccess(Mkdir(InProject("d"))));
  EXPECT_TRUE(IsSuccess(Symlink("somewhere", InProject("s"))));
  EXPECT_TRUE(IsSuccess(Link(InProject("readme"), InProject("second"))));
  EXPECT_TRUE(IsSuccess(Rename(InProject("second"), InProject("d/third"))));
  EXPECT_TRUE(files_.Exists("home/project/d/third"));
  EXPECT_FALSE(files_.Exists("home/project/second"));
  EXPECT_TRUE(IsSuccess(Unlink(InProject("d/third"))));
  EXPECT_TRUE(IsSuccess(Unlink(InProject("d"), AT_REMOVEDIR)));
  EXPECT_FALSE(files_.Exists("home/project/d"));
  EXPECT_EQ(std::filesystem::read_symlink(InProject("s")), "somewhere");
  EXPECT_TRUE(reporter_.decisions.empty());
}

TEST_F(NameHandlersTest, CoveredCallsAreLeftToTheKernel) {
  CoverProject();
  files_.Directory("home/project/empty");
  for (const SyscallAction& action :
       {Mkdir(InProject("d")), Symlink("x", InProject("s")), Unlink(InProject("readme")),
        Unlink(InProject("empty"), AT_REMOVEDIR), Rename(InProject("readme"), InProject("new")),
        Link(InProject("readme"), InProject("second"))}) {
    EXPECT_TRUE(IsContinue(action, ContinueReason::kFloorEnforced));
  }
  EXPECT_TRUE(files_.Exists("home/project/readme"));
  EXPECT_FALSE(files_.Exists("home/project/d"));
}

TEST_F(NameHandlersTest, DomainThatIsServedOnBehalfIsNeverLeftToTheKernel) {
  Confine({.role = Role::kCommand}, {{"/", kAll}}, true);
  EXPECT_TRUE(IsSuccess(Mkdir(InProject("d"))));
  EXPECT_TRUE(IsSuccess(Rename(InProject("readme"), InProject("d/readme"))));
  EXPECT_EQ(ErrorOf(Rename(InProject("d/readme"), InProject(".env"))), EACCES);
}

TEST_F(NameHandlersTest, RefusedCallsChangeNothing) {
  const std::string visible = files_.File("home/visible");
  EXPECT_EQ(ErrorOf(Unlink(visible)), EACCES);
  EXPECT_EQ(ErrorOf(Rename(visible, InProject("mine"))), EACCES);
  EXPECT_EQ(ErrorOf(Rename(InProject("readme"), home_ + "/.bashrc")), EACCES);
  EXPECT_EQ(ErrorOf(Mkdir(home_ + "/directory")), EACCES);
  EXPECT_EQ(ErrorOf(Symlink("x", home_ + "/.bashrc")), EACCES);
  EXPECT_EQ(reporter_.decisions.size(), 5U);
  EXPECT_TRUE(files_.Exists("home/visible"));
  EXPECT_TRUE(files_.Exists("home/project/readme"));
  EXPECT_FALSE(files_.Exists("home/.bashrc"));
}

TEST_F(NameHandlersTest, SecondNameOfAHiddenFileIsNotMade) {
  EXPECT_EQ(ErrorOf(Link(key_, InProject("mine"))), ENOENT);
  EXPECT_EQ(ReportedRule(), "credential.ssh");
  EXPECT_FALSE(files_.Exists("home/project/mine"));
}

TEST_F(NameHandlersTest, RefusedLinkLooksLikeAnotherFileSystem) {
  EXPECT_EQ(ErrorOf(Link(files_.File("home/visible"), InProject("mine"))), EXDEV);
  EXPECT_FALSE(files_.Exists("home/project/mine"));
}

TEST_F(NameHandlersTest, LinkOfWhatAPackageMayCopyIsRefusedWithoutAnAlarm) {
  const std::string installed = files_.File("home/project/node_modules/other/tool");
  Confine({.role = Role::kPackage,
           .own = {{InProject("node_modules/mine"), kAll},
                   {InProject("node_modules"), Access::kRead | Access::kExecute}}},
          {});
  files_.Directory("home/project/node_modules/mine");
  EXPECT_EQ(ErrorOf(Link(installed, InProject("node_modules/mine/tool"))), EXDEV);
  ASSERT_FALSE(reporter_.decisions.empty());
  EXPECT_FALSE(reporter_.decisions.back().decision.is_violation);
  EXPECT_FALSE(files_.Exists("home/project/node_modules/mine/tool"));
  EXPECT_EQ(ErrorOf(Link(key_, InProject("node_modules/mine/key"))), ENOENT);
  EXPECT_TRUE(reporter_.decisions.back().decision.is_violation);
}

TEST_F(NameHandlersTest, SymlinkToASecretIsMadeAndOpensNothingByItself) {
  EXPECT_TRUE(IsSuccess(Symlink(key_, InProject("link"))));
}

TEST_F(NameHandlersTest, DirectoryThatHoldsAGuardedPlaceIsNotMovedAsAWhole) {
  Confine({.role = Role::kCommand, .own = {{files_.root(), kAll}}}, {});
  EXPECT_EQ(ErrorOf(Rename(home_, files_.Path("scratch/home"))), EACCES);
  EXPECT_TRUE(files_.Exists("home/.ssh"));
}

TEST_F(NameHandlersTest, NewDirectoryTakesTheModeLessTheUmask) {
  const mode_t before = umask(027);
  EXPECT_TRUE(IsSuccess(Mkdir(InProject("d"))));
  umask(before);
  EXPECT_EQ(files_.Mode("home/project/d") & 0777, 0750U);
}

TEST_F(NameHandlersTest, WayToAGrantMayBeMade) {
  Confine({.role = Role::kCommand}, {});
  auto domain = std::make_shared<Domain>(*process_->domain);
  domain->writable_roots = {home_ + "/cache/pip"};
  process_->domain = std::move(domain);
  EXPECT_TRUE(IsSuccess(Mkdir(home_ + "/cache")));
  EXPECT_EQ(ErrorOf(Mkdir(home_ + "/other")), EACCES);
}

TEST_F(NameHandlersTest, MakingWhatIsThereIsNoViolation) {
  EXPECT_EQ(ErrorOf(Mkdir(home_ + "/.ssh")), EEXIST);
  EXPECT_EQ(ErrorOf(Mkdir("/")), EEXIST);
  EXPECT_EQ(ErrorOf(Mkdir(project_ + "/.")), EEXIST);
  EXPECT_TRUE(reporter_.decisions.empty());
}

TEST_F(NameHandlersTest, ImpossibleRemovalsGiveTheKernelsErrors) {
  EXPECT_EQ(ErrorOf(Unlink(InProject("absent"))), ENOENT);
  EXPECT_EQ(ErrorOf(Unlink(project_ + "/.", AT_REMOVEDIR)), EINVAL);
  EXPECT_EQ(ErrorOf(Unlink(InProject("readme"), AT_REMOVEDIR)), ENOTDIR);
  EXPECT_EQ(ErrorOf(Unlink(InProject("readme"), 1)), EINVAL);
  EXPECT_EQ(ErrorOf(Unlink("")), ENOENT);
  EXPECT_EQ(ErrorOf(Handle(Call(SYS_unlink, {16}))), EFAULT);
  EXPECT_TRUE(files_.Exists("home/project/readme"));
}

TEST_F(NameHandlersTest, DevicesAreNotMade) {
  for (mode_t type : {S_IFCHR, S_IFBLK}) {
    EXPECT_EQ(ErrorOf(Handle(Call(SYS_mknod, {Address("/tmp/x"), type | 0600, 0x103}))), EPERM);
  }
  const std::string fifo = InProject("fifo");
  EXPECT_TRUE(IsSuccess(
      Handle(Call(SYS_mknodat, {Int(AT_FDCWD), Address(fifo.c_str()), S_IFIFO | 0600, 0}))));
  EXPECT_TRUE(std::filesystem::is_fifo(fifo));
}

TEST_F(NameHandlersTest, WhatWasReplacedOnBehalfIsNoLongerCovered) {
  const Domain covered = [&] {
    Domain domain;
    domain.floor = FloorPlan({{InProject("readme"), kAll}, {InProject("other"), kAll}});
    return domain;
  }();
  EXPECT_TRUE(floor_.Covers(covered, InProject("readme"), Access::kRead));
  EXPECT_TRUE(IsSuccess(Rename(InProject("readme"), InProject("new"))));
  EXPECT_FALSE(floor_.Covers(covered, InProject("readme"), Access::kRead));
  EXPECT_FALSE(floor_.Covers(covered, InProject("new"), Access::kRead));
  EXPECT_TRUE(floor_.Covers(covered, InProject("other"), Access::kRead));
}

TEST_F(NameHandlersTest, RenameWithoutReplacingKeepsTheTarget) {
  files_.File("home/project/other", "other");
  constexpr int kNoReplace = 1;
  EXPECT_EQ(ErrorOf(Rename(InProject("readme"), InProject("other"), kNoReplace)), EEXIST);
  EXPECT_EQ(files_.Content("home/project/other"), "other");
}

}  // namespace
}  // namespace safe_trace
