"""The provider's invoices: the list, who has each since when, answers, taking back, payments made."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from carebudget import clock
from carebudget.notify.models import Document, Message
from payments import services as money
from payments.models import (
    Account,
    Invoice,
    InvoiceState,
    Payment,
    PaymentRun,
    PayoutAccount,
    RemittanceAdvice,
)
from providers import services as providing
from tests.factories.worlds import InvoiceFactory, UserFactory, crew, finance
from tests.payments.provider_world import (
    ProviderWorld,
    again,
    built_for_the_module,
    make_ready,
    said,
)
from tests.plans.page_world import do, queries_of, see

ONE = "payments:provider_invoice"
BACK = "payments:provider_invoice_take_back"


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: Any) -> Iterator[ProviderWorld]:
    with built_for_the_module(django_db_blocker) as built:
        yield built


@pytest.fixture
def w(kept: ProviderWorld, db: None) -> ProviderWorld:
    return kept


def invoice(w: ProviderWorld, state: str = "received", number: str = "B-1") -> Invoice:
    return again(InvoiceFactory(agreement=w.running, number=number, state=state))


def queried(w: ProviderWorld, number: str = "B-1") -> Invoice:
    return money.query_invoice(
        invoice=invoice(w, number=number), question="Which day was it?", by=w.edith
    )


def disputed(w: ProviderWorld) -> Invoice:
    return money.dispute_invoice(invoice=invoice(w), reason="Nobody came.", by=w.edith)


def paid(w: ProviderWorld) -> Payment:
    """A run with one payment, as the sender leaves it when the payment service has taken it."""
    from payments.rails.protocol import Accepted
    from payments.services.sending import claim, finish_runs, take_answer

    invoice(w, "approved")
    officer, checker = finance()
    run = money.make_run(by=officer)
    money.submit_run(run=run, by=officer)
    money.approve_run(run=run, reason="Checked.", by=checker)
    (payment,) = claim(limit=1)
    take_answer(payment_id=payment.pk, answer=Accepted("tr_1"))
    finish_runs()
    return Payment.objects.get(pk=payment.pk)


# -- the list


def test_invoices_are_listed_newest_first_and_by_state(w: ProviderWorld, client: Client):
    invoice(w, number="B-1")
    invoice(w, "approved", number="B-2")
    page = said(see(client, w.lena, "payments:provider_invoices"))
    assert page.index("Invoice B-2") < page.index("Invoice B-1")
    assert "2 invoices, newest first" in page
    approved = said(see(client, w.lena, "payments:provider_invoices", state="approved"))
    assert "Invoice B-1" not in approved
    none = said(see(client, w.lena, "payments:provider_invoices", state="credited"))
    assert "No invoice is in this state" in none
    assert "2 invoices" in said(see(client, w.lena, "payments:provider_invoices", state="x"))


def test_many_invoices_are_paged_with_constant_queries(w: ProviderWorld, client: Client):
    invoice(w)
    few = queries_of(client, w.lena, "payments:provider_invoices")
    for n in range(2, 29):
        invoice(w, number=f"B-{n}")
    assert queries_of(client, w.lena, "payments:provider_invoices") == few
    page = said(see(client, w.lena, "payments:provider_invoices", page="2", state="received"))
    assert "Page 2 of 2" in page
    assert see(client, w.lena, "payments:provider_invoices", page="x").status_code == 200


# -- one invoice: who has it


def test_a_sent_invoice_is_with_the_person(w: ProviderWorld, client: Client):
    found = invoice(w)
    page = said(see(client, w.lena, ONE, found.reference))
    today = f"{clock.today():%-d %B %Y}"
    assert f"Edith Marlow has it, since {today}." in page
    assert "It is paid after they say yes." in page
    assert "Member of Brightside Home Care sent an invoice: £20.00" in page
    assert "Send the answer" not in page


def test_a_confirmed_one_is_with_finance_and_then_goes_into_a_run(w: ProviderWorld, client: Client):
    confirmed = said(see(client, w.lena, ONE, invoice(w, "confirmed").reference))
    assert "The council’s finance team has it" in confirmed
    assert "Edith Marlow said yes." in confirmed
    approved = invoice(w, "approved", "B-2")
    page = said(see(client, w.lena, ONE, approved.reference))
    assert "You have it" in page
    assert "it cannot be paid before you finish setting up how you are paid" in page
    make_ready(w.provider)
    page = said(see(client, w.lena, ONE, approved.reference))
    assert "It goes into the next payment run." in page
    run = money.make_run(by=w.officer)
    page = said(see(client, w.lena, ONE, approved.reference))
    assert "A second person checks the run before it is sent." in page
    assert run.reference in page


def test_a_run_that_was_not_sent_leaves_the_invoice_for_the_next(w: ProviderWorld, client: Client):
    make_ready(w.provider)
    approved = invoice(w, "approved")
    run = money.make_run(by=w.officer)
    money.reject_run(run=run, reason="Wrong day.", by=w.officer)
    page = said(see(client, w.lena, ONE, approved.reference))
    assert "It goes into the next payment run." in page
    assert run.reference not in page


def test_a_paid_one_shows_its_payment_and_the_remittance_advice(
    w: ProviderWorld, client: Client, monkeypatch: pytest.MonkeyPatch
):
    make_ready(w.provider)
    payment = paid(w)
    assert payment.invoice is not None
    page = see(client, w.lena, ONE, payment.invoice.reference)
    text = said(page)
    assert "The payment is sent. It usually reaches your bank within a few working days." in text
    assert f"{payment.reference}, payment run {payment.run.reference}. Sent" in text
    document = RemittanceAdvice.objects.get().document
    assert f"/documents/{document.public_id}/" in page.content.decode()
    Payment.objects.update(state="settled", settled_at=clock.now())
    assert "Arrived" in said(see(client, w.lena, ONE, payment.invoice.reference))


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("failed", "The payment service refused the payment, and nothing was sent."),
        ("returned", "The money came back."),
        ("held", "The payment is kept back while finance looks at it."),
        ("released", "The payment run is approved."),
        ("sending", "The payment is being sent now."),
    ],
)
def test_every_state_of_a_payment_is_said_in_words(
    w: ProviderWorld, client: Client, state: str, sentence: str
):
    make_ready(w.provider)
    approved = invoice(w, "approved")
    money.make_run(by=w.officer)
    Payment.objects.update(state=state)
    assert sentence in said(see(client, w.lena, ONE, approved.reference))
    assert sentence in said(see(client, w.lena, "payments:provider_payments"))


def test_its_story_is_its_own_and_not_the_rest_of_the_case(w: ProviderWorld, client: Client):
    other = invoice(w, number="B-1")
    money.reject_invoice(invoice=other, reason="Not this one.", by=w.officer)
    page = said(see(client, w.lena, ONE, invoice(w, number="B-2").reference))
    assert "Not this one." not in page
    assert "asked for help" not in page
    assert "agreed the plan" not in page


def test_the_confirmation_is_only_shown_while_it_is_new(w: ProviderWorld, client: Client):
    name = "payments:provider_invoice_sent"
    assert "Invoice sent" in said(see(client, w.lena, name, invoice(w).reference))
    confirmed = invoice(w, "confirmed", "B-2")
    sent = see(client, w.lena, name, confirmed.reference)
    assert sent.url == reverse(ONE, args=[confirmed.reference])


# -- questions


def test_a_question_is_answered(w: ProviderWorld, client: Client):
    asked = queried(w)
    page = said(see(client, w.lena, ONE, asked.reference))
    assert "You have it" in page
    assert "Which day was it?" in page
    sent = do(client, w.lena, ONE, asked.reference, answer="It was Tuesday at nine.")
    assert sent.url == reverse(ONE, args=[asked.reference])
    page = said(client.get(sent.url))
    assert "Your answer is with Edith Marlow, who says yes or no next." in page
    assert "It was Tuesday at nine." in page
    assert again(asked).state == InvoiceState.RECEIVED
    assert Message.objects.filter(to=w.edith, body__contains="It was Tuesday at nine.").exists()


def test_an_empty_answer_is_refused(w: ProviderWorld, client: Client):
    asked = queried(w)
    answer = do(client, w.lena, ONE, asked.reference, answer="   ")
    assert "Write your answer." in said(answer)
    assert "<title>Error: " in answer.content.decode()
    assert again(asked).state == InvoiceState.QUERIED


def test_an_answer_that_comes_too_late_is_not_lost(w: ProviderWorld, client: Client):
    asked = queried(w)
    money.confirm_invoice(invoice=asked, by=w.edith)
    answer = do(client, w.lena, ONE, asked.reference, answer="It was Tuesday.")
    assert "it has already moved on." in said(answer)
    assert "It was not sent." in said(answer)
    assert "It was Tuesday." in said(answer)


# -- what is not agreed, rejected, taken back


def test_a_dispute_shows_the_reason_and_both_ways_on(w: ProviderWorld, client: Client):
    wrong = disputed(w)
    page = said(see(client, w.lena, ONE, wrong.reference))
    assert "Nobody came." in page
    assert "If they are right, take the invoice back" in page
    assert "Take it back, to send a corrected one" in page


def test_a_rejection_shows_the_reason_and_leads_to_a_corrected_one(
    w: ProviderWorld, client: Client
):
    wrong = invoice(w, "rejected")
    page = see(client, w.lena, ONE, wrong.reference)
    assert "Not ours." in said(page)
    href = reverse("payments:provider_invoice_new", args=[w.running.reference])
    assert f'href="{href}?correct={wrong.reference}"' in page.content.decode()


@pytest.mark.parametrize("how", ["received", "queried", "disputed"])
def test_an_invoice_is_taken_back_and_its_money_is_free_again(
    w: ProviderWorld, client: Client, how: str
):
    budget = Account.objects.get(case=w.case, kind="budget")
    wrong = {"received": invoice, "queried": queried, "disputed": disputed}[how](w)
    budget.refresh_from_db()
    assert budget.held_pence == 2000
    sent = do(client, w.lena, BACK, wrong.reference, reason="I wrote one visit twice.")
    page = said(client.get(sent.url))
    assert "Invoice B-1 is taken back, and Edith Marlow has been told." in page
    assert "Send a corrected one" in page
    assert "took an invoice back" in page
    budget.refresh_from_db()
    assert budget.held_pence == 0
    assert again(wrong).state == InvoiceState.REJECTED
    assert "Brightside Home Care took it back: I wrote one visit twice." in page
    assert Message.objects.filter(to=w.edith, title__contains="took an invoice back").count() == 1
    assert money.verify_ledger().holds


def test_taking_back_needs_a_reason(w: ProviderWorld, client: Client):
    wrong = invoice(w)
    answer = do(client, w.lena, BACK, wrong.reference, reason="")
    assert "Say why you take it back." in said(answer)
    assert again(wrong).state == InvoiceState.RECEIVED


def test_what_the_person_has_said_yes_to_is_not_taken_back(w: ProviderWorld, client: Client):
    confirmed = invoice(w, "confirmed")
    page = said(see(client, w.lena, ONE, confirmed.reference))
    assert "take the invoice back" not in page
    assert "before it is paid" in page
    answer = do(client, w.lena, BACK, confirmed.reference, reason="Oh no, a slip.")
    assert "so it cannot be taken back." in said(answer)
    assert "Oh no, a slip." in said(answer)
    assert again(confirmed).state == InvoiceState.CONFIRMED


def test_another_providers_invoice_does_not_exist(w: ProviderWorld, client: Client):
    asked = queried(w)
    for who in (w.other_member, w.edith, w.officer, w.auditor):
        for name in (ONE, BACK, "payments:provider_invoice_sent"):
            assert see(client, who, name, asked.reference).status_code == 404
        assert do(client, who, ONE, asked.reference, answer="Mine.").status_code == 404
        assert do(client, who, BACK, asked.reference, reason="Mine.").status_code == 404
    assert see(client, None, ONE, asked.reference).status_code == 302
    assert see(client, w.lena, ONE, "INV-XXXXXX").status_code == 404
    assert again(asked).state == InvoiceState.QUERIED


# -- payments and their documents


def test_payments_show_amount_run_and_when(w: ProviderWorld, client: Client):
    make_ready(w.provider)
    payment = paid(w)
    page = said(see(client, w.lena, "payments:provider_payments"))
    assert "Invoice B-1" in page
    assert f"payment run {payment.run.reference}. Sent {clock.today():%-d %B %Y}" in page
    assert "£20.00 sent to you in the last 30 days" in page
    assert f"Remittance advice {payment.run.reference} (PDF)" in page
    advice = said(see(client, w.lena, "payments:provider_remittances"))
    assert "1 payment, £20.00" in advice


def test_many_payments_are_paged_with_constant_queries(w: ProviderWorld, client: Client):
    make_ready(w.provider)
    payment = paid(w)
    few = queries_of(client, w.lena, "payments:provider_payments")
    advice = queries_of(client, w.lena, "payments:provider_remittances")
    kept = RemittanceAdvice.objects.get()
    for n in range(30):
        run = PaymentRun.objects.create(made_by=w.officer)
        RemittanceAdvice.objects.create(
            run=run, provider=w.provider, total_pence=1, payment_count=1, document=kept.document
        )
        Payment.objects.create(
            obligation=f"invoice:X{n}",
            run=run,
            invoice=payment.invoice,
            case=payment.case,
            plan=payment.plan,
            provider=w.provider,
            payable=payment.payable,
            rail="stripe",
            destination="acct",
            amount_pence=100,
        )
    assert queries_of(client, w.lena, "payments:provider_payments") == few
    assert queries_of(client, w.lena, "payments:provider_remittances") == advice
    page = said(see(client, w.lena, "payments:provider_payments", page="2"))
    assert "Page 2 of 2" in page
    assert "Page 2 of 2" in said(see(client, w.lena, "payments:provider_remittances", page="2"))


def test_remittance_advice_is_open_to_the_provider_finance_and_auditors(
    w: ProviderWorld, client: Client
):
    make_ready(w.provider)
    paid(w)
    document = RemittanceAdvice.objects.get().document
    url = reverse("notify:document", args=[document.public_id])
    new = UserFactory(full_name="Ned Ward")
    providing.invite_member(
        provider=w.provider, email=new.email, full_name="Ned Ward", by=crew().worker
    )
    for who in (w.lena, new, w.officer, w.auditor):
        client.force_login(who)
        answer = client.get(url)
        assert answer.status_code == 200
        assert answer.content.startswith(b"%PDF")
    for who in (w.other_member, w.edith, crew().worker):
        client.force_login(who)
        assert client.get(url).status_code == 404
    stray = Document.objects.create(
        key="x", kind="remittance", title="x", subject="provider:PRV-XXXXXX", content=b"x", sha256="0"
    )  # fmt: skip
    assert client.get(reverse("notify:document", args=[stray.public_id])).status_code == 404


def test_an_account_that_lost_something_is_said_on_the_invoice(w: ProviderWorld, client: Client):
    make_ready(w.provider)
    approved = invoice(w, "approved")
    PayoutAccount.objects.update(state="restricted")
    page = said(see(client, w.lena, ONE, approved.reference))
    assert "cannot be paid before you finish" in page
    assert "Set up how you are paid" in page
