"""Python programs with packages, run bare and under `safe-trace guard`."""

import glob
import os
import socket
import subprocess
import threading

import environment
import processes
from transparent import TransparencyCase
from world import write_file

# What a package tries. Each prints what came of it; `sink` listens on loopback.
ACTS = """
import os, socket, subprocess, sys

def attempt(name, act):
    try:
        act()
        print(name, "succeeded", flush=True)
    except BaseException as error:
        print(name, "failed", type(error).__name__, flush=True)

def read():
    open(os.path.expanduser("~/.aws/credentials")).read()

def connect():
    socket.create_connection(("127.0.0.1", int(os.environ["SINK"])), timeout=5).close()

def run():
    subprocess.run(["touch", "ran"], check=True)

def write():
    open("planted", "w").close()

def all_of_them():
    for act in (read, connect, run, write):
        attempt(act.__name__, act)
"""
ALL = ("read", "connect", "run", "write")


def pythons():
    """Interpreters of different versions that this user may run; the distribution's first."""
    found = ["/usr/bin/python3"]
    root = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    for path in sorted(glob.glob(os.path.join(root, "versions", "3.*", "bin", "python3"))):
        if os.access(path, os.X_OK):
            found.append(path)
    return [path for path in found if version_of(path) >= (3, 8)]


def version_of(python):
    text = subprocess.run([python, "-c", "import sys; print(*sys.version_info[:2])"],
                          stdout=subprocess.PIPE, check=True).stdout.split()
    return int(text[0]), int(text[1])


class Sink:
    """Takes connections and closes them."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.taken = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.taken += 1
            connection.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class GuardCase(TransparencyCase):
    def new_program(self, packages, app, python="/usr/bin/python3"):
        """A world with a virtual environment and app.py. `packages`: path in site-packages ->
        content. A package "evil" of version 1.0 has a record of what is there."""
        world = self.new_world()
        environment_path = os.path.join(world.root, "venv")
        subprocess.run([python, "-m", "venv", "--without-pip", environment_path], check=True,
                       env=world.env())
        world.python = os.path.join(environment_path, "bin", "python")
        world.site = glob.glob(os.path.join(environment_path, "lib", "python3*",
                                            "site-packages"))[0]
        for name, content in packages.items():
            write_file(os.path.join(world.site, name), content)
        record = "".join("%s,,\n" % name for name in packages)
        write_file(os.path.join(world.site, "evil-1.0.dist-info", "RECORD"), record)
        write_file(os.path.join(world.site, "evil-1.0.dist-info", "METADATA"),
                   "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
        write_file(os.path.join(world.project, "app.py"), app)
        world.sink = Sink()
        world.on_close(world.sink.close)
        return world

    def run_program(self, world, guarded, argv=None, options=(), env=None, timeout=60):
        if guarded and environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        prefix = [environment.safe_trace(), "guard", *options, "--"] if guarded else []
        outcome = processes.run(prefix + (argv or [world.python, "app.py"]),
                                world.env(SINK=str(world.sink.port), **(env or {})),
                                world.project, timeout)
        self.assertFalse(outcome.timed_out, outcome.describe())
        return outcome

    def results(self, outcome):
        words = [line.split() for line in outcome.stdout.decode().splitlines()]
        return {line[0]: line[1] for line in words
                if len(line) > 1 and line[1] in ("succeeded", "failed")}
