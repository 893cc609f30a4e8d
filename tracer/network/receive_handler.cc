#include "tracer/network/receive_handler.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

namespace safe_trace {
namespace {

constexpr Continue kLeaveToKernel{ContinueReason::kAuditOnly};
constexpr size_t kMaximumPieces = 1024;       // UIO_MAXIOV, as the kernel
constexpr size_t kLongestControl = 8 * 1024;  // bytes; a datagram's need less than one KiB
constexpr uint32_t kMaximumMessages = 64;     // at once; callers take fewer than they have room for

SyscallAction ActionOf(int64_t result) {
  if (result < 0) return Fail{static_cast<int>(-result)};
  return Return{result};
}

}  // namespace

std::optional<IncomingReceive> ReceiveHandler::ClientOf(const SyscallInvocation& invocation,
                                                        uint64_t flags, Process& process) const {
  // The error queue holds what could not be sent.
  if (brokered_.empty() || (flags & MSG_ERRQUEUE) != 0) return std::nullopt;
  auto socket = std::make_shared<RemoteSocket>();
  const int number = static_cast<int>(invocation.arguments[0]);
  if (DuplicateSocket(process, invocation.tid, number, *socket) != 0 || !socket->IsUdp() ||
      !brokered_.IsClient(socket->inode)) {
    return std::nullopt;
  }
  IncomingReceive::Client client{std::move(socket), invocation.tid,
                                 static_cast<int>(flags) & ~MSG_WAITFORONE};
  return IncomingReceive(memory_, broker_, brokered_, std::move(client));
}

SyscallAction ReceiveHandler::Run(IncomingReceive receive, ReceivePlace place) {
  const int64_t result = receive.Receive(place);
  if (result != -EAGAIN || !receive.may_wait()) return ActionOf(result);
  return Deferred{[receive = std::move(receive),
                   place = std::move(place)](const std::function<bool()>& interrupted) {
    const int64_t late = receive.Await(place, interrupted);
    return late < 0 ? Deferred::Result(Fail{static_cast<int>(-late)})
                    : Deferred::Result(Return{late});
  }};
}

SyscallAction ReceiveHandler::ReceiveFrom(const SyscallInvocation& invocation,
                                          Process& process) const {
  std::optional<IncomingReceive> receive = ClientOf(invocation, invocation.arguments[3], process);
  if (!receive.has_value()) return kLeaveToKernel;
  int room = 0;
  if (!memory_.ReadValue(invocation.tid, invocation.arguments[5], room).ok() || room < 0) {
    return kLeaveToKernel;
  }
  ReceivePlace place;
  place.pieces = {{reinterpret_cast<void*>(invocation.arguments[1]),
                   static_cast<size_t>(invocation.arguments[2])}};
  place.name = invocation.arguments[4];
  place.name_room = static_cast<size_t>(room);
  place.name_length_at = invocation.arguments[5];
  return Run(*std::move(receive), std::move(place));
}

std::optional<ReceivePlace> ReceiveHandler::PlaceOf(pid_t tid, uint64_t header_address) const {
  msghdr header{};
  if (!memory_.ReadValue(tid, header_address, header).ok() || header.msg_iovlen > kMaximumPieces ||
      static_cast<int>(header.msg_namelen) < 0) {
    return std::nullopt;
  }
  ReceivePlace place;
  place.pieces.resize(header.msg_iovlen);
  if (!place.pieces.empty() && !memory_
                                    .Read(tid, reinterpret_cast<uint64_t>(header.msg_iov),
                                          place.pieces.data(), place.pieces.size() * sizeof(iovec))
                                    .ok()) {
    return std::nullopt;
  }
  place.name = reinterpret_cast<uint64_t>(header.msg_name);
  place.name_room = header.msg_namelen;
  place.control = reinterpret_cast<uint64_t>(header.msg_control);
  place.control_room =
      place.control == 0 ? 0 : std::min<size_t>(header.msg_controllen, kLongestControl);
  place.name_length_at = header_address + offsetof(msghdr, msg_namelen);
  place.control_length_at = header_address + offsetof(msghdr, msg_controllen);
  place.flags_at = header_address + offsetof(msghdr, msg_flags);
  return place;
}

SyscallAction ReceiveHandler::ReceiveMessage(const SyscallInvocation& invocation,
                                             Process& process) const {
  std::optional<IncomingReceive> receive = ClientOf(invocation, invocation.arguments[2], process);
  if (!receive.has_value()) return kLeaveToKernel;
  std::optional<ReceivePlace> place = PlaceOf(invocation.tid, invocation.arguments[1]);
  if (!place.has_value()) return kLeaveToKernel;
  return Run(*std::move(receive), *std::move(place));
}

SyscallAction ReceiveHandler::ReceiveMessages(const SyscallInvocation& invocation,
                                              Process& process) const {
  std::optional<IncomingReceive> receive = ClientOf(invocation, invocation.arguments[3], process);
  if (!receive.has_value()) return kLeaveToKernel;
  const auto wanted = std::min(static_cast<uint32_t>(invocation.arguments[2]), kMaximumMessages);
  std::vector<ReceivePlace> places;
  for (uint32_t i = 0; i < wanted; ++i) {
    const uint64_t address = invocation.arguments[1] + i * sizeof(mmsghdr);
    std::optional<ReceivePlace> place = PlaceOf(invocation.tid, address);
    if (!place.has_value()) break;
    place->size_at = address + offsetof(mmsghdr, msg_len);
    places.push_back(*std::move(place));
  }
  if (places.empty()) return kLeaveToKernel;
  int64_t count = 0, result = 0;
  for (const ReceivePlace& place : places) {
    result = receive->Receive(place);
    if (result < 0) break;
    ++count;
  }
  if (count > 0) return Return{count};
  if (result != -EAGAIN || !receive->may_wait()) return ActionOf(result);
  // As with MSG_WAITFORONE: what comes later is for the next call.
  return Deferred{[receive = *std::move(receive),
                   place = places.front()](const std::function<bool()>& interrupted) {
    const int64_t late = receive.Await(place, interrupted);
    return late < 0 ? Deferred::Result(Fail{static_cast<int>(-late)}) : Deferred::Result(Return{1});
  }};
}

}  // namespace safe_trace
