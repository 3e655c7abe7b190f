"""Pages of payees: found, new details, a second person's yes or no, the bank's answer, flags; held and limits."""

from typing import Any

import pytest
from django.test import Client

from carebudget.audit.models import AuditEvent
from payments import services
from payments.models import LeftOut, PayeeAccount, Stop
from payments.selectors.limits import limits_of
from tests.factories.worlds import AgreementFactory, InvoiceFactory, ProviderFactory, UserFactory
from tests.payments.file_world import UK, payable_by_file, propose
from tests.payments.finance_world import (
    Finance,
    get,
    make_family,
    make_member,
    people,
    post,
    queries_at,
)
from tests.plans.page_world import words

pytestmark = pytest.mark.django_db

PAYEES = "/payments/payees/"
HELD = "/payments/held/"


@pytest.fixture
def who(db: None) -> Finance:
    return people()


def page_of(account: PayeeAccount) -> str:
    return f"{PAYEES}account/{account.reference}/"


TYPED = {"kind": "uk", "business": "yes", "reason": "By letter.", **UK}


def test_a_payee_is_found_and_given_new_details(who: Finance, client: Client) -> None:
    provider = ProviderFactory(name="Brook Care")
    found = words(get(client, who.officer, PAYEES, q="brook"))
    shown = words(get(client, who.officer, f"{PAYEES}{provider.reference}/"))
    done = post(
        client, who.officer, f"{PAYEES}{provider.reference}/new/", name="Brook Care", **TYPED
    )

    assert provider.reference in found
    assert "They have given no account" in shown
    account = PayeeAccount.objects.get()
    assert done.url == page_of(account)
    page = words(client.get(done.url))
    assert "A colleague must ask the payee before anything is paid there." in page
    assert "You gave these details, so a colleague must ask the payee" in page
    assert "66374958" not in client.get(done.url).content.decode()
    assert "Brook Care" in words(get(client, who.manager, PAYEES))


def test_wrong_details_are_said_beside_their_field_and_nothing_is_lost(
    who: Finance, client: Client
) -> None:
    here = f"{PAYEES}{ProviderFactory(name='Brook Care').reference}/new/"
    page = post(client, who.officer, here, name="Brook Care", **{**TYPED, "sort_code": "12"})
    raw = page.content.decode()
    assert "<title>Error: " in raw
    assert "By letter." in raw
    assert "66374958" in raw
    assert not PayeeAccount.objects.exists()


def test_a_colleague_confirms_through_a_known_contact(who: Finance, client: Client) -> None:
    account = propose(ProviderFactory(name="Brook Care"))

    shown = words(get(client, who.officer, page_of(account)))
    without = post(
        client, who.officer, page_of(account), act="confirm", contact_kind="phone", words="Yes."
    )
    silent = post(
        client, who.officer, page_of(account), act="confirm", contact_kind="visit", words=""
    )
    done = post(client, who.officer, page_of(account), act="confirm", contact_kind="visit",
                words="They read it out.")  # fmt: skip

    assert "Ask Brook Care yourself" in shown
    assert "We have no phone number of theirs from before." in words(without)
    assert "Say whom you spoke to" in words(silent)
    account.refresh_from_db()
    assert account.state == "confirmed"
    assert "They read it out." in words(client.get(done.url))


def test_who_gave_the_details_confirms_nothing_but_may_take_them_back(
    who: Finance, client: Client
) -> None:
    account = propose(ProviderFactory(), by=who.officer)
    page = post(
        client, who.officer, page_of(account), act="confirm", contact_kind="visit", words="Me."
    )
    assert "You gave these details, so somebody else confirms them." in words(page)
    assert "Me." in words(page)
    done = post(client, who.officer, page_of(account), act="end", reason="A slip.")
    assert done.status_code == 302
    account.refresh_from_db()
    assert account.state == "ended"


def test_details_that_nobody_asked_for_are_refused_with_a_reason(
    who: Finance, client: Client
) -> None:
    provider = payable_by_file("Brook Care")
    account = propose(provider, {"sort_code": "08-99-99", "account_number": "66374957"})
    assert "Give a reason" in words(
        post(client, who.manager, page_of(account), act="refuse", reason="")
    )
    post(client, who.manager, page_of(account), act="refuse", reason="It was not them.")
    account.refresh_from_db()
    assert account.state == "refused"
    assert "It was not them." in words(get(client, who.auditor, page_of(account)))


def test_the_bank_is_asked_again_and_the_whole_number_is_shown_once_with_a_record(
    who: Finance, client: Client
) -> None:
    account = propose(ProviderFactory())
    assert post(client, who.officer, page_of(account), act="ask").status_code == 302
    page = post(client, who.officer, page_of(account), act="read")
    assert "08-99-99, account 66374958" in words(page)
    assert page["Cache-Control"] == "no-store"
    assert AuditEvent.objects.filter(verb="payee.read").exists()
    assert "66374958" not in get(client, who.officer, page_of(account)).content.decode()


def test_a_provider_is_flagged_on_their_page_and_another_manager_lifts_it(
    who: Finance, client: Client
) -> None:
    provider = payable_by_file("Brook Care")
    here = f"{PAYEES}{provider.reference}/"
    assert "Give a reason" in words(post(client, who.manager, here, reason=""))
    done = post(client, who.manager, here, reason="On the list.")
    stop = Stop.objects.get()
    lift = f"{HELD}{stop.public_id}/"

    assert "Brook Care is flagged." in words(client.get(done.url))
    assert "On the list." in words(get(client, who.officer, HELD, kind="sanction"))
    assert "another finance manager must lift it" in words(get(client, who.manager, lift))
    own = post(client, who.manager, lift, reason="Fine.")
    assert "You set this flag, so somebody else must lift it." in words(own)
    assert post(client, who.officer, lift, reason="Fine.").status_code == 404
    second = UserFactory(role="finance_manager", full_name="A second manager")
    assert post(client, second, lift, reason="Another firm.").url == HELD
    assert "Nothing is held" in words(client.get(HELD))


def test_an_invoice_is_held_on_its_page_and_let_go_on_the_other(
    who: Finance, client: Client
) -> None:
    invoice = InvoiceFactory(
        agreement=AgreementFactory(provider=payable_by_file()), state="approved"
    )
    here = f"/payments/invoices/{invoice.reference}/"

    without = post(client, who.officer, here, act="hold", reason=" ")
    held = post(client, who.officer, here, act="hold", reason="The hours look wrong.")

    assert "Give a reason" in words(without)
    assert "The officer held it on" in words(client.get(held.url))
    stop = Stop.objects.get()
    assert invoice.number in words(get(client, who.manager, HELD))
    post(client, who.manager, f"{HELD}{stop.public_id}/", reason="They are right.")
    stop.refresh_from_db()
    assert stop.lifted_by == who.manager
    again = post(client, who.manager, f"{HELD}{stop.public_id}/", reason="Twice.")
    assert "This was let go already." in words(again)


def test_a_checker_leaves_one_out_on_the_payments_page_and_comes_back_to_the_run(
    who: Finance, client: Client
) -> None:
    agreement = AgreementFactory(provider=payable_by_file())
    for _ in range(2):
        InvoiceFactory(agreement=agreement, state="approved")
    run = services.submit_run(run=services.make_run(by=who.officer, rail="bacs"), by=who.officer)
    payment = run.payments.order_by("id")[0]
    here = f"/payments/payment/{payment.reference}/"

    without = post(client, who.manager, here, act="leave_out", reason="")
    done = post(client, who.manager, here, act="leave_out", reason="Ask them first.")

    assert "Give a reason" in words(without)
    assert done.url == f"/payments/runs/{run.reference}/"
    page = words(client.get(done.url))
    assert "Left out of this run: 1" in page
    assert "The checker took it out: Ask them first." in page
    left = LeftOut.objects.get()
    assert "It is due again" in words(
        get(client, who.officer, f"/payments/left-out/{left.public_id}/")
    )
    late = post(client, who.manager, here, act="leave_out", reason="Again.")
    assert "Again." in words(late)


def test_a_suspicion_is_cleared_up_on_its_page(who: Finance, client: Client) -> None:
    agreement = AgreementFactory(provider=payable_by_file())
    InvoiceFactory(agreement=agreement, state="approved", number="W-17")
    InvoiceFactory(agreement=agreement, state="approved", number="W-017")
    run = services.make_run(by=who.officer, rail="bacs")
    one = run.left_out.get()
    here = f"/payments/left-out/{one.public_id}/"

    listed = words(get(client, who.officer, f"/payments/runs/{run.reference}/left-out/"))
    other = words(
        get(client, who.officer, f"/payments/runs/{run.reference}/left-out/", kind="died")
    )
    without = post(client, who.officer, here, reason="")
    done = post(client, who.officer, here, reason="Two visits.")

    assert "Looks like one that was paid (1)" in listed
    assert "Its number is almost that of" in listed
    assert "Its number is almost that of" not in other
    assert "<title>Error: " in without.content.decode()
    assert "it goes into the next run" in words(client.get(done.url))
    assert "Two visits." in words(get(client, who.auditor, here))
    assert post(client, who.auditor, here, reason="Mine.").status_code == 404


def test_a_run_is_stopped_on_its_page(who: Finance, client: Client) -> None:
    agreement = AgreementFactory(provider=payable_by_file())
    InvoiceFactory(agreement=agreement, state="approved")
    run = services.submit_run(run=services.make_run(by=who.officer, rail="bacs"), by=who.officer)
    services.approve_run(run=run, reason="Checked.", by=who.manager)
    here = f"/payments/runs/{run.reference}/"

    assert "Stop this run" in words(get(client, who.manager, here))
    assert "Give a reason" in words(post(client, who.manager, here, act="stop", reason=""))
    done = post(client, who.manager, here, act="stop", reason="Wrong month.")
    page = words(client.get(done.url))
    assert "Cancelled before it was sent" in page
    assert "Wrong month." in page
    late = post(client, who.manager, here, act="stop", reason="Again, please.")
    assert "Again, please." in words(late)


def test_limits_are_set_by_another_manager_and_shown_to_the_checker(
    who: Finance, client: Client
) -> None:
    second = UserFactory(role="finance_manager", full_name="A second manager")
    here = "/payments/limits/"
    low = {"whose": who.manager.email, "run_pence": "10", "day_pence": "5", "reason": "New."}

    wrong = post(client, second, here, **low)
    done = post(client, second, here, **{**low, "day_pence": "15"})

    assert "cannot be less than the limit for one run" in words(wrong)
    assert 'value="10"' in wrong.content.decode()
    assert "The limits of The checker are set." in words(client.get(done.url))
    own = post(client, who.manager, here, **{**low, "day_pence": "15"})
    assert limits_of([who.manager])[who.manager.pk].run_pence == 1000
    assert own.status_code == 200, "nobody is offered their own name"
    assert post(client, who.officer, here, **low).status_code == 404
    assert "£10.00" in words(get(client, who.auditor, here))
    InvoiceFactory(agreement=AgreementFactory(provider=payable_by_file()), state="approved")
    run = services.submit_run(run=services.make_run(by=who.officer, rail="bacs"), by=who.officer)
    page = words(get(client, who.manager, f"/payments/runs/{run.reference}/"))
    assert "You may approve up to £10.00 in one run." in page
    assert "A second manager may approve it." in page
    kept = post(
        client, who.manager, f"/payments/runs/{run.reference}/", act="approve", reason="Mine."
    )
    assert "A second manager may approve it." in words(kept)
    assert "Mine." in words(kept)


def test_a_run_is_narrowed_on_the_page_and_shows_it(who: Finance, client: Client) -> None:
    invoice = InvoiceFactory(
        agreement=AgreementFactory(provider=payable_by_file()), state="approved"
    )
    new = "/payments/runs/new/"
    assert "Nothing of this is due" in words(get(client, who.officer, new, rail="bacs", least="21"))
    wrong = get(client, who.officer, new, rail="bacs", least="21", most="20")
    assert "not below the first one" in words(wrong)
    refused = post(client, who.officer, f"{new}?rail=bacs&least=x", which="all")
    assert "Put right what the list is narrowed to" in words(refused)
    team = invoice.case.team.name
    done = post(client, who.officer, f"{new}?rail=bacs&team={team}&most=20", which="all")
    page = words(client.get(done.url))
    assert team in page
    assert "Up to£20.00" in page
    assert "Paid by Bacs" in page


def test_family_and_firm_are_kept_from_finance_here_too(who: Finance, client: Client) -> None:
    invoice = InvoiceFactory(
        agreement=AgreementFactory(provider=payable_by_file()), state="approved"
    )
    stop = services.hold_obligation(about=invoice, reason="Look.", by=who.officer)
    make_family(who.manager, invoice)
    assert get(client, who.manager, f"{HELD}{stop.public_id}/").status_code == 404
    assert invoice.number not in words(get(client, who.manager, HELD))
    account = propose(ProviderFactory(), by=who.officer)
    make_member(who.manager, invoice)
    for path in (PAYEES, HELD, "/payments/limits/", page_of(account)):
        assert get(client, who.stranger, path).status_code == 404
        assert get(client, None, path).status_code == 302


def test_more_payees_holds_and_left_out_take_no_more_queries(who: Finance, client: Client) -> None:
    def one() -> Any:
        provider = payable_by_file()
        propose(provider, {"sort_code": "08-99-99", "account_number": "66374957"})
        invoice = InvoiceFactory(agreement=AgreementFactory(provider=provider), state="approved")
        services.hold_obligation(about=invoice, reason="Look.", by=who.officer)

    one()
    few = [queries_at(client, who.manager, path) for path in (PAYEES, HELD)]
    for _ in range(2):
        one()
    assert [queries_at(client, who.manager, path) for path in (PAYEES, HELD)] == few
    InvoiceFactory(agreement=AgreementFactory(provider=payable_by_file()), state="approved")
    run = services.make_run(by=who.officer, rail="bacs")
    here = f"/payments/runs/{run.reference}/left-out/"
    before = queries_at(client, who.manager, here)
    services.reject_run(run=run, reason="Again.", by=who.officer)
    one()
    again = services.make_run(by=who.officer, rail="bacs")
    assert queries_at(client, who.manager, f"/payments/runs/{again.reference}/left-out/") == before
