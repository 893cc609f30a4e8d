/* spawner PROGRAM COUNT: forks, execs and waits for PROGRAM, COUNT times in a row. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  for (long i = atol(argv[2]); i > 0; --i) {
    const pid_t child = fork();
    if (child == 0) {
      execl(argv[1], argv[1], (char*)NULL);
      _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
      fprintf(stderr, "spawner: run %ld failed with status %d\n", i, status);
      return 1;
    }
  }
  return 0;
}
