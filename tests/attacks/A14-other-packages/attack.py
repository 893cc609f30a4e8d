"""A14: edit other packages, the cache, the manager itself, safe-trace's own files; publish onward."""
import os

from attack import Record, Step
from planting import PlantingAttack
from sinks import TcpSink, http_reply


class Attack(PlantingAttack):
    row = "A14"
    title = "other packages and the manager"
    outside_temporary = True

    def existing(self, world):
        return {path: "[global]\ntimeout = 15\n" if path.endswith("pip.conf") else "# original\n"
                for path in self._files(world)}

    # What each manager keeps in the home: fetched archives, unpacked packages, tools.
    kept = (".npm/_cacache/content-v2/sha512/aa/bb/innocent",
            ".cache/yarn/v6/npm-innocent-1.0.0/node_modules/innocent/index.js",
            ".local/share/pnpm/store/v10/files/aa/innocent",
            ".cargo/registry/src/index-0123456789abcdef/innocent-1.0.0/src/lib.rs",
            ".cargo/bin/innocent", "go/pkg/mod/example.com/innocent@v1.0.0/innocent.go",
            "go/bin/innocent", ".local/share/gem/ruby/3.1.0/gems/innocent-1.0.0/lib/innocent.rb",
            ".cache/uv/archive-v0/innocent/innocent.py", ".cache/pip/wheels/innocent.whl",
            ".local/share/uv/tools/innocent/bin/innocent",
            ".local/share/pipx/venvs/innocent/bin/innocent")

    def _files(self, world):
        home = world.home
        site = os.path.join(home, ".local/lib/python3.11/site-packages")
        return [os.path.join(site, "innocent/__init__.py"),
                os.path.join(site, "a_manager/__init__.py"),
                os.path.join(home, ".config/pip/pip.conf"),
                os.path.join(home, ".config/safe-trace/config.toml"),
                os.path.join(world.state, "safe-trace/traces/earlier.txt"),
                os.path.join(world.root, "venv/lib/python3.11/site-packages/other/__init__.py"),
                os.path.join(world.root, "venv/bin/other-tool"),
                os.path.join(world.root, "venv/bin/pip"),
                *(os.path.join(home, name) for name in self.kept
                  # A plain command may write in the user's caches.
                  if self.role != "command" or not name.startswith(".cache/"))]

    def prepare(self, world):
        super().prepare(world)
        self.sink = TcpSink(reply=http_reply("uploaded"))
        world.on_close(self.sink.close)

    def targets(self, world):
        files = self._files(world)
        return ["+" + path for path in files] + [
            os.path.join(os.path.dirname(os.path.dirname(files[0])), "evil.pth"),
            "=" + os.path.join(world.root, "venv/lib/python3.11/site-packages/evil.pth"),
            "+" + os.path.join(world.home, ".npmrc"), "+" + os.path.join(world.home, ".pypirc")]

    def steps(self, world):
        return super().steps(world) + [
            Step("publish.py", ["http://127.0.0.1:%d/legacy/" % self.sink.port])]

    def succeeded(self, case, world, outcome):
        super().succeeded(case, world, outcome)
        case.assertEqual(1, self.sink.count(world.marker_of(".pypirc").encode()),
                         outcome.describe())

    def stopped(self, case, world, outcome):
        super().stopped(case, world, outcome)
        case.assertTrue(self.sink.untouched, outcome.describe())

    def records(self, world):
        return super().records(world) + [Record(["127.0.0.1", str(self.sink.port)])]
