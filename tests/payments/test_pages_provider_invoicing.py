"""Writing an invoice: lines with buttons, the check, every refusal beside its box, and sending once."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from carebudget import clock
from payments.forms.invoice import days_of_support
from payments.models import AgreementState, Invoice, InvoiceState, ServiceAgreement
from tests.factories.worlds import InvoiceFactory
from tests.payments.provider_world import (
    ProviderWorld,
    built_for_the_module,
    last_week,
    make_ready,
    said,
    typed_date,
    typed_invoice,
    typed_line,
)
from tests.plans.page_world import do, see

NEW = "payments:provider_invoice_new"


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: Any) -> Iterator[ProviderWorld]:
    with built_for_the_module(django_db_blocker) as built:
        yield built


@pytest.fixture
def w(kept: ProviderWorld, db: None) -> ProviderWorld:
    return kept


def press(w: ProviderWorld, client: Client, step: str, **typed: str) -> Any:
    """Send the form with one of its buttons."""
    return do(client, w.lena, NEW, w.running.reference, step=step, **(typed or typed_invoice()))


def value_of(page: Any, name: str) -> str:
    """What stands in a box of the page."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page.content.decode())
    return found[1] if found else ""


def carried(page: Any) -> dict[str, str]:
    """What the browser would send of a page as it stands."""
    boxes = re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.content.decode())
    return {name: value for name, value in boxes if name != "csrfmiddlewaretoken"}


def lines_on(page: Any) -> int:
    """How many lines the page has."""
    return page.content.decode().count('class="cb-invoice__line"')


# -- writing it


def test_a_new_invoice_starts_from_the_agreement(w: ProviderWorld, client: Client):
    page = see(client, w.lena, NEW, w.running.reference)
    assert lines_on(page) == 1
    assert value_of(page, "lines-0-description") == "Support"
    assert value_of(page, "lines-0-rate_pence") == "20.00"
    assert value_of(page, "period_from_day") == str(w.running.starts_on.day)
    assert "may still be invoiced" in said(page)
    assert "<title>Send an invoice for Edith Marlow" in page.content.decode()
    assert "govuk-error-summary" not in page.content.decode()


def test_the_days_after_the_last_invoice_and_its_number_are_shown(w: ProviderWorld, client: Client):
    last = InvoiceFactory(agreement=w.running, number="BRI-41")
    page = see(client, w.lena, NEW, w.running.reference)
    assert "The last one you sent was BRI-41." in said(page)
    following = last.period_to + timedelta(days=1)
    assert value_of(page, "period_from_day") == str(following.day)


def test_lines_are_added_and_taken_out_and_nothing_is_lost(w: ProviderWorld, client: Client):
    page = press(w, client, "add")
    assert lines_on(page) == 3
    assert value_of(page, "number") == "B-1"
    assert value_of(page, "lines-1-quantity") == "1.5"
    assert value_of(page, "lines-2-rate_pence") == "20.00"
    assert "govuk-error-summary" not in page.content.decode()
    page = press(w, client, "remove-1")
    assert lines_on(page) == 1
    assert value_of(page, "lines-0-quantity") == "1.5"
    page = press(w, client, "remove-1", number="B-1", **typed_line(0, last_week()))
    assert lines_on(page) == 1
    assert value_of(page, "lines-0-quantity") == ""
    assert lines_on(press(w, client, "remove-99")) == 2
    assert Invoice.objects.count() == 0


def test_buttons_complain_of_nothing_before_the_check(w: ProviderWorld, client: Client):
    page = press(w, client, "add", number="", **typed_line(0, last_week(), quantity="lots"))
    assert value_of(page, "lines-0-quantity") == "lots"
    assert "govuk-error-summary" not in page.content.decode()


def test_the_total_is_worked_out_without_javascript(w: ProviderWorld, client: Client):
    assert "£70.00" in said(press(w, client, "total"))


def test_the_lines_can_be_written_from_the_agreement(w: ProviderWorld, client: Client):
    first = w.running.starts_on
    dates = {
        **typed_date("period_from", first),
        **typed_date("period_to", first + timedelta(days=22)),
    }
    page = press(w, client, "fill", number="B-1", **dates)
    assert lines_on(page) == 3
    number = f"{w.running.quantity.normalize():f}"
    assert [value_of(page, f"lines-{n}-quantity") for n in range(3)] == [number] * 3
    second = first + timedelta(days=7)
    assert value_of(page, "lines-1-service_date_day") == str(second.day)
    assert lines_on(press(w, client, "fill", **carried(page))) == 3
    kept = press(w, client, "fill", **typed_invoice() | dates)
    assert lines_on(kept) == 5
    assert value_of(kept, "lines-1-quantity") == "1.5"


def test_writing_the_lines_needs_dates(w: ProviderWorld, client: Client):
    page = press(w, client, "fill", number="B-1", period_from_day="3")
    assert "The date must include a month and a year" in said(page)
    assert "Enter the last day of the invoice." in said(page)
    assert "Enter your invoice number" not in said(page)
    backwards = typed_invoice(
        **typed_date("period_from", last_week()), **typed_date("period_to", last_week(5))
    )
    page = press(w, client, "fill", **backwards)
    assert "The last day must be on or after the first day." in said(page)
    assert lines_on(page) == 2
    far = {
        **typed_date("period_from", date(9999, 12, 30)),
        **typed_date("period_to", date(9999, 12, 31)),
    }
    page = press(w, client, "fill", number="B-1", **far)
    assert "You can invoice support once it has been given." in said(page)
    assert lines_on(page) == 1


@pytest.mark.parametrize(
    ("frequency", "first", "last", "days"),
    [
        ("weekly", date(2026, 3, 1), date(2026, 3, 31), [1, 8, 15, 22]),
        ("weekly", date(2026, 3, 1), date(2026, 3, 28), [1, 8, 15, 22]),
        ("weekly", date(2026, 3, 1), date(2026, 3, 3), [1]),
        ("fortnightly", date(2026, 3, 1), date(2026, 3, 28), [1, 15]),
        ("four_weekly", date(2026, 3, 1), date(2026, 3, 31), [1]),
        ("monthly", date(2026, 1, 31), date(2026, 4, 30), [31, 28, 31]),
        ("once", date(2026, 3, 1), date(2026, 12, 31), [1]),
        ("yearly", date(2026, 3, 1), date(2027, 2, 28), [1]),
    ],
)
def test_days_of_support_never_claim_a_part_of_a_week(
    frequency: str, first: date, last: date, days: list[int]
):
    assert [day.day for day in days_of_support(frequency, first, last)] == days


def test_the_live_total_adds_up_what_makes_sense(w: ProviderWorld, client: Client):
    name = "payments:provider_invoice_total"
    fragment = do(client, w.lena, name, w.running.reference, **typed_invoice())
    assert "£70.00" in said(fragment)
    assert "<html" not in fragment.content.decode()
    odd = typed_invoice(**{"lines-0-quantity": "NaN", "lines-1-rate_pence": "x"})
    assert "£0.00" in said(do(client, w.lena, name, w.running.reference, **odd))
    much = typed_invoice(**{"lines-0-quantity": "9999"})
    assert "more than you may still invoice" in said(
        do(client, w.lena, name, w.running.reference, **much)
    )
    assert see(client, w.lena, name, w.running.reference).status_code == 405


# -- checking and sending it


def test_the_check_shows_everything_before_it_is_sent(w: ProviderWorld, client: Client):
    page = press(w, client, "check", **typed_invoice(note="Thank you."))
    text = said(page)
    assert "Check the invoice before you send it" in text
    assert "2 hours at £20.00 £40.00" in text
    assert "In all £70.00" in text
    assert "Thank you." in text
    assert "set up how you are paid" in text
    assert Invoice.objects.count() == 0
    back = press(w, client, "change", **typed_invoice(note="Thank you."))
    assert value_of(back, "lines-1-quantity") == "1.5"
    assert "Thank you." in back.content.decode()


def test_what_the_check_page_carries_is_what_is_sent(w: ProviderWorld, client: Client):
    page = press(w, client, "check", **typed_invoice(note="For you"))
    sent = press(w, client, "send", **carried(page))
    invoice = Invoice.objects.get()
    assert sent.url == reverse("payments:provider_invoice_sent", args=[invoice.reference])
    assert (invoice.number, invoice.total_pence, invoice.note) == ("B-1", 7000, "For you")
    assert [line.quantity for line in invoice.lines.all()] == [2, 1.5]
    confirmed = client.get(sent.url)
    text = said(confirmed)
    assert "Invoice sent" in text
    assert "Edith Marlow, or somebody who helps, says yes" in text
    assert confirmed.content.decode().count("<h1") == 1


def test_lines_left_empty_are_left_out(w: ProviderWorld, client: Client):
    typed = typed_invoice(
        **{"lines-7-description": "Support", "lines-7-rate_pence": "20.00", "lines-7-quantity": ""}
    )
    press(w, client, "send", **typed)
    assert Invoice.objects.get().lines.count() == 2


def test_sending_twice_is_refused_kindly_with_a_link(w: ProviderWorld, client: Client):
    press(w, client, "send")
    first = Invoice.objects.get()
    again = press(w, client, "send")
    text = said(again)
    assert "You have sent an invoice with the number B-1 before." in text
    assert "You sent this one before" in text
    assert "it was sent once" in text
    url = reverse("payments:provider_invoice", args=[first.reference])
    assert f'href="{url}"' in again.content.decode()
    assert "<title>Error: " in again.content.decode()
    assert value_of(again, "lines-1-quantity") == "1.5"
    assert Invoice.objects.count() == 1


def test_two_sendings_at_once_are_told_the_same(
    w: ProviderWorld, client: Client, monkeypatch: pytest.MonkeyPatch
):
    """Both pages were checked before either was kept: the service refuses the second."""
    from payments.forms import invoice as form

    InvoiceFactory(agreement=w.running, number="b1")
    monkeypatch.setattr(form, "earlier_invoice", lambda provider, number: None)
    text = said(press(w, client, "send", **typed_invoice(number="B 1")))
    assert "You have sent an invoice with the number B 1 before." in text
    assert "You sent this one before" in text
    assert Invoice.objects.count() == 1


# -- what is refused


def wrong(**typed: str) -> dict[str, str]:
    return typed_invoice(**typed)


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        (wrong(number=""), "number", "Enter your invoice number."),
        (wrong(number="—"), "number", "Use letters or digits in your invoice number."),
        (wrong(number="9" * 41), "number", "at most 40 letters and digits"),
        (wrong(period_from_day="32"), "period_from", "Enter a real date"),
        (wrong(period_to_day=""), "period_to", "The date must include a day"),
        (wrong(**{"lines-1-quantity": ""}), "lines-1-quantity", "Line 2: say how many hours."),
        (wrong(**{"lines-1-quantity": "x"}), "lines-1-quantity", "Line 2: enter a number"),
        (wrong(**{"lines-1-quantity": "NaN"}), "lines-1-quantity", "Line 2: enter a number"),
        (wrong(**{"lines-1-quantity": "1.234"}), "lines-1-quantity", "Line 2: use at most two"),
        (wrong(**{"lines-1-quantity": "0"}), "lines-1-quantity", "Line 2: enter how many, more than 0."),
        (wrong(**{"lines-1-quantity": "-3"}), "lines-1-quantity", "Line 2: enter how many, more than 0."),
        (wrong(**{"lines-1-quantity": "9999999"}), "lines-1-quantity", "Line 2: this is too many."),
        (wrong(**{"lines-0-description": " "}), "lines-0-description", "Line 1: say what was done."),
        (wrong(**{"lines-0-description": "x" * 201}), "lines-0-description", "Line 1: use at most 200 letters."),
        (wrong(**{"lines-0-rate_pence": ""}), "lines-0-rate_pence", "Line 1: enter an amount"),
        (wrong(**{"lines-0-rate_pence": "0"}), "lines-0-rate_pence", "Line 1: enter the price of one."),
        (wrong(**{"lines-0-rate_pence": "20.01"}), "lines-0-rate_pence", "Line 1: the agreed price of one is £20.00."),
        (wrong(**{"lines-0-service_date_year": ""}), "lines-0-service_date", "Line 1: the date must include a year"),
        (wrong(**typed_date("lines-0-service_date", last_week(5))), "lines-0-service_date", "Line 1: the day is outside the invoice’s dates."),
        (wrong(**typed_line(1, last_week(1))), "lines-1-service_date", "Line 2 is for the same thing on the same day as line 1."),
        (wrong(**{"lines-0-quantity": "0.01", "lines-0-rate_pence": "0.01"}), "lines-0-quantity", "Line 1: this comes to less than a penny."),
        (wrong(note="x" * 1001), "note", "at most 1000 characters"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_box(
    w: ProviderWorld, client: Client, typed: dict[str, str], field: str, sentence: str
):
    for step in ("check", "send"):
        answer = press(w, client, step, **typed)
        html = answer.content.decode()
        assert sentence in said(answer)
        assert "<title>Error: " in html
        assert f'id="id_{field}_error"' in html
        assert value_of(answer, "lines-1-service_date_day") == typed["lines-1-service_date_day"]
    assert Invoice.objects.count() == 0


def test_days_outside_the_agreement_are_refused(w: ProviderWorld, client: Client):
    before = w.running.starts_on - timedelta(days=1)
    typed = typed_invoice(**typed_date("period_from", before), **typed_line(0, before))
    answer = press(w, client, "check", **typed)
    assert "The agreement began on" in said(answer)
    tomorrow = clock.today() + timedelta(days=1)
    answer = press(w, client, "check", **typed_invoice(**typed_date("period_to", tomorrow)))
    assert "You can invoice support once it has been given." in said(answer)
    backwards = typed_invoice(**typed_date("period_to", last_week(9)))
    assert "The last day must be on or after the first day." in said(
        press(w, client, "check", **backwards)
    )
    assert Invoice.objects.count() == 0


def test_more_than_is_left_is_refused_beside_the_lines(w: ProviderWorld, client: Client):
    ServiceAgreement.objects.filter(pk=w.running_pk).update(limit_pence=6900)
    answer = press(w, client, "check")
    html = answer.content.decode()
    assert "This invoice is for £70.00, and £69.00 is left under this agreement." in said(answer)
    assert 'href="#id_lines"' in html
    assert 'id="id_lines"' in html
    assert value_of(answer, "lines-1-quantity") == "1.5"


def test_more_than_the_budget_holds_is_refused_with_what_to_do(
    w: ProviderWorld, client: Client, monkeypatch: pytest.MonkeyPatch
):
    from payments.models import Account

    budget = Account.objects.get(case=w.case, kind="budget")
    Account.objects.filter(pk=budget.pk).update(held_pence=-budget.balance_pence - 100)
    answer = press(w, client, "send")
    assert "more than what is left in the budget." in said(answer)
    assert "talk to the social worker" in said(answer)
    assert value_of(answer, "lines-1-quantity") == "1.5"
    assert Invoice.objects.count() == 0


def test_too_many_lines_are_refused(w: ProviderWorld, client: Client):
    typed = {"number": "B-1"}
    for n in range(201):
        typed |= typed_line(n, last_week(), what=f"Visit {n}", quantity="0.1")
    typed |= typed_date("period_from", last_week()) | typed_date("period_to", last_week())
    answer = press(w, client, "check", **typed)
    assert "An invoice can have at most 200 lines." in said(answer)
    assert lines_on(press(w, client, "add", **typed)) == 201


def test_strange_names_of_fields_do_no_harm(w: ProviderWorld, client: Client):
    strange = typed_invoice(
        **{"lines-99999999-quantity": "1", "lines-x-quantity": "1", "lines--1-quantity": "2", "lines-3-burn": "x", "lines": "x"}
    )  # fmt: skip
    for step in ("add", "check", "send", "remove-x", "fill", "total", "burn"):
        assert press(w, client, step, **strange).status_code in (200, 302)
    assert Invoice.objects.get().total_pence == 7000


def test_the_number_may_be_used_again_after_a_rejection(w: ProviderWorld, client: Client):
    InvoiceFactory(agreement=w.running, number="B-1", state="rejected")
    press(w, client, "send")
    assert Invoice.objects.exclude(state=InvoiceState.REJECTED).get().number == "B-1"


def test_a_corrected_one_starts_from_the_rejected_one(w: ProviderWorld, client: Client):
    wrong_one = InvoiceFactory(agreement=w.running, number="B-7", state="rejected")
    page = see(client, w.lena, NEW, w.running.reference, correct=wrong_one.reference)
    assert value_of(page, "number") == "B-7"
    assert value_of(page, "lines-0-quantity") == "1"
    other = see(client, w.lena, NEW, w.running.reference, correct="INV-XXXXXX")
    assert value_of(other, "number") == ""


# -- when and whose


def test_an_agreement_that_has_not_begun_says_when(w: ProviderWorld, client: Client):
    starts = clock.today() + timedelta(days=9)
    ServiceAgreement.objects.filter(pk=w.running_pk).update(
        state=AgreementState.ACCEPTED, starts_on=starts
    )
    sent = see(client, w.lena, NEW, w.running.reference)
    assert f"This agreement starts on {starts:%-d %B %Y}." in said(client.get(sent.url))
    offered = see(client, w.lena, NEW, w.offered.reference)
    assert "This agreement is not running" in said(client.get(offered.url))


def test_an_agreement_that_has_ended_can_be_invoiced_for_what_was_given(
    w: ProviderWorld, client: Client
):
    ServiceAgreement.objects.filter(pk=w.running_pk).update(state=AgreementState.ENDED)
    press(w, client, "send")
    assert Invoice.objects.get().total_pence == 7000


def test_only_the_provider_sends_invoices(w: ProviderWorld, client: Client):
    for who in (w.other_member, w.edith, w.officer, w.auditor):
        assert see(client, who, NEW, w.running.reference).status_code == 404
        sent = do(client, who, NEW, w.running.reference, step="send", **typed_invoice())
        assert sent.status_code == 404
        total = do(client, who, "payments:provider_invoice_total", w.running.reference)
        assert total.status_code == 404
    assert see(client, None, NEW, w.running.reference).status_code == 302
    assert Invoice.objects.count() == 0


def test_once_it_can_be_paid_the_check_says_nothing_of_it(w: ProviderWorld, client: Client):
    make_ready(w.provider)
    assert "set up how you are paid" not in said(press(w, client, "check"))
