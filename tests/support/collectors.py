"""Stand-ins for collectors: OTLP/HTTP with JSON, held strictly against the protocol's data model,
and a stream socket that takes lines."""

import http.server
import json
import os
import re
import socket
import threading
import time

# Of opentelemetry-proto's logs.proto, common.proto and resource.proto, in proto3's JSON.
REQUEST = {"resourceLogs": ["ResourceLogs"]}
MESSAGES = {
    "ResourceLogs": {"resource": "Resource", "scopeLogs": ["ScopeLogs"], "schemaUrl": str},
    "Resource": {"attributes": ["KeyValue"], "droppedAttributesCount": int},
    "ScopeLogs": {"scope": "Scope", "logRecords": ["LogRecord"], "schemaUrl": str},
    "Scope": {"name": str, "version": str, "attributes": ["KeyValue"]},
    "LogRecord": {"timeUnixNano": "uint64", "observedTimeUnixNano": "uint64",
                  "severityNumber": int, "severityText": str, "body": "AnyValue",
                  "attributes": ["KeyValue"], "flags": int, "traceId": str, "spanId": str},
    "KeyValue": {"key": str, "value": "AnyValue"},
    "ArrayValue": {"values": ["AnyValue"]},
}


def check(value, kind, where="request"):
    """Raises ValueError where `value` is not a message of that kind."""
    if isinstance(kind, list):
        if not isinstance(value, list):
            raise ValueError("%s: not a list" % where)
        for index, item in enumerate(value):
            check(item, kind[0], "%s[%d]" % (where, index))
    elif isinstance(kind, type):
        if type(value) is not kind:
            raise ValueError("%s: %r is no %s" % (where, value, kind.__name__))
    elif kind == "uint64":
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,20}", value):
            raise ValueError("%s: 64 bits must be a decimal text, not %r" % (where, value))
    elif kind == "AnyValue":
        check_any_value(value, where)
    else:
        fields = MESSAGES[kind] if isinstance(kind, str) else kind
        if not isinstance(value, dict):
            raise ValueError("%s: not an object" % where)
        for key, item in value.items():
            if key not in fields:
                raise ValueError("%s: no field %r in %s" % (where, key, kind))
            check(item, fields[key], "%s.%s" % (where, key))


def check_any_value(value, where):
    kinds = {"stringValue": str, "boolValue": bool, "arrayValue": "ArrayValue"}
    if not isinstance(value, dict) or len(value) != 1:
        raise ValueError("%s: an AnyValue has exactly one field" % where)
    (key, item), = value.items()
    if key == "intValue":
        if not isinstance(item, str) or not re.fullmatch(r"-?[0-9]{1,19}", item):
            raise ValueError("%s: 64 bits must be a decimal text, not %r" % (where, item))
    elif key in kinds:
        check(item, kinds[key], "%s.%s" % (where, key))
    else:
        raise ValueError("%s: no kind of value %r" % (where, key))


def plain(value):
    """An AnyValue as a value of Python's."""
    (key, item), = value.items()
    if key == "intValue":
        return int(item)
    return [plain(each) for each in item.get("values", [])] if key == "arrayValue" else item


def plain_attributes(holder):
    names = [attribute["key"] for attribute in holder["attributes"]]
    if len(names) != len(set(names)):
        raise ValueError("the same attribute twice: %s" % names)
    return {attribute["key"]: plain(attribute["value"]) for attribute in holder["attributes"]}


class OtlpCollector:
    """`answers`: statuses to give to the first requests, before 200. `delay`: seconds that each
    answer takes. `rejected`: how many of the first accepted request it says it rejects."""

    def __init__(self, answers=(), delay=0, rejected=0):
        self.records = []  # (resource attributes, record), of requests that were accepted
        self.problems = []
        self.requests = 0
        self._answers = list(answers)
        self._delay = delay
        self._rejected = rejected
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                status, answer = collector._take(self.path, self.headers, body)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *unused):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self):
        return "otlp+http://127.0.0.1:%d" % self.port

    def _take(self, path, headers, body):
        self.requests += 1
        time.sleep(self._delay)
        if self._answers:
            status = self._answers.pop(0)
            if status != 200:
                return status, b"{}"
        try:
            if path != "/v1/logs" or headers["Content-Type"] != "application/json":
                raise ValueError("%s of %s" % (path, headers["Content-Type"]))
            request = json.loads(body)
            check(request, REQUEST)
            for resource in request["resourceLogs"]:
                about = plain_attributes(resource["resource"])
                for scope in resource["scopeLogs"]:
                    self.records += [(about, record) for record in scope["logRecords"]]
        except (ValueError, KeyError) as error:
            self.problems.append(str(error))
            return 400, b"{}"
        rejected, self._rejected = self._rejected, 0
        if rejected:
            return 200, json.dumps({"partialSuccess": {"rejectedLogRecords": str(rejected)}}).encode()
        return 200, b"{}"

    def events(self):
        """The attributes of each record, which are the keys of the trace's line."""
        return [plain_attributes(record) for _, record in self.records]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class LineSocket:
    """Takes lines on a unix socket. `reads`: how many bytes it takes before it stops reading, for
    a slow one. `hangs_up_after`: bytes after which it closes each of its first connections."""

    def __init__(self, path, reads=None, hangs_up_after=()):
        self.path = path
        self.received = b""
        self.connections = 0
        self._reads = reads
        self._hang_ups = list(hangs_up_after)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(path)
        self._socket.listen(8)
        self._held = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._held.append(client)
            limit = self._hang_ups.pop(0) if self._hang_ups else None
            taken = 0
            while self._reads is None or taken < self._reads:
                data = client.recv(65536 if limit is None else min(65536, limit - taken))
                taken += len(data)
                self.received += data
                if not data or taken == limit:
                    client.close()
                    break

    def events(self):
        """Every line that is whole; one that was torn by a hang-up came again."""
        found = []
        for line in self.received.split(b"\n"):
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def close(self):
        self._socket.close()
        for client in self._held:
            client.close()
        if os.path.exists(self.path):
            os.unlink(self.path)
