"""A real Airflow on loopback: its home, its users and roles, its server, and requests to that.

Owns: how Airflow is set up, started, asked and stopped. Must not know: which requests are made, and why.
"""

from __future__ import annotations

import base64
import csv
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

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
