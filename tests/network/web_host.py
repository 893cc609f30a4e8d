"""An HTTP/1.1 host over a folder, with and without TLS, and a proxy that reaches every name."""

import hashlib
import http.server
import os
import select
import socket
import ssl
import sys
import threading
from urllib.parse import unquote, urlsplit

from static_server import INDEX_FILES, KINDS


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    tls = None

    def __init__(self, address, handler):
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()

    def server_bind(self):  # without the reverse lookup of http.server
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = self.server_address[:2]

    def finish_request(self, request, client_address):
        if self.tls is not None:  # in the connection's own thread
            request = self.tls.wrap_socket(request, server_side=True)
        try:
            self.RequestHandlerClass(request, client_address, self)
        finally:
            if self.tls is not None:
                request.close()

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (ConnectionError, ssl.SSLError, TimeoutError)):
            super().handle_error(request, client_address)


class WebHost:
    """Serves `folder`; a POST is answered with size and digest of what came. `requests` holds
    (host, method, path)."""

    def __init__(self, address, port, folder, tls=None):
        self.requests = []
        host = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1  # an answer's head and body leave together
            kind = "text/plain"

            def do_GET(self):
                self._answer(True)

            def do_HEAD(self):
                self._answer(False)

            def do_POST(self):
                host.requests.append((self.headers.get("Host"), "POST", self.path))
                digest, left = hashlib.sha256(), int(self.headers["Content-Length"])
                size = left
                while left:
                    piece = self.rfile.read(min(left, 65536))
                    if not piece:
                        return
                    digest.update(piece)
                    left -= len(piece)
                self._send(200, ("%d %s\n" % (size, digest.hexdigest())).encode(), True)

            def _answer(self, with_body):
                host.requests.append((self.headers.get("Host"), self.command, self.path))
                path = os.path.realpath(os.path.join(
                    folder, unquote(urlsplit(self.path).path).lstrip("/")))
                for name in INDEX_FILES if os.path.isdir(path) else ():
                    if os.path.isfile(os.path.join(path, name)):
                        path = os.path.join(path, name)
                        break
                self.kind = KINDS.get(os.path.splitext(path)[1], "application/octet-stream")
                if not path.startswith(os.path.realpath(folder)) or not os.path.isfile(path):
                    return self._send(404, b"not here\n", with_body)
                with open(path, "rb") as file:
                    self._send(200, file.read(), with_body)

            def _send(self, status, body, with_body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Type", self.kind)
                self.end_headers()
                if with_body:
                    self.wfile.write(body)

            def log_message(self, *unused):
                pass

        self.server = _Server((address, port), Handler)
        self.server.tls = tls


class WebProxy:
    """CONNECT and absolute targets, by any method, on kept connections. `addresses` says where a
    name is; `wanted` holds what was asked for. With a `password` (as its header) it is asked for."""

    def __init__(self, address, port, addresses):
        self.wanted = []
        self.password = None
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_CONNECT(self):
                if proxy.password and self.headers.get("Proxy-Authorization") != proxy.password:
                    return self._say(407, b"who are you?\n")
                proxy.wanted.append("CONNECT " + self.path)
                name, port = self.path.rsplit(":", 1)
                try:
                    outward = proxy.reach(addresses, name, int(port))
                except OSError:
                    return self._say(502, b"no such host\n")
                self.send_response(200)
                self.end_headers()
                self.wfile.flush()
                with outward:
                    _carry(self.connection, outward)
                self.close_connection = True

            def do_GET(self):
                proxy.wanted.append(self.command + " " + self.path)
                target = urlsplit(self.path)
                size = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(size)
                try:
                    outward = proxy.reach(addresses, target.hostname or "", target.port or 80)
                except OSError:
                    return self._say(502, b"no such host\n")
                with outward:
                    outward.sendall(("%s %s HTTP/1.0\r\nHost: %s\r\nContent-Length: %d\r\n\r\n" % (
                        self.command, target.path or "/", target.netloc, size)).encode() + body)
                    outward.shutdown(socket.SHUT_WR)
                    answer = b"".join(iter(lambda: outward.recv(65536), b""))
                self._say(int(answer.split()[1]), answer.split(b"\r\n\r\n", 1)[-1])

            def _say(self, status, body):
                self.send_response(status)
                if status == 407:
                    self.send_header("Proxy-Authenticate", 'Basic realm="here"')
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def __getattr__(self, name):
                if name.startswith("do_"):
                    return self.do_GET
                raise AttributeError(name)

            def log_message(self, *unused):
                pass

        self.server = _Server((address, port), Handler)

    @staticmethod
    def reach(addresses, name, port):
        if name not in addresses:
            raise OSError("unknown name " + name)
        return socket.create_connection((addresses[name][0], port), 10)


def _carry(one, other):
    while True:
        ready, _, _ = select.select([one, other], [], [], 30)
        if not ready:
            return
        for source in ready:
            sink = other if source is one else one
            try:
                data = source.recv(65536)
                if not data:
                    return
                sink.sendall(data)
            except OSError:
                return
