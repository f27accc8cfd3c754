"""What mkdocs does for the site besides building pages: pages from the top of the checkout, and links out of the site.

On the site, a link to a file of the checkout that is no page becomes plain text.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

_ROOT: Final = Path(__file__).resolve().parent.parent
_PAGES: Final = {
    "README.md": "index.md", "CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}  # fmt: skip
_LINK: Final = re.compile(r"(!?\[(?:[^\[\]]|\[[^\]]*\])*\])\((?!https?:|#)([^)#\s]+)(#[^)]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages at the top of the checkout."""
    for source, name in _PAGES.items():
        files.append(File.generated(config, name, content=(_ROOT / source).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Return a page with links that lead to pages of the site."""
    name = page.file.src_uri
    source = next((source for source, made in _PAGES.items() if made == name), f"docs/{name}")

    def lead(found: re.Match[str]) -> str:
        text, link, anchor = found.groups(default="")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link))
        inside = _PAGES.get(target) or (target.removeprefix("docs/") if target.startswith("docs/") else "")
        if not inside or not Path(inside).suffix:
            return text.strip("[]")
        return f"{text}({posixpath.relpath(inside, posixpath.dirname(name) or '.')}{anchor})"

    return _LINK.sub(lead, markdown)
