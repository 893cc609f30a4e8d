"""Traces that no run wrote: any events, in an intact chain."""

import hashlib
import json

RUN_ID = "20261122T101500Z-00c0ffee"
SECOND = 1795342500  # of that run id


def hex_digest(data):
    return hashlib.sha256(data).hexdigest()


def at(nanoseconds):
    whole, rest = divmod(nanoseconds, 10**9)
    minutes, seconds = divmod(whole, 60)
    return "2026-11-22T10:%02d:%02d.%09dZ" % (15 + minutes, seconds, rest)


class MadeTrace:
    """Use as a context; add() events, or raw() lines; the summary is written at the end."""

    def __init__(self, path, run_id=RUN_ID, command=("pip", "install", "evil"), version=1,
                 directory="/home/u/project", finish=True, **header):
        self.path, self.run_id, self.finish = str(path), run_id, finish
        self.sequence = 0
        self.violations, self.refusals, self.processes = 0, 0, set()
        self.head = hex_digest(run_id.encode())
        self.file = open(self.path, "wb")
        self.add("run-start", category="configuration", **{
            "event.type": "start", "safe_trace.schema_version": version,
            "process.args": list(command), "process.working_directory": directory,
            "safe_trace.kernel_features": ["landlock=7"], "safe_trace.enforcement": [],
            "safe_trace.policy_digest": "sha256:00"}, **header)

    def add(self, action, category="file", kind="event", outcome="success", time=None, **fields):
        self.sequence += 1
        event = {"@timestamp": at(self.sequence * 1000 if time is None else time),
                 "event.sequence": self.sequence, "event.kind": kind, "event.category": category,
                 "event.type": "info", "event.action": action, "event.outcome": outcome,
                 "safe_trace.run_id": self.run_id}
        event.update(fields)
        self.violations += kind == "alert"
        self.refusals += fields.get("safe_trace.decision", "allow") != "allow"
        if "process.entity_id" in fields:
            self.processes.add(fields["process.entity_id"])
        self.line(event)

    def by(self, action, package="evil", version="1.0", process="101-2", role="package", **fields):
        """An event of a process: of a package, or of the manager where `package` is None."""
        subject = {"process.entity_id": process, "process.pid": int(process.split("-")[0]),
                   "safe_trace.role": role, "safe_trace.ecosystem": "pip"}
        if package is not None:
            subject.update({"package.name": package, "package.version": version})
        self.add(action, **dict(subject, **fields))

    def refused(self, action, rule, **fields):
        """A violation."""
        self.by(action, **dict({"kind": "alert", "outcome": "failure", "rule.id": rule,
                                "safe_trace.decision": "deny"}, **fields))

    def line(self, event, seal=False):
        text = json.dumps(dict(event, **{"safe_trace.prev_hash": self.head}), ensure_ascii=False,
                          separators=(",", ":")).encode("utf-8", "surrogateescape")
        if seal:
            text = text[:-1] + b',"safe_trace.seal":"' + hex_digest(text[:-1]).encode() + b'"}'
        self.raw(text)

    def raw(self, text):
        self.head = hex_digest(text)
        self.file.write(text + b"\n")

    def end(self):
        self.sequence += 1
        self.line({"@timestamp": at(self.sequence * 1000), "event.sequence": self.sequence,
                   "event.kind": "event", "event.category": "configuration", "event.type": "end",
                   "event.action": "run-end", "event.outcome": "success",
                   "safe_trace.run_id": self.run_id,
                   "safe_trace.exit_status": 120 if self.violations else 0,
                   "process.exit_code": 0, "event.duration": 10**9,
                   "safe_trace.summary.processes": len(self.processes),
                   "safe_trace.summary.violations": self.violations,
                   "safe_trace.summary.denials": self.refusals,
                   "safe_trace.summary.notifications": self.sequence,
                   "safe_trace.summary.dropped_events": 0, "safe_trace.summary.packages": [],
                   "safe_trace.summary.hosts": [], "safe_trace.summary.survivors": [],
                   "safe_trace.removed": []}, seal=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.finish:
            self.end()
        self.file.close()
