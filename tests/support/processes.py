"""Starting, bounding and reaping the processes of one test.

The test process makes itself the subreaper, so whatever outlives a command becomes its child:
survivors are found by parentage, not by name, and ended by pid.
"""

import ctypes
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field

PR_SET_CHILD_SUBREAPER = 36
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

_libc = ctypes.CDLL(None, use_errno=True)
_owned = set()


def become_subreaper():
    if _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")


def drop_ambient_capabilities():
    """For use after fork: a child of a namespaced test starts without capabilities."""
    _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)


@dataclass
class Outcome:
    status: int  # exit status, or -N when it died of signal N
    stdout: bytes
    stderr: bytes
    seconds: float
    timed_out: bool = False
    pid: int = 0
    survivors: list = field(default_factory=list)  # command lines that outlived the command
    peak_kib: int = 0  # VmHWM of the process that was started (safe-trace itself)

    @property
    def text(self):
        return (self.stdout + b"\n" + self.stderr).decode("utf-8", "replace")

    def holds(self, secret):
        """Whether the secret appears, also where a pretty printer broke the line."""
        squeezed = b"".join((self.stdout + b"|" + self.stderr).split())
        return secret.encode() in squeezed

    def describe(self):
        return "status %s after %.1f s\n--- stdout\n%s\n--- stderr\n%s" % (
            "timeout" if self.timed_out else self.status,
            self.seconds,
            self.stdout.decode("utf-8", "replace")[-6000:],
            self.stderr.decode("utf-8", "replace")[-6000:],
        )


def _stat_fields(pid):
    with open("/proc/%d/stat" % pid, "rb") as stat:
        return stat.read().rsplit(b")", 1)[1].split()


def _children():
    """(pid, is_zombie) of every child of this process that no Popen object or helper owns."""
    found = []
    me = os.getpid()
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) in _owned:
            continue
        try:
            fields = _stat_fields(int(name))
        except OSError:
            continue
        if int(fields[1]) == me:
            found.append((int(name), fields[0] == b"Z"))
    return found


def command_line(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            return file.read().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def descendants_alive(grace=0.0):
    """Command lines of orphans that are still running after `grace` seconds."""
    deadline = time.monotonic() + grace
    while True:
        alive = [pid for pid, zombie in _children() if not zombie]
        if not alive or time.monotonic() >= deadline:
            return ["%d %s" % (pid, command_line(pid)) for pid in alive]
        time.sleep(0.02)


def end_orphans(limit=10.0):
    """Kills and reaps every orphan, generation after generation. Raises if one will not go."""
    deadline = time.monotonic() + limit
    while True:
        children = _children()
        if not children:
            return
        for pid, zombie in children:
            if not zombie:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass
        if time.monotonic() > deadline:
            raise RuntimeError("these will not end: %r" % children)
        time.sleep(0.01)


class Started:
    """A running command with bounded readers on its output."""

    def __init__(self, argv, env, cwd, stdin=None, pass_fds=(), preexec=None, session=True):
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            argv,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL if stdin is None else
            (subprocess.PIPE if isinstance(stdin, bytes) else stdin),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=pass_fds,
            start_new_session=session,
            preexec_fn=preexec,
        )
        _owned.add(self.process.pid)
        self.pid = self.process.pid
        self._chunks = {"stdout": [], "stderr": []}
        self._readers = []
        for name in ("stdout", "stderr"):
            self._spawn(self._drain, getattr(self.process, name), self._chunks[name])
        if isinstance(stdin, bytes):
            self._spawn(self._feed, self.process.stdin, stdin)

    def _spawn(self, function, *args):
        thread = threading.Thread(target=function, args=args, daemon=True)
        thread.start()
        if function == self._drain:
            self._readers.append(thread)

    @staticmethod
    def _drain(pipe, chunks):
        size = 0
        while True:
            try:
                data = os.read(pipe.fileno(), 65536)
            except (OSError, ValueError):
                return
            if not data:
                return
            size += len(data)
            if size <= 64 << 20:
                chunks.append(data)

    @staticmethod
    def _feed(pipe, data):
        try:
            pipe.write(data)
            pipe.close()
        except OSError:
            pass

    def output(self):
        return b"".join(self._chunks["stdout"]), b"".join(self._chunks["stderr"])

    def finish(self, timeout, survivor_grace=1.0):
        timed_out, peak, deadline = False, 0, time.monotonic() + timeout
        while True:
            peak = max(peak, peak_memory_kib(self.pid))
            try:
                self.process.wait(0.05)
                break
            except subprocess.TimeoutExpired:
                if time.monotonic() > deadline:
                    timed_out = True
                    self.process.kill()
                    self.process.wait(20)
                    break
        seconds = time.monotonic() - self.began
        _owned.discard(self.pid)
        survivors = descendants_alive(survivor_grace)
        # A survivor may hold the pipes open: the readers get a bounded time only.
        for reader in self._readers:
            reader.join(0.2 if survivors else 10)
        if not any(reader.is_alive() for reader in self._readers):
            self.process.stdout.close()
            self.process.stderr.close()
        stdout, stderr = self.output()
        return Outcome(self.process.returncode, stdout, stderr, seconds, timed_out, self.pid,
                       survivors, peak)


def peak_memory_kib(pid):
    try:
        with open("/proc/%d/status" % pid, "rb") as file:
            for line in file:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def run(argv, env, cwd, timeout=60, survivor_grace=1.0, **options):
    """Runs to the end. Orphans are listed in the outcome and left for end_orphans()."""
    return Started(argv, env, cwd, **options).finish(timeout, survivor_grace)


class Helper:
    """A process of the test itself (a victim, a server): never counted as a survivor."""

    def __init__(self, argv, env=None, cwd=None, stdin=None, preexec=None,
                 stdout=subprocess.PIPE, stderr=None):
        self.process = subprocess.Popen(argv, env=env, cwd=cwd, stdin=stdin, stdout=stdout,
                                        stderr=stderr, preexec_fn=preexec)
        self.pid = self.process.pid
        _owned.add(self.pid)

    def state(self):
        try:
            return _stat_fields(self.pid)[0].decode()
        except OSError:
            return "gone"

    def read_line(self, timeout=20):
        line = []
        reader = threading.Thread(target=lambda: line.append(self.process.stdout.readline()),
                                  daemon=True)
        reader.start()
        reader.join(timeout)
        if not line or not line[0]:
            raise RuntimeError("a helper of the test said nothing: %r" % self.process.args)
        return line[0].decode().strip()

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(20)
        for stream in (self.process.stdout, self.process.stdin):
            if stream:
                stream.close()
        _owned.discard(self.pid)
