"""Where the package managers under test are.

Debian's are found on the system. Those that Debian has not, or only old, are fetched once by their
ordinary clients into the build folder; a test of one that could not be fetched is left out.

  manager_tools.py fetch    fetches what is missing; always succeeds, and says what it could not do
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import unittest

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
EXTRA_PLACES = {"go": "/usr/local/go/bin:/usr/lib/go/bin"}
PACKAGE_OF = {"npm": "npm", "npx": "npm", "node": "nodejs", "cargo": "cargo-web or cargo",
              "go": "golang-go", "gem": "ruby", "ruby": "ruby", "rake": "rake",
              "bundle": "ruby-bundler",
              "ssh": "openssh-client", "ssh-agent": "openssh-client",
              "ssh-add": "openssh-client", "ssh-keygen": "openssh-client"}

# name -> (client, what it is asked for, the program within the tool's folder)
FETCHED = {
    "uv": ("pip", ["uv==0.13.9"], "bin/uv"),
    "poetry": ("pip", ["poetry==2.5.1"], "bin/poetry"),
    "pipx": ("pip", ["pipx==1.18.4"], "bin/pipx"),
    "pnpm": ("npm", ["pnpm@12.21.0"], "bin/pnpm"),
    "yarn": ("npm", ["yarn@1.22.22"], "bin/yarn"),
    "yarn-modern": ("npm", ["@yarnpkg/cli-dist@4.9.2"], "bin/yarn"),
    # pipx asks the index for a newer pip than Debian has.
    "pip-wheel": ("wheel", ["pip==26.3"], "wheels"),
    # Go's own runtime, compiled once: in an empty cache it takes longer than the rest of a test.
    "go-cache": ("go", ["runtime/cgo"], "cache"),
    # Unpacked, not installed: an installed server would be started.
    "sshd": ("deb", ["openssh-server", "libwrap0", "libnss-wrapper"], "usr/sbin/sshd"),
}
FETCH_SECONDS = 120


def system_program(name):
    """The path of one of Debian's, or a skip."""
    path = shutil.which(name, path=SYSTEM_PATH + ":" + EXTRA_PLACES.get(name, "/usr/bin"))
    if not path:
        raise unittest.SkipTest("%s is not installed (Debian package: %s)"
                                % (name, PACKAGE_OF.get(name, name)))
    return path


def version_of(argv, env):
    """The first numbers that a program says of itself, as a tuple."""
    said = subprocess.run(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=60).stdout.decode("utf-8", "replace")
    found = re.search(r"(\d+)\.(\d+)", said)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


def tools_folder():
    return os.path.join(os.path.dirname(os.environ["SAFE_TRACE_TEST_PROGRAMS"]), "test-tools")


def fetched_program(name):
    """The path of a fetched one; fetches it when this user may and nobody tried in vain, else a
    skip."""
    why_not = _failure(name) or fetch(name)
    if why_not:
        raise unittest.SkipTest(why_not)
    return os.path.join(tools_folder(), name, FETCHED[name][2])


def _failure(name):
    """Why it could not be fetched, where that was tried since the fixture began."""
    try:
        with open(os.path.join(tools_folder(), name + ".failed"), encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def fetch(name):
    """Returns "" when the tool is there, else why not; that is remembered."""
    folder = os.path.join(tools_folder(), name)
    complete = os.path.join(folder, ".complete")
    wanted = " ".join(FETCHED[name][1])
    if _says(complete, wanted):
        return ""
    try:
        os.makedirs(tools_folder(), exist_ok=True)
        lock = open(folder + ".lock", "a", encoding="utf-8")
    except OSError as error:
        return "%s is not fetched, and %s" % (name, error)
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _says(complete, wanted):
            return ""
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        try:
            _fetch_into(folder, name)
        except (OSError, subprocess.SubprocessError, unittest.SkipTest) as error:
            said = (getattr(error, "stdout", None) or b"").decode("utf-8", "replace")
            why_not = "skipped: %s is not fetched (registry not reached?): %s" % (
                name, said.strip().splitlines()[-1:] or error)
            with open(folder + ".failed", "w", encoding="utf-8") as file:
                file.write(why_not)
            return why_not
        with open(complete, "w", encoding="utf-8") as file:
            file.write(wanted)
        return ""


def _says(path, text):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read() == text
    except OSError:
        return False


def _fetch_into(folder, name):
    client, wanted, program = FETCHED[name]
    home = os.path.join(folder, ".home")
    os.makedirs(home)
    # The machine's own settings of proxies and certificates hold here; its home does not.
    env = dict(os.environ, HOME=home, PATH=SYSTEM_PATH,
               GOCACHE=os.path.join(folder, "cache"), GOTOOLCHAIN="local")

    def run(*argv):
        subprocess.run(argv, env=env, cwd=folder, check=True, timeout=FETCH_SECONDS,
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT)

    if client == "go":
        run(system_program("go"), "build", *wanted)
        return
    if client == "deb":
        run("apt-get", "-q", "-o", "APT::Sandbox::User=", "download", *wanted)
        for name in sorted(os.listdir(folder)):
            if name.endswith(".deb"):
                run("dpkg-deb", "-x", name, ".")
        return
    python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
    if client == "npm":
        run("npm", "install", "-g", "--no-audit", "--no-fund", "--fetch-retries", "0",
            "--fetch-timeout", "30000", "--prefix", folder, *wanted)
    else:
        run(python, "-m", "venv", folder)
        pip = [os.path.join(folder, "bin", "pip"), "-q", "--disable-pip-version-check",
               "--no-cache-dir", "--retries", "1", "--timeout", "20"]
        if client == "pip":
            run(*pip, "install", *wanted)
        else:
            run(*pip, "download", "--no-deps", "-d", program, *wanted)
    if client != "wheel":
        run(os.path.join(folder, program), "--version")
    shutil.rmtree(home, ignore_errors=True)


def main():
    if sys.argv[1:] != ["fetch"]:
        print(__doc__)
        sys.exit(2)
    for name in FETCHED:
        try:
            os.unlink(os.path.join(tools_folder(), name + ".failed"))  # the registry may be back
        except OSError:
            pass
        print("%s: %s" % (name, fetch(name) or "there"))


if __name__ == "__main__":
    main()
