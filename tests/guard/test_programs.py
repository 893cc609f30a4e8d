"""A program and its packages run under guard as they do without, once they are imported."""

import os
import shutil

import environment
from guarded import ACTS, GuardCase, pythons
from world import write_file

# Acts of the program itself that need no secret.
OWN = """
import os, subprocess, sys
sys.path.insert(0, os.getcwd())
import acts
for act in (acts.connect, acts.run, acts.write):
    acts.attempt(act.__name__, act)
"""


class Programs(GuardCase):
    def same_program(self, packages, app, files=None, argv=None, wanted=None, python=None):
        for guarded in (False, True):
            world = self.new_program(packages, app, *([python] if python else []))
            for name, content in (files or {}).items():
                write_file(os.path.join(world.project, name), content)
            outcome = self.run_program(world, guarded, argv(world) if argv else None)
            self.assertEqual(0, outcome.status, outcome.describe())
            if wanted is not None:
                self.assertEqual(wanted, outcome.stdout.decode(), outcome.describe())
        self.assertEqual([], [event for event in self.trace(world).events
                              if event["event.kind"] == "alert"])
        return world, outcome

    def test_the_programs_own_modules_may_act_when_they_are_imported(self):
        wanted = "connect succeeded\nrun succeeded\nwrite succeeded\n"
        self.same_program({}, "import own\n", {"acts.py": ACTS, "own.py": OWN}, wanted=wanted)

    def test_a_package_may_act_when_it_is_used(self):
        wanted = "connect succeeded\nrun succeeded\nwrite succeeded\n"
        self.same_program(
            {"evil/__init__.py": ACTS},
            "import evil\nfor act in (evil.connect, evil.run, evil.write):\n"
            "    evil.attempt(act.__name__, act)\n", wanted=wanted)

    def test_a_failing_import_ends_the_rule(self):
        self.same_program(
            {"evil/__init__.py": ACTS, "broken/__init__.py": "raise RuntimeError('no')\n"},
            "import evil\ntry:\n    import broken\nexcept RuntimeError as e: print(e)\n"
            "evil.attempt('run', evil.run)\n", wanted="no\nrun succeeded\n")

    def test_an_import_in_another_thread_is_that_threads(self):
        self.same_program(
            {"evil/__init__.py": ACTS, "slow/__init__.py": "import time\ntime.sleep(2)\n"},
            "import evil, threading, time\n"
            "t = threading.Thread(target=lambda: __import__('slow'))\nt.start()\n"
            "time.sleep(0.5)\nevil.attempt('run', evil.run)\nt.join()\n",
            wanted="run succeeded\n")

    def test_workers_of_all_kinds(self):
        app = ("import multiprocessing as m, evil, sys\n"
               "def work(x):\n    evil.run()\n    return x * 2\n"
               "if __name__ == '__main__':\n"
               "    for way in ('fork', 'spawn', 'forkserver'):\n"
               "        with m.get_context(way).Pool(2) as pool:\n"
               "            print(way, pool.map(work, [1, 2, 3]))\n")
        wanted = "".join("%s [2, 4, 6]\n" % way for way in ("fork", "spawn", "forkserver"))
        for python in pythons():
            with self.subTest(python):
                self.same_program({"evil/__init__.py": ACTS}, app, wanted=wanted, python=python)

    def test_modules_scripts_and_input(self):
        package = {"evil/__init__.py": "", "evil/__main__.py": "import evil\nprint('main')\n"}
        self.same_program(package, "", wanted="main\n",
                          argv=lambda world: [world.python, "-m", "evil"])
        script = "#!/bin/sh\nexec python3 -c 'print(1)'\n"
        self.same_program({}, "", {"go": script}, wanted="1\n",
                          argv=lambda world: ["/bin/sh", "go"])

    def test_harmless_programs_and_own_caches_at_import(self):
        module = ("import ctypes.util, platform, tempfile, os\n"
                  "platform.processor()\nassert ctypes.util.find_library('c')\n"
                  "with tempfile.TemporaryFile() as f: f.write(b'x')\n"
                  "tempfile.mkdtemp()\nopen(os.devnull, 'w').write('x')\n"
                  "import socket\nsocket.socket().bind(('127.0.0.1', 0))\n"
                  "import multiprocessing\nmultiprocessing.Lock()\nprint('ready')\n")
        self.same_program({"evil/__init__.py": module}, "import evil\n", wanted="ready\n")

    def test_an_interpreter_that_cannot_be_held_is_named(self):
        world = self.new_program({}, "")
        fake = os.path.join(world.project, "python3.7")
        shutil.copy("/bin/true", fake)
        outcome = self.run_program(world, True, [fake])
        self.assertIn(b"python3.7 imported were not held", outcome.stderr, outcome.describe())
        outcome = self.run_program(world, True)
        self.assertNotIn(b"not held", outcome.stderr, outcome.describe())

    def test_what_the_user_names_is_open_to_imports_too(self):
        app = "import evil\n"
        packages = {"evil/__init__.py": ACTS + "for act in (connect, run, write):\n"
                                               "    attempt(act.__name__, act)\n"}
        world = self.new_program(packages, app)
        write_file(os.path.join(world.home, ".config", "safe-trace", "config.toml"),
                   '[guard]\nimport_programs = ["touch"]\n')
        options = ["--allow-host", "127.0.0.1:%d" % world.sink.port,
                   "--allow-write", os.path.join(world.project, "planted")]
        outcome = self.run_program(world, True, options=options)
        self.assertEqual({"connect": "succeeded", "run": "failed", "write": "succeeded"},
                         self.results(outcome), outcome.describe())
        # It was started, but writes as the import that started it.
        self.assertIn(b"guard.import-write", outcome.stderr)
        self.assertNotIn(b"guard.import-program", outcome.stderr)
        write_file(os.path.join(world.home, ".config", "safe-trace", "config.toml"),
                   '[guard]\nown_code = ["%s"]\n' % world.outside)
        write_file(os.path.join(world.outside, "mine.py"), packages["evil/__init__.py"])
        write_file(os.path.join(world.project, "app.py"),
                   "import sys\nsys.path.insert(0, %r)\nimport mine\n" % world.outside)
        outcome = self.run_program(world, True)
        self.assertEqual(dict.fromkeys(("connect", "run", "write"), "succeeded"),
                         self.results(outcome), outcome.describe())

    def test_secret_variables_are_removed_unless_kept(self):
        app = "import os\nprint(os.environ.get('GITHUB_TOKEN'), os.environ.get('CI'))\n"
        world = self.new_program({}, app)
        secret = world.secret_variables["GITHUB_TOKEN"]
        env = {"GITHUB_TOKEN": secret, "CI": "1"}
        outcome = self.run_program(world, False, env=env)
        self.assertEqual("%s 1\n" % secret, outcome.stdout.decode())
        outcome = self.run_program(world, True, env=env)
        self.assertEqual("None 1\n", outcome.stdout.decode())
        self.assertIn(b"GITHUB_TOKEN", outcome.stderr)
        self.assertNotIn(secret.encode(), outcome.stderr)
        outcome = self.run_program(world, True, options=["-k", "GITHUB_TOKEN"], env=env)
        self.assertEqual("%s 1\n" % secret, outcome.stdout.decode())

    def test_what_the_program_reaches_is_recorded_with_the_package(self):
        world = self.new_program({"evil/__init__.py": ACTS}, "import evil\nevil.connect()\n")
        self.run_program(world, True)
        connects = self.trace(world).find(event__action="network-connect", package__name="evil")
        self.assertTrue([event for event in connects
                         if event["destination.port"] == world.sink.port], connects)

    def test_metadata_addresses_are_never_reached(self):
        app = ("import socket\ntry:\n"
               "    socket.create_connection(('169.254.169.254', 80), timeout=2)\n"
               "except OSError as e: print(type(e).__name__)\n")
        world = self.new_program({}, app)
        outcome = self.run_program(world, True)
        self.assertEqual("PermissionError\n", outcome.stdout.decode(), outcome.describe())


if __name__ == "__main__":
    environment.main()
