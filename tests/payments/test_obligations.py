"""What may be paid, and a run made of it: narrowed, whole, once, and with references that are free."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from carebudget import clock
from carebudget.errors import Refused
from payments import services
from payments.models import Account, AccountKind, Payment, PaymentRun, payment
from payments.selectors import obligations
from payments.selectors.obligations import Obligation, Wanted, obligations_due
from payments.selectors.payees import ways_to_pay_people
from payments.services.run_payments import create_payments
from tests.factories.worlds import AgreementFactory, InvoiceFactory, finance
from tests.payments.file_world import payable_by_file

pytestmark = pytest.mark.django_db


def owed(**wanted: Any) -> set[str]:
    return {one.key for one in obligations_due(Wanted(**wanted))}


def test_an_approved_invoice_is_owed_whole_to_its_provider() -> None:
    invoice = InvoiceFactory(state="approved")
    InvoiceFactory(agreement=invoice.agreement, state="confirmed")

    [one] = obligations_due()

    assert one.key == f"invoice:{invoice.reference}"
    assert (one.amount_pence, one.provider, one.person) == (2000, invoice.provider, None)
    assert (one.plan_id, one.case) == (invoice.agreement.plan_id, invoice.case)
    assert one.payable.code == f"payable:{invoice.provider.reference}"
    assert one.due_on == invoice.approved_at.date()
    assert one.words.startswith(f"Invoice {invoice.number}, ")


def test_what_is_wanted_narrows_what_is_owed() -> None:
    small = InvoiceFactory(state="approved")
    large = InvoiceFactory(state="approved", quantity=Decimal(3))
    both = {f"invoice:{small.reference}", f"invoice:{large.reference}"}
    today = clock.today()

    assert owed() == both
    assert owed(pack=small.case.pack.key) == both
    assert owed(pack="carers") == set()
    assert owed(team=small.case.team.name) == both
    assert owed(team="No team") == set()
    assert owed(payees=frozenset({large.provider.reference})) == {f"invoice:{large.reference}"}
    assert owed(due_by=today) == both
    assert owed(due_by=today - timedelta(days=1)) == set()
    assert owed(from_pence=2001) == {f"invoice:{large.reference}"}
    assert owed(to_pence=2000) == {f"invoice:{small.reference}"}
    assert owed(keys=frozenset({f"invoice:{small.reference}"})) == {f"invoice:{small.reference}"}
    assert len(owed(limit=1)) == 1


def test_an_obligation_has_one_payee_of_its_case() -> None:
    one = obligation_of(InvoiceFactory(state="approved"))
    stranger = InvoiceFactory(state="approved").case.person

    with pytest.raises(ValueError, match="must have one payee"):
        replace(one, provider=None)
    with pytest.raises(ValueError, match="the person of its case"):
        replace(one, provider=None, person=stranger)


def obligation_of(invoice: Any) -> Obligation:
    [one] = obligations_due(Wanted(payees=frozenset({invoice.provider.reference})))
    return one


def to_the_person(invoice: Any, key: str = "instalment:1") -> Obligation:
    """Money owed to the person themselves, as another source would yield it."""
    person = invoice.case.person
    account = Account.objects.create(
        code=f"payable:{person.reference}", kind=AccountKind.PAYABLE, name="Owed to a person"
    )
    one = obligation_of(invoice)
    return replace(one, key=key, payable=account, provider=None, person=person, invoice=None)


def test_another_source_is_paid_like_an_invoice_and_a_person_by_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    officer, _ = finance()
    agreement = AgreementFactory(provider=payable_by_file())
    invoice = InvoiceFactory(agreement=agreement, state="approved")
    instalment = to_the_person(invoice)
    monkeypatch.setattr(
        obligations,
        "SOURCES",
        (*obligations.SOURCES, lambda wanted, *, lock=False: [instalment]),
    )

    run = services.make_run(by=officer, rail="bacs")

    assert [one.obligation for one in run.payments.all()] == [f"invoice:{invoice.reference}"]
    left_out = run.left_out.get()
    assert left_out.payee == invoice.case.person.full_name
    assert "has given no account that Bacs can pay to" in left_out.sentence


def test_a_person_is_not_paid_by_a_service_that_pays_only_providers() -> None:
    person = InvoiceFactory(state="approved").case.person

    assert "Stripe cannot do" in ways_to_pay_people("stripe", [person])[person.pk].why_not
    with pytest.raises(Refused, match="Say how the payments"):
        ways_to_pay_people("pigeon", [person])


# -- made all at once ---------------------------------------------------------------------------


def test_a_reference_that_was_drawn_before_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    officer, _ = finance()
    agreement = AgreementFactory(provider=payable_by_file())
    for _ in range(3):
        InvoiceFactory(agreement=agreement, state="approved")
    first = services.make_run(by=officer, rail="bacs", wanted=Wanted(limit=1)).payments.get()
    drawn = iter([first.reference, "PAY-AAAAAA", "PAY-BBBBBB"])
    monkeypatch.setattr(payment, "new_reference", lambda prefix: next(drawn))

    run = services.make_run(by=officer, rail="bacs")

    assert sorted(run.payments.values_list("reference", flat=True)) == ["PAY-AAAAAA", "PAY-BBBBBB"]
    assert not run.left_out.exists()
    assert run.total_pence == 4000


def test_what_another_run_took_meanwhile_is_given_back_and_not_paid_twice() -> None:
    officer, _ = finance()
    agreement = AgreementFactory(provider=payable_by_file())
    invoices = [InvoiceFactory(agreement=agreement, state="approved") for _ in range(2)]
    due = obligations_due()
    services.make_run(by=officer, rail="bacs", invoices=invoices[:1])
    second = PaymentRun.objects.create(made_by=officer, rail="bacs")

    taken = create_payments(second, [(one, "PYE-1") for one in due])

    assert [one.key for one in taken] == [f"invoice:{invoices[0].reference}"]
    assert Payment.objects.count() == 2


def test_no_free_reference_at_all_is_an_error_and_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    officer, _ = finance()
    agreement = AgreementFactory(provider=payable_by_file())
    for _ in range(2):
        InvoiceFactory(agreement=agreement, state="approved")
    first = services.make_run(by=officer, rail="bacs", wanted=Wanted(limit=1)).payments.get()
    monkeypatch.setattr(payment, "new_reference", lambda prefix: first.reference)

    with pytest.raises(RuntimeError, match="No free references for 1 payments"):
        services.make_run(by=officer, rail="bacs")

    assert PaymentRun.objects.count() == 1


def test_a_run_takes_as_many_queries_for_many_as_for_few(
    django_assert_max_num_queries: Any,
) -> None:
    officer, _ = finance()
    agreement = AgreementFactory(provider=payable_by_file())
    for _ in range(12):
        InvoiceFactory(agreement=agreement, state="approved")

    with django_assert_max_num_queries(40):
        run = services.make_run(by=officer, rail="bacs")

    assert run.payment_count == 12
