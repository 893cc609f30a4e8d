"""Programs with resolvers and event loops of their own, and git."""

import os
import shutil
import subprocess
import unittest

import manager_tools
from network_case import BenignCase, go_client
from world import write_file

NODE = """
const https = require("https"), http = require("http"), net = require("net"), dns = require("dns");
const step = (name, start) => new Promise(done => start((...what) => {
  console.log(name, JSON.stringify(what)); done(); }));
const fetched = (module, url) => end => module.get(url, answer => {
  let text = ""; answer.on("data", d => text += d).on("end", () => end(answer.statusCode, text));
}).on("error", error => end(error.code));
const doors = port => end => {
  const s = net.connect(port, "doors.test", () => {
    const peer = [s.remoteAddress, s.remotePort]; s.write("hello\\n");
    s.once("data", d => { s.destroy(); end(...peer, d.toString()); });
  }).on("error", error => end(error.code));
};
(async () => {
  await step("https", fetched(https, "https://registry.test/hello.txt"));
  await step("http", fetched(http, "http://registry.test/hello.txt"));
  await step("net", doors(1007));
  await step("refused", doors(81));
  await step("lookup", end => dns.lookup("registry.test", { all: true }, (e, all) => end(e, all)));
  const agent = new https.Agent({ keepAlive: true });
  for (let i = 0; i < 2; ++i) {
    await step("kept", fetched(https, { host: "registry.test", path: "/hello.txt", agent }));
  }
  agent.destroy();
  if (typeof fetch == "function") {
    const asked = fetch("https://registry.test/hello.txt").then(r => r.text());
    await step("fetch", end => asked.then(end, error => end(error.cause.code)));
  }
})();
"""

RESOLVE = """
const { Resolver } = require("dns"), dns = new Resolver({ timeout: 1000, tries: 2 });
const step = (name, start) => new Promise(done => start((...what) => {
  console.log(name, JSON.stringify(what)); done(); }));
(async () => {
  await step("resolve4", end => dns.resolve4("registry.test", (e, all) => end(e, all)));
  await step("resolve6", end => dns.resolve6("registry.test", (e, all) => end(e, all)));
  await step("missing", end => dns.resolve4("missing.test", e => end(e.code)));
})();
"""


class Programs(BenignCase):
    allowed = ("registry.test", "doors.test", "missing.test")

    def setUp(self):
        super().setUp()
        self.net.put("hello.txt", b"hello\n")

    def test_NodesOwnNetwork(self):
        node = manager_tools.system_program("node")
        self.unseen([node, "-e", NODE],
                    check=lambda world, outcome: self.assertIn(
                        b'https [200,"hello\\n"]', outcome.stdout, outcome.describe()))

    def test_NodesResolver(self):
        node = manager_tools.system_program("node")
        self.unseen([node, "-e", RESOLVE],
                    check=lambda world, outcome: self.assertIn(
                        b'resolve4 [null,["203.0.113.10"]]', outcome.stdout, outcome.describe()))

    def test_AStaticGoProgramWithItsOwnResolver(self):
        self.unseen([go_client(), "https://registry.test/hello.txt",
                     "http://registry.test/hello.txt", "https://registry.test/nothing"],
                    env={"GODEBUG": "netdns=go"},
                    check=lambda world, outcome: self.assertIn(
                        b"200 hello\n200 hello\n404", outcome.stdout, outcome.describe()))

    def test_AGoProgramSortsAddressesAsBare(self):
        self.unseen([go_client(), "order"], env={"GODEBUG": "netdns=go"})

    @unittest.skipUnless(shutil.which("git"), "git is not installed")
    def test_GitClonesOverHttps(self):
        bare = os.path.join(self.net.files, "repo.git")
        work = os.path.join(self.net.folder, "work")
        if not os.path.isdir(bare):
            write_file(os.path.join(work, "file.txt"), "of the repository\n")
            for command in (["init", "-q"], ["add", "."],
                            ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm",
                             "first"], ["clone", "-q", "--bare", work, bare]):
                subprocess.run(["git", *command], cwd=work, check=True,
                               env={"PATH": "/usr/bin:/bin", "HOME": work})
            subprocess.run(["git", "update-server-info"], cwd=bare, check=True,
                           env={"PATH": "/usr/bin:/bin", "HOME": work})
        self.unseen(["/bin/sh", "-c", "git clone -q https://registry.test/repo.git c && "
                     "cat c/file.txt && git -C c log --format=%s"],
                    prepare=lambda world: os.unlink(os.path.join(world.home, ".netrc")))
