"""Through an allowed proxy, allowed names only."""

from network_case import HostileCase
from small_internet import STRANGER
from world import new_marker

PROXIED = """
import socket, ssl
s = socket.create_connection(("proxy.test", 3128), 10)
def head(text): s.sendall(text.replace("\\n", "\\r\\n").encode()); return s.recv(1000)
def tls(name):
    context = ssl.create_default_context()
    context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
    t = context.wrap_socket(s, server_hostname=name)
    t.sendall(b"GET / HTTP/1.1\\r\\n" + MARKER); t.recv(100)
MARKER = %r
MARK = MARKER.decode()
try:
    %s
except OSError as error: print("no:", error)
"""


class Proxy(HostileCase):
    allowed = ("recorder.test", "proxy.test:3128")

    def setUp(self):
        super().setUp()
        self.marker = new_marker().encode()

    def through(self, script, named, reached=None):
        hosts = (self.net.recorder, self.net.recorder_tls, self.net.stranger,
                 self.net.stranger_plain)
        return self.python_refused(
            PROXIED % (self.marker, script),
            reached or (lambda: any(self.marker in host.received() for host in hosts)),
            ["network-claim", "proxy.test", *named])

    def test_ConnectToAnotherName(self):
        self.through("head('CONNECT stranger.test:443 HTTP/1.1\\nHost: stranger.test:443\\n\\n'); "
                     "tls('stranger.test')", ["stranger.test", "443"])
        self.assertEqual([], self.net.proxy.wanted)

    def test_ConnectToAnotherNameWithAnAllowedHost(self):
        self.through("head('CONNECT stranger.test:443 HTTP/1.1\\nHost: recorder.test:443\\n\\n'); "
                     "tls('recorder.test')", [])
        self.assertEqual([], self.net.proxy.wanted)

    def test_ConnectToAnAddress(self):
        self.through("head('CONNECT %s:443 HTTP/1.1\\nHost: %s:443\\n\\n')" % (STRANGER, STRANGER),
                     [STRANGER], lambda: bool(self.net.proxy.wanted))

    def test_AnotherServerNameInsideATunnel(self):
        self.through("head('CONNECT recorder.test:443 HTTP/1.1\\nHost: recorder.test:443\\n\\n'); "
                     "tls('neighbour.test')", ["neighbour.test"])
        self.assertEqual(["CONNECT recorder.test:443"], self.net.proxy.wanted)
        self.assertEqual(b"", self.net.recorder_tls.received())

    def test_NoServerNameInsideATunnel(self):
        self.through("head('CONNECT recorder.test:443 HTTP/1.1\\nHost: recorder.test:443\\n\\n'); "
                     "tls(None)", ["tls-without-name"])

    def test_AnotherHostInsideATunnel(self):
        self.through("head('CONNECT recorder.test:80 HTTP/1.1\\nHost: recorder.test:80\\n\\n'); "
                     "head('GET /' + MARK + ' HTTP/1.1\\nHost: neighbour.test\\n\\n')",
                     ["neighbour.test"])

    def test_ATunnelInsideATunnel(self):
        self.through("head('CONNECT recorder.test:80 HTTP/1.1\\nHost: recorder.test:80\\n\\n'); "
                     "head('CONNECT stranger.test:443 HTTP/1.1\\nHost: stranger.test:443\\n\\n' + "
                     "MARK)", ["stranger.test"])

    def test_ARequestElsewhereBehindARefusedConnect(self):
        # What would be anything but HTTP in a tunnel is a request to a proxy that made none.
        for method in ("SSH-GET", "0032git-GET"):
            with self.subTest(method):
                self.through("head('CONNECT recorder.test:25 HTTP/1.1\\nHost: recorder.test:25\\n"
                             "\\n'); head('%s http://stranger.test/ HTTP/1.1\\n"
                             "Host: stranger.test\\nContent-Length: %d\\n\\n' + MARK)"
                             % (method, len(self.marker)), ["stranger.test"])
                self.assertEqual(["CONNECT recorder.test:25"], self.net.proxy.wanted)

    def test_ARequestElsewhereSentTogetherWithAConnect(self):
        self.through("head('CONNECT recorder.test:25 HTTP/1.1\\nHost: recorder.test:25\\n\\n"
                     "SSH-GET http://stranger.test/ HTTP/1.1\\nHost: stranger.test\\n"
                     "Content-Length: %d\\n\\n' + MARK); s.recv(1000)" % len(self.marker),
                     ["stranger.test"])

    def test_AnAbsoluteTargetElsewhere(self):
        self.through("head('POST http://stranger.test/ HTTP/1.1\\nHost: stranger.test\\n"
                     "Content-Length: %d\\n\\n' + MARK)" % len(self.marker), ["stranger.test"])
        self.assertEqual([], self.net.proxy.wanted)

    def test_AnAbsoluteTargetElsewhereOnAKeptConnection(self):
        self.through("head('GET http://recorder.test/ HTTP/1.1\\nHost: recorder.test\\n\\n'); "
                     "head('POST http://stranger.test/ HTTP/1.1\\nHost: stranger.test\\n"
                     "Content-Length: %d\\n\\n' + MARK)" % len(self.marker), ["stranger.test"])
        self.assertEqual(["GET http://recorder.test/"], self.net.proxy.wanted)

    def test_TheMetadataServiceByNameAndAddress(self):
        for name in ("metadata.google.internal", "169.254.169.254", "[fd00:ec2::254]",
                     "169.254.170.2"):
            with self.subTest(name):
                self.through("head('GET http://%s/%%s HTTP/1.1\\nHost: %s\\n\\n' %% MARK)"
                             % (name, name), [name.strip("[]")],
                             lambda: any(self.marker.decode() in w for w in self.net.proxy.wanted))

    def test_TheMetadataServiceThoughItsNameIsAllowed(self):
        self.allowed = (*self.allowed, "metadata.google.internal", "169.254.169.254")
        self.through("head('CONNECT metadata.google.internal:80 HTTP/1.1\\n"
                     "Host: metadata.google.internal:80\\n\\n')", ["metadata.google.internal"],
                     lambda: bool(self.net.proxy.wanted))
