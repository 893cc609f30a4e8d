"""B23: inode flags of a file that is not the code's own, through a descriptor for reading."""
import errno
import fcntl
import os
import struct

import environment
from attack import AttackBase, Record, Step

FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_NODUMP_FL = 0x80086601, 0x40086602, 0x40


def _flags(path):
    file = os.open(path, os.O_RDONLY)
    try:
        return struct.unpack("i", fcntl.ioctl(file, FS_IOC_GETFLAGS, bytes(4)))[0]
    finally:
        os.close(file)


class Attack(AttackBase):
    row = "B23"
    title = "inode flags"

    def prepare(self, world):
        self.path = os.path.join(world.home, ".bashrc")
        try:
            _flags(self.path)
        except OSError:
            environment.skip("this file system has no inode flags")

    def steps(self, world):
        return [Step("flags-static", [self.path])]

    def succeeded(self, case, world, outcome):
        case.assertIn("foreign setflags: ok", outcome.text, outcome.describe())
        case.assertTrue(_flags(self.path) & FS_NODUMP_FL)
        case.assertIn("own setflags: ok", outcome.text)

    def stopped(self, case, world, outcome):
        case.assertFalse(_flags(self.path) & FS_NODUMP_FL, outcome.describe())
        for way in ("setflags", "setflags-high"):
            case.assertIn("foreign %s: errno %d" % (way, errno.EACCES), outcome.text,
                          outcome.describe())
            case.assertIn("own %s: ok" % way, outcome.text, outcome.describe())
        case.assertIn("foreign fssetxattr: errno %d" % errno.EPERM, outcome.text)
        case.assertNotIn("clone: refused", outcome.text)

    def records(self, world):
        target = self.path if self.role != "package" else "/usr"
        return [Record([target, "ioctl"]), Record(["floor.forbidden", "ioctl"])]
