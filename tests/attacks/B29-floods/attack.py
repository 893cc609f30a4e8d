"""B29: floods. Bounded time, bounded memory, and no decision lost."""
import environment
from attack import AttackBase, Record, Step

OPENS, EXECS = (40000, 400) if environment.quick() else (200000, 2000)
MEMORY_KIB = 64 * 1024


class Attack(AttackBase):
    row = "B29"
    title = "floods"

    def steps(self, world):
        return [Step("flood-static", [str(OPENS), str(EXECS)], timeout=200),
                # After the flood a decision is still made.
                Step("common.reader-static", [world.home + "/.ssh/id_rsa"])]

    def succeeded(self, case, world, outcome):
        case.assertIn("opens good=%d" % OPENS, outcome.text, outcome.describe())
        case.assertIn("execs good=%d" % EXECS, outcome.text)
        case.assertIn("huge status=0", outcome.text)
        case.assertIn("many status=0", outcome.text)
        self.assert_leaked(case, outcome, {"id_rsa": world.marker_of(".ssh/id_rsa")})

    def stopped(self, case, world, outcome):
        # Nothing in a flood is forbidden: it all works, and costs the supervisor little.
        case.assertIn("opens good=%d" % OPENS, outcome.text, outcome.describe())
        case.assertIn("execs good=%d" % EXECS, outcome.text)
        case.assertIn("huge status=0", outcome.text)
        case.assertIn("many status=0", outcome.text)
        self.assert_kept(case, outcome, {"id_rsa": world.marker_of(".ssh/id_rsa")})
        case.assertGreater(outcome.peak_kib, 0)
        case.assertLess(outcome.peak_kib, MEMORY_KIB, "the supervisor's memory")
        print("B29 %s: %.1f s, %d KiB" % (self.delivery, outcome.seconds, outcome.peak_kib))

    def records(self, world):
        return [Record([world.home + "/.ssh/id_rsa"])]
