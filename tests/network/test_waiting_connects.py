"""Connects to a host that does not answer, or not at once, bare and supervised."""

from small_internet import SILENT, SILENT6
from socket_case import SocketCase


class Waiting(SocketCase):
    def test_ABlockingConnectWaitsForALateHost(self):
        self.python("""
socket.getaddrinfo("silent.test", 80); open("go", "w").close()
s = socket.socket(); began = time.monotonic(); s.connect(("203.0.113.50", ECHO))
say(time.monotonic() - began > 0.3); echoed(s)
""", prepare=self.silent(SILENT, answer=0.5))

    def test_ANonBlockingConnectToALateHost(self):
        self.python("""
socket.getaddrinfo("silent.test", 80); open("go", "w").close()
s = socket.socket(); s.setblocking(False)
say(os.strerror(s.connect_ex(("203.0.113.50", ECHO))))
say(select.select([], [s], [], 0.2)[1]); say(os.strerror(s.connect_ex(("203.0.113.50", ECHO))))
say(select.select([], [s], [], 10)[1] == [s], s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
say(s.connect_ex(("203.0.113.50", ECHO)), s.getpeername()); s.setblocking(True); echoed(s)
""", prepare=self.silent(SILENT, answer=0.5))

    def test_AWatchedConnectToALateHost(self):
        self.python("""
socket.getaddrinfo("silent.test", 80); open("go", "w").close()
s = socket.socket(); s.setblocking(False)
e = select.epoll(); e.register(s, select.EPOLLOUT)
say(e.poll(0.1) != [])
s.connect_ex(("203.0.113.50", ECHO))
say([events for _, events in e.poll(0.2)])
say([events for _, events in e.poll(10)]); s.setblocking(True); echoed(s)
""", prepare=self.silent(SILENT, answer=0.5))

    def test_ATimeoutEndsTheWait(self):
        self.python("""
socket.getaddrinfo("silent.test", 80)
s = socket.socket(); s.settimeout(0.5); began = time.monotonic()
try: s.connect(("203.0.113.50", ECHO))
except OSError as error: say(repr(error))
say(0.4 < time.monotonic() - began < 3)
""", prepare=self.silent(SILENT))

    def test_ASendTimeoutEndsTheWait(self):
        self.python("""
import struct
socket.getaddrinfo("silent.test", 80)
s = socket.socket(); began = time.monotonic()
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 400000))
say(os.strerror(s.connect_ex(("203.0.113.50", ECHO)))); say(0.3 < time.monotonic() - began < 3)
say(s.getsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, 16) == struct.pack("ll", 0, 400000))
""", prepare=self.silent(SILENT))

    SIGNALLED = """
libc = ctypes.CDLL(None, use_errno=True)
import struct
name = struct.pack("=H", socket.AF_INET) + struct.pack(">H4s8x", ECHO,
                                                       socket.inet_aton("203.0.113.50"))
def connect(s):
    result = libc.connect(s.fileno(), name, len(name)); return ctypes.get_errno() if result else 0
seen = []
signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
signal.siginterrupt(signal.SIGALRM, %s)
socket.getaddrinfo("silent.test", 80)
s = socket.socket(); signal.setitimer(signal.ITIMER_REAL, 0.3)
began = time.monotonic()
"""

    def test_ASignalInterrupts(self):
        self.python(self.SIGNALLED % True + """
say(os.strerror(connect(s)), len(seen)); open("go", "w").close()
say(select.select([], [s], [], 10)[1] == [s], s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
say(os.strerror(connect(s))); echoed(s)
""", prepare=self.silent(SILENT, answer=0.1))

    def test_ASignalWithRestartDoesNot(self):
        self.python(self.SIGNALLED % False + """
open("go", "w").close()
say(os.strerror(connect(s))); say(len(seen), time.monotonic() - began > 0.6); echoed(s)
""", prepare=self.silent(SILENT, answer=0.8))

    def test_ClosingEndsAPendingConnect(self):
        self.python("""
socket.getaddrinfo("silent.test", 80)
s = socket.socket(); s.setblocking(False); s.connect_ex(("203.0.113.50", ECHO)); s.close()
t = socket.create_connection((HOST, ECHO)); echoed(t)
""", prepare=self.silent(SILENT))

    def test_HappyEyeballsOfAsyncio(self):
        self.python("""
async def main():
    r, w = await asyncio.open_connection("half-dead.test", 80, happy_eyeballs_delay=0.2)
    say(w.get_extra_info("peername")[0])
    w.write(b"GET /hello.txt HTTP/1.0\\r\\nHost: half-dead.test\\r\\n\\r\\n")
    say((await r.read()).split(b"\\r\\n\\r\\n")[1])
asyncio.run(main())
""", prepare=self.half_dead)

    def half_dead(self, world):
        self.net.put("hello.txt", b"hello\n")
        self.silent(SILENT6, 80)(world)
