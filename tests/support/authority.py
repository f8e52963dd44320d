"""A certificate authority of one's own, made by openssl, for servers on this machine."""

import pathlib
import random
import socket
import subprocess

NAMES = "subjectAltName=DNS:localhost,DNS:telegram.test,IP:127.0.0.1"
SHORT_LIVED = ("-days", "2")
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
PORTS = (20_000, 30_000)  # below those that the kernel gives by itself


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=60)


class Authority:
    """`pem` is its certificate: for SSL_CERT_FILE."""

    def __init__(self, folder, name):
        self.folder = pathlib.Path(folder)
        self.name = name
        self.pem = self.folder / f"{name}.pem"
        self.key = self.folder / f"{name}.key"
        openssl(
            *("req", "-x509", *KEY, *SHORT_LIVED, "-subj", f"/CN={name}"),
            *("-keyout", self.key, "-out", self.pem),
        )

    def certificate(self, name):
        """(certificate, key) of a server that is called localhost, telegram.test and 127.0.0.1."""
        base = f"{self.name}-{name}"
        kinds = ("pem", "key", "csr", "ext")
        pem, key, request, extensions = (self.folder / f"{base}.{kind}" for kind in kinds)
        extensions.write_text(NAMES + "\n", encoding="utf-8")
        openssl("req", *KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        openssl(
            *("x509", "-req", "-in", request, *SHORT_LIVED, "-extfile", extensions),
            *("-CA", self.pem, "-CAkey", self.key, "-CAcreateserial", "-out", pem),
        )
        return pem, key


def self_signed(folder, name):
    pem, key = (pathlib.Path(folder) / f"{name}.{kind}" for kind in ("pem", "key"))
    openssl(
        *("req", "-x509", *KEY, *SHORT_LIVED, "-subj", "/CN=localhost", "-addext", NAMES),
        *("-keyout", key, "-out", pem),
    )
    return pem, key


def free_port():
    """A port for a server that cannot say which one it got."""
    while True:
        port = random.SystemRandom().randrange(*PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
