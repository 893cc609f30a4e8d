#include "tracer/network/control_data.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace safe_trace {
namespace {

#ifndef UDP_SEGMENT
constexpr int kUdpSegment = 103;
#else
constexpr int kUdpSegment = UDP_SEGMENT;
#endif

bool IsHarmlessInet(int level, int type) {
  switch (level) {
    case IPPROTO_IP:
      return type == IP_PKTINFO || type == IP_TOS || type == IP_TTL;
    case IPPROTO_IPV6:
      return type == IPV6_PKTINFO || type == IPV6_HOPLIMIT || type == IPV6_TCLASS ||
             type == IPV6_DONTFRAG;
    case IPPROTO_UDP:
      return type == kUdpSegment;
    default:
      return false;
  }
}

void Append(int level, int type, std::span<const char> data, std::vector<char>& out) {
  size_t begin = out.size();
  out.resize(begin + CMSG_SPACE(data.size()));
  cmsghdr header{};
  header.cmsg_level = level;
  header.cmsg_type = type;
  header.cmsg_len = CMSG_LEN(data.size());
  memcpy(out.data() + begin, &header, sizeof(header));
  memcpy(out.data() + begin + CMSG_LEN(0), data.data(), data.size());
}

int PassDescriptors(std::span<const char> data, Process& process, pid_t tid, ControlData& out) {
  size_t count = data.size() / sizeof(int);
  if (count + out.passed.size() > kMaximumPassedDescriptors) return EINVAL;
  std::vector<int> theirs(count), ours;
  memcpy(theirs.data(), data.data(), count * sizeof(int));
  for (int fd : theirs) {
    UniqueFd copy;
    if (fd < 0) return EBADF;
    int error = DuplicateDescriptor(process, tid, fd, copy);
    if (error != 0) return error;
    ours.push_back(copy.get());
    out.passed.push_back(std::move(copy));
  }
  if (ours.empty()) return 0;
  Append(SOL_SOCKET, SCM_RIGHTS,
         {reinterpret_cast<const char*>(ours.data()), ours.size() * sizeof(int)}, out.bytes);
  return 0;
}

int PassCredentials(std::span<const char> data, const Process& process, ControlData& out) {
  ucred credentials{};
  if (data.size() != sizeof(credentials)) return EINVAL;
  memcpy(&credentials, data.data(), sizeof(credentials));
  if (credentials.pid != process.tgid) return EPERM;
  credentials.pid = getpid();
  Append(SOL_SOCKET, SCM_CREDENTIALS,
         {reinterpret_cast<const char*>(&credentials), sizeof(credentials)}, out.bytes);
  return 0;
}

int PassOne(const cmsghdr& header, std::span<const char> data, const RemoteSocket& socket,
            Process& process, pid_t tid, ControlData& out) {
  bool is_unix = socket.domain == AF_UNIX;
  if (is_unix && header.cmsg_level != SOL_SOCKET) return 0;  // the kernel ignores other levels
  if (is_unix && header.cmsg_type == SCM_RIGHTS) return PassDescriptors(data, process, tid, out);
  if (is_unix && header.cmsg_type == SCM_CREDENTIALS) return PassCredentials(data, process, out);
  if (is_unix) return EINVAL;
  if (!IsHarmlessInet(header.cmsg_level, header.cmsg_type)) {
    out.refused = true;
    return EPERM;
  }
  Append(header.cmsg_level, header.cmsg_type, data, out.bytes);
  return 0;
}

}  // namespace

int RebuildControl(std::span<const char> copied, const RemoteSocket& socket, Process& process,
                   pid_t tid, ControlData& out) {
  size_t position = 0;
  while (copied.size() - position >= sizeof(cmsghdr)) {
    cmsghdr header{};
    memcpy(&header, copied.data() + position, sizeof(header));
    size_t left = copied.size() - position;
    if (header.cmsg_len < sizeof(header) || header.cmsg_len > left) return EINVAL;
    std::span<const char> data =
        copied.subspan(position + CMSG_LEN(0), header.cmsg_len - CMSG_LEN(0));
    int error = PassOne(header, data, socket, process, tid, out);
    if (error != 0) return error;
    size_t step = CMSG_ALIGN(header.cmsg_len);
    if (step >= left) break;
    position += step;
  }
  return 0;
}

}  // namespace safe_trace
