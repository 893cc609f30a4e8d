"""Many connections, slow and silent peers, and clients that work against the monitor."""

import resource

import doors
import environment
from network_case import PYTHON, BenignCase, HostileCase
from small_internet import SILENT, make_silent
from world import new_marker

COMMON = """
import ctypes, errno, os, resource, select, socket, struct, sys, threading, time
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
HOST = "doors.test"
ECHO, COUNT, BYE, BANNER, RESET, TRICKLE, FLOOD, HALF_OPEN = %s
ADDRESS = socket.getaddrinfo(HOST, ECHO, socket.AF_INET, socket.SOCK_STREAM)[0][4][0]
def say(*what): print(*what, flush=True)
""" % (list(range(doors.ECHO, doors.HALF_OPEN + 1)),)

SEQUENTIAL = 1000 if environment.quick() else 10000
AT_ONCE = 200 if environment.quick() else 2000


class LoadCase(BenignCase):
    allowed = ("doors.test", "silent.test")

    def setUp(self):
        super().setUp()
        # The hosts of this process need descriptors as well.
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def python(self, script, **how):
        return super().python(COMMON + script, **how)


class Many(LoadCase):
    def test_ConnectionsOneAfterTheOther(self):
        trace = self.python("""
for i in range(%d):
    s = socket.create_connection((ADDRESS, ECHO), 20); s.sendall(b"ab\\n\\n"); assert s.recv(9), i
    s.close()
say("done")
""" % SEQUENTIAL, timeout=200)
        self.assertGreater(len(trace.find(event__action="network-flow")), 0, trace.path)

    def test_ConnectionsAtOnce(self):
        self.python("""
sockets = []
for i in range(%d):
    s = socket.socket(); s.setblocking(False); s.connect_ex((ADDRESS, ECHO)); sockets.append(s)
def each(events, act):
    p = select.poll(); left = {s.fileno(): s for s in sockets}
    for s in sockets: p.register(s, events)
    end = time.monotonic() + 50
    while left and time.monotonic() < end:
        for fd, event in p.poll(1000): act(left.pop(fd)); p.unregister(fd)
    return len(left)
say(each(select.POLLOUT, lambda s: s.send(b"ab\\n\\n")))
answers = []
say(each(select.POLLIN, lambda s: answers.append(s.recv(9))))
say(len(answers), set(answers))
""" % AT_ONCE, timeout=120)

    def test_HalfOpenPeersDoNotKeepTheRun(self):
        self.python("""
sockets = [socket.create_connection((ADDRESS, HALF_OPEN), 20) for _ in range(100)]
for s in sockets: s.sendall(b"\\n"); s.close()
t = socket.create_connection((ADDRESS, ECHO), 20); t.sendall(b"x\\n"); say(t.recv(9))
""", timeout=15)

    def test_SlowReadersDoNotHoldOthersBack(self):
        self.python("""
slow = [socket.create_connection((ADDRESS, FLOOD), 20) for _ in range(20)]
for s in slow: s.sendall(b"\\n")
time.sleep(0.5); began = time.monotonic()
for i in range(50):
    t = socket.create_connection((ADDRESS, ECHO), 20); t.sendall(b"x\\n"); assert t.recv(9)
say(time.monotonic() - began < 5)
""")

    def test_WhatWasSentBeforeTheEndArrives(self):
        sizes = self.net.doors.counted
        sizes.clear()
        self.python("""
s = socket.create_connection((ADDRESS, COUNT), 20); s.sendall(b"y\\n" * 1500000); os._exit(0)
""")
        self.assertEqual([3000000] * 2, sizes)


class Stalling(LoadCase):
    """One client's tricks keep no other process of the run waiting."""

    OTHER = """
def others():
    began = time.monotonic()
    for i in range(30):
        open("/etc/hosts").close()
        t = socket.create_connection((ADDRESS, ECHO), 20); t.sendall(b"x\\n"); assert t.recv(9)
        os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
    return time.monotonic() - began
child = os.fork()
if child == 0:
    try: %s
    finally: os._exit(0)
time.sleep(0.4); say(others() < 15); os.kill(child, 9); os.wait()
"""

    def stalls(self, script):
        silent = make_silent(SILENT, doors.ECHO)
        self.addCleanup(silent.close)
        script = script.replace("\n", "\n        ")
        self.python("import signal; signal.alarm(50)\n" +
                    "socket.getaddrinfo('silent.test', 80)\n" + self.OTHER % script)

    def test_AFilterThatDropsEverythingOnTheClientsSocket(self):
        self.stalls("""
code = ctypes.create_string_buffer(struct.pack("=HBBI", 6, 0, 0, 0), 8)
filter = struct.pack("@HP", 1, ctypes.addressof(code))
for _ in range(20):
    s = socket.socket()
    try: s.setsockopt(socket.SOL_SOCKET, 26, filter)
    except PermissionError: pass
    s.settimeout(None if _ % 2 else 0.5)
    threading.Thread(target=s.connect_ex, args=((ADDRESS, ECHO),), daemon=True).start()
time.sleep(8)""")

    def test_BlockingIsSwitchedWhileItConnects(self):
        self.stalls("""
import fcntl
s = socket.socket(); stop = time.monotonic() + 6
def flip():
    while time.monotonic() < stop: s.setblocking(False); s.setblocking(True)
threading.Thread(target=flip, daemon=True).start()
while time.monotonic() < stop:
    for target in ((ADDRESS, ECHO), ("203.0.113.50", ECHO)):
        n = socket.socket(); os.dup2(n.fileno(), s.fileno()); n.close()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 100000))
        s.connect_ex(target)""")

    def test_ManyConnectsToASilentHost(self):
        self.stalls("""
for _ in range(200):
    threading.Thread(target=lambda: socket.socket().connect_ex(("203.0.113.50", ECHO)),
                     daemon=True).start()
time.sleep(6)""")

    def test_APeerThatTakesNothing(self):
        self.stalls("""
s = [socket.create_connection((ADDRESS, HALF_OPEN), 20) for _ in range(20)]
for each in s: each.setblocking(False)
stop = time.monotonic() + 6
while time.monotonic() < stop:
    for each in s:
        try: each.send(b"y\\n" * (1 << 19))
        except BlockingIOError: pass
    time.sleep(0.01)""")


class OwnPorts(HostileCase):
    """The loopback sockets between client and relay serve nobody else."""

    allowed = ("recorder.test", "doors.test", "silent.test")

    def test_NoSecondProcessReachesTheRelaysEnds(self):
        marker = new_marker().encode()
        silent = make_silent(SILENT, 80)
        self.addCleanup(silent.close)
        script = COMMON + """
# Connections through the relay all the time, and some that wait.
socket.getaddrinfo("silent.test", 80)
waiting = [socket.socket() for _ in range(5)]
for s in waiting: s.setblocking(False); s.connect_ex(("203.0.113.50", 80))
def busy():
    while True:
        try: s = socket.create_connection((ADDRESS, ECHO), 5); s.sendall(b"\\n"); s.recv(5)
        except OSError: pass
def ports():
    for line in open("/proc/net/tcp").readlines()[1:]:
        local, remote, state = line.split()[1:4]
        for name in (local, remote) if state != "06" else ():  # nobody is behind TIME_WAIT
            address, port = name.split(":")
            if address == "0100007F": yield int(port, 16)
for _ in range(4): threading.Thread(target=busy, daemon=True).start()
seen, reached, end = set(), 0, time.monotonic() + 5
while time.monotonic() < end:
    for port in set(ports()):
        if time.monotonic() > end: break
        seen.add(port)
        s = socket.socket(); s.settimeout(0.2)
        if s.connect_ex(("127.0.0.1", port)) == 0:
            try:
                s.sendall(b"POST / HTTP/1.1\\r\\nHost: recorder.test\\r\\n\\r\\n" + %r)
                reached += bool(s.recv(100))
            except OSError: pass
        b = socket.socket(); b.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        b.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try: b.bind(("127.0.0.1", port)); b.listen(5); b.settimeout(0.01); b.accept(); reached += 1
        except OSError: pass
say("seen many", len(seen) > 10, "reached", reached)
""" % marker
        _, outcome = self.attempt([PYTHON, "-c", script], True)
        self.assertIn(b"seen many True reached 0\n", outcome.stdout, outcome.describe())
        self.assertNotIn(marker, self.net.recorder.received())
        self.assertEqual(0, outcome.status, outcome.describe())
