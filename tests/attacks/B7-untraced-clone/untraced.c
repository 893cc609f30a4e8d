// Makes children that a tracer does not follow: untraced PATH (each child reads PATH)
#include <linux/sched.h>
#include <signal.h>

#include "attack.h"

static void Child(const char* how, const char* path) {
  char what[64];
  snprintf(what, sizeof what, "UNTRACED-CHILD %s", how);
  DumpFd(what, open(path, O_RDONLY));
  _exit(0);
}

static void After(const char* how, long child) {
  Result(how, child);
  if (child > 0) waitpid((pid_t)child, NULL, __WALL);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  long child = syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0);
  if (child == 0) Child("clone", argv[1]);
  After("clone", child);

  child = syscall(SYS_clone, CLONE_UNTRACED | CLONE_FILES | CLONE_FS, 0, 0, 0, 0);
  if (child == 0) Child("clone-shared", argv[1]);
  After("clone-shared", child);

  struct clone_args args;
  memset(&args, 0, sizeof args);
  args.flags = CLONE_UNTRACED;
  args.exit_signal = SIGCHLD;
  child = syscall(SYS_clone3, &args, sizeof args);
  if (child == 0) Child("clone3", argv[1]);
  After("clone3", child);
  Done();
  return 0;
}
