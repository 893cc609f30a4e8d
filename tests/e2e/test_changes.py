"""The trace says what a run left changed on disk, with hashes and who did it."""

import hashlib
import os
import subprocess

from transparent import TransparencyCase
from world import write_file


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Changes(TransparencyCase):
    def run_script(self, script, prepare=None, options=(), env=None, cwd=None):
        world = self.new_world()
        if prepare:
            prepare(world)
        outcome = self.run_in(world, ["/bin/sh", "-ec", script], True, options=options, env=env)
        self.assertEqual(0, outcome.status, outcome.describe())
        return world, self.trace(world)

    def changed(self, world, trace):
        found = {}
        for event in trace.find(event__action="file-changed"):
            path = os.path.relpath(event["file.path"], world.project)
            self.assertNotIn(path, found)
            found[path] = event
        return found

    def test_CreatedChangedAndDeletedFilesAreToldApart(self):
        def prepare(world):
            for name in ("kept", "written", "gone", "opened", "moved"):
                write_file(os.path.join(world.project, name), name)
        world, trace = self.run_script(
            "cat kept; echo more >> written; rm gone; : >> opened; mv moved arrived; "
            "echo new > created; ln -s kept link; echo temporary > came; rm came", prepare)
        changed = self.changed(world, trace)
        self.assertEqual({"written": "changed", "gone": "deleted", "moved": "deleted",
                          "arrived": "created", "created": "created", "link": "created"},
                         {path: event["safe_trace.change"] for path, event in changed.items()})
        self.assertEqual(sha256(b"writtenmore\n"), changed["written"]["file.hash.sha256"])
        self.assertEqual(4, changed["created"]["file.size"])
        self.assertEqual("symlink", changed["link"]["file.type"])
        self.assertNotIn("file.hash.sha256", changed["gone"])
        summary = trace.summary
        self.assertEqual([3, 1, 2], [summary["safe_trace.summary.files_" + kind]
                                     for kind in ("created", "changed", "deleted")])

    def test_EachChangeNamesTheProcessThatMadeIt(self):
        world, trace = self.run_script("/usr/bin/python3 -c \"open('by-python', 'w')\"; : > by-sh")
        changed = self.changed(world, trace)
        by = {event["process.entity_id"]: event["process.executable"]
              for event in trace.find(event__action="process-exec")}
        self.assertIn("python", by[changed["by-python"]["process.entity_id"]])
        self.assertNotIn("python", by[changed["by-sh"]["process.entity_id"]])

    def test_NewProgramsAndWhatPathLeadsToAreNotable(self):
        world = self.new_world()
        tools = os.path.join(world.project, "tools")
        os.mkdir(tools)
        path = tools + ":" + os.environ["PATH"]
        outcome = self.run_in(
            world, ["/bin/sh", "-ec", "echo '#!/bin/sh' > tools/fresh; chmod 755 tools/fresh; "
                    "install -m 755 /dev/null elsewhere; echo plain > tools/plain"], True,
            env={"PATH": path})
        trace = self.trace(world)
        changed = self.changed(world, trace)
        self.assertEqual(["executable", "on-search-path"],
                         changed["tools/fresh"]["safe_trace.notable"])
        self.assertEqual(["executable"], changed["elsewhere"]["safe_trace.notable"])
        self.assertNotIn("safe_trace.notable", changed["tools/plain"])
        self.assertIn(b"new on PATH: fresh", outcome.stderr)

    def test_FileMadeExecutableIsAChange(self):
        def prepare(world):
            write_file(os.path.join(world.project, "script"), "#!/bin/sh\n", 0o644)
        world, trace = self.run_script("chmod +x script", prepare)
        event = self.changed(world, trace)["script"]
        self.assertEqual(["changed", ["executable"]],
                         [event["safe_trace.change"], event["safe_trace.notable"]])

    def test_ManyFilesAreOneLineWithAHashThatSha256sumConfirms(self):
        world, trace = self.run_script(
            "mkdir -p tree/inner; for n in $(seq 60); do echo $n > tree/f$n; "
            "echo $n > tree/inner/g$n; done")
        groups = trace.find(event__action="files-changed")
        self.assertEqual(1, len(groups), groups)
        tree = os.path.join(world.project, "tree")
        self.assertEqual([tree, 120], [groups[0]["file.directory"],
                                       groups[0]["safe_trace.files.count"]])
        listed = subprocess.run(
            "find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum",
            shell=True, cwd=tree, stdout=subprocess.PIPE, check=True).stdout.split()[0].decode()
        self.assertEqual(listed, groups[0]["safe_trace.files.sha256"])

    def test_FullLevelHasEachFile(self):
        world, trace = self.run_script("mkdir tree; for n in $(seq 60); do echo $n > tree/f$n; "
                                       "done", options=["--log-level", "full"])
        self.assertEqual(60, len(self.changed(world, trace)))

    def test_DirectoryMovedIntoPlaceIsLookedInto(self):
        world, trace = self.run_script(
            "mkdir staging; for n in 1 2 3; do echo $n > staging/$n; done; mv staging final")
        self.assertEqual({"final/1", "final/2", "final/3"}, set(self.changed(world, trace)))

    def test_ThousandsOfFilesStaySmallInTheTrace(self):
        world, trace = self.run_script(
            "for d in $(seq 100); do mkdir -p modules/m$d; for n in $(seq 50); do "
            ": > modules/m$d/$n.js; done; done")
        self.assertEqual(5000, trace.summary["safe_trace.summary.files_created"])
        self.assertEqual(100, len(trace.find(event__action="files-changed")))
        self.assertLess(os.stat(trace.path).st_size, 400_000)

    def test_OddNamesAndFifosAreNoTrouble(self):
        world, trace = self.run_script(
            "mkfifo pipe; printf x > \"$(printf 'a\\nb')\"; printf y > \"$(printf '\\377')\"; "
            "mkdir loop; ln -s . loop/self")
        paths = [event["file.path"] for event in trace.find(event__action="file-changed")]
        self.assertEqual(3, len(paths), paths)
