"""uv under supervision, as bare: pip install, sync of a project, uvx; in odd folders."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from python_case import UvCase, fill_small_index  # noqa: E402
from packages import SETUPTOOLS_BACKEND  # noqa: E402
from world import write_file  # noqa: E402

PYTHON = ["--python", "/usr/bin/python3"]


class Uv(UvCase):
    def fill_registry(self, registry):
        fill_small_index(registry)

    def environment(self, world):
        self.use(world, ["uv", "venv", *PYTHON])

    def is_quiet(self, outcome):
        self.assertNotIn(b"denied (", outcome.stderr)

    def test_SourcePackageWithADependency(self):
        world, outcome = self.same_managed(["uv", "pip", "install", "st-native"],
                                           prepare=self.environment)
        self.is_quiet(outcome)
        self.assertTrue(self.package_events(world, "st-native", "2.0"), self.trace(world).describe())
        python = os.path.join(world.project, ".venv", "bin", "python")
        self.assertEqual("42", self.use(world, [
            python, "-c", "import native_part; print(native_part.answer())"]))

    def test_ProjectThatIsBuiltItself(self):
        def prepare(world):
            write_file(os.path.join(world.project, "pyproject.toml"),
                       '[project]\nname = "mine"\nversion = "0.1"\nrequires-python = ">=3.9"\n'
                       'dependencies = ["st-native"]\n' + SETUPTOOLS_BACKEND
                       + '[tool.setuptools]\npy-modules = ["mine"]\n')
            write_file(os.path.join(world.project, "mine.py"), "m = 1\n")
        world, outcome = self.same_managed(["uv", "sync", *PYTHON], prepare=prepare)
        self.is_quiet(outcome)
        roles = {event.get("safe_trace.role") for event in self.trace(world).events}
        self.assertLessEqual({"manager", "package", "project"}, roles)

    def test_RunOfTheProjectsOwnCode(self):
        script = ("import st_leaf, subprocess; open('result.txt', 'w').write('done'); "
                  "subprocess.run(['uv', '--quiet', 'pip', 'install', 'st-native'], check=True)")

        def prepare(world):
            self.environment(world)
            self.use(world, ["uv", "pip", "install", "st-leaf"])
        world, outcome = self.same_managed(
            ["uv", "run", "--no-project", "python", "-c", script], prepare=prepare,
            env={"PYTHONDONTWRITEBYTECODE": ""})
        self.is_quiet(outcome)
        self.assertTrue(self.trace(world).find(safe_trace__role="project"))
        self.assertEqual([], self.trace(world).find(event__kind="alert"))

    def test_UvxBuildsAndRuns(self):
        world, outcome = self.same_managed(["uvx", *PYTHON, "st-native"])
        self.is_quiet(outcome)
        self.assertEqual(b"st-native 42\n", outcome.stdout)
        self.assertTrue(self.trace(world).find(safe_trace__role="project"))
