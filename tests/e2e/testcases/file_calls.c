// Exercises file calls at the top of the working directory and prints what each returned.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static void Show(const char* what, long result) {
  printf("%s: %s\n", what, result < 0 ? strerror(errno) : "ok");
}

static void Mode(const char* path) {
  struct stat info;
  if (lstat(path, &info) == 0) {
    printf("%s: mode %o links %ld size %ld\n", path, (unsigned)info.st_mode, (long)info.st_nlink,
           (long)info.st_size);
  } else {
    printf("%s: %s\n", path, strerror(errno));
  }
}

static void Make(const char* path, int flags, mode_t mode) {
  int fd = open(path, flags, mode);
  Show(path, fd);
  if (fd >= 0) {
    if (write(fd, "hello", 5) != 5) perror("write");
    close(fd);
  }
  Mode(path);
}

static void Names(void) {
  Show("mkdir", mkdir("new-dir", 0777));
  Mode("new-dir");
  Show("mkdir again", mkdir("new-dir", 0777));
  Make("new-dir/file", O_WRONLY | O_CREAT | O_EXCL, 0666);
  Make("new-dir/file", O_WRONLY | O_CREAT | O_EXCL, 0666);
  Make("top", O_RDWR | O_CREAT, 0666);
  Make("private", O_RDWR | O_CREAT, 0600);
  Make("missing/file", O_RDWR | O_CREAT, 0600);
  Show("rename", rename("top", "top2"));
  Show("rename into", rename("top2", "new-dir/top3"));
  Show("rename directory", rename("new-dir", "newer-dir"));
  Show("link", link("newer-dir/top3", "hard"));
  Mode("hard");
  Show("symlink", symlink("newer-dir", "soft"));
  Mode("soft/top3");
  Make("soft/through", O_WRONLY | O_CREAT, 0640);
  Show("nofollow", open("soft", O_RDONLY | O_NOFOLLOW));
  Show("open directory for writing", open("newer-dir", O_WRONLY));
  Show("directory flag on a file", open("hard", O_RDONLY | O_DIRECTORY));
  Show("dangling", symlink("nowhere-yet", "dangling"));
  Make("dangling", O_WRONLY | O_CREAT, 0644);
  Show("exclusive on a link", open("soft", O_WRONLY | O_CREAT | O_EXCL, 0644));
  Show("chmod", chmod("hard", 0755));
  Mode("hard");
  Show("truncate", truncate("hard", 2));
  Mode("hard");
  Show("open truncating", open("hard", O_WRONLY | O_TRUNC));
  Mode("hard");
  Show("unlink", unlink("soft"));
  Show("rmdir full", rmdir("newer-dir"));
  Show("unlink a directory", unlink("newer-dir"));
  Show("unlink nothing", unlink("nothing-here"));
  Show("mkfifo", mkfifo("fifo", 0644));
  Mode("fifo");
  Show("too long",
       open("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            O_RDONLY));
  Show("loop", symlink("loop", "loop"));
  Show("open loop", open("loop", O_RDONLY));
  Show("empty", open("", O_RDONLY));
  Show("bad address", open((const char*)1, O_RDONLY));
  Show("bad flags", openat(-5, "relative", O_RDONLY));
  Show("not a directory", open("hard/below", O_RDONLY));
}

static void Descriptors(void) {
  int fd = open(".", O_TMPFILE | O_RDWR, 0600);
  Show("O_TMPFILE", fd);
  if (fd >= 0) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    Show("linkat of it", linkat(AT_FDCWD, path, AT_FDCWD, "from-tmpfile", AT_SYMLINK_FOLLOW));
    Mode("from-tmpfile");
    close(fd);
  }
  fd = open("hard", O_RDWR | O_CLOEXEC);
  printf("cloexec %d\n", fcntl(fd, F_GETFD) & FD_CLOEXEC);
  printf("flags %o\n", (unsigned)fcntl(fd, F_GETFL) & ~0100000U);
  close(fd);
  fd = open("hard", O_WRONLY | O_APPEND);
  printf("append %d cloexec %d\n", !!(fcntl(fd, F_GETFL) & O_APPEND), fcntl(fd, F_GETFD));
  if (write(fd, "abc", 3) != 3) perror("write");
  close(fd);
  int lowest = open("/dev/null", O_RDONLY);
  close(lowest);
  fd = open("hard", O_RDWR);
  printf("lowest %d\n", fd == lowest);
  Show("flock", flock(fd, LOCK_EX | LOCK_NB));
  int other = open("hard", O_RDWR);
  Show("second flock", flock(other, LOCK_EX | LOCK_NB));
  if (ftruncate(fd, 8192) != 0) perror("ftruncate");
  char* map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  Show("mmap", map == MAP_FAILED ? -1 : 0);
  if (map != MAP_FAILED) {
    memcpy(map, "mapped", 6);
    munmap(map, 8192);
    char data[7] = {0};
    if (pread(other, data, 6, 0) == 6) printf("%s\n", data);
  }
  close(fd);
  close(other);
  int path_only = open("newer-dir", O_PATH | O_DIRECTORY);
  Show("O_PATH", path_only);
  Show("openat", openat(path_only, "file", O_RDONLY));
  Show("mkdirat", mkdirat(path_only, "inner", 0755));
  Show("fchdir", fchdir(path_only));
  Mode("inner");
  Show("back", chdir(".."));
  struct timespec times[2] = {{1000000000, 0}, {1100000000, 0}};
  Show("utimensat", utimensat(AT_FDCWD, "hard", times, 0));
  struct stat info;
  if (stat("hard", &info) == 0) printf("mtime %ld\n", (long)info.st_mtime);
}

static void Temporary(void) {
  char name[4096];
  const char* where = getenv("TMPDIR");
  snprintf(name, sizeof name, "%s/tXXXXXX", where ? where : "/tmp");
  int fd = mkstemp(name);
  Show("mkstemp", fd);
  Mode(fd >= 0 ? "." : name);
  unlink(name);
  snprintf(name, sizeof name, "%s/dXXXXXX", where ? where : "/tmp");
  Show("mkdtemp", mkdtemp(name) ? 0 : -1);
  rmdir(name);
  fd = (int)syscall(SYS_memfd_create, "x", 0);
  Show("memfd", fd);
  FILE* file = tmpfile();
  Show("tmpfile", file ? 0 : -1);
}

static void OnAlarm(int number) { (void)number; }

static void Fifos(void) {
  struct sigaction action = {.sa_handler = OnAlarm};  // no SA_RESTART: the open is interrupted
  sigaction(SIGALRM, &action, NULL);
  struct itimerval soon = {{0, 0}, {0, 200000}};
  setitimer(ITIMER_REAL, &soon, NULL);
  Show("fifo interrupted", open("fifo", O_RDONLY));
  Show("fifo non-blocking writer", open("fifo", O_WRONLY | O_NONBLOCK));
  int reader = open("fifo", O_RDONLY | O_NONBLOCK);
  Show("fifo non-blocking reader", reader);
  close(reader);
  pid_t child = fork();
  if (child == 0) {
    usleep(200000);
    int fd = open("fifo", O_WRONLY);
    if (write(fd, "through", 7) != 7) _exit(1);
    _exit(0);
  }
  int fd = open("fifo", O_RDONLY);
  char data[8] = {0};
  Show("fifo read", read(fd, data, 7));
  printf("%s\n", data);
  waitpid(child, NULL, 0);
}

static void Watching(void) {
  int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  Show("inotify", inotify_add_watch(fd, ".", IN_CREATE));
  close(open("watched", O_WRONLY | O_CREAT, 0644));
  char events[4096] __attribute__((aligned(8)));
  ssize_t size = read(fd, events, sizeof events);
  struct inotify_event* event = (struct inotify_event*)events;
  printf("inotify saw %s\n", size > 0 ? event->name : "nothing");
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  umask(027);
  Names();
  Descriptors();
  Temporary();
  Fifos();
  Watching();
  return 0;
}
