"""One small job for each manager, that runs code of a package: for tests that hold for all alike.

A job is mixed in before nothing: it is a manager's case with `words` (the command as it is typed),
`prepare` (the project), `program` (what the first word of `words` stands for), and the package whose
code runs.
"""

import os

import packages
from cargo_case import CargoCase
from gem_case import GemCase
from go_case import GoCase
from go_proxy import CGO_PACKAGE
from npm_case import NpmCase, PnpmCase, YarnCase
from python_case import PYTHON, PipxCase, PoetryCase, PythonCase, UvCase
from venvs import light_venv
from world import write_file

SETUP_PY = ("import os\nopen('made-by-setup.txt', 'w').close()\n"
            "from setuptools import setup\n"
            "setup(name='st-source', version='2.0', py_modules=['st_source'],\n"
            "      entry_points={'console_scripts': ['st-source=st_source:main']})\n")

PIP_SCRIPT = """#!/bin/sh
'''exec' "%s/bin/python3" "$0" "$@"
' '''
import sys
from pip._internal.cli.main import main
sys.exit(main())
"""


class Job:
    package, version = "st-source", "2.0"
    words = ()
    names = ()  # ecosystems whose manager must be seen; the first is the one of `words`
    of_package = ""  # the ecosystem that starts the package's code
    home_by_variables = {}  # where its own files lie: variable -> path in the home, for no HOME

    def prepare(self, world):
        """Makes the project."""

    def without_home(self, world):
        """The variables of a user who has no HOME, and the words that are needed as well."""
        variables = {name: os.path.join(world.home, path)
                     for name, path in self.home_by_variables.items()}
        variables["XDG_CACHE_HOME"] = os.path.join(world.home, ".cache")
        variables["XDG_CONFIG_HOME"] = os.path.join(world.home, ".config")
        variables["XDG_DATA_HOME"] = os.path.join(world.home, ".local", "share")
        return variables, []


class Npm(Job, NpmCase):
    names = ("npm",)
    words = ("npm", "install")
    package, version = "st-leaf", "1.1.0"
    with_headers = False
    home_by_variables = {"npm_config_cache": ".npm", "npm_config_userconfig": ".npmrc"}

    @property
    def program(self):
        return self.npm

    def fill_registry(self, registry):
        registry.add("st-leaf", "1.1.0", scripts={"postinstall": "echo post > post.txt"})

    def prepare(self, world):
        self.project(world, {"st-leaf": "*"})


class Yarn(Npm, YarnCase):
    names = ("yarn",)
    words = ("yarn", "install")

    def without_home(self, world):
        variables, words = super().without_home(world)
        variables["YARN_CACHE_FOLDER"] = os.path.join(world.home, ".cache", "yarn")
        return variables, [*words, "--registry", self.server.url]


class Pnpm(Npm, PnpmCase):
    names = ("pnpm",)
    words = ("pnpm", "install")

    def prepare(self, world):
        PnpmCase.project(self, world, {"st-leaf": "*"})

    def without_home(self, world):
        variables, words = super().without_home(world)
        return variables, [*words, "--registry", self.server.url]


class Cargo(Job, CargoCase):
    names = ("cargo",)
    words = ("cargo", "build", "--quiet")
    package, version = "st-native", "2.0.0"
    home_by_variables = {"CARGO_HOME": ".cargo"}

    @property
    def program(self):
        return self.cargo

    def fill_registry(self, registry):
        registry.add("st-native", "2.0.0", {
            "build.rs": 'fn main() { println!("cargo:rustc-env=MADE=made"); }\n',
            "src/lib.rs": 'pub fn made() -> &\'static str { env!("MADE") }\n'})

    def prepare(self, world):
        self.project(world, {"st-native": "2"}, 'fn main() { println!("{}", st_native::made()); }\n')


class Go(Job, GoCase):
    names = ("go",)
    words = ("go", "build", "-o", "program")
    package, version = "example.com/native", "v1.2.0"
    home_by_variables = {"GOPATH": "go"}

    @property
    def program(self):
        return self.go

    def path(self, world):
        return []

    def fill_registry(self, registry):
        registry.add("example.com/native", "v1.2.0", {"native.go": CGO_PACKAGE % "native"})

    def prepare(self, world):
        self.project(world, {"example.com/native": "v1.2.0"},
                     'package main\n\nimport "example.com/native"\n\n'
                     "func main() { println(native.Answer()) }\n")


class Gem(Job, GemCase):
    names = ("gem",)
    words = ("gem", "install", "st-native")
    package, version = "st-native", "2.0.0"
    where = ("project",)  # the place of the gems is the home's
    home_by_variables = {"GEMRC": ".gemrc", "GEM_HOME": "gems"}

    @property
    def program(self):
        return self.gem

    def fill_registry(self, registry):
        # Make cannot build in folders with blanks: this one says that there is nothing to do.
        nothing = 'File.write("Makefile", "all:\\n\\ninstall:\\n\\nclean:\\n")\n'
        registry.add("st-native", "2.0.0", {"ext/extconf.rb": nothing, "lib/st_native.rb": ""},
                     extensions=["ext/extconf.rb"])

    def without_home(self, world):
        variables, words = super().without_home(world)
        return variables, [*words, "--no-user-install"]


class PythonJob(Job):
    of_package = ""

    def fill_registry(self, registry):
        packages.make_sdist(registry, "st-source", "2.0", {
            "setup.py": SETUP_PY, "pyproject.toml": packages.SETUPTOOLS_BACKEND,
            "st_source.py": "def main():\n    print('source')\n"})


class Pip(PythonJob, PythonCase):
    names = ("pip",)
    words = ("pip", "install", "--no-build-isolation", "st-source")

    program = PYTHON  # of an environment that is made with the project

    def available(self):
        pass

    def path(self, world):
        return []

    def configure(self, world):
        write_file(os.path.join(world.home, ".config", "pip", "pip.conf"),
                   "[global]\nindex-url = %s\ntrusted-host = 127.0.0.1\n" % self.pypi.index)

    def prepare(self, world):
        place = os.path.join(world.project, "environment")
        self.program = light_venv(place)
        # As pip itself writes a script into a folder with blanks.
        write_file(self.program, PIP_SCRIPT % place, 0o755)


class Uv(PythonJob, UvCase):
    names = ("uv",)
    words = ("uv", "pip", "install", "st-source")

    def path(self, world):
        return []

    def prepare(self, world):
        self.use(world, [self.uv, "venv", "-q", "--python", PYTHON])


class Poetry(PythonJob, PoetryCase):
    names = ("poetry",)
    words = ("poetry", "install", "-n")

    def variables(self, world):
        # Not one of those that the account has in its real home.
        return dict(super().variables(world), POETRY_VIRTUALENVS_USE_POETRY_PYTHON="true")

    def prepare(self, world):
        self.project(world, {"st-source": "*"})


class Pipx(PythonJob, PipxCase):
    names = ("pipx", "pip")
    of_package = "pip"
    words = ("pipx", "install", "st-source")
    where = ("project",)
    home_by_variables = {"PIPX_HOME": ".local/share/pipx", "PIPX_BIN_DIR": ".local/bin",
                         "PIPX_MAN_DIR": ".local/share/man"}


JOBS = {job.__name__: job for job in (Npm, Yarn, Pnpm, Cargo, Go, Gem, Pip, Uv, Poetry, Pipx)}
