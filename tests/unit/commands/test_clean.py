from __future__ import annotations

from regalloc.commands.clean import image_names
from regalloc.images.tree import MATERIALS, TREE


def test_every_image_goes_before_what_it_is_built_on():
    names = image_names()
    assert sorted(names) == sorted(["release", *(image.name for image in (*TREE, *MATERIALS))])
    for image in (*TREE, *MATERIALS):
        assert image.parent is None or names.index(image.name) < names.index(image.parent)
        assert names.index("release") < names.index(image.name)
