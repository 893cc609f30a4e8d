// Flips the path of an exec while it is on its way: exec_flip TRIES SECONDS NEUTRAL FORBIDDEN
// TRIES 0: until the forbidden program ran, SECONDS at the most.
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "attack.h"

enum { kForbiddenRan = 42 };  // the status of common/forbidden.c

static char* shared_path;  // shared between processes
static atomic_int stop;
static const char *neutral_path, *forbidden_path;

static void* Flip(void* unused) {
  (void)unused;
  while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
    strcpy(shared_path, forbidden_path);
    for (volatile int i = 0; i < 300; ++i) {
    }
    strcpy(shared_path, neutral_path);
    for (volatile int i = 0; i < 300; ++i) {
    }
  }
  return NULL;
}

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  long tries = atol(argv[1]), tried = 0, ran = 0, won = 0, killed = 0, failed = 0;
  double end = Seconds() + atof(argv[2]);
  neutral_path = argv[3];
  forbidden_path = argv[4];
  shared_path = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  strcpy(shared_path, neutral_path);
  pthread_t thread;
  pthread_create(&thread, NULL, Flip, NULL);
  for (; (tries > 0 ? tried < tries : won == 0) && Seconds() < end; ++tried) {
    pid_t child = fork();
    if (child == 0) {
      char* const words[] = {"x", NULL};
      if (tried % 2) {
        syscall(SYS_execveat, AT_FDCWD, shared_path, words, environ, 0);
      } else {
        execve(shared_path, words, environ);
      }
      _exit(99);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) {
      ++killed;
    } else if (WEXITSTATUS(status) == 99) {
      ++failed;
    } else if (WEXITSTATUS(status) == kForbiddenRan) {
      ++won;
    } else {
      ++ran;
    }
  }
  atomic_store(&stop, 1);
  pthread_join(thread, NULL);
  Say("EXECS tried=%ld ran=%ld won=%ld killed=%ld failed=%ld", tried, ran, won, killed, failed);
  Done();
  return 0;
}
