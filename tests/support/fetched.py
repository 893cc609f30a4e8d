"""What a test takes from a registry for itself: left out where that is not reached."""

import os
import subprocess
import sys
import unittest


def _not_reached():
    print("skipped: registry not reached")
    raise unittest.SkipTest("registry not reached")


def python_with(folder, *requirements):
    """The python of a new virtual environment in `folder` that has `requirements`."""
    python = os.path.join(folder, "bin", "python3")
    # Not the one that runs the tests, which another user may not be able to reach.
    system = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
    subprocess.run([system, "-m", "venv", folder], check=True, timeout=180,
                   stdout=subprocess.DEVNULL)
    done = subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check",
                           "--no-cache-dir", *requirements], timeout=300,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        _not_reached()
    return python


def npm_package(folder, name):
    """The folder of an npm package's files; nothing of it is run."""
    try:
        done = subprocess.run(["npm", "pack", "--silent", "--ignore-scripts", "--cache",
                               os.path.join(folder, "cache"), name], cwd=folder, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        raise unittest.SkipTest("npm is not installed") from None
    except subprocess.TimeoutExpired:
        _not_reached()
    if done.returncode != 0:
        _not_reached()
    archive = done.stdout.decode().split()[-1]
    subprocess.run(["tar", "-xzf", archive], cwd=folder, check=True, timeout=60)
    return os.path.join(folder, "package")
