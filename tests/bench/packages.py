"""Makes the packages that the benchmark installs, and serves them on loopback."""

import base64
import csv
import hashlib
import http.server
import io
import json
import pathlib
import random
import re
import tarfile
import threading
import zipfile

WHEEL_COUNT = 25
LARGE_WHEELS = 10  # 300 to 600 files each; the others have 20 to 120
FIXED_TIME = (2024, 1, 1, 0, 0, 0)


def python_source(rng: random.Random, functions: int) -> str:
    lines = ['"""Generated for the benchmark."""', "import os", "", "VALUES = {"]
    lines += [f"    'key_{i}': {rng.randrange(10**6)}," for i in range(functions)]
    lines.append("}")
    for i in range(functions):
        lines += ["", "", f"def function_{i}(argument, other=None):",
                  f"    \"\"\"Adds {rng.randrange(1000)} in a roundabout way.\"\"\"",
                  f"    if other is None and argument > {rng.randrange(1000)}:",
                  f"        return VALUES['key_{i}'] + argument",
                  "    return os.path.join(str(argument), repr(other))"]
    return "\n".join(lines) + "\n"


def wheel_files(rng: random.Random, module: str, count: int) -> dict[str, bytes]:
    files = {f"{module}/__init__.py": b""}
    index = 0
    while len(files) < count:
        folder = f"{module}/part_{index // 20}"
        if index % 20 == 0:
            files[f"{folder}/__init__.py"] = b""
        kind = rng.random()
        if kind < 0.8:
            source = python_source(rng, rng.randrange(1, 20))
            files[f"{folder}/module_{index}.py"] = source.encode()
        elif kind < 0.95:
            data = {f"name_{i}": rng.randrange(10**9) for i in range(rng.randrange(5, 80))}
            files[f"{folder}/data_{index}.json"] = json.dumps(data).encode()
        else:
            files[f"{folder}/blob_{index}.bin"] = rng.randbytes(rng.randrange(1000, 60000))
        index += 1
    return files


def write_wheel(directory: pathlib.Path, name: str, files: dict[str, bytes],
                requires: list[str]) -> pathlib.Path:
    module = name.replace("-", "_")
    info = f"{module}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nSummary: benchmark\n"
    metadata += "".join(f"Requires-Dist: {other}\n" for other in requires)
    contents = dict(files)
    contents[f"{info}/METADATA"] = metadata.encode()
    contents[f"{info}/WHEEL"] = (b"Wheel-Version: 1.0\nGenerator: bench\n"
                                 b"Root-Is-Purelib: true\nTag: py3-none-any\n")
    record = io.StringIO()
    writer = csv.writer(record, lineterminator="\n")
    for path, data in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        writer.writerow([path, f"sha256={digest}", len(data)])
    writer.writerow([f"{info}/RECORD", "", ""])
    contents[f"{info}/RECORD"] = record.getvalue().encode()
    path = directory / f"{module}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name_inside, data in contents.items():
            archive.writestr(zipfile.ZipInfo(name_inside, FIXED_TIME), data,
                             zipfile.ZIP_DEFLATED)
    return path


def make_wheels(directory: pathlib.Path) -> tuple[str, int]:
    """Writes 25 wheels, the same each time. Returns the name of the one that requires the other
    24, and the number of files in all of them."""
    directory.mkdir(parents=True, exist_ok=True)
    rng = random.Random(20240101)
    names = [f"bench-package-{i:02d}" for i in range(WHEEL_COUNT)]
    total = 0
    for index, name in enumerate(names):
        count = rng.randrange(300, 601) if index < LARGE_WHEELS else rng.randrange(20, 121)
        files = wheel_files(rng, name.replace("-", "_"), count)
        total += len(files)
        write_wheel(directory, name, files, names[1:] if index == 0 else [])
    return names[0], total


def extension_source(functions: int) -> str:
    lines = ["#define PY_SSIZE_T_CLEAN", "#include <Python.h>", "#include <math.h>", ""]
    for i in range(functions):
        lines += [f"static PyObject* function_{i}(PyObject* self, PyObject* args) {{",
                  "  double x, y; (void)self;",
                  "  if (!PyArg_ParseTuple(args, \"dd\", &x, &y)) return NULL;",
                  f"  for (int i = 0; i < {i % 7 + 3}; ++i) x = sqrt(x * x + y * {i + 1}.0);",
                  "  return PyFloat_FromDouble(x);", "}", ""]
    lines.append("static PyMethodDef methods[] = {")
    lines += [f"  {{\"function_{i}\", function_{i}, METH_VARARGS, NULL}},"
              for i in range(functions)]
    lines += ["  {NULL, NULL, 0, NULL}};",
              "static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, \"bench_extension\", "
              "NULL, -1, methods, NULL, NULL, NULL, NULL};",
              "PyMODINIT_FUNC PyInit_bench_extension(void) { return PyModule_Create(&module); }"]
    return "\n".join(lines) + "\n"


def make_source_package(directory: pathlib.Path) -> str:
    """Writes an sdist with setup.py and one C file of some 1,800 lines. Returns its name."""
    directory.mkdir(parents=True, exist_ok=True)
    setup = ("from setuptools import Extension, setup\n"
             "setup(name='bench-extension', version='1.0', py_modules=[],\n"
             "      ext_modules=[Extension('bench_extension', ['bench_extension.c'])])\n")
    files = {
        "setup.py": setup,
        "bench_extension.c": extension_source(200),
        "pyproject.toml": "[build-system]\nrequires = ['setuptools', 'wheel']\n"
                          "build-backend = 'setuptools.build_meta'\n",
        "PKG-INFO": "Metadata-Version: 2.1\nName: bench-extension\nVersion: 1.0\n",
    }
    with tarfile.open(directory / "bench-extension-1.0.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"bench-extension-1.0/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return "bench-extension"


def project_of(file_name: str) -> str:
    """The normalized project name that a wheel or sdist belongs to."""
    if file_name.endswith(".whl"):
        name = file_name.split("-")[0]
    else:
        name = file_name.removesuffix(".tar.gz").rsplit("-", 1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


class Index:
    """A package index (PEP 503) on loopback, on a port that the kernel chooses."""

    def __init__(self, *directories: pathlib.Path):
        self._files = {path.name: path.read_bytes()
                       for directory in directories if directory.is_dir()
                       for path in sorted(directory.iterdir())
                       if path.name.endswith((".whl", ".tar.gz"))}
        index = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body, kind = index.answer(self.path)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *arguments):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/simple/"

    def answer(self, path: str) -> tuple[bytes | None, str]:
        parts = path.strip("/").split("/")
        if len(parts) == 2 and parts[0] == "files":
            return self._files.get(parts[1]), "application/octet-stream"
        if len(parts) == 2 and parts[0] == "simple":
            links = [f'<a href="/files/{name}#sha256={hashlib.sha256(data).hexdigest()}">'
                     f"{name}</a>" for name, data in self._files.items()
                     if project_of(name) == parts[1]]
            if links:
                return "\n".join(["<!DOCTYPE html>", *links]).encode(), "text/html"
        return None, "text/plain"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
