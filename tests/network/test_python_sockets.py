"""What Python's sockets do with an allowed host, bare and supervised."""

import doors
from socket_case import SocketCase


class Connecting(SocketCase):
    def test_Blocking(self):
        self.python("s = socket.socket(); s.connect((ADDRESS, ECHO)); echoed(s)")

    def test_WithATimeout(self):
        self.python("s = socket.create_connection((HOST, ECHO), 5); echoed(s)")

    def test_NonBlockingWithPoll(self):
        self.python("""
s = socket.socket(); s.setblocking(False)
say(s.connect_ex((ADDRESS, ECHO)) in (0, errno.EINPROGRESS))
p = select.poll(); p.register(s, select.POLLOUT); say(p.poll(5000)[0][1])
say(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), s.connect_ex((ADDRESS, ECHO)))
s.setblocking(True); echoed(s)
""")

    def test_WatchedByEpollBeforeItConnects(self):
        self.python("""
s = socket.socket(); s.setblocking(False)
e = select.epoll(); e.register(s, select.EPOLLOUT | select.EPOLLIN | select.EPOLLET)
e.poll(0.1)
s.connect_ex((ADDRESS, BANNER))
seen = 0
while not seen & select.EPOLLIN:
    for _, events in e.poll(5): seen |= events
say(seen & ~select.EPOLLHUP); say(s.recv(10)[:4])
""")

    def test_SelectedBeforeItConnects(self):
        self.python("""
s = socket.socket(); s.setblocking(False)
s.connect_ex((ADDRESS, ECHO))
say(select.select([], [s], [], 5)[1] == [s]); s.send(b"x\\n")
say(select.select([s], [], [], 5)[0] == [s]); say(s.recv(5))
""")

    def test_OnABoundSocket(self):
        self.python("""
s = socket.socket(); s.bind(("", 0)); s.connect((ADDRESS, BANNER))
seen = s.recv(100).decode().split()
say(s.getpeername() == (ADDRESS, BANNER), int(seen[1]) == s.getsockname()[1])
""")

    def test_OnASocketBoundToAnAddressOfThisMachine(self):
        self.python("""
s = socket.socket(); s.bind(("203.0.113.30", 0)); s.connect((ADDRESS, BANNER))
say(s.recv(100).split()[0], s.getsockname()[0])
""")

    def test_NamesOfBothEnds(self):
        self.python("""
for family in (socket.AF_INET, socket.AF_INET6):
    s = socket.socket(family); s.settimeout(5)
    s.connect((ADDRESS if family == socket.AF_INET else "::ffff:" + ADDRESS, BANNER))
    host, port = s.recv(100).decode().split()
    say(host, s.getpeername(), s.getsockname()[0], int(port) == s.getsockname()[1])
""")

    def test_NamesBeforeAndAfter(self):
        self.python("""
s = socket.socket()
try: s.getpeername()
except OSError as error: say(error)
say(s.getsockname())
s.connect((ADDRESS, ECHO)); echoed(s); s.shutdown(socket.SHUT_RDWR)
time.sleep(0.1)
try: say(s.getpeername())
except OSError as error: say(error)
""")

    def test_ASecondConnectOnTheSameSocket(self):
        self.python("""
s = socket.socket(); s.connect((ADDRESS, ECHO))
say(os.strerror(s.connect_ex((ADDRESS, COUNT)))); echoed(s)
""")

    def test_DissolvedAndConnectedAgain(self):
        self.python("""
s = socket.socket(); s.connect((ADDRESS, ECHO)); echoed(s)
libc = ctypes.CDLL(None, use_errno=True); nobody = bytes(16)
say(libc.connect(s.fileno(), nobody, 16))
try: say(s.getpeername())
except OSError as error: say(error)
s.connect((ADDRESS, BANNER)); say(s.getpeername(), len(s.recv(100)) > 5); echoed(s)
""")

    def test_PassedToAnotherProcess(self):
        self.python("""
a, b = socket.socketpair()
if os.fork() == 0:
    t = socket.socket(fileno=socket.recv_fds(b, 1, 1)[1][0])
    say(t.getpeername()); echoed(t); os._exit(0)
s = socket.socket(); s.connect((ADDRESS, ECHO)); socket.send_fds(a, [b"x"], [s.fileno()])
s.close(); os.wait()
""")

    def test_AnotherFamilyThanTheSockets(self):
        self.python("""
s = socket.socket(socket.AF_INET6); s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
say(os.strerror(s.connect_ex(("::ffff:" + ADDRESS, ECHO))))
""")

    def test_DuplicatedAndInheritedSockets(self):
        self.python("""
s = socket.socket(); d = s.dup(); s.connect((ADDRESS, ECHO))
echoed(d)
say(d.getpeername() == (ADDRESS, ECHO))
if os.fork() == 0:
    echoed(s, b"from a child\\n"); say(s.getpeername() == (ADDRESS, ECHO)); os._exit(0)
os.wait(); s.close(); echoed(d, b"after it\\n")
""")

    def test_ConnectedByAChild(self):
        self.python("""
s = socket.socket()
if os.fork() == 0:
    s.connect((ADDRESS, ECHO)); os._exit(0)
os.wait(); echoed(s); say(s.getpeername() == (ADDRESS, ECHO))
""")

    def test_OptionsAndFlagsSurvive(self):
        self.python("""
s = socket.socket(); s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1); s.settimeout(4)
s.connect((ADDRESS, ECHO)); echoed(s)
say(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0,
    s.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), s.gettimeout(),
    s.getsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, 16) == bytes(16), s.fileno())
""")


class Failing(SocketCase):
    HOW = """
for host, port in ((ADDRESS, 81), ("198.51.100.7", 80), ("192.0.2.1", 80)):
    %s
"""

    def test_BlockingErrors(self):
        self.python("""
for name in ("unreachable.test", "no-route.test"): socket.getaddrinfo(name, 80)
""" + self.HOW % "s = socket.socket(); say(os.strerror(s.connect_ex((host, port))))")

    def test_ErrorsWithATimeout(self):
        self.python("""
for name in ("unreachable.test", "no-route.test"): socket.getaddrinfo(name, 80)
""" + self.HOW % "s = socket.socket(); s.settimeout(5); "
                    "say(os.strerror(s.connect_ex((host, port))))")

    def test_ErrorsOfNonBlockingSockets(self):
        self.python("""
for name in ("unreachable.test", "no-route.test"): socket.getaddrinfo(name, 80)
""" + self.HOW % """
    s = socket.socket(); s.setblocking(False)
    error = s.connect_ex((host, port)); say(os.strerror(error))
    if error == errno.EINPROGRESS:
        p = select.poll(); p.register(s, select.POLLOUT | select.POLLIN); say(p.poll(5000)[0][1])
        say(os.strerror(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)),
            s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
""")

    def test_ASocketIsUsableAfterARefusal(self):
        self.python("""
s = socket.socket(); say(os.strerror(s.connect_ex((ADDRESS, 81))))
say(s.connect_ex((ADDRESS, ECHO))); echoed(s)
""")

    def test_ANameThatDoesNotExist(self):
        self.python("""
for name in ("missing.test",):
    try: socket.getaddrinfo(name, 80)
    except socket.gaierror as error: say(error)
""", allowed=("missing.test", "doors.test"))


class Talking(SocketCase):
    def test_HalfClosedByTheClient(self):
        trace = self.python("""
s = socket.create_connection((HOST, COUNT), 20); s.sendall(b"y\\n" * 500000)
s.shutdown(socket.SHUT_WR)
f = s.makefile("rb"); say(f.readline()); rest = f.read()
say(len(rest), hashlib.sha256(rest).hexdigest())
""")
        flow = trace.find(event__action="network-flow")[-1]
        self.assertEqual(1000000, flow["source.bytes"])
        self.assertGreaterEqual(flow["destination.bytes"], len(doors.LONG_ANSWER))

    def test_ClosedByTheServerFirst(self):
        self.python("""
s = socket.create_connection((HOST, BYE), 20); say(s.recv(100), s.recv(100))
s.sendall(b"still heard"); s.close()
""")

    def test_AFewLettersAreAnswered(self):
        self.python("""
s = socket.create_connection((HOST, ECHO), 10); s.sendall(b"hello"); say(s.recv(100))
""")

    def test_TheServerSpeaksFirst(self):
        self.python("""
s = socket.create_connection((HOST, BANNER), 20); say(len(s.recv(100)) > 5); echoed(s)
""")

    def test_ResetByTheServer(self):
        self.python("""
s = socket.create_connection((HOST, RESET), 20); s.sendall(b"x\\n")
try: say(s.recv(100))
except OSError as error: say(error)
""")

    def test_ASlowReaderHoldsTheSenderBack(self):
        self.python("""
s = socket.create_connection((HOST, TRICKLE), 30); s.sendall(b"y\\n" * (6 << 20))
s.shutdown(socket.SHUT_WR); say(s.recv(100))
""")

    def test_ALargeDownload(self):
        self.python("""
s = socket.create_connection((HOST, FLOOD), 30); s.sendall(b"\\n"); size = 0
while data := s.recv(1 << 20): size += len(data)
say(size)
""")

    def test_AWebSocketIsUpgraded(self):
        self.net.put("hello.txt", b"hello\n")
        self.python("""
s = socket.create_connection((HOST, UPGRADE), 10)
s.sendall(b"GET /chat HTTP/1.1\\r\\nHost: doors.test:%d\\r\\nConnection: Upgrade\\r\\n"
          b"Upgrade: websocket\\r\\nSec-WebSocket-Version: 13\\r\\n"
          b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\\r\\n\\r\\n" % UPGRADE)
say(s.recv(12)); s.recv(500); s.sendall(bytes([0x81, 0x85, 1, 2, 3, 4]) + b"words"); say(s.recv(50))
""")

    def test_UrgentDataAndPeeking(self):
        self.python("""
s = socket.create_connection((HOST, ECHO), 20); s.sendall(b"abc\\nef"); time.sleep(0.2)
say(s.recv(3, socket.MSG_PEEK), s.recv(6, socket.MSG_WAITALL))
""")

    def test_ManyThreadsAtOnce(self):
        self.python("""
def one(i):
    s = socket.create_connection((HOST, ECHO), 20); s.sendall(b"%d\\n" % i); results[i] = s.recv(10)
results = [None] * 50
threads = [threading.Thread(target=one, args=(i,)) for i in range(50)]
[t.start() for t in threads]; [t.join() for t in threads]
say(results == [b"%d\\n" % i for i in range(50)])
""")

    def test_Asyncio(self):
        self.python("""
async def one(i):
    r, w = await asyncio.open_connection(HOST, ECHO)
    w.write(b"%d\\n" % i); line = await r.readline(); w.close(); return int(line)
async def main(): say(sum(await asyncio.gather(*[one(i) for i in range(50)])))
asyncio.run(main())
""")

    def test_HttpLibraries(self):
        self.net.put("hello.txt", b"hello\n")
        self.python("""
import http.client, urllib.request
for kind in (http.client.HTTPConnection, http.client.HTTPSConnection):
    c = kind("registry.test", timeout=20)
    for _ in range(2):
        c.request("GET", "/hello.txt"); r = c.getresponse(); say(r.status, r.read())
for scheme in ("http", "https"):
    say(urllib.request.urlopen(scheme + "://registry.test/hello.txt", timeout=20).read())
""", allowed=("registry.test", "doors.test"))
