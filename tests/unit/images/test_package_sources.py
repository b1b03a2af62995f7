from __future__ import annotations

from pathlib import Path

from regalloc.images.package_sources import debian_sources

KEY = "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg"
STANZA = f"Types: deb\nURIs: http://mirror.test/debian\nSuites: bookworm\n{KEY}\n"
ENTRY = STANZA.replace("bookworm\n", "bookworm\nComponents: main\n")


def apt(tmp_path: Path, **files: str) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/").replace("_", ".")
        path.write_text(text)
    return tmp_path


def test_third_parties_comments_and_other_releases_are_left_out(tmp_path):
    security = STANZA.replace("bookworm", "bookworm-security")
    text = f"# remark\n{STANZA}\n{security}\n{STANZA.replace('bookworm', 'trixie')}"
    other = "Types: deb\nURIs: http://other.test/node\nSigned-By: /usr/share/keyrings/n.gpg\n"
    folder = apt(tmp_path, sources_list_d__debian_sources=text, sources_list_d__node_sources=other)
    assert debian_sources(folder) == f"{STANZA}\n{security}"


def test_one_line_entries_become_stanzas(tmp_path):
    ours = "deb http://mirror.test/debian bookworm main"
    signed = f"deb [arch=amd64 signed-by={KEY.split()[1]}] http://mirror.test/debian bookworm main"
    others = "deb [signed-by=/k.gpg] http://other.test bookworm main\n# deb x bookworm main\n"
    foreign = "deb http://other.test stable main\ndeb-src http://mirror.test bookworm main\n"
    found = debian_sources(apt(tmp_path, sources_list=f"{ours}\n{others}{foreign}{signed}\ndeb\n"))
    assert found == f"{ENTRY}\n{ENTRY}"


def test_another_system_has_none(tmp_path):
    folder = apt(tmp_path, sources_list="deb http://mirror.test/ubuntu noble main\n")
    assert debian_sources(folder) == ""
