"""A resolver that answers from a table, and remembers every question that reached it."""

import socket
import struct
import threading

A, CNAME, AAAA = 1, 5, 28
NO_SUCH_NAME = 3


def read_name(message, offset):
    labels = []
    while True:
        size = message[offset]
        if size == 0:
            return ".".join(labels), offset + 1
        if size & 0xC0:
            raise ValueError("a compressed question")
        labels.append(message[offset + 1:offset + 1 + size].decode("latin-1"))
        offset += 1 + size


def write_name(name):
    encoded = b"".join(bytes([len(label)]) + label.encode("latin-1")
                       for label in name.split(".") if label)
    return encoded + b"\0"


def record(name, kind, data, ttl=60):
    return write_name(name) + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def address_records(name, kind, addresses):
    family = socket.AF_INET6 if kind == AAAA else socket.AF_INET
    return [record(name, kind, socket.inet_pton(family, address)) for address in addresses
            if (":" in address) == (kind == AAAA)]


def response(message, records, code=0, identifier=None, truncated=False):
    _, end = read_name(message, 12)
    question = message[12:end + 4]
    head = struct.unpack(">H", message[:2])[0] if identifier is None else identifier
    flags = 0x8180 | code | (0x0200 if truncated else 0)
    return struct.pack(">6H", head, flags, 1, len(records), 0, 0) + question + b"".join(records)


class NameServer:
    """`zone`: name -> list of addresses. `faults`: name -> function(message, name, kind, is_tcp)
    that returns the messages to send, none for silence."""

    def __init__(self, address, zone, port=53):
        self.zone, self.faults = zone, {}
        self._lock = threading.Lock()
        self._questions = []
        self._raw = []
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind((address, port))
        self._tcp = socket.socket()
        self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._tcp.bind((address, port))
        self._tcp.listen(64)
        for function in (self._serve_datagrams, self._serve_streams):
            threading.Thread(target=function, daemon=True).start()

    def questions(self):
        with self._lock:
            return list(self._questions)

    def received(self):
        """Every byte that came."""
        with self._lock:
            return b"|".join(self._raw)

    def clear(self):
        with self._lock:
            self._questions, self._raw = [], []

    def _answers(self, message, is_tcp):
        with self._lock:
            if len(self._raw) < 100000:
                self._raw.append(message)
        try:
            name, end = read_name(message, 12)
            kind = struct.unpack_from(">H", message, end)[0]
        except (ValueError, IndexError, struct.error):
            return []
        canonical = name.lower().rstrip(".")
        with self._lock:
            self._questions.append((canonical, kind))
        if canonical in self.faults:
            return self.faults[canonical](message, name, kind, is_tcp)
        if canonical not in self.zone:
            return [response(message, [], NO_SUCH_NAME)]
        records = address_records(name, kind, self.zone[canonical])
        return [response(message, records if kind in (A, AAAA) else [])]

    def _serve_datagrams(self):
        while True:
            message, client = self._udp.recvfrom(65536)
            for answer in self._answers(message, False):
                self._udp.sendto(answer, client)

    def _serve_streams(self):
        while True:
            connection, _ = self._tcp.accept()
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with connection, connection.makefile("rb") as stream:
            try:
                while size := stream.read(2):
                    message = stream.read(struct.unpack(">H", size)[0])
                    for answer in self._answers(message, True):
                        connection.sendall(struct.pack(">H", len(answer)) + answer)
            except (OSError, struct.error):
                pass
