// Sends a secret to unix sockets: sockets SECRET {stream|dgram}:PATH... ("@" begins an abstract
// name)
#include "attack.h"

int main(int argc, char** argv) {
  for (int i = 2; i < argc; ++i) {
    int stream = !strncmp(argv[i], "stream:", 7);
    const char* path = strchr(argv[i], ':') + 1;
    struct sockaddr_un to;
    memset(&to, 0, sizeof to);
    to.sun_family = AF_UNIX;
    size_t length = strlen(path);
    if (length >= sizeof to.sun_path) return 2;
    memcpy(to.sun_path, path, length);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    if (*path == '@') {
      to.sun_path[0] = 0;
      --size;
    }
    int fd = socket(AF_UNIX, stream ? SOCK_STREAM : SOCK_DGRAM, 0);
    if (!stream) Result(path, sendto(fd, argv[1], strlen(argv[1]), 0, (struct sockaddr*)&to, size));
    long result = connect(fd, (struct sockaddr*)&to, size);
    Result(path, result);
    if (result == 0 && write(fd, argv[1], strlen(argv[1])) < 0) Say("write: errno %d", errno);
    close(fd);
  }
  Done();
  return 0;
}
