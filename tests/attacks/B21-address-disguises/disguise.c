// Reaches an address in disguise: disguise TCPPORT UDPPORT SECRET TRIES
#include <pthread.h>
#include <stdatomic.h>

#include "attack.h"

static const char* secret;
static int tcp_port, udp_port;

static int Bound(int type) {
  int fd = socket(AF_INET, type, 0);
  struct sockaddr_in own = Ipv4("127.0.0.1", 0);
  if (bind(fd, (struct sockaddr*)&own, sizeof own) != 0) Say("own bind: errno %d", errno);
  if (type == SOCK_STREAM) listen(fd, 8);
  return fd;
}

static int PortOf(int fd) {
  struct sockaddr_in own;
  socklen_t size = sizeof own;
  getsockname(fd, (struct sockaddr*)&own, &size);
  return ntohs(own.sin_port);
}

static void Send(const char* what, int fd, long connected) {
  Result(what, connected);
  char text[200];
  snprintf(text, sizeof text, "[%s %s]", what, secret);
  if (connected == 0 && write(fd, text, strlen(text)) < 0) Say("%s: write errno %d", what, errno);
  close(fd);
}

static void SendTo(const char* what, int fd, const void* to, socklen_t size) {
  char text[200];
  snprintf(text, sizeof text, "[%s %s]", what, secret);
  Result(what, sendto(fd, text, strlen(text), 0, to, size));
  close(fd);
}

static void PlainDisguises(void) {
  const char* six[] = {"::ffff:127.0.0.1", "::ffff:0.0.0.0"};
  const char* names[] = {"tcp-mapped", "tcp-mapped-any"};
  for (int i = 0; i < 2; ++i) {
    struct sockaddr_in6 to = Ipv6(six[i], tcp_port);
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    Send(names[i], fd, connect(fd, (struct sockaddr*)&to, sizeof to));
    to = Ipv6(six[i], udp_port);
    SendTo(i ? "udp-mapped-any" : "udp-mapped", socket(AF_INET6, SOCK_DGRAM, 0), &to, sizeof to);
  }
  const char* four[] = {"0.0.0.0", "127.1.2.3"};
  const char* four_names[] = {"tcp-any", "tcp-127.1.2.3"};
  for (int i = 0; i < 2; ++i) {
    struct sockaddr_in to = Ipv4(four[i], tcp_port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    Send(four_names[i], fd, connect(fd, (struct sockaddr*)&to, sizeof to));
    to = Ipv4(four[i], udp_port);
    SendTo(i ? "udp-127.1.2.3" : "udp-any", socket(AF_INET, SOCK_DGRAM, 0), &to, sizeof to);
  }
  // The kernel takes AF_UNSPEC for AF_INET in sendto of a datagram socket.
  struct sockaddr_in to = Ipv4("127.0.0.1", udp_port);
  to.sin_family = AF_UNSPEC;
  SendTo("udp-unspec-family", socket(AF_INET, SOCK_DGRAM, 0), &to, sizeof to);
  // An IPv6 socket takes an IPv4 address.
  to.sin_family = AF_INET;
  SendTo("udp6-with-ipv4", socket(AF_INET6, SOCK_DGRAM, 0), &to, sizeof to);
}

static void Reconnects(void) {
  int own_tcp = Bound(SOCK_STREAM), own_udp = Bound(SOCK_DGRAM);
  struct sockaddr unspec = {.sa_family = AF_UNSPEC};
  struct sockaddr_in own = Ipv4("127.0.0.1", PortOf(own_tcp));
  struct sockaddr_in to = Ipv4("127.0.0.1", tcp_port);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  Result("own connect", connect(fd, (struct sockaddr*)&own, sizeof own));
  Result("tcp dissolve", connect(fd, &unspec, sizeof unspec));
  Send("tcp-reconnect", fd, connect(fd, (struct sockaddr*)&to, sizeof to));

  own = Ipv4("127.0.0.1", PortOf(own_udp));
  to = Ipv4("127.0.0.1", udp_port);
  fd = socket(AF_INET, SOCK_DGRAM, 0);
  Result("own udp connect", connect(fd, (struct sockaddr*)&own, sizeof own));
  char text[200];
  snprintf(text, sizeof text, "[udp-elsewhere %s]", secret);
  Result("udp-elsewhere", sendto(fd, text, strlen(text), 0, (struct sockaddr*)&to, sizeof to));
  Result("udp dissolve", connect(fd, &unspec, sizeof unspec));
  Send("udp-reconnect", fd, connect(fd, (struct sockaddr*)&to, sizeof to));
  close(own_tcp);
  close(own_udp);
}

static struct sockaddr_in flipped;
static atomic_int stop;

static void* Flip(void* ports) {
  const int* port = ports;
  while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
    flipped.sin_port = htons((uint16_t)port[0]);
    for (volatile int i = 0; i < 30; ++i) {
    }
    flipped.sin_port = htons((uint16_t)port[1]);
    for (volatile int i = 0; i < 30; ++i) {
    }
  }
  return NULL;
}

// The port of a msg_name, and of a connect's address, changes while the call is on its way.
static void Races(long tries) {
  int own_udp = Bound(SOCK_DGRAM), own_tcp = Bound(SOCK_STREAM);
  int udp_ports[2] = {PortOf(own_udp), udp_port}, tcp_ports[2] = {PortOf(own_tcp), tcp_port};
  char text[200];
  snprintf(text, sizeof text, "[race-udp %s]", secret);
  struct iovec data = {text, strlen(text)};
  flipped = Ipv4("127.0.0.1", udp_ports[0]);
  struct msghdr message = {
      .msg_name = &flipped, .msg_namelen = sizeof flipped, .msg_iov = &data, .msg_iovlen = 1};
  pthread_t thread;
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  atomic_store(&stop, 0);
  pthread_create(&thread, NULL, Flip, udp_ports);
  long sent = 0, connected = 0;
  double end = Seconds() + 8;
  for (long i = 0; i < tries && Seconds() < end; ++i) {
    if (sendmsg(fd, &message, MSG_DONTWAIT) > 0) ++sent;
    if (sendto(fd, text, strlen(text), MSG_DONTWAIT, (struct sockaddr*)&flipped, sizeof flipped) >
        0)
      ++sent;
    // Where both threads share one processor, the other is interrupted anywhere by this.
    if (i % 8 == 0) usleep(100);
  }
  atomic_store(&stop, 1);
  pthread_join(thread, NULL);
  close(fd);
  Say("RACE udp: sent=%ld", sent);

  snprintf(text, sizeof text, "[race-tcp %s]", secret);
  flipped = Ipv4("127.0.0.1", tcp_ports[0]);
  atomic_store(&stop, 0);
  pthread_create(&thread, NULL, Flip, tcp_ports);
  end = Seconds() + 8;
  // A refused connect leaves nothing to accept: that must not wait.
  fcntl(own_tcp, F_SETFL, O_NONBLOCK);
  for (long i = 0; i < tries / 8 && Seconds() < end; ++i) {
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr*)&flipped, sizeof flipped) == 0) {
      ++connected;
      if (write(fd, text, strlen(text)) < 0) Say("write: errno %d", errno);
    }
    struct linger hard = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    shutdown(fd, SHUT_WR);
    usleep(50);
    close(fd);
    int accepted = accept4(own_tcp, NULL, NULL, SOCK_NONBLOCK);
    if (accepted >= 0) close(accepted);
  }
  atomic_store(&stop, 1);
  pthread_join(thread, NULL);
  Say("RACE tcp: connected=%ld", connected);
}

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  tcp_port = atoi(argv[1]);
  udp_port = atoi(argv[2]);
  secret = argv[3];
  PlainDisguises();
  Reconnects();
  Races(atol(argv[4]));
  Done();
  return 0;
}
