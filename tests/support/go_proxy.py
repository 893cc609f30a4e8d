"""Makers of Go modules and of the module proxy that serves them."""

import json
import os
import re

from archives import zipped
from world import write_file

CGO_PACKAGE = r'''package %s

/*
static int part_answer(void) { return 42; }
*/
import "C"

func Answer() int { return int(C.part_answer()) }
'''


def go_mod(module, requires=(), go="1.19"):
    """`requires`: module -> version, as a mapping."""
    lines = "".join("require %s %s\n" % item for item in dict(requires).items())
    return "module %s\n\ngo %s\n\n%s" % (module, go, lines)


def escaped(module):
    """The proxy protocol writes a capital letter as "!" and the small one."""
    return re.sub(r"[A-Z]", lambda match: "!" + match.group(0).lower(), module)


class GoProxy:
    """Writes beneath `folder`, which is served at `url`: GOPROXY is `url`."""

    def __init__(self, folder, url):
        self.folder = folder
        self.url = url

    def add(self, module, version, files, requires=()):
        """Adds one version of a module; `files` without go.mod."""
        manifest = go_mod(module, requires)
        members = {"go.mod": manifest}
        members.update(files)
        place = os.path.join(self.folder, escaped(module), "@v")
        write_file(os.path.join(place, version + ".mod"), manifest)
        info = json.dumps({"Version": version, "Time": "2024-01-02T03:04:06Z"})
        write_file(os.path.join(place, version + ".info"), info)
        write_file(os.path.join(place, version + ".zip"),
                   zipped("%s@%s" % (module, version), members))
        with open(os.path.join(place, "list"), "a", encoding="utf-8") as file:
            file.write(version + "\n")
        write_file(os.path.join(os.path.dirname(place), "@latest"), info)

    def variables(self):
        return {"GOPROXY": self.url, "GONOSUMDB": "*", "GOFLAGS": "-mod=mod",
                "GOTOOLCHAIN": "local"}
