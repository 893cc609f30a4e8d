"""The rows of the network: a server on loopback, and clients that reach it through the relay."""

import http.server
import os
import pathlib
import shutil
import threading

DOWNLOAD_BYTES = 1 << 30
REQUESTS = 1000

# One thousand small answers over one connection, or each over its own.
CLIENT = r'''
import http.client, sys
port, kept = int(sys.argv[1]), sys.argv[2] == "kept"
connection = None
for i in range(int(sys.argv[3])):
    if connection is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/small")
    answer = connection.getresponse()
    if answer.status != 200 or len(answer.read()) != 1000:
        sys.exit("a wrong answer")
    if not kept:
        connection.close()
        connection = None
'''


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # the head and a small body go in one packet

    def do_GET(self) -> None:
        if self.path == "/small":
            body = b"x" * 1000
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(DOWNLOAD_BYTES))
        self.end_headers()
        self.wfile.flush()
        with open(self.server.big_file, "rb") as source:
            self.connection.sendfile(source)

    def log_message(self, *_: object) -> None:
        pass


class Server:
    """Answers on loopback until it is closed."""

    def __init__(self, big_file: pathlib.Path):
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.big_file = big_file
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.port = self._server.server_address[1]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def make_server(base: pathlib.Path) -> Server:
    """The server of all rows; its file has holes and takes no room."""
    big_file = base / "download"
    with open(big_file, "wb") as file:
        os.truncate(file.fileno(), DOWNLOAD_BYTES)
    return Server(big_file)


def download(server: Server) -> list[str] | None:
    """None without curl."""
    curl = shutil.which("curl", path="/usr/bin:/bin")
    if curl is None:
        return None
    return [curl, "-sS", "-o", "/dev/null", f"http://127.0.0.1:{server.port}/big"]


def requests(server: Server, python: str, kind: str) -> list[str]:
    return [python, "-c", CLIENT, str(server.port), kind, str(REQUESTS)]
