// Becomes root of its own namespaces and looks at files from there: namespaces HOME
#include <sched.h>
#include <sys/mount.h>

#include "attack.h"

static void Put(const char* path, const char* text) {
  int fd = open(path, O_WRONLY);
  if (fd >= 0) {
    if (write(fd, text, strlen(text)) < 0) Say("%s: errno %d", path, errno);
    close(fd);
  }
}

static int Enter(const char* what) {
  char map[64];
  uid_t uid = getuid();
  gid_t gid = getgid();
  long result = unshare(CLONE_NEWUSER | CLONE_NEWNS);
  Result(what, result);
  if (result != 0) return 0;
  Put("/proc/self/setgroups", "deny");
  snprintf(map, sizeof map, "0 %u 1", (unsigned)uid);
  Put("/proc/self/uid_map", map);
  snprintf(map, sizeof map, "0 %u 1", (unsigned)gid);
  Put("/proc/self/gid_map", map);
  return 1;
}

static char home[3000], secret_directory[3100];

static void Bind(void) {
  if (!Enter("bind")) return;
  Result("mount", mount(secret_directory, "ns-mount", NULL, MS_BIND, NULL));
  DumpFd("bind", open("ns-mount/id_rsa", O_RDONLY));
}

static void OpenTree(void) {
  if (!Enter("open_tree")) return;
  int tree = (int)syscall(428 /* open_tree */, AT_FDCWD, secret_directory, 1 /* CLONE */);
  Result("open_tree", tree);
  DumpFd("open_tree", openat(tree, "id_rsa", O_RDONLY));
}

static void Chroot(void) {
  if (!Enter("chroot")) return;
  if (chroot(home) != 0 || chdir("/") != 0) Say("chroot: errno %d", errno);
  DumpFd("chroot", open("/.ssh/id_rsa", O_RDONLY));
}

static void Pivot(void) {
  if (!Enter("pivot")) return;
  long result = mount(home, "ns-mount", NULL, MS_BIND | MS_REC, NULL);
  if (result == 0) result = chdir("ns-mount");
  if (result == 0) result = syscall(SYS_pivot_root, ".", ".");
  Result("pivot_root", result);
  if (result == 0) DumpFd("pivot", open("/.ssh/id_rsa", O_RDONLY));
}

static void PlainChroot(void) {
  if (chroot(home) != 0 || chdir("/") != 0) {
    Say("plain-chroot: errno %d", errno);
    return;
  }
  DumpFd("plain-chroot", open("/.ssh/id_rsa", O_RDONLY));
}

static void Tmpfs(void) {
  if (!Enter("tmpfs")) return;
  Result("tmpfs", mount("none", "ns-mount", "tmpfs", 0, NULL));
  if (mkdir("ns-mount/x", 0755) == 0) Say("tmpfs: mounted");
}

static void Cloned(void) {
  pid_t child = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWPID | 17, 0, 0, 0, 0);
  if (child == 0) {
    Say("cloned: child of a new namespace");
    _exit(0);
  }
  Result("cloned", child);
  if (child > 0) waitpid(child, NULL, __WALL);
}

static void Apart(void (*act)(void)) {
  pid_t child = fork();
  if (child == 0) {
    act();
    _exit(0);
  }
  waitpid(child, NULL, 0);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  snprintf(home, sizeof home, "%s", argv[1]);
  snprintf(secret_directory, sizeof secret_directory, "%s/.ssh", home);
  mkdir("ns-mount", 0755);
  Apart(Bind);
  Apart(OpenTree);
  Apart(Chroot);
  Apart(Pivot);
  Apart(Tmpfs);
  Apart(Cloned);
  if (geteuid() == 0) Apart(PlainChroot);
  rmdir("ns-mount");
  Done();
  return 0;
}
