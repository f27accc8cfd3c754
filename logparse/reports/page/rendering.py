"""Templates to pages that need no other file, in which no text of a log can do anything.

Owns: what protects a page from texts that strangers wrote. Must not know: what a page says.

Every text is made printable and goes through the escaping of Jinja2. The policy of a page allows its own style and its
own script, which are named by their digests, and nothing else: no text could run as a script even if it got past that.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import Any, Final

import jinja2
from markupsafe import Markup, escape

from logparse.common.text import count, printable
from logparse.common.version import __version__

_STAMP: Final = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d).*")


def render(template: str, script: str = "", **values: Any) -> str:
    """Return a page as HTML.

    Args:
        template: name of its template.
        script: name of the script that it may run; empty: it may run none.
        **values: what the template asks for.
    """
    style, code = _asset("page.css"), _asset(script) if script else ""
    allowed = f"script-src {_digest(code)}; " if code else ""
    policy = f"default-src 'none'; style-src {_digest(style)}; {allowed}base-uri 'none'; form-action 'none'"
    page = _environment().get_template(template)
    return page.render(version=__version__, style=style, script=code, policy=policy, **values)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined, finalize=_show,
    )  # fmt: skip
    environment.filters |= {"moment": _shorten, "count": count, "thousands": _group, "signed": _sign}
    return environment


def _show(value: Any) -> Any:
    # The page's own style, script and pieces of HTML are of the type Markup.
    return printable(value) if type(value) is str else value


def _group(number: str) -> str:
    """Return a number with commas, as people write it."""
    return f"{int(number):,}" if number.isdecimal() else number


def _sign(change: int) -> str:
    """Return a change as people write it."""
    return f"{change:+,}" if change else "0"


def _shorten(stamp: str) -> Markup:
    """Return a time in UTC without its seconds, as people write it, in an element that a script can find."""
    found = _STAMP.fullmatch(stamp)
    if found is None:
        return escape(stamp)
    return Markup('<time datetime="{0}T{1}Z">{0} {1}</time>').format(*found.groups())


@cache
def _asset(name: str) -> str:
    return files("logparse.reports.page").joinpath(name).read_text("utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
