"""`fairlead rules`: every rule, and which of them are on."""

from __future__ import annotations

import json
import sys
import textwrap

from fairlead.cli.terminal import line_width, print_errors, print_lines, wants_color
from fairlead.config import CommandLine, ConfigError, Configuration
from fairlead.reading import RunError
from fairlead.registry import Registry
from fairlead.report.excerpt import Segment
from fairlead.report.text import Line
from fairlead.rule import Rule


def rules(command_line: CommandLine, *, config: str | None, isolated: bool, output_format: str, color: str) -> int:
    """List the rules as the configuration of the working directory has them; give the exit status."""
    try:
        settings = Configuration(command_line=command_line, config_file=config, isolated=isolated).for_directory(".")
        registry = Registry.load(settings.rule_paths)
        registry.check_selectors(settings)
    except ConfigError as error:
        print_errors([RunError(str(error))])
        return 2
    enabled = set(registry.enabled(settings))
    if output_format == "json":
        entries = [
            {
                "name": rule.name,
                "summary": rule.summary(),
                "severity": registry.severity(rule, settings).value,
                "profile": rule.profile.value,
                "enabled": rule in enabled,
                "aliases": list(rule.aliases),
            }
            for rule in registry
        ]
        sys.stdout.write(json.dumps(entries, indent=2) + "\n")
    else:
        lines: list[Line] = []
        width = line_width(sys.stdout)
        for rule in registry:
            lines.extend(_entry(rule, registry.severity(rule, settings).value, rule in enabled, width))
        off = sum(1 for _ in registry) - len(enabled)
        lines.append([Segment(f"{len(enabled)} rules are on, {off} off. fairlead explain RULE says more.", "strong")])
        print_lines(lines, color=wants_color(color, sys.stdout))
    print_errors([RunError(error.message) for error in registry.errors])
    return 2 if registry.errors else 0


def _entry(rule: type[Rule], severity: str, on: bool, width: int) -> list[Line]:
    head: Line = [Segment(rule.name, "rule"), Segment("  "), Segment(severity, severity)]
    if not on:
        head.append(Segment(f"  off (profile {rule.profile.value})"))
    lines = [head]
    lines.extend([Segment("  " + text)] for text in textwrap.wrap(rule.summary(), width - 2))
    if rule.aliases:
        lines.extend([Segment("  " + text, "place")] for text in textwrap.wrap(", ".join(rule.aliases), width - 2))
    lines.append([])
    return lines
