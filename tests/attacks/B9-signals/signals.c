// Stops and kills processes outside: signals TO-STOP TO-KILL UNTOUCHED SUPERVISOR-NAME
// The supervisor is looked for among the ancestors by its name and attacked too. Nothing else is
// ever signalled: kill(-1) is tried with signal 0 only.
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "attack.h"

// Names what is tried, then tries it.
#define TRY(text, call)                               \
  do {                                                \
    char what[128];                                   \
    snprintf(what, sizeof what, "%s %s", whom, text); \
    Result(what, call);                               \
  } while (0)

static void Strike(const char* whom, pid_t pid) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  info.si_code = SI_QUEUE;
  TRY("stop", kill(pid, SIGSTOP));
  TRY("tgkill", syscall(SYS_tgkill, pid, pid, SIGSTOP));
  TRY("tkill", syscall(SYS_tkill, pid, SIGSTOP));
  TRY("queue", syscall(SYS_rt_sigqueueinfo, pid, SIGSTOP, &info));
  int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  TRY("pidfd", syscall(SYS_pidfd_send_signal, pidfd, SIGSTOP, NULL, 0));
  if (pidfd >= 0) close(pidfd);
}

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const char* whom = "outside";
  pid_t untouched = atoi(argv[3]);
  struct rlimit limit = {16, 16};
  TRY("prlimit", syscall(SYS_prlimit64, untouched, RLIMIT_NOFILE, &limit, NULL));
  TRY("setpriority", setpriority(PRIO_PROCESS, (id_t)untouched, 19));
  Result("everyone", kill(-1, 0));
  Strike("outside", atoi(argv[1]));
  Result("outside kill", kill(atoi(argv[2]), SIGKILL));
  char name[64];
  pid_t pid = getppid();
  for (int level = 0; level < 16 && pid > 1; ++level) {
    pid_t parent = ParentOf(pid, name);
    if (strcmp(name, argv[4]) == 0) {
      Strike("supervisor", pid);
      Result("supervisor kill", kill(pid, SIGKILL));
      Result("supervisor group", kill(-getpgid(pid), 0));
    }
    pid = parent;
  }
  Done();
  return 0;
}
