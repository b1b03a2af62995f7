"""Write XML of records, XML with namespaces and entities, a schema, and HTML as people write it."""

from pathlib import Path
from random import Random

draw = Random(14).random
WORDS = ("red", "old", "stone", "river", "&amp; so", "caf\u00e9", "light", "\u4e16\u754c", "&#x41;")


def below(limit: int) -> int:
    """Return an integer from 0 up to a limit."""
    return int(draw() * limit)


def words(count: int) -> str:
    """Return words, some of them with references and letters beyond ASCII."""
    return " ".join(WORDS[below(len(WORDS))] for _ in range(count))


def records(count: int) -> str:
    """Return a catalogue of books."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<catalogue>"]
    for number in range(count):
        authors = "".join(f"<author>{words(2)}</author>" for _ in range(1 + below(3)))
        lines.append(
            f'  <book id="b{number}" year="{1900 + below(120)}" '
            f'lang="{"en" if draw() < 0.6 else "fr"}">'
            f"<title>{words(4)}</title>{authors}<price>{below(90)}.{below(90) + 10}</price>"
            f"<note>{words(12)}</note></book>"
        )
    return "\n".join([*lines, "</catalogue>"]) + "\n"


def mixed(count: int) -> str:
    """Return nested elements in namespaces, with entities, comments, CDATA and instructions."""
    lines = ['<?xml version="1.0"?>', "<!DOCTYPE top [", '<!ENTITY who "the <b>entity</b>">']
    lines += ["<!ATTLIST item kind CDATA 'plain'>", "]>"]
    lines.append('<top xmlns="urn:one" xmlns:z="urn:two" xmlns:a="urn:three">')
    for number in range(count):
        depth = 1 + below(9)
        inner = f'<item z:b="{number}" a:a="&quot;{below(99)}&quot;" c="x">&who; {words(3)}</item>'
        inner += f"<!-- {number} --><![CDATA[ if (a < {number} && b) ]]><?run {number}?>"
        opened = "".join(f'<z:level xmlns:z="urn:{level}">' for level in range(depth))
        lines.append(f"{opened}{inner}{'</z:level>' * depth}")
    return "\n".join([*lines, "</top>"]) + "\n"


def html(count: int) -> str:
    """Return HTML with elements that are never closed, and some that were never opened."""
    lines = ["<html><head><title>Page<meta charset=utf-8><body bgcolor=white>"]
    for number in range(count):
        lines += [
            f"<h2 id=h{number}>{words(3)}<p>{words(14)}<br>{words(3)} <b>bold <i>both</b> it</i>",
            f"<table border><tr><td>{number}<td>{words(2)}<tr><td colspan=2>&nbsp;&copy;</table>",
            f"<ul><li>one<li><a href='?a=1&b={number}'>two</a></ul></span><img src=x.png alt=y>",
        ]
    return "\n".join(lines) + "\n"


SCHEMA = """\
<grammar xmlns="http://relaxng.org/ns/structure/1.0"
         datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start><element name="catalogue"><oneOrMore><ref name="book"/></oneOrMore></element></start>
  <define name="book">
    <element name="book">
      <attribute name="id"><data type="ID"/></attribute>
      <attribute name="year"><data type="gYear"/></attribute>
      <attribute name="lang"><choice><value>en</value><value>fr</value></choice></attribute>
      <element name="title"><text/></element>
      <oneOrMore><element name="author"><data type="string"/></element></oneOrMore>
      <element name="price">
        <data type="decimal"><param name="maxInclusive">200</param></data>
      </element>
      <optional><element name="note"><text/></element></optional>
    </element>
  </define>
</grammar>
"""

Path("records.xml").write_text(records(5000), encoding="utf-8")
Path("mixed.xml").write_text(mixed(4000), encoding="utf-8")
Path("page.html").write_text(html(2500), encoding="utf-8")
Path("schema.rng").write_text(SCHEMA, encoding="ascii")
