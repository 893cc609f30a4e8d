/* opens same FILE COUNT [PAUSE_AFTER]: opens and closes FILE, COUNT times. After PAUSE_AFTER opens
 * it prints a line and waits for one on standard input, and does so again at the end, so that the
 * supervisor's memory can be read at both points.
 * opens unique DIRECTORY COUNT: opens DIRECTORY/0 to DIRECTORY/COUNT-1, each once. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void OpenOnce(const char* path) {
  const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    perror(path);
    exit(1);
  }
  close(descriptor);
}

static void Pause(void) {
  char byte;
  if (write(1, "\n", 1) != 1 || read(0, &byte, 1) != 1) exit(1);
}

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const long count = atol(argv[3]);
  const long pause_after = argc > 4 ? atol(argv[4]) : 0;
  char path[4096];
  for (long i = 0; i < count; ++i) {
    if (strcmp(argv[1], "unique") == 0) {
      snprintf(path, sizeof(path), "%s/%ld", argv[2], i);
      OpenOnce(path);
    } else {
      OpenOnce(argv[2]);
    }
    if (i + 1 == pause_after) Pause();
  }
  if (pause_after > 0) Pause();
  return 0;
}
