"""pip and wheels: the everyday install."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402
import processes  # noqa: E402
from packages import make_wheel  # noqa: E402
from pip_case import PipCase  # noqa: E402
from venvs import light_venv  # noqa: E402
from world import write_file  # noqa: E402


class Wheels(PipCase):
    def fill_index(self, folder):
        make_wheel(folder, "leaf", "1.0", {"leaf/__init__.py": "value = 1\n"})
        make_wheel(folder, "leaf", "2.0", {"leaf/__init__.py": "value = 2\n"})
        make_wheel(folder, "middle", "1.5", {"middle.py": "import leaf\n"}, ["leaf>=1"])
        make_wheel(folder, "tree-top", "3.1", {"tree_top/__init__.py": "import middle\n",
                                               "tree_top/cli.py": "def main(): print('cli')\n"},
                   ["middle", "leaf"], {"tree-top": "tree_top.cli:main"})

    def installed(self, world, script):
        python = os.path.join(world.root, "venv", "bin", "python")
        outcome = self.run_in(world, [python, "-c", script], False)
        self.assertEqual(0, outcome.status, outcome.describe())
        return outcome.stdout.decode().strip()

    def test_WheelsWithDependenciesInstallAsBare(self):
        world, outcome = self.pip_same(["install", "tree-top"])
        self.assertIn(b"Successfully installed", outcome.stdout)
        if world:
            self.assertEqual("2", self.installed(world, "import tree_top, leaf; print(leaf.value)"))
            self.assertEqual([], self.trace(world).find(refused=True, **{
                "event__kind": "alert"}), "nothing in it is a violation")

    def test_RequirementsFileWithPinsAndHashes(self):
        def prepare(world):
            write_file(os.path.join(world.project, "requirements.txt"), "leaf==1.0\nmiddle\n")
        self.pip_same(["install", "-r", "requirements.txt"], prepare)

    def test_UpgradeAndUninstall(self):
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        world, _ = self.pip(["install", "leaf==1.0"], True)
        self.pip(["install", "--upgrade", "leaf"], True, world=world)
        self.assertEqual("2", self.installed(world, "import leaf; print(leaf.value)"))

    def test_DownloadPutsFilesInTheNamedDirectory(self):
        self.pip_same(["download", "-d", "wheels", "tree-top"])

    def test_TargetDirectory(self):
        self.pip_same(["install", "--target", "vendored", "tree-top"])

    def test_TargetDirectoryOutsideTheProject(self):
        world = self.new_world()
        target = os.path.join(world.home, "elsewhere")
        if environment.safe_trace() is None:
            self.pip(["install", "--target", target, "leaf"], False, world=world)
        else:
            self.pip(["install", "--target", target, "leaf"], True, world=world)
        self.assertTrue(os.path.exists(os.path.join(target, "leaf", "__init__.py")))

    def test_ReportAndListAndShow(self):
        self.pip_same(["install", "--dry-run", "--report", "report.json", "tree-top"],
                      where=("venv",))

    def test_WithoutAPrivateTemporaryDirectory(self):
        self.pip_same(["install", "tree-top"], env={"TMPDIR": "/tmp"})

    def test_WithoutACache(self):
        self.pip_same(["install", "--no-cache-dir", "tree-top"])

    def test_InAHomeWithoutACacheDirectory(self):
        """The home of a new user."""
        self.pip_same(["install", "leaf"],
                      lambda world: os.rmdir(os.path.join(world.home, ".cache")))

    def test_SecondInstallComesFromTheCache(self):
        for supervised in (False, True) if environment.safe_trace() else (False,):
            with self.subTest(supervised=supervised):
                world, _ = self.pip(["download", "-d", "one", "leaf"], supervised)
                before = self._fetched()
                self.pip(["download", "-d", "two", "leaf"], supervised, world=world)
                self.assertEqual(before, self._fetched(), "the cache was written and is read")

    def _fetched(self):
        return len([path for path in self.server.requests if path.startswith("/files/")])

    def test_MissingPackageFailsAsBare(self):
        for supervised in (False, True) if environment.safe_trace() else (False,):
            _, outcome = self.pip(["install", "no-such-package"], supervised, status=1)
            self.assertIn(b"No matching distribution", outcome.stderr)

    def test_CredentialsOfTheManagerItselfStillWork(self):
        """pip reads ~/.netrc on every request: its own file is given back to it."""
        def prepare(world):
            write_file(os.path.join(world.home, ".netrc"),
                       "machine 127.0.0.1 login u password p\n", 0o600)
        self.pip_same(["install", "leaf"], prepare)

    def test_PipAsAModule(self):
        self.supervised_prefix()
        world = self.new_world()
        light_venv(os.path.join(world.root, "venv"))
        python = os.path.join(world.root, "venv", "bin", "python")
        outcome = processes.run([environment.safe_trace(), python, "-m", "pip", "install",
                                 *self.server.pip_options(), "tree-top"], world.env(),
                                world.project, 120)
        self.assertEqual(0, outcome.status, outcome.describe())


class WheelsWithAPipInTheVenv(PipCase):
    venv_with_pip = True

    def fill_index(self, folder):
        make_wheel(folder, "leaf", "1.0", {"leaf/__init__.py": "value = 1\n"})

    def test_InstallsAsBare(self):
        self.pip_same(["install", "leaf"])
