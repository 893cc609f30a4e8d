"""Attacks that leave or change files: bare they are changed, supervised they are as before."""

import os

from attack import AttackBase, Record, Step
from world import write_file


class PlantingAttack(AttackBase):
    LINE = "echo planted-by-attack\n"

    def targets(self, world):
        """Paths; "+" before one appends, "=" renames into place."""
        raise NotImplementedError

    def existing(self, world):
        """Path -> content of files that are there before."""
        return {}

    def prepare(self, world):
        for path, content in self.existing(world).items():
            if not os.path.exists(path):
                write_file(path, content)
        self.paths = [target.lstrip("+=") for target in self.targets(world)]
        self.before = {path: self._content(path) for path in self.paths}

    @staticmethod
    def _content(path):
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError:
            return None

    def steps(self, world):
        return [Step("common.plant", [self.LINE] + self.targets(world)),
                Step("common.plant-static", [self.LINE] + self.targets(world))]

    def succeeded(self, case, world, outcome):
        for path in self.paths:
            case.assertIn(self.LINE.encode(), self._content(path) or b"",
                          "bare, %s was not changed\n%s" % (path, outcome.describe()))

    def stopped(self, case, world, outcome):
        for path in self.paths:
            case.assertEqual(self.before[path], self._content(path),
                             "%s was changed\n%s" % (path, outcome.describe()))

    def records(self, world):
        return [Record([path]) for path in self.recorded(world)]

    def recorded(self, world):
        # A refused mkdir on the way may be all that is seen of a path beneath a new directory.
        return [path for path in self.paths if os.path.isdir(os.path.dirname(path))]
