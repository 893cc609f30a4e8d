"""Ways an attack arrives: as a program, or in the setup.py of a source package. Those through the
other managers are in manager_delivery.py."""

import json
import os
import re

import bundle
import packages
import processes
from pypi_server import PypiServer
from venvs import light_venv

EVIL = ("evilpkg", "6.6.6")

# What runs inside setup.py. It swallows every error, so that the install itself succeeds.
PAYLOAD = r'''
import json, os, subprocess, sys
if "bdist_wheel" in sys.argv:
    _here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(_here, "payload", "steps.json")) as _file:
        _steps = json.load(_file)
    for _step in _steps:
        print("<<" + _step["id"], flush=True)
        _argv = [os.path.join(_here, "payload", _step["file"])] + _step["args"]
        if _argv[0].endswith(".py"):
            _argv.insert(0, _step["interpreter"] or sys.executable)
        _env = {} if _step["clear_env"] else dict(os.environ)
        _env.update(_step["env"])
        try:
            _status = subprocess.run(_argv, env=_env, timeout=_step["timeout"],
                                     stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT).returncode
        except Exception as _error:
            _status = repr(_error)
        print("\n" + _step["id"] + ":" + str(_status) + ">>", flush=True)
'''


class Part(processes.Outcome):
    """What one attack said and came to."""


def part_of(attack, said, whole):
    """`said`: what all attacks of one package said, each step between its marks."""
    name = re.escape(attack.name)
    pieces = re.findall(r"<<%s\.\d+\b.*?\b%s\.\d+:[^>]*>>" % (name, name), said, re.DOTALL)
    text = "\n".join(pieces) if pieces else "(the attack was never started)\n" + said
    return Part(whole.status, text.encode(), b"" if pieces else whole.stderr, whole.seconds,
                whole.timed_out, whole.pid, whole.survivors, whole.peak_kib)


def merged(attacks, world):
    env, words, descriptors, stdin = {}, [], [], None
    for attack in attacks:
        env.update(attack.env(world))
        words += attack.launcher(world)
        descriptors += attack.pass_fds(world)
        stdin = stdin if stdin is not None else attack.stdin(world)
    return env, words, tuple(descriptors), stdin


class RunDelivery:
    name = "run"
    role = "command"
    word = "install"
    named = {}  # what each event of the attack must say of who it was
    # A plain command may write in its project and to temporary files; the trace is in the state.
    may_change = ("project", "tmp", "state")

    def __init__(self, world):
        self.world = world

    def prepare(self, attacks):
        pass

    def perform(self, attacks, safe_trace):
        attack, = attacks
        env, words, descriptors, stdin = merged(attacks, self.world)
        whole = None
        for step in attack.steps(self.world):
            argv = [step.source(attack.folder)] + step.args
            if step.name.endswith(".py"):
                argv.insert(0, step.interpreter or "/usr/bin/python3")
            if step.clear_env:
                argv = ["/usr/bin/env", "-i"] + argv
            if safe_trace:
                argv = [safe_trace, "run", "--"] + argv
            outcome = processes.run(words + argv, self.world.env(**env, **step.env),
                                    self.world.project, step.timeout + 30, pass_fds=descriptors,
                                    stdin=stdin, preexec=processes.drop_ambient_capabilities)
            whole = _joined(whole, outcome)
            if outcome.timed_out:
                break
        return whole, {attack.name: whole}

    def check_whole(self, case, whole):
        pass


def _joined(first, second):
    if first is None:
        return second
    worst = 125 if 125 in (first.status, second.status) else second.status
    return processes.Outcome(worst, first.stdout + second.stdout, first.stderr + second.stderr,
                             first.seconds + second.seconds, first.timed_out or second.timed_out,
                             second.pid, first.survivors + second.survivors,
                             max(first.peak_kib, second.peak_kib))


class PipDelivery:
    name = "pip"
    role = "package"
    word = "install"
    named = {"package__name": EVIL[0], "package__version": EVIL[1],
             "safe_trace__role": "package", "safe_trace__ecosystem": "pip"}
    may_change = ("tmp", "state", "venv", "home/.cache/pip", "index")
    legacy = False

    @classmethod
    def styled(cls, legacy):
        return type("PipDelivery", (cls,), {"legacy": legacy})

    def __init__(self, world):
        self.world = world
        self.pip = light_venv(os.path.join(world.root, "venv"))
        self.index_folder = os.path.join(world.root, "index")
        os.mkdir(self.index_folder)

    def prepare(self, attacks):
        self.attacks = attacks
        files = {"evilpkg.py": "value = 1\n",
                 "setup.py": packages.setup_py(*EVIL, body=PAYLOAD)}
        if not self.legacy:
            files["pyproject.toml"] = packages.SETUPTOOLS_BACKEND
        steps, executable = [], []
        for _, entry, content in bundle.steps_of(attacks, self.world):
            files["payload/" + entry["file"]] = content
            executable.append("payload/" + entry["file"])
            steps.append(entry)
        files["payload/steps.json"] = json.dumps(steps)
        self.limit = sum(step["timeout"] for step in steps) + 90
        packages.make_sdist(self.index_folder, *EVIL, files, executable)
        self.server = PypiServer(self.index_folder)
        self.world.on_close(self.server.close)

    def perform(self, attacks, safe_trace):
        env, words, descriptors, stdin = merged(attacks, self.world)
        argv = [self.pip, "install", "-v", "--no-build-isolation", "--no-deps",
                "--progress-bar", "off", *self.server.pip_options(), EVIL[0]]
        if safe_trace:
            argv = [safe_trace] + argv
        path = os.path.dirname(self.pip) + ":" + self.world.env()["PATH"]
        whole = processes.run(words + argv, self.world.env(PATH=path, COLUMNS="1000", **env),
                              self.world.project, self.limit, pass_fds=descriptors, stdin=stdin,
                              preexec=processes.drop_ambient_capabilities)
        return whole, {attack.name: part_of(attack, whole.text, whole) for attack in attacks}

    def check_whole(self, case, whole):
        # Where nothing but the static floor refuses, nothing is counted as a violation.
        violates = any(attack.records(self.world) for attack in self.attacks)
        case.assertIn(whole.status, (120,) if violates else (0, 120),
                      "a violating package whose install succeeds\n" + whole.describe())
