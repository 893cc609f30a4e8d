#!/usr/bin/env python3
"""The arrows between the rooms: launcher -> tracer -> policy, tools -> policy and the trace's library.

Reads every #include "room/..." of the C++ sources and fails on one that docs/architecture.md does
not allow.
"""
import pathlib
import re
import sys

ALLOWED = {
    "policy": ["policy/"],
    "preload": ["preload/"],
    "tracer": ["tracer/", "policy/", "preload/shim_protocol.h"],
    "launcher": ["launcher/", "tracer/", "policy/"],
    # Programs that read hostile data: the trace's library, the floor that they confine themselves
    # with, and the small types that these are made of.
    "tools": ["tools/", "policy/", "tracer/events/", "tracer/floor/", "tracer/stacks/stack_sample.h",
              "tracer/stacks/unwind_protocol.h", "tracer/unique_fd.h",
              "tracer/syscall_status.h", "tracer/run_summary.h"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
# Also the shim's list of removed variables is written by the launcher.
EXCEPTIONS = {("launcher", "preload/shim_protocol.h")}


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    wrong = []
    seen = 0
    for room, allowed in ALLOWED.items():
        for path in sorted((root / room).rglob("*")):
            if path.suffix not in (".cc", ".h", ".c"):
                continue
            for included in INCLUDE.findall(path.read_text(encoding="utf-8")):
                if "/" not in included or not (root / included).exists():
                    continue  # a library's header
                seen += 1
                if (room, included) in EXCEPTIONS:
                    continue
                if not any(included.startswith(prefix) for prefix in allowed):
                    wrong.append(f"{path.relative_to(root)} includes {included}")
    for line in wrong:
        print(line)
    if seen < 100:
        print(f"only {seen} includes were seen: the check does not look at the sources")
        return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
