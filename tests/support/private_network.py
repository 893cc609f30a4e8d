"""A network of the test's own: namespaces with a resolver configuration that is nobody else's."""

import ctypes
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

MARK = "SAFE_TRACE_TEST_NETNS"  # what loopback.bring_up asks for
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000

RTM_NEWROUTE = 24
NLM_F_REQUEST, NLM_F_ACK, NLM_F_CREATE = 0x1, 0x4, 0x400
RTN_UNREACHABLE, RTPROT_STATIC, RT_TABLE_MAIN, RTA_DST = 7, 4, 254, 1
NLMSG_ERROR = 2

HOSTS = "127.0.0.1 localhost\n::1 localhost\n"

_libc = ctypes.CDLL(None, use_errno=True)


def enter(name_server):
    """Starts this program again in network and mount namespaces of its own, where the resolver is
    `name_server`. Returns "" inside, else why it cannot be."""
    if os.environ.get(MARK) == "1":
        _mount(None, "/", MS_REC | MS_PRIVATE)
        return _configure(name_server)
    unshare = shutil.which("unshare")
    if not unshare:
        return "unshare (util-linux) is not installed"
    how = [unshare, "--net", "--mount"] if os.geteuid() == 0 else [
        unshare, "--user", "--map-current-user", "--keep-caps", "--net", "--mount"]
    probe = subprocess.run(how + ["true"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if probe.returncode != 0:
        return "no network namespace: " + probe.stdout.decode("utf-8", "replace").strip()
    os.environ[MARK] = "1"
    os.execv(unshare, how + [sys.executable, "-B"] + sys.argv)
    return "unreachable"


def _mount(source, target, flags):
    if _libc.mount(source and source.encode(), target.encode(), None, flags, None) != 0:
        error = ctypes.get_errno()
        raise OSError(error, "mount on %s: %s" % (target, os.strerror(error)))


def _configure(name_server):
    for path, text in (("/etc/resolv.conf",
                        "nameserver %s\noptions timeout:1 attempts:2\n" % name_server),
                       ("/etc/hosts", HOSTS), ("/etc/nsswitch.conf", "hosts: files dns\n")):
        target = os.path.realpath(path)
        if not os.path.isfile(target):
            return "%s does not exist and cannot be replaced" % path
        with tempfile.NamedTemporaryFile("w", prefix="stn-") as file:
            file.write(text)
            file.flush()
            os.chmod(file.name, 0o644)
            # The mount keeps the file when its name goes.
            _mount(file.name, target, MS_BIND)
    return ""


def make_unreachable(address, prefix):
    """Connecting to this IPv4 network fails with EHOSTUNREACH."""
    destination = struct.pack("=HH4s", 8, RTA_DST, socket.inet_aton(address))
    route = struct.pack("=8BI", socket.AF_INET, prefix, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, 0,
                        RTN_UNREACHABLE, 0) + destination
    header = struct.pack("=IHHII", 16 + len(route), RTM_NEWROUTE,
                         NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as control:
        control.bind((0, 0))
        control.send(header + route)
        answer = control.recv(4096)
    kind, error = struct.unpack_from("=4xH", answer)[0], struct.unpack_from("=i", answer, 16)[0]
    if kind != NLMSG_ERROR or error != 0:
        raise OSError(-error, "unreachable route: " + os.strerror(-error))
