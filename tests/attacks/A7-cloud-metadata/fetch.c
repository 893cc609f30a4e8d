// Asks metadata services: fetch ADDRESS... prints what they answer.
#include <netdb.h>

#include "attack.h"

static void Ask(const char* what, int family, const void* to, socklen_t size) {
  int fd = socket(family, SOCK_STREAM, 0);
  struct timeval limit = {4, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (connect(fd, to, size) != 0) {
    Say("%s: errno %d", what, errno);
    close(fd);
    return;
  }
  static const char request[] = "GET /latest/meta-data/iam/ HTTP/1.0\r\n\r\n";
  char answer[2048];
  if (write(fd, request, sizeof request - 1) < 0) Say("%s: write errno %d", what, errno);
  ssize_t length = read(fd, answer, sizeof answer - 1);
  answer[length > 0 ? length : 0] = 0;
  Say("%s: GOT %s", what, answer);
  close(fd);
}

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (strchr(argv[i], ':')) {
      struct sockaddr_in6 to = Ipv6(argv[i], 80);
      Ask(argv[i], AF_INET6, &to, sizeof to);
    } else if (argv[i][0] >= '0' && argv[i][0] <= '9') {
      struct sockaddr_in to = Ipv4(argv[i], 80);
      Ask(argv[i], AF_INET, &to, sizeof to);
    } else {
#ifdef LOOK_UP
      struct addrinfo* found = NULL;
      Say("%s: lookup %d", argv[i], getaddrinfo(argv[i], "80", NULL, &found));
#endif
    }
  }
  Done();
  return 0;
}
