"""pip and source packages: build isolation, legacy setup.py, C extensions; attribution."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402
from packages import SETUPTOOLS_BACKEND, make_sdist, make_wheel, setup_py  # noqa: E402
from pip_case import PipCase, vendor  # noqa: E402

C_EXTENSION = r'''
#include <Python.h>
static PyObject* answer(PyObject* self, PyObject* args) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "native_part", "", -1, methods};
PyMODINIT_FUNC PyInit_native_part(void) { return PyModule_Create(&module); }
'''

GENERATING = """
import os, subprocess, sys, tempfile
with open("generated.txt", "w") as file: file.write("made by the build\\n")
with tempfile.TemporaryDirectory() as where: open(os.path.join(where, "x"), "w").close()
subprocess.run([sys.executable, "-c", "print('a helper of the build')"], check=True)
"""


class Source(PipCase):
    def fill_index(self, folder):
        vendor(folder)
        make_wheel(folder, "leaf", "1.0", {"leaf/__init__.py": "value = 1\n"})
        make_sdist(folder, "modern", "1.2", {"setup.py": setup_py("modern", "1.2", GENERATING),
                                             "modern.py": "x = 1\n",
                                             "pyproject.toml": SETUPTOOLS_BACKEND})
        make_sdist(folder, "legacy", "0.9", {
            "setup.py": setup_py("legacy", "0.9", GENERATING, ", install_requires=['leaf']"),
            "legacy.py": "y = 2\n"})
        make_sdist(folder, "native", "2.0", {
            "setup.py": "from setuptools import setup, Extension\nsetup(name='native', "
                        "version='2.0', ext_modules=[Extension('native_part', ['part.c'])])\n",
            "part.c": C_EXTENSION, "pyproject.toml": SETUPTOOLS_BACKEND})
        make_sdist(folder, "declared", "4.0", {
            "pyproject.toml": SETUPTOOLS_BACKEND + '[project]\nname = "declared"\n'
                              'version = "4.0"\n[tool.setuptools]\npy-modules = ["declared"]\n',
            "declared.py": "z = 3\n"})

    def attributed(self, world, name, version):
        if world is None:
            return
        events = self.package_events(world, name, version)
        self.assertTrue(events, "%s@%s is not in the trace" % (name, version))
        self.assertTrue([e for e in events if e.get("safe_trace.role") == "package" and
                         e.get("safe_trace.ecosystem") == "pip"], events[:3])
        violations = self.trace(world).find(event__kind="alert")
        self.assertEqual([], violations, "an honest build commits none")

    def test_BuildIsolation(self):
        world, outcome = self.pip_same(["install", "modern"])
        self.attributed(world, "modern", "1.2")

    def test_InAHomeWithoutACacheDirectory(self):
        """The home of a new user: pip makes the directory and keeps the wheel it built."""
        self.pip_same(["install", "--no-build-isolation", "modern"],
                      lambda world: os.rmdir(os.path.join(world.home, ".cache")))

    def test_LegacySetupPy(self):
        world, outcome = self.pip_same(["install", "--no-build-isolation", "legacy"])
        self.attributed(world, "legacy", "0.9")

    def test_DeclarativeProject(self):
        world, outcome = self.pip_same(["install", "declared"])
        self.attributed(world, "declared", "4.0")

    def test_CExtensionIsCompiledAndLoads(self):
        bare, outcome = self.pip(["install", "native"], False)
        worlds = [bare]
        if environment.safe_trace():
            held, outcome = self.pip(["install", "native"], True)
            worlds.append(held)
            self.attributed(held, "native", "2.0")
            self.assertEqual(sorted(self.files(bare, "venv")), sorted(self.files(held, "venv")))
        for world in worlds:
            python = os.path.join(world.root, "venv", "bin", "python")
            loaded = self.run_in(world, [python, "-c", "import native_part; "
                                         "print(native_part.answer())"], False)
            self.assertEqual(b"42\n", loaded.stdout, loaded.describe())

    def test_PipWheelBuildsFromSource(self):
        bare, _ = self.pip(["wheel", "-w", "wheels", "modern", "legacy"], False)
        if environment.safe_trace():
            held, _ = self.pip(["wheel", "-w", "wheels", "modern", "legacy"], True)
            self.assertEqual(sorted(os.listdir(os.path.join(bare.project, "wheels"))),
                             sorted(os.listdir(os.path.join(held.project, "wheels"))))
            self.attributed(held, "modern", "1.2")

    def test_EditableInstallOfTheProject(self):
        def prepare(world):
            from world import write_file
            write_file(os.path.join(world.project, "pyproject.toml"), SETUPTOOLS_BACKEND +
                       '[project]\nname = "mine"\nversion = "0.1"\n')
            write_file(os.path.join(world.project, "mine.py"), "m = 1\n")
        self.pip(["install", "-e", "."], False, prepare)
        if environment.safe_trace():
            world, _ = self.pip(["install", "-e", "."], True, prepare)
            python = os.path.join(world.root, "venv", "bin", "python")
            loaded = self.run_in(world, [python, "-c", "import mine; print(mine.m)"], False,
                                 cwd=world.home)
            self.assertEqual(b"1\n", loaded.stdout, loaded.describe())

    def test_InPlaceInstallOfALegacyProject(self):
        # Several hooks write into what earlier hooks made beside setup.py: the project is granted to
        # the package, but entry by entry to pip around it.
        def prepare(world):
            from world import write_file
            write_file(os.path.join(world.project, "setup.py"),
                       'from setuptools import setup\n'
                       'setup(name="mine", version="0.1", packages=["mine"])\n')
            write_file(os.path.join(world.project, "mine", "__init__.py"), "m = 1\n")
        self.pip(["install", "."], False, prepare)
        if environment.safe_trace():
            self.pip(["install", "."], True, prepare)

    def test_FailingBuildFailsAsBare(self):
        make_sdist(self.folder, "broken", "1.0", {
            "setup.py": "raise SystemExit('cannot build')\n",
            "pyproject.toml": SETUPTOOLS_BACKEND})
        for supervised in (False, True) if environment.safe_trace() else (False,):
            _, outcome = self.pip(["install", "broken"], supervised, status=1)
            self.assertIn(b"cannot build", outcome.stdout + outcome.stderr)
