"""safe-trace started inside a run of safe-trace: the outer one goes on, and it is said once."""

import os

import environment
import processes
from transparent import TransparencyCase

SAID = b"inside a run of safe-trace"


class Inside(TransparencyCase):
    def run_inside(self, world, script, options=()):
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: there is nothing to be inside of")
        argv = [environment.safe_trace(), *options, "run", "--", "/bin/sh", "-c", script]
        return processes.run(argv, world.env(ST=environment.safe_trace()), world.project, 60)

    def test_TheCommandRunsAndItIsSaidOnce(self):
        world = self.new_world()
        outcome = self.run_inside(
            world, '"$ST" /bin/sh -c \'"$ST" /bin/echo deep; exit 7\'')
        self.assertEqual(7, outcome.status, outcome.describe())
        self.assertIn(b"deep", outcome.stdout)
        self.assertEqual(1, outcome.stderr.count(SAID), outcome.describe())

    def test_TheOuterRunStillHidesCredentials(self):
        world = self.new_world()
        path = os.path.join(world.home, ".aws/credentials")
        outcome = self.run_inside(world, '"$ST" --allow-read %s /bin/cat %s' % (path, path))
        self.assertNotEqual(0, outcome.status, outcome.describe())
        self.assertNotIn(world.markers[path].encode(), outcome.stdout + outcome.stderr)
        self.assertTrue(self.trace(world).find(contains=[path], refused=True))
