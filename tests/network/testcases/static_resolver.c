/* Asks for a name as resolvers that link no C library of the machine do: musl's looks at nothing
   that does not come from the server that it asked. static_resolver HOW SERVER NAME */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in server;

static size_t question(unsigned char *out, unsigned id, const char *name) {
  static const unsigned char rest[] = {1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  size_t size = 12;
  out[0] = id >> 8;
  out[1] = id;
  memcpy(out + 2, rest, sizeof(rest));
  while (*name) {
    size_t length = strcspn(name, ".");
    out[size++] = (unsigned char)length;
    memcpy(out + size, name, length);
    size += length;
    name += length + (name[length] == '.');
  }
  static const unsigned char end[] = {0, 0, 1, 0, 1};
  memcpy(out + size, end, sizeof(end));
  return size + sizeof(end);
}

static void tell(unsigned char *answer, ssize_t size, struct sockaddr_in *from, unsigned length) {
  if (length != sizeof(server) || memcmp(from, &server, 8)) return;
  printf("id %d code %d last %d.%d.%d.%d from %s:%d\n", answer[0] << 8 | answer[1], answer[3] & 15,
         answer[size - 4], answer[size - 3], answer[size - 2], answer[size - 1],
         inet_ntoa(from->sin_addr), ntohs(from->sin_port));
}

static int receive(const char *how, int s) {
  unsigned char answer[2][600], control[256];
  struct sockaddr_in from[2];
  struct iovec pieces[3] = {{answer[0], 3}, {answer[0] + 3, 40}, {answer[0] + 43, 500}};
  struct msghdr header = {.msg_name = from, .msg_namelen = sizeof(from[0]), .msg_iov = pieces,
                          .msg_iovlen = 3, .msg_control = control, .msg_controllen = 256};
  memset(from, 0, sizeof(from));
  if (strcmp(how, "recvmmsg") == 0) {
    struct iovec each[2] = {{answer[0], 600}, {answer[1], 600}};
    struct mmsghdr all[2];
    memset(all, 0, sizeof(all));
    for (int i = 0; i < 2; i++) {
      all[i].msg_hdr.msg_name = &from[i];
      all[i].msg_hdr.msg_namelen = sizeof(from[i]);
      all[i].msg_hdr.msg_iov = &each[i];
      all[i].msg_hdr.msg_iovlen = 1;
    }
    int count = recvmmsg(s, all, 2, MSG_WAITFORONE, NULL);
    for (int i = 0; i < count; i++)
      tell(answer[i], all[i].msg_len, &from[i], all[i].msg_hdr.msg_namelen);
    return count;
  }
  if (strcmp(how, "recvmsg") == 0) {
    ssize_t size = recvmsg(s, &header, 0);
    if (size < 0) return -1;
    if (header.msg_controllen || header.msg_flags) puts("unexpected flags");
    tell(answer[0], size, from, header.msg_namelen);
    return 1;
  }
  socklen_t length = sizeof(from[0]);
  if (strcmp(how, "peek") == 0) {
    unsigned char one;
    socklen_t none = 0;
    if (recvfrom(s, &one, 1, MSG_PEEK | MSG_TRUNC, (void *)&from[1], &none) > 1)
      printf("peeked, name of %d\n", (int)none);
  }
  ssize_t size = recvfrom(s, answer[0], 600, 0, (void *)from, &length);
  if (size < 0) return -1;
  tell(answer[0], size, from, length);
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  const char *how = argv[1];
  server.sin_family = AF_INET;
  server.sin_port = htons(53);
  inet_pton(AF_INET, argv[2], &server.sin_addr);
  const int blocks = strcmp(how, "blocking") == 0;
  int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | (blocks ? 0 : SOCK_NONBLOCK), 0);
  struct sockaddr_in any = {.sin_family = AF_INET};
  if (bind(s, (void *)&any, sizeof(any)) < 0) return 3;
  const int connected = strcmp(how, "connected") == 0;
  if (connected && connect(s, (void *)&server, sizeof(server)) < 0) return 4;
  if (receive("recvfrom", blocks ? (fcntl(s, F_SETFL, O_NONBLOCK), s) : s) >= 0 ||
      errno != EAGAIN)
    puts("something before the question");
  if (blocks) fcntl(s, F_SETFL, 0);
  for (int id = 7; id < 9; id++) {
    unsigned char out[600];
    size_t size = question(out, id, argv[3]);
    ssize_t sent = connected ? write(s, out, size)
                             : sendto(s, out, size, MSG_NOSIGNAL, (void *)&server, sizeof(server));
    if (sent != (ssize_t)size) return 5;
    /* One after the other, so that the answers come in this order. */
    int from = strcmp(how, "duplicate") == 0 ? dup(s) : s;
    struct pollfd ready = {from, POLLIN, 0};
    if (!blocks && poll(&ready, 1, 5000) != 1) puts("no answer");
    if (receive(how, from) < 0) printf("error %s\n", strerror(errno));
  }
  puts("done");
  return 0;
}
