"""yarn 1 under supervision: the same files and status as bare, and not one violation."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from npm_case import YarnCase  # noqa: E402
from npm_shared import HonestInstallTests  # noqa: E402


class Yarn(HonestInstallTests, YarnCase):
    pass
