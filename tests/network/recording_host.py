"""Hosts that keep every byte that reached them, before and inside TLS."""

import socket
import ssl
import threading
import time

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"


def listener(address, port, backlog=512):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, port))
    made.listen(backlog)
    return made


class RecordingHost:
    """Answers whatever comes with `reply`, once for every piece. With a `tls` context it speaks
    TLS to whoever begins so."""

    def __init__(self, address, port, tls=None, reply=OK):
        self.tls, self.reply = tls, reply
        self._lock = threading.Lock()
        self._connections, self._raw, self._plain, self._names = 0, [], [], []
        self._listener = listener(address, port)
        threading.Thread(target=self._serve, daemon=True).start()

    def clear(self):
        with self._lock:
            self._connections, self._raw, self._plain, self._names = 0, [], [], []

    @property
    def connections(self):
        with self._lock:
            return self._connections

    def raw(self):
        """The first bytes of every connection as they were on the wire."""
        time.sleep(0.15)  # what is still in the kernel's queues arrives
        with self._lock:
            return b"|".join(self._raw)

    def received(self):
        """What was said, without the TLS around it."""
        time.sleep(0.15)
        with self._lock:
            return b"|".join(self._plain)

    def server_names(self):
        with self._lock:
            return list(self._names)

    def note(self, data):
        with self._lock:
            self._plain.append(data)

    def note_name(self, name):
        with self._lock:
            self._names.append(name)

    def _serve(self):
        while True:
            connection, _ = self._listener.accept()
            with self._lock:
                self._connections += 1
            threading.Thread(target=self._begin, args=(connection,), daemon=True).start()

    def _begin(self, connection):
        with connection:
            connection.settimeout(30)
            try:
                first = connection.recv(4096, socket.MSG_PEEK)
                with self._lock:
                    self._raw.append(first)
                if self.tls is not None and first[:1] == b"\x16":
                    with self.tls.wrap_socket(connection, server_side=True) as inside:
                        self._talk(inside)
                elif first:
                    self._talk(connection)
            except (OSError, ssl.SSLError):
                pass

    def _talk(self, connection):
        while data := connection.recv(65536):
            self.note(data)
            connection.sendall(self.reply)


def tls_context(authority, host_of):
    """`host_of()` is the host that hears which names were asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.chain, authority.key)
    context.set_alpn_protocols(["http/1.1"])

    def on_name(_connection, name, _context):
        host_of().note_name(name)

    context.sni_callback = on_name
    return context
