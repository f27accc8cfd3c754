"""Short sources are read together, and nothing depends on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logparse.pipeline import schedule
from logparse.scans import scanner
from logparse.scans.scanner import scan
from logparse.scans.settings import Setup
from logparse.sources.discovery import find_sources

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"
ACCESS = '192.0.2.{0} - - [01/Sep/2026:00:00:{0:02} +0000] "POST /api/v1/dags/{1}/dagRuns HTTP/1.1" 401 3 "-" "{1}"\n'


def test_short_sources_are_read_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        lines = "".join(ACCESS.format(second, f"d{number}?token=s3cr3t{number}tok") for second in range(number))
        junk = [f"password=hunter{number}x and more\n", KEY, f"junk {number}\n", ""][number % 4]
        (tmp_path / f"{number}.log").write_text(lines + junk)
    (tmp_path / "6.log").write_text(ACCESS.format(7, "large") * 100)
    sources = find_sources([str(tmp_path)])
    alone = [scan(source, number, Setup()) for number, source in enumerate(sources)]
    shown = [text for found in alone for entry in found.coverage.values() for _, text in entry.unparsed]
    assert not any("hunter" in text or "MIIE" in text for text in shown)
    calls = []

    def noted(*given: object) -> object:
        calls.append(given)
        return scanner.scan_several(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(schedule, "scan_several", noted)
    for together, held, groups in ((3000, 10_000, 1), (3000, 3, 3), (900, 10_000, 4), (0, 0, 0)):
        calls.clear()
        monkeypatch.setattr(schedule, "TOGETHER", together)
        monkeypatch.setattr(scanner, "TOGETHER", held)
        assert [found.whole() for found in schedule.read_sources(sources, Setup(), None)] == alone
        assert (together, held, len(calls)) == (together, held, groups)
