// Takes a descriptor from a process outside, over a unix socket: receive PATH...
#include "attack.h"

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    struct sockaddr_un to;
    memset(&to, 0, sizeof to);
    to.sun_family = AF_UNIX;
    snprintf(to.sun_path, sizeof to.sun_path, "%s", argv[i]);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    long result = connect(fd, (struct sockaddr*)&to, sizeof to);
    Result(argv[i], result);
    if (result != 0) continue;
    char byte[16], control[256];
    struct iovec data = {byte, sizeof byte};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    struct timeval limit = {5, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (recvmsg(fd, &message, 0) < 0) Say("recvmsg: errno %d", errno);
    struct cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_type == SCM_RIGHTS) {
      int received;
      memcpy(&received, CMSG_DATA(header), sizeof received);
      DumpFd("received", received);
    }
    close(fd);
  }
  Done();
  return 0;
}
