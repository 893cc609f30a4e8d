"""A git server over ssh on loopback, with keys and accounts of its own, and a user's agent.

OpenSSH's sshd answers one connection at a time from an ordinary user's process; the account in the
URL exists for it alone (libnss-wrapper), so that neither root's nor anybody's own files are read.
"""

import os
import socket
import subprocess
import threading

import environment
import manager_tools
import processes
from world import World, write_file

ACCOUNT = "someone"
CONFIG = """HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowUsers {account}
"""


class SshServer:
    """From its making to close() it serves what ordinary users may read. `connections` counts."""

    def __init__(self):
        self.sshd = manager_tools.fetched_program("sshd")
        self.world = World(private_tmp=False)
        self.folder = self.world.root
        self.connections = 0
        self.sessions = []
        self._make_keys()
        self._make_account()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _make_keys(self):
        for name in ("host_key", "user_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f",
                            os.path.join(self.folder, name)], check=True, timeout=30)
        self.user_key = os.path.join(self.folder, "user_key")
        with open(self.user_key + ".pub", encoding="utf-8") as file:
            write_file(os.path.join(self.folder, "authorized_keys"), file.read())
        write_file(os.path.join(self.folder, "sshd_config"),
                   CONFIG.format(folder=self.folder, account=ACCOUNT))

    def _make_account(self):
        uid = os.geteuid() or environment.ORDINARY_USER
        home = self.world.home
        # Repositories belong to whoever made them.
        write_file(os.path.join(home, ".gitconfig"), "[safe]\n\tdirectory = *\n")
        write_file(os.path.join(self.folder, "passwd"),
                   "%s:x:%d:%d::%s:/bin/sh\n" % (ACCOUNT, uid, uid, home))
        write_file(os.path.join(self.folder, "group"), "%s:x:%d:\n" % (ACCOUNT, uid))
        root = os.path.dirname(os.path.dirname(os.path.dirname(self.sshd)))
        libraries = os.path.join(root, "usr/lib", "x86_64-linux-gnu")
        self.env = {
            "PATH": manager_tools.SYSTEM_PATH,
            "LD_LIBRARY_PATH": libraries,
            "LD_PRELOAD": os.path.join(libraries, "libnss_wrapper.so"),
            "NSS_WRAPPER_PASSWD": os.path.join(self.folder, "passwd"),
            "NSS_WRAPPER_GROUP": os.path.join(self.folder, "group"),
        }
        self.argv = [self.sshd, "-i", "-e", "-f", os.path.join(self.folder, "sshd_config")]
        if os.geteuid() == 0:
            for path in (os.path.join(self.folder, "host_key"), home):
                os.chown(path, uid, uid)
            self.argv = ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups",
                         *self.argv]

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection, open(os.path.join(self.folder, "log"), "ab") as log:
                self.connections += 1
                self.sessions.append(processes.Helper(
                    self.argv, self.env, "/", stdin=connection, stdout=connection, stderr=log))

    @property
    def log(self):
        try:
            with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def url(self, repository, scheme="git+ssh"):
        return "%s://%s@127.0.0.1:%d%s" % (scheme, ACCOUNT, self.port, repository)

    def known_host(self):
        """The line of known_hosts."""
        with open(os.path.join(self.folder, "host_key.pub"), encoding="utf-8") as file:
            return "[127.0.0.1]:%d %s" % (self.port, file.read())

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(10)
        for session in self.sessions:
            session.stop()
        processes.end_orphans()
        self.world.close()


class SshAgent:
    """A user's agent that holds `key`; `variables` names its socket."""

    def __init__(self, world, key):
        self.path = os.path.join(world.runtime, "agent.sock")
        env = world.env()
        self.process = processes.Helper(["ssh-agent", "-D", "-a", self.path], env)
        self.process.read_line()  # it says where it listens once it does
        self.variables = {"SSH_AUTH_SOCK": self.path}
        subprocess.run(["ssh-add", "-q", key], env=dict(env, **self.variables), check=True,
                       stdin=subprocess.DEVNULL, timeout=30)

    def close(self):
        self.process.stop()
