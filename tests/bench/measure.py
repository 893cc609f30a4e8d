"""Runs one command and measures it: wall time, CPU time, the supervisor's memory."""

import dataclasses
import os
import pathlib
import select
import signal
import subprocess
import threading
import time


class RunFailed(Exception):
    """A run did not end with status 0; the message ends with the last lines it printed."""


@dataclasses.dataclass
class Sample:
    wall: float  # seconds
    cpu: float  # seconds, user and system, of the command and all descendants that were waited for
    peak_kib: int | None = None  # VmHWM of the supervisor alone, None when it was never seen


def status_field(pid: int, field: str) -> int | None:
    """A value in KiB from /proc/PID/status."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return None


def resident_kib(pid: int) -> int | None:
    """Exact resident memory where it can be read; the counters of status lag by some pages."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Rss:"):
                return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return status_field(pid, "VmRSS")


def running(pid: int, program: str) -> bool | None:
    """Whether the process runs the program; None where that cannot be told (it has ended)."""
    try:
        return os.path.samefile(f"/proc/{pid}/exe", program)
    except OSError:
        return None


def runs_program(pid: int, program: str) -> bool:
    return running(pid, program) is True


class PeakSampler:
    """Reads VmHWM of one process until stopped.

    VmHWM never falls, so the last reading is the peak up to then: only what is allocated in the
    last interval before the exit can be missed. The rusage of wait4 is of no use here: its
    ru_maxrss is the largest of the supervisor AND of all the descendants it waited for.
    """

    INTERVAL = 0.05

    def __init__(self, pid: int, program: str):
        self.peak_kib: int | None = None
        self._pid = pid
        self._program = program
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        # The first readings come soon, for short runs. A program that only execs the command is no
        # supervisor, and its memory is not reported: it is seen once at most before it is another.
        interval = 0.002
        peaks: list[int] = []
        while not self._stop.wait(interval):
            interval = min(interval * 2, self.INTERVAL)
            value = status_field(self._pid, "VmHWM")
            is_running = running(self._pid, self._program)
            if is_running is False:
                self.peak_kib = None
                return
            if is_running and value is not None:
                peaks = [max([value, *peaks]), *peaks][:2]
            self.peak_kib = peaks[0] if len(peaks) > 1 else None

    def stop(self) -> int | None:
        self._stop.set()
        self._thread.join()
        return self.peak_kib


def tail(log: pathlib.Path, lines: int = 6) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def end_group(pid: int) -> None:
    """Ends the process group that this script started; nothing else is in it."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(command: list[str], cwd: pathlib.Path, environment: dict[str, str], log: pathlib.Path,
        limit: float, supervisor: str | None = None) -> Sample:
    """One timed run. The clock runs from before the fork until the status was collected."""
    with open(log, "wb") as output:
        start = time.monotonic()
        child = subprocess.Popen(command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
                                 stdout=output, stderr=output, start_new_session=True)
        sampler = PeakSampler(child.pid, supervisor) if supervisor else None
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            end_group(child.pid)

        timer = threading.Timer(limit, expire)
        timer.daemon = True
        timer.start()
        try:
            _, status, usage = os.wait4(child.pid, 0)
            end = time.monotonic()
        except BaseException:
            end_group(child.pid)
            child.wait()
            raise
        finally:
            timer.cancel()
            peak = sampler.stop() if sampler else None
        child.returncode = os.waitstatus_to_exitcode(status)
    if expired.is_set():
        raise RunFailed(f"ended after {limit:.0f} s\n{tail(log)}")
    if child.returncode != 0:
        raise RunFailed(f"status {child.returncode}: {' '.join(command)}\n{tail(log)}")
    return Sample(end - start, usage.ru_utime + usage.ru_stime, peak)


@dataclasses.dataclass
class Growth:
    before_kib: int  # resident memory of the supervisor after the first opens
    after_kib: int  # and after the last
    peak_kib: int | None


def read_line(stream, limit: float) -> bool:
    """Waits for one byte of a pipe, bounded."""
    ready, _, _ = select.select([stream], [], [], limit)
    return bool(ready) and os.read(stream.fileno(), 1) == b"\n"


def measure_growth(command: list[str], cwd: pathlib.Path, environment: dict[str, str],
                   log: pathlib.Path, limit: float, supervisor: str) -> Growth | None:
    """Runs `opens same FILE COUNT PAUSE_AFTER` under the supervisor, and reads the supervisor's
    resident memory while the program waits. None when the supervisor cannot be told apart."""
    with open(log, "wb") as errors:
        child = subprocess.Popen(command, cwd=cwd, env=environment, stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=errors, start_new_session=True)
    readings: list[int | None] = []
    peak = None
    try:
        assert child.stdin is not None and child.stdout is not None
        for _ in range(2):
            if not read_line(child.stdout, limit):
                raise RunFailed(f"no answer from the program\n{tail(log)}")
            seen = runs_program(child.pid, supervisor)
            readings.append(resident_kib(child.pid) if seen else None)
            peak = status_field(child.pid, "VmHWM")
            child.stdin.write(b"\n")
            child.stdin.flush()
        if child.wait(limit) != 0:
            raise RunFailed(f"status {child.returncode}\n{tail(log)}")
    except subprocess.TimeoutExpired as error:
        raise RunFailed(f"ended after {limit:.0f} s\n{tail(log)}") from error
    except BrokenPipeError as error:
        raise RunFailed(f"the program ended early\n{tail(log)}") from error
    finally:
        if child.poll() is None:
            end_group(child.pid)
            child.wait()
        for stream in (child.stdin, child.stdout):
            try:
                stream.close()
            except BrokenPipeError:
                pass
    before, after = readings
    if before is None or after is None:
        return None
    return Growth(before, after, peak)
