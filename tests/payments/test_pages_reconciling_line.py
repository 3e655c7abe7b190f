"""One statement line on the page: suggestions, matching by hand, explaining, setting aside, taking back."""

from typing import Any

import pytest
from django.test import Client

from payments import services
from payments.models import Account, Match, Payment, PaymentRun, StatementLine, TopUp
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


@pytest.fixture
def who(db: None) -> Finance:
    return people()


@pytest.fixture
def run(who: Finance, stripe_sandbox: Any) -> PaymentRun:
    """Three payments that were sent; the rail's lines are here, and nothing is matched."""
    found = sent(draft_run(3, submitted=True))
    services.fetch_rail_lines()
    return found


def page_of(line: StatementLine) -> str:
    return f"/payments/reconciling/lines/{line.public_id}/"


def line_of(payment: Payment) -> StatementLine:
    """The rail's line of a payment."""
    return StatementLine.objects.get(source_id=payment.external_id)


def first(run: PaymentRun) -> Payment:
    return run.payments.order_by("pk")[0]


@pytest.fixture
def unseen(who: Finance, stripe_sandbox: Any) -> PaymentRun:
    """Three payments that were sent, and that no line has shown."""
    return sent(draft_run(3, submitted=True))


def a_bulk_line(pence: int) -> StatementLine:
    """A line at Stripe that names nothing, as if several payments had been shown as one."""
    brought(bank_line(pence, text="SUNDRY", days_ago=400), account="stripe")
    return StatementLine.objects.get(text="SUNDRY")


# -- matching by hand ---------------------------------------------------------------------------


def test_suggestions_come_with_the_reason(who: Finance, client: Client, run: PaymentRun) -> None:
    payment = first(run)

    page = words(get(client, who.officer, page_of(line_of(payment))))

    assert "Money out: £20.00" in page
    assert f"Same reference {payment.reference} and amount £20.00." in page
    assert "Fits well" in page
    assert "Nothing is ticked yet. The line is -£20.00." in page


def test_one_suggestion_is_taken_and_the_entry_is_shown(
    who: Finance, client: Client, run: PaymentRun
) -> None:
    payment = first(run)
    line = line_of(payment)

    done = post(
        client, who.officer, page_of(line), act="match", items=f"payment:{payment.reference}",
        reason="On their letter.",
    )  # fmt: skip

    page = words(client.get(done.url))
    assert "The line is explained. Here is the entry it posted." in page
    assert f"The officer chose {payment.reference}" in page
    assert "By a person. The officer said so" in page
    assert "Balance at Stripe" in page
    assert "On their letter." in page
    payment.refresh_from_db()
    assert payment.state == "settled"
    assert services.verify_ledger().holds


def test_several_make_one_line_with_a_running_sum_that_needs_no_javascript(
    who: Finance, client: Client, unseen: PaymentRun
) -> None:
    line = a_bulk_line(-4000)
    one, two, _ = unseen.payments.order_by("pk")
    ticks = [f"payment:{one.reference}", f"payment:{two.reference}"]

    short = words(post(client, who.officer, page_of(line), act="sum", items=ticks[:1]))
    exact = post(client, who.officer, page_of(line), act="sum", items=ticks)
    done = post(client, who.officer, page_of(line), act="match", items=ticks)

    assert "1 ticked: -£20.00. The line is -£40.00. The difference is -£20.00." in short
    assert "2 ticked: -£40.00. The line is -£40.00. They are the same to the penny." in words(exact)
    assert exact.content.decode().count(" checked") == 2
    assert done.status_code == 302
    assert set(unseen.payments.values_list("state", flat=True)) == {"sent", "settled"}
    assert services.verify_ledger().holds


def test_the_running_sum_alone_is_for_htmx(who: Finance, client: Client, run: PaymentRun) -> None:
    payment = first(run)
    here = f"{page_of(line_of(payment))}sum/"
    client.force_login(who.officer)
    data = {"items": f"payment:{payment.reference}"}

    alone = client.post(here, data, headers={"HX-Request": "true"})

    assert words(alone).startswith("1 ticked: -£20.00")
    assert "<html" not in alone.content.decode()
    assert client.post(here, data).url == page_of(line_of(payment))
    assert client.get(here).url == page_of(line_of(payment))
    assert post(client, who.auditor, here, **data).status_code == 404


def test_a_sum_that_differs_is_refused_with_both_figures_and_the_ticks_kept(
    who: Finance, client: Client, unseen: PaymentRun
) -> None:
    payment = first(unseen)
    line = a_bulk_line(-4000)

    answer = post(
        client, who.officer, page_of(line), act="match", items=f"payment:{payment.reference}",
        reason="I think so.",
    )  # fmt: skip

    page = words(answer)
    assert "What you chose makes -£20.00, and the line is -£40.00." in page
    assert "I think so." in page
    assert answer.content.decode().count(" checked") == 1
    assert "<title>Error: " in answer.content.decode()
    assert not Match.objects.exists()


def test_nothing_ticked_asks_for_a_choice(who: Finance, client: Client, run: PaymentRun) -> None:
    page = words(post(client, who.officer, page_of(line_of(first(run))), act="match"))

    assert "Choose what this line pays." in page


@pytest.mark.parametrize("said", ["reference", "run", "provider", "pounds"])
def test_another_amount_is_found_and_ticks_are_kept(
    who: Finance, client: Client, unseen: PaymentRun, said: str
) -> None:
    one, two, _ = unseen.payments.order_by("pk")
    assert two.provider is not None
    line = a_bulk_line(-4100)
    find = {
        "reference": two.reference.lower(),
        "run": unseen.reference,
        "provider": two.provider.name.upper(),
        "pounds": "£20",
    }[said]

    answer = post(
        client, who.officer, page_of(line), act="find", find=find,
        items=f"payment:{one.reference}",
    )  # fmt: skip

    page = answer.content.decode()
    assert f'value="payment:{two.reference}"' in page
    assert f'value="payment:{one.reference}" checked' in page
    assert f"Found for “{find}”" in words(answer)


def test_finding_nothing_says_so(who: Finance, client: Client, unseen: PaymentRun) -> None:
    line = a_bulk_line(-4100)

    for find in ("no such thing", "\x00"):
        answer = post(client, who.officer, page_of(line), act="find", find=find)
        assert answer.status_code == 200
    assert "Nothing of ours that is still open." in words(
        post(client, who.officer, page_of(line), act="find", find="no such thing")
    )


def test_a_whole_run_can_be_chosen_at_once(
    who: Finance, client: Client, unseen: PaymentRun
) -> None:
    line = a_bulk_line(-6000)

    found = post(client, who.officer, page_of(line), act="find", find=unseen.reference.lower())
    summed = post(
        client, who.officer, page_of(line), act="sum",
        items=[f"run:{unseen.reference}", f"payment:{first(unseen).reference}"],
    )  # fmt: skip
    done = post(client, who.officer, page_of(line), act="match", items=f"run:{unseen.reference}")

    assert f"The whole of {unseen.reference}, 3 payments" in words(found)
    assert "3 ticked: -£60.00" in words(summed), "a payment counts once, alone and with its run"
    page = words(client.get(done.url))
    for payment in unseen.payments.all():
        assert payment.reference in page
    assert set(unseen.payments.values_list("state", flat=True)) == {"settled"}


def test_what_somebody_else_explained_meanwhile_is_a_conflict_in_words(
    who: Finance, client: Client, run: PaymentRun
) -> None:
    payment = first(run)
    line = line_of(payment)
    item = f"payment:{payment.reference}"
    services.match_line(line=line, items=[item], reason="", by=who.manager)

    again = words(post(client, who.officer, page_of(line), act="match", items=item))
    explained = words(
        post(client, who.officer, page_of(line), act="explain", explanation="fees", reason="Mine.")
    )

    assert "One of these is explained by another line already." in again
    assert "Somebody else has explained this line already." in explained
    assert "Mine." in explained
    assert Match.objects.count() == 1


def test_an_item_that_never_was_is_no_error(who: Finance, client: Client, run: PaymentRun) -> None:
    line = line_of(first(run))
    for item in ("payment:PAY-NOBODY", "x\x00", "run:RUN-NOBODY", ""):
        answer = post(client, who.officer, page_of(line), act="match", items=item)
        assert answer.status_code == 200
    assert not Match.objects.exists()


# -- something else -----------------------------------------------------------------------------


def test_a_line_is_explained_by_a_reasoned_entry(who: Finance, client: Client) -> None:
    line = open_line(1234)

    done = post(
        client, who.officer, page_of(line), act="explain", explanation="funding",
        reason="Interest of the quarter.",
    )  # fmt: skip

    page = words(client.get(done.url))
    assert "The officer: money that the council put in or took out" in page
    assert "Council money: general" in page
    assert "Interest of the quarter." in page
    assert Account.objects.get(code="bank:main").balance_pence == 1234
    assert services.verify_ledger().holds


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"explanation": "funding", "reason": " "}, "Give a reason. It is kept in the record."),
        ({"explanation": "", "reason": "Because."}, "Say what this line is."),
        ({"explanation": "holiday", "reason": "Because."}, "Select a valid choice."),
    ],
)
def test_an_explanation_that_is_not_whole_is_asked_for_again(
    who: Finance, client: Client, given: dict[str, str], sentence: str
) -> None:
    line = open_line()

    answer = post(client, who.officer, page_of(line), act="explain", **given)

    assert sentence in words(answer)
    assert given["reason"] in answer.content.decode()
    assert not Match.objects.exists()


def test_a_line_is_set_aside_with_a_note(who: Finance, client: Client) -> None:
    line = open_line()

    without = words(post(client, who.officer, page_of(line), act="aside", note=""))
    done = post(client, who.officer, page_of(line), act="aside", note="Asked the bank.")
    page = words(client.get(done.url))
    again = words(post(client, who.officer, page_of(line), act="aside", note="And again."))

    assert "Say what you are waiting for." in without
    assert "The line is set aside with your note." in page
    assert "With a person" in page
    assert "Asked the bank." in page
    assert "This is now “With a person”" in again
    assert "And again." in again


def test_a_match_is_taken_back_with_a_reason_and_both_sides_are_open_again(
    who: Finance, client: Client, run: PaymentRun
) -> None:
    services.reconcile()
    payment = first(run)
    line = line_of(payment)

    shown = words(get(client, who.officer, page_of(line)))
    without = words(post(client, who.officer, page_of(line), act="undo", reason=" "))
    done = post(client, who.officer, page_of(line), act="undo", reason="The wrong one.")

    assert "Our reference. The matching found it" in shown
    assert "Give a reason." in without
    page = words(client.get(done.url))
    assert "It is taken back. The line and what it settled are open again." in page
    assert f"It was explained before: same reference {payment.reference}" in page
    assert "The wrong one." in page
    assert f"Same reference {payment.reference}" in page
    payment.refresh_from_db()
    assert payment.state == "sent"
    assert services.verify_ledger().holds


def test_taking_back_twice_says_so_and_keeps_the_words(
    who: Finance, client: Client, run: PaymentRun
) -> None:
    services.reconcile()
    line = line_of(first(run))
    post(client, who.officer, page_of(line), act="undo", reason="The wrong one.")

    again = words(post(client, who.officer, page_of(line), act="undo", reason="Once more."))

    assert "This was taken back already." in again
    assert "Once more." in again
    assert Match.objects.filter(undone_at=None).count() == 3


def test_a_line_of_a_top_up_names_its_run(who: Finance, client: Client, run: PaymentRun) -> None:
    services.reconcile()
    topup = TopUp.objects.get()
    line = StatementLine.objects.get(source_id=topup.external_id)

    page = words(get(client, who.officer, page_of(line)))

    assert f"{topup.reference}, money brought to the payment service for {run.reference}" in page


# -- who may, and how much it costs -------------------------------------------------------------


def test_the_auditor_reads_a_line_and_presses_nothing(
    who: Finance, client: Client, run: PaymentRun
) -> None:
    line = line_of(first(run))

    response = get(client, who.auditor, page_of(line))

    assert "Same reference" in words(response)
    assert "checkbox" not in response.content.decode()
    for button in ("This is what it pays", "Say what it is", "Set it aside"):
        assert button not in words(response)
    for act in ("match", "explain", "aside", "undo", "find", "sum"):
        assert post(client, who.auditor, page_of(line), act=act, reason="x").status_code == 404
    services.reconcile()
    assert "Take this back" not in words(get(client, who.auditor, page_of(line)))


def test_nobody_else_sees_a_line(who: Finance, client: Client) -> None:
    line = open_line()
    assert get(client, who.stranger, page_of(line)).status_code == 404
    assert get(client, None, page_of(line)).status_code == 302
    assert post(client, who.officer, page_of(line), act="burn").status_code == 404
    none = "/payments/reconciling/lines/00000000-0000-7000-8000-000000000000/"
    assert get(client, who.officer, none).status_code == 404


def test_more_to_choose_from_takes_no_more_queries(
    who: Finance, client: Client, run: PaymentRun
) -> None:
    line = line_of(first(run))
    before = queries_at(client, who.officer, page_of(line))
    sent(draft_run(4, submitted=True))

    assert queries_at(client, who.officer, page_of(line)) == before
