#include "tracer/network/socket_owner.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <optional>
#include <string>

#include "tracer/network/socket_diag.h"

namespace safe_trace {
namespace {

constexpr unsigned kTcpListen = 0x0a;
constexpr unsigned kUdpUnconnected = 0x07;
constexpr unsigned kEstablished = 0x01;

struct InetRow {
  IpAddress local;
  ino_t inode = 0;
};

InetRow ParseInetRow(const inet_diag_msg& message) {
  InetRow row;
  row.local.is_v6 = message.idiag_family == AF_INET6;
  memcpy(row.local.bytes.data(), message.id.idiag_src, row.local.is_v6 ? 16 : 4);
  row.inode = message.idiag_inode;
  return row;
}

// Sockets bound to `port` that take what comes there: listeners, or UDP sockets. Asked of sock_diag
// with the listening state alone, so that the kernel does not walk its table of connections, which
// /proc/net/tcp does (16 ms where the table is large).
absl::Status ForEachInetSocket(int family, bool is_stream, uint16_t port,
                               const std::function<void(const InetRow&)>& visit) {
  inet_diag_req_v2 request{};
  request.sdiag_family = static_cast<uint8_t>(family);
  request.sdiag_protocol = is_stream ? IPPROTO_TCP : IPPROTO_UDP;
  request.idiag_states =
      is_stream ? 1U << kTcpListen : (1U << kUdpUnconnected | 1U << kEstablished);
  request.id.idiag_sport = htons(port);
  return DumpSockets(&request, sizeof(request), sizeof(inet_diag_msg),
                     [&](const nlmsghdr* header) {
                       const auto& message = *static_cast<const inet_diag_msg*>(NLMSG_DATA(header));
                       if (ntohs(message.id.idiag_sport) == port) visit(ParseInetRow(message));
                     });
}

bool IsMapped(const IpAddress& local, const IpAddress& v4) {
  static constexpr uint8_t kPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return local.is_v6 && !v4.is_v6 && memcmp(local.bytes.data(), kPrefix, sizeof(kPrefix)) == 0 &&
         memcmp(local.bytes.data() + sizeof(kPrefix), v4.bytes.data(), 4) == 0;
}

}  // namespace

absl::StatusOr<std::vector<ino_t>> SocketsBoundTo(bool is_stream, const IpAddress& ip,
                                                  uint16_t port) {
  std::vector<ino_t> sockets;
  auto visit = [&](const InetRow& row) {
    bool exact = row.local == ip || IsMapped(row.local, ip);
    // A socket on :: may take IPv4 too, depending on IPV6_V6ONLY, which the table does not show.
    bool wildcard = row.local.IsUnspecified() && (row.local.is_v6 || !ip.is_v6);
    if (exact || wildcard) sockets.push_back(row.inode);
  };
  absl::Status status = ForEachInetSocket(AF_INET, is_stream, port, visit);
  if (status.ok()) status = ForEachInetSocket(AF_INET6, is_stream, port, visit);
  if (!status.ok()) return status;
  return sockets;
}

namespace {

struct UnixRow {
  ino_t socket = 0;
  // A connection that a listener accepted: it carries the listener's name but takes nobody.
  bool accepted = false;
  std::string_view name;  // as bound, abstract names with their leading NUL
  std::optional<unix_diag_vfs> file;
};

UnixRow ParseUnixRow(const nlmsghdr* header) {
  UnixRow row;
  const auto* message = static_cast<const unix_diag_msg*>(NLMSG_DATA(header));
  row.socket = message->udiag_ino;
  row.accepted = message->udiag_type != SOCK_DGRAM && message->udiag_state == kEstablished;
  size_t left = header->nlmsg_len - NLMSG_LENGTH(sizeof(*message));
  const auto* attribute = reinterpret_cast<const rtattr*>(message + 1);
  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    const auto* data = static_cast<const char*>(RTA_DATA(attribute));
    size_t size = RTA_PAYLOAD(attribute);
    if (attribute->rta_type == UNIX_DIAG_NAME) row.name = {data, size};
    if (attribute->rta_type == UNIX_DIAG_VFS && size >= sizeof(unix_diag_vfs)) {
      memcpy(&row.file.emplace(), data, sizeof(unix_diag_vfs));
    }
  }
  return row;
}

absl::Status ForEachUnixSocket(const std::function<void(const UnixRow&)>& visit) {
  unix_diag_req request{};
  request.sdiag_family = AF_UNIX;
  request.udiag_states = ~0U;
  request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS;
  return DumpSockets(&request, sizeof(request), sizeof(unix_diag_msg),
                     [&](const nlmsghdr* header) { visit(ParseUnixRow(header)); });
}

}  // namespace

absl::StatusOr<std::vector<ino_t>> SocketsBoundToFile(dev_t device, ino_t inode) {
  // The kernel reports the low half of the inode and its own encoding of the device (12:20 bits).
  // Collisions only add candidates, and all of them must be the run's own.
  uint32_t wanted_inode = static_cast<uint32_t>(inode);
  uint32_t wanted_device = major(device) << 20 | (minor(device) & 0xfffffU);
  std::vector<ino_t> sockets;
  absl::Status status = ForEachUnixSocket([&](const UnixRow& row) {
    if (!row.accepted && row.file.has_value() && row.file->udiag_vfs_ino == wanted_inode &&
        row.file->udiag_vfs_dev == wanted_device) {
      sockets.push_back(row.socket);
    }
  });
  if (!status.ok()) return status;
  return sockets;
}

absl::StatusOr<std::vector<ino_t>> SocketsBoundToAbstract(std::string_view name) {
  std::vector<ino_t> sockets;
  absl::Status status = ForEachUnixSocket([&](const UnixRow& row) {
    if (!row.accepted && !row.name.empty() && row.name.front() == '\0' &&
        row.name.substr(1) == name) {
      sockets.push_back(row.socket);
    }
  });
  if (!status.ok()) return status;
  return sockets;
}

}  // namespace safe_trace
