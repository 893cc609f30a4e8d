/* Tells what it finds in its first moments, and ends with status 37.
 * Arguments: files that it tries to read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char** environ;

static void TellOwnRecord(void) {
  char text[65536];
  int fd = open("/proc/self/environ", O_RDONLY);
  ssize_t size = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
  if (size < 0) size = 0;
  printf("record:%s\n", memmem(text, (size_t)size, "hunter2", 7) == NULL ? "clean" : "secret");
}

int main(int argc, char** argv) {
  /* Doubles make the C library use instructions that need an aligned stack. */
  double third = (double)argc / 3;
  printf("third:%.3f\n", third);
  for (char** variable = environ; *variable != NULL; ++variable) printf("env:%s\n", *variable);
  printf("page:%lu\n", getauxval(AT_PAGESZ));
  printf("uid:%s\n", getauxval(AT_UID) == getuid() ? "right" : "wrong");
  printf("execfn:%s\n", (const char*)getauxval(AT_EXECFN));
  printf("random:%s\n", getauxval(AT_RANDOM) != 0 ? "yes" : "no");
  TellOwnRecord();
  for (int i = 1; i < argc; ++i) {
    int fd = open(argv[i], O_RDONLY);
    printf("open:%s:%d\n", argv[i], fd < 0 ? errno : 0);
    if (fd >= 0) close(fd);
  }
  fflush(stdout);
  return 37;
}
