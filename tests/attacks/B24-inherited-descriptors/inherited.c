// Reads every descriptor that it was born with, and through standard input if it is a directory:
// inherited NAME
#include "attack.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  for (int fd = 3; fd < 256; ++fd) {
    struct stat info;
    if (fstat(fd, &info) != 0) continue;
    char what[64], data[2048];
    snprintf(what, sizeof what, "descriptor %d", fd);
    ssize_t size = pread(fd, data, sizeof data - 1, 0);
    if (size > 0) {
      data[size] = 0;
      Say("%s: LEAK %s", what, data);
    } else {
      Result(what, size);
    }
    DumpFd("beneath", openat(fd, argv[1], O_RDONLY));
  }
  DumpFd("beneath standard input", openat(0, argv[1], O_RDONLY));
  char text[300];
  snprintf(text, sizeof text, "/proc/self/fd/0/%s", argv[1]);
  DumpFd("through standard input", open(text, O_RDONLY));
  if (fchdir(0) == 0) DumpFd("in standard input", open(argv[1], O_RDONLY));
  Done();
  return 0;
}
