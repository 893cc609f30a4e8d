"""A8: the same as A8-own-host, to an address that is not loopback (in a namespace)."""
import importlib.util
import os

import loopback

_path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "A8-own-host")
_spec = importlib.util.spec_from_file_location("own_host", os.path.join(_path, "attack.py"))
_own_host = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_own_host)


class Attack(_own_host.Attack):
    address = "203.0.113.5"
    title = "public host"
    needs_netns = True
    added = []

    def __init__(self, folder):
        super().__init__(_path)
        self.name = os.path.basename(folder)

    def prepare(self, world):
        if not self.added:
            loopback.bring_up(self.address)
            self.added.append(self.address)
        super().prepare(world)
