"""docs/safe-trace.1 knows every option that safe-trace and its verbs take."""

import os
import re
import subprocess
import unittest

import environment
from world import read_text

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "safe-trace.1")
TRACE_VERBS = ("list", "show", "follow", "verify", "report", "export", "query", "diff", "prune",
               "keygen")


class ManPage(unittest.TestCase):
    def options(self, *words):
        done = subprocess.run([environment.safe_trace(), *words], stdout=subprocess.PIPE,
                              timeout=60, check=True)
        found = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", done.stdout.decode()))
        self.assertTrue(found, words)
        return found

    def test_every_option_is_in_the_man_page(self):
        known = set(re.findall(r"--[a-z][a-z-]+", read_text(PAGE).replace("\\-", "-")))
        wanted = self.options("--help") | self.options("help", "run")
        self.assertIn("--no-compress", wanted)
        for verb in TRACE_VERBS:
            wanted |= self.options("trace", verb, "--help")
        self.assertEqual(set(), wanted - known)


if __name__ == "__main__":
    environment.main()
