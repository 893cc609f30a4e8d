"""One address whose ports behave in ways that web hosts do not."""

import hashlib
import socket
import struct
import threading
import time

from recording_host import listener

ECHO, COUNT, BYE, BANNER, RESET, TRICKLE, FLOOD, HALF_OPEN, UPGRADE = range(1007, 1016)
LONG_ANSWER = bytes(range(256)) * (4 << 12)  # 4 MiB
FLOOD_SIZE = 64 << 20


def _echo(connection):
    while data := connection.recv(65536):
        connection.sendall(data)


def _count(connection):
    """Answers at length, once the client has said that it has nothing more to say."""
    size, digest = 0, hashlib.sha256()
    while data := connection.recv(65536):
        size += len(data)
        digest.update(data)
    Doors.counted.append(size)
    connection.sendall(b"%d %s\n" % (size, digest.hexdigest().encode()))
    connection.sendall(LONG_ANSWER)


def _bye(connection):
    connection.sendall(b"bye\n")
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(20)
    while connection.recv(65536):
        pass


def _banner(connection):
    """Says first whom it sees, then echoes."""
    host, port = connection.getpeername()[:2]
    connection.sendall(b"%s %d\n" % (host.encode(), port))
    _echo(connection)


def _reset(connection):
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _trickle(connection):
    """Reads slowly: back-pressure must reach the client."""
    size = 0
    time.sleep(0.7)
    while data := connection.recv(1 << 16):
        size += len(data)
        time.sleep(0.002)
    connection.sendall(b"%d\n" % size)


def _flood(connection):
    block, left = LONG_ANSWER[:1 << 20], FLOOD_SIZE
    connection.recv(1)
    while left:
        left -= connection.send(block)


def _half_open(connection):
    """Keeps the connection long after the client has gone, and says nothing."""
    time.sleep(20)


def _upgrade(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                       b"Upgrade: websocket\r\n\r\n")
    _echo(connection)


BEHAVIOUR = {ECHO: _echo, COUNT: _count, BYE: _bye, BANNER: _banner, RESET: _reset,
             TRICKLE: _trickle, FLOOD: _flood, HALF_OPEN: _half_open, UPGRADE: _upgrade}


class Doors:
    """`counted`: how many bytes the counting door got, for each connection."""

    counted = []

    def __init__(self, address):
        for port, behave in BEHAVIOUR.items():
            threading.Thread(target=self._serve, args=(listener(address, port, 4096), behave),
                             daemon=True).start()

    def _serve(self, door, behave):
        while True:
            connection, _ = door.accept()
            threading.Thread(target=self._talk, args=(connection, behave), daemon=True).start()

    @staticmethod
    def _talk(connection, behave):
        with connection:
            try:
                behave(connection)
            except OSError:
                pass
