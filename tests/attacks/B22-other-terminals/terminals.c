// Reads and writes a terminal of another session, then uses terminals of its own: terminals PATH
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "attack.h"

static void Take(const char* what, int fd) {
  if (fd < 0) {
    Say("%s: errno %d", what, errno);
    return;
  }
  struct pollfd ready = {fd, POLLIN, 0};
  char typed[256] = {0};
  if (poll(&ready, 1, 2000) == 1 && read(fd, typed, sizeof typed - 1) > 0) {
    Say("%s: LEAK %s", what, typed);
  }
  if (write(fd, what, strlen(what)) > 0) Say("%s: WROTE", what);
  close(fd);
}

// Whether what is written to one side arrives at the other.
static void Use(const char* what, int master, int slave) {
  char data[64] = {0};
  if (slave < 0) {
    Say("%s: errno %d", what, errno);
    return;
  }
  struct termios modes;
  int size_set = ioctl(slave, TIOCSWINSZ, &(struct winsize){.ws_row = 24, .ws_col = 80});
  if (tcgetattr(slave, &modes) != 0 || size_set != 0 || write(slave, "hello", 5) != 5 ||
      read(master, data, sizeof data - 1) != 5) {
    Say("%s: useless, errno %d", what, errno);
  } else {
    Say("%s: works %s", what, data);
  }
  close(slave);
}

static void OpenByName(const char* what, const char* device) {
  int master = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC);
  int unlocked = master < 0 ? -1 : grantpt(master) | unlockpt(master);
  char name[64];
  if (unlocked != 0 || ptsname_r(master, name, sizeof name) != 0) {
    Say("%s: no master, errno %d", what, errno);
    return;
  }
  Use(what, master, open(name, O_RDWR | O_NOCTTY));
  close(master);
}

static void Fork(void) {
  int master;
  pid_t child = forkpty(&master, NULL, NULL, NULL);
  if (child == 0) {
    // Its own controlling terminal, by both of its names.
    char name[64];
    int named = ttyname_r(0, name, sizeof name) == 0 ? open(name, O_RDWR) : -1;
    int tty = open("/dev/tty", O_RDWR);
    dprintf(1, "[child %d %d %d]", named >= 0, tty >= 0, tcgetpgrp(0) == getpid());
    _exit(0);
  }
  char said[128] = {0};
  size_t size = 0;
  ssize_t count;
  while (child > 0 && (count = read(master, said + size, sizeof said - 1 - size)) > 0) {
    size += (size_t)count;
  }
  if (child > 0) waitpid(child, NULL, 0);
  Say("forkpty: %s", child < 0 ? "failed" : said);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  Take("by-name", open(argv[1], O_RDWR | O_NOCTTY));
  int directory = open("/dev/pts", O_RDONLY | O_DIRECTORY);
  Take("by-directory", openat(directory, strrchr(argv[1], '/') + 1, O_RDWR | O_NOCTTY));
  char path[256];
  snprintf(path, sizeof path, "/proc/self/root%s", argv[1]);
  Take("by-root", open(path, O_RDWR | O_NOCTTY));
  Take("write-only", open(argv[1], O_WRONLY | O_NOCTTY));

  Say("directory: %s", directory >= 0 ? "readable" : "closed");
  int master = -1, slave = -1;
  if (openpty(&master, &slave, NULL, NULL, NULL) != 0) Say("openpty: errno %d", errno);
  Use("openpty", master, slave);
  Use("peer", master, ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY));
  OpenByName("ptmx", "/dev/ptmx");
  if (access("/dev/pts/ptmx", R_OK | W_OK) == 0) OpenByName("pts-ptmx", "/dev/pts/ptmx");
  Fork();
  Done();
  return 0;
}
