"""The rows of the benchmark: what each needs beforehand, and the command that is measured."""

import dataclasses
import os
import pathlib
import random
import shutil
import subprocess
import sys
import typing

import manager_workloads
import network_workloads
import packages

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
MODULES = 600
FORKS = 200
OPENS = 100_000
UNIQUE_OPENS = 10_000
PREPARE_LIMIT = 180  # seconds for each step of preparation


class Skipped(Exception):
    """The row cannot be measured here; the message says why."""


@dataclasses.dataclass
class Prepared:
    command: list[str]  # {run} stands for the directory of the run
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    needs_venv: bool = False
    pair_factor: int = 1  # short runs are repeated more often
    setup: typing.Callable[[pathlib.Path], None] | None = None  # fills the directory of a run
    options: list[str] = dataclasses.field(default_factory=list)  # of safe-trace


@dataclasses.dataclass
class Row:
    name: str
    title: str
    prepare: typing.Callable[["Workshop"], Prepared]


def caller_pip_environment() -> dict[str, str]:
    """How this machine reaches its index: the caller's own settings, but no local wheels."""
    wanted = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CERT", "PIP_TRUSTED_HOST", "PIP_PROXY",
              "PIP_CONFIG_FILE", "PIP_DEFAULT_TIMEOUT", "SSL_CERT_FILE", "SSL_CERT_DIR",
              "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy",
              "https_proxy", "no_proxy")
    return {name: os.environ[name] for name in wanted if name in os.environ}


class Workshop:
    """Makes each thing that rows share at most once, all of it below one directory."""

    def __init__(self, base: pathlib.Path, python: str):
        self.base = base
        self.python = python
        self.notes: list[str] = []
        self._programs: dict[str, str] = {}
        self._indexes: list[typing.Any] = []  # servers
        self._venv: pathlib.Path | None = None
        self._host: network_workloads.Server | None = None

    def host(self) -> network_workloads.Server:
        """A server that is outside the run, as a registry is."""
        if self._host is None:
            self._host = network_workloads.make_server(self.base)
            self.keep(self._host)
        return self._host

    def close(self) -> None:
        for index in self._indexes:
            index.close()

    def quiet(self, command: list[str], environment: dict[str, str]) -> str | None:
        """Runs a step of preparation. Returns None on success, else its last words."""
        home = self.base / "prepare-home"
        home.mkdir(exist_ok=True)
        full = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8",
                "TMPDIR": str(home), "PIP_DISABLE_PIP_VERSION_CHECK": "1", **environment}
        try:
            done = subprocess.run(command, env=full, cwd=home, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=PREPARE_LIMIT, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        if done.returncode == 0:
            return None
        return (done.stdout.decode(errors="replace").strip().splitlines() or ["no output"])[-1]

    def program(self, name: str) -> str:
        """Compiles programs/NAME.c."""
        if name not in self._programs:
            compiler = shutil.which("cc")
            if compiler is None:
                raise Skipped("skipped: no C compiler (cc)")
            target = self.base / "bin" / name
            target.parent.mkdir(exist_ok=True)
            error = self.quiet([compiler, "-O2", "-o", str(target), str(PROGRAMS / f"{name}.c")],
                               {})
            if error is not None:
                raise Skipped(f"skipped: cc failed: {error}")
            self._programs[name] = str(target)
        return self._programs[name]

    def venv(self) -> pathlib.Path:
        """A virtual environment with pip, copied for each run."""
        if self._venv is None:
            path = self.base / "venv"
            error = self.quiet([self.python, "-m", "venv", str(path)], {})
            if error is not None:
                raise Skipped(f"skipped: no virtual environment: {error}")
            self._venv = path
        return self._venv

    def copy_venv(self, run: pathlib.Path) -> None:
        """Puts a fresh environment in the run's project, its pip script pointing to itself."""
        target = run / "project" / "venv"
        shutil.copytree(self.venv(), target, symlinks=True)
        script = target / "bin" / "pip"
        body = script.read_text().split("\n", 1)[1]
        script.write_text(f"#!{target}/bin/python\n{body}")

    def download(self, *names: str) -> pathlib.Path | None:
        """Wheels fetched once from the real index, or None when it is not reached."""
        directory = self.base / ("fetched-" + "-".join(names))
        if not directory.is_dir():
            pip = [str(self.venv() / "bin" / "python"), "-m", "pip"]
            error = self.quiet([*pip, "download", "-q", "--only-binary", ":all:", "--retries", "1",
                                "--timeout", "20", "-d", str(directory), *names],
                               caller_pip_environment())
            if error is not None:
                shutil.rmtree(directory, ignore_errors=True)
                return None
        return directory

    def keep(self, server: typing.Any) -> None:
        """Closes the server at the end."""
        self._indexes.append(server)

    def index(self, *directories: pathlib.Path) -> dict[str, str]:
        """Serves the directories; returns the settings that name the index."""
        index = packages.Index(*directories)
        self._indexes.append(index)
        return {"PIP_INDEX_URL": index.url, "PIP_CONFIG_FILE": "/dev/null"}


PIP = "{run}/project/venv/bin/pip"
INSTALL = [PIP, "install", "--no-cache-dir", "--no-input", "--progress-bar", "off"]


def start_up(_: Workshop) -> Prepared:
    true = shutil.which("true", path="/usr/bin:/bin")
    if true is None:
        raise Skipped("skipped: no program true")
    return Prepared([true], pair_factor=5)


def requests_live(workshop: Workshop) -> Prepared:
    if workshop.download("requests") is None:
        raise Skipped("skipped: registry not reached")
    return Prepared([*INSTALL, "requests"], caller_pip_environment(), needs_venv=True)


def requests_local(workshop: Workshop) -> Prepared:
    directory = workshop.download("requests")
    if directory is None:
        raise Skipped("skipped: registry not reached")
    return Prepared([*INSTALL, "requests"], workshop.index(directory), needs_venv=True)


def wheels(workshop: Workshop) -> Prepared:
    workshop.venv()
    name, files = packages.make_wheels(workshop.base / "wheels")
    workshop.notes.append(f"wheels: {packages.WHEEL_COUNT} wheels with {files} files")
    return Prepared([*INSTALL, name], workshop.index(workshop.base / "wheels"), needs_venv=True)


def source_build(workshop: Workshop) -> Prepared:
    compiler = shutil.which("cc")
    if compiler is None:
        raise Skipped("skipped: no C compiler (cc)")
    workshop.venv()
    sources = workshop.base / "sources"
    name = packages.make_source_package(sources)
    backend = workshop.download("setuptools", "wheel")
    if backend is not None:
        workshop.notes.append("build: with build isolation, setuptools and wheel from loopback")
        return Prepared([*INSTALL, name], workshop.index(sources, backend), needs_venv=True)
    # The index of loopback has no back end to offer: use the one that the machine has.
    if workshop.quiet([workshop.python, "-c", "import setuptools, wheel"], {}) is not None:
        raise Skipped("skipped: registry not reached, and this python has no setuptools and wheel")
    workshop.notes.append("build: without build isolation, the machine's setuptools and wheel")
    configuration = workshop.venv() / "pyvenv.cfg"
    configuration.write_text(configuration.read_text().replace(
        "include-system-site-packages = false", "include-system-site-packages = true"))
    return Prepared([*INSTALL, "--no-build-isolation", name], workshop.index(sources),
                    needs_venv=True)


def imports(workshop: Workshop) -> Prepared:
    root = workshop.base / "modules"
    package = root / "bench_modules"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    rng = random.Random(1)
    for i in range(MODULES):
        (package / f"module_{i}.py").write_text(packages.python_source(rng, 8))
    main = root / "main.py"
    main.write_text("import importlib\n"
                    f"for i in range({MODULES}):\n"
                    "    importlib.import_module(f'bench_modules.module_{i}')\n")
    error = workshop.quiet([workshop.python, "-m", "compileall", "-q", str(package)], {})
    if error is not None:
        raise Skipped(f"skipped: compileall failed: {error}")
    return Prepared([workshop.python, str(main)], pair_factor=2)


def fork_exec(workshop: Workshop) -> Prepared:
    true = shutil.which("true", path="/usr/bin:/bin") or "/bin/true"
    return Prepared([workshop.program("spawner"), true, str(FORKS)], pair_factor=2)


def small_file(workshop: Workshop) -> str:
    path = workshop.base / "small-file"
    path.write_text("some bytes\n")
    return str(path)


def opens(workshop: Workshop) -> Prepared:
    return Prepared([workshop.program("opens"), "same", small_file(workshop), str(OPENS)])


def unique_opens(workshop: Workshop) -> Prepared:
    directory = workshop.base / "unique"
    directory.mkdir()
    for i in range(UNIQUE_OPENS):
        (directory / str(i)).touch()
    return Prepared([workshop.program("opens"), "unique", str(directory), str(UNIQUE_OPENS)],
                    pair_factor=2)


def other_manager(make: typing.Callable[[pathlib.Path], tuple]) \
        -> typing.Callable[[Workshop], Prepared]:
    def prepare(workshop: Workshop) -> Prepared:
        try:
            command, environment, setup, server, *warm = make(workshop.base)
        except manager_workloads.Missing as reason:
            raise Skipped(str(reason)) from reason
        workshop.keep(server)
        for step in warm:
            error = step(workshop)
            if error is not None:
                raise Skipped(f"skipped: preparation failed: {error}")
        return Prepared(command, environment, setup=setup)
    return prepare


def to_host(make: typing.Callable[[Workshop], list[str] | None]) \
        -> typing.Callable[[Workshop], Prepared]:
    def prepare(workshop: Workshop) -> Prepared:
        command = make(workshop)
        if command is None:
            raise Skipped("skipped: no curl")
        return Prepared(command, options=["--allow-host", f"127.0.0.1:{workshop.host().port}"])
    return prepare


ROWS = [
    Row("start-up", "start-up (true)", start_up),
    Row("requests", "pip install requests, real index", requests_live),
    Row("requests-local", "pip install requests, loopback", requests_local),
    Row("wheels", "pip install 25 wheels, loopback", wheels),
    Row("build", "pip install sdist with C extension", source_build),
    Row("npm", f"npm install {manager_workloads.NPM_PACKAGES} packages, loopback",
        other_manager(manager_workloads.npm)),
    Row("cargo", f"cargo build {manager_workloads.CRATES} crates, loopback",
        other_manager(manager_workloads.cargo)),
    Row("go", "go install with cgo, loopback", other_manager(manager_workloads.go)),
    Row("go-cold", "go install, empty build cache", other_manager(manager_workloads.go_cold)),
    Row("download", "download of 1 GiB, loopback",
        to_host(lambda shop: network_workloads.download(shop.host()))),
    Row("requests-kept", f"{network_workloads.REQUESTS:,} small requests on one connection",
        to_host(lambda shop: network_workloads.requests(shop.host(), shop.python, "kept"))),
    Row("connections", f"{network_workloads.REQUESTS:,} small requests, a connection each",
        to_host(lambda shop: network_workloads.requests(shop.host(), shop.python, "new"))),
    Row("imports", f"python imports {MODULES} modules", imports),
    Row("fork-exec", f"{FORKS} fork+exec of true", fork_exec),
    Row("opens", f"{OPENS:,} opens of one file", opens),
    Row("unique-opens", f"{UNIQUE_OPENS:,} opens of different files", unique_opens),
]


def default_python() -> str:
    system = "/usr/bin/python3"
    return system if os.access(system, os.X_OK) else sys.executable
