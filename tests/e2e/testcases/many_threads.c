// A hundred threads that open files and exit, five times over. Prints the number of good reads.
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static atomic_int good;

static void* Work(void* unused) {
  (void)unused;
  for (int i = 0; i < 20; ++i) {
    int fd = open("/etc/passwd", O_RDONLY);
    char byte;
    if (fd >= 0 && read(fd, &byte, 1) == 1) ++good;
    close(fd);
  }
  return NULL;
}

int main(void) {
  for (int round = 0; round < 5; ++round) {
    pthread_t threads[100];
    for (int i = 0; i < 100; ++i) {
      if (pthread_create(&threads[i], NULL, Work, NULL) != 0) return 1;
    }
    for (int i = 0; i < 100; ++i) pthread_join(threads[i], NULL);
  }
  printf("%d\n", good);
  return 0;
}
