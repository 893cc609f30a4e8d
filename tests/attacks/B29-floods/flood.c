// Floods whoever watches: flood OPENS EXECS
#include <pthread.h>

#include "attack.h"

static long opens_each;
static char long_path[4096];

static void* Opens(void* kind) {
  long good = 0;
  for (long i = 0; i < opens_each; ++i) {
    int fd = open(kind ? long_path : "/etc/passwd", O_RDONLY);
    if (fd >= 0) {
      ++good;
      close(fd);
    }
  }
  return (void*)good;
}

static void FloodOfOpens(void) {
  // As long as a path may be, and it names a file.
  strcpy(long_path, "/etc");
  while (strlen(long_path) < 4080) strcat(long_path, "/.");
  strcat(long_path, "/passwd");
  pthread_t threads[4];
  long good = 0;
  for (long i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, Opens, (void*)(i % 2));
  for (int i = 0; i < 4; ++i) {
    void* result;
    pthread_join(threads[i], &result);
    good += (long)result;
  }
  Say("opens good=%ld", good);
}

static void FloodOfExecs(long count) {
  long good = 0;
  for (long i = 0; i < count; ++i) {
    pid_t child = fork();
    if (child == 0) {
      execl("/bin/true", "true", (char*)NULL);
      _exit(1);
    }
    int status = 1;
    waitpid(child, &status, 0);
    if (status == 0) ++good;
  }
  Say("execs good=%ld", good);
}

// Nearly two mebibytes of arguments and environment, in as many words as fit.
static void HugeArguments(void) {
  enum { kWords = 15, kLength = 120000 };
  static char* words[kWords + 4];
  static char* variables[2];
  words[0] = "/bin/true";
  for (int i = 1; i <= kWords; ++i) {
    words[i] = malloc(kLength + 1);
    memset(words[i], 'a' + i % 26, kLength);
    words[i][kLength] = 0;
  }
  variables[0] = malloc(100001);
  memset(variables[0], 'V', 100000);
  variables[0][1] = '=';
  variables[0][100000] = 0;
  pid_t child = fork();
  if (child == 0) {
    execve(words[0], words, variables);
    Say("huge: errno %d", errno);
    _exit(1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  Say("huge status=%d", status);
  // Many small words instead.
  enum { kMany = 100000 };
  static char* many[kMany + 2];
  many[0] = "/bin/true";
  for (int i = 1; i <= kMany; ++i) many[i] = "x";
  child = fork();
  if (child == 0) {
    execve(many[0], many, many + 1);
    Say("many: errno %d", errno);
    _exit(1);
  }
  status = 1;
  waitpid(child, &status, 0);
  Say("many status=%d", status);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  opens_each = atol(argv[1]) / 4;
  FloodOfOpens();
  FloodOfExecs(atol(argv[2]));
  HugeArguments();
  Done();
  return 0;
}
