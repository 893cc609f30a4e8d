// flip_address WAY ALLOWED-IP PORT OTHER-IP PORT TRIES: connects or sends while another thread
// exchanges the address in memory all the time.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static struct sockaddr_in allowed, other;
static volatile struct sockaddr_in shown;
static atomic_bool done;

static void Fill(struct sockaddr_in* name, const char* ip, const char* port) {
  memset(name, 0, sizeof(*name));
  name->sin_family = AF_INET;
  name->sin_port = htons((unsigned short)atoi(port));
  if (inet_pton(AF_INET, ip, &name->sin_addr) != 1) exit(2);
}

static void* Flip(void* unused) {
  (void)unused;
  while (!atomic_load(&done)) {
    shown = other;
    for (volatile int i = 0; i < 40; ++i) continue;
    shown = allowed;
    for (volatile int i = 0; i < 40; ++i) continue;
  }
  return NULL;
}

static long Connect(void) {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  if (s < 0) return -1;
  long result = connect(s, (const struct sockaddr*)&shown, sizeof(shown));
  if (result == 0 && send(s, "leak", 4, MSG_NOSIGNAL) != 4) result = -1;
  close(s);
  return result;
}

static long FastOpen(void) {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  if (s < 0) return -1;
  long result = sendto(s, "leak", 4, MSG_FASTOPEN | MSG_NOSIGNAL, (const struct sockaddr*)&shown,
                       sizeof(shown));
  close(s);
  return result;
}

// A DNS question for the addresses of leak.test.
static const char question[] =
    "\0\1\1\0\0\1\0\0\0\0\0\0"
    "\4leak\4test\0\0\1\0\1";

static long SendTo(int s) {
  return sendto(s, question, sizeof(question) - 1, MSG_DONTWAIT, (const struct sockaddr*)&shown,
                sizeof(shown));
}

static long SendMessage(int s) {
  struct iovec piece = {(void*)question, sizeof(question) - 1};
  struct msghdr message = {
      .msg_name = (void*)&shown, .msg_namelen = sizeof(shown), .msg_iov = &piece, .msg_iovlen = 1};
  return sendmsg(s, &message, MSG_DONTWAIT);
}

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  Fill(&allowed, argv[2], argv[3]);
  Fill(&other, argv[4], argv[5]);
  shown = allowed;
  pthread_t flipper;
  if (pthread_create(&flipper, NULL, Flip, NULL) != 0) return 2;
  int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
  long succeeded = 0, tries = atol(argv[6]);
  for (long i = 0; i < tries; ++i) {
    long result = -1;
    if (strcmp(argv[1], "connect") == 0) result = Connect();
    if (strcmp(argv[1], "fastopen") == 0) result = FastOpen();
    if (strcmp(argv[1], "sendto") == 0) result = SendTo(datagrams);
    if (strcmp(argv[1], "sendmsg") == 0) result = SendMessage(datagrams);
    if (result >= 0) ++succeeded;
  }
  atomic_store(&done, 1);
  pthread_join(flipper, NULL);
  printf("tried %ld succeeded %ld\n", tries, succeeded);
  return 0;
}
