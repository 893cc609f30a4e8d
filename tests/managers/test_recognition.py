"""A manager is known for what it is, whoever starts it, and names its packages."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402
from manager_jobs import JOBS  # noqa: E402
from world import differences, write_file  # noqa: E402

# As tox and nox start what they were told to.
PYTHON_TOOL = """import os, shlex, subprocess, sys
environment = dict(os.environ, TOOL_ENVIRONMENT=os.path.join(os.getcwd(), ".tool"))
sys.exit(subprocess.run(shlex.split(%r), env=environment).returncode)
"""
STARTERS = ((["make", "deps"], ()), (["sh", "-c", "./deps.sh"], ("run", "--")),
            (["/usr/bin/python3", "tool.py"], ()))
OWN_FILES = (r"^(Makefile|deps\.sh|tool\.py|\.env)$", r"^programs(/|$)")


class Recognised:
    """Before a job. Who starts the manager is the project's own, and stays a plain command."""

    @property
    def variable(self):
        return (*super().variable, *OWN_FILES)

    def path(self, world):
        return [os.path.join(world.project, "programs"), *super().path(world)]

    def prepared(self, world):
        self.prepare(world)
        os.mkdir(os.path.join(world.project, "programs"))
        os.symlink(self.program, os.path.join(world.project, "programs", self.words[0]))
        words = " ".join(self.words)
        write_file(os.path.join(world.project, "Makefile"), "deps:\n\t%s\n" % words)
        write_file(os.path.join(world.project, "deps.sh"),
                   "#!/bin/sh\nset -e\necho installing\n%s\necho done\n" % words, 0o755)
        write_file(os.path.join(world.project, "tool.py"), PYTHON_TOOL % words)
        if "poetry" in self.names and environment.safe_trace():
            self.use(world, [environment.safe_trace(), "policy", "trust", "pyproject.toml"])

    def test_WhoeverStartsIt(self):
        bare, _ = self.manage(self.words, prepare=self.prepared)
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        for argv, options in STARTERS:
            with self.subTest(started_by=argv[0]):
                self.is_known(bare, argv, options)

    def is_known(self, bare, argv, options):
        held, outcome = self.manage(argv, True, self.prepared, options=options)
        trace = self.trace(held)
        said = outcome.describe() + trace.describe()
        for name in self.where:
            self.assertEqual([], differences(self.files(bare, name), self.files(held, name)), said)
        self.assertEqual([], trace.find(event__kind="alert"), said)
        self.assertTrue(trace.find(safe_trace__role="command"), said)
        for name in self.names:
            self.assertTrue(trace.find(safe_trace__role="manager", safe_trace__ecosystem=name),
                            "no manager %s\n%s" % (name, said))
        events = [event for event in self.package_events(held, self.package, self.version)
                  if event.get("safe_trace.role") == "package"]
        self.assertTrue(events, "%s is not named\n%s" % (self.package, said))
        self.assertEqual({self.of_package or self.names[0]},
                         {event.get("safe_trace.ecosystem") for event in events})


for _name, _job in JOBS.items():
    globals()[_name] = type(_name, (Recognised, _job), {"__module__": __name__})
del _job
