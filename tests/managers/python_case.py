"""Bases of the tests of uv, poetry and pipx, on the index of the pip tests."""

import os
import shutil

import manager_tools
import packages
from manager_case import ManagerCase
from pypi_server import PypiServer
from world import write_file

PYTHON = "/usr/bin/python3"

NATIVE_C = r'''
#include <Python.h>
static PyObject* answer(PyObject* self, PyObject* args) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "native_part", "", -1, methods};
PyMODINIT_FUNC PyInit_native_part(void) { return PyModule_Create(&module); }
'''


def native_sdist(folder, name, version, requires=(), setup_first=""):
    """A source package with a C module `native_part`, and a command of its own name that prints
    NAME 42. `setup_first` runs first in setup.py."""
    module = name.replace("-", "_") + "_cli"
    arguments = (", ext_modules=[Extension('native_part', ['part.c'])], install_requires=%r, "
                 "entry_points={'console_scripts': ['%s=%s:main']}"
                 % (list(requires), name, module))
    packages.make_sdist(folder, name, version, {
        "setup.py": "%s\nfrom setuptools import setup, Extension\n"
                    "setup(name=%r, version=%r, py_modules=[%r]%s)\n"
                    % (setup_first, name, version, module, arguments),
        module + ".py": "def main():\n    import native_part\n    print(%r, native_part.answer())\n"
                        % name,
        "part.c": NATIVE_C, "pyproject.toml": packages.SETUPTOOLS_BACKEND})


def fill_small_index(folder):
    """st-native, which is built from source and has a dependency st-leaf."""
    packages.make_wheel(folder, "st-leaf", "1.0", {"st_leaf.py": "value = 1\n"})
    native_sdist(folder, "st-native", "2.0", ["st-leaf"])


class PythonCase(ManagerCase):
    """`self.registry` is the folder of wheels and source packages; setuptools and wheel are in
    it. `self.pypi` serves it."""

    variable = (r"__pycache__", r"direct_url\.json$", r"pyvenv\.cfg$", r"\.lock$",
                r"uv_cache\.json$", r"/RECORD$")
    names_only = (r"\.so$",)

    def make_registry(self):
        self.registry = self.folder
        packages.vendor_build_requirements(self.folder)
        self.pypi = PypiServer(self.folder)
        self.addCleanup(self.pypi.close)

    def path(self, world):
        return [os.path.dirname(self.program)]


class UvCase(PythonCase):
    def available(self):
        self.program = self.uv = manager_tools.fetched_program("uv")
        self.uvx = os.path.join(os.path.dirname(self.uv), "uvx")

    def path(self, world):
        # The tool's own folder has a python3 of its own: only uv itself is taken from it.
        place = os.path.join(world.root, "bin")
        if not os.path.isdir(place):
            os.mkdir(place)
            for program in (self.uv, self.uvx):
                os.symlink(program, os.path.join(place, os.path.basename(program)))
        return [place]

    def configure(self, world):
        write_file(os.path.join(world.home, ".config", "uv", "uv.toml"),
                   'python-downloads = "never"\n\n[[index]]\nname = "loopback"\nurl = "%s"\n'
                   "default = true\n" % self.pypi.index)


class PoetryCase(PythonCase):
    def available(self):
        self.program = self.poetry = manager_tools.fetched_program("poetry")

    def path(self, world):
        return []

    def configure(self, world):
        # In the home its name would hold the project's path.
        write_file(os.path.join(world.home, ".config", "pypoetry", "config.toml"),
                   "[virtualenvs]\nin-project = true\n")

    def project(self, world, dependencies):
        """`dependencies`: name -> requirement."""
        lines = "".join('"%s" = "%s"\n' % item for item in dependencies.items())
        write_file(os.path.join(world.project, "pyproject.toml"),
                   '[tool.poetry]\nname = "mine"\nversion = "0.1"\ndescription = ""\n'
                   'authors = []\npackages = [{include = "mine.py"}]\n\n'
                   '[tool.poetry.dependencies]\npython = ">=3.9"\n%s\n'
                   '[[tool.poetry.source]]\nname = "loopback"\nurl = "%s"\n'
                   'priority = "primary"\n' % (lines, self.pypi.index))
        write_file(os.path.join(world.project, "mine.py"), "m = 1\n")


class PipxCase(PythonCase):
    where = ("project", "home/.local/share/pipx/venvs", "home/.local/bin")
    variable = PythonCase.variable + (r"pipx_metadata\.json$",)

    def available(self):
        self.program = self.pipx = manager_tools.fetched_program("pipx")
        self.newer_pip = manager_tools.fetched_program("pip-wheel")

    def path(self, world):
        return []

    def make_registry(self):
        super().make_registry()
        shutil.copytree(self.newer_pip, self.folder, dirs_exist_ok=True)

    def configure(self, world):
        write_file(os.path.join(world.home, ".config", "pip", "pip.conf"),
                   "[global]\nindex-url = %s\ntrusted-host = 127.0.0.1\n" % self.pypi.index)

    def variables(self, world):
        return {"PIPX_DEFAULT_PYTHON": PYTHON, "PIPX_DEFAULT_BACKEND": "pip"}
