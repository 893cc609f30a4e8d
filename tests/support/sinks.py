"""Loopback sinks that remember what reached them. Ports are the kernel's choice."""

import os
import socket
import threading
import time


class _Sink:
    def __init__(self):
        self._lock = threading.Lock()
        self._received = []
        self.connections = 0
        self._stop = False
        self._threads = []

    def _start(self, function, *args):
        thread = threading.Thread(target=function, args=args, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _note(self, data):
        with self._lock:
            if sum(map(len, self._received[-64:])) < 1 << 22 and len(self._received) < 200000:
                self._received.append(data)

    def messages(self):
        with self._lock:
            return list(self._received)

    def received(self):
        with self._lock:
            return b"".join(self._received)

    def clear(self):
        with self._lock:
            self._received = []
            self.connections = 0

    def count(self, data, expected=1, timeout=5):
        """How often `data` came; waits a while for the expected number."""
        deadline = time.monotonic() + timeout
        while True:
            found = self.received().count(data)
            if found >= expected or time.monotonic() > deadline:
                return found
            time.sleep(0.02)

    @property
    def untouched(self):
        time.sleep(0.15)  # what is still in the kernel's queues arrives
        with self._lock:
            return not self._received and self.connections == 0


class UdpSink(_Sink):
    def __init__(self, address="127.0.0.1", port=0, path=None):
        super().__init__()
        if path is not None:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.socket.bind(path)
            self.port = 0
        else:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            self.socket = socket.socket(family, socket.SOCK_DGRAM)
            self.socket.bind((address, port))
            self.port = self.socket.getsockname()[1]
        self.socket.settimeout(0.1)
        self._start(self._serve)

    def _serve(self):
        while not self._stop:
            try:
                data, _ = self.socket.recvfrom(65536)
            except TimeoutError:
                continue
            except OSError:
                return
            self._note(data)

    def close(self):
        self._stop = True
        for thread in self._threads:
            thread.join(5)
        self.socket.close()


class TcpSink(_Sink):
    """Accepts, optionally answers, and records. `path` makes it a unix stream socket; a path that
    starts with a NUL is an abstract one. `descriptor` is sent to each client by SCM_RIGHTS."""

    def __init__(self, address="127.0.0.1", port=0, path=None, reply=b"", protocol=0,
                 descriptor=None):
        super().__init__()
        self.reply = reply
        self.descriptor = descriptor
        if path is not None:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.bind(path)
            if not path.startswith("\0"):
                os.chmod(path, 0o777)
            self.port = 0
        else:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            self.socket = socket.socket(family, socket.SOCK_STREAM, protocol)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind((address, port))
            self.port = self.socket.getsockname()[1]
        self.socket.listen(64)
        self.socket.settimeout(0.1)
        self._start(self._serve)

    def _serve(self):
        while not self._stop:
            try:
                connection, _ = self.socket.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            with self._lock:
                self.connections += 1
            self._start(self._talk, connection)

    def _talk(self, connection):
        with connection:
            connection.settimeout(5)
            try:
                if self.descriptor is not None:
                    socket.send_fds(connection, [b"fd"], [self.descriptor])
                answered = False
                while True:
                    data = connection.recv(65536)
                    if not data:
                        return
                    self._note(data)
                    if self.reply and not answered:
                        connection.sendall(self.reply)
                        answered = True
            except OSError:
                return

    def close(self):
        self._stop = True
        self.socket.close()
        for thread in self._threads:
            thread.join(6)


def http_reply(body):
    if isinstance(body, str):
        body = body.encode()
    return (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body)) + body
