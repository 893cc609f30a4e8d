// Limits its ancestors up to LAST; the manager is the one started with WORD: limits LAST WORD
#include <sched.h>
#include <sys/resource.h>

#include "attack.h"

static int IsManager(pid_t pid, const char* manager) {
  char path[64], data[8192];
  snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
  int fd = open(path, O_RDONLY);
  ssize_t size = fd < 0 ? -1 : read(fd, data, sizeof data - 1);
  if (fd >= 0) close(fd);
  if (size <= 0) return 0;
  data[size] = 0;
  for (char* word = data; word < data + size; word += strlen(word) + 1) {
    if (strcmp(word, manager) == 0) return 1;
  }
  return 0;
}

static void Limit(pid_t pid, const char* manager) {
  const char* who = IsManager(pid, manager) ? "manager" : "other";
  char what[64];
  struct rlimit none = {0, 0};
  snprintf(what, sizeof what, "prlimit %s", who);
  Result(what, prlimit(pid, RLIMIT_CORE, &none, NULL));
  cpu_set_t processors;
  sched_getaffinity(0, sizeof processors, &processors);
  snprintf(what, sizeof what, "affinity %s", who);
  Result(what, sched_setaffinity(pid, sizeof processors, &processors));
  snprintf(what, sizeof what, "priority %s", who);
  Result(what, setpriority(PRIO_PROCESS, (id_t)pid, 1));
  struct sched_param idle = {0};
  snprintf(what, sizeof what, "scheduler %s", who);
  Result(what, sched_setscheduler(pid, SCHED_BATCH, &idle));
  snprintf(what, sizeof what, "io-priority %s", who);
  Result(what, syscall(SYS_ioprio_set, 1, pid, (2 << 13) | 7));
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  pid_t last = atoi(argv[1]);
  pid_t pid = getppid();
  for (int level = 0; level < 12 && pid > 1 && pid != last; ++level) {
    Limit(pid, argv[2]);
    pid = ParentOf(pid, NULL);
  }
  Done();
  return 0;
}
