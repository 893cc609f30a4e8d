"""Who lives in the small internet of these tests. Addresses and names are those kept for
documentation and tests (RFC 5737, 3849, 6761)."""

import atexit
import ctypes
import functools
import os
import shutil
import socket
import struct
import tempfile

import loopback
import private_network
from authority import Authority
from doors import Doors
from name_server import NameServer
from recording_host import RecordingHost, tls_context
from web_host import WebHost, WebProxy

RESOLVER = "203.0.113.53"
REGISTRY, REGISTRY6 = "203.0.113.10", "2001:db8::10"  # and the look-alike's
RECORDER = "203.0.113.20"  # two names here as well
PROXY = "203.0.113.30"
DOORS = "203.0.113.40"  # each port behaves in its own way
SILENT, SILENT6 = "203.0.113.50", "2001:db8::50"
STRANGER = "203.0.113.66"
UNREACHABLE = "198.51.100.7"

ADDRESSES = {
    "registry.test": [REGISTRY, REGISTRY6],
    "lookalike.test": [REGISTRY, REGISTRY6],
    "recorder.test": [RECORDER],
    "neighbour.test": [RECORDER],
    "proxy.test": [PROXY],
    "doors.test": [DOORS],
    "silent.test": [SILENT],
    # Happy eyeballs: the IPv6 address never answers.
    "half-dead.test": [SILENT6, REGISTRY],
    "stranger.test": [STRANGER],
    "unreachable.test": [UNREACHABLE],
    "no-route.test": ["192.0.2.1"],
    "metadata.google.internal": ["169.254.169.254"],
}


class SmallInternet:
    """Made once for each program that runs tests; its servers live as long as that."""

    def __init__(self):
        loopback.bring_up(RESOLVER, REGISTRY, REGISTRY6, RECORDER, PROXY, DOORS, SILENT, SILENT6,
                          STRANGER)
        private_network.make_unreachable("198.51.100.0", 24)
        self.folder = tempfile.mkdtemp(prefix="stn-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        atexit.register(shutil.rmtree, self.folder, True)
        self.files = os.path.join(self.folder, "files")
        os.mkdir(self.files, 0o755)
        self.authority = Authority(self.folder, sorted(ADDRESSES),
                                   [REGISTRY, REGISTRY6, RECORDER, STRANGER])
        self.resolver = NameServer(RESOLVER, dict(ADDRESSES))
        self.web = []
        tls = tls_context(self.authority, lambda: self.recorder_tls)
        for address in (REGISTRY, REGISTRY6):
            self.web.append(WebHost(address, 443, self.files, tls))
            self.web.append(WebHost(address, 80, self.files))
        self.recorder_tls = RecordingHost(RECORDER, 443, tls)
        self.recorder = RecordingHost(RECORDER, 80)
        self.stranger = RecordingHost(STRANGER, 443, tls)
        self.stranger_plain = RecordingHost(STRANGER, 80)
        self.doors = Doors(DOORS)
        self.proxy = WebProxy(PROXY, 3128, ADDRESSES)

    def put(self, name, content):
        path = os.path.join(self.files, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)

    def requests(self):
        return [request for host in self.web for request in host.requests]


@functools.cache
def small_internet():
    return SmallInternet()


SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27


def make_silent(address, port):
    """A listener on which every connect waits: the kernel drops the packets before it sees them.
    Dropping the filter (`answer_again`) lets the next repetition of the SYN through."""
    silent = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    silent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    code = struct.pack("=HBBI", 0x06, 0, 0, 0)  # BPF: return 0
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", 1, ctypes.addressof(buffer))
    silent.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
    silent.bind((address, port))
    silent.listen(512)
    return silent


def answer_again(silent):
    silent.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
