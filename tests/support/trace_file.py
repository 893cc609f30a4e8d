"""Reading the trace that a run left, as the tests need it."""

import functools
import glob
import json
import os

SCHEMA = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "trace-schema.json")
MOST_VALIDATED = 500  # of a trace's ordinary lines; violations are validated all


@functools.cache
def schema_validator():
    """None without the library, which must be there where CI says so."""
    try:
        import jsonschema
    except ImportError:
        if os.environ.get("CI"):
            raise
        return None
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def validate_events(path, events):
    validator = schema_validator()
    if validator is None:
        return
    for number, event in enumerate(events, 1):
        if number > MOST_VALIDATED and event.get("event.kind") != "alert" and number < len(events):
            continue
        for error in validator.iter_errors(event):
            raise AssertionError("%s:%d is not as docs/trace-schema.json says: %s\n%s" % (
                path, number, error.message, json.dumps(event)[:1000]))


class Trace:
    def __init__(self, path):
        self.path = path
        self.events = []
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    self.events.append(json.loads(line))
                except ValueError as error:
                    raise AssertionError("%s:%d is not JSON: %s" % (path, number, error))
        validate_events(path, self.events)

    @property
    def summary(self):
        return self.events[-1] if self.events else {}

    def find(self, contains=(), refused=False, **fields):
        """Events that hold every text of `contains` in some value, and `fields` (dots written as
        double underscores) exactly. `refused`: only what was decided against."""
        found = []
        for event in self.events:
            values = list(_strings(event))
            if not all(any(text in value for value in values) for text in contains):
                continue
            if refused and not is_refused(event):
                continue
            if all(event.get(key.replace("__", ".")) == value for key, value in fields.items()):
                found.append(event)
        return found

    def describe(self, limit=60):
        shown = [json.dumps(event)[:400] for event in self.events if is_refused(event)]
        return "%s: %d events, %d refused\n%s" % (self.path, len(self.events), len(shown),
                                                  "\n".join(shown[:limit]))


def is_refused(event):
    return event.get("safe_trace.decision", "allow") not in ("allow", "")


def _strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield str(value)


def trace_paths(state, compressed=False):
    name = "*.jsonl.zst" if compressed else "*.jsonl"
    return sorted(glob.glob(os.path.join(state, "safe-trace", "traces", name)))


def newest_trace(state):
    paths = trace_paths(state)
    if not paths:
        raise AssertionError("no trace in %s/safe-trace/traces" % state)
    return Trace(max(paths, key=lambda path: os.stat(path).st_mtime_ns))
