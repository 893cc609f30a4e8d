"""What reading and writing a long trace costs: the group "traces" of tools/bench."""

import dataclasses
import json
import pathlib
import shutil
import subprocess
import sys

import measure

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from made_trace import MadeTrace  # noqa: E402

EVENTS = 1_000_000
VERBS = (["verify"], ["show"], ["show", "--all"], ["show", "--json", "--all"],
         ["query", "kind=alert"], ["query", "--count", "package"],
         ["report", "--html", "OUT"],
         *(["export", "--format", name, "-o", "OUT"]
           for name in ("sarif", "ocsf", "falco", "chrome-trace", "csv")))


@dataclasses.dataclass
class Reading:
    verb: str
    samples: list[measure.Sample]
    output: int  # bytes


def make(path: pathlib.Path, events: int) -> None:
    """The trace of an install at the full level: 300 packages, 400 processes at a time, one event
    in 200 a violation."""
    opened = {"process.executable": "/usr/bin/node", "safe_trace.mechanism": "seccomp-notify",
              "safe_trace.syscall": "openat", "rule.id": "package.read",
              "safe_trace.decision": "allow"}
    with MadeTrace(path, command=("npm", "install")) as trace:
        for i in range(events - 2):
            who = {"package": f"package-{i % 300:03}", "process": f"{1000 + i % 400}-{1 + i % 400}"}
            if i % 20 == 0:
                trace.by("process-exec", category="process", **who, **{
                    "process.args": ["node", "install.js", "--step", str(i)],
                    "process.executable": "/usr/bin/node", "process.parent.entity_id": "1000-1"})
            elif i % 20 == 1:
                trace.by("process-exit", category="process", **who, **{"process.exit_code": 0})
            elif i % 20 == 2:
                trace.by("network-connect", category="network", **who, **{
                    "destination.ip": f"192.0.2.{i % 250}", "destination.port": 443,
                    "destination.domain": [f"registry{i % 100}.example.org"],
                    "network.transport": "tcp"})
            elif i % 200 == 3:
                trace.refused("file-open", "credential.ssh", **who, **{
                    "file.path": f"/home/u/.ssh/key{i % 1000}", "safe_trace.reason": "SSH keys"})
            else:
                trace.by("file-open", **who, **opened, **{
                    "file.path": f"/home/u/project/node_modules/{who['package']}/lib/f{i}.js"})


def read(tool: str, trace: pathlib.Path, directory: pathlib.Path, rounds: int, limit: float):
    """Yields a Reading for each verb."""
    out, log = directory / "out", directory / "log"
    for verb in VERBS:
        words = [str(out) if word == "OUT" else word for word in verb]
        samples = []
        for _ in range(rounds):
            out.unlink(missing_ok=True)
            samples.append(measure.run([tool, *words, str(trace)], directory, {"TERM": "dumb"}, log,
                                       limit, tool))
        written = out if out.exists() else log
        yield Reading(" ".join(word for word in verb if word not in ("-o", "OUT")), samples,
                      written.stat().st_size)


def write(program: str, limit: float) -> list[dict[str, float]]:
    """The writer's own benchmark: plain, and compressed."""
    done = subprocess.run([program, "--benchmark_filter=BM_MillionEvents", "--benchmark_format=json"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=limit,
                          check=False)
    if done.returncode != 0:
        raise measure.RunFailed(f"status {done.returncode}: {program}")
    rows = json.loads(done.stdout)["benchmarks"]
    for row in rows:
        if row.get("error_occurred"):
            raise measure.RunFailed(f"{program}: {row['error_message']}")
    return [{"events_per_second": row["items_per_second"], "peak_mib": row["peak_mib"],
             "file_mib": row["file_mib"]} for row in rows]


def compress(trace: pathlib.Path) -> pathlib.Path | None:
    """With the level that the writer takes; None without zstd."""
    zstd = shutil.which("zstd")
    if zstd is None:
        return None
    packed = trace.with_name(trace.name + ".zst")
    subprocess.run([zstd, "-q", "-3", str(trace), "-o", str(packed)], check=True, timeout=300)
    return packed
