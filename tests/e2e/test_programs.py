"""Ordinary programs do their work."""

import os
import shutil

from transparent import TransparencyCase
from world import new_marker, write_file

C_SOURCE = '#include <stdio.h>\nint answer(void);\nint main(void) { printf("%d\\n", answer()); }\n'


class Programs(TransparencyCase):
    def need(self, *names):
        missing = [name for name in names if not shutil.which(name, path="/usr/bin:/bin")]
        if missing:
            self.skipTest("not installed: " + " ".join(missing))

    def test_SecretsOfCommandLinesAreNotWritten(self):
        world = self.new_world()
        token = world.secret_variables["GITHUB_TOKEN"]
        password = "pw" + new_marker()
        argv = ["/usr/bin/env", "NPM_TOKEN=" + password, "/bin/sh", "-c",
                "echo 'Authorization: Bearer %s' > seen; /bin/echo https://me:%s@h.example/ %s"
                % (password, password, token)]
        outcome = self.run_in(world, argv, True)
        self.assertIn(password.encode(), outcome.stdout)
        with open(self.trace(world).path, "rb") as file:
            trace = file.read()
        for secret in (token, password):
            self.assertNotIn(secret.encode(), trace)
            self.assertNotIn(secret.encode(), outcome.stderr)
        self.assertIn(b"NPM_TOKEN=***", trace)

    def test_CompilingAndRunning(self):
        self.need("gcc")
        def prepare(world):
            write_file(os.path.join(world.project, "main.c"), C_SOURCE)
            write_file(os.path.join(world.project, "answer.c"), "int answer(void) { return 42; }\n")
        self.same(["/bin/sh", "-c", "gcc -O1 -o prog main.c answer.c && ./prog"], prepare=prepare,
                  check=lambda w, o: self.assertEqual(b"42\n", o.stdout))

    def test_ParallelMake(self):
        self.need("make", "gcc")
        def prepare(world):
            for number in range(6):
                write_file(os.path.join(world.project, "f%d.c" % number),
                           "int f%d(void) { return %d; }\n" % (number, number))
            write_file(os.path.join(world.project, "Makefile"),
                       "OBJS=$(patsubst %.c,%.o,$(wildcard *.c))\nlib.a: $(OBJS)\n"
                       "\tar rcsD $@ $(sort $(OBJS))\n")
        self.same(["make", "-s", "-j2"], prepare=prepare, compare_files=True, timeout=120)

    def test_GitInProject(self):
        self.need("git")
        script = ("git init -q . && echo hi > file && git add file && "
                  "git commit -q -m first && git log --format=%s && git status --short -uno && "
                  "git branch topic && git gc -q && git fsck && git grep hi")
        self.same(["/bin/sh", "-c", script], timeout=90,
                  env={"GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z",
                       "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z"})

    def test_TarAndCompression(self):
        script = ("mkdir in && for i in 1 2 3 4 5 6 7 8 9; do echo $i > in/$i; done && "
                  "chmod 600 in/3 && ln -s 1 in/l && tar czf a.tgz in && mkdir out && "
                  "tar xzf a.tgz -C out && diff -r in out/in && tar tzf a.tgz | sort && rm a.tgz")
        self.same(["/bin/sh", "-c", script], compare_files=True)

    def test_Sqlite(self):
        self.same(["/usr/bin/python3", "-c", SQLITE])

    def test_PythonVenvAndImports(self):
        self.same(["/bin/sh", "-c", "python3 -m venv --without-pip v && v/bin/python -c 'import "
                                    "ssl, json, ctypes, sqlite3, email.mime.text; print(1)'"],
                  timeout=90, env={"PYTHONDONTWRITEBYTECODE": ""})

    def test_FindSortAndXargs(self):
        self.same(["/bin/sh", "-c", "mkdir -p a/b/c; touch a/1 a/b/2 a/b/c/3; find . -type f "
                                    "-not -name '.*' | sort | xargs -n1 -P2 -I{} basename {} | sort"])

    def test_SedInPlaceAndBackup(self):
        self.same(["/bin/sh", "-c", "echo abc > f; sed -i.bak s/b/X/ f; cat f f.bak"],
                  compare_files=True)

    def test_HereDocumentsAndSubstitution(self):
        self.same(["/bin/bash", "-c", "cat <<E\nhere\nE\ndiff <(echo a) <(echo b); echo $?; "
                                      "echo x | tee >(cat >&2) | wc -c"])


SQLITE = """
import sqlite3
c = sqlite3.connect("data.db"); c.execute("pragma journal_mode=wal")
c.execute("create table t (x)"); c.executemany("insert into t values (?)", [(i,) for i in range(500)])
c.commit(); d = sqlite3.connect("data.db"); print(d.execute("select sum(x) from t").fetchone())
"""
