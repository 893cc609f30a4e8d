#include "tracer/deciding/open_handlers.h"

#include <gtest/gtest.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "tests/unit/tracer/deciding/deciding_fixture.h"
#include "tracer/tracee/process_status.h"

namespace safe_trace {
namespace {

class OpenHandlersTest : public DecidingTest {
 protected:
  SyscallAction Handle(const SyscallInvocation& call) {
    return OpenHandlers(*policy_, memory_, resolver_, floor_, *tree_, reporter_, options_)
        .Handle(call, *process_);
  }
  SyscallAction Open(const std::string& path, int flags, mode_t mode = 0) {
    return Handle(Call(SYS_openat, {Int(AT_FDCWD), Address(path.c_str()), Int(flags), mode}));
  }
  SyscallAction OpenHow(const std::string& path, const open_how& how, int dirfd = AT_FDCWD) {
    return Handle(
        Call(SYS_openat2, {Int(dirfd), Address(path.c_str()), Address(&how), sizeof(how)}));
  }
  static bool IsInjected(const SyscallAction& action, const std::string& path) {
    const InjectFd* injected = As<InjectFd>(action);
    return injected != nullptr && SameObject(injected->fd.get(), path);
  }

  OpenHandlers::Options options_;
};

TEST_F(OpenHandlersTest, CoveredReadIsLeftToTheKernel) {
  CoverProject();
  EXPECT_TRUE(IsContinue(Open(InProject("readme"), O_RDONLY), ContinueReason::kFloorEnforced));
  EXPECT_TRUE(reporter_.decisions.empty());
}

TEST_F(OpenHandlersTest, UncoveredReadIsDoneOnBehalfOnTheSameObject) {
  const SyscallAction action = Open(InProject("readme"), O_RDONLY | O_CLOEXEC);
  ASSERT_TRUE(IsInjected(action, InProject("readme")));
  EXPECT_TRUE(As<InjectFd>(action)->close_on_exec);
  char text[8] = {};
  EXPECT_EQ(read(As<InjectFd>(action)->fd.get(), text, sizeof(text)), 7);
  EXPECT_STREQ(text, "read me");
  EXPECT_FALSE(As<InjectFd>(Open(InProject("readme"), O_RDONLY))->close_on_exec);
}

TEST_F(OpenHandlersTest, AllFourCallsMeanTheSame) {
  const std::string path = InProject("readme");
  const open_how how{};
  EXPECT_TRUE(IsInjected(Handle(Call(SYS_open, {Address(path.c_str()), Int(O_RDONLY)})), path));
  EXPECT_TRUE(IsInjected(OpenHow(path, how), path));
  EXPECT_TRUE(IsInjected(Handle(Call(SYS_creat, {Address(path.c_str()), 0600})), path));
  EXPECT_EQ(files_.Content("home/project/readme"), "");  // creat truncates
}

TEST_F(OpenHandlersTest, RelativePathBeginsAtTheDescriptor) {
  UniqueFd directory(open(project_.c_str(), O_RDONLY | O_CLOEXEC));
  const SyscallAction action =
      Handle(Call(SYS_openat, {Int(directory.get()), Address("readme"), Int(O_RDONLY)}));
  EXPECT_TRUE(IsInjected(action, InProject("readme")));
}

TEST_F(OpenHandlersTest, HiddenFileIsNotThereAndReported) {
  EXPECT_EQ(ErrorOf(Open(key_, O_RDONLY)), ENOENT);
  ASSERT_EQ(ReportedRule(), "credential.ssh");
  EXPECT_TRUE(reporter_.decisions[0].decision.is_violation);
  EXPECT_EQ(reporter_.decisions[0].doing, "read " + key_);
  EXPECT_EQ(reporter_.decisions[0].how_to_allow, "--allow-read " + key_);
}

TEST_F(OpenHandlersTest, HiddenFileIsHiddenUnderEveryName) {
  files_.Link("../.ssh/id_made_up", "home/project/link");
  files_.Link(home_, "home/project/up");
  UniqueFd descriptor(open(key_.c_str(), O_PATH | O_CLOEXEC));
  for (const std::string& path :
       {InProject("link"), InProject("up/.ssh/id_made_up"), InProject("../.ssh//id_made_up"),
        "/proc/self/fd/" + std::to_string(descriptor.get()),
        "/dev/fd/" + std::to_string(descriptor.get()), "/proc/self/root" + key_}) {
    reporter_.decisions.clear();
    EXPECT_EQ(ErrorOf(Open(path, O_RDONLY)), ENOENT) << path;
    EXPECT_EQ(ReportedRule(), "credential.ssh") << path;
  }
}

TEST_F(OpenHandlersTest, HiddenNameInTheProjectIsHidden) {
  EXPECT_EQ(ErrorOf(Open(files_.File("home/project/.env"), O_RDONLY)), ENOENT);
  EXPECT_EQ(ReportedRule(), "credential.ssh");
}

TEST_F(OpenHandlersTest, AskingForAnAbsentCredentialIsWrittenDownWithoutBeingAViolation) {
  EXPECT_EQ(ErrorOf(Open(home_ + "/.ssh/absent", O_RDONLY)), ENOENT);
  ASSERT_EQ(ReportedRule(), "credential.ssh");
  EXPECT_FALSE(reporter_.decisions[0].decision.is_violation);
}

TEST_F(OpenHandlersTest, AbsentFileOfNoInterestIsNotReported) {
  EXPECT_EQ(ErrorOf(Open(InProject("absent"), O_RDONLY)), ENOENT);
  EXPECT_EQ(ErrorOf(Open("", O_RDONLY)), ENOENT);
  EXPECT_TRUE(reporter_.decisions.empty());
}

TEST_F(OpenHandlersTest, RefusedWriteSaysEAccesAndChangesNothing) {
  const std::string visible = files_.File("home/notes", "mine");
  EXPECT_EQ(ErrorOf(Open(visible, O_WRONLY | O_TRUNC)), EACCES);
  EXPECT_EQ(ErrorOf(Open(visible, O_RDONLY | O_TRUNC)), EACCES);
  EXPECT_EQ(ErrorOf(Open(home_ + "/.bashrc", O_WRONLY | O_CREAT, 0600)), EACCES);
  EXPECT_EQ(files_.Content("home/notes"), "mine");
  EXPECT_FALSE(files_.Exists("home/.bashrc"));
  EXPECT_EQ(reporter_.decisions.size(), 3U);
}

TEST_F(OpenHandlersTest, PackageReadsItsOwnAndNotTheProject) {
  ConfinePackage();
  const std::string own = files_.File("scratch/build/setup.py");
  EXPECT_TRUE(IsInjected(Open(own, O_RDWR), own));
  EXPECT_EQ(ErrorOf(Open(InProject("readme"), O_RDONLY)), EACCES);
}

TEST_F(OpenHandlersTest, NewFileTakesTheModeLessTheTasksUmask) {
  // The supervisor's own mask is empty; the task is a child with one.
  const mode_t before = umask(0);
  const std::string path = InProject("new");
  const pid_t child = fork();
  if (child == 0) {
    umask(027);
    alarm(60);
    while (true) pause();
  }
  while (true) {
    absl::StatusOr<ProcessStatus> status = ReadProcessStatus(child);
    if (!status.ok() || status->umask == 027) break;
    usleep(500);
  }
  SyscallInvocation call =
      Call(SYS_openat, {Int(AT_FDCWD), Address(path.c_str()), Int(O_WRONLY | O_CREAT), 06666});
  call.tid = child;
  const SyscallAction action = Handle(call);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  umask(before);
  EXPECT_TRUE(IsInjected(action, path));
  EXPECT_EQ(files_.Mode("home/project/new") & 0777, 0640U);
}

TEST_F(OpenHandlersTest, CoveredNewFileIsLeftToTheKernel) {
  CoverProject();
  EXPECT_TRUE(
      IsContinue(Open(InProject("new"), O_WRONLY | O_CREAT, 0600), ContinueReason::kFloorEnforced));
  EXPECT_FALSE(files_.Exists("home/project/new"));
}

TEST_F(OpenHandlersTest, ExclusiveCreationOfWhatIsThereFails) {
  EXPECT_EQ(ErrorOf(Open(InProject("readme"), O_WRONLY | O_CREAT | O_EXCL, 0600)), EEXIST);
  files_.Link("nowhere", "home/project/dangling");
  EXPECT_EQ(ErrorOf(Open(InProject("dangling"), O_WRONLY | O_CREAT | O_EXCL, 0600)), EEXIST);
  EXPECT_FALSE(files_.Exists("home/project/nowhere"));
  EXPECT_TRUE(
      IsInjected(Open(InProject("new"), O_WRONLY | O_CREAT | O_EXCL, 0600), InProject("new")));
}

TEST_F(OpenHandlersTest, LinkAtTheEndIsNotFollowedWhereTheCallerSaysSo) {
  files_.Link("readme", "home/project/link");
  EXPECT_EQ(ErrorOf(Open(InProject("link"), O_RDONLY | O_NOFOLLOW)), ELOOP);
  EXPECT_TRUE(IsInjected(Open(InProject("readme"), O_RDONLY | O_NOFOLLOW), InProject("readme")));
  EXPECT_TRUE(IsInjected(Open(InProject("link"), O_RDONLY), InProject("readme")));
}

TEST_F(OpenHandlersTest, CreationThroughADanglingLinkMakesItsTarget) {
  files_.Link("made", "home/project/dangling");
  EXPECT_TRUE(IsInjected(Open(InProject("dangling"), O_WRONLY | O_CREAT, 0600), InProject("made")));
}

TEST_F(OpenHandlersTest, CreationThroughADanglingLinkIsDecidedOnItsTarget) {
  files_.Link(home_ + "/.bashrc", "home/project/dangling");
  EXPECT_EQ(ErrorOf(Open(InProject("dangling"), O_WRONLY | O_CREAT, 0600)), EACCES);
  EXPECT_EQ(ReportedRule(), "persistence.shell");
  EXPECT_FALSE(files_.Exists("home/.bashrc"));
}

TEST_F(OpenHandlersTest, DomainThatIsServedOnBehalfIsNeverLeftToTheKernel) {
  Confine({.role = Role::kCommand}, {{"/", kAll}}, true);
  EXPECT_TRUE(IsInjected(Open(InProject("readme"), O_RDONLY), InProject("readme")));
  EXPECT_TRUE(IsInjected(Open(project_, O_RDONLY | O_DIRECTORY), project_));
  EXPECT_TRUE(IsInjected(Open(InProject("new"), O_WRONLY | O_CREAT, 0600), InProject("new")));
  EXPECT_EQ(ErrorOf(Open(files_.File("home/project/.env"), O_RDONLY)), ENOENT);
  UniqueFd memory(memfd_create("m", MFD_CLOEXEC));
  EXPECT_NE(As<InjectFd>(Open("/dev/fd/" + std::to_string(memory.get()), O_RDWR)), nullptr);
}

TEST_F(OpenHandlersTest, ReplacedFileIsNoLongerLeftToTheKernel) {
  CoverProject();
  floor_.NoteReplaced(project_);
  EXPECT_TRUE(IsInjected(Open(InProject("readme"), O_RDONLY), InProject("readme")));
}

TEST_F(OpenHandlersTest, PathDescriptorGivesNoContentAndIsLeftToTheKernel) {
  EXPECT_TRUE(IsContinue(Open(key_, O_PATH), ContinueReason::kFloorEnforced));
  options_.floor_present = false;
  EXPECT_EQ(ErrorOf(Open(key_, O_PATH)), ENOENT);
}

// The flags of openat2 lie in memory, and the kernel hands over no O_PATH descriptor.
TEST_F(OpenHandlersTest, PathDescriptorOfOpenat2IsOneThatReadsWhereNothingIsLeftToTheKernel) {
  Confine(process_->domain->subject, {{project_, kAll}}, /*on_behalf_only=*/true);
  UniqueFd directory(open(home_.c_str(), O_RDONLY | O_CLOEXEC));
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH;
  const SyscallAction action = OpenHow("project", how, directory.get());
  ASSERT_TRUE(IsInjected(action, project_));
  EXPECT_EQ(fcntl(As<InjectFd>(action)->fd.get(), F_GETFL) & O_PATH, 0);
  how.flags = O_PATH | O_CLOEXEC;
  EXPECT_EQ(ErrorOf(OpenHow(".ssh/id_made_up", how, directory.get())), ENOENT);
  files_.Link("readme", "home/project/link");
  how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = 0;
  EXPECT_EQ(ErrorOf(OpenHow(InProject("link"), how)), EACCES);
}

TEST_F(OpenHandlersTest, TemporaryFileWithoutANameIsMadeInTheProjectOnly) {
  const SyscallAction action = Open(project_, O_TMPFILE | O_RDWR, 0600);
  if (ErrorOf(action) != EOPNOTSUPP) {
    const InjectFd* injected = As<InjectFd>(action);
    ASSERT_NE(injected, nullptr) << ErrorOf(action);
    struct stat status {};
    EXPECT_EQ(fstat(injected->fd.get(), &status), 0);
    EXPECT_EQ(status.st_nlink, 0U);
  }
  EXPECT_EQ(ErrorOf(Open(home_, O_TMPFILE | O_RDWR, 0600)), EACCES);
}

TEST_F(OpenHandlersTest, RestrictionsOfOpenat2AreKept) {
  UniqueFd directory(open(project_.c_str(), O_RDONLY | O_CLOEXEC));
  files_.File("home/visible");
  open_how how{};
  how.resolve = RESOLVE_BENEATH;
  EXPECT_TRUE(IsInjected(OpenHow("readme", how, directory.get()), InProject("readme")));
  EXPECT_EQ(ErrorOf(OpenHow("../visible", how, directory.get())), EXDEV);
}

TEST_F(OpenHandlersTest, RestrictionsOfOpenat2AreKeptForNewFiles) {
  UniqueFd directory(open(project_.c_str(), O_RDONLY | O_CLOEXEC));
  files_.Directory("home/project/sub");
  files_.Directory("scratch/other");
  files_.Link(files_.Path("scratch/other"), "home/project/out");
  files_.Link("nowhere", "home/project/dangling");
  open_how how{};
  how.flags = O_CREAT | O_WRONLY | O_CLOEXEC;
  how.mode = 0600;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  EXPECT_TRUE(IsInjected(OpenHow("new", how, directory.get()), InProject("new")));
  EXPECT_TRUE(IsInjected(OpenHow("sub/new", how, directory.get()), InProject("sub/new")));
  UniqueFd inner(open(InProject("sub").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(ErrorOf(OpenHow("../new2", how, inner.get())), EXDEV);
  EXPECT_EQ(ErrorOf(OpenHow("out/new", how, directory.get())), EXDEV);
  EXPECT_EQ(ErrorOf(OpenHow("dangling", how, directory.get())), ELOOP);
  EXPECT_EQ(access(InProject("nowhere").c_str(), F_OK), -1);
}

TEST_F(OpenHandlersTest, StructureOfAnotherSizeIsRefusedAsByAnOlderKernel) {
  open_how how[2] = {};
  const std::string path = InProject("readme");
  auto handle = [&](uint64_t address, uint64_t size) {
    return ErrorOf(
        Handle(Call(SYS_openat2, {Int(AT_FDCWD), Address(path.c_str()), address, size})));
  };
  EXPECT_EQ(handle(Address(how), sizeof(open_how) - 1), EINVAL);
  EXPECT_EQ(handle(Address(how), sizeof(open_how) + 8), E2BIG);
  EXPECT_EQ(handle(16, sizeof(open_how)), EFAULT);
}

TEST_F(OpenHandlersTest, UnreadableAndEndlessPathsGiveTheKernelsErrors) {
  EXPECT_EQ(ErrorOf(Handle(Call(SYS_open, {16, 0}))), EFAULT);
  EXPECT_EQ(ErrorOf(Open("/" + std::string(5000, 'x'), O_RDONLY)), ENAMETOOLONG);
  // A path that ends right before an unmapped page is read all the same.
  char* pages = static_cast<char*>(
      mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(pages, MAP_FAILED);
  munmap(pages + 4096, 4096);
  const std::string path = InProject("readme");
  char* at = pages + 4096 - path.size() - 1;
  memcpy(at, path.c_str(), path.size() + 1);
  EXPECT_TRUE(IsInjected(Handle(Call(SYS_open, {Address(at), Int(O_RDONLY)})), path));
  memset(pages, 'x', 4096);
  EXPECT_EQ(ErrorOf(Handle(Call(SYS_open, {Address(at), Int(O_RDONLY)}))), EFAULT);
  munmap(pages, 4096);
}

TEST_F(OpenHandlersTest, OpeningAFifoIsDeferred) {
  const std::string fifo = InProject("fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const SyscallAction action = Open(fifo, O_RDONLY);
  const Deferred* deferred = As<Deferred>(action);
  ASSERT_NE(deferred, nullptr);
  UniqueFd both(open(fifo.c_str(), O_RDWR | O_CLOEXEC));
  Deferred::Result result = deferred->work([] { return false; });
  ASSERT_NE(std::get_if<InjectFd>(&result), nullptr);
  EXPECT_TRUE(SameObject(std::get<InjectFd>(result).fd.get(), fifo));
  EXPECT_TRUE(IsInjected(Open(fifo, O_RDONLY | O_NONBLOCK), fifo));
}

TEST_F(OpenHandlersTest, SecretsOfAnotherProcessAreRefused) {
  ConfinePackage({{"/", kAll}});
  const std::string path = "/proc/" + std::to_string(getppid()) + "/environ";
  EXPECT_EQ(ErrorOf(Open(path, O_RDONLY)), EACCES);
  ASSERT_EQ(ReportedRule(), "process.outside");
  EXPECT_TRUE(reporter_.decisions[0].decision.is_violation);
  EXPECT_EQ(reporter_.decisions[0].how_to_allow, "");
}

TEST_F(OpenHandlersTest, LookingAtEverybodysSecretsIsOneViolationOfAProcess) {
  ConfinePackage({{"/", kAll}});
  OpenHandlers handlers(*policy_, memory_, resolver_, floor_, *tree_, reporter_, options_);
  const std::string other = "/proc/" + std::to_string(getppid());
  for (const char* entry : {"/environ", "/maps", "/environ"}) {
    const std::string path = other + entry;
    EXPECT_EQ(ErrorOf(handlers.Handle(
                  Call(SYS_openat, {Int(AT_FDCWD), Address(path.c_str()), Int(O_RDONLY)}),
                  *process_)),
              EACCES);
  }
  ASSERT_EQ(reporter_.decisions.size(), 3U);
  EXPECT_TRUE(reporter_.decisions[0].decision.is_violation);
  EXPECT_FALSE(reporter_.decisions[1].decision.is_violation);
  EXPECT_FALSE(reporter_.decisions[2].decision.is_violation);
}

TEST_F(OpenHandlersTest, DirectoryCannotBeMadeByOpen) {
  EXPECT_EQ(ErrorOf(Open(InProject("new/"), O_WRONLY | O_CREAT, 0600)), EISDIR);
  EXPECT_EQ(ErrorOf(Open(project_, O_RDONLY | O_CREAT, 0600)), EISDIR);
  EXPECT_EQ(ErrorOf(Open(InProject("readme"), O_RDONLY | O_DIRECTORY)), ENOTDIR);
}

TEST_F(OpenHandlersTest, AllowedUseIsRecordedOnDemandOnly) {
  Open(InProject("readme"), O_RDONLY);
  EXPECT_TRUE(reporter_.events.empty());
  options_.record_all = true;
  Open(InProject("readme"), O_RDONLY);
  ASSERT_EQ(reporter_.events.size(), 1U);
  EXPECT_EQ(reporter_.events[0].action, "file-open");
}

}  // namespace
}  // namespace safe_trace
