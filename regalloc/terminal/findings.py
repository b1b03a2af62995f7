"""What the doctor found."""

from __future__ import annotations

from regalloc.console import PlainConsole
from regalloc.images.finding import Finding


def print_findings(findings: tuple[Finding, ...]) -> bool:
    """Print the findings and return whether all is well."""
    console = PlainConsole(soft_wrap=True)
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        mark, style = ("fix", "bold red") if finding.fix else ("ok ", "green")
        console.print(mark, style=style, end=" ")
        console.print(f"{finding.subject:{width}}  {finding.seen}")
        if finding.fix:
            console.print(f"    {'':{width}}  {finding.fix}")
    return not any(finding.fix for finding in findings)
