#include "tracer/network/incoming_receive.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>

namespace safe_trace {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kLongestDatagram = 65536;  // bytes
constexpr auto kPollInterval = std::chrono::milliseconds(20);
constexpr uint8_t kResponseBit = 0x80;  // in the third byte of a message

std::optional<Clock::time_point> DeadlineOf(int socket) {
  timeval limit{};
  socklen_t size = sizeof(limit);
  if (getsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, &size) != 0 ||
      (limit.tv_sec == 0 && limit.tv_usec == 0)) {
    return std::nullopt;
  }
  return Clock::now() + std::chrono::seconds(std::min<time_t>(limit.tv_sec, 1 << 30)) +
         std::chrono::microseconds(limit.tv_usec);
}

// Port and address, in either form.
bool IsSameHost(const sockaddr_storage& one, const sockaddr_storage& other) {
  if (one.ss_family != other.ss_family) return false;
  if (one.ss_family == AF_INET) {
    const auto& a = reinterpret_cast<const sockaddr_in&>(one);
    const auto& b = reinterpret_cast<const sockaddr_in&>(other);
    return a.sin_port == b.sin_port && a.sin_addr.s_addr == b.sin_addr.s_addr;
  }
  const auto& a = reinterpret_cast<const sockaddr_in6&>(one);
  const auto& b = reinterpret_cast<const sockaddr_in6&>(other);
  return one.ss_family == AF_INET6 && a.sin6_port == b.sin6_port &&
         memcmp(&a.sin6_addr, &b.sin6_addr, sizeof(a.sin6_addr)) == 0;
}

}  // namespace

// Nobody else can send from there.
bool IncomingReceive::IsBroker(const sockaddr_storage& source, socklen_t length) const {
  sockaddr_storage broker{};
  socklen_t size = 0;
  return length > 0 && broker_.AddressFor(client_.socket->domain, false, broker, size) &&
         IsSameHost(source, broker);
}

void IncomingReceive::Rename(const std::vector<char>& data, size_t size, msghdr& header) const {
  auto& source = *static_cast<sockaddr_storage*>(header.msg_name);
  if (!IsBroker(source, header.msg_namelen)) return;
  const auto byte = [&data](size_t i) { return static_cast<uint8_t>(data[i]); };
  // Of a client that wants to see less than an id, the socket alone must tell.
  const bool is_answer = size >= 3 && (byte(2) & kResponseBit) != 0;
  const auto id = static_cast<uint16_t>(is_answer ? byte(0) << 8 | byte(1) : 0);
  const std::optional<SocketName> server = brokered_.ServerOf(client_.socket->inode, id);
  if (!server.has_value() || server->length > sizeof(source)) return;
  memcpy(&source, &server->storage, server->length);
  header.msg_namelen = server->length;
}

bool IncomingReceive::Scatter(const ReceivePlace& place, const char* data, size_t size) const {
  for (const iovec& piece : place.pieces) {
    const size_t part = std::min(size, piece.iov_len);
    if (part == 0) continue;
    const auto address = reinterpret_cast<uint64_t>(piece.iov_base);
    if (!memory_.Write(client_.tid, address, data, part).ok()) return false;
    data += part;
    size -= part;
  }
  return true;
}

bool IncomingReceive::Tell(const ReceivePlace& place, const msghdr& header, size_t size) const {
  const auto write = [this](uint64_t address, const void* data, size_t length) {
    return address == 0 || length == 0 || memory_.Write(client_.tid, address, data, length).ok();
  };
  const auto name_length = static_cast<int>(header.msg_namelen);
  const size_t name = std::min<size_t>(place.name_room, header.msg_namelen);
  const size_t control_length = header.msg_controllen;
  const auto count = static_cast<unsigned>(size);
  return write(place.name, header.msg_name, name) &&
         write(place.name == 0 ? 0 : place.name_length_at, &name_length, sizeof(name_length)) &&
         write(place.control, header.msg_control, std::min(place.control_room, control_length)) &&
         write(place.control_length_at, &control_length, sizeof(control_length)) &&
         write(place.flags_at, &header.msg_flags, sizeof(header.msg_flags)) &&
         write(place.size_at, &count, sizeof(count));
}

int64_t IncomingReceive::Receive(const ReceivePlace& place) const {
  uint64_t room = 0;
  for (const iovec& piece : place.pieces) room += std::min(piece.iov_len, kLongestDatagram);
  std::vector<char> data(std::min<uint64_t>(room, kLongestDatagram)), control(place.control_room);
  iovec piece{data.data(), data.size()};
  sockaddr_storage source{};
  msghdr header{};
  header.msg_name = &source;
  header.msg_namelen = sizeof(source);
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.empty() ? nullptr : control.data();
  header.msg_controllen = control.size();
  const ssize_t size = recvmsg(client_.socket->fd.get(), &header, client_.flags | MSG_DONTWAIT);
  if (size < 0) return -errno;
  // With MSG_TRUNC more may have come than there is room for.
  const size_t there = std::min(static_cast<size_t>(size), data.size());
  Rename(data, there, header);
  const bool is_written =
      Scatter(place, data.data(), there) && Tell(place, header, static_cast<size_t>(size));
  return is_written ? size : -EFAULT;
}

int64_t IncomingReceive::Await(const ReceivePlace& place,
                               const std::function<bool()>& interrupted) const {
  const std::optional<Clock::time_point> deadline = DeadlineOf(client_.socket->fd.get());
  while (true) {
    if (interrupted()) return -EINTR;
    const int64_t result = Receive(place);
    if (result != -EAGAIN) return result;
    if (deadline.has_value() && Clock::now() >= *deadline) return -EAGAIN;
    pollfd watched{client_.socket->fd.get(), POLLIN, 0};
    (void)poll(&watched, 1, static_cast<int>(kPollInterval.count()));
  }
}

}  // namespace safe_trace
