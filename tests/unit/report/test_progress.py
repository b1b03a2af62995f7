import io

from regalloc.report.progress import Lines, progress


def test_lines_come_when_the_last_one_is_old():
    seconds = [0.0]
    stream = io.StringIO()
    lines = Lines("trace", 112, stream, lambda: seconds[0])
    for _ in range(112):
        seconds[0] += 0.25
        lines.advance()
    lines.close()
    assert stream.getvalue().splitlines() == [
        "trace 40/112, 4.0/s, 18 s left",
        "trace 80/112, 4.0/s, 8 s left",
        "trace 112/112, 4.0/s, 28.0 s",
    ]


def test_progress_without_a_terminal_writes_the_last_line(capsys):
    with progress("extract", 2) as advance:
        advance()
        advance()
    assert capsys.readouterr().err.startswith("extract 2/2, ")
