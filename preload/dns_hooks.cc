// Wraps connect and recvfrom for the sake of DNS clients that compare the source of an answer with
// the server that they asked (c-ares): a socket that is connected to port 53 is connected to the
// broker by the supervisor, and the answer comes from there. Runs inside somebody else's process:
// the rules are at the head of shim_init.cc. Nothing is protected here: a program without the shim
// waits for an answer that it does not take.
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "preload/raw_syscall.h"
#include "preload/real_function.h"
#include "preload/shim_init.h"

namespace safe_trace {
namespace {

constexpr uint16_t kDnsPort = 53;
constexpr int kSlots = 64;  // sockets that are remembered; a later one takes an earlier one's place
constexpr socklen_t kLongest = sizeof(sockaddr_in6);

struct Slot {
  int taken;   // somebody reads or writes it; whoever comes then does without
  int number;  // the descriptor plus one; 0: empty
  socklen_t length;
  unsigned char server[kLongest];  // as the program wrote it
};
Slot slots[kSlots];

bool Take(Slot& slot) { return __atomic_exchange_n(&slot.taken, 1, __ATOMIC_ACQUIRE) == 0; }
void Release(Slot& slot) { __atomic_store_n(&slot.taken, 0, __ATOMIC_RELEASE); }

void Copy(void* to, const void* from, socklen_t size) {
  auto* target = static_cast<unsigned char*>(to);
  const auto* source = static_cast<const unsigned char*>(from);
  for (socklen_t i = 0; i < size; ++i) target[i] = source[i];
}

bool Equal(const void* a, const void* b, socklen_t size) {
  const auto* left = static_cast<const unsigned char*>(a);
  const auto* right = static_cast<const unsigned char*>(b);
  for (socklen_t i = 0; i < size; ++i) {
    if (left[i] != right[i]) return false;
  }
  return true;
}

// The port stands at the same place in both families.
bool IsDnsServer(const sockaddr* address, socklen_t length) {
  if (length < sizeof(sockaddr_in) || length > kLongest) return false;
  if (address->sa_family != AF_INET && address->sa_family != AF_INET6) return false;
  return reinterpret_cast<const sockaddr_in*>(address)->sin_port == __builtin_bswap16(kDnsPort);
}

void Remember(int socket, const sockaddr* address, socklen_t length) {
  if (socket < 0) return;
  Slot& slot = slots[socket % kSlots];
  const bool is_server = IsDnsServer(address, length);
  if (!is_server && __atomic_load_n(&slot.number, __ATOMIC_RELAXED) != socket + 1) return;
  if (!Take(slot)) return;
  if (is_server) {
    slot.length = length;
    Copy(slot.server, address, length);
    __atomic_store_n(&slot.number, socket + 1, __ATOMIC_RELAXED);
  } else if (slot.number == socket + 1) {
    __atomic_store_n(&slot.number, 0, __ATOMIC_RELAXED);
  }
  Release(slot);
}

// The descriptor may belong to another socket by now: only what its own peer sent is renamed.
bool IsFromPeer(int socket, const sockaddr* source, socklen_t length) {
  unsigned char peer[kLongest];
  socklen_t size = sizeof(peer);
  const long result = RawSyscall(SYS_getpeername, socket, reinterpret_cast<long>(peer),
                                 reinterpret_cast<long>(&size), 0);
  return result == 0 && size == length && Equal(peer, source, sizeof(sa_family_t) + 2);
}

void Rename(int socket, sockaddr* source, socklen_t room, socklen_t* length) {
  Slot& slot = slots[socket % kSlots];
  if (__atomic_load_n(&slot.number, __ATOMIC_RELAXED) != socket + 1 || *length > kLongest ||
      room < *length || !IsFromPeer(socket, source, *length) || !Take(slot)) {
    return;
  }
  if (slot.number == socket + 1 && slot.length <= room) {
    Copy(source, slot.server, slot.length);
    *length = slot.length;
  }
  Release(slot);
}

using ConnectFunction = int(int, const sockaddr*, socklen_t);
using ReceiveFunction = ssize_t(int, void*, size_t, int, sockaddr*, socklen_t*);
ConnectFunction* real_connect;
ReceiveFunction* real_recvfrom;

}  // namespace
}  // namespace safe_trace

using namespace safe_trace;

ST_EXPORT int connect(int socket, const sockaddr* address, socklen_t length) {
  auto* real = Real(&real_connect, "connect");
  if (real == nullptr) {
    errno = ENOSYS;
    return -1;
  }
  const int result = real(socket, address, length);
  if (result == 0 && address != nullptr) Remember(socket, address, length);
  return result;
}

ST_EXPORT ssize_t recvfrom(int socket, void* buffer, size_t size, int flags, sockaddr* source,
                           socklen_t* length) {
  const socklen_t room = source != nullptr && length != nullptr ? *length : 0;
  auto* real = Real(&real_recvfrom, "recvfrom");
  if (real == nullptr) {
    errno = ENOSYS;
    return -1;
  }
  const ssize_t result = real(socket, buffer, size, flags, source, length);
  if (result >= 0 && room > 0 && socket >= 0) Rename(socket, source, room, length);
  return result;
}
