#include "tracer/network/socket_diag.h"

#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "absl/status/statusor.h"
#include "tracer/syscall_status.h"
#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

constexpr size_t kMaximumAnswers = 16 * 1024 * 1024;
constexpr size_t kMaximumRequest = 256;

absl::Status SendDump(int netlink, const void* request, size_t size) {
  alignas(nlmsghdr) std::array<char, NLMSG_HDRLEN + kMaximumRequest> message{};
  if (size > kMaximumRequest) return absl::InvalidArgumentError("sock_diag request too long");
  auto* header = reinterpret_cast<nlmsghdr*>(message.data());
  header->nlmsg_len = static_cast<uint32_t>(NLMSG_LENGTH(size));
  header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  memcpy(NLMSG_DATA(header), request, size);
  ssize_t sent = send(netlink, message.data(), header->nlmsg_len, 0);
  if (sent != static_cast<ssize_t>(header->nlmsg_len)) return LastErrnoStatus("sock_diag request");
  return absl::OkStatus();
}

// False at the end of the dump.
absl::StatusOr<bool> VisitMessages(const char* buffer, size_t size, size_t answer_size,
                                   const std::function<void(const nlmsghdr*)>& visit) {
  const auto* header = reinterpret_cast<const nlmsghdr*>(buffer);
  for (; NLMSG_OK(header, size); header = NLMSG_NEXT(header, size)) {
    if (header->nlmsg_type == NLMSG_DONE) return false;
    if (header->nlmsg_type == NLMSG_ERROR) {
      return absl::UnavailableError("sock_diag: no such table of sockets");
    }
    if (header->nlmsg_len >= NLMSG_LENGTH(answer_size)) visit(header);
  }
  return true;
}

}  // namespace

absl::Status DumpSockets(const void* request, size_t request_size, size_t answer_size,
                         const std::function<void(const nlmsghdr*)>& visit) {
  UniqueFd netlink(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!netlink.valid()) return LastErrnoStatus("sock_diag socket");
  absl::Status status = SendDump(netlink.get(), request, request_size);
  if (!status.ok()) return status;
  alignas(nlmsghdr) char buffer[65536];
  size_t total = 0;
  while (total < kMaximumAnswers) {
    // The kernel answers within the call: MSG_DONTWAIT only guards against waiting for ever.
    ssize_t size = recv(netlink.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
    if (size <= 0) return LastErrnoStatus("sock_diag answer");
    absl::StatusOr<bool> more =
        VisitMessages(buffer, static_cast<size_t>(size), answer_size, visit);
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    total += static_cast<size_t>(size);
  }
  return absl::ResourceExhaustedError("table of sockets too long");
}

}  // namespace safe_trace
