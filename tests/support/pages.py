"""Logs for tests of pages, among them one whose names are what strangers write to have it run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from typer.testing import CliRunner

from logparse.cli import app

if TYPE_CHECKING:
    from pathlib import Path

#: What strangers write into names to have it run.
HOSTILE: Final = (
    '</script><script>document.title="owned"</script>', '"><img src=x onerror=alert(1)>', "<!--", "{{7*7}}",
    "javascript:alert(1)", "'-alert(1)-'", "</title><svg onload=alert(1)>", "]]>", "\u2028\u202e<b>", "=cmd()\x1b\t",
    "*x* _y_ [a](http://b.example) `c` @here <@U1> # d",
)  # fmt: skip


def line(at: int, user: str, dag: str, status: int, agent: str = "curl/8") -> str:
    user, agent = (text.replace("\\", "\\\\").replace('"', '\\"') for text in (user, agent))
    return (
        f"10.0.0.1 - {user.replace(':', '')} [22/Nov/2026:{at // 60 % 24:02}:{at % 60:02}:00 +0000] "
        f'"POST /api/v1/dags/{dag}/dagRuns HTTP/1.1" {status} 186 "-" "{agent}"\n'
    )


def hostile_log() -> str:
    quoted = [
        re.sub('[^ -~]|[%# /?"]', lambda hit: "".join(f"%{byte:02X}" for byte in hit[0].encode()), text)
        for text in HOSTILE
    ]
    early = line(1, "uma", "a", 200).replace("22/Nov", "12/Nov")  # so that all other names are new
    return early + "".join(
        line(3 * at + n, name, dag, status, name)
        for n, (name, dag) in enumerate(zip(HOSTILE, quoted, strict=True))
        for at, status in enumerate((200, 403, 404, 401))
    )


def make_page(folder: Path, log: str) -> str:
    """Return the page of the last week of a log; the archive is ``folder/reports``."""
    (folder / "a.log").write_text(log, encoding="utf-8")
    run = CliRunner()
    out = str(folder / "reports")
    assert run.invoke(app, ["report", str(folder / "a.log"), "--out", out]).exit_code in (0, 1)
    done = run.invoke(app, ["html", out, "--out", str(folder / "week.html")])
    assert done.exit_code == 0, done.stderr
    return (folder / "week.html").read_text("utf-8")
