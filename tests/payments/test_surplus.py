"""Money that is more than enough on a held budget: never without a notice, decided by another, on the pages."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client

from carebudget import clock
from carebudget.audit.services import verify_audit
from carebudget.desks.seeding.cases import agree, write_plan
from carebudget.errors import Conflict, NotAllowed, Refused
from carebudget.notify.models import Message
from payments import services as money
from payments.models import SurplusRecovery
from payments.selectors.surplus import open_surpluses, surplus_by_reference
from plans import services as plans
from plans.models import Case
from plans.selectors import case_by_reference
from tests.desks.desk_world import page, post, queries, read, words
from tests.factories.worlds import (
    CaseFactory,
    ProviderFactory,
    UserFactory,
    client_of,
    crew,
    finance,
)
from tests.payments.finance_world import bank_line, brought, make_family
from tests.payments.owed_world import on

pytestmark = pytest.mark.django_db

BALANCE = 900_000


def held(name: str = "Margaret Ashdown", holding: str = "direct_payment") -> Case:
    """A plan is agreed whose money is paid to the person."""
    case = CaseFactory(stage="budgeted", level="low", full_name=name)
    client = client_of(case)
    plan = plans.start_plan(case=case, by=client)
    starts = clock.today()
    write_plan(plan, Random(3), [ProviderFactory()], client, share=Decimal("0.8"), starts_on=starts)
    plan.refresh_from_db()
    plans.save_plan_details(
        plan=plan, risks=plan.risks, contingency=plan.contingency, contingency_pence=0,
        holding=holding, starts_on=starts, ends_on=starts + timedelta(days=364), by=client,
    )  # fmt: skip
    agree(plans.submit_plan(plan=plan, by=client), crew())
    return case_by_reference(case.reference)


def found(case: Case | None = None, balance: int = BALANCE, **more: Any) -> SurplusRecovery:
    return money.record_balance(
        case=case or held(),
        balance_pence=balance,
        balance_on=more.pop("balance_on", clock.today()),
        by=more.pop("by", crew().worker),
        **more,
    )


def told(**more: Any) -> SurplusRecovery:
    return money.send_surplus_notice(recovery=found(**more), by=crew().worker)


def answered(**more: Any) -> SurplusRecovery:
    row = told(**more)
    return money.answer_surplus(
        recovery=row, answer="I save for a new wheelchair.", by=client_of(row.case)
    )


def asked(pence: int | None = None) -> SurplusRecovery:
    row = answered()
    return money.ask_for_surplus(
        recovery=row,
        amount_pence=pence or row.surplus_pence,
        reason="The wheelchair is paid by the hospital.",
        by=finance()[0],
    )


def mine(row: SurplusRecovery) -> str:
    return f"/my-budget/{row.case.reference}/giving-back/{row.reference}/"


def ours(row: SurplusRecovery) -> str:
    return f"/payments/surplus/{row.reference}/"


# ---- the law


def test_the_working_is_kept_and_nobody_is_told_before_the_notice():
    row = found(committed_pence=5_000, committed_words="Wages of June")
    annual = row.plan.personal_budget_pence
    assert annual
    assert row.contingency_pence == -(-annual * 8 // 52)
    assert row.surplus_pence == BALANCE - row.contingency_pence - 5_000
    assert row.state == "found"
    assert not Message.objects.filter(key__startswith="surplus").exists()


def test_no_more_than_is_needed_ends_it_at_once():
    row = found(balance=100)
    assert row.state == "nothing"
    assert found(case=row.case, balance=200).state == "nothing"


def test_the_notice_states_amount_dates_working_and_how_to_answer():
    row = told()
    assert row.answer_by == clock.today() + timedelta(days=28)
    assert row.document is not None
    message = Message.objects.get(key__startswith="surplus.told", to=client_of(row.case))
    assert message.document == row.document
    assert f"{row.answer_by:%-d %B %Y}" in message.body
    assert "nothing is decided" in message.body


def test_nothing_is_asked_for_before_the_notice_or_within_its_time():
    row = found()
    officer, _ = finance()
    ask = {"amount_pence": 100, "reason": "It is over.", "by": officer}
    with pytest.raises(Conflict):
        money.ask_for_surplus(recovery=row, **ask)
    row = money.send_surplus_notice(recovery=row, by=crew().worker)
    with pytest.raises(Refused, match="still has time to answer"):
        money.ask_for_surplus(recovery=row, **ask)
    assert row.answer_by is not None
    with on(row.answer_by), pytest.raises(Refused):
        money.ask_for_surplus(recovery=row, **ask)
    with on(row.answer_by + timedelta(days=1)):
        assert money.ask_for_surplus(recovery=row, **ask).state == "owed"


def test_an_answer_is_considered_by_somebody_who_did_not_send_the_notice():
    officer, manager = finance()
    row = money.send_surplus_notice(recovery=found(by=officer), by=officer)
    row = money.answer_surplus(recovery=row, answer="No.", by=client_of(row.case))
    ask = {"amount_pence": row.surplus_pence, "reason": "It is over."}
    with pytest.raises(NotAllowed, match="somebody else decides"):
        money.ask_for_surplus(recovery=row, by=officer, **ask)
    with pytest.raises(NotAllowed):
        money.ask_for_surplus(recovery=row, by=crew().worker, **ask)
    row = money.ask_for_surplus(recovery=row, by=manager, **ask)
    assert dict(row.entry.legs.values_list("account__kind", "amount_pence")) == {  # type: ignore[union-attr]
        "receivable": row.surplus_pence,
        "authority": -row.surplus_pence,
    }
    assert money.verify_ledger().holds
    assert verify_audit().holds


def test_no_more_is_asked_for_than_was_told():
    row = answered()
    with pytest.raises(Refused) as refusal:
        money.ask_for_surplus(
            recovery=row, amount_pence=row.surplus_pence + 1, reason="More.", by=finance()[0]
        )
    assert refusal.value.field == "amount_pence"


def test_it_can_be_dropped_and_the_person_hears_why():
    row = money.drop_surplus(
        recovery=answered(), reason="The wheelchair is in the plan.", by=finance()[0]
    )
    assert row.state == "dropped"
    message = Message.objects.get(key__startswith="surplus.dropped", to=client_of(row.case))
    assert "The wheelchair is in the plan." in message.body
    assert open_surpluses() == []


def test_before_the_notice_it_is_dropped_without_a_word():
    row = money.drop_surplus(recovery=found(), reason="A typing slip.", by=crew().worker)
    assert row.state == "dropped"
    assert not Message.objects.filter(key__startswith="surplus").exists()


def test_less_can_be_asked_for_afterwards_down_to_nothing():
    row = asked(50_000)
    officer, _ = finance()
    row = money.lower_surplus(recovery=row, less_pence=20_000, reason="Hard winter.", by=officer)
    assert row.still_owed_pence == 30_000
    with pytest.raises(Refused):
        money.lower_surplus(recovery=row, less_pence=30_001, reason="More.", by=officer)
    row = money.lower_surplus(recovery=row, less_pence=30_000, reason="All of it.", by=officer)
    assert row.still_owed_pence == 0
    assert open_surpluses() == []
    assert money.verify_ledger().holds


def test_what_comes_back_with_the_number_is_taken_by_itself():
    row = asked(50_000)
    brought(bank_line(50_000, text=f"ASHDOWN {row.reference}"))
    assert money.receive_named() == 1
    assert surplus_by_reference(row.reference).still_owed_pence == 0
    assert money.verify_ledger().holds
    assert verify_audit().holds


def test_a_budget_that_the_council_holds_has_no_account_to_look_at():
    case = CaseFactory(stage="agreed")
    with pytest.raises(Refused, match="The council holds this budget"):
        found(case=case_by_reference(case.reference))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"balance": -1}, "balance_pence"),
        ({"committed_pence": -1}, "committed_pence"),
        ({"committed_pence": 100}, "committed_words"),
        ({"balance_on": date(2001, 1, 1)}, "balance_on"),
        ({"balance_on": date(2200, 1, 1)}, "balance_on"),
    ],
)
def test_a_balance_that_makes_no_sense_is_refused_beside_its_field(change: dict, field: str):
    with pytest.raises(Refused) as refusal:
        found(**change)
    assert refusal.value.field == field


def test_one_balance_is_looked_at_at_a_time():
    row = found()
    with pytest.raises(Conflict):
        found(case=row.case)


def test_the_database_refuses_money_without_a_notice_one_person_and_changed_figures():
    row = answered()
    with pytest.raises(IntegrityError), transaction.atomic():
        SurplusRecovery.objects.filter(pk=row.pk).update(decided_by=row.told_by)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        SurplusRecovery.objects.filter(pk=row.pk).update(surplus_pence=1)
    fresh = found(case=held(name="Ken Strange"))
    with pytest.raises(IntegrityError), transaction.atomic():
        SurplusRecovery.objects.filter(pk=fresh.pk).update(state="told")


# ---- the pages


def test_a_worker_writes_a_balance_down_and_sends_the_notice(client: Client):
    case = held()
    worker = crew().worker
    assert "Write down what is on the account" in read(
        client, worker, f"/my-budget/{case.reference}/money/"
    )
    today = clock.today()
    typed = {"balance_pence": "9000", "committed_pence": "", "committed_words": ""} | {
        f"balance_on_{part}": value
        for part, value in (("day", today.day), ("month", today.month), ("year", today.year))
    }
    answer = post(client, worker, f"/payments/surplus/new/{case.reference}/", **typed)
    row = SurplusRecovery.objects.get()
    assert answer.url == ours(row)
    assert "Send the notice" in read(client, worker, ours(row))
    assert page(client, client_of(case), mine(row)).status_code == 404
    assert post(client, worker, ours(row), act="tell").status_code == 302
    assert "somebody else in finance decides" in read(client, worker, ours(row))
    assert "may be more than is needed" in read(
        client, client_of(case), f"/my-budget/{case.reference}/money/"
    )


def test_what_is_wrong_with_a_balance_is_said_and_nothing_typed_is_lost(client: Client):
    case = held()
    address = f"/payments/surplus/new/{case.reference}/"
    shown = post(
        client, crew().worker, address, balance_pence="many", committed_words="Wages", balance_on_day="31",
        balance_on_month="2", balance_on_year="2026",
    )  # fmt: skip
    said = words(shown)
    assert "Enter an amount in pounds and pence" in said
    assert "Enter a real date" in said
    assert "Wages" in said
    assert "<title>Error: " in shown.content.decode()


def test_the_person_reads_the_working_answers_and_reads_the_decision(client: Client):
    row = told()
    person = client_of(row.case)
    said = read(client, person, mine(row))
    assert "Nothing is taken, and nothing is decided." in said
    assert "kept for when support falls through" in said
    empty = words(post(client, person, mine(row), answer=" "))
    assert "Tell us what you think, in your own words." in empty
    assert post(client, person, mine(row), answer="It is for a wheelchair.").status_code == 302
    assert "We are considering the answer" in read(client, person, mine(row))
    again = words(post(client, person, mine(row), answer="And a ramp."))
    assert "And a ramp." in again
    officer, _ = finance()
    typed = {"act": "ask", "amount_pence": "100", "reason": "The hospital pays for it."}
    assert post(client, officer, ours(row), **typed).status_code == 302
    decided = read(client, person, mine(row))
    assert "£100.00 is left to give back" in decided
    assert "The hospital pays for it." in decided
    assert row.reference in decided


def test_deciding_too_early_keeps_what_was_typed(client: Client):
    row = told()
    typed = {"act": "ask", "amount_pence": "100", "reason": "It is over."}
    said = words(post(client, finance()[0], ours(row), **typed))
    assert "The person still has time to answer." in said
    assert "It is over." in said


def test_who_may_see_and_do_what(client: Client):
    row = told()
    officer, manager = finance()
    person, auditor = client_of(row.case), UserFactory(role="auditor")
    new = f"/payments/surplus/new/{row.case.reference}/"
    for who in (officer, manager, auditor, crew().worker):
        assert page(client, who, ours(row)).status_code == 200
    for who in (person, crew(1).worker, UserFactory(role="provider")):
        assert page(client, who, ours(row)).status_code == 404
        assert page(client, who, new).status_code == 404
    for who in (person, officer, auditor, crew().worker):
        assert page(client, who, mine(row)).status_code == 200
    stranger = client_of(CaseFactory(stage="referred"))
    assert page(client, stranger, mine(row)).status_code == 404
    assert page(client, None, mine(row)).status_code == 302
    assert page(client, None, ours(row)).status_code == 302
    assert page(client, crew().worker, "/payments/surplus/").status_code == 404
    assert post(client, officer, mine(row), answer="x").status_code == 404
    for who in (auditor, crew().worker):
        assert post(client, who, ours(row), act="drop", reason="x").status_code == 404
    assert post(client, officer, ours(row), act="nonsense").status_code == 404
    make_family(officer, row)  # type: ignore[arg-type]
    assert page(client, officer, ours(row)).status_code == 404


def test_the_list_shows_what_waits_with_constant_queries(client: Client):
    answered()
    officer, _ = finance()
    said = read(client, officer, "/payments/surplus/")
    assert "Margaret Ashdown" in said
    assert "To decide (1)" in said
    before = queries(client, officer, "/payments/surplus/?tab=all")
    for n in range(3):
        told(case=held(name=f"Person {n}"))
    assert queries(client, officer, "/payments/surplus/?tab=all") == before
    assert "Time to answer (3)" in read(client, officer, "/payments/surplus/?tab=waiting&q=person")
