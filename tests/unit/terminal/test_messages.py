from regalloc.errors import CorpusError
from regalloc.terminal.messages import print_error


def test_print_error_goes_to_standard_error_unbroken(capsys):
    print_error(CorpusError("bad [corpus]", "x" * 300, "make it again"))
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"error: bad [corpus]\n{'x' * 300}\nwhat to do: make it again\n")
