"""Makers of npm packages: what npm, yarn and pnpm read from a registry."""

import base64
import hashlib
import json
import os

from archives import tar_gz
from world import write_file

# Old enough for clients that pass over what was published lately.
PUBLISHED = "2024-01-02T03:04:06.000Z"

# A file of C that node loads as a module, through the stable interface.
ADDON_C = r'''
#define NAPI_VERSION 3
#include <node_api.h>
static napi_value answer(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value result;
  if (napi_create_int32(env, 42, &result) != napi_ok) return NULL;
  return result;
}
static napi_value init(napi_env env, napi_value exports) {
  napi_value function;
  if (napi_create_function(env, "answer", NAPI_AUTO_LENGTH, answer, NULL, &function) != napi_ok ||
      napi_set_named_property(env, exports, "answer", function) != napi_ok)
    return NULL;
  return exports;
}
NAPI_MODULE(NODE_GYP_MODULE_NAME, init)
'''
BINDING_GYP = '{"targets": [{"target_name": "addon", "sources": ["addon.c"]}]}\n'
ADDON_JS = 'module.exports = require("./build/Release/addon.node").answer;\n'


def addon_files():
    """An addon that npm builds with its own node-gyp: there is no script, only binding.gyp."""
    return {"addon.c": ADDON_C, "binding.gyp": BINDING_GYP, "index.js": ADDON_JS}


def package_json(name, version, **fields):
    """`dependencies`, `scripts`, `bin` and the like, as they stand in package.json."""
    return json.dumps(dict({"name": name, "version": version, "main": "index.js",
                            "license": "MIT"}, **fields), indent=2) + "\n"


class NpmRegistry:
    """Writes beneath `folder`, which is served at `url`: use `url` as the registry."""

    def __init__(self, folder, url):
        self.folder = folder
        self.url = url

    def add(self, name, version, files=None, executable=(), **fields):
        """Adds one version of a package; `name` may be scoped. Returns the archive's path."""
        manifest = package_json(name, version, **fields)
        members = {"package.json": manifest}
        members.update({"index.js": "module.exports = %s;\n" % json.dumps(name)}
                       if files is None else files)
        data = tar_gz("package", members, executable)
        archive = "%s/-/%s-%s.tgz" % (name, name.split("/")[-1], version)
        path = os.path.join(self.folder, archive)
        write_file(path, data)
        self._list(name, version, json.loads(manifest), archive, data, members)
        return path

    def _list(self, name, version, manifest, archive, data, members):
        entry = dict(manifest)
        scripts = entry.setdefault("scripts", {})
        if "binding.gyp" in members and not {"install", "preinstall"} & scripts.keys():
            # As the public registry does on publishing.
            scripts["install"] = "node-gyp rebuild"
            entry["gypfile"] = True
        if {"preinstall", "install", "postinstall"} & scripts.keys():
            entry["hasInstallScript"] = True
        digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
        entry["_id"] = "%s@%s" % (name, version)
        entry["dist"] = {"tarball": self.url + "/" + archive, "integrity": "sha512-" + digest,
                         "shasum": hashlib.sha1(data).hexdigest()}
        path = os.path.join(self.folder, name, "packument.json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                document = json.load(file)
        else:
            document = {"_id": name, "name": name, "dist-tags": {}, "versions": {},
                        "time": {"created": PUBLISHED, "modified": PUBLISHED}}
        document["versions"][version] = entry
        document["dist-tags"]["latest"] = version
        document["time"][version] = PUBLISHED
        write_file(path, json.dumps(document))
