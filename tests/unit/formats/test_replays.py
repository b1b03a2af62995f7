import pytest

from regalloc.errors import CorpusError
from regalloc.formats.corpus import Module, read_corpus
from regalloc.formats.replays import FULL, Proof, Replay, read_replays, write_replays
from tests.unit.compiler.fakes import make_module, write_corpus

PROOFS = {
    "a": Proof("reduced", "", 0.25),
    "b": Proof("optimised", "another score in f", 1.5),
    "c": Proof("full", "another object", 2.0),
    "d": Proof("nothing"),
    "caf\udce9": Proof("reduced", "", 0.5),
}


def test_replays_are_read_as_they_were_written(tmp_path):
    write_replays(tmp_path, PROOFS)
    replays = read_replays(tmp_path)
    assert replays == {
        "a": Replay(tmp_path / "a.optimised", tmp_path / "a.reduced"),
        "b": Replay(tmp_path / "b.optimised"),
        "c": FULL,
        "d": FULL,
        "caf\udce9": Replay(tmp_path / "caf\udce9.optimised", tmp_path / "caf\udce9.reduced"),
    }
    assert [replay.seconds for replay in replays.values()] == [0.25, 1.5, 2.0, 0.0, 0.5]


def test_a_corpus_knows_its_replays(tmp_path):
    write_corpus(tmp_path, [make_module(tmp_path, name, "true") for name in "abc"])
    assert {module.replay for module in read_corpus(tmp_path)} == {FULL}
    write_replays(tmp_path, PROOFS)
    a, b, c = read_corpus(tmp_path)
    assert [m.source(whole=False).name for m in (a, b, c)] == ["a.reduced", "b.optimised", "c.bc"]
    assert [m.source(whole=True).name for m in (a, b, c)] == ["a.optimised", "b.optimised", "c.bc"]


def test_times_may_be_missing(tmp_path):
    write_replays(tmp_path, PROOFS)
    (tmp_path / "times.json").unlink()
    assert {replay.seconds for replay in read_replays(tmp_path).values()} == {0.0}


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"modules": []}', '{"modules": {"a": {"compiles": "backwards"}}}'],
)
def test_damaged_replays_are_named(tmp_path, content):
    (tmp_path / "replay.json").write_text(content)
    with pytest.raises(CorpusError) as caught:
        read_replays(tmp_path)
    assert caught.value.brief == "the corpus is damaged"
    assert caught.value.details.startswith(f"{tmp_path}/replay.json: ")


def test_a_module_without_replay_is_compiled_from_its_own_bitcode(tmp_path):
    module = Module("m", tmp_path / "m.bc", (), False)
    assert {module.source(whole) for whole in (True, False)} == {tmp_path / "m.bc"}
