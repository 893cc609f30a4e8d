// Types into a terminal by ioctl, on a pseudo-terminal of its own: inject
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "attack.h"

static void Inject(const char* what, int terminal, unsigned long request, char byte) {
  long result = syscall(SYS_ioctl, terminal, request, &byte);
  Result(what, result);
  char read_back = 0;
  if (result == 0 && read(terminal, &read_back, 1) == 1 && read_back == byte) {
    Say("%s: INJECTED", what);
  }
}

int main(void) {
  int master = -1, terminal = -1;
  Result("openpty", openpty(&master, &terminal, NULL, NULL, NULL));
  pid_t child = fork();
  if (child == 0) {
    setsid();
    Result("control", ioctl(terminal, TIOCSCTTY, 0));
    struct termios raw;
    if (tcgetattr(terminal, &raw) == 0) {
      cfmakeraw(&raw);
      raw.c_cc[VMIN] = 0;
      raw.c_cc[VTIME] = 5;
      tcsetattr(terminal, TCSANOW, &raw);
    }
    Inject("tiocsti", terminal, TIOCSTI, 'x');
    // The kernel looks at the low 32 bits of the request only.
    Inject("tiocsti-high", terminal, TIOCSTI | (1UL << 32), 'y');
    Inject("tiocsti-sign", terminal, TIOCSTI | 0xffffffff00000000UL, 'z');
    char paste = 3;
    Result("tioclinux", ioctl(terminal, 0x541C /* TIOCLINUX */, &paste));
    Result("tioclinux-high", syscall(SYS_ioctl, terminal, 0x541CUL | (1UL << 40), &paste));
    _exit(0);
  }
  waitpid(child, NULL, 0);
  Done();
  return 0;
}
