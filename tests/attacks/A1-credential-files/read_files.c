// Prints every file named on the command line, and the names in every directory named.
#include <dirent.h>

#include "attack.h"

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    DumpFd(argv[i], open(argv[i], O_RDONLY));
    DIR* directory = opendir(argv[i]);
    if (!directory) continue;
    struct dirent* entry;
    while ((entry = readdir(directory))) Say("%s: ENTRY %s", argv[i], entry->d_name);
    closedir(directory);
  }
  Done();
  return 0;
}
