import threading
import time

import pytest

from regalloc.errors import StoppedError
from regalloc.rl.ahead import Ahead


def test_what_was_begun_is_taken_once():
    with Ahead() as ahead:
        assert ahead.take() is None
        ahead.begin(lambda check: 3)
        assert ahead.take() == 3
        assert ahead.take() is None


def test_work_is_done_beside_the_caller():
    here = threading.Event()
    with Ahead() as ahead:
        ahead.begin(lambda check: here.wait(10))
        here.set()
        assert ahead.take() is True


def test_what_work_raises_is_raised_where_it_is_taken():
    def fail(check):
        raise ValueError("no")

    with Ahead() as ahead:
        ahead.begin(fail)
        with pytest.raises(ValueError, match="no"):
            ahead.take()


def test_work_that_nobody_takes_is_told_to_stop():
    ends = []

    def work(check):
        try:
            while True:
                check()
                time.sleep(0.01)
        except StoppedError as error:
            ends.append(error.brief)
            raise

    with Ahead() as ahead:
        ahead.begin(work)
    assert ends == ["interrupted"]
