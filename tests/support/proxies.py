"""Two small proxies on loopback, HTTP CONNECT (and plain requests) and SOCKS5, as they are found in
the field: they remember whom they were asked for.
"""

import contextlib
import http.client
import select
import socket
import socketserver
import struct
import threading

DEADLINE_S = 120
SOCKS_VERSION = 5
CONNECT = 1
ADDRESS_V4, ADDRESS_NAME = 1, 3


def pump(one, other):
    """Bytes both ways until one side ends."""
    while True:
        ready, _, _ = select.select([one, other], [], [], DEADLINE_S)
        if not ready:
            return
        for source in ready:
            data = source.recv(65_536)
            if not data:
                return
            (other if source is one else one).sendall(data)


def read_exactly(stream, size):
    data = b""
    while len(data) < size:
        part = stream.recv(size - len(data))
        if not part:
            raise ConnectionError("the client has gone")
        data += part
    return data


class Proxy:
    """`names`: {host: (host, port)} where they really are. `open` false refuses everybody."""

    def __init__(self, names):
        self.names = names
        self.asked = []
        self.open = True

        class Handler(socketserver.BaseRequestHandler):
            def handle(inner):  # noqa: N805
                with contextlib.suppress(OSError):
                    self.serve(inner.request)

        class Listener(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._listener = Listener(("127.0.0.1", 0), Handler)
        self.port = self._listener.server_address[1]
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self._listener.shutdown()
        self._listener.server_close()

    def target(self, host, port):
        """A connection to where the name leads, or nothing."""
        self.asked.append((host, port))
        if not self.open or host not in self.names:
            return None
        return socket.create_connection(self.names[host], timeout=DEADLINE_S)


class HttpProxy(Proxy):
    def serve(self, client):
        with client.makefile("rb") as stream:
            verb, where, _ = stream.readline().decode("latin-1").split(" ")
            http.client.parse_headers(stream)
        host, _, port = where.partition(":")
        target = self.target(host, int(port)) if verb == "CONNECT" else None
        if target is None:
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with target:
            pump(client, target)


class Socks5Proxy(Proxy):
    def serve(self, client):
        _, methods = read_exactly(client, 2)
        read_exactly(client, methods)
        client.sendall(bytes([SOCKS_VERSION, 0]))
        _, command, _, kind = read_exactly(client, 4)
        if kind == ADDRESS_NAME:
            host = read_exactly(client, read_exactly(client, 1)[0]).decode()
        else:
            host = socket.inet_ntoa(read_exactly(client, 4))
        (port,) = struct.unpack("!H", read_exactly(client, 2))
        target = self.target(host, port) if command == CONNECT else None
        if target is None:
            client.sendall(bytes([SOCKS_VERSION, 4, 0, ADDRESS_V4]) + bytes(6))  # host unreachable
            return
        client.sendall(bytes([SOCKS_VERSION, 0, 0, ADDRESS_V4]) + bytes(6))
        with target:
            pump(client, target)
