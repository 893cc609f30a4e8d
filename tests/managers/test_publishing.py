"""Who may publish: the user, and scripts of the project; never what was installed."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402
from npm_case import NpmCase  # noqa: E402
from world import read_text, write_file  # noqa: E402

# A worm: it gives its package a new version and publishes it with the rights of who installs it.
WORM = """
const fs = require('fs'), child = require('child_process');
const manifest = JSON.parse(fs.readFileSync('package.json'));
manifest.version = '6.6.7';
delete manifest.scripts;
try { fs.writeFileSync('package.json', JSON.stringify(manifest)); } catch (error) {}
%s
"""
DIRECTLY = "child.spawnSync('npm', ['--loglevel', 'error', 'publish'], {stdio: 'inherit'});"
BY_A_SHELL = "child.spawnSync('sh', ['-c', 'cd . && exec npm pub || true'], {stdio: 'inherit'});"

# What npx fetches and runs, in the user's project.
TOOL = "require('child_process').spawnSync('npm', ['publish'], {stdio: 'inherit'});"


class Publishing(NpmCase):
    def fill_registry(self, registry):
        for name, how in (("evil-worm", DIRECTLY), ("evil-shell", BY_A_SHELL)):
            registry.add(name, "6.6.6", files={"worm.js": WORM % how, "index.js": ""},
                         scripts={"postinstall": "node worm.js"})
        registry.add("evil-tool", "6.6.6", bin={"evil-tool": "cli.js"}, executable=["cli.js"],
                     files={"cli.js": "#!/usr/bin/env node\n" + TOOL, "index.js": ""})

    def configure(self, world):
        super().configure(world)
        npmrc = os.path.join(world.home, ".npmrc")
        write_file(npmrc, read_text(npmrc) + "//127.0.0.1:%d/:_authToken=made-up\n"
                   % self.server.port, 0o600)

    def uploaded(self):
        """What came since the last time: paths."""
        paths = [path for path, _ in self.server.uploads]
        self.server.uploads.clear()
        return paths

    def is_refused(self, name, command):
        def prepare(world):
            self.project(world, {name: "6.6.6"})

        install = [self.npm, *self.install]
        _, outcome = self.manage(install, False, prepare)
        self.assertEqual(["/" + name], self.uploaded(), "bare, nothing is published\n"
                         + outcome.describe())
        if environment.safe_trace() is None:
            self.skipTest("SAFE_TRACE is not set: only the bare half ran")
        world, outcome = self.manage(install, True, prepare, status=120)
        trace = self.trace(world)
        said = outcome.describe() + trace.describe()
        self.assertEqual([], self.uploaded(), said)
        found = [event for event in trace.find(refused=True, event__kind="alert")
                 if event["rule.id"] == "package.publish"]
        self.assertTrue(found, said)
        for event in found:
            self.assertEqual((name, "6.6.6", "package", "kill"), (
                event["package.name"], event["package.version"], event["safe_trace.role"],
                event["safe_trace.decision"]), event)
            self.assertIn(command.split()[-1], event["process.args"], event)
        self.assertIn(b"tried to run %s: killed (package.publish)" % command.encode(),
                      outcome.stderr, said)
        self.assertIn(b"%s@6.6.6" % name.encode(), outcome.stderr)

    def test_APackageThatPublishesItself(self):
        self.is_refused("evil-worm", "npm publish")

    def test_APackageThatPublishesItselfByAShell(self):
        self.is_refused("evil-shell", "npm pub")

    def test_AFetchedToolThatPublishesTheProject(self):
        words = ["npx", "--yes", "evil-tool"]

        def prepare(world):
            self.publishable(world, {})

        _, outcome = self.manage(words, False, prepare)
        self.assertEqual(["/of-mine"], self.uploaded(), outcome.describe())
        world, outcome = self.manage(words, True, prepare, status=None)
        trace = self.trace(world)
        self.assertEqual([], self.uploaded(), outcome.describe())
        found = [event for event in trace.find(refused=True, event__kind="alert")
                 if event["rule.id"] == "package.publish"]
        self.assertEqual(["evil-tool"], [event["package.name"] for event in found],
                         outcome.describe() + trace.describe())

    def publishable(self, world, scripts):
        # Without `files` npm would pack the project's .env, which is hidden from it.
        self.project(world, {}, name="of-mine", scripts=scripts, files=["index.js"])
        write_file(os.path.join(world.project, "index.js"), "")

    def is_published(self, words, scripts=None):
        def prepare(world):
            self.publishable(world, scripts or {})

        for supervised in (False, True):
            world, outcome = self.manage(words, supervised, prepare)
            self.assertEqual(["/of-mine"], self.uploaded(), outcome.describe())
        self.assertEqual([], [event for event in self.trace(world).find(refused=True)
                              if event.get("rule.id") == "package.publish"], outcome.describe())

    def test_TheUserPublishes(self):
        self.is_published([self.npm, "publish"])

    def test_AScriptOfTheProjectPublishes(self):
        self.is_published([self.npm, "run", "release"], {"release": "npm publish"})

    def test_TheUploadHoldsTheUsersPackage(self):
        self.manage([self.npm, "publish"], environment.safe_trace() is not None,
                    lambda world: self.publishable(world, {}))
        path, body = self.server.uploads[0]
        self.assertEqual(("/of-mine", "of-mine"), (path, json.loads(body)["name"]))
