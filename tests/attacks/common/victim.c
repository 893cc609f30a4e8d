// A process of the test's own that attacks look at: victim [COMMAND ARG...]
// Reads a secret from standard input into its heap, opens the file named by VICTIM_FILE, prints
// "PID ADDRESS FD", then waits for standard input to close; or, with a command, runs it and waits.
#include <sys/prctl.h>

#include "attack.h"

int main(int argc, char** argv) {
  static char* secret;
  secret = malloc(4096);
  ssize_t size = argc > 1 ? 0 : read(0, secret, 4095);
  if (size < 0) return 1;
  secret[size] = 0;
  if (argc > 1) {
    const char* given = getenv("VICTIM_SECRET");
    snprintf(secret, 4096, "%s", given ? given : "");
  }
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);  // where yama would ask for it
  const char* file = getenv("VICTIM_FILE");
  int fd = file ? open(file, O_RDONLY) : -1;
  if (argc > 1) {
    pid_t child = fork();
    if (child == 0) {
      if (fd >= 0) close(fd);
      unsetenv("VICTIM_SECRET");
      execvp(argv[1], argv + 1);
      _exit(127);
    }
    int status = 0;
    while (waitpid(child, &status, 0) != child) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  Say("%d %p %d", getpid(), (void*)secret, fd);
  char byte;
  while (read(0, &byte, 1) > 0) {
  }
  return 0;
}
