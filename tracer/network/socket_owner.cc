#include "tracer/network/socket_owner.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>
#include <string>

#include "tracer/syscall_status.h"
#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

// Tables longer than this are not read to the end: the answer is then an error, and a refusal.
constexpr size_t kMaximumTable = 16 * 1024 * 1024;
constexpr unsigned kTcpListen = 0x0a;
constexpr unsigned kUdpUnconnected = 0x07;
constexpr unsigned kEstablished = 0x01;

absl::StatusOr<std::string> ReadTable(const char* path) {
  UniqueFd file(open(path, O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return LastErrnoStatus(path);
  std::string text;
  char buffer[65536];
  while (true) {
    ssize_t size = read(file.get(), buffer, sizeof(buffer));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return LastErrnoStatus(path);
    if (size == 0) return text;
    text.append(buffer, static_cast<size_t>(size));
    if (text.size() > kMaximumTable) return absl::ResourceExhaustedError("socket table too long");
  }
}

struct TableRow {
  IpAddress local;
  uint16_t port = 0;
  unsigned state = 0;
  ino_t inode = 0;
};

// /proc/net/tcp prints each 32-bit word of an address as a number in host byte order.
bool ParseAddress(std::string_view hex, IpAddress& out) {
  if (hex.size() != 8 && hex.size() != 32) return false;
  out = IpAddress{};
  out.is_v6 = hex.size() == 32;
  for (size_t word = 0; word < hex.size() / 8; ++word) {
    uint32_t value =
        static_cast<uint32_t>(strtoul(std::string(hex.substr(word * 8, 8)).c_str(), nullptr, 16));
    memcpy(out.bytes.data() + word * 4, &value, sizeof(value));
  }
  return true;
}

// "  sl  local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode ...".
std::optional<TableRow> ParseRow(const char* line) {
  char local[33] = {};
  unsigned port = 0, state = 0;
  unsigned long inode = 0;
  int fields =
      sscanf(line, " %*d: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %lu",
             local, &port, &state, &inode);
  TableRow row;
  if (fields != 4 || !ParseAddress(local, row.local)) return std::nullopt;
  row.port = static_cast<uint16_t>(port);
  row.state = state;
  row.inode = inode;
  return row;
}

absl::Status ForEachRow(const char* path, const std::function<void(const TableRow&)>& visit) {
  absl::StatusOr<std::string> text = ReadTable(path);
  if (!text.ok()) return text.status();
  size_t begin = text->find('\n');  // the heading
  while (begin != std::string::npos && ++begin < text->size()) {
    size_t end = text->find('\n', begin);
    std::string line = text->substr(begin, end == std::string::npos ? end : end - begin);
    if (std::optional<TableRow> row = ParseRow(line.c_str())) visit(*row);
    begin = end;
  }
  return absl::OkStatus();
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
  auto visit = [&](const TableRow& row) {
    bool takes = is_stream ? row.state == kTcpListen
                           : row.state == kUdpUnconnected || row.state == kEstablished;
    if (!takes || row.port != port) return;
    bool exact = row.local == ip || IsMapped(row.local, ip);
    // A socket on :: may take IPv4 too, depending on IPV6_V6ONLY, which the table does not show.
    bool wildcard = row.local.IsUnspecified() && (row.local.is_v6 || !ip.is_v6);
    if (exact || wildcard) sockets.push_back(row.inode);
  };
  absl::Status status = ForEachRow(is_stream ? "/proc/net/tcp" : "/proc/net/udp", visit);
  if (!status.ok()) return status;
  status = ForEachRow(is_stream ? "/proc/net/tcp6" : "/proc/net/udp6", visit);
  if (!status.ok() && !absl::IsNotFound(status)) return status;  // no IPv6 here
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

absl::Status SendDump(int netlink) {
  struct {
    nlmsghdr header;
    unix_diag_req request;
  } message{};
  message.header.nlmsg_len = sizeof(message);
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.request.sdiag_family = AF_UNIX;
  message.request.udiag_states = ~0U;
  message.request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS;
  if (send(netlink, &message, sizeof(message), 0) != sizeof(message)) {
    return LastErrnoStatus("sock_diag request");
  }
  return absl::OkStatus();
}

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

// False at the end of the dump.
absl::StatusOr<bool> VisitMessages(const char* buffer, size_t size,
                                   const std::function<void(const UnixRow&)>& visit) {
  const auto* header = reinterpret_cast<const nlmsghdr*>(buffer);
  for (; NLMSG_OK(header, size); header = NLMSG_NEXT(header, size)) {
    if (header->nlmsg_type == NLMSG_DONE) return false;
    if (header->nlmsg_type == NLMSG_ERROR) {
      return absl::UnavailableError("sock_diag: no table of unix sockets");
    }
    if (header->nlmsg_len >= NLMSG_LENGTH(sizeof(unix_diag_msg))) visit(ParseUnixRow(header));
  }
  return true;
}

absl::Status ForEachUnixSocket(const std::function<void(const UnixRow&)>& visit) {
  UniqueFd netlink(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!netlink.valid()) return LastErrnoStatus("sock_diag socket");
  absl::Status status = SendDump(netlink.get());
  if (!status.ok()) return status;
  alignas(nlmsghdr) char buffer[65536];
  size_t total = 0;
  while (total < kMaximumTable) {
    // The kernel answers within the call: MSG_DONTWAIT only guards against waiting for ever.
    ssize_t size = recv(netlink.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
    if (size <= 0) return LastErrnoStatus("sock_diag answer");
    absl::StatusOr<bool> more = VisitMessages(buffer, static_cast<size_t>(size), visit);
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    total += static_cast<size_t>(size);
  }
  return absl::ResourceExhaustedError("table of unix sockets too long");
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
