// Asks for sockets of unusual kinds: families PORT SECRET
#include <linux/if_alg.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>

#include "attack.h"

static void Ask(const char* what, int family, int type, int protocol) {
  int fd = socket(family, type, protocol);
  Result(what, fd);
  if (fd >= 0) close(fd);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  struct sockaddr_in to = Ipv4("127.0.0.1", atoi(argv[1]));
  int fd = socket(AF_INET, SOCK_STREAM, 262 /* IPPROTO_MPTCP */);
  Result("mptcp", fd);
  if (fd >= 0) {
    long result = connect(fd, (struct sockaddr*)&to, sizeof to);
    Result("mptcp connect", result);
    if (result == 0) Result("mptcp write", write(fd, argv[2], strlen(argv[2])));
    close(fd);
  }
  Ask("mptcp6", AF_INET6, SOCK_STREAM, 262);
  Ask("vsock", AF_VSOCK, SOCK_STREAM, 0);
  Ask("vsock-dgram", AF_VSOCK, SOCK_DGRAM, 0);
  Ask("packet", AF_PACKET, SOCK_RAW, 0x300);
  Ask("packet-dgram", AF_PACKET, SOCK_DGRAM, 0x300);
  Ask("raw", AF_INET, SOCK_RAW, IPPROTO_ICMP);
  Ask("raw6", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
  Ask("raw-udp", AF_INET, SOCK_RAW, IPPROTO_UDP);
  Ask("alg", AF_ALG, SOCK_SEQPACKET, 0);
  Ask("sctp", AF_INET, SOCK_STREAM, IPPROTO_SCTP);
  Ask("dccp", AF_INET, 6 /* SOCK_DCCP */, 33);
  Ask("udplite", AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
  Ask("netlink-diag", AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
  Ask("netlink-uevent", AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);
  Ask("netlink-generic", AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
  Ask("netlink-netfilter", AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
  Ask("netlink-audit", AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);
  Ask("bluetooth", AF_BLUETOOTH, SOCK_RAW, 1);
  Ask("can", AF_CAN, SOCK_RAW, 1);
  Ask("tipc", AF_TIPC, SOCK_SEQPACKET, 0);
  Ask("xdp", AF_XDP, SOCK_RAW, 0);
  Ask("ok-route", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  Ask("ok-tcp", AF_INET, SOCK_STREAM, 0);
  Ask("ok-udp", AF_INET6, SOCK_DGRAM, 0);
  Ask("ok-unix", AF_UNIX, SOCK_SEQPACKET, 0);
  Done();
  return 0;
}
