"""yarn 1 installs from the registry on loopback, native builds and git included."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from npm_case import YarnCase  # noqa: E402
from npm_shared import NpmRegistryTests  # noqa: E402


class Yarn(NpmRegistryTests, YarnCase):
    pass
