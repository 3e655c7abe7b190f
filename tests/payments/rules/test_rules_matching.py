"""Matching: what is certain is found, what is not stays open, whatever the order."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.rules.matching import Found, MatchResult, OpenItem, OpenLine, match
from payments.rules.references import references_in

DAY = date(2026, 3, 2)


def line(
    number: int, pence: int = -12000, words: str = "BACS", days: int = 0, **more: str
) -> OpenLine:
    return OpenLine(number, DAY + timedelta(days=days), pence, words, **more)


def item(name: str, reference: str, pence: int = -12000, **more: object) -> OpenItem:
    return OpenItem(name, reference, pence, DAY, **more)  # type: ignore[arg-type]


def only(found: MatchResult) -> Found:
    (one,) = found.matches
    return one


@pytest.mark.parametrize(
    "words",
    [
        "PAY-7K2QFA",
        "pay 7k2qfa Wrenbury",
        "BGC WRENBURYPAY7K2QFA",
        "P A Y - 7 K 2 Q F A",
        "Ref:PAY.7K2QFA/INV 001",
        "Wrenbury PAY–7K2\nQFA",
    ],
)
def test_our_reference_is_found_however_the_bank_prints_it(words: str) -> None:
    found = only(match([line(1, words=words)], [item("a", "PAY-7K2QFA"), item("b", "PAY-ZZZZZZ")]))

    assert (found.items, found.pass_name) == (("a",), "reference")
    assert found.why == "same reference PAY-7K2QFA and amount £120.00"


def test_our_reference_with_another_amount_is_only_suggested() -> None:
    found = match([line(1, -11999, "PAY-7K2QFA")], [item("a", "PAY-7K2QFA")])

    assert found.matches == ()
    (suggestion,) = found.suggestions
    assert suggestion.why == "same reference PAY-7K2QFA, but £120.00 out was expected"


def test_money_in_never_settles_money_out() -> None:
    assert match([line(1, 12000, "PAY-7K2QFA")], [item("a", "PAY-7K2QFA")]).matches == ()


def test_the_bank_paying_twice_leaves_both_lines_open() -> None:
    found = match(
        [line(1, words="PAY-7K2QFA"), line(2, words="PAY-7K2QFA")], [item("a", "PAY-7K2QFA")]
    )

    assert (found.matches, found.open_lines, found.open_items) == ((), (1, 2), ("a",))
    assert [suggestion.line for suggestion in found.suggestions] == [1, 2]


def test_the_rails_own_id_matches() -> None:
    items = [
        item("a", "PAY-7K2QFA", external_id="tr_1"),
        item("b", "PAY-ZZZZZZ", external_id="tr_2"),
    ]

    found = only(match([line(1, words="", source_id="tr_2")], items))

    assert (found.items, found.pass_name) == (("b",), "rail id")


def test_a_reference_and_a_rail_id_that_contradict_each_other_stay_open() -> None:
    items = [
        item("a", "PAY-7K2QFA", external_id="tr_1"),
        item("b", "PAY-ZZZZZZ", external_id="tr_2"),
    ]

    assert match([line(1, words="PAY-7K2QFA", source_id="tr_2")], items).matches == ()


def test_another_reference_and_the_amount_match_as_whole_words_only() -> None:
    items = [
        item("a", "PAY-7K2QFA", also_known_as=("INV-0042",)),
        item("b", "PAY-ZZZZZZ", also_known_as=("INV-0043",)),
    ]

    found = only(match([line(1, words="Brightside inv 0042", days=30)], items))

    assert (found.items, found.pass_name) == (("a",), "reference and amount")
    assert match([line(1, words="Brightside inv 00429", days=30)], items).matches == ()


def test_a_bulk_debit_that_names_a_run_settles_all_of_it() -> None:
    items = [
        item("a", "PAY-AAAAAA", -100, group="RUN-7K2QFA"),
        item("b", "PAY-BBBBBB", -250, group="RUN-7K2QFA"),
    ]

    found = only(match([line(1, -350, "Bulk RUN 7K2QFA")], items))

    assert (found.items, found.pass_name) == (("a", "b"), "group")
    assert found.why == "the whole of RUN-7K2QFA, 2 payments, £3.50 out"


def test_a_bulk_debit_settles_what_is_left_of_a_run_it_names() -> None:
    items = [
        item("a", "PAY-AAAAAA", -100, group="RUN-7K2QFA"),
        item("b", "PAY-BBBBBB", -250, group="RUN-7K2QFA"),
    ]

    found = match([line(1, -100, "PAY-AAAAAA"), line(2, -250, "RUN-7K2QFA")], items)

    assert {(one.line, one.items) for one in found.matches} == {(1, ("a",)), (2, ("b",))}


def test_two_bulk_debits_of_one_run_stay_open() -> None:
    items = [item("a", "PAY-AAAAAA", -100, group="RUN-7K2QFA")]

    assert match([line(1, -100, "RUN-7K2QFA"), line(2, -100, "RUN-7K2QFA")], items).matches == ()


def test_a_rails_group_is_matched_by_its_field() -> None:
    items = [
        item("a", "PAY-AAAAAA", -100, group="po_1"),
        item("b", "PAY-BBBBBB", -250, group="po_1"),
    ]

    assert only(match([line(1, -350, "STRIPE", group="po_1")], items)).items == ("a", "b")


def test_a_run_that_no_line_names_is_matched_only_when_nothing_else_fits() -> None:
    run = [
        item("a", "PAY-AAAAAA", -100, group="RUN-7K2QFA"),
        item("b", "PAY-BBBBBB", -250, group="RUN-7K2QFA"),
    ]

    assert only(match([line(1, -350)], run)).pass_name == "group total"
    assert match([line(1, -350)], [*run, item("c", "PAY-CCCCCC", -350)]).matches == ()
    assert match([line(1, -350), line(2, -350)], run).matches == ()
    assert match([line(1, -350, days=6)], run).matches == ()


def test_one_line_that_names_several_payments_and_is_their_sum_settles_them() -> None:
    items = [item("a", "PAY-AAAAAA", -100), item("b", "PAY-BBBBBB", -250)]

    found = match([line(1, -350, "PAY-BBBBBB PAY-AAAAAA")], items)

    assert only(found).items == ("a", "b")
    assert match([line(1, -349, "PAY-BBBBBB PAY-AAAAAA")], items).matches == ()


def test_an_amount_matches_alone_only_when_one_fits_on_both_sides() -> None:
    found = only(match([line(1)], [item("a", "PAY-7K2QFA")]))

    assert found.pass_name == "amount and days"
    assert found.why == "the only one of £120.00 out in the days around: PAY-7K2QFA"
    assert match([line(1), line(2)], [item("a", "PAY-7K2QFA")]).matches == ()
    assert match([line(1)], [item("a", "PAY-7K2QFA"), item("b", "PAY-ZZZZZZ")]).matches == ()


def test_an_amount_outside_its_days_is_only_suggested() -> None:
    found = match([line(1, days=6)], [item("a", "PAY-7K2QFA")])

    assert found.matches == ()
    assert found.suggestions[0].why == "same amount, 6 days apart: PAY-7K2QFA"


def test_an_item_may_say_its_own_window() -> None:
    late = item("a", "PAY-7K2QFA", latest=DAY + timedelta(days=10))

    assert only(match([line(1, days=9)], [late])).items == ("a",)
    assert match([line(1, days=11)], [late]).matches == ()


def test_a_line_that_names_something_unknown_is_not_matched_by_amount() -> None:
    assert match([line(1, words="PAY-9XYZ9X")], [item("a", "PAY-7K2QFA")]).matches == ()
    assert match([line(1, words="", source_id="tr_9")], [item("a", "PAY-7K2QFA")]).matches == ()


def test_ordinary_words_are_not_taken_for_a_reference() -> None:
    assert references_in("PAY WATERS, payments, run brandt, top 12345") == set()
    assert references_in("pay-waters RUN 7K2QFA") == {"PAY-WATERS", "RUN-7K2QFA"}


def test_suggestions_are_ranked_and_a_payees_name_counts() -> None:
    items = [
        item("a", "PAY-AAAAAA"),
        item("b", "PAY-BBBBBB", payee="Brightside Home Care"),
        replace(item("c", "PAY-CCCCCC"), day=DAY + timedelta(days=3)),
    ]

    found = match([line(1, words="BRIGHTSIDE HOME CARE LTD")], items)

    assert [suggestion.item for suggestion in found.suggestions] == ["b", "a", "c"]
    assert [suggestion.score for suggestion in found.suggestions] == [85, 70, 61]


# -- laws ----------------------------------------------------------------------------------------

CODES = ("AAAAAA", "BBBBBB", "7K2QFA", "ZZZZZ2", "9XYZ9X")
pence = st.sampled_from([-300, -200, -100, 100])
near = st.integers(-8, 8).map(lambda days: DAY + timedelta(days=days))
ids = st.sampled_from(["", "", "tr_1", "tr_2", "tr_3"])
groups = st.sampled_from(["", "RUN-7K2QFA", "RUN-BBBBBB", "po_1"])
words = st.lists(
    st.sampled_from(["BACS", "INV-0042", "RUN-7K2QFA", "run 7k2qfa", *(f"PAY-{c}" for c in CODES)]),
    max_size=3,
).map(" ".join)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[OpenLine], list[OpenItem]]:
    lines = [
        OpenLine(n, draw(near), draw(pence), draw(words), draw(ids), draw(groups))
        for n in range(draw(st.integers(0, 6)))
    ]
    codes = draw(st.lists(st.sampled_from(CODES), unique=True, max_size=5))
    items = [
        OpenItem(
            id=f"i{n}",
            reference=f"PAY-{code}",
            amount_pence=draw(pence),
            day=draw(near),
            external_id=draw(ids),
            group=draw(groups),
            also_known_as=draw(st.sampled_from([(), ("INV-0042",)])),
        )
        for n, code in enumerate(codes)
    ]
    return lines, items


@given(worlds())
@settings(max_examples=300, deadline=None)
def test_a_match_is_always_exact_and_nothing_is_used_twice_or_lost(
    world: tuple[list[OpenLine], list[OpenItem]],
) -> None:
    lines, items = world
    found = match(lines, items)

    by_line, by_item = {li.id: li for li in lines}, {it.id: it for it in items}
    for one in found.matches:
        assert by_line[one.line].amount_pence == sum(by_item[i].amount_pence for i in one.items)
    used = [i for one in found.matches for i in one.items]
    assert sorted([*used, *found.open_items]) == sorted(by_item)
    assert sorted([*(one.line for one in found.matches), *found.open_lines]) == sorted(by_line)
    for suggestion in found.suggestions:
        assert suggestion.line in found.open_lines
        assert suggestion.item in found.open_items
        assert 0 < suggestion.score <= 100


@given(worlds(), st.data())
@settings(max_examples=200, deadline=None)
def test_the_order_of_lines_and_items_changes_nothing(
    world: tuple[list[OpenLine], list[OpenItem]], data: st.DataObject
) -> None:
    lines, items = world

    other = match(data.draw(st.permutations(lines)), data.draw(st.permutations(items)))

    assert other == match(lines, items)


@given(worlds(), st.permutations(range(6)), st.permutations(range(5)))
@settings(max_examples=200, deadline=None)
def test_new_numbers_for_lines_and_items_change_no_match(
    world: tuple[list[OpenLine], list[OpenItem]], line_ids: list[int], item_ids: list[int]
) -> None:
    lines, items = world
    renamed = match(
        [replace(li, id=line_ids[n]) for n, li in enumerate(lines)],
        [replace(it, id=f"i{item_ids[n]}") for n, it in enumerate(items)],
    )

    expected = {
        (
            line_ids[one.line],
            frozenset(f"i{item_ids[int(i[1:])]}" for i in one.items),
            one.pass_name,
        )
        for one in match(lines, items).matches
    }
    assert {(one.line, frozenset(one.items), one.pass_name) for one in renamed.matches} == expected


@given(worlds())
@settings(max_examples=200, deadline=None)
def test_an_equally_good_twin_of_a_line_leaves_both_open(
    world: tuple[list[OpenLine], list[OpenItem]],
) -> None:
    lines, items = world
    twins = [*lines, *(replace(li, id=li.id + 100) for li in lines)]

    assert match(twins, items).matches == ()
