"""A2: read secrets from the own environment."""
from attack import AttackBase, Record, Step


class Attack(AttackBase):
    row = "A2"
    title = "own environment"

    def env(self, world):
        return world.secret_variables

    def steps(self, world):
        names = list(world.secret_variables) + ["NEUTRAL_SETTING"]
        return [Step("environ", names), Step("environ-static", names), Step("environ.py")]

    def succeeded(self, case, world, outcome):
        self.assert_leaked(case, outcome, world.secret_variables)

    def stopped(self, case, world, outcome):
        self.assert_kept(case, outcome, world.secret_variables)
        case.assertIn("getenv NEUTRAL_SETTING=plain-value", outcome.text,
                      "an innocent variable must stay")

    def records(self, world):
        return [Record([name], refused=False, attributed=False) for name in world.secret_variables]
