"""Fuzz what reads texts of strangers, guided by coverage.

pip install atheris
python benchmarks/fuzz.py TARGET CORPUS [--seconds 600]

A target takes any bytes and fails if an error comes up that the function does not document, or if a line is not
counted once, or if what is found depends on the way in which it is read. The corpus is a folder: it is filled with the
samples of the data files and of the tests, and with what reaches code that nothing else has reached. An input that
fails is written to the folder as ``crash-...``; `python benchmarks/fuzz.py TARGET FILE` tries it again.

Owns: the targets, and their first inputs. Must not know: how inputs are changed.
"""

from __future__ import annotations

import argparse
import gzip
import io
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fuzzed_files import read_archive, read_packed, read_stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
#: So many lines show the main format of a source here, and so many items its envelopes and its direction: few, so that
#: short inputs are read in both ways, and in the proportion that they have in the program.
HEAD, ITEMS = 12, 10
#: Bytes of an input.
LONGEST: Final = 2048
#: First inputs, by target: files below the top of the checkout.
SEEDS: Final = {
    "logs": ("tests/data/formats/**/*", "tests/data/json/**/*", "tests/fuzz/*"),
    "format-strings": (),
    "exports": ("tests/data/recordings/*/*.csv*", "tests/data/recordings/*/*.json"),
    "rules": ("rules/*/*.toml", "tests/invalid_rules/*/*/*.toml"),
    "archive": (),
    "stored": (),
    "packed": (),
}


def read_logs(data: bytes) -> None:
    """Read a log in all ways: fast and slow, with and without the prefilter, in chunks of several sizes."""
    from logparse.envelopes import unwrapper  # noqa: PLC0415 - instrumented where it is imported
    from logparse.lines.bulk import source_splitter  # noqa: PLC0415
    from logparse.scans.scanner import scan  # noqa: PLC0415
    from logparse.scans.settings import Setup  # noqa: PLC0415
    from logparse.sources.chunk_reader import ChunkReader  # noqa: PLC0415
    from logparse.sources.source import Source  # noqa: PLC0415

    setup, stdin = Setup(), Source("-", None, None)
    usual = source_splitter.HEAD, unwrapper.HEAD, source_splitter.fewest  # type: ignore[attr-defined]

    def read(head: int = 1 << 40, **settings: Any) -> Any:
        source_splitter.HEAD, unwrapper.HEAD = head, ITEMS  # type: ignore[attr-defined]
        source_splitter.fewest = lambda main_format: head  # type: ignore[attr-defined] # noqa: ARG005
        try:
            found = scan(stdin, 0, replace(setup, **settings), stdin=io.BytesIO(data)).whole()
        finally:
            source_splitter.HEAD, unwrapper.HEAD, source_splitter.fewest = usual  # type: ignore[attr-defined]
        # Of lines in blocks only some are read for their time, and none for which of two formats it is in. What stands
        # behind the status of a line that cannot matter is not looked at: it may be in no format after all. The stamp
        # of an envelope in front of it is not read either: it may be none.
        found.coverage = {
            number: replace(
                entry, first=None, last=None, formats={}, envelopes={}, unparsed=(), kinds=merge(entry.kinds)
            )
            for number, entry in found.coverage.items()
        }
        return found

    def merge(kinds: dict[str, int]) -> dict[str, int]:
        return {**kinds, "access": kinds["access"] + kinds["unparsed"], "unparsed": 0}

    slow = read()
    for entry in slow.coverage.values():
        assert sum(entry.kinds.values()) == entry.lines
        text = b"".join(chunk.data for chunk in ChunkReader(stdin, stdin=io.BytesIO(data)))
        # A cell of a table can hold line breaks, which count with its row, and so can a value of an entry: it goes on
        # in lines that are set in.
        rows = text.split(b"\n")
        if not entry.problem and not any(row.count(b'"') % 2 or row[:1] in (b" ", b"\t") for row in rows):
            assert entry.lines >= text.count(b"\n") + (text[-1:] not in {b"", b"\n"})  # a line can hold many records
    assert read(prefilter=False, chunk_bytes=64) == slow
    lines = [(request.source, request.access.line) for request in slow.requests]
    if lines != sorted(lines):  # the newest line is first, which more lines show than there are here
        return
    assert read(HEAD) == slow
    assert read(HEAD, chunk_bytes=100) == slow


def read_format_strings(data: bytes) -> None:
    """Compile a format string, and read lines with it: the first line is the string, the others are lines."""
    from logparse.common.errors import FormatError  # noqa: PLC0415
    from logparse.formats.given import Given, compile_formats  # noqa: PLC0415

    text, *lines = data.decode("utf-8", "surrogateescape").split("\n")
    with suppress(FormatError):
        form = compile_formats(Given((text,)))[0]
        for line in lines:
            form.read(line)


def read_exports(data: bytes) -> None:
    """Read exports of each kind."""
    from logparse.common.errors import InputError  # noqa: PLC0415
    from logparse.verdicts.exports import loader  # noqa: PLC0415
    from logparse.verdicts.exports.export_files import Written  # noqa: PLC0415

    written = [Written("a", data.decode("utf-8-sig", "surrogateescape"))]
    for kind in ("audit_logs", "dag_runs", "users", "roles"):
        with suppress(InputError):
            loader.of(**{kind: written})


def read_rules(data: bytes) -> None:
    """Load a rule file, together with the shipped rules that it may name; its first line is the name of its family."""
    from logparse.common.errors import RuleError  # noqa: PLC0415
    from logparse.rules import loader  # noqa: PLC0415
    from logparse.rules.model import FAMILIES  # noqa: PLC0415

    family = next((family for family in FAMILIES if data.startswith(f"# {family}\n".encode())), FAMILIES[0])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, family, "a.toml")
        file.parent.mkdir()
        file.write_bytes(data)
        named = Path(folder, "named")  # all others would take most of the time
        named.mkdir()
        for family in ("attempts", "follow_ups", "events"):
            (named / family).symlink_to(ROOT / "rules" / family)
        usual = loader.shipped_folder
        loader.shipped_folder = lambda: named
        try:
            with suppress(RuleError):
                loader.load_rules([folder])
        finally:
            loader.shipped_folder = usual


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "logs": read_logs,
    "format-strings": read_format_strings,
    "exports": read_exports,
    "rules": read_rules,
    "archive": read_archive,
    "stored": read_stored,
    "packed": read_packed,
}


def first_inputs(target: str) -> Iterator[bytes]:
    """Yield the first inputs of a target: files of the checkout, and samples of data files."""
    from logparse.envelopes import loader as envelopes  # noqa: PLC0415
    from logparse.formats import loader as formats  # noqa: PLC0415

    for pattern in SEEDS[target]:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                begin = f"# {path.parent.name}\n".encode() if target == "rules" else b""
                content = path.read_bytes()
                yield (begin + (gzip.decompress(content) if path.suffix == ".gz" else content))[:LONGEST]
    if target == "logs":
        for samples in [*(form.samples for form in formats.shipped()), *(each.samples for each in envelopes.shipped())]:
            lines = [sample.line for sample in samples]
            yield "".join(f"{line}\n" for line in [lines[0]] * (HEAD + 1) + lines).encode()[:LONGEST]
    elif target == "format-strings":
        import tomllib  # noqa: PLC0415

        for path in sorted((ROOT / "logparse/formats/shipped").glob("*.toml")):
            form = tomllib.loads(path.read_text(encoding="utf-8"))
            for server in {"gunicorn", "nginx", "apache"} & form.keys():
                yield "\n".join([form[server], *(sample["line"] for sample in form["sample"])]).encode()
    elif target in ("archive", "stored", "packed"):
        texts = (b"", b"0", b'"a"', b"null", b"[]", b"{}", b"-1", b"1e999", b"\x00", b"\xff" * 4)
        yield from (bytes([which, 0, at, 0, 0, 1]) + text for which in range(12) for at in (0, 9, 99) for text in texts)


def main() -> int:
    """Fuzz a target, or try one input."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("corpus", type=Path, help="a folder, or an input to be tried")
    parser.add_argument("--seconds", type=int, default=600)
    asked = parser.parse_args()
    if asked.corpus.is_file():
        TARGETS[asked.target](asked.corpus.read_bytes())
        return 0
    import atheris  # noqa: PLC0415 - not needed to try an input

    with atheris.instrument_imports(include=["logparse"]):
        TARGETS[asked.target](b"")
    folder: Path = asked.corpus
    folder.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    for data in first_inputs(asked.target):
        (folder / sha256(data).hexdigest()).write_bytes(data)
        counts["first inputs"] += 1
    print(f"{asked.target}: {counts['first inputs']} first inputs", flush=True)
    words = folder.with_suffix(".words")
    words.write_text("".join(f'"{word}"\n' for word in ["a", *_words(folder)]), encoding="utf-8")
    options = [f"-max_total_time={asked.seconds}", f"-max_len={LONGEST}", f"-artifact_prefix={folder}/",
               f"-dict={words}", "-timeout=60", "-rss_limit_mb=3000", "-print_final_stats=1"]  # fmt: skip
    atheris.Setup([sys.argv[0], str(folder), *options], TARGETS[asked.target])
    atheris.Fuzz()
    return 0


def _words(folder: Path) -> list[str]:
    """Words of the first inputs that stand in several of them: keys, and signs around them."""
    import re  # noqa: PLC0415

    counts: Counter[bytes] = Counter()
    for path in folder.iterdir():
        counts.update(set(re.findall(rb'"[A-Za-z@_.]{2,30}":|[\[({<"]?[A-Za-z_]{3,20}[=:\])}>"]', path.read_bytes())))
    words = [word.decode() for word, count in counts.items() if count > 1]
    return sorted("".join(f"\\x{ord(letter):02x}" for letter in word) for word in words)


if __name__ == "__main__":
    sys.exit(main())
