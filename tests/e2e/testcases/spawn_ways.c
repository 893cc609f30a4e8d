// Starts /bin/echo in every way there is.
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

static void Wait(pid_t child, const char* what) {
  int status = -1;
  if (waitpid(child, &status, 0) != child || status != 0) printf("%s: status %d\n", what, status);
  fflush(stdout);
}

static int CloneChild(void* argument) {
  execl("/bin/echo", "echo", (const char*)argument, (char*)NULL);
  _exit(127);
}

static void* FromThread(void* unused) {
  (void)unused;
  pid_t child = fork();
  if (child == 0) CloneChild("fork in a thread");
  Wait(child, "thread");
  return NULL;
}

static void* ExecInThread(void* unused) {
  (void)unused;
  execl("/bin/echo", "echo", "exec in a thread", (char*)NULL);
  _exit(127);
}

int main(void) {
  pid_t child = fork();
  if (child == 0) CloneChild("fork");
  Wait(child, "fork");

  child = vfork();
  if (child == 0) {
    execl("/bin/echo", "echo", "vfork", (char*)NULL);
    _exit(127);
  }
  Wait(child, "vfork");

  char* const words[] = {"echo", "posix_spawn", NULL};
  if (posix_spawn(&child, "/bin/echo", NULL, NULL, words, environ) == 0) Wait(child, "spawn");
  if (posix_spawnp(&child, "echo", NULL, NULL, words, environ) == 0) Wait(child, "spawnp");

  static char stack[1 << 16];
  child = clone(CloneChild, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, "clone");
  Wait(child, "clone");

  pthread_t thread;
  pthread_create(&thread, NULL, FromThread, NULL);
  pthread_join(thread, NULL);

  child = fork();
  if (child == 0) {
    int fd = open("/bin/echo", O_RDONLY | O_CLOEXEC);
    char* const named[] = {"echo", "fexecve", NULL};
    fexecve(fd, named, environ);
    _exit(127);
  }
  Wait(child, "fexecve");

  child = fork();
  if (child == 0) {
    pthread_create(&thread, NULL, ExecInThread, NULL);
    pthread_join(thread, NULL);
    pause();
  }
  Wait(child, "exec in a thread");
  if (system("echo system") != 0) puts("system failed");
  FILE* pipe = popen("echo popen", "r");
  char line[64];
  if (pipe && fgets(line, sizeof line, pipe)) printf("%s", line);
  if (pipe) pclose(pipe);
  execl("./no-such-program", "x", (char*)NULL);
  perror("exec");
  return 0;
}
