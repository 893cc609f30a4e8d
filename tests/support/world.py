"""A fresh, private world per run: a fake home full of fake credentials, a project, sinks' addresses.

Nothing of the real user's is in it, and nothing real is ever read: every secret is a random marker.
"""

import hashlib
import os
import secrets
import shutil
import stat
import tempfile

# Path beneath the home -> the text around the marker.
CREDENTIAL_FILES = {
    ".ssh/id_rsa": "-----BEGIN OPENSSH PRIVATE KEY-----\n{m}\n-----END OPENSSH PRIVATE KEY-----\n",
    ".ssh/id_ed25519": "-----BEGIN OPENSSH PRIVATE KEY-----\n{m}\n-----END\n",
    ".aws/credentials": "[default]\naws_access_key_id = AKIAFAKEFAKEFAKEFAKE\n"
                        "aws_secret_access_key = {m}\n",
    ".npmrc": "//registry.example/:_authToken={m}\n",
    ".pypirc": "[pypi]\nusername = __token__\npassword = {m}\n",
    ".netrc": "machine files.example login someone password {m}\n",
    ".kube/config": "users:\n- user:\n    token: {m}\n",
    ".docker/config.json": '{{"auths": {{"registry.example": {{"auth": "{m}"}}}}}}\n',
    ".bash_history": "export TOKEN={m}\n",
    ".zsh_history": "export TOKEN={m}\n",
    ".config/gh/hosts.yml": "github.com:\n    oauth_token: {m}\n",
    ".config/gcloud/application_default_credentials.json": '{{"refresh_token": "{m}"}}\n',
    ".azure/accessTokens.json": '[{{"accessToken": "{m}"}}]\n',
    ".claude.json": '{{"primaryApiKey": "{m}"}}\n',
    ".claude/.credentials.json": '{{"accessToken": "{m}"}}\n',
    ".git-credentials": "https://someone:{m}@git.example\n",
    ".gnupg/private-keys-v1.d/key.key": "{m}\n",
    ".cargo/credentials.toml": '[registry]\ntoken = "{m}"\n',
}
PROJECT_CREDENTIAL_FILES = {".env": "API_KEY={m}\n"}

NEUTRAL_HOME_FILES = {
    ".bashrc": "# shell start-up\n",
    ".zshrc": "# shell start-up\n",
    ".profile": "# shell start-up\n",
    ".gitconfig": "[user]\n\tname = Test\n\temail = test@example.com\n",
    "Documents/letter.txt": "Dear reader\n",
    "Documents/2026/plan.txt": "a plan\n",
    "notes.txt": "neutral notes\n",
}


class World:
    def __init__(self, base=None, private_tmp=True):
        base = base or os.environ.get("SAFE_TRACE_TEST_BASE") or "/tmp"
        os.makedirs(base, exist_ok=True)
        # A short prefix: unix socket paths hold 108 bytes.
        self.root = os.path.realpath(tempfile.mkdtemp(prefix="stw-", dir=base))
        os.chmod(self.root, 0o755)
        self.home = self._directory("home")
        self.project = self._directory("project")
        self.state = self._directory("state")
        self.runtime = self._directory("run", 0o700)
        self.tmp = self._directory("tmp") if private_tmp else None
        self.outside = self._directory("outside")  # things of the test's own
        self.markers = {}  # path -> marker
        self._closers = []
        for name, text in CREDENTIAL_FILES.items():
            self.add_secret(os.path.join(self.home, name), text)
        for name, text in PROJECT_CREDENTIAL_FILES.items():
            self.add_secret(os.path.join(self.project, name), text)
        for name, text in NEUTRAL_HOME_FILES.items():
            write_file(os.path.join(self.home, name), text)
        os.mkdir(os.path.join(self.home, ".cache"), 0o700)
        self.secret_variables = self._secret_variables()

    def _directory(self, name, mode=0o755):
        path = os.path.join(self.root, name)
        os.mkdir(path)
        os.chmod(path, mode)
        return path

    def add_secret(self, path, text="{m}\n"):
        marker = new_marker()
        write_file(path, text.format(m=marker), 0o600)
        self.markers[path] = marker
        return marker

    def marker_of(self, name):
        """`name` is relative to the home."""
        return self.markers[os.path.join(self.home, name)]

    @staticmethod
    def _secret_variables():
        def alnum(count):
            return "".join(secrets.choice("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
                           for _ in range(count))
        return {
            "AWS_SECRET_ACCESS_KEY": alnum(40),
            "AWS_SESSION_TOKEN": alnum(60),
            "GITHUB_TOKEN": "ghp_" + alnum(36),
            "NPM_TOKEN": "npm_" + alnum(36),
            "OPENAI_API_KEY": "sk-" + alnum(48),
            "ANTHROPIC_API_KEY": "sk-ant-api03-" + alnum(60),
            "TWINE_PASSWORD": "pypi-" + alnum(60),
            "DATABASE_PASSWORD": alnum(24),
            # Harmless name, telling value.
            "MY_SETTING": "ghp_" + alnum(36),
        }

    def env(self, **extra):
        """The environment of a user of this world; nothing of the machine's own leaks in."""
        env = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": self.home,
            "USER": "someone",
            "LOGNAME": "someone",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "XDG_STATE_HOME": self.state,
            "XDG_RUNTIME_DIR": self.runtime,
            "NEUTRAL_SETTING": "plain-value",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        if self.tmp:
            env["TMPDIR"] = self.tmp
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        env.update(extra)
        return env

    def on_close(self, function):
        self._closers.append(function)

    def close(self):
        for function in reversed(self._closers):
            function()
        self._closers = []
        make_removable(self.root)
        shutil.rmtree(self.root, ignore_errors=False)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


def new_marker():
    return "Marker" + secrets.token_hex(12)


def write_file(path, content, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, mode)


def read_text(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def make_removable(root):
    """Tests leave directories without permissions behind."""
    for directory, names, _ in os.walk(root):
        for name in names:
            path = os.path.join(directory, name)
            if not os.path.islink(path):
                os.chmod(path, 0o700)


def snapshot(root, skip=(), times=False):
    """Path -> what is there, of everything beneath `root`; `skip` holds path prefixes."""
    seen = {}
    for directory, subdirectories, files in os.walk(root):
        subdirectories[:] = [name for name in subdirectories
                             if not os.path.join(directory, name).startswith(tuple(skip) or "\0")]
        for name in subdirectories + files:
            path = os.path.join(directory, name)
            if skip and path.startswith(tuple(skip)):
                continue
            info = os.lstat(path)
            kind = stat.S_IFMT(info.st_mode)
            mode = stat.S_IMODE(info.st_mode)
            if stat.S_ISREG(info.st_mode):
                with open(path, "rb") as file:
                    content = hashlib.sha256(file.read()).hexdigest()
            elif stat.S_ISLNK(info.st_mode):
                content = os.readlink(path)
            else:
                content = ""
            entry = (kind, mode, content) + ((info.st_mtime_ns,) if times else ())
            seen[os.path.relpath(path, root)] = entry
    return seen


def differences(before, after):
    """Sentences, one for each name that is new, gone or changed."""
    lines = ["new: %s" % name for name in sorted(after.keys() - before.keys())]
    lines += ["gone: %s" % name for name in sorted(before.keys() - after.keys())]
    lines += ["changed: %s" % name for name in sorted(before.keys() & after.keys())
              if before[name] != after[name]]
    return lines
