// Wraps connect and the calls that send and receive datagrams for the sake of DNS clients that
// compare the source of an answer with the server that they asked (c-ares, dnspython, hickory): the
// supervisor leads what goes to port 53 to the broker, and the answer comes from there. Runs inside
// somebody else's process: the rules are at the head of shim_init.cc. Nothing is protected here: a
// program without the shim waits for an answer that it does not take.
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "preload/asked_questions.h"
#include "preload/raw_syscall.h"
#include "preload/real_function.h"
#include "preload/shim_init.h"
#include "preload/small_memory.h"

namespace safe_trace {
namespace {

constexpr int kSlots = 64;  // sockets that are remembered; a later one takes an earlier one's place
constexpr socklen_t kLongest = sizeof(sockaddr_in6);

// A socket that was connected to port 53.
struct Slot {
  int taken;   // somebody reads or writes it; whoever comes then does without
  int number;  // the descriptor plus one; 0: empty
  socklen_t length;
  unsigned char server[kLongest];  // as the program wrote it
};
Slot slots[kSlots];

void RememberConnected(int socket, const sockaddr* address, socklen_t length) {
  if (socket < 0) return;
  Slot& slot = slots[socket % kSlots];
  const socklen_t server_length = DnsServerLength(address, length);
  const bool is_server = server_length > 0;
  if (!is_server && __atomic_load_n(&slot.number, __ATOMIC_RELAXED) != socket + 1) return;
  if (!Take(slot.taken)) return;
  if (is_server) {
    slot.length = server_length;
    CopyBytes(slot.server, address, server_length);
    __atomic_store_n(&slot.number, socket + 1, __ATOMIC_RELAXED);
  } else if (slot.number == socket + 1) {
    __atomic_store_n(&slot.number, 0, __ATOMIC_RELAXED);
  }
  Release(slot.taken);
}

// The descriptor may belong to another socket by now: only what its own peer sent is renamed.
bool IsFromPeer(int socket, const sockaddr* source, socklen_t length) {
  unsigned char peer[kLongest];
  socklen_t size = sizeof(peer);
  const long result = RawSyscall(SYS_getpeername, socket, reinterpret_cast<long>(peer),
                                 reinterpret_cast<long>(&size), 0);
  return result == 0 && size == length && EqualBytes(peer, source, sizeof(sa_family_t) + 2);
}

// True where the source was the peer of a socket that is connected to port 53.
bool RenamePeer(int socket, sockaddr* source, socklen_t room, socklen_t* length) {
  Slot& slot = slots[socket % kSlots];
  if (__atomic_load_n(&slot.number, __ATOMIC_RELAXED) != socket + 1 || *length > kLongest ||
      room < *length || !IsFromPeer(socket, source, *length) || !Take(slot.taken)) {
    return false;
  }
  const bool is_named = slot.number == socket + 1 && slot.length <= room;
  if (is_named) {
    CopyBytes(source, slot.server, slot.length);
    *length = slot.length;
  }
  Release(slot.taken);
  return is_named;
}

void RememberMessage(int socket, const msghdr& message, size_t size) {
  const auto* server = static_cast<const sockaddr*>(message.msg_name);
  if (DnsServerLength(server, message.msg_namelen) == 0) return;
  RememberQuestion(socket, StartOf(message.msg_iov, message.msg_iovlen, size), server,
                   message.msg_namelen);
}

using ConnectFunction = int(int, const sockaddr*, socklen_t);
using ReceiveFromFunction = ssize_t(int, void*, size_t, int, sockaddr*, socklen_t*);
using ReceiveMessageFunction = ssize_t(int, msghdr*, int);
using SendToFunction = ssize_t(int, const void*, size_t, int, const sockaddr*, socklen_t);
using SendMessageFunction = ssize_t(int, const msghdr*, int);
using SendMessagesFunction = int(int, mmsghdr*, unsigned, int);
ConnectFunction* real_connect;
ReceiveFromFunction* real_recvfrom;
ReceiveMessageFunction* real_recvmsg;
SendToFunction* real_sendto;
SendMessageFunction* real_sendmsg;
SendMessagesFunction* real_sendmmsg;

template <typename Function, typename... Arguments>
auto CallReal(Function** slot, const char* name, Arguments... arguments)
    -> decltype((*slot)(arguments...)) {
  Function* real = Real(slot, name);
  if (real == nullptr) {
    errno = ENOSYS;
    return -1;
  }
  return real(arguments...);
}

}  // namespace
}  // namespace safe_trace

using namespace safe_trace;

// What is sent is looked at only after the kernel has: it answers bad pointers with EFAULT.

ST_EXPORT int connect(int socket, const sockaddr* address, socklen_t length) {
  const int result = CallReal(&real_connect, "connect", socket, address, length);
  if (result == 0 && address != nullptr) RememberConnected(socket, address, length);
  return result;
}

ST_EXPORT ssize_t sendto(int socket, const void* buffer, size_t size, int flags,
                         const sockaddr* server, socklen_t length) {
  const ssize_t sent =
      CallReal(&real_sendto, "sendto", socket, buffer, size, flags, server, length);
  if (sent > 0 && DnsServerLength(server, length) > 0) {
    RememberQuestion(socket, StartOf(buffer, static_cast<size_t>(sent)), server, length);
  }
  return sent;
}

ST_EXPORT ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  const ssize_t sent = CallReal(&real_sendmsg, "sendmsg", socket, message, flags);
  if (sent > 0) RememberMessage(socket, *message, static_cast<size_t>(sent));
  return sent;
}

ST_EXPORT int sendmmsg(int socket, mmsghdr* messages, unsigned count, int flags) {
  const int sent = CallReal(&real_sendmmsg, "sendmmsg", socket, messages, count, flags);
  for (int i = 0; i < sent; ++i) {
    RememberMessage(socket, messages[i].msg_hdr, messages[i].msg_len);
  }
  return sent;
}

ST_EXPORT ssize_t recvfrom(int socket, void* buffer, size_t size, int flags, sockaddr* source,
                           socklen_t* length) {
  const socklen_t room = source != nullptr && length != nullptr ? *length : 0;
  const ssize_t received =
      CallReal(&real_recvfrom, "recvfrom", socket, buffer, size, flags, source, length);
  if (received < 0 || room == 0 || socket < 0) return received;
  if (RenamePeer(socket, source, room, length) || !AnythingAsked()) return received;
  // With MSG_TRUNC more may have come than there is room for.
  const size_t there = static_cast<size_t>(received) < size ? static_cast<size_t>(received) : size;
  RenameAnswer(socket, StartOf(buffer, there), source, room, length);
  return received;
}

ST_EXPORT ssize_t recvmsg(int socket, msghdr* message, int flags) {
  // Nothing is looked at beforehand in a program that has asked nothing.
  const bool is_client = AnythingAsked();
  const socklen_t room =
      is_client && message != nullptr && message->msg_name != nullptr ? message->msg_namelen : 0;
  const ssize_t received = CallReal(&real_recvmsg, "recvmsg", socket, message, flags);
  if (received < 0 || room == 0) return received;
  RenameAnswer(socket,
               StartOf(message->msg_iov, message->msg_iovlen, static_cast<size_t>(received)),
               static_cast<sockaddr*>(message->msg_name), room, &message->msg_namelen);
  return received;
}
