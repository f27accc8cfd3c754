"""A proxy in front of a store on loopback: it passes requests on, or fails as networks and stores do."""

from __future__ import annotations

import http.client
import http.server
import threading
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Proxy(http.server.BaseHTTPRequestHandler):
    """Passes requests on, if it does."""

    protocol_version = "HTTP/1.1"
    target: ClassVar[str]
    #: What is done about a request: nothing but passing it on, or one of the faults below.
    fault: ClassVar[Callable[[Proxy], str]]
    asked: ClassVar[list[tuple[str, str]]]
    faults: ClassVar[Counter[str]]

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append((self.command, self.path))
        fault = type(self).fault(self)
        self.faults[fault] += 1
        if fault == "refused":
            self.answer(403, {}, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
            return
        if fault == "unavailable":
            self.answer(503, {}, b"<Error><Code>SlowDown</Code></Error>")
            return
        if fault == "dropped":
            self.close_connection = True
            return
        connection = http.client.HTTPConnection(self.target)
        connection.request(self.command, self.path, body, dict(self.headers))
        found = connection.getresponse()
        data = found.read()
        connection.close()
        if fault == "lost":  # what was asked for is done, and nobody told
            self.close_connection = True
            return
        if fault == "slow":
            time.sleep(0.1)
        headers = {name: value for name, value in found.getheaders() if name.lower() not in {"connection", "date"}}
        self.answer(found.status, headers, data, cut=fault == "cut")

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - named so by http.server

    def answer(self, status: int, headers: Mapping[str, str], body: bytes, *, cut: bool = False) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def proxy(server: str, fault: Callable[[Proxy], str], kind: type[Proxy] = Proxy) -> Iterator[tuple[str, type[Proxy]]]:
    """A proxy's address, and what went through it."""
    own = type("Own", (kind,), {"target": server, "fault": fault, "asked": [], "faults": Counter()})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), own) as listening:
        threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
        yield f"127.0.0.1:{listening.server_port}", own
        listening.shutdown()
