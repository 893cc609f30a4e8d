// Changes the inode flags of a file that is open for reading only: flags FILE
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "attack.h"

static void Change(const char* what, int fd) {
  char name[64];
  int flags = 0;
  snprintf(name, sizeof name, "%s getflags", what);
  Result(name, ioctl(fd, FS_IOC_GETFLAGS, &flags));
  flags |= FS_NODUMP_FL;
  snprintf(name, sizeof name, "%s setflags", what);
  Result(name, ioctl(fd, FS_IOC_SETFLAGS, &flags));
  // The kernel looks at the low half of the request only.
  snprintf(name, sizeof name, "%s setflags-high", what);
  Result(name, syscall(SYS_ioctl, fd, FS_IOC_SETFLAGS | (1UL << 40), &flags));
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  int fd = open(argv[1], O_RDONLY);
  if (fd < 0) Say("open: errno %d", errno);
  // Package code may not even read it; what it can read, it owns no less.
  if (fd < 0) fd = open("/usr", O_RDONLY | O_DIRECTORY);
  Change("foreign", fd);
  struct fsxattr attributes;
  memset(&attributes, 0, sizeof attributes);
  ioctl(fd, FS_IOC_FSGETXATTR, &attributes);
  Result("foreign fssetxattr", ioctl(fd, FS_IOC_FSSETXATTR, &attributes));
  close(fd);
  int own = open("flags-own", O_RDWR | O_CREAT, 0600);
  Change("own", own);
  int clone = open("flags-clone", O_RDWR | O_CREAT, 0600);
  if (ioctl(clone, FICLONE, own) != 0 && errno == EPERM) Say("clone: refused");
  close(own);
  close(clone);
  unlink("flags-own");
  unlink("flags-clone");
  Done();
  return 0;
}
