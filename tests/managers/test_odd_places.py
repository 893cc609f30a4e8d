"""Every manager in odd circumstances: it does what it does bare, and its packages are named."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402
from manager_jobs import JOBS  # noqa: E402
from world import write_file  # noqa: E402

# As pyenv, asdf and volta have them: a script of the name hands over to the version manager, which
# puts the chosen version's folder first and runs the real one.
SHIM = '#!/bin/sh\nset -e\nprogram="${0##*/}"\nexec "%s" exec "$program" "$@"\n'
VERSION_MANAGER = """#!/bin/sh
shift
program="$1"
shift
PATH="%s:$PATH"
export PATH
exec "%s/$program" "$@"
"""


def move(world, what, name):
    """Gives one of the world's folders another name."""
    old = getattr(world, what)
    new = os.path.join(world.root, name)
    os.rename(old, new)
    setattr(world, what, new)
    world.markers = {path.replace(old + os.sep, new + os.sep, 1): marker
                     for path, marker in world.markers.items()}


class OddPlaces:
    """Before a job."""

    has_home = True

    def new_world(self):
        world = super().new_world()
        move(world, "project", "my project ü")
        move(world, "home", "home of Änn")
        move(world, "tmp", "for a while")
        return world

    def fresh_world(self, prepare=None):
        def with_shim(world):
            if prepare:
                prepare(world)
            self.make_shim(world)

        return super().fresh_world(with_shim)

    def path(self, world):
        return [os.path.join(world.root, "version manager", "shims"), *super().path(world)]

    def make_shim(self, world):
        place = os.path.join(world.root, "version manager")
        versions = os.path.join(place, "versions", "1.0", "bin")
        manager = os.path.join(place, "libexec", "manager")
        os.makedirs(versions)
        name = self.words[0]
        os.symlink(self.program, os.path.join(versions, name))
        write_file(os.path.join(place, "shims", name), SHIM % manager, 0o755)
        write_file(manager, VERSION_MANAGER % (versions, versions), 0o755)

    @property
    def where(self):
        return ("my project ü",)

    def prepared(self, world):
        self.prepare(world)
        # What the project's own file says of a registry counts once the user says so.
        if "poetry" in self.names and environment.safe_trace():
            self.use(world, [environment.safe_trace(), "policy", "trust", "pyproject.toml"])

    def is_the_same(self, words, **how):
        world, outcome = self.same_managed(words, self.prepared, **how)
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        trace = self.trace(world)
        said = outcome.describe() + trace.describe()
        self.assertEqual([], trace.find(event__kind="alert"), said)
        for name in self.names:
            self.assertTrue(trace.find(safe_trace__role="manager", safe_trace__ecosystem=name),
                            "no manager %s\n%s" % (name, said))
        events = [event for event in self.package_events(world, self.package, self.version)
                  if event.get("safe_trace.role") == "package"]
        self.assertTrue(events, "%s is not named\n%s" % (self.package, said))
        self.assertEqual({self.of_package or self.names[0]},
                         {event.get("safe_trace.ecosystem") for event in events})

    def test_BlanksAndUmlautsInEveryFolderAndAShim(self):
        self.is_the_same(self.words)

    def test_NoHomeAtAll(self):
        self.has_home = False
        self.is_the_same(lambda world: [*self.words, *self.without_home(world)[1]])

    def variables_of(self, world, **extra):
        if self.has_home:
            return super().variables_of(world, **extra)
        env = super().variables_of(world, **self.without_home(world)[0], **extra)
        del env["HOME"]
        return env


for _name, _job in JOBS.items():
    globals()[_name] = type(_name, (OddPlaces, _job), {"__module__": __name__})
del _job
