"""The ledger by itself: entries, holds, keys, corrections, many writers at once, and its laws."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carebudget import clock
from carebudget.errors import Conflict, Refused
from payments.models import Account, AccountKind, Entry, EntryKind, Leg
from payments.selectors.ledger import balance_at
from payments.services import verify_ledger
from payments.services.ledger import (
    EntryDraft,
    account,
    allow_overdraft,
    hold,
    post_entries,
    post_entry,
    post_hold,
    reverse_entry,
    void_hold,
)

pytestmark = pytest.mark.django_db(transaction=True)


def opened(code: str, kind: AccountKind = AccountKind.SUSPENSE) -> Account:
    """An account with this code."""
    return account(code, kind=kind, name=code)


def budget(pence: int) -> Account:
    """A budget with money in it."""
    found = opened("budget:test", AccountKind.BUDGET)
    if pence:
        move(opened("authority:test"), found, pence, key="allocated")
    return fresh(found)


def fresh(row: Account) -> Account:
    """The account as it is now."""
    return Account.objects.get(pk=row.pk)


def move(debit: Account, credit: Account, pence: int, *, key: str) -> Entry:
    """Post one entry of two legs."""
    return post_entry(
        key=key, event="test", description=key, legs=[(debit, pence), (credit, -pence)]
    )


def test_an_entry_moves_money_and_keeps_the_balance_after_each_leg() -> None:
    one, two = opened("one"), opened("two")

    move(one, two, 500, key="a")
    move(one, two, 25, key="b")

    assert (fresh(one).balance_pence, fresh(two).balance_pence) == (525, -525)
    assert list(one.legs.values_list("balance_after_pence", flat=True)) == [500, 525]


def test_the_same_key_again_gives_the_entry_that_stands() -> None:
    one, two = opened("one"), opened("two")

    first, again = move(one, two, 500, key="a"), move(one, two, 500, key="a")

    assert first == again
    assert fresh(one).balance_pence == 500


def test_a_key_used_for_other_figures_is_a_conflict_and_changes_nothing() -> None:
    one, two = opened("one"), opened("two")
    move(one, two, 500, key="a")

    with pytest.raises(Conflict):
        move(one, two, 501, key="a")

    assert fresh(one).balance_pence == 500


@pytest.mark.parametrize("amounts", [(500, -499), (500,), ()])
def test_sides_that_are_not_equal_are_refused(amounts: tuple[int, ...]) -> None:
    rows = [opened("one"), opened("two")]
    with pytest.raises(Refused):
        post_entry(
            key="a", event="test", description="a", legs=list(zip(rows, amounts, strict=False))
        )
    assert not Entry.objects.exists()


def test_a_budget_cannot_go_below_zero_and_says_by_how_much() -> None:
    mine, payable = budget(1000), opened("payable")

    with pytest.raises(Refused, match=r"£0\.01 more than what is left"):
        move(mine, payable, 1001, key="too much")

    assert fresh(mine).left_pence == 1000


def test_a_refusal_leaves_the_callers_transaction_as_it_was() -> None:
    mine, payable = budget(1000), opened("payable")

    with transaction.atomic():
        move(mine, payable, 400, key="first")
        with pytest.raises(Refused):
            move(mine, payable, 700, key="too much")
        move(mine, payable, 600, key="rest")

    assert fresh(mine).left_pence == 0
    assert verify_ledger().holds


def test_a_named_decision_lets_a_budget_go_below_zero_that_far() -> None:
    mine, payable = budget(1000), opened("payable")
    allow_overdraft(budget=mine, pence=50)

    move(mine, payable, 1050, key="allowed")

    assert fresh(mine).balance_pence == 50
    with pytest.raises(Refused):
        move(mine, payable, 1, key="one too many")


def held(mine: Account, payable: Account, pence: int, key: str = "held") -> Entry:
    """Hold some of a budget."""
    return hold(key=key, event="test", description=key, legs=[(mine, pence), (payable, -pence)])


def test_held_money_is_not_left_and_has_not_moved() -> None:
    mine, payable = budget(1000), opened("payable")

    held(mine, payable, 400)

    assert (fresh(mine).balance_pence, fresh(mine).held_pence) == (-1000, 400)
    assert fresh(mine).left_pence == 600
    assert fresh(payable).balance_pence == 0
    with pytest.raises(Refused):
        held(mine, payable, 601, key="another")


def test_a_hold_is_posted_once() -> None:
    mine, payable = budget(1000), opened("payable")
    waiting = held(mine, payable, 400)

    entry = post_hold(held=waiting, key="posted", description="posted")
    again = post_hold(held=waiting, key="posted", description="posted")

    assert entry == again
    assert entry.resolves == waiting
    assert (fresh(mine).left_pence, fresh(mine).held_pence) == (600, 0)
    assert fresh(payable).balance_pence == -400
    with pytest.raises(Conflict):
        post_hold(held=waiting, key="posted again", description="again")
    with pytest.raises(Conflict):
        void_hold(held=waiting, key="voided", description="too late")
    assert verify_ledger().holds


def test_a_hold_that_is_voided_frees_the_money() -> None:
    mine, payable = budget(1000), opened("payable")

    void_hold(held=held(mine, payable, 1000), key="voided", description="not owed")

    assert (fresh(mine).left_pence, fresh(mine).held_pence) == (1000, 0)
    assert verify_ledger().holds


def test_a_correction_points_at_what_it_corrects() -> None:
    one, two = opened("one"), opened("two")
    entry = move(one, two, 500, key="a")

    back = reverse_entry(entry=entry, key="a:back", reason="Wrong account.")

    assert back.corrects == entry
    assert fresh(one).balance_pence == 0


def drafts(pairs: list[tuple[Account, Account, int]]) -> list[EntryDraft]:
    """A draft for each (debit, credit, pence)."""
    return [
        EntryDraft(f"batch:{n}", "test", f"entry {n}", [(debit, pence), (credit, -pence)])
        for n, (debit, credit, pence) in enumerate(pairs)
    ]


def test_many_entries_in_one_call_are_as_one_by_one() -> None:
    one, two, three = opened("one"), opened("two"), opened("three")
    batch = drafts([(one, two, 5), (two, three, 7), (one, three, 11)])

    entries = post_entries(batch)

    assert [entry.key for entry in entries] == ["batch:0", "batch:1", "batch:2"]
    assert [fresh(row).balance_pence for row in (one, two, three)] == [16, 2, -18]
    assert list(three.legs.order_by("id").values_list("balance_after_pence", flat=True)) == [
        -7,
        -18,
    ]
    assert verify_ledger().holds


def test_a_batch_that_is_repeated_enters_only_what_is_missing() -> None:
    one, two = opened("one"), opened("two")
    post_entries(drafts([(one, two, 5)]))

    post_entries(drafts([(one, two, 5), (one, two, 6)]))

    assert fresh(one).balance_pence == 11
    assert Entry.objects.count() == 2


def test_a_batch_is_entered_whole_or_not_at_all() -> None:
    mine, payable = budget(1000), opened("payable")

    with pytest.raises(Refused):
        post_entries(drafts([(mine, payable, 600), (mine, payable, 600)]))

    assert Entry.objects.count() == 1
    assert fresh(mine).left_pence == 1000


def at_once(works: list[Callable[[], Any]]) -> list[BaseException | None]:
    """Do all of it in threads that start together; what each raised."""
    start = threading.Barrier(len(works))
    found: list[BaseException | None] = [None] * len(works)

    def run(n: int, work: Callable[[], Any]) -> None:
        start.wait()
        try:
            work()
        except (Refused, Conflict) as error:
            found[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_many_writers_at_once_never_take_a_budget_below_zero() -> None:
    mine, payable = budget(1000), opened("payable")

    refused = at_once([lambda n=n: move(mine, payable, 90, key=f"w{n}") for n in range(16)])

    assert sum(error is None for error in refused) == 11
    assert fresh(mine).left_pence == 10
    assert verify_ledger().holds


def test_many_writers_of_one_key_enter_it_once() -> None:
    one, two = opened("one"), opened("two")

    refused = at_once([lambda: move(one, two, 90, key="same") for _ in range(12)])

    assert refused == [None] * 12
    assert fresh(one).balance_pence == 90


def test_writers_in_opposite_directions_do_not_lock_each_other_out() -> None:
    one, two = opened("one"), opened("two")

    def to_and_fro(n: int) -> Callable[[], Any]:
        pair = (one, two) if n % 2 else (two, one)
        return lambda: [move(*pair, 1, key=f"{n}:{k}") for k in range(15)]

    at_once([to_and_fro(n) for n in range(8)])

    assert Entry.objects.count() == 120
    assert fresh(one).balance_pence == 0
    assert verify_ledger().holds


def test_a_hold_dealt_with_by_many_at_once_is_dealt_with_once() -> None:
    mine, payable = budget(1000), opened("payable")
    waiting = held(mine, payable, 300)
    works: list[Callable[[], Any]] = [
        lambda n=n: post_hold(held=waiting, key=f"p{n}", description="p") for n in range(4)
    ]
    works += [lambda n=n: void_hold(held=waiting, key=f"v{n}", description="v") for n in range(4)]

    refused = at_once(works)

    assert sum(error is None for error in refused) == 1
    assert fresh(mine).held_pence == 0
    assert Entry.objects.filter(resolves=waiting).count() == 1
    assert verify_ledger().holds


step = st.tuples(
    st.sampled_from(["post", "hold", "post_hold", "void_hold", "reverse", "again"]),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(1, 700),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(step, max_size=25))
def test_after_any_steps_the_ledger_proves_itself(steps: list[tuple[str, int, int, int]]) -> None:
    with transaction.atomic():
        _any_steps(steps)
        proof = verify_ledger()
        assert proof.holds, proof.breach
        model = {row.pk: 0 for row in Account.objects.all()}
        for leg in Leg.objects.exclude(entry__kind=EntryKind.PENDING):
            model[leg.account_id] += leg.amount_pence
        assert model == dict(Account.objects.values_list("pk", "balance_pence"))
        transaction.set_rollback(True)


def _any_steps(steps: list[tuple[str, int, int, int]]) -> None:
    rows = [budget(1000), opened("payable"), opened("clearing"), opened("bank")]
    entries: list[Entry] = []
    holds: list[Entry] = []
    for n, (verb, left, right, pence) in enumerate(steps):
        if left == right:
            continue
        try:
            match verb:
                case "post":
                    entries.append(move(rows[left], rows[right], pence, key=f"e{n}"))
                case "hold":
                    holds.append(held(rows[left], rows[right], pence, key=f"h{n}"))
                case "post_hold" if holds:
                    post_hold(held=holds[pence % len(holds)], key=f"p{n}", description="p")
                case "void_hold" if holds:
                    void_hold(held=holds[pence % len(holds)], key=f"v{n}", description="v")
                case "reverse" if entries:
                    reverse_entry(entry=entries[pence % len(entries)], key=f"r{n}", reason="r")
                case "again" if entries:
                    old = entries[pence % len(entries)]
                    legs = [(leg.account, leg.amount_pence) for leg in old.legs.all()]
                    post_entry(key=old.key, event=old.event, description="again", legs=legs)
        except (Refused, Conflict):
            continue


def test_a_balance_can_be_read_as_it_stood_at_any_moment() -> None:
    one, two = opened("one"), opened("two")
    start = clock.now()
    for n in range(3):
        with clock.travel(start + timedelta(days=n)):
            move(one, two, 100, key=f"day {n}")

    asked = [start - timedelta(seconds=1), start, start + timedelta(hours=30)]

    assert [balance_at(one, moment) for moment in asked] == [0, 100, 200]
    assert balance_at(two, start + timedelta(days=9)) == -300
