"""Base of the tests against the real registries: the same install bare and supervised."""

import os
import stat

import environment
import processes
from transparent import TransparencyCase
from world import differences

# What says where this machine's registries are, and whom to trust.
REGISTRY_VARIABLES = (
    "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_CERT", "PIP_CONFIG_FILE",
    "UV_DEFAULT_INDEX", "UV_INDEX_URL", "npm_config_registry", "NPM_CONFIG_REGISTRY",
    "NODE_EXTRA_CA_CERTS", "CARGO_HTTP_CAINFO", "GOPROXY", "GONOSUMDB", "GOSUMDB", "http_proxy",
    "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE",
    "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class LiveCase(TransparencyCase):
    """Nothing is ever configured: what is installed comes from where this machine gets it."""

    where = ("project",)  # folders of the world whose lists of files must be the same
    variable = ()  # parts of paths that are made anew at each run
    timeout = 240

    def available(self):
        """Finds the programs, or skips."""
        raise NotImplementedError

    def probe(self):
        """A command that asks the registry for something small."""
        raise NotImplementedError

    def prepare(self, world):
        """Makes the project."""

    def path(self):
        """Folders before the world's own PATH."""
        return []

    def variables(self, world):
        return {}

    def setUp(self):
        self.available()
        world = self.new_world()
        asked = processes.run(self.probe(), self.variables_of(world), world.project, 40)
        if asked.status != 0:
            print("skipped: registry not reached")
            self.skipTest("registry not reached")

    def variables_of(self, world):
        env = world.env(**{name: os.environ[name] for name in REGISTRY_VARIABLES
                           if name in os.environ})
        env["PATH"] = ":".join([*self.path(), env["PATH"]])
        env.update(self.variables(world))
        return env

    def run_one(self, commands, prefix=()):
        """(world, the list of files) after `commands`, each of which must succeed."""
        world = self.new_world()
        self.prepare(world)
        for words in commands:
            outcome = processes.run([*prefix, *words], self.variables_of(world), world.project,
                                    self.timeout)
            self.assertFalse(outcome.timed_out, outcome.describe())
            if not prefix and outcome.status != 0 and self.cannot_connect(outcome):
                print("skipped: registry not reached")
                self.skipTest("registry not reached by the client itself")
            self.assertEqual(0, outcome.status, outcome.describe())
            self.assertEqual([], outcome.survivors, outcome.describe())
        return world, {name: self.files(world, name) for name in self.where}

    @staticmethod
    def cannot_connect(outcome):
        """A client may not believe the certificate that the test's own probe believes."""
        said = outcome.text.lower()
        return "attempts to connect" in said or "certificate" in said

    def same_live(self, *commands):
        """Each is `safe-trace COMMAND`. Returns the supervised world."""
        _, bare = self.run_one(commands)
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        world, held = self.run_one(commands, [environment.safe_trace()])
        trace = self.trace(world)
        for name in self.where:
            self.assertEqual([], differences(bare[name], held[name]), name + trace.describe())
        self.assertEqual([], trace.find(event__kind="alert"), trace.describe())
        return world

    def files(self, world, name):
        """Path -> kind and mode. Compiled files and caches differ in their bytes."""
        root = os.path.join(world.root, name)
        found = {}
        for directory, folders, files in os.walk(root):
            for entry in folders + files:
                path = os.path.join(directory, entry)
                relative = os.path.relpath(path, root)
                if "__pycache__" in relative or any(part in relative for part in self.variable):
                    continue
                mode = os.lstat(path).st_mode
                found[relative] = (stat.S_IFMT(mode), stat.S_IMODE(mode))
        return found
