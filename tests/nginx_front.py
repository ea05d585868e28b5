"""The real nginx with the project's own `deploy/nginx.conf`, in front of whatever listens on the loopback.

Only addresses and places are replaced in the file, so what is tested is what is deployed.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.eventually import eventually
from tests.raw_http import Answer, exchange

CONFIGURATION = Path(__file__).resolve().parents[1] / "deploy" / "nginx.conf"
PROGRAM = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
NO_NGINX = "there is no nginx on PATH: `make nginx` installs one"
needs_nginx = pytest.mark.skipif(PROGRAM is None, reason=NO_NGINX)
CAN_START = 10.0


class Front:
    """A running nginx: where it is, and what it has written down."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port, self.url = port, f"http://127.0.0.1:{port}"
        self._logs = (folder / "access.log", folder / "error.log")

    def send(self, request: bytes) -> Answer:
        """Send the bytes of a request, and return the answer."""
        return exchange(self.port, request)

    @property
    def said(self) -> str:
        """All that nginx has logged so far."""
        return "".join(log.read_text() for log in self._logs)


def rendered(port: int, receivers: Sequence[int], folder: Path) -> str:
    """Return the configuration with addresses of the loopback and places in a folder."""
    first, second = receivers
    text = CONFIGURATION.read_text(encoding="utf-8")
    for before, after in {
        "listen 8080;": f"listen 127.0.0.1:{port};",
        "server receiver-1:8000 ": f"server 127.0.0.1:{first} ",
        "server receiver-2:8000 ": f"server 127.0.0.1:{second} ",
        "pid /tmp/": f"pid {folder}/",
        "error_log /dev/stderr ": f"error_log {folder}/error.log ",
        "access_log /dev/stdout ": f"access_log {folder}/access.log ",
    }.items():
        assert before in text, f"deploy/nginx.conf has no {before!r} any more"
        text = text.replace(before, after)
    return text


@contextmanager
def running_front(receivers: Sequence[int]) -> Iterator[Front]:
    """Run nginx before two ports of the loopback until the block ends."""
    assert PROGRAM, NO_NGINX
    with TemporaryDirectory(prefix="ce-") as name:
        folder, port = Path(name), _free_port()
        (folder / "nginx.conf").write_text(rendered(port, receivers, folder), encoding="utf-8")
        # As root it would give its workers to somebody who may not write into the folder.
        settings = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
        process = subprocess.Popen([PROGRAM, "-p", name, "-c", f"{name}/nginx.conf", "-g", settings])
        front = Front(port, folder)
        try:
            eventually(lambda: _listens(port) or process.poll() is not None, CAN_START)
            assert process.poll() is None, front.said
            yield front
        finally:
            process.terminate()
            process.wait(CAN_START)


def _free_port() -> int:
    # Unlike the project's own servers nginx cannot be asked for any free port.
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0
