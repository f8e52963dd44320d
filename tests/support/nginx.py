"""A real nginx of one's own: own folder, one process in the foreground, on loopback only."""

import pathlib
import shutil
import socket
import subprocess

from bot import Failed, until

PROGRAM = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
STOP_DEADLINE_S = 30

CONFIGURATION = """daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name localhost;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        client_max_body_size 8m;
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Connection "";
{locations}
    }}
}}
"""


class Nginx:
    """`targets`: {path: address of the server behind it}."""

    def __init__(self, folder, port, certificate, targets):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.port = port
        pem, key = certificate
        locations = "\n".join(
            f"        location {path} {{ proxy_pass {target}; }}"
            for path, target in targets.items()
        )
        text = CONFIGURATION.format(
            folder=self.folder, port=port, certificate=pem, key=key, locations=locations
        )
        configuration = self.folder / "nginx.conf"
        configuration.write_text(text, encoding="utf-8")
        self.process = subprocess.Popen(
            [PROGRAM, "-p", self.folder, "-c", configuration, "-e", self.folder / "error.log"],
            stdin=subprocess.DEVNULL,
        )
        until(self._listens, "nginx listens")

    def _listens(self):
        if self.process.poll() is not None:
            raise Failed("nginx ended:\n" + (self.folder / "error.log").read_text())
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(STOP_DEADLINE_S)
