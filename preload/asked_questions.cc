#include "preload/asked_questions.h"

#include <sys/uio.h>

#include "preload/small_memory.h"

namespace safe_trace {
namespace {

constexpr uint16_t kDnsPort = 53;
constexpr unsigned kQuestions = 256;
constexpr unsigned char kResponseBit = 0x80;  // in the third byte of a message

struct Question {
  int taken;   // somebody reads or writes it; whoever comes then does without
  int number;  // the descriptor plus one; 0: empty
  unsigned char id[2];
  socklen_t length;
  unsigned char server[sizeof(sockaddr_in6)];  // as the program wrote it
};
Question questions[kQuestions];
int anything_asked;

Question& PlaceOf(int socket, const MessageStart& message) {
  const unsigned id = static_cast<unsigned>(message.bytes[0]) << 8 | message.bytes[1];
  return questions[(id + static_cast<unsigned>(socket) * 31U) % kQuestions];
}

bool IsLoopback(const sockaddr* source, socklen_t length) {
  if (source->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(source);
    return reinterpret_cast<const unsigned char*>(&in->sin_addr)[0] == 127;
  }
  if (source->sa_family != AF_INET6 || length < sizeof(sockaddr_in6)) return false;
  const unsigned char* bytes = reinterpret_cast<const sockaddr_in6*>(source)->sin6_addr.s6_addr;
  for (int i = 0; i < 10; ++i) {
    if (bytes[i] != 0) return false;
  }
  if (bytes[10] == 0xff && bytes[11] == 0xff) return bytes[12] == 127;
  return bytes[10] == 0 && bytes[11] == 0 && bytes[12] == 0 && bytes[13] == 0 && bytes[14] == 0 &&
         bytes[15] == 1;
}

}  // namespace

socklen_t DnsServerLength(const sockaddr* address, socklen_t length) {
  if (address == nullptr || length < sizeof(sockaddr_in)) return 0;
  // The port stands at the same place in both families.
  if (reinterpret_cast<const sockaddr_in*>(address)->sin_port != __builtin_bswap16(kDnsPort)) {
    return 0;
  }
  if (address->sa_family == AF_INET) return sizeof(sockaddr_in);
  const bool is_v6 = address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6);
  return is_v6 ? sizeof(sockaddr_in6) : 0;
}

MessageStart StartOf(const void* buffer, size_t size) {
  const iovec piece{const_cast<void*>(buffer), size};
  return StartOf(&piece, 1, size);
}

MessageStart StartOf(const iovec* pieces, size_t count, size_t size) {
  MessageStart start{};
  for (size_t i = 0; i < count; ++i) {
    const auto* bytes = static_cast<const unsigned char*>(pieces[i].iov_base);
    for (size_t j = 0; j < pieces[i].iov_len; ++j) {
      if (start.size == sizeof(start.bytes) || start.size == size) return start;
      start.bytes[start.size++] = bytes[j];
    }
  }
  return start;
}

bool AnythingAsked() { return __atomic_load_n(&anything_asked, __ATOMIC_RELAXED) != 0; }

void RememberQuestion(int socket, const MessageStart& message, const sockaddr* server,
                      socklen_t length) {
  const socklen_t taken_length = DnsServerLength(server, length);
  if (socket < 0 || taken_length == 0 || message.size < sizeof(message.bytes)) return;
  Question& question = PlaceOf(socket, message);
  if (!Take(question.taken)) return;
  question.number = socket + 1;
  CopyBytes(question.id, message.bytes, sizeof(question.id));
  question.length = taken_length;
  CopyBytes(question.server, server, taken_length);
  Release(question.taken);
  __atomic_store_n(&anything_asked, 1, __ATOMIC_RELAXED);
}

void RenameAnswer(int socket, const MessageStart& message, sockaddr* source, socklen_t room,
                  socklen_t* length) {
  if (socket < 0 || source == nullptr || message.size < sizeof(message.bytes) ||
      (message.bytes[2] & kResponseBit) == 0 || room < *length || !IsLoopback(source, *length)) {
    return;
  }
  Question& question = PlaceOf(socket, message);
  if (!Take(question.taken)) return;
  if (question.number == socket + 1 &&
      EqualBytes(question.id, message.bytes, sizeof(question.id)) && question.length <= room) {
    CopyBytes(source, question.server, question.length);
    *length = question.length;
  }
  Release(question.taken);
}

}  // namespace safe_trace
