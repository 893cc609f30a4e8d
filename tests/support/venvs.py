"""Virtual environments for the tests."""

import os
import subprocess
import sys

from world import write_file


def light_venv(path):
    """Borrows pip, setuptools and wheel from the distribution: made in a tenth of a second.
    Returns the path of its pip."""
    _make(path, ["--without-pip", "--system-site-packages"])
    pip = os.path.join(path, "bin", "pip")
    write_file(pip, "#!%s/bin/python3\nimport sys\nfrom pip._internal.cli.main import main\n"
                    "sys.exit(main())\n" % path, 0o755)
    return pip


def full_venv(path):
    """With a pip of its own, as users make them."""
    _make(path, [])
    return os.path.join(path, "bin", "pip")


def _make(path, options):
    python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
    made = subprocess.run([python, "-m", "venv"] + options + [path], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=180)
    if made.returncode != 0:
        raise RuntimeError("no virtual environment: " + made.stdout.decode("utf-8", "replace"))
