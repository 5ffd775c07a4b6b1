"""`fairlead explain`: what a rule finds and why, with its examples."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import ClassVar

from fairlead.cli.terminal import line_width, print_errors, wants_color
from fairlead.config import CommandLine, ConfigError, Configuration
from fairlead.reading import RunError
from fairlead.registry import Registry, UnknownSelector
from fairlead.rule import Example, Rule, is_carets

_EXAMPLES_SHOWN = 4


def explain(
    selectors: Sequence[str], command_line: CommandLine, *, config: str | None, isolated: bool, color: str
) -> int:
    """Print the page of each rule that the selectors name; give the exit status."""
    try:
        settings = Configuration(command_line=command_line, config_file=config, isolated=isolated).for_directory(".")
        registry = Registry.load(settings.rule_paths)
        names = [name for selector in selectors for name in sorted(registry.resolve(selector))]
    except (ConfigError, UnknownSelector) as error:
        print_errors([RunError(str(error))])
        return 2
    pages = [page(rule) for name in dict.fromkeys(names) if (rule := registry.get(name)) is not None]
    if wants_color(color, sys.stdout):
        _print_markdown("\n".join(pages))
    else:
        sys.stdout.write("\n".join(pages))
    print_errors([RunError(error.message) for error in registry.errors])
    return 2 if registry.errors else 0


def page(rule: type[Rule]) -> str:
    """A rule's page as Markdown."""
    lines = [f"# {rule.name}", "", rule.summary(), ""]
    facts = f"Severity {rule.severity.value}, profile {rule.profile.value}."
    if rule.aliases:
        facts += f" In other linters: {', '.join(rule.aliases)}."
    lines += [facts, ""]
    if rule.documentation():
        lines += [rule.documentation(), ""]
    for title, examples in (("What it finds", rule.bad), ("What it leaves alone", rule.good)):
        if examples:
            lines += [f"## {title}", ""]
        for example in examples[:_EXAMPLES_SHOWN]:
            lines += [*_block(example, example.drawing), ""]
    return "\n".join(lines)


def _block(example: Example, text: str) -> Iterator[str]:
    given = [f"--build-arg {name}={value}" for name, value in example.build_args.items()]
    if example.target is not None:
        given.append(f"--target {example.target}")
    if given:
        yield f"With `{' '.join(given)}`:"
        yield ""
    for path, content in example.files.items():
        yield f"`{path}`:"
        yield ""
        shown = f"({content:,} bytes)" if isinstance(content, int) else content.rstrip("\n")
        yield from ("```", shown, "```", "")
    yield "```dockerfile"
    yield text.rstrip("\n")
    yield "```"


def _print_markdown(text: str) -> None:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.markdown import CodeBlock, Markdown
    from rich.padding import Padding
    from rich.text import Text
    from rich.theme import Theme

    class Drawing(CodeBlock):
        """Code as it stands, with its carets marked as in a report."""

        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            lines = str(self.text).splitlines(keepends=True)
            drawn = Text.assemble(*((line, "bold red" if is_carets(line) else "") for line in lines))
            drawn.rstrip()
            yield Padding(drawn, (0, 0, 0, 4))

    class Page(Markdown):
        elements: ClassVar = {**Markdown.elements, "fence": Drawing, "code_block": Drawing}

    console = Console(
        force_terminal=True,
        no_color=False,
        legacy_windows=False,
        width=line_width(sys.stdout),
        theme=Theme({"markdown.code": "cyan"}),
    )
    console.print(Page(text))
