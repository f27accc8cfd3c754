"""The commands ``rules list`` and ``rules check``.

Owns: the arguments of these commands and what they print. Must not know: what a rule means.
"""

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
    """Run the examples of all rules; exit status 2 if any fails."""
    from logparse.common.errors import RuleError  # noqa: PLC0415 - late, see logparse.cli
    from logparse.common.text import count  # noqa: PLC0415
    from logparse.inspection.rule_examples import check_rules as problems_of  # noqa: PLC0415
    from logparse.rules.loader import load_rules  # noqa: PLC0415

    ruleset = load_rules(rules or ())
    if problems := problems_of(ruleset):
        raise RuleError(problems)
    known = list(ruleset)
    examples = sum(len(rule.examples) for rule in known)
    typer.echo(f"{count(len(known), 'rule')}, {count(examples, 'example')}: all pass")
