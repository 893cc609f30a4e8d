"""Files: same results, same errors, same modes as bare."""

import os
import stat

from environment import program
from transparent import TransparencyCase
from world import write_file


class Files(TransparencyCase):
    def test_FileCallsBehaveAsBare(self):
        self.same([program("e2e.file_calls")], compare_files=True)

    def test_FileCallsBehaveAsBareOutsideTemporaryDirectories(self):
        base = os.environ.get("SAFE_TRACE_TEST_WORLDS")
        if not base or not os.access(base, os.W_OK):
            self.skipTest("no other place for worlds")
        self.base = base
        self.same([program("e2e.file_calls")], compare_files=True)

    def test_UmaskAndModesOfNewFiles(self):
        self.same(["/bin/sh", "-c", "umask 077; echo a > a; mkdir b; umask 000; echo c > c; "
                                    "mkdir d; umask 022; echo e > e; chmod 4755 e; mkdir -m 2775 g;"
                                    "echo h > g/h; stat -c '%a %n' a b c d e g g/h"],
                  compare_files=True)

    def test_OwnHomesNeutralFilesAreReadable(self):
        self.same(["/bin/sh", "-c", "cat ~/notes.txt ~/Documents/letter.txt ~/.gitconfig"])

    def test_HomeCanBeListed(self):
        outcome = self.same(["/bin/sh", "-c", "ls ~ ~/Documents"])
        self.assertIn(b"notes.txt", outcome.stdout)

    def test_ProcSelfIsTheCallersOwn(self):
        self.same(["/bin/sh", "-c", "cat /proc/self/comm; head -1 /proc/self/status; "
                                    "readlink /proc/self/exe; cat /proc/self/comm < /dev/null; "
                                    "readlink /proc/self/cwd; ls /proc/self/fd | head -3"])
        self.same(["/usr/bin/python3", "-c",
                   "import os; p = os.getpid(); assert os.readlink('/proc/self') == str(p); "
                   "s = open('/proc/self/stat').read(); assert int(s.split()[0]) == p, s; "
                   "t = open('/proc/thread-self/status').read(); assert 'Pid:\\t%d' % p in t; "
                   "print(open('/proc/self/cmdline','rb').read()[:20])"])

    def test_DevicesWork(self):
        self.same(["/bin/sh", "-c", "head -c 8 /dev/zero | od -c; head -c 5 /dev/urandom | wc -c; "
                                    "echo x > /dev/null; head -c 3 /dev/full | od -c; "
                                    "echo y > /dev/full; echo $?"])

    def test_FourKibibytePaths(self):
        deep = "/".join(["d" * 200] * 19)
        script = ("mkdir -p '%s' && cd '%s' && echo deep > f && cat f && "
                  "cat $(printf './%%.0s' $(seq 1 2000))f" % (deep, deep))
        self.same(["/bin/bash", "-c", script])

    def test_ModificationTimesAreTouchedAsUsual(self):
        def prepare(world):
            path = os.path.join(world.project, "old")
            write_file(path, "old\n")
            os.utime(path, (1000, 1000))

        def check(world, outcome):
            info = os.stat(os.path.join(world.project, "old"))
            self.assertEqual(1000, info.st_mtime, "reading does not change it")
        self.same(["/bin/cat", "old"], prepare=prepare, check=check)
        self.same(["/bin/sh", "-c", "exec 3>>old; exec 4<old; cat <&4"], prepare=prepare,
                  check=check)

    def test_OwnersOfNewFilesAreTheUsers(self):
        def check(world, outcome):
            info = os.stat(os.path.join(world.project, "mine"))
            self.assertEqual((os.geteuid(), os.getegid(), 0o640),
                             (info.st_uid, info.st_gid, stat.S_IMODE(info.st_mode)))
        self.same(["/bin/sh", "-c", "umask 027; echo x > mine"], check=check)

    def test_PermissionsOfTheFileSystemStillHold(self):
        if os.geteuid() == 0:
            self.skipTest("root may read everything")
        self.same(["/bin/sh", "-c", "cat /etc/shadow; echo $?; echo x > /etc/st-new; echo $?; "
                                    "mkdir a; chmod 0 a; cat a/b; echo $?; chmod 700 a"])

    def test_SymlinkInTheMiddleOfThePath(self):
        self.same(["/bin/sh", "-c", "mkdir -p a/b; ln -s a l; ln -s ../l/b a/m; echo x > l/m/f; "
                                    "cat a/b/f; rm a/b/f; rm l; ls -A a"], compare_files=True)
