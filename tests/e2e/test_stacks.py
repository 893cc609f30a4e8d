"""At a violation the trace says through which calls it came: native, Python, generated code."""

import os
import shutil
import subprocess

import environment
from environment import program, skip
from transparent import TransparencyCase
from world import write_file

MOST_STACKS = 256


class Stacks(TransparencyCase):
    def stacks(self, argv, prepare=None, reads=True, env=None):
        """Runs bare, where the secret is read, then supervised, where it is not. Returns the
        stacks of the violations about it, each a list of (source, location, function, package)."""
        def secret(world):
            return os.path.join(world.home, ".ssh", "id_rsa")
        for supervised in (False, True):
            world = self.new_world()
            if prepare:
                prepare(world)
            outcome = self.run_in(world, argv(world, secret(world)), supervised, env=env)
            self.assertEqual(reads and not supervised, b"opened" in outcome.stdout,
                             outcome.describe())
        trace = self.trace(world)
        self.trace_path = trace.path
        alerts = [event for event in trace.events if event["event.kind"] == "alert"
                  and event.get("file.path") == secret(world)]
        self.assertTrue(alerts, trace.describe())
        by_id = {event["safe_trace.stack.id"]: event
                 for event in trace.find(event__action="stack")}
        found = []
        for alert in alerts:
            event = by_id[alert["safe_trace.stack.id"]]
            self.assertEqual(alert["process.entity_id"], event["process.entity_id"])
            self.assertNotIn("error.message", event)
            columns = [event["safe_trace.stack." + key]
                       for key in ("source", "location", "function", "package", "build_id")]
            self.assertEqual(1, len({len(column) for column in columns}))
            found.append(list(zip(*columns)))
        return found

    def names(self, frames, source="native"):
        return [frame[2].split("+")[0] for frame in frames if frame[0] == source]

    def in_short(self):
        """What `trace show` says of the first violation's stack."""
        shown = subprocess.run([environment.safe_trace(), "trace", "show", self.trace_path],
                               stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode()
        return [line.strip()[3:] for line in shown.splitlines()
                if line.strip().startswith("by ")][0].split(" < ")

    def of_program(self, way):
        return self.stacks(lambda world, secret: [program("e2e.stack_ways"), way, secret])[0]

    def assert_in_order(self, wanted, names):
        places = [names.index(name) if name in names else None for name in wanted]
        self.assertNotIn(None, places, names)
        self.assertEqual(sorted(places), places, names)

    def test_CallsOfAProgramWithoutDebugInformation(self):
        frames = self.of_program("calls")
        self.assert_in_order(["innermost_step", "middle_step", "outer_step", "main"],
                             self.names(frames))
        for frame in frames:
            if "stack_ways" in frame[1]:
                self.assertRegex(frame[1], r"/e2e\.stack_ways\+0x[0-9a-f]+$")

    def test_CallsOfAThread(self):
        self.assert_in_order(["innermost_step", "outer_step", "in_a_thread"],
                             self.names(self.of_program("thread")))

    def test_GeneratedCodeIsAnAddressBetweenItsCallers(self):
        frames = self.of_program("generated")
        names = self.names(frames)
        self.assert_in_order(["innermost_step", "outer_step", "main"], names)
        generated = frames[names.index("outer_step") + 1]
        self.assertRegex(generated[1], r"^0x[0-9a-f]+$")
        self.assertEqual("", generated[2])

    def test_StackPointerThatPointsNowhereLeavesTheCallItself(self):
        frames = self.of_program("no-stack")
        self.assertRegex(frames[0][1], r"/e2e\.stack_ways\+0x[0-9a-f]+$")

    def test_StrippedProgramHasOffsetsAndItsBuildId(self):
        def argv(world, secret):
            stripped = os.path.join(world.project, "stripped")
            shutil.copy(program("e2e.stack_ways"), stripped)
            subprocess.run(["strip", stripped], check=True)
            return [stripped, "calls", secret]
        frames = self.stacks(argv)[0]
        ours = [frame for frame in frames if "/stripped+0x" in frame[1]]
        self.assertGreaterEqual(len(ours), 4)
        self.assertEqual([""] * len(ours), [frame[2] for frame in ours])
        for frame in ours:
            self.assertRegex(frame[4], "^[0-9a-f]{40}$")
        self.assertRegex(self.in_short()[0], r"^stripped\+0x[0-9a-f]+$")

    def test_StaticGoProgram(self):
        if shutil.which("go") is None:
            skip("there is no go")
        def argv(world, secret):
            source = os.path.join(world.project, "main.go")
            write_file(source, GO_PROGRAM)
            built = os.path.join(world.project, "program")
            subprocess.run(["go", "build", "-o", built, source], check=True, cwd=world.project,
                           env={**world.env(), "CGO_ENABLED": "0", "GO111MODULE": "off",
                                "GOFLAGS": "", "PATH": os.environ["PATH"]})
            return [built, secret]
        frames = self.stacks(argv)[0]
        self.assert_in_order(["main.inner", "main.outer", "main.main"], self.names(frames))
        self.assertEqual(["main.inner", "main.outer", "main.main"], self.in_short()[:3])

    def test_PythonFramesNameFileLineAndFunction(self):
        def prepare(world):
            write_file(os.path.join(world.project, "app.py"), PYTHON_PROGRAM)
        frames = self.stacks(lambda world, secret: ["/usr/bin/python3", "app.py", secret],
                             prepare)[0]
        python = [(os.path.basename(frame[1]), frame[2]) for frame in frames
                  if frame[0] == "python"]
        self.assertEqual([("app.py:3", "inner"), ("app.py:8", "outer"), ("app.py:12", "<module>")],
                         python)
        self.assertIn("native", {frame[0] for frame in frames})

    def test_PythonFramesNameTheInstalledDistribution(self):
        def prepare(world):
            site = os.path.join(world.project, "lib", "site-packages")
            write_file(os.path.join(site, "stealer", "__init__.py"), PYTHON_MODULE)
            write_file(os.path.join(site, "stealer-2.5.dist-info", "RECORD"),
                       "stealer/__init__.py,,\nstealer-2.5.dist-info/RECORD,,\n")
            write_file(os.path.join(world.project, "app.py"),
                       "import sys\nsys.path.insert(0, 'lib/site-packages')\n"
                       "import stealer\nstealer.run(sys.argv[1])\n")
        frames = self.stacks(lambda world, secret: ["/usr/bin/python3", "app.py", secret],
                             prepare)[0]
        self.assertEqual(["stealer 2.5", ""],
                         [frame[3] for frame in frames if frame[0] == "python"])

    def test_PythonFramesOfAThreadAndOfAForkedChild(self):
        for way in ("thread", "fork"):
            with self.subTest(way=way):
                frames = self.stacks(
                    lambda world, secret: ["/usr/bin/python3", "-c", PYTHON_WAYS[way], secret])[0]
                self.assertIn("reader", self.names(frames, "python"))

    def test_HookChangesNothingThatAProgramSees(self):
        self.same(["/usr/bin/python3", "-c", PYTHON_CHECKS])

    def test_ManyDifferentViolationsAreBoundedAndAllWritten(self):
        def prepare(world):
            for number in range(300):
                write_file(os.path.join(world.home, ".ssh", "key%d" % number), "secret")
        script = ("for n in $(seq 0 299); do cat $HOME/.ssh/key$n && echo opened; done; true")
        world = self.new_world()
        prepare(world)
        self.run_in(world, ["/bin/sh", "-c", script], True, timeout=120)
        trace = self.trace(world)
        alerts = [event for event in trace.events if event["event.kind"] == "alert"]
        self.assertGreaterEqual(len(alerts), 300)
        self.assertEqual(MOST_STACKS, len(trace.find(event__action="stack")))


GO_PROGRAM = """package main
import ("fmt"; "os")
//go:noinline
func inner(path string) error { f, err := os.Open(path); if err == nil { f.Close() }; return err }
//go:noinline
func outer(path string) error { err := inner(path); return err }
func main() {
	if outer(os.Args[1]) == nil { fmt.Println("opened") } else { fmt.Println("refused") }
}
"""

PYTHON_PROGRAM = """import sys
def inner(path):
    return open(path).read()


def outer(path):
    try:
        inner(path)
        return "opened"
    except OSError:
        return "refused"
print(outer(sys.argv[1]))
"""

PYTHON_MODULE = """def run(path):
    try:
        open(path).close()
        print("opened")
    except OSError:
        print("refused")
"""

PYTHON_WAYS = {
    "thread": """
import sys, threading
def reader():
    try:
        open(sys.argv[1]).close()
        print("opened")
    except OSError:
        print("refused")
thread = threading.Thread(target=reader)
thread.start()
thread.join()
""",
    "fork": """
import os, sys
def reader():
    try:
        open(sys.argv[1]).close()
        print("opened", flush=True)
    except OSError:
        print("refused", flush=True)
pid = os.fork()
if pid == 0:
    reader()
    os._exit(0)
os.waitpid(pid, 0)
""",
}

# What an audit hook could disturb: pending exceptions, recursion, names that are no text.
PYTHON_CHECKS = """
import os, sys
try:
    try:
        raise ValueError("first")
    except ValueError:
        open("/no/such/file")
except FileNotFoundError as error:
    print(type(error.__context__).__name__, error.filename)
open(b"/etc/hostname").close()
os.close(os.open("/etc/hostname", os.O_RDONLY))
open(os.dup(0)).close()
def deep(n):
    return deep(n - 1) if n else open("/etc/hostname").close()
deep(500)
try:
    deep(10000)
except RecursionError:
    print("recursion")
class Odd:
    def __fspath__(self): return "/etc/hostname"
open(Odd()).close()
exec(compile("open('/etc/hostname').close()", "name\\udcff", "exec"))
heard = []
sys.addaudithook(lambda event, arguments: heard.append(event))
open("/etc/hostname").close()
print(heard.count("open"), sorted(set(heard) - {"open"}))
"""
