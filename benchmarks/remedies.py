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
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from airflow_server import USERS, Airflow, prepare

if TYPE_CHECKING:
    from collections.abc import Callable

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
