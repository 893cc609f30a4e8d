"""A command on a pseudo-terminal of the test's own."""

import os
import pty
import select
import subprocess
import termios
import time

import processes


class Terminal:
    """A command on a pseudo-terminal of the test's own."""

    def __init__(self, argv, env, cwd, preexec=None):
        self.master, slave = pty.openpty()
        self.said = b""
        self.process = subprocess.Popen(argv, env=env, cwd=cwd, stdin=slave, stdout=slave,
                                        stderr=slave, start_new_session=True,
                                        preexec_fn=preexec or take_terminal)
        processes._owned.add(self.process.pid)
        os.close(slave)

    def wait_for(self, text, timeout=20):
        deadline = time.monotonic() + timeout
        while text not in self.said:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                raise AssertionError("%r never came: %r" % (text, self.said))
            try:
                self.said += os.read(self.master, 4096)
            except OSError:
                raise AssertionError("%r never came: %r" % (text, self.said)) from None
        position = self.said.index(text) + len(text)
        before, self.said = self.said[:position], self.said[position:]
        return before

    def type(self, data):
        os.write(self.master, data)

    def hang_up(self):
        """Nothing more can be read or typed."""
        os.close(self.master)
        self.master = -1

    def finish(self, timeout=20):
        deadline = time.monotonic() + timeout
        while self.process.poll() is None and time.monotonic() < deadline:
            if select.select([self.master], [], [], 0.05)[0]:
                try:
                    self.said += os.read(self.master, 4096)
                except OSError:
                    pass
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
            raise AssertionError("it hung: %r" % self.said)
        return self.process.returncode

    def drain(self):
        """What was written and not read yet, once the command has ended."""
        while select.select([self.master], [], [], 0.05)[0]:
            try:
                data = os.read(self.master, 4096)
            except OSError:
                return
            if not data:
                return
            self.said += data

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        processes._owned.discard(self.process.pid)
        if self.master >= 0:
            os.close(self.master)


def take_terminal():
    import fcntl
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
