// Writes a line into each file named, making directories on the way: plant LINE PATH...
// A path with "=" before it is written elsewhere first and renamed into place; "+" appends.
#include "attack.h"

static void MakeParents(const char* path) {
  char text[4096];
  snprintf(text, sizeof text, "%s", path);
  for (char* slash = strchr(text + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    mkdir(text, 0755);
    *slash = '/';
  }
}

static void Write(const char* path, const char* line, int flags) {
  int fd = open(path, O_WRONLY | O_CREAT | flags, 0755);
  Result(path, fd);
  if (fd < 0) return;
  if (write(fd, line, strlen(line)) < 0) Say("write: errno %d", errno);
  close(fd);
}

int main(int argc, char** argv) {
  for (int i = 2; i < argc; ++i) {
    const char* path = argv[i];
    if (*path == '=') {
      MakeParents(path + 1);
      Write("plant-prepared", argv[1], O_TRUNC);
      Result(path, rename("plant-prepared", path + 1));
      unlink("plant-prepared");
    } else if (*path == '+') {
      Write(path + 1, argv[1], O_APPEND);
    } else {
      MakeParents(path);
      Write(path, argv[1], O_TRUNC);
    }
  }
  Done();
  return 0;
}
