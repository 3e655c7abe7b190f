"""The public calculator: nobody signs in, one thing a page, nothing kept unless somebody asks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from carebudget import clock
from plans.models import Case, FinancialAssessment
from plans.rules.charging_questions import sections_for
from plans.selectors.charging import money_values
from plans.services import close_case
from plans.views.charging_calculator import SESSION
from tests.plans.charging_pages import in_2016, opened, sent
from tests.plans.page_world import World, do, see, words

BORN = {"born_day": "27", "born_month": "3", "born_year": "1940"}
STEPS: list[tuple[str, dict[str, Any]]] = [
    ("support", {"kind": "care"}),
    ("born", BORN),
    ("household", {"household": "single", "children": "0"}),
    ("extras", {"premiums": ["carer"]}),
    ("savings", {"band": "between"}),
    ("savings-amounts", {"bank": "16,000"}),
    ("income", {"group_0": ["state_pension"], "group_1": ["attendance_allowance"], "group_3": ["earnings"]}),
    (
        "income-amounts",
        {
            "state_pension": "230", "state_pension_every": "week",
            "attendance_allowance": "294.60", "attendance_allowance_every": "four_weeks",
        },
    ),
    ("home", {"council_tax": "£120", "council_tax_every": "month"}),
    ("disability-costs", {}),
    ("cost", {"cost": "180"}),
]  # fmt: skip
"""230.00 + 73.65 + 7.00 = 310.65; less 189.00, carer 43.25, Council Tax 27.70, 17.00 = 33.70."""


@pytest.fixture
def then() -> Iterator[None]:
    """A day whose figures are complete."""
    with clock.travel(datetime(2016, 5, 2, 10, tzinfo=UTC)):
        yield


@pytest.fixture
def w(db: None) -> Iterator[World]:
    with in_2016() as found:
        yield found


def page(name: str, *args: Any) -> str:
    return reverse(f"plans:{name}", args=args)


def answer(client: Client, section: str, data: dict[str, Any], **query: str) -> Any:
    address = page("calculator_section", section)
    if query:
        address += "?" + "&".join(f"{key}={value}" for key, value in query.items())
    return client.post(address, data)


def answered(client: Client, **changes: dict[str, Any]) -> Any:
    """Go through the pages; where the last one leads."""
    client.post(page("calculator"), {"act": "start"})
    last = None
    for section, data in STEPS:
        data = changes.get(section.replace("-", "_"), data)
        last = answer(client, section, data)
        if last.status_code == 404:
            continue
        assert last.status_code == 302, (section, words(last))
    return last


@pytest.mark.django_db
def test_a_visitor_goes_from_page_to_page_and_sees_the_sum_with_every_step(
    client: Client, then: None
):
    assert "We keep nothing, unless you ask us to" in words(client.get(page("calculator")))
    begun = client.post(page("calculator"), {"act": "start"})
    assert begun.url == page("calculator_section", "support")
    for n, (section, data) in enumerate(STEPS):
        asked = client.get(page("calculator_section", section))
        assert f"Page {n + 1} of about" in words(asked)
        moved = answer(client, section, data)
        following = (
            page("calculator_section", STEPS[n + 1][0])
            if n + 1 < len(STEPS)
            else page("calculator_check")
        )
        assert moved.url == following
    check = words(client.get(page("calculator_check")))
    for said in ("27 March 1940", "£16,000.00", "£294.60 every four weeks", "£120.00 a month"):
        assert said in check
    result = words(client.get(page("calculator_result")))
    assert "You pay £33.70 a week towards support that costs £180.00." in result
    for step in (
        "State Pension",
        "£16,000 counts",
        "The guarantee",
        "Carer premium",
        "Council Tax",
        "the standard sum",
    ):
        assert step in result
    assert "£146.30 the council pays" in result
    assert "What is not certain" in result


@pytest.mark.django_db
def test_nothing_is_kept_outside_the_visitors_own_session(client: Client, then: None):
    with CaptureQueriesContext(connection) as queries:
        answered(client)
        client.get(page("calculator_result"))
    touched = {
        q["sql"] for q in queries if not q["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE"))
    }
    assert touched
    assert all('"django_session"' in sql for sql in touched)
    assert not FinancialAssessment.objects.exists()
    assert "£33.70" not in words(Client().get(page("calculator_result"), follow=True))


@pytest.mark.django_db
def test_a_visit_ends_when_the_browser_is_closed(client: Client, then: None):
    answered(client)
    cookie = client.cookies["sessionid"]
    assert (cookie["max-age"], cookie["expires"]) == ("", "")
    assert client.session.get_expire_at_browser_close()


@pytest.mark.django_db
def test_the_answers_are_deleted_when_the_visitor_says_so(client: Client, then: None):
    answered(client)
    after = client.post(page("calculator"), {"act": "forget"}, follow=True)
    assert "Your answers are deleted." in words(after)
    assert SESSION not in client.session
    assert client.get(page("calculator_result")).url == page("calculator")


@pytest.mark.django_db
def test_coming_back_goes_on_where_it_stopped(client: Client, then: None):
    client.post(page("calculator"), {"act": "start"})
    answer(client, "support", {"kind": "care"})
    start = client.get(page("calculator"))
    assert "Go on where you stopped" in words(start)
    assert page("calculator_section", "born") in start.content.decode()
    assert client.get(page("calculator_result")).url == page("calculator_section", "born")
    answered(client)
    assert "See your result" in words(client.get(page("calculator")))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("section", "data", "sentence"),
    [
        ("support", {}, "Choose what the support is for."),
        ("support", {"kind": "magic"}, "magic is not one of the available choices"),
        ("born", {}, "Enter when you were born."),
        ("born", {"born_day": "31", "born_month": "2", "born_year": "1940"}, "Enter a real date"),
        ("born", {"born_day": "1", "born_month": "1", "born_year": "2010"}, "18 and over. For a child, call us."),
        ("born", {"born_day": "1", "born_month": "1", "born_year": "1840"}, "Check the year."),
        ("household", {"children": "0"}, "Say whether you live with a partner."),
        ("household", {"household": "couple", "children": "0"}, "Enter when your partner was born."),
        ("household", {"household": "single", "children": "-1"}, "Enter 0 or more."),
        ("household", {"household": "single", "children": "two"}, "Enter a whole number, like 2, or 0."),
        ("household", {"household": "single", "children": "99"}, "Enter at most 30."),
        ("savings", {}, "Choose how much you have in savings."),
        ("savings-amounts", {}, "Enter how much you have, in one box or more."),
        ("savings-amounts", {"bank": "lots"}, "Enter an amount in pounds and pence, like 12.50"),
        ("savings-amounts", {"bank": "-5"}, "Enter an amount of zero or more."),
        ("income-amounts", {"state_pension": ""}, "Enter how much it is: State Pension."),
        ("income-amounts", {"state_pension": "12.345"}, "at most two digits after the point"),
        ("income-amounts", {"state_pension": "12", "state_pension_every": "daily"}, "Choose how often from the list."),
        ("home", {"rent": "abc"}, "Enter an amount in pounds and pence"),
        ("cost", {"cost": "99999999999999"}, "Enter a smaller amount."),
    ],
)  # fmt: skip
def test_a_slip_gets_a_sentence_beside_its_field_and_loses_nothing(
    client: Client, then: None, section: str, data: dict[str, Any], sentence: str
):
    answered(client)
    kept = client.session[SESSION]
    said = answer(client, section, data)
    assert said.status_code == 200
    assert sentence in words(said)
    assert said.content.decode().count("<title>Error: ") == 1
    for name, value in data.items():
        assert name.endswith("_every") or value in said.content.decode()
    assert client.session[SESSION] == kept


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["aftercare", "reablement", "aids"])
def test_support_that_is_free_asks_nothing_more(client: Client, then: None, kind: str):
    client.post(page("calculator"), {"act": "start"})
    assert answer(client, "support", {"kind": kind}).url == page("calculator_check")
    assert client.get(page("calculator_section", "born")).status_code == 404
    result = words(client.get(page("calculator_result")))
    assert "You pay nothing. This support is free, whatever you have." in result


@pytest.mark.django_db
def test_more_than_the_limit_ends_the_questions_early(client: Client, then: None):
    answered(client, savings={"band": "above"})
    assert client.get(page("calculator_section", "income")).status_code == 404
    result = words(client.get(page("calculator_result")))
    assert (
        "Your savings are more than £23,250, so you pay the whole cost: £180.00 a week." in result
    )
    assert "When your savings come down to the limit, tell us" in result


@pytest.mark.django_db
def test_without_a_cost_the_page_says_the_most_there_is_to_pay(client: Client, then: None):
    answered(client, cost={})
    result = words(client.get(page("calculator_result")))
    assert "You pay at most £33.70 a week, and never more than the support costs." in result
    assert "We do not know yet what your support will cost." in result


@pytest.mark.django_db
def test_changing_an_answer_comes_back_to_the_check_and_asks_what_it_opens(
    client: Client, then: None
):
    answered(client)
    changed = answer(client, "household", {"household": "single", "children": "1"}, then="check")
    assert changed.url == page("calculator_check")
    more = answer(client, "income", {"group_0": ["state_pension", "work_pension"]}, then="check")
    assert more.url == page("calculator_section", "income-amounts")
    check = words(client.get(page("calculator_check")))
    assert "Attendance Allowance" not in check
    assert "“How much comes in” is not answered yet." in check


@pytest.mark.django_db
def test_a_figure_that_is_missing_is_named_and_no_sum_is_shown(client: Client):
    with clock.travel(datetime(2025, 6, 2, 10, tzinfo=UTC)):
        answered(client)
        said = words(client.get(page("calculator_result")))
        assert "The table for 2025-04 has no figure for a single person at pension age." in said
        assert "We do not guess" in said
        assert "£33.70" not in said
        example = words(client.get(page("calculator_result"), {"figures": "2015-04"}))
        assert "This is not what you would pay today." in example
        assert "£33.70" in example
        assert "We do not guess" in words(
            client.get(page("calculator_result"), {"figures": "2026-04"})
        )


@pytest.mark.django_db
def test_a_day_without_any_table_says_so(client: Client):
    with clock.travel(datetime(2023, 6, 1, 10, tzinfo=UTC)):
        answered(client)
        said = words(client.get(page("calculator_result")))
        assert "There is no table of figures for 1 June 2023." in said


@pytest.mark.django_db
def test_every_page_has_its_own_title(client: Client, then: None):
    answered(client)
    values = client.session[SESSION]
    paths = [page("calculator_section", one.key) for one in sections_for(values, calculator=True)]
    paths += [
        page(name)
        for name in ("calculator", "calculator_check", "calculator_result", "calculator_send")
    ]
    titles = [
        client.get(path).content.decode().split("<title>")[1].split("</title>")[0] for path in paths
    ]
    assert len(set(titles)) == len(titles)


@pytest.mark.django_db
def test_a_page_that_is_none_is_not_found(client: Client, then: None):
    assert client.get(page("calculator_section", "magic")).status_code == 404
    assert client.get(page("calculator_check")).url == page("calculator")
    assert client.get(page("calculator_send")).url == page("calculator")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "junk", ["words", 5, [], {"support.kind": "magic"}, {"income.state_pension": "lots"}]
)
def test_a_session_that_was_spoilt_is_no_server_error(client: Client, then: None, junk: Any):
    session = client.session
    session[SESSION] = junk
    session.save()
    for name in ("calculator", "calculator_check", "calculator_result", "calculator_send"):
        assert client.get(page(name)).status_code in (200, 302)


# ---- keeping it


def test_somebody_who_is_not_signed_in_is_told_both_ways(w: World, client: Client):
    answered(client)
    said = client.get(page("calculator_send"))
    assert "Sign in and keep them" in words(said)
    assert f"/accounts/login/?next={page('calculator_send')}" in said.content.decode()
    assert "Ask for help" in words(said)


def test_the_same_answers_are_carried_into_the_case(w: World, client: Client):
    answered(client)
    client.force_login(w.ruth)
    assert SESSION in client.session
    asked = client.get(page("calculator_send"))
    assert "Margaret Ashdown" in words(asked)
    kept = client.post(page("calculator_send"), {"case": w.case.reference})
    assert kept.url == page("paying", w.case.reference)
    assert "Your answers are kept." in words(client.get(kept.url))
    values = money_values(opened(w))
    assert values["income.attendance_allowance"] == {"pence": 29460, "every": "four_weeks"}
    assert values["premiums"] == ["carer"]
    assert SESSION not in client.session


def test_only_a_case_of_ones_own_can_be_chosen(w: World, client: Client):
    answered(client)
    client.force_login(w.ruth)
    refused = client.post(page("calculator_send"), {"case": "CAS-222222"})
    assert "Choose from the list." in words(refused)
    assert not FinancialAssessment.objects.exists()


def test_what_was_sent_already_is_not_overwritten(w: World, client: Client):
    sent(w)
    answered(client)
    client.force_login(w.ruth)
    refused = client.post(page("calculator_send"), {"case": w.case.reference})
    assert "The council has your answers already, and is looking at them." in words(refused)
    assert SESSION in client.session


def test_somebody_without_a_case_is_told_to_ask_first(w: World, client: Client):
    for who in (w.stranger, w.samira):
        client.force_login(who)
        answered(client)
        assert "Ask for help first" in words(client.get(page("calculator_send")))
    close_case(case=w.again(), reason="Moved.", by=w.samira)
    client.force_login(w.margaret)
    answered(client)
    assert "Ask for help first" in words(client.get(page("calculator_send")))
    assert Case.objects.get(pk=w.case.pk).stage == "closed"


def test_answers_never_pass_from_one_person_to_another_on_the_same_computer(
    w: World, client: Client
):
    client.force_login(w.ruth)
    answered(client)
    client.force_login(w.stranger)
    assert SESSION not in client.session


def test_the_calculator_is_linked_from_every_page(w: World, client: Client):
    assert 'href="/what-might-i-pay/"' in see(client, None, "plans:ask_for_help").content.decode()
    assert do(client, None, "plans:calculator", act="start").status_code == 302
