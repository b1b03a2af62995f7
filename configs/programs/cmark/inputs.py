"""Write Markdown with what the specification has one example of, again and again."""

from pathlib import Path
from random import Random

draw = Random(16).random


def below(limit: int) -> int:
    """Return an integer from 0 up to a limit."""
    return int(draw() * limit)


def part(number: int) -> str:
    """Return a block of one of many kinds."""
    link = f"[see *{number}*][r{below(200)}] or <http://example.org/{number}?a=1&b=2>"
    link += f" &copy; &#x{number:x};"
    kinds = (
        f"## Heading {number} with `code` ##\n\nText **bold _both_ bold** and *a*b**c** {link}",
        f"> quoted {number}\n> > deeper\nlazy\n> - item\n>   more \\* \\_ \\\\",
        f"{1 + below(9)}. one\n   - two\n\n     three *{number}\n"
        f"   - ![alt `x`](u_{number} 'title')\n2. four",
        f"```c\nint x = {number};\n  <b> & \n```\n\n    indented {number}\n\n* * *",
        f"<div class='k{number}'>\n*raw*\n</div>\n\n"
        f"\"Quotes\" -- and 'dashes' --- {number}...  \nbreak",
        f'[r{number % 200}]: <http://x.org/{number}> "t\n{number}"\n\n'
        f"{'*' * below(5)}a{'_' * below(6)} b**",
    )
    return kinds[below(len(kinds))]


Path("blocks.md").write_text("\n\n".join(map(part, range(9000))) + "\n", encoding="ascii")
