"""Reconciling on the page: both sides by age, fetching, matching, and what is explained and why."""

from typing import Any

import pytest
from django.test import Client

from carebudget.desks.seeding.world import sandbox
from payments import services
from payments.models import PaymentRun, StatementLine, TopUp
from payments.rules.statements import Line
from payments.services.accounts import statement_account
from tests.payments.finance_world import (
    Finance,
    bank_line,
    brought,
    draft_run,
    get,
    open_line,
    people,
    post,
    queries_at,
    sent,
)
from tests.plans.page_world import words

pytestmark = pytest.mark.django_db

HERE = "/payments/reconciling/"
MATCHED = "/payments/reconciling/matched/"


@pytest.fixture
def who(db: None) -> Finance:
    return people()


@pytest.fixture
def sent_run(who: Finance, stripe_sandbox: Any) -> PaymentRun:
    """Two payments, sent after a top-up; nothing was fetched or matched yet."""
    return sent(draft_run(2, submitted=True))


def bank_lines() -> list[Line]:
    """The top-ups as the council's bank shows them."""
    rows: Any = sandbox("bank_lines")
    return [
        bank_line(row["amount_pence"], text=row["counterparty"], reference=row["reference"])
        for row in rows
    ]


# -- both sides ---------------------------------------------------------------------------------


def test_before_any_statement_the_page_says_what_to_do(who: Finance, client: Client) -> None:
    page = words(get(client, who.officer, HERE))

    assert "No statement was read yet" in page
    assert "Bring in a statement of the council’s bank" in page
    assert "No statement was read yet" in words(get(client, who.officer, MATCHED))


def test_lines_that_are_not_explained_are_counted_by_age(who: Finance, client: Client) -> None:
    brought(
        bank_line(100, text="new"),
        bank_line(-200, text="this week", days_ago=3),
        bank_line(400, text="last week", days_ago=7),
        bank_line(800, text="this month", days_ago=20),
        bank_line(-1600, text="long ago", days_ago=50),
    )

    page = words(get(client, who.officer, HERE))

    for age in ("1£1.00", "2£2.00", "1£8.00", "1-£16.00"):
        assert age in page
    assert "On the statements, and not explained 5-£5.00 in all" in page
    assert page.index("long ago") < page.index("this month") < page.index("this week")


def test_amounts_of_ours_not_seen_are_on_the_other_side(
    who: Finance, client: Client, sent_run: PaymentRun
) -> None:
    statement_account("stripe")

    page = words(get(client, who.officer, HERE, account="stripe", side="items"))

    topup = TopUp.objects.get()
    assert "Ours, and not seen on a statement 3£0.00 in all" in page
    for payment in sent_run.payments.all():
        assert payment.reference in page
    assert f"{topup.reference}, money brought to the payment service" in page
    assert "-£20.00" in page


def test_each_account_has_its_own_side_of_a_top_up(
    who: Finance, client: Client, sent_run: PaymentRun
) -> None:
    open_line()

    page = words(get(client, who.officer, HERE, account="bank", side="items"))

    assert "-£40.00" in page
    assert sent_run.payments.first().reference not in page  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("narrowed", "shown"),
    [
        ({"amount": "5"}, {"SMALL", "BACK"}),
        ({"amount": "-5.00"}, {"SMALL", "BACK"}),
        ({"q": "brightside"}, {"LARGE"}),
        ({"q": "invoice 77"}, {"SMALL"}),
        ({"age": "older"}, {"BACK"}),
        ({"amount": "5", "age": "today"}, {"SMALL"}),
        ({"age": "ancient"}, {"SMALL", "BACK", "LARGE"}),
    ],
)
def test_lines_are_narrowed_by_amount_words_and_age(
    who: Finance, client: Client, narrowed: dict[str, str], shown: set[str]
) -> None:
    brought(
        bank_line(500, text="SMALL", reference="Invoice 77"),
        bank_line(-500, text="BACK", days_ago=60),
        bank_line(9999, text="LARGE", counterparty="Brightside Home Care"),
    )

    page = words(get(client, who.officer, HERE, **narrowed))

    assert {text for text in ("SMALL", "BACK", "LARGE") if text in page} == shown


def test_amounts_of_ours_are_narrowed_too(
    who: Finance, client: Client, sent_run: PaymentRun
) -> None:
    statement_account("stripe")
    first, second = sent_run.payments.order_by("pk")
    topup = TopUp.objects.get()

    def shown(**narrowed: str) -> set[str]:
        page = words(get(client, who.officer, HERE, account="stripe", side="items", **narrowed))
        known = (first.reference, second.reference, topup.reference)
        return {reference for reference in known if reference in page}

    assert shown(q=first.reference.lower()) == {first.reference}
    assert shown(amount="40") == {topup.reference}
    assert shown(age="today") == {first.reference, second.reference, topup.reference}
    assert shown(age="older") == set()


def test_an_amount_that_is_none_is_said_beside_the_box_and_kept(
    who: Finance, client: Client
) -> None:
    line = open_line()

    response = get(client, who.officer, HERE, amount="twelve", q="IN", age="today")

    page = response.content.decode()
    assert "Enter an amount in pounds and pence, like 12.50" in words(response)
    assert 'value="twelve"' in page
    assert 'value="IN"' in page
    assert "<title>Error: Reconciling" in page
    assert line.text in page


def test_nonsense_in_the_address_is_no_error(who: Finance, client: Client) -> None:
    open_line()

    for nonsense in ({"account": "x\x00"}, {"side": "both"}, {"page": "-3"}, {"q": "\x00"}):
        assert get(client, who.officer, HERE, **nonsense).status_code == 200
        assert get(client, who.officer, MATCHED, **nonsense).status_code == 200


# -- fetching and matching ----------------------------------------------------------------------


def test_fetching_says_what_it_brought(who: Finance, client: Client, sent_run: PaymentRun) -> None:
    first = words(client_after(client, who, "fetch"))
    again = words(client_after(client, who, "fetch"))

    assert "3 new lines from Stripe. Now run the matching." in first
    assert "Stripe has nothing that we did not know." in again
    assert StatementLine.objects.count() == 3


def client_after(client: Client, who: Finance, act: str) -> Any:
    """The page after a button of it was pressed."""
    return client.get(post(client, who.officer, HERE, act=act).url)


def test_a_payment_service_that_does_not_answer_is_said(
    who: Finance, client: Client, sent_run: PaymentRun
) -> None:
    sandbox("faults", {"error_500": {"every": 1}})

    page = words(post(client, who.officer, HERE, act="fetch"))

    assert "The payment service did not answer. Nothing is lost." in page
    assert not StatementLine.objects.exists()


def test_the_matching_says_what_it_did_and_what_is_left(
    who: Finance, client: Client, sent_run: PaymentRun
) -> None:
    services.fetch_rail_lines()
    brought(*bank_lines(), bank_line(12))

    page = words(client_after(client, who, "match"))

    assert "Balance at Stripe: 3 lines explained (£0.00), 0 lines not explained, 0 amounts of ours not seen." in page  # fmt: skip
    assert "Council bank account: 1 line explained (-£40.00), 1 line not explained, 0 amounts of ours not seen." in page  # fmt: skip
    assert services.verify_ledger().holds


def test_matching_nothing_says_so(who: Finance, client: Client) -> None:
    assert "There are no statements to match yet." in words(client_after(client, who, "match"))


def test_matching_again_explains_nothing_new(
    who: Finance, client: Client, sent_run: PaymentRun
) -> None:
    services.fetch_rail_lines()
    client_after(client, who, "match")

    assert "Balance at Stripe: 0 lines explained, " in words(client_after(client, who, "match"))


def test_statements_that_are_held_are_pointed_at(who: Finance, client: Client) -> None:
    open_line()
    brought(bank_line(70, text="b"), name="b.xml", statement_id="B", missing_pence=1)

    page = words(get(client, who.officer, HERE))

    assert "1 statement does not add up, and waits for a decision." in page


# -- what is explained --------------------------------------------------------------------------


def test_what_is_explained_says_why_and_how(
    who: Finance, client: Client, sent_run: PaymentRun
) -> None:
    services.fetch_rail_lines()
    services.reconcile()
    payment = sent_run.payments.order_by("pk")[0]

    page = words(get(client, who.officer, MATCHED, account="stripe"))

    assert "3 lines" in page
    assert f"same reference {payment.reference} and amount £20.00" in page
    assert "Our reference" in page


def test_what_a_person_explained_names_them(who: Finance, client: Client) -> None:
    services.explain_line(line=open_line(), explanation="fees", reason="Monthly.", by=who.officer)

    page = words(get(client, who.officer, MATCHED))

    assert "By a person: The officer" in page


def test_what_is_explained_is_narrowed_by_words_and_by_how(
    who: Finance, client: Client, sent_run: PaymentRun
) -> None:
    services.fetch_rail_lines()
    services.reconcile()
    payment = sent_run.payments.order_by("pk")[0]

    found = words(get(client, who.officer, MATCHED, account="stripe", q=payment.reference))
    none = words(get(client, who.officer, MATCHED, account="stripe", how="person"))

    assert "1 line," in found
    assert "Nothing fits" in none


# -- who may, and how much it costs -------------------------------------------------------------


def test_the_auditor_reads_and_presses_nothing(who: Finance, client: Client) -> None:
    open_line()

    page = words(get(client, who.auditor, HERE))

    assert "INTEREST" in page
    for button in ("Run the matching", "Bring in a statement", "Fetch from Stripe now"):
        assert button not in page
    for act in ("fetch", "match"):
        assert post(client, who.auditor, HERE, act=act).status_code == 404
    assert get(client, who.auditor, MATCHED).status_code == 200


def test_an_unknown_button_does_nothing(who: Finance, client: Client) -> None:
    assert post(client, who.officer, HERE, act="burn").status_code == 404


def test_nobody_else_sees_reconciling(who: Finance, client: Client) -> None:
    for path in (HERE, MATCHED):
        assert get(client, who.stranger, path).status_code == 404
        assert get(client, None, path).status_code == 302


def test_much_more_on_either_side_takes_no_more_queries(
    who: Finance, client: Client, sent_run: PaymentRun
) -> None:
    services.fetch_rail_lines()
    services.reconcile()
    open_line()
    sent(draft_run(submitted=True))
    paths = (
        f"{HERE}?account=bank",
        f"{HERE}?account=bank&side=items",
        f"{HERE}?account=stripe&side=items",
        f"{MATCHED}?account=stripe",
    )
    before = [queries_at(client, who.officer, path) for path in paths]
    sent(draft_run(3, submitted=True))
    services.fetch_rail_lines()
    services.reconcile()
    sent(draft_run(4, submitted=True))
    brought(*(bank_line(n, text=f"line {n}") for n in range(1, 70)), name="b.xml")

    assert [queries_at(client, who.officer, path) for path in paths] == before
    assert "Page 1 of 2" in words(get(client, who.officer, HERE, account="bank"))
    assert "Page 2 of 2" in words(get(client, who.officer, HERE, account="bank", page=2))
