#!/usr/bin/env python3
"""docs/trace-schema.md and docs/trace-schema.json name the same keys and actions, and the golden trace
is as the schema says."""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

import trace_file  # noqa: E402

SUMMARY = "safe_trace.summary."


def table_words(text: str) -> set[str]:
    """What stands in the first column of a table, each word in backquotes."""
    words = set()
    for line in text.splitlines():
        if line.startswith("| `"):
            words.update(re.findall(r"`([^`]+)`", line.split("|")[1]))
    return words


def main() -> int:
    text = (ROOT / "docs" / "trace-schema.md").read_text(encoding="utf-8")
    schema = json.loads((ROOT / "docs" / "trace-schema.json").read_text(encoding="utf-8"))
    wrong = []
    actions = set(schema["properties"]["event.action"]["enum"])
    keys = set(schema["properties"])
    named = table_words(text)
    for action in sorted(actions - named):
        wrong.append(f"the action {action} is in no table of trace-schema.md")
    for key in sorted(keys):
        short = "." + key[len(SUMMARY):] if key.startswith(SUMMARY) else key
        if f"`{key}`" not in text and f"`{short}`" not in text:
            wrong.append(f"the key {key} is not named in trace-schema.md")
    for word in sorted(named):
        word = SUMMARY + word[1:] if word.startswith(".") else word
        if word not in actions | keys and not word.startswith("safe_trace.enforcement."):
            wrong.append(f"trace-schema.md names {word}, which trace-schema.json lacks")
    trace = trace_file.Trace(str(ROOT / "tests" / "golden" / "trace-v1.jsonl"))
    if not trace.events:
        wrong.append("the golden trace is gone")
    for message in wrong:
        print(message)
    if trace_file.schema_validator() is None:
        print("skipped: python3-jsonschema is not installed")
        return 1 if wrong else 77
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
