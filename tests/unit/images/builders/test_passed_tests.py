from __future__ import annotations

from dataclasses import replace

import pytest

from regalloc.errors import ImageError
from regalloc.images.builders.passed_tests import Examiner
from regalloc.images.tags import ImageTest, Target
from regalloc.images.tree import TREE

LLVM = Target(TREE[1], "1-l", (), None, test=ImageTest((), (), "tests-1"))
ID = "sha256:1"


class Builder:
    def __init__(self) -> None:
        self.tested: list[str] = []
        self.fails = False

    def test(self, target: Target) -> None:
        self.tested.append(target.reference)
        if self.fails:
            raise ImageError(f"{target.reference} tests could not be built")


@pytest.fixture
def builder() -> Builder:
    return Builder()


@pytest.fixture
def examiner(builder, tmp_path) -> Examiner:
    return Examiner(builder, tmp_path, lambda line: None)


def test_an_image_is_tested_once(examiner, builder):
    for _ in range(2):
        examiner.test(LLVM, ID)
    assert builder.tested == ["regalloc-llvm:1-l"]
    found = examiner.find(LLVM, ID)
    assert (found.image, found.image_id, found.tests) == ("regalloc-llvm:1-l", ID, "tests-1")


@pytest.mark.parametrize(
    ("target", "image_id"),
    [
        (LLVM, "sha256:2"),
        (replace(LLVM, test=ImageTest((), (), "tests-2")), ID),
        (replace(LLVM, tag="1-m"), ID),
    ],
)
def test_another_image_or_other_tests_are_tested_again(examiner, builder, target, image_id):
    examiner.test(LLVM, ID)
    examiner.test(target, image_id)
    assert len(builder.tested) == 2


def test_an_image_that_fails_has_no_record(examiner, builder):
    builder.fails = True
    with pytest.raises(ImageError):
        examiner.test(LLVM, ID)
    assert examiner.find(LLVM, ID) is None


def test_a_damaged_record_says_nothing(examiner, builder, tmp_path):
    examiner.test(LLVM, ID)
    (record,) = (tmp_path / "tested").iterdir()
    record.write_text("{")
    examiner.test(LLVM, ID)
    assert len(builder.tested) == 2


def test_an_image_without_tests_is_not_tested(examiner, builder):
    examiner.test(replace(LLVM, test=None), ID)
    assert builder.tested == []
