import xml.etree.ElementTree as ET

import pytest

from regalloc.page import figure, plots
from tests.unit.report.samples import make_part_of

PART = make_part_of("Support", 8, 5)
EMPTY = make_part_of("Support", 0, 0)
CURVES = {
    "ratio": {0: 1.0, 1: 0.99},
    "reward/p5": {0: -0.1, 1: -0.2},
    "reward/p50": {0: 0.0, 1: 0.1},
    "reward/p95": {0: 0.1, 1: 0.3},
}
PLOTS = {
    "ratios": lambda part: plots.draw_ratios(part),
    "distribution": lambda part: plots.draw_distribution(part),
    "sizes": lambda part: plots.draw_sizes(part),
    "curve": lambda _: plots.draw_curve(CURVES, "ratio", "score", 1.0),
    "rewards": lambda _: plots.draw_rewards(CURVES),
}


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_one_element_in_the_pages_own_colours(name):
    svg = PLOTS[name](PART)
    root = ET.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("aria-label")
    assert "width" not in root.attrib
    assert "var(--policy)" in svg
    for taken in ("<style", "<metadata", "font-family", "http://purl.org", *figure.VARIABLES):
        assert taken not in svg
    # Text is text: it can be searched, read aloud, and set in the page's font.
    assert "<text" in svg


def test_a_round_without_a_group_to_compare_with_has_no_reward():
    last = {name: values | {2: 0.0} for name, values in CURVES.items() if name != "ratio"}
    assert plots.draw_rewards(last) == plots.draw_rewards(CURVES)


@pytest.mark.parametrize("name", PLOTS)
def test_equal_input_gives_equal_bytes(name):
    assert PLOTS[name](PART) == PLOTS[name](PART)


def test_ids_of_two_plots_differ():
    found = [
        {node.get("id") for node in ET.fromstring(PLOTS[name](PART)).iter() if node.get("id")}
        for name in PLOTS
    ]
    assert len(set().union(*found)) == sum(len(ids) for ids in found)


@pytest.mark.parametrize("name", ["ratios", "distribution", "sizes"])
def test_a_part_without_functions_can_be_drawn(name):
    ET.fromstring(PLOTS[name](EMPTY))
