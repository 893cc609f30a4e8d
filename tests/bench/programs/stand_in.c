/* stand_in COMMAND [ARG...]: runs the command as a supervisor would, without supervising: for
 * developing and testing the benchmark itself. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  /* Memory that must show up in the supervisor's peak: 32 MiB. */
  const size_t size = (size_t)32 << 20;
  char* memory = malloc(size);
  if (memory == NULL) return 125;
  memset(memory, 1, size);
  const pid_t child = fork();
  if (child == 0) {
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) return 125;
  free(memory);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
