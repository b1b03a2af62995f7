import io

from rich.console import Console

from regalloc.pipeline.report_table import print_report
from regalloc.report import report
from tests.unit.report.test_report import make_report


def test_table_shows_every_policy_and_the_verdict(tmp_path):
    path = tmp_path / "report.json"
    report.write(make_report(failures={"timeout": 2}), path)
    out = io.StringIO()
    print_report(path, Console(file=out, width=80))
    text = out.getvalue()
    for word in ("held out", "train", "1.3000", "1.0010", "0.9870", "0.9000"):
        assert word in text
    assert "the trained policy is 1.30 % better than the default" in text
    assert "(40 better, 50 equal, 10 worse)" in text.replace("\n", " ")
    assert "failed compiles: 2 x timeout" in text
