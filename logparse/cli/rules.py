"""The commands ``rules list``, ``rules check`` and ``rules export``.

Owns: the arguments of these commands and what they print. Must not know: what a rule means.
"""

from pathlib import Path
from typing import Annotated

import typer

from logparse.cli import options

app = typer.Typer(no_args_is_help=True, help="Known requests and app log messages, and what they mean.")


@app.command("list", epilog="Example: logparse rules list --rules my-rules")
def list_(rules: options.Rules = None) -> None:
    """List all rules."""
    from logparse.common.text import aligned  # noqa: PLC0415 - late, see logparse.cli
    from logparse.rules.loader import load_rules  # noqa: PLC0415
    from logparse.rules.model import FAMILIES  # noqa: PLC0415

    ruleset = load_rules(rules or ())
    rows = [[family, rule.id, rule.title] for family in FAMILIES for rule in getattr(ruleset, family)]
    typer.echo("\n".join(aligned(["Family", "Rule", "Title"], rows)))


@app.command("check", epilog="Example: logparse rules check --rules my-rules")
def check(rules: options.Rules = None) -> None:
    """Run the examples of all rules; exit status 2 if any fails. Answers that no rule decides are named."""
    from logparse.cli.output import print_message  # noqa: PLC0415 - late, see logparse.cli
    from logparse.common.errors import RuleError  # noqa: PLC0415
    from logparse.common.text import count  # noqa: PLC0415
    from logparse.inspection.rule_examples import check_rules as problems_of  # noqa: PLC0415
    from logparse.inspection.undecided import list_undecided  # noqa: PLC0415
    from logparse.rules.loader import load_rules  # noqa: PLC0415

    ruleset = load_rules(rules or ())
    if problems := problems_of(ruleset):
        raise RuleError(problems)
    known = list(ruleset)
    examples = sum(len(rule.examples) for rule in known)
    typer.echo(f"{count(len(known), 'rule')}, {count(examples, 'example')}: all pass")
    shipped = {rule.id for rule in (load_rules(()) if rules else ruleset).attempts}
    for rule in ruleset.attempts:
        if rule.id not in shipped and (statuses := list_undecided(ruleset, rule)):
            print_message(
                f"{rule.file}: no outcome rule decides answers {', '.join(map(str, statuses))}; attempts that get one "
                "are undetermined"
            )


@app.command("export", epilog="Example: logparse rules export --sigma sigma")
def export(
    sigma: Annotated[Path, typer.Option("--sigma", metavar="DIR", help="The folder for rules in the form of Sigma.")],
    rules: options.Rules = None,
) -> None:
    """Write the rules that need only one line of a log as Sigma rules, for a SIEM."""
    from logparse.cli.output import print_message  # noqa: PLC0415 - late, see logparse.cli
    from logparse.common.text import count  # noqa: PLC0415
    from logparse.reports.atomic_files import open_target  # noqa: PLC0415
    from logparse.reports.table_files import check_output  # noqa: PLC0415
    from logparse.rules.loader import load_rules  # noqa: PLC0415
    from logparse.rules.sigma import export_rules  # noqa: PLC0415

    ruleset = load_rules(rules or ())
    check_output(sigma, folder=True)
    written = dict(export_rules(ruleset))
    for name, text in written.items():
        with open_target(sigma / name) as stream:
            stream.write(text.encode("utf-8"))
    print_message(f"{count(len(written), 'Sigma rule')} of {count(len(list(ruleset)), 'rule')} in {sigma}")
