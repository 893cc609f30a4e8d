// Helpers of the attack programs. They report on standard output what they obtained.
#ifndef SAFE_TRACE_TESTS_ATTACKS_COMMON_ATTACK_H_
#define SAFE_TRACE_TESTS_ATTACKS_COMMON_ATTACK_H_

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline void Say(const char* format, ...) __attribute__((format(printf, 1, 2)));
static inline void Say(const char* format, ...) {
  char line[8192];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line - 1, format, arguments);
  va_end(arguments);
  if (length < 0) return;
  if ((size_t)length > sizeof line - 2) length = (int)sizeof line - 2;
  line[length] = '\n';
  if (write(1, line, (size_t)length + 1) < 0) return;
}

// 0 where it cannot be told. `name`: 64 bytes for what the process is called, or NULL.
static inline pid_t ParentOf(pid_t pid, char* name) {
  char path[64], data[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int fd = open(path, O_RDONLY);
  if (fd < 0) return 0;
  ssize_t size = read(fd, data, sizeof data - 1);
  close(fd);
  if (size <= 0) return 0;
  data[size] = 0;
  char* begin = strchr(data, '(');
  char* end = strrchr(data, ')');
  int parent = 0;
  if (!begin || !end || sscanf(end + 2, "%*c %d", &parent) != 1) return 0;
  *end = 0;
  if (name) snprintf(name, 64, "%s", begin + 1);
  return parent;
}

// A refused connection must not end the attack when it writes nevertheless.
__attribute__((constructor)) static void IgnoreBrokenPipes(void) { signal(SIGPIPE, SIG_IGN); }

static inline void Done(void) { Say("ATTACK-DONE"); }

// The content of an open file, or the error, under a name.
static inline void DumpFd(const char* what, int fd) {
  if (fd < 0) {
    Say("%s: errno %d", what, errno);
    return;
  }
  char data[4096];
  ssize_t size = read(fd, data, sizeof data - 1);
  if (size < 0) {
    Say("%s: read errno %d", what, errno);
  } else {
    data[size] = 0;
    Say("%s: LEAK %s", what, data);
  }
  close(fd);
}

static inline const char* InHome(const char* name) {
  static char path[4096];
  const char* home = getenv("HOME");
  snprintf(path, sizeof path, "%s/%s", home ? home : "", name);
  return path;
}

static inline struct sockaddr_in Ipv4(const char* address, int port) {
  struct sockaddr_in result;
  memset(&result, 0, sizeof result);
  result.sin_family = AF_INET;
  result.sin_port = htons((uint16_t)port);
  inet_pton(AF_INET, address, &result.sin_addr);
  return result;
}

static inline struct sockaddr_in6 Ipv6(const char* address, int port) {
  struct sockaddr_in6 result;
  memset(&result, 0, sizeof result);
  result.sin6_family = AF_INET6;
  result.sin6_port = htons((uint16_t)port);
  inet_pton(AF_INET6, address, &result.sin6_addr);
  return result;
}

static inline double Seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline void Result(const char* what, long result) {
  if (result < 0) {
    Say("%s: errno %d", what, errno);
  } else {
    Say("%s: ok %ld", what, result);
  }
}

#endif  // SAFE_TRACE_TESTS_ATTACKS_COMMON_ATTACK_H_
