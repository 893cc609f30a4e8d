"""A certificate authority for as long as a test runs."""

import os
import subprocess

_CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Authority:
    """`bundle` is the file that clients trust; `chain` and `key` are for the servers of `names`."""

    def __init__(self, folder, names, addresses=()):
        def path(name):
            return os.path.join(folder, name)

        self.bundle, self.chain, self.key = path("ca.pem"), path("chain.pem"), path("key.pem")
        self._openssl("req", "-x509", *_CURVE, "-keyout", path("ca.key"), "-out", self.bundle,
                      "-days", "2", "-subj", "/CN=Authority of a test",
                      "-addext", "basicConstraints=critical,CA:TRUE",
                      "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self._openssl("req", *_CURVE, "-keyout", self.key, "-out", path("request.pem"), "-subj",
                      "/CN=" + names[0])
        with open(path("extensions"), "w", encoding="ascii") as file:
            alternatives = ["DNS:" + name for name in names] + ["IP:" + a for a in addresses]
            file.write("subjectAltName=%s\nbasicConstraints=CA:FALSE\n"
                       "authorityKeyIdentifier=keyid\n" % ",".join(alternatives))
        self._openssl("x509", "-req", "-in", path("request.pem"), "-CA", self.bundle, "-CAkey",
                      path("ca.key"), "-set_serial", "2", "-days", "2", "-extfile",
                      path("extensions"), "-out", self.chain)
        for name in (self.bundle, self.chain):
            os.chmod(name, 0o644)

    @staticmethod
    def _openssl(*arguments):
        made = subprocess.run(["openssl", *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60)
        if made.returncode != 0:
            raise RuntimeError("openssl: " + made.stdout.decode("utf-8", "replace"))

    def client_variables(self):
        return {name: self.bundle for name in (
            "SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS",
            "REQUESTS_CA_BUNDLE", "PIP_CERT", "CARGO_HTTP_CAINFO")}
