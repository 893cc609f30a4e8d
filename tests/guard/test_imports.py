"""Code of a package gets nothing while it is imported, however that is arranged."""

import base64
import os
import shutil
import subprocess
import zipfile
import zlib

import environment
import processes
from guarded import ACTS, ALL, GuardCase, pythons
from world import write_file

HOSTILE = "from evil_acts import all_of_them\nall_of_them()\n"
APP = "import evil\n"


def obfuscated(text):
    data = base64.b64encode(zlib.compress(text.encode())).decode()
    return ("import zlib as z, base64 as b\n"
            "exec(z.decompress(b.b64decode(%r)))\n" % data)


# Name -> files in site-packages and the program.
SHAPES = {
    "top level": ({"evil/__init__.py": HOSTILE}, APP),
    "lazily imported submodule": (
        {"evil/__init__.py": "def work():\n    import evil.later\n", "evil/later.py": HOSTILE},
        "import evil\nevil.work()\n"),
    "line of a path configuration file": (
        {"evil.pth": "import evil_acts; evil_acts.all_of_them()\n"}, "pass\n"),
    "obfuscated": ({"evil/__init__.py": obfuscated(HOSTILE)}, APP),
    "under the name of the program": (
        {"evil/__init__.py": "import os\nexec(compile(%r, os.path.abspath('app.py'), 'exec'))\n"
         % HOSTILE}, APP),
    "thread": ({"evil/__init__.py":
                "import threading, evil_acts\n"
                "t = threading.Thread(target=evil_acts.all_of_them)\nt.start()\n"},
               "import evil\nevil.t.join()\n"),
    "timer": ({"evil/__init__.py":
               "import threading, evil_acts\n"
               "t = threading.Timer(0.5, evil_acts.all_of_them)\nt.start()\n"},
              "import evil\nevil.t.join()\n"),
    "executor": ({"evil/__init__.py":
                  "import concurrent.futures as f, evil_acts\n"
                  "p = f.ThreadPoolExecutor(1)\n"
                  "later = p.submit(evil_acts.all_of_them)\n"},
                 "import evil\nevil.later.result()\n"),
    "forked process": ({"evil/__init__.py":
                        "import os, sys, evil_acts\n"
                        "child = os.fork()\n"
                        "if child == 0:\n"
                        "    evil_acts.all_of_them()\n    os._exit(0)\n"
                        "os.waitpid(child, 0)\n"}, APP),
    "only under CI": ({"evil/__init__.py":
                       "import os\nif os.environ.get('CI'):\n    import evil.ci\n",
                       "evil/ci.py": HOSTILE}, APP),
    "entry point": ({"evil/__init__.py": HOSTILE + "def main(): pass\n",
                     "evil-1.0.dist-info/entry_points.txt": "[plugins]\nevil = evil:main\n"},
                    "import importlib.metadata as m\n"
                    "points = m.entry_points()\n"
                    "found = (points.select(group='plugins') if hasattr(points, 'select')\n"
                    "         else points['plugins'])\n"
                    "[point.load() for point in found]\n"),
    "loader that is called by the program": (
        {"evil/__init__.py": "def work(): pass\n", "evil/plugin.py": HOSTILE},
        "import evil, importlib.util as u, os\n"
        "s = u.spec_from_file_location('plugin',\n"
        "    os.path.join(os.path.dirname(evil.__file__), 'plugin.py'))\n"
        "s.loader.exec_module(u.module_from_spec(s))\n"),
    "class body that a metaclass runs": (
        {"evil/__init__.py":
         "import evil_acts\nclass M(type):\n"
         "    def __init__(cls, *rest): evil_acts.all_of_them()\n"
         "class C(metaclass=M): pass\n"}, APP),
    "hidden in an exception": (
        {"evil/__init__.py":
         "import evil_acts, sys\ntry:\n    raise ValueError\n"
         "except ValueError:\n    evil_acts.all_of_them()\n"}, APP),
    "outside all installed places": (
        {"evil/__init__.py":
         "import os, sys, tempfile\nd = tempfile.mkdtemp()\nsys.path.insert(0, d)\n"
         "open(os.path.join(d, 'dropped.py'), 'w').write(%r)\nimport dropped\n" % HOSTILE}, APP),
    "asynchronous function": (
        {"evil/__init__.py":
         "import asyncio, evil_acts\nasync def f(): evil_acts.all_of_them()\n"
         "asyncio.run(f())\n"}, APP),
    "generator that is closed": (
        {"evil/__init__.py":
         "import evil_acts\ndef g():\n    try:\n        yield\n"
         "    finally:\n        evil_acts.all_of_them()\n"
         "x = g(); next(x); x.close()\n"}, APP),
}


class Imports(GuardCase):
    def hold(self, packages, app, prepare=None, python="/usr/bin/python3", acts=ALL):
        """Bare every act succeeds; guarded none does, and the trace names the package."""
        packages = {"evil_acts.py": ACTS, **packages}
        for guarded in (False, True):
            world = self.new_program(packages, app, python)
            if prepare:
                prepare(world)
            outcome = self.run_program(world, guarded, env={"CI": "true"})
            wanted = dict.fromkeys(acts, "failed" if guarded else "succeeded")
            self.assertEqual(wanted, self.results(outcome), outcome.describe())
            # An environment may run its path configuration files twice.
            self.assertEqual(not guarded and "connect" in acts, world.sink.taken > 0)
            for name in ("ran", "planted"):
                self.assertEqual(not guarded and {"ran": "run", "planted": "write"}[name] in acts,
                                 os.path.exists(os.path.join(world.project, name)))
        self.assertEqual(120, outcome.status, outcome.describe())
        return world, outcome

    def alerts(self, world):
        return [event for event in self.trace(world).events
                if event["event.kind"] == "alert"]

    def test_every_shape_gets_nothing_and_is_named(self):
        for name, (packages, app) in SHAPES.items():
            with self.subTest(name):
                world, outcome = self.hold(packages, app)
                alerts = self.alerts(world)
                self.assertGreaterEqual(len(alerts), 4, outcome.describe())
                for event in alerts:
                    self.assertTrue(event["safe_trace.importing"], event)
                    self.assertEqual("evil", event["package.name"], event)
                    self.assertEqual("1.0", event["package.version"])
                    self.assertRegex(event["safe_trace.code"], r"/evil.*:\d+$")

    def test_the_message_names_package_file_and_line(self):
        _, outcome = self.hold({"evil/__init__.py": "\n\n" + ACTS + "all_of_them()\n"}, APP)
        said = outcome.stderr.decode()
        self.assertRegex(said, r"safe-trace: importing evil 1\.0 \(evil/__init__\.py:\d+\) tried "
                               r"to read \S*/\.aws/credentials: hidden")
        self.assertRegex(said, r"importing evil 1\.0 \(evil/__init__\.py:\d+\) tried to run "
                               r"/usr/bin/touch: denied \(guard\.import-program\)")

    def test_every_version_of_python(self):
        for python in pythons():
            for shape in ("top level", "thread", "line of a path configuration file",
                          "loader that is called by the program"):
                with self.subTest(python=python, shape=shape):
                    packages, app = SHAPES[shape]
                    self.hold(packages, app, python=python)

    def test_compiled_file_that_claims_to_be_the_programs(self):
        def prepare(world):
            source = os.path.join(world.outside, "source.py")
            write_file(source, HOSTILE)
            os.remove(os.path.join(world.site, "evil", "__init__.py"))
            subprocess.run([world.python, "-c",
                            "import py_compile, sys; py_compile.compile(sys.argv[1], "
                            "cfile=sys.argv[2], dfile=sys.argv[3])", source,
                            os.path.join(world.site, "evil", "__init__.pyc"),
                            os.path.join(world.project, "app.py")], check=True)
        self.hold({"evil/__init__.py": ""}, APP, prepare)

    def test_module_in_an_archive(self):
        def prepare(world):
            archive = os.path.join(world.site, "evil-1.0.egg")
            with zipfile.ZipFile(archive, "w") as egg:
                egg.writestr("evil/__init__.py", HOSTILE)
            write_file(os.path.join(world.site, "evil.pth"), "evil-1.0.egg\n")
        self.hold({}, APP, prepare)

    def test_extension_module(self):
        if shutil.which("gcc") is None:
            environment.skip("there is no gcc")
        def prepare(world):
            source = os.path.join(world.outside, "evil.c")
            write_file(source, EXTENSION)
            subprocess.run(["gcc", "-shared", "-fPIC", "-o",
                            os.path.join(world.site, "evil.so"), source], check=True)
        app = "try:\n    import evil\nexcept BaseException: pass\n"
        for python in pythons():
            with self.subTest(python=python):
                self.hold({}, app, prepare, python, acts=("connect", "run", "write"))

    def test_foreign_functions(self):
        acts = ("import ctypes, os\nc = ctypes.CDLL(None)\n"
                "print('run', 'failed' if c.system(b'touch ran') else 'succeeded')\n"
                "f = c.open(b'planted', os.O_CREAT | os.O_WRONLY, 0o644)\n"
                "print('write', 'failed' if f < 0 else 'succeeded')\n")
        self.hold({"evil/__init__.py": acts}, APP, acts=("run", "write"))

    def test_a_hook_that_python_code_removes_stays(self):
        undo = ("import sys, builtins, importlib._bootstrap as b\n"
                "for name in ('_find_and_load', '_call_with_frames_removed'):\n"
                "    f = getattr(b, name)\n"
                "    setattr(b, name, getattr(f, '__self__', f))\n"
                "sys.setprofile(None); sys.settrace(None)\n"
                "import evil.more\n")
        self.hold({"evil/__init__.py": undo, "evil/more.py": HOSTILE}, APP)

    def test_check_imports_every_module_and_fails_on_what_they_try(self):
        packages = {"evil_acts.py": ACTS, "evil/__init__.py": "", "evil/deep/__init__.py": "",
                    "evil/deep/hidden.py": HOSTILE}
        world = self.new_program(packages, "")
        path = {"PATH": os.path.dirname(world.python) + ":/usr/bin:/bin"}
        for name, status in (("evil", 120), ("absent", 2)):
            argv = [environment.safe_trace(), "guard", "--check", name]
            outcome = processes.run(argv, world.env(SINK=str(world.sink.port), **path),
                                    world.project, 60)
            self.assertEqual(status, outcome.status, outcome.describe())
            if name == "evil":
                self.assertEqual(dict.fromkeys(ALL, "failed"), self.results(outcome))
                self.assertIn(b"evil 1.0: 4 modules imported, 0 not", outcome.stdout)
                self.assertIn(b"importing evil 1.0 (evil_acts.py:", outcome.stderr)

    def test_subprocess_with_an_environment_of_its_own_is_guarded_too(self):
        app = ("import subprocess, sys, os\n"
               "subprocess.run([sys.executable, '-c', 'import evil'], env={\n"
               "    'SINK': os.environ['SINK'], 'HOME': os.environ['HOME'],\n"
               "    'PATH': os.environ['PATH']})\n")
        self.hold({"evil/__init__.py": HOSTILE}, app)


EXTENSION = r"""
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
static void say(const char* name, int good) {
  printf("%s %s\n", name, good ? "succeeded" : "failed");
  fflush(stdout);
}
void* PyInit_evil(void) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(getenv("SINK")))};
  inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  say("connect", connect(fd, (struct sockaddr*)&to, sizeof to) == 0);
  say("run", system("touch ran") == 0);
  say("write", open("planted", O_CREAT | O_WRONLY, 0644) >= 0);
  return NULL;
}
"""

if __name__ == "__main__":
    environment.main()
