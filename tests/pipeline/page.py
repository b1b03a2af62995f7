"""The commands of docs/your-program.md, so that tests do word by word what it says."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "your-program.md"
RELEASE = "/release"
"""What stands for the page's DIR, a release's folder."""
TOP = "Your own program"
PROFILE = "2. With a profile"
_BLOCK = re.compile(r"(?:^ {4}.*\n)+", re.MULTILINE)


def commands(heading: str) -> str:
    """Return what stands in the page's indented blocks between a heading and the next one."""
    text = PAGE.read_text(encoding="utf-8")
    (section,) = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, re.M | re.S)
    blocks = [re.sub("^ {4}", "", block, flags=re.M) for block in _BLOCK.findall(section)]
    assert blocks, heading
    return "".join(blocks).replace("DIR", RELEASE)


def set_path() -> str:
    """Return the line that puts a release's tools within reach."""
    (line,) = [line for line in commands(TOP).splitlines() if "PATH=" in line]
    return f"{line}\n"


def line_with(text: str) -> str:
    """Return the one line of the page that holds a text, without what is around the command."""
    (line,) = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if text in line]
    return f"{line.strip()}\n".replace("DIR", RELEASE)
