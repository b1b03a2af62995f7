from regalloc.page.pages import write_plot
from tests.unit.report.benches import make_bench


def test_plot_has_both_curves_and_equal_bytes(tmp_path):
    text = write_plot(tmp_path / "bench.svg", make_bench()).read_text()
    assert all(words in text for words in ("upstream's way", "ours", "workers", "modules"))
    assert write_plot(tmp_path / "again.svg", make_bench()).read_text() == text
