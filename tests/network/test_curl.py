"""curl does in a supervised run what it does in a bare one."""

import hashlib
import os
import shutil
import unittest

from network_case import BenignCase
from small_internet import SILENT, SILENT6, make_silent
from world import write_file

CURL = ["curl", "-sS", "--max-time", "30"]


@unittest.skipUnless(shutil.which("curl"), "curl is not installed")
class Curl(BenignCase):
    def setUp(self):
        super().setUp()
        self.net.put("hello.txt", b"hello from the registry\n")
        self.net.put("other.txt", b"another file\n")

    def test_HttpIsTheSame(self):
        trace = self.unseen(CURL + ["http://registry.test/hello.txt"])
        flows = trace.find(event__action="network-flow")
        self.assertTrue(flows, trace.describe())
        self.assertEqual("registry.test", flows[0].get("url.domain"), flows)

    def test_HttpsIsTheSame(self):
        self.unseen(CURL + ["https://registry.test/hello.txt"])

    def test_HttpsOverIpv4AndIpv6(self):
        for family in ("-4", "-6"):
            with self.subTest(family):
                self.unseen(CURL + [family, "-w", "%{remote_ip} %{remote_port}\n",
                                    "https://registry.test/hello.txt"])

    def test_TwoRequestsOnOneConnection(self):
        self.unseen(CURL + ["--http1.1", "-4", "-w", "%{num_connects}\n",
                            "http://registry.test/hello.txt", "http://registry.test/other.txt"])

    def test_FastOpenIsRefusedAndDoneWithout(self):
        outcome = self.same(CURL + ["--tcp-fastopen", "http://registry.test/hello.txt"],
                            options=["--allow-host", "registry.test"])
        self.assertEqual(b"hello from the registry\n", outcome.stdout, outcome.describe())

    def test_FromAnAddressOfThisMachine(self):
        self.unseen(CURL + ["--interface", "203.0.113.30", "-w", "%{local_ip}\n",
                            "http://registry.test/hello.txt"])

    def test_NamesInOtherSpellings(self):
        for url in ("http://Registry.TEST/hello.txt", "http://registry.test.:80/hello.txt",
                    "https://REGISTRY.test:443/hello.txt", "https://registry.test./hello.txt"):
            with self.subTest(url):
                self.unseen(CURL + ["-4", url])

    def test_AllowedAddressesWithoutNames(self):
        for url in ("http://203.0.113.10/hello.txt", "https://203.0.113.10/hello.txt",
                    "http://[2001:db8::10]/hello.txt", "https://[2001:db8::10]/hello.txt"):
            with self.subTest(url):
                self.unseen(CURL + [url], allowed=("203.0.113.10", "[2001:db8::10]"))

    def test_ANameThatIsGivenItsAddressByTheClient(self):
        self.unseen(CURL + ["--resolve", "registry.test:80:203.0.113.10",
                            "http://registry.test/hello.txt"],
                    allowed=("203.0.113.10", "registry.test"))

    def test_HeadersThatComeSlowly(self):
        self.unseen(["/bin/bash", "-c", """exec 3<>/dev/tcp/registry.test/80
for piece in 'GE' 'T /hello.txt HT' $'TP/1.1\r\nHo' 'st: regis' $'try.test\r\nConnec' \
  $'tion: close\r\n' $'\r\n'; do sleep 0.4; printf %s "$piece" >&3; done; tail -n1 <&3"""])

    def test_TwoHundredRequestsOnOneConnection(self):
        self.unseen(CURL + ["-4", "-o", "out#1", "-w", "%{num_connects}",
                            "http://registry.test/hello.txt?[1-200]"])

    def test_ManyTransfersAtOnce(self):
        self.unseen(CURL + ["--parallel", "--parallel-max", "30", "-o", "out#1", "-w",
                            "%{http_code}\n", "https://registry.test/hello.txt?[1-60]"])

    def test_AMissingFileIsReportedAsSuch(self):
        self.unseen(CURL + ["-f", "https://registry.test/nothing"], status=22)

    def test_ACertificateOfAnotherNameIsReportedAsSuch(self):
        self.unseen(CURL + ["https://nobody.test/"], allowed=("nobody.test",), status=60,
                    prepare=lambda world: self.net.resolver.zone.update(
                        {"nobody.test": ["203.0.113.10"]}))

    def upload(self, *options):
        payload = os.urandom(1 << 20) * 5
        trace = self.unseen(
            CURL + [*options, "--data-binary", "@payload", "https://registry.test/upload"],
            prepare=lambda world: write_file(os.path.join(world.project, "payload"), payload),
            check=lambda world, outcome: self.assertIn(
                hashlib.sha256(payload).hexdigest().encode(), outcome.stdout,
                outcome.describe()))
        flows = trace.find(event__action="network-flow")
        self.assertEqual(1, len(flows), flows)
        self.assertGreater(flows[0]["source.bytes"], len(payload))
        self.assertLess(flows[0]["source.bytes"], len(payload) * 1.1)
        self.assertGreater(flows[0]["destination.bytes"], 0)

    def test_AnUploadOfFiveMebibytesIsCounted(self):
        self.upload("-H", "Expect:")

    def test_AnUploadThatWaitsForContinue(self):
        self.upload("-H", "Expect: 100-continue")

    def test_AProxyCarriesHttp(self):
        self.net.proxy.wanted.clear()
        self.unseen(CURL + ["--proxy", "http://proxy.test:3128", "http://registry.test/hello.txt"],
                    allowed=("registry.test", "proxy.test:3128"))
        self.assertEqual(["GET http://registry.test/hello.txt"] * 2, self.net.proxy.wanted)

    def test_AProxyCarriesHttps(self):
        self.net.proxy.wanted.clear()
        self.unseen(CURL + ["--proxy", "http://proxy.test:3128",
                            "https://registry.test/hello.txt"],
                    allowed=("registry.test", "proxy.test:3128"))
        self.assertEqual(["CONNECT registry.test:443"] * 2, self.net.proxy.wanted)

    def test_AProxyThatAsksForAPasswordOnTheSameConnection(self):
        self.net.proxy.password = "Basic dXNlcjpzZXNhbWU="  # user:sesame
        self.addCleanup(setattr, self.net.proxy, "password", None)
        for password, status in (("sesame", 0), ("wrong", 56)):
            self.unseen(CURL + ["--proxy", "http://user:%s@proxy.test:3128" % password,
                                "--proxy-anyauth", "https://registry.test/hello.txt"],
                        allowed=("registry.test", "proxy.test:3128"), status=status)

    def test_ATunnelThatAProxyDoesNotMake(self):
        self.unseen(CURL + ["--proxy", "http://proxy.test:3128", "https://registry.test:7/"],
                    allowed=("registry.test", "registry.test:7", "proxy.test:3128"), status=56)

    def test_TheProxyOfTheEnvironment(self):
        self.unseen(CURL + ["https://registry.test/hello.txt"],
                    allowed=("registry.test", "proxy.test:3128"),
                    env={"https_proxy": "http://proxy.test:3128"})

    def test_ADeadIpv6AddressDelaysOnly(self):
        silent = make_silent(SILENT6, 443)
        self.addCleanup(silent.close)
        self.unseen(CURL + ["https://half-dead.test/hello.txt", "-w", "%{remote_ip}\n"],
                    allowed=("half-dead.test",))

    def test_ARefusedConnectionIsReportedAsSuch(self):
        self.unseen(CURL + ["http://doors.test:81/"], allowed=("doors.test",), status=7)

    def test_AnUnreachableHostIsReportedAsSuch(self):
        for host in ("unreachable.test", "no-route.test"):
            with self.subTest(host):
                self.unseen(CURL + ["http://%s/" % host], allowed=(host,), status=7)

    def test_AHostThatIsSilentTimesOut(self):
        silent = make_silent(SILENT, 80)
        self.addCleanup(silent.close)
        self.unseen(CURL + ["--connect-timeout", "2", "http://silent.test/"],
                    allowed=("silent.test",), status=28)
