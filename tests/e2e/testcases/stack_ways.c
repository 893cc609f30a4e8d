// Opens the file argv[2] through calls that a stack must show. Built without debug information.
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char* path;

__attribute__((noinline)) int innermost_step(void) {
  int fd = open(path, O_RDONLY);
  __asm__ volatile("");
  return fd;
}

__attribute__((noinline)) int middle_step(void) {
  int fd = innermost_step();
  __asm__ volatile("");
  return fd;
}

__attribute__((noinline)) int outer_step(void) {
  int fd = middle_step();
  __asm__ volatile("");
  return fd;
}

static void* in_a_thread(void* unused) {
  (void)unused;
  return (void*)(intptr_t)outer_step();
}

// push rbp; mov rbp, rsp; mov rax, target; call rax; pop rbp; ret
static int through_generated_code(void) {
  unsigned char* code = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  unsigned char text[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0,
                          0xff, 0xd0, 0x5d, 0xc3};
  int (*target)(void) = outer_step;
  memcpy(text + 6, &target, sizeof(target));
  memcpy(code, text, sizeof(text));
  mprotect(code, 4096, PROT_READ | PROT_EXEC);
  int (*generated)(void) = (int (*)(void))(uintptr_t)code;
  return generated();
}

// A system call with a stack pointer that points nowhere.
static int without_a_stack(void) {
  long result;
  register long r10 __asm__("r10") = 0;
  __asm__ volatile(
      "mov %%rsp, %%r12\n\tmov $0x1000, %%rsp\n\tsyscall\n\tmov %%r12, %%rsp"
      : "=a"(result)
      : "a"((long)SYS_openat), "D"((long)AT_FDCWD), "S"(path), "d"((long)O_RDONLY), "r"(r10)
      : "rcx", "r11", "r12", "memory");
  return (int)result;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  path = argv[2];
  int fd = -1;
  if (strcmp(argv[1], "calls") == 0) {
    fd = outer_step();
  } else if (strcmp(argv[1], "thread") == 0) {
    pthread_t thread;
    void* result = NULL;
    pthread_create(&thread, NULL, in_a_thread, NULL);
    pthread_join(thread, &result);
    fd = (int)(intptr_t)result;
  } else if (strcmp(argv[1], "generated") == 0) {
    fd = through_generated_code();
  } else if (strcmp(argv[1], "no-stack") == 0) {
    fd = without_a_stack();
  }
  puts(fd >= 0 ? "opened" : "refused");
  return 0;
}
