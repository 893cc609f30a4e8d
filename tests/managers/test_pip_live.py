"""The real index, where it can be reached."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402
import processes  # noqa: E402
from transparent import TransparencyCase  # noqa: E402
from venvs import full_venv  # noqa: E402

# What says where this machine's index is.
INDEX_VARIABLES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_CERT",
                   "PIP_CONFIG_FILE", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY",
                   "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


class Live(TransparencyCase):
    def test_RequestsInstallsFromTheRealIndex(self):
        world = self.new_world()
        pip = full_venv(os.path.join(world.root, "venv"))
        env = world.env(**{name: os.environ[name] for name in INDEX_VARIABLES
                           if name in os.environ})
        probe = processes.run([pip, "download", "--no-deps", "--no-cache-dir", "--retries", "0",
                               "--timeout", "10", "-d", world.tmp, "idna"], env, world.project, 30)
        if probe.status != 0:
            print("skipped: registry not reached")
            self.skipTest("registry not reached")
        self.supervised_prefix()
        outcome = processes.run([environment.safe_trace(), pip, "install", "requests"], env,
                                world.project, 240)
        self.assertEqual(0, outcome.status, outcome.describe())
        python = os.path.join(world.root, "venv", "bin", "python")
        loaded = processes.run([python, "-c", "import requests; print(requests.__version__)"],
                               env, world.project, 60)
        self.assertEqual(0, loaded.status, loaded.describe())
        trace = self.trace(world)
        self.assertTrue(trace.find(event__category="network"), trace.describe())
        self.assertEqual([], trace.find(event__kind="alert"), "an honest install commits none")
