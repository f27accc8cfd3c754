"""An address counts only where a trusted proxy added it, whatever strangers write into the headers."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import logparse
from logparse.inspection.explain.explanation import explain
from logparse.lines import proxies
from logparse.lines.addresses import normalise, normalise_hop
from logparse.scans.settings import Setup

if TYPE_CHECKING:
    from pathlib import Path

LAN = "10.0.0.1"
XFF = '%(h)s - %(u)s %(t)s "%(r)s" %(s)s "%({x-forwarded-for}i)s" "%({x-real-ip}i)s"'


def line(peer: str, xff: str = "-", real: str = "-") -> str:
    return f'{peer} - - [22/Nov/2026:12:38:45 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 401 "{xff}" "{real}"\n'


class TestClient:
    # peer, X-Forwarded-For, X-Real-IP, client, with nobody named
    BY_DEFAULT = (
        ("203.0.113.9", None, None, "203.0.113.9"),
        ("203.0.113.9", "8.8.8.8", "8.8.4.4", "203.0.113.9"),  # of the Internet: anybody
        (LAN, None, None, LAN),
        (LAN, "-", "-", LAN),
        (LAN, "", "", LAN),
        (LAN, "8.8.8.8", None, "8.8.8.8"),
        (LAN, "6.6.6.6, 8.8.8.8", None, "8.8.8.8"),  # what stands left, the client may have sent
        (LAN, "6.6.6.6,8.8.8.8,172.16.3.4", None, "8.8.8.8"),
        (LAN, "10.2.0.5", None, "10.2.0.5"),
        (LAN, "192.168.7.7, 10.2.0.5", None, "10.2.0.5"),  # all private: what the peer saw
        (LAN, "8.8.8.8", "8.8.4.4", "8.8.8.8"),
        (LAN, None, "8.8.4.4", "8.8.4.4"),
        (LAN, "-", "8.8.4.4", "8.8.4.4"),
        (LAN, None, "nobody", LAN),
        (LAN, "unknown", "8.8.4.4", LAN),  # there was the header
        (LAN, "8.8.8.8, unknown", None, LAN),
        (LAN, "8.8.8.8, unknown, 10.2.0.5", None, "10.2.0.5"),
        (LAN, "8.8.8.8, <script>, 10.2.0.9, 10.2.0.5", None, "10.2.0.5"),
        (LAN, "8.8.8.8, ,", None, "8.8.8.8"),
        (LAN, "8.8.8.8:4711", None, "8.8.8.8"),
        (LAN, '"[2001:db8::17]:4711"', None, "2001:db8::17"),
        (LAN, "[2001:DB8:0::17]", None, "2001:db8::17"),
        (LAN, "2001:db8::17", None, "2001:db8::17"),
        (LAN, "::ffff:8.8.8.8", None, "8.8.8.8"),
        (LAN, "8.8.8.8, ::ffff:10.0.0.7", None, "8.8.8.8"),
        (None, "8.8.8.8", None, "8.8.8.8"),  # a unix socket
        (None, None, None, None),
        ("::1", "8.8.8.8", None, "8.8.8.8"),
        ("fd00::1", "8.8.8.8", None, "8.8.8.8"),
        ("fe80::1%eth0", "8.8.8.8", None, "8.8.8.8"),
        ("169.254.169.126", "8.8.8.8", None, "8.8.8.8"),
        ("100.64.3.2", "8.8.8.8", None, "8.8.8.8"),
        ("100.128.3.2", "8.8.8.8", None, "100.128.3.2"),
        ("172.32.0.1", "8.8.8.8", None, "172.32.0.1"),
        ("proxy.example.com", "8.8.8.8", None, "proxy.example.com"),  # HostnameLookups of Apache
    )

    @pytest.mark.parametrize(("peer", "xff", "real", "client"), BY_DEFAULT)
    def test_by_default(self, peer: str | None, xff: str | None, real: str | None, client: str | None) -> None:
        assert proxies.find_client(peer, xff, real) == client

    # named, peer, X-Forwarded-For, client
    NAMED = (
        (["203.0.113.0/24"], "203.0.113.9", "6.6.6.6, 8.8.8.8", "8.8.8.8"),
        (["203.0.113.0/24"], "203.0.113.9", "6.6.6.6, 8.8.8.8, 203.0.113.7", "8.8.8.8"),
        (["203.0.113.0/24"], LAN, "8.8.8.8", LAN),  # named in place of the default
        (["10.0.0.1"], LAN, "6.6.6.6, 10.0.0.7", "10.0.0.7"),  # a client inside cannot pass for another
        (["10.0.0.0/8"], LAN, "10.3.0.1, 10.2.0.1", "10.3.0.1"),  # all trusted
        (["10.0.0.0/8"], LAN, "8.8.8.8, unknown, 10.3.0.1, 10.2.0.1", "10.3.0.1"),
        (["10.0.0.0/8"], None, "8.8.8.8", None),
        (["10.0.0.0/8", "unix"], None, "8.8.8.8", "8.8.8.8"),
        (["unix:"], None, "8.8.8.8", "8.8.8.8"),
        (["2001:db8::/32"], "2001:db8::1", "8.8.8.8", "8.8.8.8"),
        (["10.0.0.1/8"], "10.9.9.9", "8.8.8.8", "8.8.8.8"),  # bits behind the mask
        (["none"], LAN, "8.8.8.8", LAN),
        (["none"], None, "8.8.8.8", None),
    )

    @pytest.mark.parametrize(("names", "peer", "xff", "client"), NAMED)
    def test_of_proxies_that_were_named(self, names: list[str], peer: str | None, xff: str, client: str | None) -> None:
        assert proxies.find_client(peer, xff, None, proxies.parse_trusted(names)) == client

    # X-Forwarded-For of a line without a place for the peer, client by default, and with 10.0.0.0/8 named
    PEERLESS = (
        (None, None, None),
        ("-", None, None),
        ("8.8.8.8", "8.8.8.8", "8.8.8.8"),
        ("6.6.6.6,8.8.8.8", "8.8.8.8", "8.8.8.8"),
        ("8.8.8.8,10.0.0.7", "10.0.0.7", "8.8.8.8"),
        ("8.8.8.8, unknown", None, None),
    )

    @pytest.mark.parametrize(("xff", "client", "named"), PEERLESS)
    def test_without_a_place_for_the_peer(self, xff: str | None, client: str | None, named: str | None) -> None:
        assert proxies.find_client(None, xff, None, has_peer=False) == client
        assert proxies.find_client(None, xff, None, proxies.parse_trusted(["10.0.0.0/8"]), has_peer=False) == named
        assert proxies.find_client(None, None, "8.8.4.4", has_peer=False) == "8.8.4.4"

    @given(xff=st.text(), peer=st.sampled_from(["203.0.113.9", LAN, None]))
    @example(xff="8.8.8.8" + ",10.0.0.1" * 100, peer=LAN)
    def test_strangers_choose_nothing_to_the_left(self, xff: str, peer: str | None) -> None:
        honest = proxies.find_client(peer, "198.51.100.3", None)
        assert proxies.find_client(peer, f"{xff},198.51.100.3", None) == honest
        found = proxies.find_client(peer, xff, xff)
        assert found == peer or found == normalise_hop(found or "")  # nothing but addresses

    def test_time_does_not_grow_with_the_header(self) -> None:
        started = time.process_time()
        assert proxies.find_client(LAN, "10.0.0.1," * 500_000 + "10.0.0.2", None) == "10.0.0.2"
        assert time.process_time() - started < 5  # quadratic time is minutes


class TestTrusting:
    def test_nobody_named(self) -> None:
        assert proxies.parse_trusted([]) is proxies.DEFAULT
        assert pickle.loads(pickle.dumps(Setup(trusted=proxies.parse_trusted(["::1"])))).trusted.holds("::1")

    @pytest.mark.parametrize("names", [["10.0.0.0/33"], ["proxy"], [""], ["none", "10.0.0.1"], ["10.0.0.0/8,::1"]])
    def test_mistakes(self, names: list[str]) -> None:
        with pytest.raises(ValueError, match=r"is no network|stands alone"):
            proxies.parse_trusted(names)


@pytest.mark.parametrize(
    ("text", "port", "found"),
    [
        ("::ffff:203.0.113.9", False, "203.0.113.9"),
        ("2001:db8::17:38239", True, "2001:db8::17"),
        ("[2001:DB8::17]:8080", True, "2001:db8::17"),
        ("192.0.2.4:50123", False, "192.0.2.4"),
        ("[2001:DB8::17]:8080", False, "2001:db8::17"),
        ("proxy.example.com:80", False, "proxy.example.com:80"),
        ("proxy.example.com", False, "proxy.example.com"),
        ("unix:", False, None),
        ("None:0", True, None),
        ("-", False, None),
        ("", False, None),
        (None, False, None),
    ],
)
def test_addresses(text: str | None, port: bool, found: str | None) -> None:
    assert normalise(text, port=port) == found


class TestAttempts:
    LOG = (
        line(LAN, "6.6.6.6, 8.8.8.8") + line("203.0.113.9", "8.8.8.8") + line("", "8.8.8.8") + line(LAN, "-", "8.8.4.4")
    )

    @pytest.mark.parametrize(
        ("trusted", "clients"),
        [
            ((), ["8.8.8.8", "203.0.113.9", "8.8.8.8", "8.8.4.4"]),
            ("none", [LAN, "203.0.113.9", None, LAN]),
            (["203.0.113.9"], [LAN, "8.8.8.8", None, LAN]),
        ],
    )
    def test_clients(self, tmp_path: Path, trusted: str | list[str], clients: list[str | None]) -> None:
        (tmp_path / "a.log").write_text(self.LOG)
        found = logparse.attempts(tmp_path, log_formats=XFF, trusted_proxies=trusted)
        assert found["client"].astype(object).where(found["client"].notna(), None).to_list() == clients

    def test_a_network_that_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "a.log").write_text(self.LOG)
        with pytest.raises(ValueError, match="'x' is no network"):
            logparse.attempts(tmp_path, trusted_proxies="x")
        for command in (("attempts",), ("explain",), ("report", "--out", tmp_path / "out")):
            done = subprocess.run(
                [sys.executable, "-m", "logparse", *command, tmp_path / "a.log", "--trusted-proxy", "x"],
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 2
            assert "--trusted-proxy" in done.stderr

    def test_where_the_start_of_the_line_is_lost_nobody_forwards(self, tmp_path: Path) -> None:
        (tmp_path / "a.log").write_text("of a name" + line(LAN, "8.8.8.8").partition(" - -")[2])
        found = logparse.attempts(tmp_path, log_formats=XFF)
        assert found["client"].isna().to_list() == [True]

    def test_explain_says_who_forwards(self, tmp_path: Path) -> None:
        (tmp_path / "a.log").write_text(self.LOG)
        said = explain(str(tmp_path / "a.log"), 1, Setup(log_formats=(XFF,)))
        assert "client      8.8.8.8, as the trusted proxy 10.0.0.1 forwards it" in said


@pytest.mark.parametrize(
    ("front", "back", "client"),
    [
        (LAN, ' "8.8.8.8, 10.2.0.5"', "8.8.8.8"),  # nginx's `main`
        (LAN, ' "-" 0.012', LAN),
        (LAN, ' 8.8.8.8"', "8.8.8.8"),  # a quote too many
        (LAN, ' "10.0.3.1:8080"', LAN),  # with a port: a server behind
        ("203.0.113.9", ' "8.8.8.8"', "203.0.113.9"),  # of the Internet: anybody
        (f"8.8.8.8 {LAN}", "", "8.8.8.8"),
        (f'"6.6.6.6, 8.8.8.8" {LAN}', "", "8.8.8.8"),
    ],
)
def test_the_forwarded_client_is_read_without_a_format(front: str, back: str, client: str, tmp_path: Path) -> None:
    rest = '- al [22/Nov/2026:12:38:45 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 401 18 "-" "curl"'
    (tmp_path / "x.log").write_text(f"{front} {rest}{back}\n", encoding="utf-8")
    (found,) = logparse.attempts(tmp_path / "x.log").to_dict("records")
    assert (found["client"], found["user"]) == (client, "al")


def test_clients_that_are_lost_are_said(tmp_path: Path) -> None:
    lines = (
        "203.0.113.9 - - [22/Nov/2026:12:38:45 +0000] " + '"POST /api/v1/dags/etl/dagRuns HTTP/1.1" 401 18 "-" "a"\n'
    )
    (tmp_path / "x.log").write_text(lines + f"8.8.8.8 {lines}" * 2, encoding="utf-8")
    with pytest.warns(logparse.IncompleteInputWarning, match="client and user of 2 requests are not known"):
        logparse.attempts(tmp_path / "x.log")
