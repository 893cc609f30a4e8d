"""Addresses on the loopback interface of a namespace of the test's own."""

import fcntl
import os
import socket
import struct
import time

SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8913, 0x8914
SIOCSIFADDR, SIOCSIFNETMASK, SIOCGIFINDEX = 0x8916, 0x891C, 0x8933
IFF_UP = 1

_labels = iter(range(1, 1000))  # an address given to a label that is in use replaces the other


def _request(name, data):
    return struct.pack("16s24s", name.encode(), data)


def _sockaddr_in(address):
    return struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))


def bring_up(*addresses):
    """Sets lo up and gives it `addresses`. Only ever called inside a fresh network namespace."""
    if os.environ.get("SAFE_TRACE_TEST_NETNS") != "1":
        raise RuntimeError("addresses are added in a namespace of the test's own only")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        answer = fcntl.ioctl(control, SIOCGIFFLAGS, _request("lo", b""))
        flags = struct.unpack_from("=H", answer, 16)[0]
        fcntl.ioctl(control, SIOCSIFFLAGS, _request("lo", struct.pack("=H", flags | IFF_UP)))
        index = struct.unpack_from("=i", fcntl.ioctl(control, SIOCGIFINDEX, _request("lo", b"")),
                                   16)[0]
        for address in (a for a in addresses if ":" not in a):
            label = "lo:%d" % next(_labels)
            fcntl.ioctl(control, SIOCSIFADDR, _request(label, _sockaddr_in(address)))
            fcntl.ioctl(control, SIOCSIFNETMASK,
                        _request(label, _sockaddr_in("255.255.255.255")))
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as control:
        for address in (a for a in addresses if ":" in a):
            fcntl.ioctl(control, SIOCSIFADDR,
                        struct.pack("=16sIi", socket.inet_pton(socket.AF_INET6, address), 128,
                                    index))
    _wait_until_usable(addresses)


def _wait_until_usable(addresses):
    """The kernel takes a moment before it lets an IPv6 address be bound."""
    deadline = time.monotonic() + 10
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        while True:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                try:
                    probe.bind((address, 0))
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise
            time.sleep(0.05)
