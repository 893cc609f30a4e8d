"""Hostile packages that npm installs: what they get, and how the run ends."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from npm_case import NpmCase  # noqa: E402
from npm_hostile import HostileInstallTests  # noqa: E402


class Npm(HostileInstallTests, NpmCase):
    cache = "home/.npm/_cacache/index-v5/*/*/*"
    programs = ("/usr/bin/node",)
