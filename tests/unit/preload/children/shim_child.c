/* Does one thing that the shim wraps, and prints what the program itself saw of it. */
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern const char __executable_start, etext;

static void PrintValue(const char* name, const char* value) {
  printf("%s=%s errno=%d\n", name, value != NULL ? value : "(unset)", errno);
}

static int Lookup(char** names, char* (*get)(const char*)) {
  for (; *names != NULL; ++names) {
    errno = 77;
    PrintValue(*names, get(*names));
  }
  return 0;
}

static char* PlainGetenv(const char* name) { return getenv(name); }
static char* SecureGetenv(const char* name) { return secure_getenv(name); }

static int Hot(char** arguments) {
  int found = 0;
  for (long i = atol(arguments[1]); i > 0; --i) found += getenv(arguments[0]) != NULL;
  printf("found %d\n", found);
  return 0;
}

static int ClearFirst(char** names) {
  clearenv();
  return Lookup(names, PlainGetenv);
}

static char** shared_names;

static void* AskOften(void* unused) {
  (void)unused;
  for (int round = 0; round < 2000; ++round) {
    for (char** name = shared_names; *name != NULL; ++name) {
      if (getenv(*name) != NULL) abort();
    }
  }
  return NULL;
}

static int Threads(char** names) {
  pthread_t threads[8];
  shared_names = names;
  for (int i = 0; i < 8; ++i) {
    if (pthread_create(&threads[i], NULL, AskOften, NULL) != 0) return 1;
  }
  for (int i = 0; i < 8; ++i) pthread_join(threads[i], NULL);
  puts("joined");
  return 0;
}

/* Asks in the parent, then in a child of fork, then again in the parent. */
static int Fork(char** names) {
  getenv(names[0]);
  const pid_t child = fork();
  if (child == 0) {
    getenv(names[0]);
    getenv(names[0]);
    _exit(3);
  }
  int status = 0;
  waitpid(child, &status, 0);
  getenv(names[0]);
  printf("child %d\n", WEXITSTATUS(status));
  return 0;
}

static int Vfork(char** names) {
  const pid_t child = vfork();
  if (child == 0) {
    getenv(names[0]);
    execl("/bin/true", "true", (char*)NULL);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  getenv(names[1]);
  printf("child %d\n", WEXITSTATUS(status));
  return 0;
}

/* Numeric hosts only: nothing is asked of any name server. */
static int Resolve(const char* host) {
  struct addrinfo hints;
  memset(&hints, 0, sizeof(hints));
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  struct addrinfo* found = NULL;
  errno = 77;
  const int error = getaddrinfo(host, "80", &hints, &found);
  if (found != NULL) freeaddrinfo(found);
  return error;
}

static int Names(char** hosts) {
  for (; *hosts != NULL; ++hosts) {
    const int error = Resolve(strcmp(*hosts, "NULL") == 0 ? NULL : *hosts);
    printf("%.20s %d errno=%d\n", *hosts, error, errno);
  }
  return 0;
}

static int ManyNames(char** arguments) {
  int failures = 0;
  for (long i = atol(arguments[1]); i > 0; --i) failures += Resolve(arguments[0]) != 0;
  printf("failures %d\n", failures);
  return 0;
}

static int OldNames(void) {
  struct hostent entry;
  struct hostent* found = NULL;
  char buffer[4096];
  int error = 0;
  printf("%d", gethostbyname("127.0.0.1") != NULL);
  printf("%d", gethostbyname2("127.0.0.2", AF_INET) != NULL);
  gethostbyname_r("127.0.0.3", &entry, buffer, sizeof(buffer), &found, &error);
  printf("%d", found != NULL);
  gethostbyname2_r("127.0.0.4", AF_INET, &entry, buffer, sizeof(buffer), &found, &error);
  printf("%d\n", found != NULL);
  return 0;
}

static int AsyncNames(void) {
  struct gaicb first, second;
  memset(&first, 0, sizeof(first));
  memset(&second, 0, sizeof(second));
  first.ar_name = "127.0.0.5";
  second.ar_name = "127.0.0.6";
  struct gaicb* list[] = {&first, NULL, &second};
  printf("%d", getaddrinfo_a(GAI_WAIT, list, 3, NULL));
  printf(" %d %d\n", gai_error(&first), gai_error(&second));
  return 0;
}

static const char* signal_name;
static volatile sig_atomic_t signals_seen;

static void AskInHandler(int signal) {
  (void)signal;
  getenv(signal_name);
  ++signals_seen;
}

static int Signals(char** arguments) {
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = AskInHandler;
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, NULL);
  const struct itimerval every = {{0, 200}, {0, 200}};
  signal_name = arguments[0];
  setitimer(ITIMER_REAL, &every, NULL);
  int failures = 0;
  while (signals_seen < 50) failures += Resolve("127.0.0.1") != 0;
  const struct itimerval never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &never, NULL);
  printf("failures %d\n", failures);
  return 0;
}

/* Nanoseconds per getenv of each name, for docs and curiosity; no test depends on it. */
static int Time(char** names) {
  const long rounds = 5000000;
  for (; *names != NULL; ++names) {
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (long i = 0; i < rounds; ++i) getenv(*names);
    clock_gettime(CLOCK_MONOTONIC, &end);
    const double elapsed =
        (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
    printf("%s %.1f ns\n", *names, elapsed / (double)rounds);
  }
  return 0;
}

/* Where this program's own code lies, so that a caller's address can be checked. */
static int Code(char** names) {
  getenv(names[0]);
  printf("%lx %lx\n", (unsigned long)&__executable_start, (unsigned long)&etext);
  return 0;
}

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const char* what = argv[1];
  char** rest = argv + 2;
  if (strcmp(what, "lookup") == 0) return Lookup(rest, PlainGetenv);
  if (strcmp(what, "secure") == 0) return Lookup(rest, SecureGetenv);
  if (strcmp(what, "hot") == 0) return Hot(rest);
  if (strcmp(what, "clear") == 0) return ClearFirst(rest);
  if (strcmp(what, "threads") == 0) return Threads(rest);
  if (strcmp(what, "fork") == 0) return Fork(rest);
  if (strcmp(what, "vfork") == 0) return Vfork(rest);
  if (strcmp(what, "names") == 0) return Names(rest);
  if (strcmp(what, "many-names") == 0) return ManyNames(rest);
  if (strcmp(what, "old-names") == 0) return OldNames();
  if (strcmp(what, "async-names") == 0) return AsyncNames();
  if (strcmp(what, "signals") == 0) return Signals(rest);
  if (strcmp(what, "time") == 0) return Time(rest);
  if (strcmp(what, "code") == 0) return Code(rest);
  if (strcmp(what, "at-secure") == 0) {
    printf("secure %lu\n", getauxval(AT_SECURE));
    return Lookup(rest, SecureGetenv) + Lookup(rest, PlainGetenv) + Resolve("127.0.0.1");
  }
  return 2;
}
