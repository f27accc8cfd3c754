"""The file ``logparse.toml``: options that need not be typed each time, with a profile for each deployment.

Owns: the keys of this file, and how they become defaults of options. Must not know: what any option means.

A key is the long name of an option without its dashes. Options of a run (``options.RUN_OPTIONS``) count for every
command that has them, all others for ``report`` alone. ``paths`` stands for the logs, and ``archive`` for the archive
of all commands. What is typed wins over the file.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import typer

from logparse.cli import options

#: The file that counts if it is in the folder where a command is run, or else in a folder that the command names.
FILE: Final = "logparse.toml"
_PROFILE: Final = "profile"
#: Parameters that have keys of their own: how each is called in the program, and its key.
_KEYS: Final = {"paths": "paths", "place": "archive", "out": "archive"}
_MAIN: Final = "report"


def read_defaults(group: Any, file: str | None, profile: str | None, words: Sequence[str]) -> dict[str, Any]:
    """Return what options of commands are if they are not typed, by command and parameter.

    Args:
        group: all commands.
        file: name of the file; None: ``logparse.toml``, if it is there or in an archive.
        profile: the part of the file that counts besides what stands at its top, and before that; None: none does.
        words: what is typed behind the command. An archive is among them, if there is one.

    Raises:
        typer.BadParameter: the file cannot be read or used, or it has no such profile.
    """
    path = Path(file) if file else _find(words)
    if file is None and profile is None and not path.is_file():
        return {}
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise typer.BadParameter(f"{path} cannot be read: {error}", param_hint="--config") from error
    profiles = told.pop(_PROFILE, {})
    if not isinstance(profiles, dict) or not all(isinstance(part, dict) for part in profiles.values()):
        raise typer.BadParameter(f"{path}: {_PROFILE} must be tables [{_PROFILE}.NAME]", param_hint="--config")
    if profile is not None and profile not in profiles:
        known = ", ".join(profiles) or "none"
        raise typer.BadParameter(f"{path} has no profile {profile!r}; there are {known}", param_hint="--profile")
    told |= profiles.get(profile, {})
    used: set[str] = set()
    defaults = _fit(group, told, path, used)
    if strange := sorted(told.keys() - used):
        all_keys = sorted({key for command in group.commands.values() for key, _ in _list_keys(command)})
        problem = f"{path}: there is no option {strange[0]!r}; there are {', '.join(all_keys)}"
        raise typer.BadParameter(problem, param_hint="--config")
    return defaults


def _find(words: Sequence[str]) -> Path:
    """Return the file of this folder or, if it has none, that of an archive which the command names."""
    from logparse.archive.storage.sealed import OWN_FOLDER  # noqa: PLC0415 - late, see logparse.cli

    named = (word.removeprefix("--out=") for word in words if not Path(FILE).is_file())
    archives = (folder for folder in named if os.path.isdir(os.path.join(folder, OWN_FOLDER)))  # noqa: PTH112, PTH118 - a word can be none
    return next((path for path in map(Path, archives) if (path / FILE).is_file()), Path()) / FILE


def _fit(group: Any, told: Mapping[str, Any], path: Path, used: set[str]) -> dict[str, Any]:
    """Return defaults of all commands of a group, and note which keys were used."""
    defaults: dict[str, Any] = {}
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            defaults[name] = _fit(command, told, path, used)
            continue
        fitting = {key: parameter for key, parameter in _list_keys(command) if key in told}
        used.update(fitting)
        defaults[name] = {each.name: _check(told[key], each, f"{path}: {key}") for key, each in fitting.items()}
    return defaults


def _list_keys(command: Any) -> Iterator[tuple[str, Any]]:
    """Yield the keys that count for a command, and the parameter of each."""
    main = command.name == _MAIN
    for parameter in command.params:
        if parameter.name == "out" and not main:  # a file, not an archive
            continue
        if parameter.name in _KEYS:
            yield _KEYS[parameter.name], parameter
        elif parameter.name in options.RUN_OPTIONS or (main and parameter.name != "help"):
            yield parameter.opts[0].removeprefix("--"), parameter


def _check(value: Any, parameter: Any, where: str) -> Any:
    """Return a value as the parameter takes it; what it may hold is checked like what is typed."""
    several = parameter.multiple or parameter.nargs != 1
    flag = getattr(parameter, "is_flag", False)
    values = value if isinstance(value, list) and several else [value]
    textual = parameter.param_type_name == "argument"  # a path
    kinds: tuple[type, ...] = (bool,) if flag else (str,) if textual else (str, int, float)
    if not all(isinstance(each, kinds) and isinstance(each, bool) == flag for each in values):
        wanted = "texts" if textual else "texts or numbers" if several else "a text or a number"
        raise typer.BadParameter(f"{where} must be {'true or false' if flag else wanted}", param_hint="--config")
    return values if several else value
