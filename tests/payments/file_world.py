"""Runs on file rails: providers with confirmed details, and the way of a file up to a given step."""

from datetime import datetime
from typing import Any

from django.db.models import F

from carebudget.audit.services import verify_audit
from payments import services
from payments.models import (
    Account,
    PayeeAccount,
    PaymentRun,
    Submission,
)
from providers.models import Provider
from tests.factories.worlds import (
    AgreementFactory,
    InvoiceFactory,
    ProviderFactory,
    UserFactory,
    finance,
    member_of,
)

WEDNESDAY = datetime.fromisoformat("2026-11-25T10:00:00+00:00")
BACS = {
    "service_user": "123456",
    "name": "Wrenbury Council",
    "sort_code": "200000",
    "account_number": "12345678",
    "cut_off": "17:00",
    "payment_limit_pence": 2_000_000_000,
    "file_limit_pence": 99_999_999_999,
    "file_limit_count": 50_000,
}
UK = {"sort_code": "08-99-99", "account_number": "66374958"}
OTHER_UK = {"sort_code": "08-99-99", "account_number": "66374957"}


def colleague() -> Any:
    """A second finance officer: neither the officer who makes things nor the manager."""
    from carebudget.people.models import User

    found = User.objects.filter(email="colleague@council.example").first()
    return found or UserFactory(
        email="colleague@council.example", full_name="The colleague", role="finance_officer"
    )


def propose(provider: Provider, typed: dict[str, str] = UK, **how: Any) -> PayeeAccount:
    """New details, given by somebody of the provider."""
    return services.propose_payee(
        payee=provider,
        kind=how.pop("kind", "uk"),
        name=how.pop("name", provider.name),
        typed=typed,
        by=how.pop("by", member_of(provider)),
        **how,
    )


def confirm(account: PayeeAccount, **how: Any) -> PayeeAccount:
    """Confirmed by the officer, who went there."""
    return services.confirm_payee(
        account=account,
        contact_kind=how.pop("contact_kind", "visit"),
        words=how.pop("words", "Met them at their office; they read the number out."),
        by=how.pop("by", finance()[0]),
        **how,
    )


def payable_by_file(name: str = "", typed: dict[str, str] = UK, **how: Any) -> Provider:
    """A checked provider whose details are confirmed."""
    provider: Provider = ProviderFactory(**({"name": name} if name else {}))
    confirm(propose(provider, typed, **how))
    return provider


def file_run(count: int = 2, *, rail: str = "bacs", provider: Provider | None = None) -> PaymentRun:
    """An approved run of ``count`` invoices of one provider on a file rail."""
    agreement = AgreementFactory(provider=provider or payable_by_file())
    for _ in range(count):
        InvoiceFactory(agreement=agreement, state="approved")
    return approve(services.make_run(by=finance()[0], rail=rail))


def approve(run: PaymentRun) -> PaymentRun:
    officer, checker = finance()
    services.submit_run(run=run, by=officer)
    return services.approve_run(run=run, reason="Checked.", by=checker)


def built(run: PaymentRun, **how: Any) -> Submission:
    """A submission with its file, made by the officer."""
    officer, _ = finance()
    submission = services.start_submission(run=run, by=officer, **how)
    services.build_submission(submission=submission, by=officer)
    submission.refresh_from_db()
    return submission


def taken(run: PaymentRun, **how: Any) -> Submission:
    """A submission whose file the officer took to the bank."""
    submission = built(run, **how)
    services.hand_out_submission(submission=submission, by=finance()[0])
    submission.refresh_from_db()
    return submission


def sent(run: PaymentRun, **how: Any) -> Submission:
    """A submission that the manager marked as sent."""
    submission = taken(run, **how)
    return services.mark_submission_sent(
        submission=submission,
        count=submission.payment_count,
        total_pence=submission.total_pence,
        by=finance()[1],
    )


def content_of(submission: Submission) -> bytes:
    """The bytes of the file, as they are kept."""
    from payments.payees.sealing import open_file

    file = submission.files.get(direction="out")
    return open_file(file.sealed_content, sealed_key=bytes(submission.sealed_key))


def returns_report(*rows: tuple[str, int, str], service_user: str = "123456") -> bytes:
    """A report of returned credits: reference, pence and code for each."""
    total = sum(pence for _, pence, _ in rows)
    lines = "".join(
        f'<Return reference="{reference}" amount="{pence / 100:.2f}" code="{code}"/>'
        for reference, pence, code in rows
    )
    return (
        f'<ReturnedCredits serviceUser="{service_user}" count="{len(rows)}" '
        f'total="{total / 100:.2f}">{lines}</ReturnedCredits>'
    ).encode()


def states(run: PaymentRun) -> list[str]:
    """The states of a run's payments, in their order."""
    return list(run.payments.order_by("id").values_list("state", flat=True))


def balance(code: str) -> int:
    """The balance of an account, 0 before it is opened."""
    found = Account.objects.filter(code=code).first()
    return found.balance_pence if found else 0


def assert_everything_verifies() -> None:
    """The ledger proves itself, the record proves itself, and each sent payment has one entry."""
    from payments.models import Entry, Payment

    ledger, record = services.verify_ledger(), verify_audit()
    assert ledger.holds, ledger.breach
    assert record.holds, record.breach
    for payment in Payment.objects.filter(state__in=["sent", "settled", "returned"]):
        assert Entry.objects.filter(key=f"payment-sent:{payment.reference}").count() == 1
    wrong = Payment.objects.filter(submission_items__living=True).exclude(
        submission_items__submission__run=F("run")
    )
    assert not wrong.exists()
