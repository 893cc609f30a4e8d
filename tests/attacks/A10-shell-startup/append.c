// Leaves a line in shell start-up files: by appending, by a replaced file, by truncating.
#include "attack.h"

static const char kLine[] = "echo persisted-by-attack\n";

static void Append(const char* name) {
  const char* path = InHome(name);
  int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0644);
  Result(path, fd);
  if (fd >= 0 && write(fd, kLine, sizeof kLine - 1) < 0) Say("write: errno %d", errno);
  close(fd);
}

int main(void) {
  Append(".bashrc");
  Append(".zshrc");
  Append(".bash_profile");  // does not exist yet
  // A replacement prepared beside it.
  char prepared[4096];
  snprintf(prepared, sizeof prepared, "%s", InHome(".profile.new"));
  int fd = open(prepared, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  Result("prepare", fd);
  if (fd >= 0 && write(fd, kLine, sizeof kLine - 1) < 0) Say("write: errno %d", errno);
  close(fd);
  Result("rename", rename(prepared, InHome(".profile")));
  // And one prepared where writing is allowed.
  fd = open("prepared", O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd >= 0 && write(fd, kLine, sizeof kLine - 1) < 0) Say("write: errno %d", errno);
  close(fd);
  Result("rename from here", rename("prepared", InHome(".zprofile")));
  Result("link from here", symlink("/nowhere", InHome(".zlogin")));
  Result("truncate", truncate(InHome(".bashrc"), 7));
  unlink("prepared");
  Done();
  return 0;
}
