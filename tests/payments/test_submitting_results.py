"""Reports about files: each counts once, each payment once, and what fits nothing of ours is shown."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from carebudget import clock
from carebudget.audit.models import AuditEvent
from carebudget.errors import NotAllowed, Refused
from carebudget.notify.models import Message
from payments import services
from payments.models import PayeeAccount, Payment, PaymentRun, RailFile, ResultLine, Submission
from payments.rules.statements import write_camt053
from payments.selectors.submissions import heard_of
from payments.services.accounts import statement_account
from tests.factories.worlds import InvoiceFactory, UserFactory, finance
from tests.payments.file_world import (
    BACS,
    UK,
    WEDNESDAY,
    approve,
    assert_everything_verifies,
    balance,
    built,
    colleague,
    confirm,
    content_of,
    file_run,
    payable_by_file,
    propose,
    returns_report,
    sent,
    states,
)
from tests.payments.rules.statement_world import line, statement_of

pytestmark = pytest.mark.django_db(transaction=True)

ISO = {
    "name": "Wrenbury Council", "sort_code": "20-00-00", "account_number": "12345678", "iban": "",
    "bic": "", "service": "NURG", "cut_off": "15:00", "payment_limit_pence": 2_000_000_000,
    "file_limit_pence": 99_999_999_999, "file_limit_count": 100,
}  # fmt: skip
PREPAID = {
    "cut_off": "16:00", "payment_limit_pence": 500_000, "file_limit_pence": 99_999_999_999,
    "file_limit_count": 100, "file": {},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _a_wednesday(settings: Any) -> Iterator[None]:
    settings.BACS, settings.ISO20022, settings.PREPAID = dict(BACS), dict(ISO), dict(PREPAID)
    with clock.travel(WEDNESDAY):
        yield


def bring(content: bytes, *, rail: str = "bacs", name: str = "report.xml") -> Any:
    return services.import_results(rail=rail, name=name, content=content, by=finance()[0])


def payments(run: PaymentRun) -> list[Payment]:
    return list(run.payments.order_by("id"))


def returned(payment: Payment, code: str = "5") -> bytes:
    return returns_report((payment.reference, payment.amount_pence, code))


# -- returned credits ---------------------------------------------------------------------------


def test_returned_money_is_owed_again_to_the_right_payee_and_the_budget_agrees() -> None:
    run = file_run(2)
    submission = sent(run)
    first, second = payments(run)
    budget = balance(f"budget:{first.case.reference}")

    report = bring(returned(first))

    assert report.taken == 1
    assert report.sentence == "report.xml: 1 line taken."
    assert states(run) == ["returned", "sent"]
    first.refresh_from_db()
    assert first.failure_code == "bacs:5"
    assert first.failure_sentence == "There is no such account."
    assert first.invoice is not None
    first.invoice.refresh_from_db()
    assert first.invoice.state == "approved"
    assert balance(first.payable.code) == -first.amount_pence
    assert balance("clearing:bacs") == -second.amount_pence
    assert balance(f"budget:{first.case.reference}") == budget
    heard = heard_of(submission)
    assert (heard.silent, heard.back) == (1, 1)
    assert heard.silent_pence == second.amount_pence
    assert_everything_verifies()


def test_no_word_is_never_taken_for_success_or_failure() -> None:
    submission = sent(file_run(2))

    heard = heard_of(submission)

    assert (heard.silent, heard.accepted, heard.back) == (2, 0, 0)
    assert set(submission.items.values_list("outcome", flat=True)) == {""}


def test_the_same_file_again_changes_nothing() -> None:
    run = file_run(1)
    sent(run)
    content = returned(payments(run)[0])
    bring(content)
    before = balance("clearing:bacs"), AuditEvent.objects.count(), ResultLine.objects.count()

    again = bring(content, name="the-same-under-another-name.xml")

    assert again.again
    assert again.sentence == "report.xml was brought in before. Nothing was changed."
    assert (
        balance("clearing:bacs"),
        AuditEvent.objects.count(),
        ResultLine.objects.count(),
    ) == before


def test_the_same_return_in_another_file_is_known_already() -> None:
    run = file_run(2)
    sent(run)
    first, second = payments(run)
    bring(returned(first))

    report = bring(
        returns_report(
            (first.reference, first.amount_pence, "5"), (second.reference, second.amount_pence, "B")
        )
    )

    assert [one.state for one in report.lines] == ["known", "taken"]
    assert report.sentence == "report.xml: 1 line taken, 1 known already."
    assert states(run) == ["returned"] * 2
    assert balance("clearing:bacs") == 0
    assert_everything_verifies()


def test_twice_in_one_file_counts_once() -> None:
    run = file_run(1)
    sent(run)
    (payment,) = payments(run)
    row = (payment.reference, payment.amount_pence, "5")

    report = bring(returns_report(row, row))

    assert [one.state for one in report.lines] == ["taken", "known"]
    assert balance("clearing:bacs") == 0


def test_lines_that_fit_nothing_of_ours_are_kept_and_shown_and_move_nothing() -> None:
    run = file_run(2)
    sent(run)
    first, second = payments(run)

    report = bring(
        returns_report(
            ("PAY-222222", 100, "5"),
            (first.reference, first.amount_pence + 1, "5"),
            ("RENT MAY", 5000, "B"),
            ("", 1, "C"),
        )
    )

    assert report.taken == 0
    assert [one.problem for one in report.unknown] == [
        "No payment that we have sent this way has this reference.",
        f"The report says £{(first.amount_pence + 1) / 100:.2f}, and our payment is "
        f"£{first.amount_pence / 100:.2f}.",
        "No payment that we have sent this way has this reference.",
        "No payment that we have sent this way has this reference.",
    ]
    assert "4 that fit nothing of ours" in report.sentence
    assert states(run) == ["sent"] * 2
    assert AuditEvent.objects.get(verb="results.imported").changes["unknown"] == [1, 2, 3, 4]
    assert second.amount_pence > 0


def test_a_reference_is_known_however_the_bank_prints_it() -> None:
    run = file_run(1)
    sent(run)
    (payment,) = payments(run)
    printed = f"WRENBURY {payment.reference.replace('-', ' ')}"

    report = bring(returns_report((printed, payment.amount_pence, "5")))

    assert report.taken == 1
    assert report.lines[0].payment == payment


def test_an_account_that_the_bank_blames_is_paid_no_more_until_there_are_new_details() -> None:
    run = file_run(1)
    sent(run)
    (payment,) = payments(run)

    bring(returned(payment, "B"))

    account = PayeeAccount.objects.get()
    assert (account.state, account.fault) == ("faulty", "The account is closed.")
    payment.refresh_from_db()
    services.resend_failed(payment=payment, by=finance()[0])
    with pytest.raises(Refused, match="back: The account is closed"):
        services.make_run(by=finance()[0], rail="bacs")
    assert payment.provider is not None
    new = propose(payment.provider, {"sort_code": "089999", "account_number": "11111112"})
    confirm(new)
    run = services.make_run(by=finance()[0], rail="bacs")
    assert run.payments.get().destination == new.reference
    account.refresh_from_db()
    assert account.state == "replaced"


def test_money_that_we_asked_back_blames_nobody() -> None:
    run = file_run(1)
    sent(run)

    bring(returned(payments(run)[0], "C"))

    assert PayeeAccount.objects.get().state == "confirmed"


def test_a_blamed_account_also_stops_what_is_approved_and_not_sent_yet() -> None:
    provider = payable_by_file()
    run = file_run(1, provider=provider)
    sent(run)
    waiting = file_run_for_same(provider)

    bring(returned(payments(run)[0], "0"))

    assert states(waiting) == ["cancelled"]


def file_run_for_same(provider: Any) -> PaymentRun:
    agreement = provider.agreements.get()
    InvoiceFactory(agreement=agreement, state="approved")
    return approve(services.make_run(by=finance()[0], rail="bacs"))


def test_a_report_about_a_file_that_nobody_marked_as_sent_is_not_taken_at_all() -> None:
    run = file_run(1)
    submission = built(run)

    with pytest.raises(Refused, match="nobody has marked as sent") as no:
        bring(returned(payments(run)[0]))
    assert no.value.field == "file"
    assert not ResultLine.objects.exists()
    assert not RailFile.objects.filter(direction="in").exists()
    services.hand_out_submission(submission=submission, by=finance()[0])
    services.mark_submission_sent(
        submission=submission, count=1, total_pence=run.total_pence, by=finance()[1]
    )
    assert bring(returned(payments(run)[0])).taken == 1


def test_a_return_of_a_withdrawn_file_fits_nothing() -> None:
    run = file_run(1)
    services.withdraw_submission(submission=sent(run), reason="Taken out.", by=colleague())

    report = bring(returned(payments(run)[0]))

    assert len(report.unknown) == 1
    assert_everything_verifies()


def test_a_return_after_the_bank_statement_was_matched_is_taken_too() -> None:
    run = file_run(2)
    submission = sent(run)
    rows = [line(-submission.total_pence, "BACS", reference=submission.reference)]
    back = replace(
        line(payments(run)[0].amount_pence, "BACS", reference="RETURNED CREDIT"),
        booked_on=date(2026, 11, 25),
    )
    for name, content in (("a.xml", rows), ("b.xml", [back])):
        services.import_statement(
            account=statement_account("bank"),
            name=name,
            content=write_camt053(statement_of(*content)),
            by=finance()[0],
        )
        services.reconcile()
        if name == "a.xml":
            assert states(run) == ["settled"] * 2
            bring(returned(payments(run)[0]))

    assert states(run) == ["returned", "settled"]
    assert balance("clearing:bacs") == 0
    assert_everything_verifies()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "The report is empty"),
        (b"nonsense", "no column called"),
        (returns_report(service_user="999999"), "for service user 999999"),
        (returns_report(("PAY-222222", 5, "5")).replace(b'count="1"', b'count="2"'), "cut short"),
    ],
)
def test_what_is_no_report_of_ours_is_refused_beside_the_file(content: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why) as no:
        bring(content)
    assert no.value.field == "file"
    assert not RailFile.objects.exists()


def test_only_finance_brings_reports_in_and_only_for_file_rails(settings: Any) -> None:
    for role in ("worker", "auditor", "provider"):
        with pytest.raises(NotAllowed):
            services.import_results(rail="bacs", name="x", content=b"x", by=UserFactory(role=role))
    for rail in ("stripe", "pigeon"):
        with pytest.raises(Refused) as no:
            bring(b"x", rail=rail)
        assert no.value.field == "rail"
    settings.STATEMENT_FILE_LIMIT_BYTES = 3
    with pytest.raises(Refused, match="too large"):
        bring(b"four")


def test_a_report_is_kept_sealed_and_its_lines_cannot_be_changed() -> None:
    run = file_run(1)
    sent(run)
    bring(returned(payments(run)[0]))

    file = RailFile.objects.get(direction="in")
    assert b"ReturnedCredits" not in bytes(file.sealed_content)
    for sql in (
        "UPDATE payments_resultline SET state = 'known'",
        "UPDATE payments_railfile SET name = 'other'",
    ):
        with (
            pytest.raises(DatabaseError, match="is refused"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)


# -- pain.001 and pain.002 ----------------------------------------------------------------------


def pain002(body: str, submission: Submission, group: str = "") -> bytes:
    return f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<OrgnlGrpInfAndSts><OrgnlMsgId>{submission.reference}</OrgnlMsgId>{group}</OrgnlGrpInfAndSts>
{body}</CstmrPmtStsRpt></Document>""".encode()


def of_payment(payment: Payment, status: str, reason: str = "") -> str:
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    return (
        f"<OrgnlPmtInfAndSts><TxInfAndSts><OrgnlEndToEndId>{payment.reference}</OrgnlEndToEndId>"
        f"<TxSts>{status}</TxSts>{why}</TxInfAndSts></OrgnlPmtInfAndSts>"
    )


def test_a_bank_file_leaves_and_the_bank_takes_all_but_one() -> None:
    run = file_run(2, rail="iso20022")
    submission = sent(run)
    assert b"<MmbId>089999</MmbId>" in content_of(submission)
    first, _ = payments(run)

    report = bring(
        pain002(of_payment(first, "RJCT", "AC04"), submission, "<GrpSts>ACCP</GrpSts>"),
        rail="iso20022",
    )

    assert report.taken == 2
    assert states(run) == ["returned", "sent"]
    submission.refresh_from_db()
    assert submission.state == "acknowledged"
    heard = heard_of(submission)
    assert (heard.accepted, heard.back, heard.silent) == (1, 1, 0)
    assert PayeeAccount.objects.get().state == "faulty"
    assert_everything_verifies()


def test_a_whole_file_that_the_bank_refuses_is_due_again_with_one_message() -> None:
    run = file_run(3, rail="iso20022")
    submission = sent(run)
    refusal = "<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>"

    bring(pain002("", submission, refusal), rail="iso20022")

    assert states(run) == ["returned"] * 3
    assert balance("clearing:iso20022") == 0
    told = Message.objects.filter(key__startswith="submission.given_back")
    assert told.count() == 1
    assert "not enough money" in told.get().body
    again = services.make_run(by=finance()[0], rail="iso20022")
    assert again.payment_count == 3
    assert PayeeAccount.objects.get().state == "confirmed"
    assert_everything_verifies()


def test_one_day_of_a_file_may_be_refused() -> None:
    run = file_run(2, rail="iso20022")
    later = payments(run)[1]
    submission = sent(run, day=date(2026, 11, 26), days={later.reference: date(2026, 11, 30)})
    part = f"<OrgnlPmtInfId>{submission.reference}-20261130</OrgnlPmtInfId>"

    bring(
        pain002(
            f"<OrgnlPmtInfAndSts>{part}<PmtInfSts>RJCT</PmtInfSts></OrgnlPmtInfAndSts>", submission
        ),
        rail="iso20022",
    )

    assert states(run) == ["sent", "returned"]


def test_pending_is_still_unknown_and_accepted_stays_accepted() -> None:
    run = file_run(1, rail="iso20022")
    submission = sent(run)
    (payment,) = payments(run)

    def outcome(status: str) -> tuple[str, str]:
        report = bring(pain002(of_payment(payment, status), submission), rail="iso20022")
        return report.lines[0].state, submission.items.get().outcome

    assert outcome("PDNG") == ("taken", "pending")
    assert heard_of(submission).silent == 1
    assert outcome("ACSC") == ("taken", "accepted")
    assert outcome("RCVD") == ("known", "accepted")
    assert outcome("RJCT") == ("taken", "rejected")
    assert outcome("ACSP") == ("known", "rejected")
    assert ResultLine.objects.latest("id").problem == "It came back before."
    assert states(run) == ["returned"]


def test_a_report_about_another_file_fits_nothing() -> None:
    run = file_run(1, rail="iso20022")
    submission = sent(run)
    (payment,) = payments(run)
    stranger = Submission(reference="SUB-222222")

    report = bring(
        pain002(of_payment(payment, "RJCT"), stranger, "<GrpSts>ACCP</GrpSts>"), rail="iso20022"
    )

    assert [one.problem for one in report.unknown] == [
        "We have sent no such file this way.",
        "The report is about another file, SUB-222222.",
    ]
    assert states(run) == ["sent"]
    submission.refresh_from_db()
    assert submission.state == "sent"


def test_a_report_about_a_withdrawn_file_fits_nothing() -> None:
    run = file_run(1, rail="iso20022")
    submission = sent(run)
    services.withdraw_submission(submission=submission, reason="Taken out.", by=colleague())

    report = bring(pain002("", submission, "<GrpSts>RJCT</GrpSts>"), rail="iso20022")

    assert [one.problem for one in report.unknown] == ["This file was withdrawn."]
    assert balance("clearing:iso20022") == 0
    assert_everything_verifies()


# -- prepaid cards ------------------------------------------------------------------------------


def card_run(count: int = 1) -> PaymentRun:
    provider = payable_by_file(typed={"card": "AP123456"}, kind="card")
    return file_run(count, rail="prepaid", provider=provider)


def test_cards_are_loaded_and_a_refused_load_is_owed_again(settings: Any) -> None:
    run = card_run(2)
    submission = sent(run)
    first, second = payments(run)
    assert content_of(submission).decode().splitlines()[-1] == (
        f"TOTAL,2,{run.total_pence / 100:.2f}"
    )
    total = run.total_pence / 100
    answers = (
        "Payment reference,Amount,Status,Reason\n"
        f"{first.reference},{first.amount_pence / 100:.2f},Loaded,\n"
        f"{second.reference},{second.amount_pence / 100:.2f},Rejected,Card expired\n"
        f"TOTAL,2,{total:.2f}\n"
    )

    report = bring(answers.encode(), rail="prepaid", name="answers.csv")

    assert report.taken == 2
    assert states(run) == ["sent", "returned"]
    second.refresh_from_db()
    assert second.failure_sentence == "Card expired"
    assert PayeeAccount.objects.get().state == "faulty"
    assert_everything_verifies()


def test_the_columns_of_a_file_are_those_that_were_set_when_it_was_begun(settings: Any) -> None:
    run = card_run()
    submission = built(run)
    before = content_of(submission)
    settings.PREPAID = {
        **PREPAID,
        "file": {
            "columns": [["Proxy", "card"], ["Pence", "amount"], ["Ref", "reference"]],
            "amounts": "pence",
        },
    }

    services.build_submission(submission=submission, by=finance()[0])
    assert content_of(submission) == before
    services.withdraw_submission(submission=submission, reason="Columns.", by=finance()[0])
    assert content_of(built(run)).startswith(b"Proxy,Pence,Ref\r\nAP123456,")


def test_columns_that_make_no_sense_are_refused_before_anything_is_claimed(settings: Any) -> None:
    run = card_run()
    for file in ({"columns": [["Proxy", "card"]]}, {"columns": "x"}, {"pints": 1}):
        settings.PREPAID = {**PREPAID, "file": file}
        with pytest.raises(Refused) as no:
            services.start_submission(run=run, by=finance()[0])
        assert no.value.code == "rail_not_set_up"
    assert states(run) == ["released"]


def test_a_bank_account_is_not_paid_by_card() -> None:
    provider = payable_by_file(typed=UK)
    with pytest.raises(Refused, match="has given no account that Prepaid cards can pay to"):
        file_run(1, rail="prepaid", provider=provider)


def test_a_euro_rail_is_refused_while_the_ledger_is_in_pounds(settings: Any) -> None:
    settings.PAYMENT_RAILS = {
        **settings.PAYMENT_RAILS, "sepa": "payments.rails.iso20022.SepaRail"
    }  # fmt: skip
    iban = {"iban": "DE89 3704 0044 0532 0130 00", "bic": "DEUTDEFF"}
    settings.ISO20022 = {**ISO, "iban": "FR1420041010050500013M02606"}
    run = file_run(1, rail="sepa", provider=payable_by_file(typed=iban, kind="iban"))

    with pytest.raises(Refused, match="The ledger is not in EUR"):
        services.start_submission(run=run, by=finance()[0])
    settings.LEDGER_CURRENCY = "EUR"
    assert b"<IBAN>DE89370400440532013000</IBAN>" in content_of(sent(run))
    assert states(run) == ["sent"]
