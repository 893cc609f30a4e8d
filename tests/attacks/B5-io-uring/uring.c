// Opens and reads a file through io_uring, without liburing: uring PATH
#include <linux/io_uring.h>
#include <sys/mman.h>

#include "attack.h"

static int Submit(int ring, struct io_uring_params* p, struct io_uring_sqe* entries, char* sq,
                  char* cq, const struct io_uring_sqe* wanted) {
  unsigned* tail = (unsigned*)(sq + p->sq_off.tail);
  unsigned mask = *(unsigned*)(sq + p->sq_off.ring_mask);
  unsigned* array = (unsigned*)(sq + p->sq_off.array);
  unsigned index = *tail & mask;
  entries[index] = *wanted;
  array[index] = index;
  __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
  if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0) return -errno;
  unsigned* head = (unsigned*)(cq + p->cq_off.head);
  struct io_uring_cqe* done = (struct io_uring_cqe*)(cq + p->cq_off.cqes);
  int result = done[*head & *(unsigned*)(cq + p->cq_off.ring_mask)].res;
  __atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
  return result;
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  struct io_uring_params p;
  memset(&p, 0, sizeof p);
  int ring = (int)syscall(SYS_io_uring_setup, 4, &p);
  Result("io_uring_setup", ring);
  if (ring >= 0) {
    size_t sq_size = p.sq_off.array + p.sq_entries * sizeof(unsigned);
    size_t cq_size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
    char* sq = mmap(NULL, sq_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    char* cq = mmap(NULL, cq_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_CQ_RING);
    struct io_uring_sqe* entries = mmap(NULL, p.sq_entries * sizeof *entries,
                                        PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
    static char data[4096];
    struct io_uring_sqe wanted;
    memset(&wanted, 0, sizeof wanted);
    wanted.opcode = IORING_OP_OPENAT;
    wanted.fd = AT_FDCWD;
    wanted.addr = (uint64_t)argv[1];
    wanted.open_flags = O_RDONLY;
    int fd = Submit(ring, &p, entries, sq, cq, &wanted);
    Say("open: %d", fd);
    memset(&wanted, 0, sizeof wanted);
    wanted.opcode = IORING_OP_READ;
    wanted.fd = fd;
    wanted.addr = (uint64_t)data;
    wanted.len = sizeof data - 1;
    if (fd >= 0 && Submit(ring, &p, entries, sq, cq, &wanted) > 0) Say("LEAK %s", data);
  }
  // The other two entries, on a descriptor that is no ring.
  errno = 0;
  Result("io_uring_enter", syscall(SYS_io_uring_enter, 0, 1, 0, 0, NULL, 0));
  Result("io_uring_register", syscall(SYS_io_uring_register, -1, 0, NULL, 0));
  Done();
  return 0;
}
