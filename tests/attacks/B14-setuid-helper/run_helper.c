// Runs the helper named and nothing else.
#include "attack.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  pid_t child = fork();
  if (child == 0) {
    execl(argv[1], "helper", (char*)NULL);
    Say("exec: errno %d", errno);
    _exit(127);
  }
  waitpid(child, NULL, 0);
  Done();
  return 0;
}
