"""What people owe on the pages: the person sees, understands and answers; finance lists, agrees, decides."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from payments import services as money
from payments.models import ContributionQuery, RepaymentPlan, WriteOff
from tests.desks.desk_world import page, post, queries, read, words
from tests.factories.worlds import CaseFactory, UserFactory, client_of, crew
from tests.payments.finance_world import make_family
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
)

pytestmark = pytest.mark.django_db


def mine(owing: Owing) -> str:
    return f"/my-budget/{owing.case.reference}/owed/"


def theirs(owing: Owing) -> str:
    return f"/payments/contributions/{owing.account.reference}/"


# ---- the person


def test_the_person_reads_what_to_pay_by_when_and_how(client: Client):
    owing = billed()
    with on(BILLED_ON):
        said = read(client, owing.client, mine(owing))
    assert "£60.00 to pay now" in said
    assert "Please pay by 10 August 2026." in said
    assert owing.account.reference in said
    assert "Support goes on, whatever happens with a bill." in said


def test_where_to_pay_is_written_once_the_council_has_named_its_account(client: Client, settings):
    settings.CONTRIBUTIONS = settings.CONTRIBUTIONS | {
        "pay_to": {"name": "Wrenbury", "sort_code": "20-00-00", "account_number": "12345678"}
    }
    owing = billed()
    with on(BILLED_ON):
        said = read(client, owing.client, mine(owing))
    assert "20-00-00" in said
    assert "12345678" in said


def test_each_bill_opens_with_its_working_week_by_week(client: Client):
    owing = begun(pence=5000)
    invoiced(owing, weeks=3)
    with on(BILLED_ON):
        money.raise_contributions()
        money.send_statements()
        said = read(client, owing.client, f"{mine(owing)}{owing.bill.reference}/")
    assert "Support cost £20.00, so only that is asked for." in said
    assert "There was no support, so nothing is asked for." in said
    assert "£60.00" in said
    assert "Tell us what is wrong" in said


def test_before_any_bill_the_page_says_what_will_come(client: Client):
    owing = begun()
    with on(BILLED_ON):
        said = read(client, owing.client, mine(owing))
    assert "No bill so far" in said


def test_telling_us_that_it_is_wrong_stops_the_reminders_and_says_so(client: Client):
    owing = billed()
    with on(BILLED_ON):
        answer = post(
            client,
            owing.client,
            mine(owing),
            kind="wrong",
            charge=owing.bill.reference,
            words="Nobody came in the second week.",
        )
        assert answer.status_code == 302
        said = read(client, owing.client, mine(owing))
    query = ContributionQuery.objects.get()
    assert query.charge == owing.bill
    assert "We are looking at what you told us" in said
    assert "No reminders are sent until we have answered" in said


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"kind": "", "words": "Nobody came."}, "Choose what you want to tell us."),
        ({"kind": "wrong", "words": " "}, "Tell us in your own words."),
        ({"kind": "nonsense", "words": "Nobody came."}, "Select a valid choice."),
    ],
)
def test_what_is_missing_is_said_beside_its_field_and_nothing_typed_is_lost(
    typed: dict[str, str], sentence: str, client: Client
):
    owing = billed()
    with on(BILLED_ON):
        found = post(client, owing.client, mine(owing), **typed)
    said = words(found)
    assert found.status_code == 200
    assert sentence in said
    assert "<title>Error: " in found.content.decode()
    if typed["words"].strip():
        assert typed["words"] in said
    assert not ContributionQuery.objects.exists()


def test_sending_it_twice_is_told_kindly(client: Client):
    owing = billed()
    typed = {"kind": "hard", "words": "The heating broke."}
    with on(BILLED_ON):
        post(client, owing.client, mine(owing), **typed)
        again = words(post(client, owing.client, mine(owing), **typed))
    assert "You have told us something already" in again
    assert "The heating broke." in again
    assert ContributionQuery.objects.count() == 1


def test_who_may_see_what_is_owed_and_who_may_answer(client: Client):
    owing = billed()
    stranger = client_of(CaseFactory(stage="referred"))
    with on(BILLED_ON):
        for who in (owing.client, crew().worker, owing.officer, UserFactory(role="auditor")):
            assert page(client, who, mine(owing)).status_code == 200
            assert page(client, who, f"{mine(owing)}{owing.bill.reference}/").status_code == 200
        for who in (stranger, UserFactory(role="provider"), UserFactory(role="panel")):
            assert page(client, who, mine(owing)).status_code == 404
            assert page(client, who, f"{mine(owing)}{owing.bill.reference}/").status_code == 404
        assert page(client, None, mine(owing)).status_code == 302
        typed = {"kind": "wrong", "words": "x"}
        assert post(client, owing.officer, mine(owing), **typed).status_code == 404


def test_a_bill_of_somebody_else_does_not_exist_at_ones_own_address(client: Client):
    one, two = billed(), billed(name="Ken Strange")
    with on(BILLED_ON):
        assert page(client, one.client, f"{mine(one)}{two.bill.reference}/").status_code == 404


# ---- finance


def test_finance_sees_everybody_by_age_and_narrowed(client: Client):
    one, two = billed(), billed(name="Ken Strange")
    came_in(two, 6000)
    with on(DUE_ON + timedelta(days=30)):
        said = read(client, one.officer, "/payments/contributions/")
        assert "Margaret Ashdown" in said
        assert "Ken Strange" not in said
        assert "Up to 12 weeks late 1 £60.00" in said
        everybody = read(client, one.officer, "/payments/contributions/?tab=all")
        assert "Ken Strange" in everybody
        nobody = read(client, one.officer, "/payments/contributions/?age=older")
        assert "Nobody fits" in nobody
        odd = page(client, one.officer, "/payments/contributions/?tab=x&age=y&order=z&page=99")
        assert odd.status_code == 200


def test_the_list_takes_as_many_queries_for_one_as_for_many(client: Client):
    one = billed()
    with on(DUE_ON + timedelta(days=30)):
        before = queries(client, one.officer, "/payments/contributions/")
    for n in range(4):
        billed(name=f"Person {n}")
    with on(DUE_ON + timedelta(days=30)):
        assert queries(client, one.officer, "/payments/contributions/") == before


def asked(client: Client, owing: Owing) -> None:
    with on(BILLED_ON):
        post(
            client,
            owing.client,
            mine(owing),
            kind="wrong",
            charge=owing.bill.reference,
            words="Nobody came.",
        )


def test_an_answer_with_something_taken_off_reaches_the_person(client: Client):
    owing = billed()
    asked(client, owing)
    with on(DUE_ON):
        typed = {"act": "answer", "answer": "You are right.", "less_pence": "15.00"}
        assert post(client, owing.officer, theirs(owing), **typed).status_code == 302
        said = read(client, owing.client, mine(owing))
        bill = read(client, owing.client, f"{mine(owing)}{owing.bill.reference}/")
    assert "£45.00 to pay now" in said
    assert "You are right." in said
    assert "less, £15.00." in bill


def test_taking_off_more_than_the_bill_keeps_the_answer_that_was_typed(client: Client):
    owing = billed()
    asked(client, owing)
    with on(DUE_ON):
        found = post(
            client,
            owing.officer,
            theirs(owing),
            act="answer",
            answer="Here is why.",
            less_pence="99",
        )
    said = words(found)
    assert "Take off at most that." in said
    assert "Here is why." in said


def parts(**changes: Any) -> dict[str, Any]:
    first = BILLED_ON + timedelta(days=14)
    return {
        "act": "parts",
        "each_pence": "20",
        "every": "four_weeks",
        "first_on_0": first.day,
        "first_on_1": first.month,
        "first_on_2": first.year,
        "first_on_day": first.day,
        "first_on_month": first.month,
        "first_on_year": first.year,
        "words": "Ruth rang.",
    } | changes


def test_parts_are_agreed_and_both_sides_see_them(client: Client):
    owing = billed()
    with on(BILLED_ON):
        assert post(client, owing.officer, theirs(owing), **parts()).status_code == 302
        said = read(client, owing.client, mine(owing))
        ours = read(client, owing.officer, theirs(owing))
    assert RepaymentPlan.objects.get().each_pence == 2000
    assert "£20.00 every four weeks" in said
    assert "Ruth rang." in ours


def test_parts_that_make_no_sense_are_said_beside_the_field(client: Client):
    owing = billed()
    with on(BILLED_ON):
        found = post(client, owing.officer, theirs(owing), **parts(each_pence="600"))
    said = words(found)
    assert "cannot be more than everything that is owed" in said
    assert "Ruth rang." in said
    assert not RepaymentPlan.objects.exists()


def test_writing_off_is_proposed_by_one_and_decided_by_another(client: Client):
    owing = billed()
    typed = {"act": "write_off", "amount_pence": "60", "reason": "She has nothing."}
    deciding = {"act": "decide", "approved": "yes", "reason": "I agree."}
    with on(DUE_ON):
        assert post(client, owing.officer, theirs(owing), **typed).status_code == 302
        assert "Keep my decision" not in read(client, owing.officer, theirs(owing))
        assert post(client, owing.officer, theirs(owing), **deciding).status_code == 404
        assert "Keep my decision" in read(client, owing.manager, theirs(owing))
        assert post(client, owing.manager, theirs(owing), **deciding).status_code == 302
        said = read(client, owing.client, mine(owing))
    assert WriteOff.objects.get().state == "approved"
    assert "£0.00 to pay" in said
    assert "£60.00 is not asked for any more." in said


def test_who_may_open_finances_side(client: Client):
    owing = billed()
    auditor = UserFactory(role="auditor")
    with on(BILLED_ON):
        assert page(client, auditor, theirs(owing)).status_code == 200
        assert post(client, auditor, theirs(owing), **parts()).status_code == 404
        for who in (owing.client, crew().worker, UserFactory(role="provider")):
            assert page(client, who, theirs(owing)).status_code == 404
            assert page(client, who, "/payments/contributions/").status_code == 404
        assert page(client, None, theirs(owing)).status_code == 302
        make_family(owing.officer, owing.agreement)
        assert page(client, owing.officer, theirs(owing)).status_code == 404


def test_an_account_takes_as_many_queries_with_many_bills(client: Client):
    owing = billed()
    with on(BILLED_ON):
        before = queries(client, owing.officer, theirs(owing))
        mine_before = queries(client, owing.client, mine(owing))
    for n in range(1, 4):
        invoiced(owing, JUNE + timedelta(days=28 * n), number=f"N{n}")
    with on(BILLED_ON + timedelta(days=84)):
        assert money.raise_contributions() == 3
        money.send_statements()
        assert queries(client, owing.officer, theirs(owing)) == before
        assert queries(client, owing.client, mine(owing)) == mine_before
