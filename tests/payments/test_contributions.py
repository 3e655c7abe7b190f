"""Bills for what people pay: raised once, corrected, paid, asked about, paid in parts, reminded, given up."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction

from carebudget.audit.models import AuditEvent
from carebudget.audit.services import verify_audit
from carebudget.errors import Conflict, NotAllowed, Refused
from carebudget.notify.models import Document, Message
from payments import services as money
from payments.models import ContributionCharge, ContributionQuery, Entry, Match, WriteOff
from payments.selectors import budget_entries, money_of_case
from payments.selectors.contributions import (
    by_age,
    contribution_list,
    open_contributions,
    received_pence,
    standings_of,
)
from plans.services import raise_challenge
from tests.factories.worlds import UserFactory, crew
from tests.payments.finance_world import make_family, open_line
from tests.payments.owed_world import (
    BILLED_ON,
    DUE_ON,
    JUNE,
    Owing,
    begun,
    billed,
    came_in,
    invoiced,
    on,
    pays,
)

pytestmark = pytest.mark.django_db


def verbs(owing: Owing) -> list[str]:
    rows = AuditEvent.objects.filter(chain__key=owing.case.chain, verb__startswith="contribution.")
    return list(rows.order_by("id").values_list("verb", flat=True))


def remind_on(day: Any) -> int:
    with on(day):
        return money.remind_contributions()


def test_four_weeks_are_billed_once_they_are_over_and_invoices_had_time():
    owing = begun()
    invoiced(owing)
    with on(JUNE + timedelta(days=40)):
        assert money.raise_contributions() == 0
    with on(BILLED_ON):
        assert money.raise_contributions() == 1
    bill = owing.bill
    assert (bill.period_from, bill.period_to) == (JUNE, JUNE + timedelta(days=27))
    assert bill.amount_pence == owing.owed() == 4 * 1500
    assert bill.due_on == DUE_ON
    assert [week["cost_pence"] for week in bill.weeks] == [2000] * 4


def test_asking_again_changes_nothing_and_the_ledger_and_record_hold():
    owing = billed()
    with on(BILLED_ON):
        assert [money.raise_contributions() for _ in range(3)] == [0, 0, 0]
        assert money.send_statements() == 0
    assert ContributionCharge.objects.count() == 1
    assert verbs(owing) == ["contribution.asked"]
    assert money.verify_ledger().holds
    assert verify_audit().holds


def test_what_a_person_pays_relieves_the_council_and_leaves_the_budget_as_it_was():
    owing = begun()
    before = money_of_case(owing.case)
    invoiced(owing)
    put_in = len(budget_entries(owing.case))
    held = money_of_case(owing.case)
    with on(BILLED_ON):
        money.raise_contributions()
    after = money_of_case(owing.case)
    assert after == held
    assert after.budget_pence == before.budget_pence
    assert len(budget_entries(owing.case)) == put_in
    legs = dict(owing.bill.entry.legs.values_list("account__kind", "amount_pence"))
    assert legs == {"receivable": 6000, "budget": -6000}


def test_the_person_is_told_with_a_letter_that_holds_the_working():
    owing = billed()
    message = Message.objects.get(key__startswith="contribution.asked", to=owing.client)
    assert message.title == "Your part for your support: £60.00"
    assert message.href == f"/my-budget/{owing.case.reference}/owed/"
    assert message.document is not None
    assert owing.bill.document == message.document
    assert bytes(message.document.content).startswith(b"%PDF")


def test_nobody_is_billed_more_than_support_cost():
    owing = begun(pence=5000)
    invoiced(owing, weeks=2)
    with on(BILLED_ON):
        money.raise_contributions()
    assert [week["pence"] for week in owing.bill.weeks] == [2000, 2000, 0, 0]
    assert owing.owed() == 4000


def test_without_support_or_decision_there_is_no_bill():
    begun()
    with on(BILLED_ON):
        assert money.raise_contributions() == 0
    assert not ContributionCharge.objects.exists()


def test_an_invoice_that_comes_late_is_a_correction_beside_the_bill():
    owing = begun()
    invoiced(owing, weeks=2)
    with on(BILLED_ON):
        money.raise_contributions()
        assert owing.owed() == 3000
    late = JUNE + timedelta(days=14)
    invoiced(owing, late, weeks=2, number="LATE")
    with on(BILLED_ON + timedelta(days=7)):
        assert money.raise_contributions() == 0
    bill = owing.bill
    assert (bill.amount_pence, bill.corrected_pence, owing.owed()) == (3000, 6000, 6000)
    assert bill.adjustments.get().amount_pence == 3000
    assert bill.worked_pence == 6000
    assert verbs(owing) == ["contribution.asked", "contribution.reworked"]
    assert money.verify_ledger().holds


def test_a_decision_that_reaches_back_takes_something_off_again():
    owing = billed()
    with on(BILLED_ON + timedelta(days=1)):
        pays(owing.case, 700, from_day=JUNE + timedelta(days=14))
        money.raise_contributions()
    assert owing.owed() == 2 * 1500 + 2 * 700
    assert owing.bill.adjustments.get().amount_pence == -1600
    with on(BILLED_ON + timedelta(days=2)):
        money.raise_contributions()
    assert owing.bill.adjustments.count() == 1
    assert money.verify_ledger().holds


def test_the_database_refuses_a_second_bill_and_any_change_of_one():
    owing = billed()
    bill = owing.bill
    bill.pk, bill.reference = None, "BIL-ANOTHER1"
    bill.entry = Entry.objects.exclude(pk=bill.entry_id)[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        bill.save(force_insert=True)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        ContributionCharge.objects.update(amount_pence=1)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        ContributionCharge.objects.all().delete()


# ---- what comes in


def test_a_bank_line_with_the_reference_pays_the_oldest_bill():
    owing = billed()
    assert came_in(owing, 4000) == 1
    assert owing.owed() == 2000
    (standing,) = standings_of(owing.account)
    assert (standing.paid_pence, standing.left_pence) == (4000, 2000)
    assert verbs(owing)[-1] == "contribution.received"
    assert came_in(owing, 2000, day=BILLED_ON + timedelta(days=1)) == 1
    assert standings_of(owing.account)[0].is_paid
    assert open_contributions() == []
    assert money.verify_ledger().holds


def test_a_match_taken_back_is_owed_again_without_a_second_bookkeeping():
    owing = billed()
    came_in(owing, 6000)
    with on(BILLED_ON):
        money.undo_match(match=Match.objects.get(), reason="Another Ashdown.", by=owing.officer)
    assert owing.owed() == 6000
    assert standings_of(owing.account)[0].paid_pence == 0


def test_a_line_that_names_nobody_or_two_is_left_for_a_person():
    one, two = billed(), billed(name="Ken Strange")
    assert came_in(one, 1000, words="THANK YOU") == 0
    both = f"{one.account.reference} {two.account.reference}"
    assert came_in(one, 1100, words=both) == 0
    assert one.owed() == two.owed() == 6000


def test_more_than_is_owed_counts_towards_the_next_bill():
    owing = billed()
    with on(BILLED_ON):
        line = open_line(7000)
        money.receive_contribution(
            line=line, account=owing.account, reason="She rang.", by=owing.officer
        )
    assert owing.owed() == -1000
    invoiced(owing, JUNE + timedelta(days=28), number="JULY")
    with on(BILLED_ON + timedelta(days=28)):
        assert money.raise_contributions() == 1
    assert owing.owed() == 5000
    assert [one.left_pence for one in standings_of(owing.account)] == [0, 5000]


def test_receiving_by_hand_needs_a_reason_money_that_came_and_no_stake():
    owing = billed()
    with on(BILLED_ON):
        line, out = open_line(1200), open_line(-900)
        with pytest.raises(Refused, match="how you know"):
            money.receive_contribution(
                line=line, account=owing.account, reason=" ", by=owing.officer
            )
        with pytest.raises(Refused, match="left us"):
            money.receive_contribution(
                line=out, account=owing.account, reason="Hers.", by=owing.officer
            )
        make_family(owing.officer, owing.agreement)
        with pytest.raises(NotAllowed):
            money.receive_contribution(
                line=line, account=owing.account, reason="Hers.", by=owing.officer
            )


# ---- saying that it is wrong


def ask(owing: Owing, kind: str = "wrong", **more: Any) -> ContributionQuery:
    with on(BILLED_ON + timedelta(days=2)):
        return money.ask_about_contribution(
            account=owing.account,
            kind=kind,
            words="Nobody came in the second week.",
            by=owing.client,
            **more,
        )


def test_what_a_person_says_stops_reminders_until_it_is_answered():
    owing = billed()
    query = ask(owing, charge=owing.bill)
    assert remind_on(DUE_ON + timedelta(days=30)) == 0
    with on(DUE_ON + timedelta(days=30)):
        money.answer_contribution_query(
            query=query,
            answer="You are right: we took that week off.",
            less_pence=1500,
            by=owing.officer,
        )
    assert owing.owed() == 4500
    assert owing.bill.adjustments.get().kind == "reduced"
    assert remind_on(DUE_ON + timedelta(days=31)) == 0
    assert remind_on(DUE_ON + timedelta(days=37)) == 1
    told = Message.objects.get(key__startswith="contribution.answered", to=owing.client)
    assert "We took £15.00 off." in told.body
    assert money.verify_ledger().holds


def test_working_a_bill_out_again_leaves_what_was_taken_off():
    owing = billed()
    with on(BILLED_ON + timedelta(days=3)):
        query = money.ask_about_contribution(
            account=owing.account, kind="wrong", words="Wrong.", by=owing.client, charge=owing.bill
        )
        money.answer_contribution_query(
            query=query, answer="Right.", less_pence=1500, by=owing.officer
        )
        money.raise_contributions()
    assert owing.owed() == 4500


def test_one_thing_at_a_time_is_looked_at_and_only_the_persons_side_may_ask():
    owing = billed()
    ask(owing)
    with on(BILLED_ON + timedelta(days=3)):
        with pytest.raises(Conflict):
            ask(owing)
        with pytest.raises(NotAllowed):
            money.ask_about_contribution(
                account=owing.account, kind="wrong", words="x", by=owing.officer
            )


def test_no_more_is_taken_off_than_the_bill_comes_to():
    owing = billed()
    query = ask(owing, charge=owing.bill)
    with on(BILLED_ON + timedelta(days=3)), pytest.raises(Refused) as refusal:
        money.answer_contribution_query(
            query=query, answer="Here.", less_pence=6001, by=owing.officer
        )
    assert refusal.value.field == "less_pence"
    query.refresh_from_db()
    assert query.state == "open"


def test_a_challenge_of_the_decision_pauses_reminders_too():
    owing = billed()
    with on(BILLED_ON + timedelta(days=2)):
        raise_challenge(case=owing.case, about="charge", words="It is too much.", by=owing.client)
    assert remind_on(DUE_ON + timedelta(days=60)) == 0


# ---- reminders


def test_reminders_follow_the_timetable_and_the_last_asks_people_to_talk():
    owing = billed()
    steps = settings.CONTRIBUTIONS["reminder_days"]
    assert remind_on(DUE_ON + timedelta(days=steps[0] - 1)) == 0
    for number, step in enumerate(steps, start=1):
        day = DUE_ON + timedelta(days=step)
        assert remind_on(day) == 1
        assert remind_on(day) == 0
        assert owing.bill.reminders_sent == number
    assert remind_on(DUE_ON + timedelta(days=400)) == 0
    assert Document.objects.filter(kind="reminder").count() == len(steps)
    told = Message.objects.filter(key__startswith="contribution.reminded", to=owing.client)
    assert told.count() == len(steps)
    assert all("Your support goes on." in one.body for one in told)
    for who in (owing.officer, crew().worker):
        assert Message.objects.filter(key__startswith="contribution.reminded.", to=who).count() == 1


def test_after_a_long_pause_two_reminders_are_never_sent_at_once():
    billed()
    day = DUE_ON + timedelta(days=50)
    assert [remind_on(day), remind_on(day), remind_on(day + timedelta(days=6))] == [1, 0, 0]
    assert remind_on(day + timedelta(days=7)) == 1


def test_who_has_paid_is_not_reminded():
    owing = billed()
    came_in(owing, 6000)
    assert remind_on(DUE_ON + timedelta(days=8)) == 0


# ---- paying in parts


def agree(owing: Owing, each: int = 2000, **more: Any) -> Any:
    with on(BILLED_ON + timedelta(days=1)):
        return money.agree_repayment_plan(
            account=owing.account,
            each_pence=each,
            every=more.get("every", "four_weeks"),
            first_on=more.get("first_on", BILLED_ON + timedelta(days=10)),
            words="Ruth rang: they can pay this each time.",
            by=more.get("by", owing.officer),
        )


def test_while_parts_are_kept_nobody_is_reminded_and_at_the_end_it_says_thank_you():
    owing = billed()
    plan = agree(owing)
    came_in(owing, 2000, day=BILLED_ON + timedelta(days=10))
    with on(DUE_ON):
        assert money.look_at_repayment_plans() == 0
        assert money.remind_contributions() == 0
    came_in(owing, 4000, day=DUE_ON + timedelta(days=1))
    with on(DUE_ON + timedelta(days=2)):
        assert money.look_at_repayment_plans() == 1
    plan.refresh_from_db()
    assert plan.state == "kept"


def test_a_part_that_does_not_come_is_found_told_kindly_and_reminders_wait_a_week():
    owing = billed()
    plan = agree(owing)
    due = BILLED_ON + timedelta(days=10)
    with on(due + timedelta(days=7)):
        assert money.look_at_repayment_plans() == 0
    with on(due + timedelta(days=8)):
        assert money.look_at_repayment_plans() == 1
        assert money.look_at_repayment_plans() == 0
    plan.refresh_from_db()
    assert plan.state == "broken"
    assert (
        "we find a way together"
        in Message.objects.get(key__startswith="contribution.parts_broken", to=owing.client).body
    )
    assert contribution_list(owing.officer, tab="broken").count() == 1


def test_a_new_agreement_ends_the_one_before():
    owing = billed()
    first = agree(owing)
    agree(owing, each=1000)
    first.refresh_from_db()
    assert first.state == "ended"
    assert owing.account.repayment_plans.filter(state="agreed").count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"each": 0}, "each_pence"),
        ({"each": 6001}, "each_pence"),
        ({"every": "moon"}, "every"),
        ({"first_on": BILLED_ON}, "first_on"),
    ],
)
def test_parts_that_make_no_sense_are_refused_beside_their_field(change: dict, field: str):
    owing = billed()
    with pytest.raises(Refused) as refusal:
        agree(owing, **change)
    assert refusal.value.field == field


# ---- giving up


def propose(owing: Owing, pence: int = 6000, by: Any = None) -> WriteOff:
    with on(DUE_ON):
        return money.propose_write_off(
            account=owing.account,
            amount_pence=pence,
            reason="She has nothing, and it would take years.",
            by=by or owing.officer,
        )


def test_giving_up_takes_a_finance_manager_who_is_another():
    owing = billed()
    mine = propose(owing, by=owing.manager)
    for who in (owing.manager, owing.officer, crew().manager):
        with on(DUE_ON), pytest.raises(NotAllowed):
            money.decide_write_off(write_off=mine, approved=True, reason="Yes.", by=who)
    other = UserFactory(role="finance_manager")
    with on(DUE_ON):
        money.decide_write_off(write_off=mine, approved=True, reason="I agree.", by=other)
    assert owing.owed() == 0
    assert standings_of(owing.account)[0].is_paid
    assert received_pence(owing.account) == 0
    assert money.verify_ledger().holds


def test_the_database_itself_refuses_one_person_on_both_sides():
    owing = billed()
    found = propose(owing)
    with pytest.raises(IntegrityError), transaction.atomic():
        WriteOff.objects.filter(pk=found.pk).update(decided_by=owing.officer)


def test_what_is_not_given_up_stays_owed_and_reminders_go_on():
    owing = billed()
    found = propose(owing)
    assert remind_on(DUE_ON + timedelta(days=10)) == 0
    with on(DUE_ON + timedelta(days=10)):
        money.decide_write_off(
            write_off=found, approved=False, reason="Ask her again.", by=owing.manager
        )
        with pytest.raises(Conflict):
            money.decide_write_off(
                write_off=found, approved=False, reason="Again.", by=owing.manager
            )
    assert owing.owed() == 6000
    assert remind_on(DUE_ON + timedelta(days=11)) == 1


def test_no_more_is_given_up_than_is_owed():
    owing = billed()
    with pytest.raises(Refused):
        propose(owing, 6001)
    found = propose(owing)
    came_in(owing, 1000, day=DUE_ON)
    with on(DUE_ON), pytest.raises(Refused, match=r"Only £50\.00 is owed"):
        money.decide_write_off(write_off=found, approved=True, reason="Yes.", by=owing.manager)


# ---- lists


def test_the_list_is_by_age_and_never_of_ones_own_family():
    one, two = billed(), billed(name="Ken Strange")
    came_in(two, 1000)
    with on(DUE_ON + timedelta(days=10)):
        ages = {one.key: (one.count, one.pence) for one in by_age(one.officer)}
        assert ages == {
            "not_due": (0, 0),
            "month": (2, 11_000),
            "quarter": (0, 0),
            "older": (0, 0),
        }
        rows = list(contribution_list(one.officer, order="largest"))
        assert [row.owed for row in rows] == [6000, 5000]
        assert all(row.oldest_due_on == DUE_ON for row in rows)
        make_family(one.officer, one.agreement)
        assert [row.owed for row in contribution_list(one.officer)] == [5000]
        assert contribution_list(one.manager, search="strange").count() == 1
