"""Tables as data and as lines: nothing is lost on the way, and two tables stand side by side."""

from dataclasses import replace

import pytest

from plans.rules.pack import PackError
from plans.rules.policy_tables import (
    Beside,
    answers_to_choose,
    beside,
    lines_of,
    same_table,
    table_as_data,
    with_table,
)
from tests.plans.rules.policy_crowd import tables_of
from tests.plans.rules.rule_world import mapping, pack


@pytest.mark.parametrize("method", ["linear", "bands", "per_point", "price_list"])
def test_a_table_is_the_same_after_it_was_written_as_data(method: str) -> None:
    table = tables_of(pack())[method]
    again = with_table(mapping(), table_as_data(table)).allocation
    assert again == table
    assert same_table(again, table)


def test_every_figure_is_a_line() -> None:
    of = pack()
    said = {line.label: line.words for line in lines_of(of, of.allocation)}
    assert said["At 30 points"] == "£8,320.00"
    assert said["Somebody there at night, asleep"] == "£4,160.00 a year more"
    assert said["Higher prices outside the town"] == "5% more"
    assert said["Never more than"] == "£91,000.00"
    prices = lines_of(of, tables_of(of)["price_list"])
    assert any(line.words == "£10.39, 156 times a year" for line in prices)
    assert lines_of(of, tables_of(of)["per_point"])[0].words == "£314.15"


def test_two_tables_stand_side_by_side_in_the_order_of_their_points() -> None:
    of = pack()
    table = of.allocation
    other = replace(
        table,
        knots=((0, 0), (20, 500_000), *table.knots[2:]),
        adjustments=table.adjustments[1:],
        maximum_pence=None,
    )
    found = beside(of, table, of, other)
    labels = [line.label for line in found]
    assert labels[:4] == ["At 0 points", "At 10 points", "At 20 points", "At 30 points"]
    assert Beside("At 10 points", "£2,080.00", "") in found
    assert Beside("At 20 points", "", "£5,000.00") in found
    assert Beside("Somebody there at night, asleep", "£4,160.00 a year more", "") in found
    assert Beside("Never more than", "£91,000.00", "No limit") in found
    assert sum(line.differs for line in found) == 4


def test_an_adjustment_for_less_need_cannot_be_worth_more_than_for_more_need() -> None:
    of = pack()
    content = mapping()
    table = table_as_data(of.allocation)
    table["adjustments"].append(
        {
            "key": "meals",
            "label": "Meals",
            "question": "nutrition_need",
            "option": "some",
            "pence": 5,
        }
    )
    with pytest.raises(PackError, match="which is more need") as found:
        with_table(content, table)
    assert found.value.path == "pack.allocation.adjustments[4]"
    for option in ("most", "all"):
        table["adjustments"].append(
            {
                "key": f"meals_{option}",
                "label": "Meals",
                "question": "nutrition_need",
                "option": option,
                "pence": 5,
            }
        )
    assert with_table(content, table).allocation.adjustments[-1].pence == 5


def test_adjustments_can_name_every_answer_about_needs_and_places_but_no_unpaid_help() -> None:
    of = pack()
    named = {
        value.partition("=")[0] for _, options in answers_to_choose(of) for value, _ in options
    }
    assert {"nights", "place", "nutrition_need"} <= named
    assert not any(key.endswith(("_unpaid", "_ways")) or key == "cause" for key in named)
