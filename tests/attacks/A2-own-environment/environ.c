// Looks for secrets in its own environment in every way there is, and in its parent's.
#include "attack.h"

extern char** environ;

static void DumpEnviron(const char* path) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) {
    Say("%s: errno %d", path, errno);
    return;
  }
  static char data[1 << 16];
  ssize_t size = read(fd, data, sizeof data - 1);
  for (ssize_t i = 0; i < size; ++i) {
    if (data[i] == 0) data[i] = '\n';
  }
  if (size > 0) {
    data[size] = 0;
    Say("%s", path);
    if (write(1, data, (size_t)size) < 0) _exit(1);
  }
  close(fd);
}

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const char* value = getenv(argv[i]);
    Say("getenv %s=%s", argv[i], value ? value : "(none)");
    value = secure_getenv(argv[i]);
    Say("secure_getenv %s=%s", argv[i], value ? value : "(none)");
  }
  for (char** entry = environ; *entry; ++entry) Say("environ %s", *entry);
  DumpEnviron("/proc/self/environ");
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/environ", getpid());
  DumpEnviron(path);
  snprintf(path, sizeof path, "/proc/self/task/%d/environ", getpid());
  DumpEnviron(path);
  snprintf(path, sizeof path, "/proc/%d/environ", getppid());
  DumpEnviron(path);
  // What lies on the stack above the environment's own pointers.
  char* first = environ[0];
  for (size_t offset = 0; first && offset < 2048; ++offset) {
    if (first[offset] == 0) first[offset] = '\n';
  }
  if (first && write(1, first, 2048) < 0) return 1;
  Done();
  return 0;
}
