"""A real registry on loopback, and a bad line to it."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

USER, PASSWORD = "us", "loopback"
# bcrypt of the password, made once so that no test needs a tool for it.
_HASH = "$2y$05$abcdefghijklmnopqrstuuaxWaIGz0ocxQjnBdU4neLQIs4nDHGo6"
_START_S = 20
_CONFIG = """version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}}}
http: {{addr: "{address}"}}
"""
_AUTH = "auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}\n"


@dataclass(frozen=True)
class Served:
    """A registry that runs.

    Attributes:
        address: its host and port.
        folder: where it keeps its data.
    """

    address: str
    folder: Path

    @property
    def port(self) -> int:
        """Return its port."""
        return int(self.address.rpartition(":")[2])

    def blob(self, digest: str) -> Path:
        """Return the file of a blob."""
        hexes = digest.removeprefix("sha256:")
        return self.folder / f"data/docker/registry/v2/blobs/sha256/{hexes[:2]}/{hexes}/data"


@contextmanager
def served(folder: Path, login: bool = False) -> Iterator[Served]:
    """Run Debian's docker-registry, and end it."""
    binary = shutil.which("docker-registry")
    if binary is None:
        pytest.fail("docker-registry is missing: apt-get install docker-registry (.ci/run does)")
    folder.mkdir()
    address = f"127.0.0.1:{_free_port()}"
    config = folder / "config.yml"
    text = (_CONFIG + (_AUTH if login else "")).format(folder=folder, address=address)
    config.write_text(text)
    (folder / "htpasswd").write_text(f"{USER}:{_HASH}\n")
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen([binary, "serve", str(config)], stdout=log, stderr=log)
    try:
        _wait_for(address, child, folder / "log")
        yield Served(address, folder)
    finally:
        child.terminate()
        child.wait(_START_S)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_for(address: str, child: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and child.poll() is None:
        with suppress(OSError), closing(http.client.HTTPConnection(address, timeout=1)) as client:
            client.request("GET", "/v2/")
            client.getresponse().read()
            return
        time.sleep(0.05)
    pytest.fail(f"docker-registry does not start:\n{log.read_text(errors='replace')}")


@dataclass
class BadLine:
    """A line to a server on loopback that can be slow, and that can be cut.

    Attributes:
        port: the server's.
        bytes_per_s: how much it lets through each second; None for all.
        cut_after: bytes after which a connection is cut; None for never.
        cuts: how many connections may be cut.
        passed: bytes that came through.
    """

    port: int
    bytes_per_s: float | None = None
    cut_after: int | None = None
    cuts: int = 0
    passed: int = 0
    _server: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        """Return where it listens."""
        return f"127.0.0.1:{self._server.getsockname()[1]}"

    def close(self) -> None:
        """Listen no more."""
        # A close alone would leave the thread that accepts waiting.
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self.port))
                count = [0]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(*ends, count), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, count: list[int]) -> None:
        with suppress(OSError):
            while chunk := source.recv(1 << 14):
                count[0] += len(chunk)
                self.passed += len(chunk)
                if self.cut_after is not None and self.cuts and count[0] > self.cut_after:
                    self.cuts -= 1
                    break
                if self.bytes_per_s:
                    time.sleep(len(chunk) / self.bytes_per_s)
                sink.sendall(chunk)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
