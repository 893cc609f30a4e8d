"""Standard streams are the command's: untouched, whatever they are."""

import json
import os

import processes
from transparent import TransparencyCase

CLOSED = ["/bin/sh", "-c", 'exec "$@" <&-', "sh"]


class Streams(TransparencyCase):
    def test_BinaryDataPassesThroughUnchanged(self):
        data = bytes(range(256)) * 4096
        self.same(["/bin/cat"], stdin=data,
                  check=lambda w, outcome: self.assertEqual(data, outcome.stdout))

    def test_StandardErrorOfTheCommandIsKept(self):
        outcome = self.same(["/bin/sh", "-c", "echo out; echo err >&2"])
        self.assertIn(b"err\n", outcome.stderr)
        self.assertEqual(b"out\n", outcome.stdout)

    def test_NothingOfOursIsOnStandardOutput(self):
        self.same(["/bin/true"], check=lambda w, o: self.assertEqual(b"", o.stdout))

    def test_QuietSaysNothingWithoutAViolation(self):
        outcome = self.run_in(self.new_world(), ["/bin/true"], True, options=["-q"])
        self.assertEqual(b"", outcome.stderr, outcome.describe())

    def test_SummaryNamesTheTrace(self):
        world = self.new_world()
        outcome = self.run_in(world, ["/bin/true"], True)
        self.assertIn(self.trace(world).path.encode(), outcome.stderr, outcome.describe())

    def test_JsonSummaryIsOneObjectOnStandardError(self):
        outcome = self.run_in(self.new_world(), ["/bin/sh", "-c", "exit 3"], True,
                              options=["--json", "-q"])
        lines = [line for line in outcome.stderr.splitlines() if line.strip()]
        summary = json.loads(b"\n".join(lines) if len(lines) > 1 and lines[0] == b"{"
                             else lines[-1])
        self.assertIn("trace", json.dumps(summary))
        self.assertEqual(3, outcome.status)

    def test_ClosedStandardInputStaysClosed(self):
        script = "import os\ntry:\n os.fstat(0); print('open')\nexcept OSError: print('closed')"
        world = self.new_world()
        argv = ["/usr/bin/python3", "-c", script]
        bare = processes.run(CLOSED + argv, world.env(), world.project, 30)
        held = processes.run(CLOSED + self.supervised_prefix() + argv, world.env(),
                             world.project, 30)
        # Never a descriptor of ours in its place: closed, or /dev/null.
        self.assertEqual((0, b"closed\n"), (bare.status, bare.stdout))
        self.assertEqual(0, held.status, held.describe())
        probe = "import os; print(os.path.exists('/proc/self/fd/0') and os.readlink(" \
                "'/proc/self/fd/0') or 'closed')"
        held = processes.run(CLOSED + self.supervised_prefix() + ["/usr/bin/python3", "-c", probe],
                             world.env(), world.project, 30)
        self.assertIn(held.stdout.strip(), (b"closed", b"/dev/null"), held.describe())

    def test_ATraceForAStandardOutputThatIsClosedEndsBeforeTheCommand(self):
        world = self.new_world()
        argv = self.supervised_prefix(["-o", "-"]) + ["/usr/bin/touch", "ran"]
        outcome = processes.run(["/bin/sh", "-c", 'exec "$@" >&-', "sh"] + argv, world.env(),
                                world.project, 30)
        self.assertEqual(125, outcome.status, outcome.describe())
        self.assertIn(b"standard output is closed", outcome.stderr)
        self.assertFalse(os.path.exists(os.path.join(world.project, "ran")))

    def test_NoOtherDescriptorIsOpen(self):
        probe = "import os; fds = os.listdir('/proc/self/fd'); print(len([f for f in fds if " \
                "int(f) > 2]) - 1)"
        self.same(["/usr/bin/python3", "-c", probe],
                  check=lambda w, o: self.assertEqual(b"0\n", o.stdout))

    def test_BrokenPipeReachesTheCommand(self):
        self.same(["/bin/sh", "-c", "{ yes; echo status $? >&3; } 3>&1 | head -1; exit 0"])

    def test_StreamsCanBeReopened(self):
        self.same(["/bin/sh", "-c", "echo one > /dev/stdout; cat /dev/stdin; "
                                    "echo two > /proc/self/fd/1; echo three > /dev/fd/1; "
                                    "cat < /dev/null; echo four > /dev/stderr"], stdin=b"input\n")

    def test_NamesAndArgumentsThatAreNotUtf8(self):
        name = b"f\xff\xfe\n\x01 name"

        def prepare(world):
            with open(os.path.join(world.project.encode(), name), "wb") as file:
                file.write(b"content\n")
        self.same([b"/bin/cat", name], prepare=prepare,
                  check=lambda w, o: self.assertEqual(b"content\n", o.stdout))
        self.same([b"/usr/bin/printf", b"%s|", b"a\xff", b"", b"\xc3(", b"new\nline"],
                  check=lambda w, o: self.assertEqual(b"a\xff||\xc3(|new\nline|", o.stdout))

    def test_ArgumentsOfNearlyTwoMebibytes(self):
        words = ["x" * 100000] * 19
        self.same(["/bin/sh", "-c", 'echo $# ${#19}', "sh"] + words,
                  check=lambda w, o: self.assertEqual(b"19 100000\n", o.stdout))

    def test_EnvironmentIsTheUsersButForSecrets(self):
        world = self.new_world()
        argv = ["/usr/bin/env", "-0"]
        bare = self.run_in(world, argv, False, env=world.secret_variables)
        held = self.run_in(world, argv, True, env=world.secret_variables)

        def parsed(data):
            return dict(item.split(b"=", 1) for item in data.split(b"\0") if item)
        bare, held = parsed(bare.stdout), parsed(held.stdout)
        hidden = {name.encode() for name in world.secret_variables}
        self.assertEqual(hidden, set(bare) - set(held))
        added = {name for name in set(held) - set(bare)}
        self.assertLessEqual(added, {b"LD_PRELOAD", b"SAFE_TRACE_PYTHON_FRAMES",
                                     b"SAFE_TRACE_REMOVED_VARIABLES",
                                     b"SAFE_TRACE_RUN_ID"}, "what safe-trace adds is known")
        for name in set(bare) & set(held):
            self.assertEqual(bare[name], held[name])

    def test_DirectoryUmaskPriorityAndLimitsAreKept(self):
        self.same(["/bin/sh", "-c", "pwd; umask 027; umask; nice; ulimit -n; ulimit -s; id -u; "
                                    "id -g; id -G"])
