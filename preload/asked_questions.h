// Which DNS questions a program sent in datagrams that name their server. The supervisor sends them
// to the broker, and the answer comes from there; clients compare its source with whom they asked.
// Fixed in size: where a later question takes the place of an earlier one, the answer to the
// earlier keeps the broker's address.
#ifndef SAFE_TRACE_PRELOAD_ASKED_QUESTIONS_H_
#define SAFE_TRACE_PRELOAD_ASKED_QUESTIONS_H_

#include <netinet/in.h>
#include <sys/socket.h>

namespace safe_trace {

// How much of `address` names the server; 0 where its port is not 53 or it is no internet address.
socklen_t DnsServerLength(const sockaddr* address, socklen_t length);

// What is looked at of a message: its id and the byte that tells answers from questions.
struct MessageStart {
  unsigned char bytes[3];
  unsigned size;  // of what `bytes` holds
};
MessageStart StartOf(const void* buffer, size_t size);
MessageStart StartOf(const iovec* pieces, size_t count, size_t size);

// False while nothing was remembered in this process.
bool AnythingAsked();
void RememberQuestion(int socket, const MessageStart& message, const sockaddr* server,
                      socklen_t length);
// Puts the server that was asked in the place of the broker, where the socket asked this question.
// `room`: bytes at `source`; `length`: what the kernel said of it.
void RenameAnswer(int socket, const MessageStart& message, sockaddr* source, socklen_t room,
                  socklen_t* length);

}  // namespace safe_trace

#endif  // SAFE_TRACE_PRELOAD_ASKED_QUESTIONS_H_
