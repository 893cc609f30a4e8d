// On real directories. The task is the test itself, or a forked child with a directory and
// descriptors of its own where the supervisor and the task must differ.
#include "tracer/tracee/path_resolver.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <string>

#include "tests/unit/tracer/temporary_tree.h"

namespace safe_trace {
namespace {

class PathResolverTest : public testing::Test {
 protected:
  int Resolve(const std::string& path, bool follow = true) {
    pinned_ = {};
    return resolver_.Resolve(self_, AT_FDCWD, path, follow, pinned_);
  }
  int ResolveParent(const std::string& path, bool follow_leaf = false) {
    pinned_ = {};
    return resolver_.ResolveParent(self_, AT_FDCWD, path, follow_leaf, pinned_);
  }
  // "link0" leads over `count` links to "end".
  std::string Chain(int count) {
    tree_.File("end");
    for (int i = 0; i < count; ++i) {
      tree_.Link(i + 1 == count ? "end" : "link" + std::to_string(i + 1),
                 "link" + std::to_string(i));
    }
    return tree_.Path("link0");
  }

  TemporaryTree tree_;
  PathResolver resolver_;
  TaskRef self_{gettid(), getpid()};
  PinnedPath pinned_;
};

bool SameObject(int fd, const std::string& path) {
  struct stat a {};
  struct stat b {};
  return fstat(fd, &a) == 0 && lstat(path.c_str(), &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

TEST_F(PathResolverTest, FileIsPinnedUnderItsCanonicalPath) {
  const std::string file = tree_.File("a/b/file");
  EXPECT_EQ(Resolve(tree_.root() + "//a/./b/../b/file"), 0);
  EXPECT_EQ(pinned_.path, file);
  EXPECT_TRUE(SameObject(pinned_.object.get(), file));
}

TEST_F(PathResolverTest, SymlinksAreFollowedToWhereTheyLead) {
  const std::string file = tree_.File("real/file");
  tree_.Link(tree_.Path("real"), "absolute");
  tree_.Link("absolute/file", "relative");
  EXPECT_EQ(Resolve(tree_.Path("relative")), 0);
  EXPECT_EQ(pinned_.path, file);
}

TEST_F(PathResolverTest, SymlinkAtTheEndIsPinnedItselfWhereItIsNotFollowed) {
  tree_.File("file");
  const std::string link = tree_.Link("file", "link");
  EXPECT_EQ(Resolve(link, false), 0);
  EXPECT_EQ(pinned_.path, link);
  EXPECT_TRUE(SameObject(pinned_.object.get(), link));
}

TEST_F(PathResolverTest, DotDotBehindASymlinkIsTheTargetsParent) {
  const std::string there = tree_.File("far/there");
  tree_.File("there");
  tree_.Directory("far/inner");
  tree_.Link("far/inner", "link");
  EXPECT_EQ(Resolve(tree_.Path("link/../there")), 0);
  EXPECT_EQ(pinned_.path, there);
}

TEST_F(PathResolverTest, PinOutlivesAChangeOfThePath) {
  const std::string harmless = tree_.File("harmless", "harmless");
  tree_.File("secret", "secret");
  const std::string link = tree_.Link("harmless", "link");
  ASSERT_EQ(Resolve(link), 0);
  ASSERT_EQ(unlink(link.c_str()), 0);
  tree_.Link("secret", "link");
  EXPECT_TRUE(SameObject(pinned_.object.get(), harmless));
}

TEST_F(PathResolverTest, DanglingLinkIsAbsent) {
  EXPECT_EQ(Resolve(tree_.Link("nowhere", "link")), ENOENT);
}

TEST_F(PathResolverTest, FortyLinksAreFollowedAndNotOneMore) {
  EXPECT_EQ(Resolve(Chain(40)), 0);
  EXPECT_EQ(pinned_.path, tree_.Path("end"));
  TemporaryTree other;
  other.Link(tree_.Path("link0"), "one-more");
  EXPECT_EQ(Resolve(other.Path("one-more")), ELOOP);
}

TEST_F(PathResolverTest, LinksInACircleEndWithELoop) {
  tree_.Link("b", "a");
  tree_.Link("a", "b");
  EXPECT_EQ(Resolve(tree_.Path("a")), ELOOP);
  UniqueFd directory(open(tree_.root().c_str(), O_PATH | O_CLOEXEC));
  EXPECT_EQ(Resolve("/proc/self/fd/" + std::to_string(directory.get()) + "/a"), ELOOP);
  EXPECT_EQ(ResolveParent(tree_.Path("a"), true), ELOOP);
}

TEST_F(PathResolverTest, TooLongPathsAndNamesAreRefusedAsByTheKernel) {
  const std::string file = tree_.File("file");
  std::string dots;
  while (tree_.root().size() + dots.size() + 10 < PATH_MAX) dots += "/.";
  EXPECT_EQ(Resolve(tree_.root() + dots + "/file"), 0);
  EXPECT_EQ(pinned_.path, file);
  EXPECT_EQ(Resolve(tree_.root() + dots + dots + "/file"), ENAMETOOLONG);
  EXPECT_EQ(Resolve(tree_.Path(std::string(NAME_MAX + 1, 'n'))), ENAMETOOLONG);
  EXPECT_EQ(ResolveParent(tree_.Path(std::string(NAME_MAX + 1, 'n'))), ENAMETOOLONG);
  EXPECT_EQ(ResolveParent(tree_.Path(std::string(NAME_MAX, 'n'))), 0);
}

TEST_F(PathResolverTest, TrailingSlashNeedsADirectory) {
  tree_.File("file");
  const std::string directory = tree_.Directory("directory");
  tree_.Link("directory", "link");
  EXPECT_EQ(Resolve(tree_.Path("file/")), ENOTDIR);
  EXPECT_EQ(Resolve(tree_.Path("directory//")), 0);
  // The slash makes the kernel follow even what it was told not to.
  EXPECT_EQ(Resolve(tree_.Path("link/"), false), 0);
  EXPECT_EQ(pinned_.path, directory);
}

TEST_F(PathResolverTest, FileIsNoDirectoryOnTheWay) {
  tree_.File("file");
  EXPECT_EQ(Resolve(tree_.Path("file/x")), ENOTDIR);
  EXPECT_EQ(Resolve(tree_.Path("absent/x")), ENOENT);
}

TEST_F(PathResolverTest, RelativePathBeginsAtTheDescriptor) {
  const std::string file = tree_.File("directory/file");
  UniqueFd directory(open(tree_.Path("directory").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(resolver_.Resolve(self_, directory.get(), "file", true, pinned_), 0);
  EXPECT_EQ(pinned_.path, file);
  const int closed = directory.get();
  directory.Reset();
  EXPECT_EQ(resolver_.Resolve(self_, closed, "file", true, pinned_), EBADF);
  EXPECT_EQ(resolver_.Resolve(self_, -7, "file", true, pinned_), EBADF);
  // An absolute path does not look at the descriptor.
  EXPECT_EQ(resolver_.Resolve(self_, -7, file, true, pinned_), 0);
}

TEST_F(PathResolverTest, DescriptorThatIsNoDirectoryCannotBeABase) {
  UniqueFd file(open(tree_.File("file").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(resolver_.Resolve(self_, file.get(), "x", true, pinned_), ENOTDIR);
}

TEST_F(PathResolverTest, ParentOfANewNameIsPinned) {
  const std::string directory = tree_.Directory("real");
  tree_.Link("real", "link");
  EXPECT_EQ(ResolveParent(tree_.Path("link/new")), 0);
  EXPECT_EQ(pinned_.path, directory + "/new");
  EXPECT_EQ(pinned_.leaf, "new");
  EXPECT_TRUE(SameObject(pinned_.parent.get(), directory));
  EXPECT_EQ(ResolveParent(tree_.Path("link/new//")), 0);
  EXPECT_EQ(pinned_.leaf, "new");
}

TEST_F(PathResolverTest, NameInTheRootDirectoryHasNoDoubledSlash) {
  EXPECT_EQ(ResolveParent("/new-name"), 0);
  EXPECT_EQ(pinned_.path, "/new-name");
}

TEST_F(PathResolverTest, DotsAndNothingAreNoNames) {
  for (const char* path : {"/", "//", ".", "..", "/tmp/.", "/tmp/..", "/tmp/../"}) {
    EXPECT_EQ(ResolveParent(path), EINVAL) << path;
  }
}

TEST_F(PathResolverTest, ParentMustBeADirectoryThatExists) {
  tree_.File("file");
  EXPECT_EQ(ResolveParent(tree_.Path("absent/new")), ENOENT);
  EXPECT_EQ(ResolveParent(tree_.Path("file/new")), ENOTDIR);
}

TEST_F(PathResolverTest, DanglingLinkIsFollowedToWhereItsTargetWouldBeMade) {
  const std::string directory = tree_.Directory("there");
  tree_.Link("there/new", "dangling");
  tree_.Link(tree_.Path("dangling"), "twice");
  EXPECT_EQ(ResolveParent(tree_.Path("twice"), true), 0);
  EXPECT_EQ(pinned_.path, directory + "/new");
  EXPECT_TRUE(SameObject(pinned_.parent.get(), directory));
  EXPECT_EQ(ResolveParent(tree_.Path("twice"), false), 0);
  EXPECT_EQ(pinned_.path, tree_.Path("twice"));
}

TEST_F(PathResolverTest, RestrictionsOfOpenat2AreTheKernels) {
  tree_.File("top/inner/file");
  tree_.File("outside");
  tree_.Link("inner/file", "top/link");
  UniqueFd top(open(tree_.Path("top").c_str(), O_RDONLY | O_CLOEXEC));
  auto check = [&](const std::string& path, uint64_t resolve) {
    PinnedPath pinned;
    EXPECT_EQ(resolver_.Resolve(self_, top.get(), path, true, pinned), 0) << path;
    return resolver_.CheckRestrictions(self_, top.get(), path, resolve, pinned.object);
  };
  EXPECT_EQ(check("inner/file", RESOLVE_BENEATH), 0);
  EXPECT_EQ(check("link", RESOLVE_BENEATH), 0);
  EXPECT_EQ(check("link", RESOLVE_NO_SYMLINKS), ELOOP);
  EXPECT_EQ(check("../outside", RESOLVE_BENEATH), EXDEV);
  EXPECT_EQ(check(tree_.Path("outside"), RESOLVE_BENEATH), EXDEV);
}

TEST_F(PathResolverTest, RestrictedPathThatLeadsElsewhereNowMustBeAskedAgain) {
  tree_.File("file", "old");
  PinnedPath pinned;
  ASSERT_EQ(resolver_.Resolve(self_, AT_FDCWD, tree_.Path("file"), true, pinned), 0);
  tree_.File("other", "new");
  ASSERT_EQ(rename(tree_.Path("other").c_str(), tree_.Path("file").c_str()), 0);
  EXPECT_EQ(
      resolver_.CheckRestrictions(self_, AT_FDCWD, tree_.Path("file"), RESOLVE_NO_SYMLINKS, pinned.object),
      EAGAIN);
}

TEST_F(PathResolverTest, DescriptorIsPinnedWithItsPath) {
  const std::string path = tree_.File("file");
  UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(resolver_.ResolveDescriptor(self_, file.get(), pinned_), 0);
  EXPECT_EQ(pinned_.path, path);
  EXPECT_EQ(resolver_.ResolveDescriptor(self_, -1, pinned_), EBADF);
  EXPECT_EQ(resolver_.ResolveDescriptor(self_, AT_FDCWD, pinned_), EBADF);
}

TEST_F(PathResolverTest, PipeHasNoPathOnDisk) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  EXPECT_EQ(resolver_.ResolveDescriptor(self_, ends[0], pinned_), 0);
  EXPECT_FALSE(pinned_.path.starts_with('/')) << pinned_.path;
  EXPECT_EQ(Resolve("/dev/fd/" + std::to_string(ends[0])), 0);
  EXPECT_FALSE(pinned_.path.starts_with('/')) << pinned_.path;
}

// The child is in tree_/home, has tree_/mine as descriptor 50 and tree_/directory as 51.
class ChildPathTest : public PathResolverTest {
 protected:
  static constexpr int kFile = 50;
  static constexpr int kDirectory = 51;

  void SetUp() override {
    home_ = tree_.Directory("home");
    mine_ = tree_.File("mine");
    directory_ = tree_.Directory("directory");
    tree_.File("directory/file");
    tree_.File("home/file");
    int ready[2];
    ASSERT_EQ(pipe2(ready, O_CLOEXEC), 0);
    child_ = fork();
    if (child_ == 0) {
      alarm(60);
      bool ok = chdir(home_.c_str()) == 0 && dup2(open(mine_.c_str(), O_RDONLY), kFile) == kFile &&
                dup2(open(directory_.c_str(), O_RDONLY), kDirectory) == kDirectory;
      if (write(ready[1], ok ? "y" : "n", 1) != 1) _exit(1);
      while (true) pause();
    }
    close(ready[1]);
    char answer = 'n';
    EXPECT_EQ(read(ready[0], &answer, 1), 1);
    close(ready[0]);
    ASSERT_EQ(answer, 'y');
    task_ = {child_, child_};
  }
  void TearDown() override {
    if (child_ <= 0) return;
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  int ResolveFor(const TaskRef& task, const std::string& path, int dirfd = AT_FDCWD) {
    pinned_ = {};
    return resolver_.Resolve(task, dirfd, path, true, pinned_);
  }
  std::string Proc(pid_t pid, const std::string& entry) {
    return "/proc/" + std::to_string(pid) + "/" + entry;
  }

  pid_t child_ = -1;
  TaskRef task_;
  std::string home_, mine_, directory_;
};

TEST_F(ChildPathTest, RelativePathsBeginWhereTheTaskIs) {
  EXPECT_EQ(ResolveFor(task_, "file"), 0);
  EXPECT_EQ(pinned_.path, home_ + "/file");
  EXPECT_EQ(ResolveFor(task_, "file", kDirectory), 0);
  EXPECT_EQ(pinned_.path, directory_ + "/file");
  EXPECT_EQ(resolver_.ResolveDescriptor(task_, kFile, pinned_), 0);
  EXPECT_EQ(pinned_.path, mine_);
}

TEST_F(ChildPathTest, ProcSelfIsTheTask) {
  EXPECT_EQ(ResolveFor(task_, "/proc/self/status"), 0);
  EXPECT_EQ(pinned_.path, Proc(child_, "status"));
  EXPECT_EQ(ResolveFor(task_, "/proc/thread-self/status"), 0);
  EXPECT_EQ(pinned_.path, Proc(child_, "task/" + std::to_string(child_) + "/status"));
  tree_.Link("/proc/self", "link");
  EXPECT_EQ(ResolveFor(task_, tree_.Path("link/status")), 0);
  EXPECT_EQ(pinned_.path, Proc(child_, "status"));
}

TEST_F(ChildPathTest, ProcSelfByARelativePathIsTheTaskToo) {
  std::string up;
  for (char c : directory_) {
    if (c == '/') up += "../";
  }
  EXPECT_EQ(ResolveFor(task_, up + "proc/self/status", kDirectory), 0);
  EXPECT_EQ(pinned_.path, Proc(child_, "status"));
}

TEST_F(ChildPathTest, OwnMagicLinksLeadWhereTheyLeadForTheTask) {
  EXPECT_EQ(ResolveFor(task_, "/proc/self/cwd/file"), 0);
  EXPECT_EQ(pinned_.path, home_ + "/file");
  EXPECT_EQ(ResolveFor(task_, "/proc/self/fd/50"), 0);
  EXPECT_EQ(pinned_.path, mine_);
  EXPECT_EQ(ResolveFor(task_, "/dev/fd/51/file"), 0);
  EXPECT_EQ(pinned_.path, directory_ + "/file");
  EXPECT_EQ(ResolveFor(task_, Proc(child_, "fd/50")), 0);
  EXPECT_EQ(pinned_.path, mine_);
  EXPECT_EQ(ResolveFor(task_, "/dev/fd/499"), ENOENT);
}

TEST_F(ChildPathTest, MagicLinksOfTheSupervisorAreNotFollowedForTheTask) {
  for (const char* entry : {"cwd", "root", "exe", "fd/0", "cwd/file"}) {
    EXPECT_EQ(ResolveFor(task_, Proc(getpid(), entry)), kForeignMagicLink) << entry;
  }
}

TEST_F(ChildPathTest, MagicLinksOfAnotherProcessAreNotFollowed) {
  for (const char* entry : {"cwd", "root", "exe", "fd/50", "fd/51/file"}) {
    EXPECT_EQ(ResolveFor(self_, Proc(child_, entry)), kForeignMagicLink) << entry;
  }
  tree_.Link(Proc(child_, "cwd"), "link");
  EXPECT_EQ(ResolveFor(self_, tree_.Path("link/file")), kForeignMagicLink);
  EXPECT_EQ(resolver_.ResolveParent(self_, AT_FDCWD, Proc(child_, "cwd/new"), true, pinned_),
            kForeignMagicLink);
}

TEST_F(ChildPathTest, NumberThatOnlyBeginsLikeTheTasksIsAnother) {
  // /proc/1 is a prefix of most processes' directories.
  const TaskRef first{task_.tid, 1};
  EXPECT_EQ(ResolveFor(first, Proc(child_, "cwd")), kForeignMagicLink);
  const TaskRef shorter{task_.tid, child_ / 10};
  EXPECT_EQ(ResolveFor(shorter, Proc(child_, "cwd")), kForeignMagicLink);
}

TEST_F(ChildPathTest, TaskThatIsGoneHasNoDirectory) {
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
  EXPECT_NE(ResolveFor(task_, "file"), 0);
  EXPECT_EQ(ResolveFor(task_, "/proc/self/status"), ENOENT);
  child_ = -1;
}

}  // namespace
}  // namespace safe_trace
