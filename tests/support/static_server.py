"""One HTTP server on loopback over a folder: what every registry of the tests is served from. What is
uploaded to it is remembered and changes nothing."""

import hashlib
import http.server
import os
import sys
import threading
from urllib.parse import unquote

# What answers for a folder. An npm name is both a document and the folder of its archives.
INDEX_FILES = ("index.html", "packument.json")
KINDS = {".html": "text/html", ".json": "application/json"}


class QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # clients hang up as they like
            super().handle_error(request, client_address)


class LoopbackServer:
    """A thread that answers on a free port of 127.0.0.1, from its making to close()."""

    def __init__(self, handler):
        self.http = QuietServer(("127.0.0.1", 0), handler)
        self.port = self.http.server_address[1]
        self.url = "http://127.0.0.1:%d" % self.port
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.thread.join(10)
        self.http.server_close()


class StaticServer(LoopbackServer):
    """`url` is `http://127.0.0.1:PORT`. Every request path is remembered in `requests`. Named
    as a client's https proxy, it refuses, and remembers in `refused` what was wanted outside."""

    def __init__(self, folder):
        self.folder = os.path.realpath(folder)
        self.requests = []
        self.uploads = []  # (path, body) of every PUT
        self.refused = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self._answer(with_body=True)

            def do_HEAD(self):
                self._answer(with_body=False)

            def do_PUT(self):
                size = min(int(self.headers.get("Content-Length", 0)), 1 << 24)
                server.uploads.append((unquote(self.path), self.rfile.read(size)))
                reply = b'{"ok": true}'
                self.send_response(201)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def do_CONNECT(self):  # as an https proxy it lets nothing out
                server.refused.append(self.path)
                self.send_error(403, "no host outside")

            def _answer(self, with_body):
                server.requests.append(self.path)
                status, kind, body = server.answer(unquote(self.path.split("?")[0]))
                tag = '"%s"' % hashlib.md5(body).hexdigest()
                if status == 200 and self.headers.get("If-None-Match") == tag:
                    status, body = 304, b""
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("ETag", tag)
                self.end_headers()
                if with_body:
                    self.wfile.write(body)

            def log_message(self, *unused):
                pass

        super().__init__(Handler)

    def guard(self):
        """The environment in which a client that passes over its configured registry gets
        nowhere: every public registry speaks https, the ones on loopback speak http."""
        return {"https_proxy": self.url, "HTTPS_PROXY": self.url, "no_proxy": "127.0.0.1",
                "NO_PROXY": "127.0.0.1"}

    def answer(self, path):
        """(status, content type, body) for a path without its query."""
        found = os.path.realpath(os.path.join(self.folder, path.lstrip("/")))
        if found != self.folder and not found.startswith(self.folder + os.sep):
            return 404, "text/plain", b"not here\n"
        if os.path.isdir(found):
            for name in INDEX_FILES:
                if os.path.isfile(os.path.join(found, name)):
                    found = os.path.join(found, name)
                    break
        if not os.path.isfile(found):
            return 404, "text/plain", b"not here\n"
        kind = KINDS.get(os.path.splitext(found)[1], "application/octet-stream")
        with open(found, "rb") as content:
            return 200, kind, content.read()
