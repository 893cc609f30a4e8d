"""A package index on loopback: PEP 503 pages over a folder of wheels and source packages."""

import hashlib
import http.server
import os
import re
from urllib.parse import unquote

from packages import normalize
from static_server import LoopbackServer


class PypiServer(LoopbackServer):
    """`http://127.0.0.1:PORT/pypi/simple`. Every request path is remembered in `requests`."""

    def __init__(self, folder):
        self.folder = folder
        self.requests = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self._answer(with_body=True)

            def do_HEAD(self):  # uv asks before it fetches a wheel's metadata
                self._answer(with_body=False)

            def _answer(self, with_body):
                server.requests.append(self.path)
                status, kind, body = server.answer(unquote(self.path.split("?")[0]))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                if self.path.startswith("/files/"):  # lets pip keep it
                    self.send_header("Cache-Control", "max-age=600")
                    self.send_header("ETag", '"%s"' % hashlib.sha256(body).hexdigest()[:16])
                self.end_headers()
                if with_body:
                    self.wfile.write(body)

            def log_message(self, *unused):
                pass

        super().__init__(Handler)
        self.index = self.url + "/pypi/simple"

    def pip_options(self):
        return ["--index-url", self.index, "--trusted-host", "127.0.0.1"]

    def answer(self, path):
        match = re.fullmatch(r"/pypi/simple/([^/]+)/?", path)
        if match:
            return self._page(match.group(1))
        match = re.fullmatch(r"/files/([^/]+)", path)
        file = os.path.join(self.folder, match.group(1)) if match else ""
        if file and os.path.isfile(file):
            with open(file, "rb") as content:
                return 200, "application/octet-stream", content.read()
        return 404, "text/plain", b"not here\n"

    def _page(self, project):
        links = []
        for name in sorted(os.listdir(self.folder)):
            stem = re.split(r"-\d", name)[0]
            if normalize(stem) != normalize(project):
                continue
            with open(os.path.join(self.folder, name), "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            links.append('<a href="/files/%s#sha256=%s">%s</a>' % (name, digest, name))
        if not links:
            return 404, "text/plain", b"no such project\n"
        page = "<!DOCTYPE html><html><body>%s</body></html>" % "\n".join(links)
        return 200, "text/html", page.encode()
