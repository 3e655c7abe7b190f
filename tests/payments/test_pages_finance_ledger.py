"""The ledger on the page: balances that make nothing together, and entries that can be opened."""

from typing import Any

import pytest
from django.test import Client

from payments import services
from payments.models import Account, StatementLine
from tests.factories.worlds import AgreementFactory, InvoiceFactory, finance
from tests.payments.finance_world import (
    Finance,
    draft_run,
    get,
    make_family,
    make_member,
    people,
    post,
    queries_at,
    sent,
)
from tests.plans.page_world import words

pytestmark = pytest.mark.django_db

LEDGER = "/payments/accounts/"


@pytest.fixture
def who(db: None) -> Finance:
    return people()


def test_an_empty_ledger_says_how_accounts_open(who: Finance, client: Client) -> None:
    assert "Accounts open by themselves" in words(get(client, who.officer, LEDGER))


def test_every_balance_is_listed_and_all_of_them_make_nothing(who: Finance, client: Client) -> None:
    invoice = InvoiceFactory(state="approved")
    budget = Account.objects.get(case=invoice.case)

    page = words(get(client, who.officer, LEDGER))

    assert "Debits and credits are equal, as they must be." in page
    assert f"payable:{invoice.provider.reference}Owed to {invoice.provider.name}£20.00 credit" in page.replace(" Owed", "Owed").replace(" £20", "£20")  # fmt: skip
    assert f"£{-budget.balance_pence / 100:,.2f} credit" in page
    assert f"Budget of {invoice.case.person.full_name}" in page


def test_accounts_are_found_by_kind_person_and_provider(who: Finance, client: Client) -> None:
    invoice = InvoiceFactory(state="approved")
    budget, payable = f"budget:{invoice.case.reference}", f"payable:{invoice.provider.reference}"

    def shown(**narrowed: str) -> set[str]:
        page = words(get(client, who.officer, LEDGER, **narrowed))
        return {code for code in (budget, payable) if code in page}

    assert shown() == {budget, payable}
    assert shown(kind="budget") == {budget}
    assert shown(q=invoice.case.person.full_name) == {budget}
    assert shown(q=invoice.provider.name.upper()) == {payable}
    assert shown(kind="x\x00") == {budget, payable}
    assert "No account fits" in words(get(client, who.officer, LEDGER, q="nothing like it"))


def test_an_account_shows_every_entry_with_the_balance_after_it(
    who: Finance, client: Client
) -> None:
    agreement = AgreementFactory()
    approved = InvoiceFactory(agreement=agreement, state="approved")
    waiting = InvoiceFactory(agreement=agreement)
    rejected = InvoiceFactory(agreement=agreement, state="rejected")
    budget = Account.objects.get(case=agreement.case)

    response = get(client, who.officer, f"{LEDGER}{budget.code}/")

    page = words(response)
    assert f"£{-budget.balance_pence / 100:,.2f} credit" in page
    assert (
        f"£{budget.left_pence / 100:,.2f} is left. £20.00 is held for invoices that wait." in page
    )
    assert f"Budget of {agreement.plan.reference} agreed" in page
    assert f"Plan {agreement.plan.reference}" in page
    assert f"Invoice {approved.number} approved" in page
    assert "Still held." in page
    assert "Let go on" in page
    assert "Moved on" in page
    for invoice in (approved, waiting, rejected):
        assert f'href="/payments/invoices/{invoice.reference}/"' in response.content.decode()
    assert f"payable:{agreement.provider.reference}" in page
    assert "The officer" in page


def test_running_balances_start_from_nothing_and_end_at_the_balance(
    who: Finance, client: Client
) -> None:
    invoice = InvoiceFactory(state="approved")
    payable = Account.objects.get(provider=invoice.provider)

    page = words(get(client, who.officer, f"{LEDGER}{payable.code}/"))

    assert "This is owed to the provider." in page
    assert "£20.00£20.00 credit" in page.replace("£20.00 £20.00", "£20.00£20.00")


def test_entries_lead_to_the_payment_the_line_and_what_they_take_back(
    who: Finance, client: Client, stripe_sandbox: Any
) -> None:
    payment = sent(draft_run(submitted=True)).payments.get()
    services.fetch_rail_lines()
    services.reconcile()
    line = StatementLine.objects.get(source_id=payment.external_id)
    match = line.matches.get()
    services.undo_match(match=match, reason="The wrong one.", by=finance()[0])

    response = get(client, who.officer, f"{LEDGER}clearing:stripe/")

    page = response.content.decode()
    assert f'href="/payments/payment/{payment.reference}/"' in page
    assert f'href="/payments/reconciling/lines/{line.public_id}/"' in page
    assert "On its way: not seen on a statement yet." in words(response)
    assert "The wrong one. (takes back: Balance at Stripe" in words(response)


def test_own_family_and_own_firm_have_no_account_here(who: Finance, client: Client) -> None:
    invoice = InvoiceFactory(state="approved")
    make_family(who.officer, invoice)
    make_member(who.manager, invoice)
    budget, payable = f"budget:{invoice.case.reference}", f"payable:{invoice.provider.reference}"

    assert get(client, who.officer, f"{LEDGER}{budget}/").status_code == 404
    assert get(client, who.manager, f"{LEDGER}{payable}/").status_code == 404
    assert budget not in words(get(client, who.officer, LEDGER))
    assert payable not in words(get(client, who.manager, LEDGER))
    assert "equal, as they must be" in words(get(client, who.officer, LEDGER))


def test_the_ledger_is_read_by_finance_and_the_auditor_alone(who: Finance, client: Client) -> None:
    invoice = InvoiceFactory(state="approved")
    here = f"{LEDGER}budget:{invoice.case.reference}/"
    for path in (LEDGER, here):
        for one in (who.officer, who.manager, who.auditor):
            assert get(client, one, path).status_code == 200
            assert post(client, one, path).status_code == 405
        assert get(client, who.stranger, path).status_code == 404
        assert get(client, None, path).status_code == 302
    for none in ("budget:CAS-NOBODY", "x%00"):
        assert get(client, who.officer, f"{LEDGER}{none}/").status_code == 404


def test_more_entries_take_no_more_queries_and_are_paginated(who: Finance, client: Client) -> None:
    invoice = InvoiceFactory(state="approved")
    here = f"{LEDGER}budget:{invoice.case.reference}/"
    before = queries_at(client, who.officer, LEDGER), queries_at(client, who.officer, here)
    InvoiceFactory(state="approved")
    for _ in range(26):
        InvoiceFactory(agreement=invoice.agreement, state="approved")

    after = queries_at(client, who.officer, LEDGER), queries_at(client, who.officer, here)
    assert all(now <= then for now, then in zip(after, before, strict=True))
    assert "Page 1 of 2" in words(get(client, who.officer, here))
