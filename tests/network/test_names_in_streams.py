"""A connection to an allowed address carries no other name."""

from network_case import HostileCase
from world import new_marker

TLS = """
import socket, ssl, sys
context = ssl.create_default_context()
context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
s = socket.create_connection(("recorder.test", 443), 10)
try:
    t = context.wrap_socket(s, server_hostname=%r)
    t.sendall(b"GET / HTTP/1.1\\r\\nHost: recorder.test\\r\\n\\r\\n" + %r)
    print(t.recv(100))
except OSError as error:
    print("no:", error)
"""


class TlsCase(HostileCase):
    def setUp(self):
        super().setUp()
        self.marker = new_marker().encode()

    def reached(self):
        return self.marker in self.net.recorder_tls.received()


class NamesInTls(TlsCase):
    def test_AnotherServerNameOnTheAllowedAddress(self):
        self.python_refused(TLS % ("neighbour.test", self.marker), self.reached,
                            ["network-claim", "neighbour.test"])
        self.assertEqual(b"", self.net.recorder_tls.raw())

    def test_NoServerName(self):
        self.python_refused(TLS % (None, self.marker), self.reached,
                            ["network-claim", "recorder.test", "tls-without-name"])
        self.assertEqual(b"", self.net.recorder_tls.raw())

    def test_TheAllowedServerNamePasses(self):
        _, outcome = self.attempt(["/usr/bin/python3", "-c", TLS % ("recorder.test", self.marker)],
                                  True)
        self.assertTrue(self.reached(), outcome.describe())
        self.assertEqual(["recorder.test"], self.net.recorder_tls.server_names())


class Addresses(TlsCase):
    """What is allowed by its address only, or by no name that was looked up."""

    def test_AnAddressWhoseNameWasNotLookedUp(self):
        self.python_refused(TLS.replace('"recorder.test", 443', '"203.0.113.20", 443')
                            % ("recorder.test", self.marker), self.reached, ["203.0.113.20"])
        self.assertEqual(b"", self.net.recorder_tls.raw())

    def test_AnAllowedAddressCarriesNoNameOfItsOwn(self):
        self.python_refused(TLS.replace('"recorder.test", 443', '"203.0.113.20", 443')
                            % ("neighbour.test", self.marker), self.reached,
                            ["network-claim", "neighbour.test"],
                            options=["--allow-host", "203.0.113.20"])
        self.assertEqual(b"", self.net.recorder_tls.raw())

    def test_AnAllowedAddressNeedsNoName(self):
        script = TLS.replace('"recorder.test", 443', '"203.0.113.20", 443') % (None, self.marker)
        _, outcome = self.attempt(["/usr/bin/python3", "-c", script], True,
                                  ["--allow-host", "203.0.113.20"])
        self.assertTrue(self.reached(), outcome.describe())

    def test_AnotherPortOfTheAllowedHost(self):
        self.python_refused(TLS % ("recorder.test", self.marker), self.reached,
                            ["203.0.113.20", "443"], options=["--allow-host", "recorder.test:80"])
        self.assertEqual(0, self.net.recorder_tls.connections)


HELLO = """
import socket, ssl, struct, time
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
context = ssl.create_default_context()
context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
t = context.wrap_bio(incoming, outgoing, server_hostname="neighbour.test")
try: t.do_handshake()
except ssl.SSLWantReadError: pass
hello = outgoing.read()
assert hello[0] == 22
body = hello[5:]
def records(size):
    return b"".join(hello[:3] + struct.pack(">H", len(body[i:i + size])) + body[i:i + size]
                    for i in range(0, len(body), size))
s = socket.create_connection(("recorder.test", 443), 10)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
def send(data, piece, pause):
    for i in range(0, len(data), piece):
        s.sendall(data[i:i + piece]); time.sleep(pause)
def finish():
    while True:
        try: t.do_handshake(); break
        except ssl.SSLWantReadError: pass
        data = outgoing.read()
        if data: s.sendall(data)
        data = s.recv(65536)
        if not data: raise OSError("closed")
        incoming.write(data)
    t.write(%r); s.sendall(outgoing.read()); s.recv(100)
try:
    %s
    finish()
    print("through")
except OSError as error:
    print("no:", error)
"""


class SplitHellos(TlsCase):
    def split(self, how):
        self.python_refused(HELLO % (self.marker, how), self.reached,
                            ["network-claim", "neighbour.test"])
        self.assertEqual(b"", self.net.recorder_tls.raw())

    def test_TheNameIsSplitOverSegments(self):
        self.split("send(hello, 40, 0.02)")

    def test_TheNameIsSentByteByByte(self):
        self.split("send(hello, 1, 0)")

    def test_TheNameIsSplitOverRecords(self):
        self.split("s.sendall(records(60))")

    def test_TheNameIsSplitOverRecordsAndSegments(self):
        self.split("send(records(31), 7, 0.002)")


HTTP = """
import socket, time
s = socket.create_connection(("recorder.test", 80), 10)
try:
    for request in %r:
        s.sendall(request)
        print(s.recv(1000)[:15])
except OSError as error:
    print("no:", error)
"""


class NamesInHttp(HostileCase):
    def setUp(self):
        super().setUp()
        self.marker = new_marker().encode()

    def reached(self):
        return self.marker in self.net.recorder.received()

    def http(self, *requests, named=("neighbour.test",)):
        pieces = [request.replace(b"MARKER", self.marker) for request in requests]
        return self.python_refused(HTTP % (pieces,), self.reached, ["network-claim", *named])

    def test_AnotherHost(self):
        self.http(b"GET /MARKER HTTP/1.1\r\nHost: neighbour.test\r\n\r\n")
        self.assertEqual(b"", self.net.recorder.raw())

    def test_AnotherHostInTheTarget(self):
        self.http(b"GET http://neighbour.test/MARKER HTTP/1.1\r\nHost: neighbour.test\r\n\r\n")
        self.assertEqual(b"", self.net.recorder.raw())

    def test_ATargetThatContradictsTheHost(self):
        self.http(b"GET http://neighbour.test/MARKER HTTP/1.1\r\nHost: recorder.test\r\n\r\n",
                  named=("network.unreadable", "recorder.test"))

    def test_TwoHosts(self):
        self.http(b"GET /MARKER HTTP/1.1\r\nHost: recorder.test\r\nHost: neighbour.test\r\n\r\n",
                  named=("network.unreadable",))

    def test_NoHost(self):
        self.http(b"GET /MARKER HTTP/1.0\r\n\r\n", named=("recorder.test",))

    def test_TheSecondRequestOfAKeptConnection(self):
        self.http(b"GET / HTTP/1.1\r\nHost: recorder.test\r\n\r\n",
                  b"GET /MARKER HTTP/1.1\r\nHost: neighbour.test\r\n\r\n")
        self.assertIn(b"GET / ", self.net.recorder.received())

    def test_ARequestBehindTheBodyOfAnUpgrade(self):
        self.http(b"POST / HTTP/1.1\r\nHost: recorder.test\r\nUpgrade: x\r\n"
                  b"Connection: Upgrade\r\nContent-Length: 1\r\n\r\n\x80"
                  b"GET /MARKER HTTP/1.1\r\nHost: neighbour.test\r\n\r\n")

    def test_ARequestBehindBlanks(self):
        for blanks in (b"\n", b"\r\n\r\n", b"\r"):
            with self.subTest(blanks=blanks):
                self.http(blanks + b"GET /MARKER HTTP/1.1\r\nHost: neighbour.test\r\n\r\n",
                          named=("network.unreadable", "recorder.test"))

    def test_APipelinedRequest(self):
        self.http(b"GET / HTTP/1.1\r\nHost: recorder.test\r\n\r\n"
                  b"GET /MARKER HTTP/1.1\r\nHost: neighbour.test\r\n\r\n")

    def test_ARequestAfterABody(self):
        self.http(b"POST / HTTP/1.1\r\nHost: recorder.test\r\nContent-Length: 5\r\n\r\nabcde"
                  b"GET /MARKER HTTP/1.1\r\nHost: neighbour.test\r\n\r\n")

    def test_ARequestAfterAChunkedBody(self):
        self.http(b"POST / HTTP/1.1\r\nHost: recorder.test\r\nTransfer-Encoding: chunked\r\n\r\n"
                  b"5\r\nabcde\r\n0\r\n\r\n"
                  b"GET /MARKER HTTP/1.1\r\nHost: neighbour.test\r\n\r\n")

    def test_ARequestHiddenByTwoLengths(self):
        hidden = b"GET /MARKER HTTP/1.1\r\nHost: neighbour.test\r\n\r\n"
        self.http(b"POST / HTTP/1.1\r\nHost: recorder.test\r\nContent-Length: %d\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (len(hidden) + 5) + hidden,
                  named=("network.unreadable",))

    def test_NoNameBeforeHttp2(self):
        self.http(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nMARKER", named=("network.unreadable",))

    def test_AnUnknownProtocolOnTheWebsPorts(self):
        self.http(b"\x01\x02\x03MARKER", named=("unknown-protocol",))

    def test_TheAllowedHostPasses(self):
        request = b"GET /%s HTTP/1.1\r\nHost: recorder.test\r\n\r\n" % self.marker
        _, outcome = self.attempt(["/usr/bin/python3", "-c", HTTP % ([request],)], True)
        self.assertTrue(self.reached(), outcome.describe())
