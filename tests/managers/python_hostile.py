"""Hostile packages of the Python managers: in setup.py while a wheel is built, in a tool that is
run at once, and in a start-up file that an install leaves."""

import packages
from hostile_code import HostileCode
from python_case import native_sdist


class PythonHostile(HostileCode):
    def fill_registry(self, registry):
        self.start_sink()
        packages.make_wheel(registry, "st-leaf", "1.0", {"st_leaf.py": "value = 1\n"})
        first = "import sys\nif 'bdist_wheel' in sys.argv:\n    exec(%r, {})" % self.payload()
        native_sdist(registry, "evil-build", "6.6.1", ["st-leaf"], first)
        packages.make_wheel(registry, "evil-tool", "6.6.2", {
            "evil_tool.py": "def main():\n    exec(%r, {})\n" % self.payload()}, ["st-leaf"],
            scripts={"evil-tool": "evil_tool:main"})
        # A line of a .pth file that begins with "import" is run by every later Python. It is
        # silent: a manager may ask that Python what it is.
        silent = "import sys\nout, sys.stdout = sys.stdout, open('/dev/null', 'w')\n"
        packages.make_wheel(registry, "evil-start", "6.6.3", {
            "evil_start.py": "", "evil_start.pth": "import sys; exec(%r, {})\n"
            % (silent + self.payload() + "sys.stdout = out\n")})
