// short_children TOTAL AT_ONCE [exec]: children that live for a moment. Prints how many ended well.
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
  int total = argc > 1 ? atoi(argv[1]) : 100;
  int at_once = argc > 2 ? atoi(argv[2]) : 10;
  int good = 0, started = 0, running = 0;
  while (started < total || running > 0) {
    if (started < total && running < at_once) {
      pid_t child = fork();
      if (child == 0) {
        if (argc > 3) execl("/bin/true", "true", (char*)NULL);
        if (at_once > 100) usleep(300000);
        _exit(0);
      }
      if (child < 0) return 1;
      ++started;
      ++running;
    } else {
      int status = 0;
      if (wait(&status) < 0) return 1;
      --running;
      if (status == 0) ++good;
    }
  }
  printf("%d\n", good);
  return 0;
}
