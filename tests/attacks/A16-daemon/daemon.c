// Leaves processes behind that want to outlive the command: daemon HEARTBEAT-FILE
#include <sched.h>
#include <signal.h>

#include "attack.h"

static void Live(const char* heartbeat) {
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  for (int fd = 0; fd < 256; ++fd) close(fd);
  for (int beat = 0; beat < 1200; ++beat) {  // a minute: bounded even when nobody ends it
    int fd = open(heartbeat, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd >= 0) close(fd);
    usleep(50000);
  }
  _exit(0);
}

static void DoubleFork(const char* heartbeat) {
  pid_t first = fork();
  if (first == 0) {
    setsid();
    pid_t second = fork();
    if (second == 0) Live(heartbeat);
    Say("daemon %d", second);
    _exit(0);
  }
  waitpid(first, NULL, 0);
}

static void Plain(const char* heartbeat) {
  pid_t child = fork();
  if (child == 0) Live(heartbeat);
  Say("daemon %d", child);
}

static void Execed(const char* self, const char* heartbeat) {
  pid_t first = vfork();
  if (first == 0) {
    execl(self, "innocent-name", "live", heartbeat, (char*)NULL);
    _exit(127);
  }
  Say("daemon %d", first);
}

int main(int argc, char** argv) {
  if (argc == 3) Live(argv[2]);
  if (argc != 2) return 2;
  DoubleFork(argv[1]);
  Plain(argv[1]);
  Execed("/proc/self/exe", argv[1]);
  usleep(200000);
  Done();
  return 0;
}
