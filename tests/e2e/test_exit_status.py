"""Exit statuses: the command's own, and ours for what could not be run."""

import os
import shlex
import signal
import unittest

import environment
import processes
from transparent import TransparencyCase
from world import write_file


class ExitStatus(TransparencyCase):
    def test_StatusOfTheCommandIsPassedOn(self):
        for status in (0, 1, 3, 42, 120, 125, 255):
            with self.subTest(status=status):
                self.same(["/bin/sh", "-c", "exit %d" % status], status=status)

    def test_DeathBySignalBecomes128PlusN(self):
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT):
            with self.subTest(signal=number):
                world = self.new_world()
                argv = ["/bin/sh", "-c", "kill -%d $$" % number]
                self.assertEqual(-number, self.run_in(world, argv, False).status)
                self.assertEqual(128 + number, self.run_in(world, argv, True).status)

    def test_UnknownCommandGives127(self):
        for name in ("no-such-command-anywhere", "/no/such/file", "./missing"):
            with self.subTest(name=name):
                outcome = self.run_in(self.new_world(), [name], True)
                self.assertEqual(127, outcome.status, outcome.describe())
                self.assertIn(name.encode(), outcome.stderr)
                self.assertEqual(b"", outcome.stdout)

    def test_FileThatIsNotExecutableGives126(self):
        world = self.new_world()
        write_file(os.path.join(world.project, "plain.txt"), "text\n")
        for name in ("./plain.txt", world.project):
            with self.subTest(name=name):
                outcome = self.run_in(world, [name], True)
                self.assertEqual(126, outcome.status, outcome.describe())

    def test_UnknownOptionAndMissingCommandAreExplained(self):
        self.supervised_prefix()
        world = self.new_world()
        for arguments in (["run", "--no-such-option", "--", "true"], ["run", "--"], ["run"],
                          ["--no-such-option", "true"], []):
            with self.subTest(arguments=arguments):
                outcome = processes.run([environment.safe_trace()] + arguments, world.env(),
                                        world.project, 20)
                self.assertNotIn(outcome.status, (0, None), outcome.describe())
                self.assertGreater(len(outcome.stderr), 10, "it says why")

    def test_BareWordsAreACommand(self):
        self.supervised_prefix()
        world = self.new_world()
        outcome = processes.run([environment.safe_trace(), "/bin/sh", "-c", "echo hi; exit 7"],
                                world.env(), world.project, 30)
        self.assertEqual((7, b"hi\n"), (outcome.status, outcome.stdout), outcome.describe())

    def test_TimeoutGives124AndEndsTheTree(self):
        world = self.new_world()
        outcome = self.run_in(world, ["/bin/sh", "-c", "sleep 60 & sleep 60"], True,
                              options=["--timeout", "1"], timeout=30)
        self.assertEqual(124, outcome.status, outcome.describe())
        self.assertLess(outcome.seconds, 15)
        self.assertEqual([], outcome.survivors)

    def test_MalformedConfigurationNamesFileAndLineAndRunsNothing(self):
        world = self.new_world()
        write_file(os.path.join(world.project, "safe-trace.toml"), "[sandbox]\nmemroy_limit = 3\n")
        outcome = self.run_in(world, ["/bin/sh", "-c", "echo ran"], True)
        self.assertEqual(b"", outcome.stdout, outcome.describe())
        self.assertNotEqual(0, outcome.status)
        self.assertIn(b"safe-trace.toml", outcome.stderr)
        self.assertIn(b"memory_limit", outcome.stderr, "the nearest valid key is named")

    def test_OutputIntoAMissingDirectoryIsRefusedAndMakesNone(self):
        world = self.new_world()
        missing = os.path.join(world.root, "no", "such", "x.jsonl")
        for name in (missing, "no/such/x"):
            with self.subTest(name=name):
                outcome = self.run_in(world, ["/bin/sh", "-c", "echo ran"], True,
                                      options=["-o", name])
                self.assertEqual((125, b""), (outcome.status, outcome.stdout), outcome.describe())
                self.assertIn(b"there is no directory", outcome.stderr)
        self.assertFalse(os.path.exists(os.path.join(world.root, "no")))
        self.assertFalse(os.path.exists(os.path.join(world.project, "no")))

    def test_CommandThatTheSummaryPrintsShowsTheTrace(self):
        for options in ((), ("-o", "plain-name"), ("-o", "a b.jsonl")):
            with self.subTest(options=options):
                world = self.new_world()
                outcome = self.run_in(world, ["/bin/true"], True, options=options)
                self.assertEqual(0, outcome.status, outcome.describe())
                line = [l for l in outcome.stderr.decode().splitlines() if "look at it" in l][0]
                words = shlex.split(line.split("look at it")[1])
                self.assertEqual(["safe-trace", "trace", "show"], words[:3])
                for verb in ("show", "verify"):
                    shown = processes.run([environment.safe_trace(), "trace", verb, *words[3:]],
                                          world.env(), world.root, 20)
                    self.assertEqual(0, shown.status, shown.describe())

    def test_TraceThatCannotBeWrittenStopsTheLaunch(self):
        world = self.new_world()
        write_file(os.path.join(world.root, "a-file"), "not a directory\n")
        outcome = self.run_in(world, ["/bin/sh", "-c", "echo ran"], True,
                              env={"XDG_STATE_HOME": os.path.join(world.root, "a-file")})
        self.assertEqual((125, b""), (outcome.status, outcome.stdout), outcome.describe())


if __name__ == "__main__":
    unittest.main()
