// What is dropped: it erases its own file, then goes on.
#include "attack.h"

int main(int argc, char** argv) {
  char path[4096];
  ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
  path[size > 0 ? size : 0] = 0;
  Result("unlink", unlink(path));
  Say("PAYLOAD-RAN %s", argc > 1 ? argv[1] : "");
  return 0;
}
