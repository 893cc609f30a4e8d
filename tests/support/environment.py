"""Where the program under test and the test programs are, and as whom a test runs."""

import os
import shutil
import subprocess
import sys
import unittest

ORDINARY_USER = 65534
SKIPPED = 77  # ctest's SKIP_RETURN_CODE


def safe_trace():
    """The program under test; None while it does not exist (the bare halves still run)."""
    path = os.environ.get("SAFE_TRACE", "")
    if not path:
        return None
    if not os.access(path, os.X_OK):
        raise RuntimeError("SAFE_TRACE=%s cannot be run as uid %d" % (path, os.geteuid()))
    return path


def program(name):
    path = os.path.join(os.environ["SAFE_TRACE_TEST_PROGRAMS"], name)
    if not os.access(path, os.X_OK):
        raise RuntimeError("%s cannot be run as uid %d" % (path, os.geteuid()))
    return path


def under_ci():
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def quick():
    return os.environ.get("SAFE_TRACE_QUICK", "") == "1"


def skip(reason, kernel_could=False):
    """Leaves a test out. Where the kernel could have done it, that is a failure under CI."""
    if kernel_could and under_ci():
        raise AssertionError("left out under CI: " + reason)
    raise unittest.SkipTest(reason)


def become_ordinary_user():
    """Starts this very program again as an ordinary user; returns when it already is one."""
    if os.geteuid() != 0:
        return
    setpriv = shutil.which("setpriv")
    if not setpriv:
        print("setpriv (util-linux) is needed to run this test as an ordinary user")
        sys.exit(1)
    os.execv(setpriv, [setpriv, "--reuid", str(ORDINARY_USER), "--regid", str(ORDINARY_USER),
                       "--clear-groups", sys.executable, "-B"] + sys.argv)


def enter_network_namespace():
    """Starts this program again in a network namespace of its own, with capabilities over it.
    Returns "" inside, else why it cannot be."""
    if os.environ.get("SAFE_TRACE_TEST_NETNS") == "1":
        return ""
    unshare = shutil.which("unshare")
    if not unshare:
        return "unshare (util-linux) is not installed"
    how = [unshare, "--net"] if os.geteuid() == 0 else [
        unshare, "--user", "--map-current-user", "--keep-caps", "--net"]
    probe = subprocess.run(how + ["true"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if probe.returncode != 0:
        return "no network namespace: " + probe.stdout.decode("utf-8", "replace").strip()
    os.environ["SAFE_TRACE_TEST_NETNS"] = "1"
    os.execv(unshare, how + [sys.executable, "-B"] + sys.argv)
    return "unreachable"


def main(module="__main__", argv=None):
    """Runs the module's tests; skips of everything are told to ctest."""
    result = unittest.main(module=module, argv=argv or sys.argv[:1], exit=False,
                           verbosity=2).result
    for test, reason in result.skipped:
        print("skipped: %s: %s" % (test, reason))
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun == 0:
        print("no test ran")
        sys.exit(1)
    if len(result.skipped) == result.testsRun:
        sys.exit(SKIPPED)
    sys.exit(0)
