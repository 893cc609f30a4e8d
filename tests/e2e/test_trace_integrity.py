"""Can the log be trusted? Keys, signatures, killed writers, and what supervised code can do to it."""

import json
import os
import random
import signal
import shutil
import stat
import subprocess
import time
import unittest

import environment
import processes
from trace_file import newest_trace, trace_paths
from world import World

# Each line: what was tried, and "DONE" or the error. Paths come as arguments.
TAMPER = r"""
import fcntl, os, sys
trace, directory, home, supervisor = sys.argv[1:5]

def attempt(name, what):
    try:
        what()
        print(name, "DONE", flush=True)
    except Exception as error:
        print(name, type(error).__name__, flush=True)

def write(path, mode):
    with open(path, mode) as file:
        file.write(b"x")

def replace_directory():
    os.rename(directory, directory + ".old")
    os.symlink("/tmp", directory)

def through_descriptors():
    base = "/proc/%s/fd" % supervisor
    for name in os.listdir(base):
        if "traces" in os.readlink(base + "/" + name) or name == "x":
            write(base + "/" + name, "r+b")
            return
    raise OSError("not seen")

attempt("append", lambda: write(trace, "ab"))
attempt("overwrite", lambda: write(trace, "r+b"))
attempt("empty", lambda: write(trace, "wb"))
attempt("truncate", lambda: os.truncate(trace, 10))
attempt("chmod", lambda: os.chmod(trace, 0o666))
attempt("xattr", lambda: os.setxattr(trace, "user.x", b"x"))
attempt("link", lambda: os.link(trace, home + "/stolen"))
attempt("rename", lambda: os.rename(trace, trace + ".old"))
attempt("over", lambda: (write(home + "/mine", "wb"), os.rename(home + "/mine", trace)))
attempt("unlink", lambda: os.unlink(trace))
attempt("plant", lambda: write(directory + "/20990101T000000Z-00000000.jsonl", "wb"))
attempt("descriptors", through_descriptors)
attempt("directory", replace_directory)
"""
TRIED = ("append overwrite empty truncate chmod xattr link rename over unlink plant "
         "descriptors directory").split()


def trace_tool(*arguments, env=None):
    done = subprocess.run([environment.safe_trace(), "trace", *arguments], timeout=60,
                          env=env or os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class TraceIntegrity(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)

    def supervise(self, command, options=(), **keywords):
        return subprocess.run([environment.safe_trace(), *options, "run", "--", *command],
                              env=self.world.env(), cwd=self.world.project, timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, **keywords)

    def make_key(self, name="keys"):
        directory = os.path.join(self.world.outside, name)
        status, out, err = trace_tool("keygen", directory)
        self.assertEqual(0, status, err)
        return os.path.join(directory, "sign.key"), os.path.join(directory, "sign.pub"), out

    def test_keygen_makes_a_private_file_and_replaces_none(self):
        secret, public, out = self.make_key()
        self.assertEqual(0o600, stat.S_IMODE(os.stat(secret).st_mode))
        with open(secret, "rb") as file:
            before = file.read()
        self.assertNotIn(before.splitlines()[1].decode(), out)
        status, _, err = trace_tool("keygen", os.path.dirname(secret))
        self.assertEqual(2, status)
        self.assertIn("never replaced", err)
        with open(secret, "rb") as file:
            self.assertEqual(before, file.read())
        env = dict(self.world.env(), XDG_CONFIG_HOME=os.path.join(self.world.home, "cfg"))
        self.assertEqual(0, trace_tool("keygen", env=env)[0])
        self.assertTrue(os.path.exists(os.path.join(self.world.home, "cfg/safe-trace/sign.pub")))

    def test_openssl_reads_the_keys_and_confirms_the_signature(self):
        openssl = shutil.which("openssl")
        if not openssl:
            environment.skip("openssl is not installed")
        secret, public, _ = self.make_key()
        self.assertEqual(0, self.supervise(["true"], ["--sign-key", secret]).returncode)
        with open(newest_trace(self.world.state).path, "rb") as file:
            last = file.read().splitlines()[-1]
        record = json.loads(last)
        import hashlib
        body = last[:last.index(b',"safe_trace.signature"')]
        message = "safe-trace trace 1\n%s\n%s\n" % (record["safe_trace.run_id"],
                                                    hashlib.sha256(body).hexdigest())
        paths = [os.path.join(self.world.outside, name) for name in ("message", "signature")]
        with open(paths[0], "w", encoding="ascii") as file:
            file.write(message)
        with open(paths[1], "wb") as file:
            file.write(bytes.fromhex(record["safe_trace.signature"]))
        done = subprocess.run([openssl, "pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin",
                               "-in", paths[0], "-sigfile", paths[1]], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        self.assertEqual(0, done.returncode, done.stdout)
        made = os.path.join(self.world.outside, "openssl.key")
        subprocess.run([openssl, "genpkey", "-algorithm", "ed25519", "-out", made], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.chmod(made, 0o600)
        self.assertEqual(0, self.supervise(["true"], ["--sign-key", made]).returncode)

    def test_verify_tells_apart_what_can_be_wrong_with_a_signed_trace(self):
        secret, public, _ = self.make_key()
        _, other, _ = self.make_key("other")
        self.assertEqual(0, self.supervise(["ls", "/"], ["--sign-key", secret]).returncode)
        path = newest_trace(self.world.state).path
        self.assertEqual(0, self.supervise(["true"]).returncode)
        unsigned = max(set(trace_paths(self.world.state)) - {path})
        with open(path, "rb") as file:
            lines = file.read().splitlines(keepends=True)
        copy = os.path.join(self.world.outside, "copy.jsonl")

        def verify(content, *options):
            with open(copy, "wb") as file:
                file.write(content)
            status, out, err = trace_tool("verify", copy, *options)
            self.assertEqual("", err)
            return status, out

        def expect(status, text, answer):
            self.assertEqual(status, answer[0], answer)
            self.assertIn(text, answer[1])

        whole = b"".join(lines)
        expect(0, "signed with", verify(whole))
        expect(0, "signed with", verify(whole, "--key", public))
        expect(3, "signed with another key", verify(whole, "--key", other))
        changed = whole.replace(b'"safe_trace.exit_status":0', b'"safe_trace.exit_status":1')
        expect(1, "was changed", verify(changed, "--key", public))
        expect(1, "line(s) missing", verify(b"".join(lines[:1] + lines[2:]), "--key", public))
        expect(1, "cut inside its last line", verify(whole[:-20], "--key", public))
        expect(1, "not signed, though it was to be", verify(b"".join(lines[:-1])))
        expect(1, "whole lines were taken off", verify(b"".join(lines[:-1])))
        with open(unsigned, "rb") as file:
            plain = file.read()
        expect(0, "complete", verify(plain))
        expect(3, "not signed", verify(plain, "--key", public))
        status, _, err = trace_tool("verify", copy, "--key", secret)
        self.assertEqual(2, status)
        self.assertIn("the public one", err)

    def test_a_key_that_others_may_read_is_refused_before_anything_runs(self):
        secret, _, _ = self.make_key()
        os.chmod(secret, 0o644)
        done = self.supervise(["touch", "ran"], ["--sign-key", secret])
        self.assertEqual(125, done.returncode)
        self.assertIn(b"chmod 600", done.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.world.project, "ran")))

    def test_the_signing_key_is_hidden_from_the_command(self):
        for place, options in ((os.path.join(self.world.home, ".config/safe-trace"), ()),
                               (os.path.join(self.world.project, "keys"), ("--sign-key",))):
            status, _, err = trace_tool("keygen", place)
            self.assertEqual(0, status, err)
            secret = os.path.join(place, "sign.key")
            self.assertEqual(0, subprocess.run(["cat", secret], stdout=subprocess.DEVNULL).returncode)
            done = self.supervise(["cat", secret], options and (*options, secret))
            self.assertNotEqual(0, done.returncode)
            self.assertNotIn(b"PRIVATE", done.stdout)
            self.assertTrue(newest_trace(self.world.state).find([secret], refused=True))

    def tampering(self, prefix, trace, directory, supervisor):
        script = os.path.join(self.world.project, "tamper.py")
        with open(script, "w", encoding="utf-8") as file:
            file.write(TAMPER)
        return [*prefix, "python3", script, trace, directory, self.world.home, supervisor]

    def test_tampering_succeeds_when_nothing_watches(self):
        directory = os.path.join(self.world.state, "safe-trace", "traces")
        os.makedirs(directory)
        done = {}
        for name in TRIED:
            shutil.rmtree(directory + ".old", ignore_errors=True)
            if os.path.islink(directory):
                os.unlink(directory)
            os.makedirs(directory, exist_ok=True)
            trace = os.path.join(directory, "t.jsonl")
            for old in (os.path.join(self.world.home, "stolen"), trace, trace + ".old"):
                if os.path.lexists(old):
                    os.unlink(old)
            with open(trace, "wb") as file, open(os.path.join(self.world.home, "o"), "wb"):
                file.write(b"{}\n" * 20)
                out = subprocess.run(
                    self.tampering([], trace, directory, str(os.getpid())), check=True,
                    env=self.world.env(), cwd=self.world.project, stdout=subprocess.PIPE).stdout
            done.update(line.split()[:2] for line in out.decode().splitlines()
                        if line.split()[0] == name)
            if name in done and done[name] == "DONE":
                continue
            done.setdefault(name, "never tried")
        # After the file was renamed away, what follows in one round has nothing left to touch.
        possible = [name for name in TRIED if name not in ("unlink", "xattr")]
        self.assertEqual(["DONE"] * len(possible), [done[name] for name in possible], done)

    def test_the_trace_is_append_only_for_everything_supervised(self):
        for name in ("", "own.jsonl"):
            with self.subTest(output=name):
                self.expect_untouched(name)

    def expect_untouched(self, name):
        directory = os.path.join(self.world.state, "safe-trace", "traces")
        options = ()
        find = ('D="%s"; T="$(ls -d "$D"/*.jsonl | tail -n 1)"' % directory)
        if name:
            directory = os.path.join(self.world.project, "out")
            os.mkdir(directory)
            options = ("-o", os.path.join("out", name))
            find = 'D="%s"; T="$D/%s"' % (directory, name)
        script = self.tampering([], "$T", "$D", "$PPID")
        command = find + '; exec ' + " ".join('"%s"' % word for word in script)
        done = self.supervise(["sh", "-c", command], options)
        answers = dict(line.split()[:2] for line in done.stdout.decode().splitlines())
        self.assertEqual(sorted(TRIED), sorted(answers), done.stderr)
        if name:  # other files beside a trace in the project are the command's own business
            self.assertEqual("DONE", answers.pop("plant"))
        self.assertNotIn("DONE", answers.values(), answers)
        path = os.path.join(directory, name) if name else newest_trace(self.world.state).path
        status, out, _ = trace_tool("verify", path)
        self.assertEqual(0, status, out)
        self.assertFalse(os.path.lexists(os.path.join(self.world.home, "stolen")))
        self.assertFalse(os.path.lexists(directory + ".old"))

    def test_a_run_killed_at_any_moment_leaves_a_verifiable_prefix(self):
        rounds = 6 if environment.quick() else 25
        choose = random.Random(6)
        seen = set()
        for number in range(rounds):
            path = os.path.join(self.world.outside, "killed-%d.jsonl" % number)
            process = subprocess.Popen(
                [environment.safe_trace(), "--log-level", "full", "-o", path, "run", "--", "sh",
                 "-c", "while :; do cat /etc/hostname /etc/passwd; ls /etc; done"],
                env=self.world.env(), cwd=self.world.project, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            processes._owned.add(process.pid)
            deadline = time.monotonic() + 20
            while not os.path.exists(path) and time.monotonic() < deadline:
                time.sleep(0.001)
            time.sleep(choose.random() * 0.6)
            process.send_signal(signal.SIGKILL)
            process.wait(20)
            status, out, err = trace_tool("verify", path)
            self.assertEqual(1, status, out + err)
            self.assertRegex(out, "cut at the end|cut inside its last line", out)
            seen.add(int(out.split(" lines verified")[0].rsplit(" ", 1)[1]))
        self.assertGreater(len(seen), rounds // 3, "killed at different moments: %s" % seen)


if __name__ == "__main__":
    environment.main()
