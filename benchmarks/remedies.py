"""Does what logparse prints as a remedy work? Tried on a real Airflow, which this starts and stops on loopback.

For each kind of refusal: a user is refused, logparse reads the server's log with the users and roles that Airflow's own
commands export, what it prints in the report of findings is done to the letter, and the same user triggers again, which
must be accepted. What is done: a remedy that begins with a command of Airflow's is run; a setting such as
``[api] auth_backends = ...`` is made and the server is restarted; for one without a value any will do that stays.

With ``--commands`` every command of Airflow's that a finding in ``rules/findings`` names is run once, with real users,
roles and DAGs in its gaps, and so is every setting looked up; what this version does not have is listed, to be compared
with what the remedy says about versions.

    python -m venv venv-2.11
    venv-2.11/bin/pip install apache-airflow==2.11.0 apache-airflow-providers-fab==1.5.3
    python benchmarks/remedies.py venv-2.11/bin/airflow

(with the constraints file of that Airflow version, and for 3.x ``apache-airflow==3.1.5
apache-airflow-providers-fab==3.1.0``). It takes some minutes, makes a home of its own in a temporary folder, and ends
with 1 if a remedy did not work.

Owns: the scenes and the steps. Must not know: how logparse comes to a remedy.
"""

from __future__ import annotations

import argparse
import base64
import csv
import http.client
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

DAGS: Final = """
from airflow import DAG
from datetime import datetime

for name in ("etl_daily", "hr_payroll"):
    globals()[name] = DAG(name, start_date=datetime(2026, 1, 1), schedule=None)
"""
#: Roles of the users who are refused: they lack one thing each, but for the one that loses it.
ROLES: Final = {
    "Runner": [("can_create", "DAG Runs"), ("can_read", "DAGs"), ("can_read", "DAG Runs")],
    "Editor": [("can_edit", "DAGs"), ("can_read", "DAGs"), ("can_read", "DAG Runs")],
    "Tester": [("can_create", "DAG Runs"), ("can_edit", "DAGs"), ("can_read", "DAGs"), ("can_read", "DAG Runs")],
    "HrEditor": [("can_create", "DAG Runs"), ("can_read", "DAGs"), ("can_edit", "DAG:hr_payroll")],
}
USERS: Final = {
    "admin": "Admin",
    "ada": "Admin",
    "rita": "Runner",
    "dave": "Editor",
    "hanna": "HrEditor",
    "nora": "Viewer",
    "tess": "Tester",
}
#: Who is refused for which DAG for want of a permission.
DENIED: Final = {
    "role permission: may create runs, not edit DAGs": ("rita", "etl_daily"),
    "role permission: may edit DAGs, not create runs": ("dave", "etl_daily"),
    "DAG-level permission: may edit another DAG only": ("hanna", "etl_daily"),
    "no role that permits a trigger": ("nora", "etl_daily"),
}
JWT_SECRET: Final = "AIRFLOW__API_AUTH__JWT_SECRET"
BASIC: Final = "airflow.api.auth.backend.basic_auth"
_COMMANDS: Final = re.compile(r"(airflow .+?) \(before ")
_SETTING: Final = re.compile(r"\[(\w+)\] (\w+)(?: = (\S+))?")
#: A command within a sentence: its words, then options with their values.
_NAMED: Final = re.compile(
    r"airflow (?:config get-value \w+ \w+|(?:roles|users|dags|db|keycloak-auth-manager) [a-z-]+|sync-perm|api-server)"
    r"(?: ROLE| \{role\}| Public)?(?: --?[a-z][a-z-]*(?: (?:'[^']*'|\{user\}|DAG:[\w{}]+|[A-Z]\w*|can_\w+|json))?)*"
)
#: What stands in the gaps of a command, and its name in other places.
GAPS: Final = {
    "ROLE": "Runner", "{role}": "Runner", "NAME": "new", "{user}": "nora", "{dag}": "etl_daily", "DAG_ID": "etl_daily",
    "FIRST": "New", "LAST": "Lab", "MAIL": "new@x.org", "-f F -l L": "-f New -l Lab",
}  # fmt: skip


@dataclass(slots=True)
class Airflow:
    """One Airflow with its home, and its server while that runs.

    Attributes:
        command: the executable ``airflow``.
        home: a folder of its own.
        port: of the server, on loopback.
        environment: settings that differ from the defaults.
        server: the process.
    """

    command: Path
    home: Path
    port: int
    environment: dict[str, str]
    server: subprocess.Popen[bytes] | None = None
    version: tuple[int, ...] = ()
    runs: int = 0
    address: str = "127.0.0.1"

    @property
    def modern(self) -> bool:
        """Whether this is Airflow 3."""
        return self.version >= (3,)

    @property
    def log(self) -> Path:
        """What the server wrote, over all its starts."""
        return self.home / "server.log"

    def env(self) -> dict[str, str]:
        """The environment of every command."""
        path = f"{self.command.parent}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, **self.environment, "AIRFLOW_HOME": str(self.home), "PATH": path}

    def run(self, *arguments: str) -> str:
        """Run a command of Airflow's; what it printed."""
        done = subprocess.run(
            [str(self.command), *arguments], env=self.env(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"airflow {' '.join(arguments)}: {done.returncode}\n{done.stderr[-2000:]}")
        return done.stdout

    def start(self) -> None:
        """Start the server and wait until it answers."""
        kind = ["api-server", "--workers", "1", "--host"] if self.modern else ["webserver", "-w", "1", "--hostname"]
        with self.log.open("ab") as log:
            self.server = subprocess.Popen(
                [str(self.command), *kind, "127.0.0.1", "--port", str(self.port)],
                env=self.env(), stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        prefix = urlsplit(self.environment.get("AIRFLOW__WEBSERVER__BASE_URL", "")).path
        health = "/api/v2/version" if self.modern else f"{prefix}/health"
        for _ in range(180):
            if self.ask("GET", health, {}) == 200:  # noqa: PLR2004
                return
            time.sleep(1)
        raise SystemExit(f"the server does not answer; see {self.log}")

    def stop(self) -> None:
        """Stop the server and all its workers."""
        if self.server is not None:
            os.killpg(self.server.pid, signal.SIGTERM)
            self.server.wait(60)
            self.server = None

    def ask(self, method: str, path: str, headers: dict[str, str], body: object = None) -> int:
        """Send a request; the status of its answer, 0 for none."""
        return self.send(method, path, headers, body)[0]

    def send(self, method: str, path: str, headers: dict[str, str], body: object = None) -> tuple[int, bytes]:
        """Send a request from the address of the user at hand; the status of its answer and the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=(self.address, 0))
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except OSError:
            return 0, b""
        finally:
            connection.close()

    def credentials(self, user: str) -> dict[str, str]:
        """What the user sends along: name and password, or a token. From now on it is this user who asks."""
        self.address = self.address_of(user)
        if not self.modern:
            return {"Authorization": "Basic " + base64.b64encode(f"{user}:pw-{user}".encode()).decode()}
        _, answer = self.send("POST", "/auth/token", {}, {"username": user, "password": f"pw-{user}"})
        return {"Authorization": f"Bearer {json.loads(answer)['access_token']}"}

    def trigger(self, headers: dict[str, str], dag: str) -> int:
        """Ask for a run; the status of the answer."""
        self.runs += 1
        body: dict[str, object] = {"dag_run_id": f"remedy-{self.runs}"}
        version = "v2" if self.modern else "v1"
        return self.ask(
            "POST",
            f"/api/{version}/dags/{dag}/dagRuns",
            headers,
            {**body, "logical_date": None} if self.modern else body,
        )

    def ask_as(self, user: str, headers: dict[str, str], dag: str) -> int:
        """As ``trigger``, with credentials that the user got before."""
        self.address = self.address_of(user)
        return self.trigger(headers, dag)

    def address_of(self, user: str) -> str:
        """Lines of 3.x hold no name. Each user has an address, so that the login there tells who asks."""
        return f"127.0.1.{10 + list(USERS).index(user)}"

    def findings(self) -> list[dict[str, str]]:
        """What logparse finds in the server's log, with users and roles as Airflow exports them."""
        self.run("users", "export", str(self.home / "users.json"))
        (self.home / "roles.json").write_text(self.run("roles", "list", "-p", "-o", "json"), "utf-8")
        out = self.home / "reports"
        shutil.rmtree(out, ignore_errors=True)
        subprocess.run(
            [
                sys.executable, "-m", "logparse", "report", str(self.log), "--out", str(out),
                "--users", str(self.home / "users.json"), "--roles", str(self.home / "roles.json"),
            ],
            check=False, capture_output=True,
        )  # fmt: skip
        rows = []
        for path in sorted(out.glob("*/findings.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                rows += list(csv.DictReader(file))
        return rows


def prepare(airflow: Airflow) -> None:
    """Database, DAGs, roles and users."""
    (airflow.home / "dags").mkdir()
    (airflow.home / "dags" / "dags.py").write_text(DAGS, "utf-8")
    airflow.run("db", "migrate")
    airflow.run("sync-perm")  # makes the roles that Airflow brings along
    for user, role in USERS.items():
        if role in ROLES:
            airflow.run("roles", "create", role)
        airflow.run(
            "users",
            "create",
            "-u",
            user,
            "-p",
            f"pw-{user}",
            "-r",
            role,
            "-f",
            user,
            "-l",
            "Lab",
            "-e",
            f"{user}@x.org",
        )
    airflow.run("dags", "reserialize")
    airflow.run("sync-perm", "--include-dags")
    for role, permissions in ROLES.items():
        for action, resource in permissions:
            airflow.run("roles", "add-perms", role, "-a", action, "-r", resource)


def act(airflow: Airflow, remedy: str) -> list[str]:
    """Do what a remedy says: run its commands, make its settings. What was done."""
    commands, setting = _COMMANDS.search(remedy), _SETTING.search(remedy)
    if commands:
        subprocess.run(commands[1], shell=True, env=airflow.env(), check=True, capture_output=True)
        return [commands[1]]
    if setting:
        section, key, value = setting.groups()
        airflow.environment[f"AIRFLOW__{section.upper()}__{key.upper()}"] = value or secrets.token_hex(32)
        return [f"{setting[0]}{'' if value else ' = (a value of our own)'}, restart"]
    return []


def denied(airflow: Airflow, user: str, dag: str) -> tuple[int, str, list[str], int]:
    """A user who lacks a permission: status before, what was found, what was done, status after."""
    headers = airflow.credentials(user)
    before = airflow.trigger(headers, dag)
    found = next((row for row in airflow.findings() if user in row["users"].split(", ")), {})
    done = act(airflow, found.get("remedy", ""))
    time.sleep(35 if airflow.version >= (3, 2) else 0)  # [fab] cache_ttl of fab 3.7 on
    return before, found.get("finding", "nothing"), done, airflow.trigger(headers, dag)


def list_named(pattern: re.Pattern[str]) -> dict[str, list[str]]:
    """Return what the remedies of all findings name, each with the findings that name it."""
    named: dict[str, list[str]] = {}
    for path in sorted((Path(__file__).parent.parent / "rules" / "findings").glob("*.toml")):
        for found in pattern.finditer(tomllib.loads(path.read_text("utf-8"))["remedy"]):
            named.setdefault(found[0].strip(), []).append(path.stem)
    return named


def try_commands(airflow: Airflow) -> None:
    """Run every command that remedies name, and look up every setting; print how each ended."""
    for command, ids in list_named(_NAMED).items():
        filled = command
        for gap, value in GAPS.items():
            filled = filled.replace(gap, value)
        if filled.startswith("airflow api-server"):
            filled += " --help"
        done = subprocess.run(
            filled, shell=True, env=airflow.env(), check=False, capture_output=True, text=True, input="new-1\nnew-1\n"
        )
        last = done.stderr.strip().rpartition("\n")[2][:150] if done.returncode else ""
        print(f"{done.returncode}  {filled}  ({', '.join(ids)}) {last}", flush=True)
    parts = re.split(
        r"^\[(\w+)\]$", airflow.run("config", "list"), flags=re.MULTILINE
    )  # 3.x writes defaults as comments
    known = {
        (name, key)
        for name, lines in zip(parts[1::2], parts[2::2], strict=True)
        for key in re.findall(r"^(?:# )?(\w+) =", lines, re.MULTILINE)
    }
    for text, ids in list_named(_SETTING).items():
        section, key, _ = _SETTING.findall(text)[0]
        if (section, key) not in known:
            print(f"no such setting: [{section}] {key}  ({', '.join(ids)})")


def backend(airflow: Airflow) -> tuple[int, str, list[str], int]:
    """2.x, with sessions only: every call with name and password is refused."""
    airflow.stop()
    airflow.log.unlink()
    airflow.environment["AIRFLOW__API__AUTH_BACKENDS"] = "airflow.api.auth.backend.session"
    airflow.start()
    statuses = [airflow.trigger(airflow.credentials(user), "etl_daily") for user in USERS]
    found = next((row for row in airflow.findings() if "backend" in row["remedy"]), {})
    done = act(airflow, found.get("remedy", ""))
    airflow.stop()
    airflow.start()
    return (
        statuses[0],
        found.get("finding", "nothing"),
        done,
        airflow.trigger(airflow.credentials("admin"), "etl_daily"),
    )


def taken_away(airflow: Airflow) -> tuple[int, str, list[str], int]:
    """A role loses what its user had: refused from then on, until it is granted again."""
    headers = airflow.credentials("tess")
    if airflow.trigger(headers, "etl_daily") != 200:  # noqa: PLR2004
        return 0, "refused at once", [], 0
    airflow.run("roles", "del-perms", "Tester", "-r", "DAG Runs", "-a", "can_create")
    time.sleep(35 if airflow.version >= (3, 2) else 0)
    return denied(airflow, "tess", "etl_daily")


def base_path(airflow: Airflow) -> tuple[int, str, list[str], int]:
    """2.x, with another base path: no path that callers know is there any more."""
    setting = "AIRFLOW__WEBSERVER__BASE_URL"
    headers = airflow.credentials("admin")
    airflow.trigger(headers, "etl_daily")
    airflow.stop()
    airflow.environment[setting] = f"http://127.0.0.1:{airflow.port}/flow"
    airflow.start()
    before = airflow.ask_as("admin", headers, "etl_daily")
    found = next((row for row in airflow.findings() if "base_url" in row["remedy"]), {})
    shown = airflow.run("config", "get-value", "webserver", "base_url").strip()
    airflow.stop()
    del airflow.environment[setting]
    airflow.start()
    done = [f"airflow config get-value webserver base_url shows {shown}", "set back, restart"]
    return before, found.get("finding", "nothing"), done, airflow.ask_as("admin", headers, "etl_daily")


def signing_key(airflow: Airflow) -> tuple[int, str, list[str], int]:
    """3.x, with another key after a restart, as where each start or deployment makes one: all tokens are refused."""
    airflow.stop()
    airflow.log.unlink()
    airflow.environment[JWT_SECRET] = secrets.token_hex(32)
    airflow.start()
    tokens = {user: airflow.credentials(user) for user in ("admin", "ada")}
    for user, token in tokens.items():
        airflow.ask_as(user, token, "etl_daily")
    airflow.stop()
    airflow.environment[JWT_SECRET] = secrets.token_hex(32)
    airflow.start()
    statuses = [airflow.ask_as(user, token, "etl_daily") for user, token in tokens.items()]
    found = next((row for row in airflow.findings() if "jwt_secret" in row["remedy"]), {})
    done = act(airflow, found.get("remedy", ""))
    airflow.stop()
    airflow.start()
    token = airflow.credentials("admin")
    airflow.stop()
    airflow.start()  # with the same key: the token lives on
    return statuses[0], found.get("finding", "nothing"), done, airflow.ask_as("admin", token, "etl_daily")


def main() -> int:
    """Try every kind of refusal, or those named; 0 if every remedy worked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("airflow", type=Path, help="the executable of the Airflow to try")
    parser.add_argument("--only", default="", help="part of the title of the kinds to try")
    parser.add_argument("--commands", action="store_true", help="then run every command that a remedy names")
    wanted = parser.parse_args()
    command = wanted.airflow.absolute()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="remedies-") as folder:
        airflow = Airflow(command, Path(folder), port, {"AIRFLOW__CORE__LOAD_EXAMPLES": "False"})
        airflow.version = tuple(int(part) for part in airflow.run("version").split()[-1].split(".")[:2])
        if airflow.modern:
            fab = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
            airflow.environment |= {
                "AIRFLOW__CORE__AUTH_MANAGER": fab,
                JWT_SECRET: secrets.token_hex(32),
                "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
            }
        else:
            airflow.environment |= {
                "AIRFLOW__API__AUTH_BACKENDS": f"{BASIC},airflow.api.auth.backend.session",
                "AIRFLOW__WEBSERVER__SECRET_KEY": secrets.token_hex(32),
            }
        prepare(airflow)
        scenes: dict[str, Callable[[], tuple[int, str, list[str], int]]] = {
            title: partial(denied, airflow, user, dag) for title, (user, dag) in DENIED.items()
        }
        scenes["a permission is taken away"] = partial(taken_away, airflow)
        if airflow.modern:
            scenes["setting: signing key of the tokens"] = partial(signing_key, airflow)
        else:
            scenes["setting: base path"] = partial(base_path, airflow)  # 3.x answers without it as well
            scenes["setting: authentication backend"] = partial(backend, airflow)
        failed = 0
        try:
            airflow.start()
            for title, scene in ((title, scene) for title, scene in scenes.items() if wanted.only in title):
                before, finding, done, after = scene()
                worked = before >= 400 and after == 200  # noqa: PLR2004
                failed += not worked
                print(
                    f"{'ok' if worked else 'FAILED'}  {title}: {before}, {finding}; {' && '.join(done)}; {after}",
                    flush=True,
                )
            if wanted.commands:
                try_commands(airflow)
        finally:
            airflow.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
