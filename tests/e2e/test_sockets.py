"""Sockets between processes of the same run work."""

from transparent import TransparencyCase

COMMON = """
import os, select, socket, threading, tempfile
def tcp(family, address):
    server = socket.socket(family); server.bind((address, 0)); server.listen(5)
    child = os.fork()
    if child == 0:
        c, _ = server.accept(); c.sendall(b"hi " + c.recv(10)); os._exit(0)
    client = socket.create_connection(server.getsockname()[:2], timeout=10)
    client.sendall(b"me"); print(client.recv(10)); os.waitpid(child, 0)
"""


class Sockets(TransparencyCase):
    def python(self, script, **how):
        return self.same(["/usr/bin/python3", "-c", COMMON + script], **how)

    def test_TcpBetweenOwnProcesses(self):
        self.python("tcp(socket.AF_INET, '127.0.0.1')")

    def test_TcpOverIpv6Loopback(self):
        self.python("tcp(socket.AF_INET6, '::1')")

    def test_TcpToAListenerOnEveryAddress(self):
        self.python("""
s = socket.socket(); s.bind(("", 0)); s.listen(1)
c = socket.create_connection(("127.0.0.1", s.getsockname()[1]), 10); c.sendall(b"x")
print(s.accept()[0].recv(1))
""")

    def test_NonBlockingConnect(self):
        self.python("""
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(1)
c = socket.socket(); c.setblocking(False)
r = c.connect_ex(s.getsockname()); assert r in (0, 115), r
select.select([], [c], [], 10); print(c.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
print(c.getblocking())
""")

    def test_RefusedConnectionIsReportedAsSuch(self):
        self.python("""
s = socket.socket(); s.bind(("127.0.0.1", 0)); a = s.getsockname()
c = socket.socket(); print(c.connect_ex(a))
""")

    def test_UdpBetweenOwnSockets(self):
        self.python("""
a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); a.bind(("127.0.0.1", 0)); a.settimeout(10)
b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
b.sendto(b"one", a.getsockname()); print(a.recv(9))
b.connect(a.getsockname()); b.send(b"two"); print(a.recv(9))
b.sendmsg([b"th", b"ree"]); print(a.recv(9))
b.sendmsg([b"four"], [], 0, a.getsockname()); print(a.recv(9))
""")

    def test_UnixSocketsOfEveryKind(self):
        self.python("""
d = tempfile.mkdtemp()
for where in (d + "/s", "\\0own-%d" % os.getpid(), "relative-socket"):
    s = socket.socket(socket.AF_UNIX); s.bind(where); s.listen(1)
    c = socket.socket(socket.AF_UNIX); c.connect(where); c.sendall(b"x"); print(s.accept()[0].recv(1))
    g = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); g.bind(where + "d")
    h = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); h.sendto(b"y", where + "d"); print(g.recv(1))
a, b = socket.socketpair(); a.sendall(b"z"); print(b.recv(1))
r = os.open("/dev/null", os.O_RDONLY); socket.send_fds(a, [b"f"], [r]); print(len(socket.recv_fds(b, 1, 1)[1]))
""")

    def test_ServerInAnotherProcessOfTheRun(self):
        self.same(["/bin/bash", "-c", """
python3 -c 'import socket,sys
s=socket.socket();s.bind(("127.0.0.1",0));s.listen(1);print(s.getsockname()[1],flush=True)
c,_=s.accept();c.sendall(b"served\\n");c.close()' > port &
while [ ! -s port ]; do sleep 0.05; done
exec 3<>/dev/tcp/127.0.0.1/$(cat port); cat <&3; wait; rm port"""])

    def test_SocketOptionsSurvive(self):
        self.python("""
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(1)
c = socket.socket(); c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1); c.settimeout(7)
c.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1); c.connect(s.getsockname())
print(c.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY), c.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
print(c.getpeername() == s.getsockname())
""")

    def test_LookingUpLocalhostIsNoViolation(self):
        outcome = self.same(["/bin/sh", "-c", "getent hosts localhost; getent ahosts localhost"])
        self.assertNotIn(b"tried to", outcome.stderr)

    def test_SelectorsAndEventLoops(self):
        self.same(["/usr/bin/python3", "-c", """
import asyncio
async def main():
    async def serve(r, w):
        w.write(await r.readline()); await w.drain(); w.close()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    r, w = await asyncio.open_connection(*server.sockets[0].getsockname())
    w.write(b"echo\\n"); print(await r.readline())
    p = await asyncio.create_subprocess_exec("/bin/echo", "sub"); await p.wait()
asyncio.run(main())
"""])
