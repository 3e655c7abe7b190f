"""Payments in files, exactly once: claimed, built, taken out, handed over with four eyes, or withdrawn."""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from carebudget import clock
from carebudget.audit.models import AuditEvent
from carebudget.errors import Conflict, NotAllowed, Refused
from payments import services
from payments.models import (
    Invoice,
    PayeeAccount,
    Payment,
    PaymentRun,
    RailFile,
    Submission,
    SubmissionItem,
)
from payments.payees.sealing import new_file_key
from payments.rules.statements import write_camt053
from payments.services.accounts import statement_account
from plans.selectors.timeline import WORDS
from tests.factories.worlds import (
    AgreementFactory,
    InvoiceFactory,
    UserFactory,
    finance,
)
from tests.payments.file_world import (
    BACS,
    OTHER_UK,
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
    sent,
    states,
    taken,
)
from tests.payments.rules import bacs_reader
from tests.payments.rules.statement_world import line, statement_of

pytestmark = pytest.mark.django_db(transaction=True)

FRIDAY, MONDAY = date(2026, 11, 27), date(2026, 11, 30)


@pytest.fixture(autouse=True)
def _a_wednesday(settings: Any) -> Iterator[None]:
    settings.BACS = dict(BACS)
    with clock.travel(WEDNESDAY):
        yield


def at(text: str) -> Any:
    """Later that week: ``at("2026-11-26 17:01")``, London time in winter."""
    return clock.travel(datetime.fromisoformat(f"{text}+00:00"))


# -- the way ------------------------------------------------------------------------------------


def test_a_run_leaves_in_one_file_and_each_payment_once() -> None:
    run = file_run(3)
    invoices = Invoice.objects.filter(payments__run=run)
    total = run.total_pence

    submission = sent(run)

    found = bacs_reader.read(content_of(submission))
    assert [one.pence for one in found.contras] == [total] == [submission.total_pence]
    assert {one.reference for one in found.credits} == set(
        run.payments.values_list("reference", flat=True)
    )
    assert {(one.sort_code, one.account) for one in found.credits} == {("089999", "66374958")}
    assert found.serial == f"{submission.serial:06}"
    assert found.processing == date(2026, 11, 26)
    assert states(run) == ["sent"] * 3
    assert set(invoices.values_list("state", flat=True)) == {"paid"}
    assert balance("clearing:bacs") == -total
    assert balance(run.payments.all()[0].payable.code) == 0
    run.refresh_from_db()
    assert run.state == "sent"
    assert run.remittances.count() == 1
    assert_everything_verifies()


def test_every_step_is_on_the_run_s_chain_in_words() -> None:
    run = file_run(1)
    submission = sent(run)

    events = list(AuditEvent.objects.filter(chain__key=run.chain).order_by("sequence"))
    steps = [event for event in events if event.verb.startswith("submission.")]
    assert [event.verb for event in steps] == [
        "submission.started",
        "submission.built",
        "submission.handed_out",
        "submission.sent",
    ]
    digest = hashlib.sha256(content_of(submission)).hexdigest()
    assert {event.changes["sha256"] for event in steps[1:]} == {digest}
    assert {event.changes["total_pence"] for event in steps} == {run.total_pence}
    assert all(event.verb in WORDS for event in steps)


def test_a_payment_names_its_file_and_its_place_in_it() -> None:
    run = file_run(2)
    submission = sent(run)

    assert list(run.payments.order_by("id").values_list("external_id", flat=True)) == [
        f"{submission.reference}-1",
        f"{submission.reference}-2",
    ]


def test_until_it_is_marked_as_sent_nothing_is_known_and_nothing_is_entered() -> None:
    run = file_run(2)
    taken(run)

    assert states(run) == ["sending"] * 2
    assert balance("clearing:bacs") == 0
    assert services.verify_ledger().holds


def test_the_senders_leave_files_alone(settings: Any) -> None:
    run = file_run(2)
    assert services.send_due() == 0
    assert states(run) == ["released"] * 2
    taken(run)
    settings.PAYMENT_LEASE_SECONDS = 0

    with at("2026-11-26 09:00"):
        assert services.send_due() == 0
        assert services.recover_unknown() == 0

    assert states(run) == ["sending"] * 2
    assert not Payment.objects.filter(unknown_since__isnull=False).exists()


def test_looking_at_a_payment_in_a_file_tells_what_its_file_tells() -> None:
    run = file_run(1)
    payment = run.payments.get()
    submission = taken(run)

    assert not services.look_at_payment(payment_id=payment.pk)
    payment.refresh_from_db()
    assert payment.state == "sending"
    assert payment.failure_sentence == (
        f"It is in file {submission.reference}, which is not marked as sent."
    )
    services.mark_submission_sent(
        submission=submission, count=1, total_pence=run.total_pence, by=finance()[1]
    )
    assert services.look_at_payment(payment_id=payment.pk)
    payment.refresh_from_db()
    assert payment.state == "sent"
    assert payment.failure_sentence == ""


def test_a_file_that_no_api_rail_could_send_is_not_given_up_as_lost() -> None:
    run = file_run(1)
    taken(run)

    with at("2026-12-20 09:00"), pytest.raises(Conflict, match="may still answer"):
        services.give_up_unknown(
            payment=run.payments.get(), reason="Nothing at the bank.", by=finance()[1]
        )


# -- claiming -----------------------------------------------------------------------------------


def test_a_run_that_nobody_approved_is_not_claimed() -> None:
    agreement = AgreementFactory(provider=payable_by_file())
    InvoiceFactory(agreement=agreement, state="approved")
    run = services.make_run(by=finance()[0], rail="bacs")

    with pytest.raises(Conflict, match="This run is “Being made”"):
        services.start_submission(run=run, by=finance()[0])


def test_a_second_file_of_the_same_run_finds_nothing() -> None:
    run = file_run(2)
    built(run)

    with pytest.raises(Refused) as no:
        services.start_submission(run=run, by=colleague())
    assert no.value.code == "nothing_to_submit"
    assert Submission.objects.count() == 1


def test_a_run_of_an_api_rail_has_no_file(stripe_sandbox: Any) -> None:
    run = PaymentRun.objects.create(made_by=finance()[0])

    with pytest.raises(Refused, match="are not sent in files"):
        services.start_submission(run=run, by=finance()[0])


def test_only_finance_makes_files() -> None:
    run = file_run(1)

    with pytest.raises(NotAllowed):
        services.start_submission(run=run, by=UserFactory(role="worker"))
    with pytest.raises(NotAllowed):
        services.start_submission(run=run, by=UserFactory(role="auditor"))


def test_a_rail_that_is_not_set_up_says_which_setting_lacks(settings: Any) -> None:
    run = file_run(1)
    settings.BACS = {**BACS, "service_user": ""}

    with pytest.raises(Refused, match="service user number must have six digits"):
        services.start_submission(run=run, by=finance()[0])
    assert states(run) == ["released"]


@pytest.mark.parametrize(
    ("day", "moment", "why"),
    [
        (date(2026, 11, 28), "2026-11-25 10:00", "is not a working day"),
        (date(2026, 12, 25), "2026-12-10 10:00", "is not a working day"),
        (date(2026, 11, 26), "2026-11-25 17:01", "It is too late for 26 November 2026"),
        (date(2026, 11, 25), "2026-11-25 10:00", "It is too late for 25 November 2026"),
        (date(2026, 12, 29), "2026-11-25 10:00", "more than 31 days ahead"),
    ],
)
def test_a_day_that_cannot_be_had_is_refused_beside_its_field(
    day: date, moment: str, why: str
) -> None:
    run = file_run(1)

    with at(moment), pytest.raises(Refused, match=why) as no:
        services.start_submission(run=run, day=day, by=finance()[0])
    assert no.value.field == "day"
    assert states(run) == ["released"]


def test_without_a_day_it_is_the_first_that_can_be_had() -> None:
    run = file_run(1)

    with at("2026-11-26 17:30"):
        assert services.start_submission(run=run, by=finance()[0]).day == MONDAY


def test_single_payments_may_have_another_day() -> None:
    run = file_run(3)
    later = run.payments.order_by("id")[1]

    submission = built(run, day=FRIDAY, days={later.reference: MONDAY})

    found = bacs_reader.read(content_of(submission))
    assert found.multi
    assert [record.day for record in found.contras] == [FRIDAY, MONDAY]
    assert [record.reference for record in found.credits][-1] == later.reference


def test_a_day_for_a_payment_of_another_run_is_refused() -> None:
    with pytest.raises(Refused, match="PAY-222222 is not in this run"):
        built(file_run(1), day=FRIDAY, days={"PAY-222222": MONDAY})


def test_a_file_carries_no_more_than_its_limits_and_the_next_takes_the_rest(settings: Any) -> None:
    run = file_run(3)
    settings.BACS = {**BACS, "file_limit_count": 2}

    first, second = built(run), built(run)

    assert (first.payment_count, second.payment_count) == (2, 1)
    assert first.serial < second.serial
    assert first.total_pence + second.total_pence == run.total_pence


def test_a_payment_above_the_limit_is_left_out_or_held_with_the_reason(settings: Any) -> None:
    run = file_run(1)
    settings.BACS = {**BACS, "payment_limit_pence": 1}

    with pytest.raises(Refused, match="No payment of this run waits"):
        services.start_submission(run=run, by=finance()[0])
    payment = run.payments.get()
    assert payment.state == "held"
    assert "more than this way of paying carries at once (£0.01)" in payment.failure_sentence
    InvoiceFactory(agreement=AgreementFactory(provider=payment.provider), state="approved")
    with pytest.raises(Refused, match="more than this way of paying carries"):
        services.make_run(by=finance()[0], rail="bacs")


def test_a_payment_that_no_file_could_ever_carry_is_held_and_stops_no_other(settings: Any) -> None:
    run = file_run(2)
    settings.BACS = {**BACS, "file_limit_pence": 1}
    with pytest.raises(Refused, match="No payment of this run waits"):
        services.start_submission(run=run, by=finance()[0])

    assert states(run) == ["held"] * 2


def test_a_payment_to_an_account_that_nobody_knows_is_held() -> None:
    run = file_run(1)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE payments_payment SET destination = 'PYE-222222'")
        cursor.execute("SET session_replication_role = DEFAULT")

    with pytest.raises(Refused, match="No payment of this run waits"):
        services.start_submission(run=run, by=finance()[0])
    assert run.payments.get().failure_sentence == "The account of this payment is not known."


def test_a_payee_who_was_suspended_meanwhile_is_held_and_the_others_go() -> None:
    from providers.services import suspend_provider

    bad = payable_by_file()
    good = payable_by_file(typed={"sort_code": "089999", "account_number": "11111112"})
    for provider in (bad, good):
        InvoiceFactory(agreement=AgreementFactory(provider=provider), state="approved")
    run = approve(services.make_run(by=finance()[0], rail="bacs"))
    suspend_provider(provider=bad, reason="Under investigation.", by=finance()[0])

    submission = services.start_submission(run=run, by=finance()[0])

    assert submission.payment_count == 1
    held = run.payments.get(provider=bad)
    assert held.state == "held"
    assert "is “suspended”" in held.failure_sentence
    assert run.payments.get(provider=good).state == "sending"


# -- what the database refuses ------------------------------------------------------------------


def refuses(sql: str, words: str) -> None:
    with (
        pytest.raises(DatabaseError, match=words),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_a_payment_is_in_one_living_submission_even_by_sql() -> None:
    run = file_run(1)
    submission = built(run)
    item = submission.items.get()
    other = Submission.objects.create(
        rail="bacs", run=run, serial=999_999, day=FRIDAY, payment_count=1, total_pence=1,
        sealed_key=new_file_key(), started_by=finance()[0],
    )  # fmt: skip

    with pytest.raises(IntegrityError, match="one_living_submission"), transaction.atomic():
        SubmissionItem.objects.create(
            submission=other, payment=item.payment, payee=item.payee, position=1, day=FRIDAY
        )
    with pytest.raises(IntegrityError, match="serial_used_once"), transaction.atomic():
        Submission.objects.create(
            rail="bacs", run=run, serial=submission.serial, day=FRIDAY, payment_count=1,
            total_pence=1, sealed_key=new_file_key(), started_by=finance()[0],
        )  # fmt: skip


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE payments_submission SET serial = serial + 1",
        "UPDATE payments_submission SET total_pence = 1",
        "UPDATE payments_submission SET profile = '{}'",
        "UPDATE payments_submission SET day = day + 1",
        "DELETE FROM payments_submission",
        "UPDATE payments_submissionitem SET position = position + 1",
        "UPDATE payments_submissionitem SET name = 'Somebody else'",
        "DELETE FROM payments_submissionitem",
        "UPDATE payments_railfile SET sealed_content = ''",
        "UPDATE payments_railfile SET sha256 = ''",
        "DELETE FROM payments_railfile",
        "TRUNCATE payments_railfile CASCADE",
    ],
)
def test_what_a_submission_carries_cannot_be_changed_by_sql(sql: str) -> None:
    built(file_run(1))

    refuses(sql, "is refused")


def test_a_withdrawn_payment_never_comes_back_into_its_submission_by_sql() -> None:
    submission = built(file_run(1))
    services.withdraw_submission(submission=submission, reason="Made too early.", by=finance()[0])

    refuses("UPDATE payments_submissionitem SET living = true", "is refused")


def test_a_serial_number_is_never_used_again_even_when_its_submission_came_to_nothing(
    monkeypatch: Any,
) -> None:
    run = file_run(1)
    first = built(run)
    services.withdraw_submission(submission=first, reason="Made too early.", by=finance()[0])

    def broken(*_: Any) -> None:
        raise RuntimeError("the machine stops")

    with monkeypatch.context() as patch:
        patch.setattr("payments.services.submitting._put_in", broken)
        with pytest.raises(RuntimeError):
            services.start_submission(run=run, by=finance()[0])
    second = built(run)

    assert second.serial == first.serial + 2


def test_when_the_six_digits_are_used_up_it_says_so() -> None:
    run = file_run(1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('payments_submission_serial', 999999)")
    try:
        with pytest.raises(Refused, match="Every serial number of six digits has been used"):
            services.start_submission(run=run, by=finance()[0])
        assert states(run) == ["released"]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval('payments_submission_serial', 1)")


# -- building -----------------------------------------------------------------------------------


def test_building_again_gives_the_same_file_whatever_happened_since(settings: Any) -> None:
    run = file_run(2)
    submission = built(run)
    before = content_of(submission)
    provider = run.payments.all()[0].provider
    assert provider is not None
    provider.name = "Renamed Meanwhile"
    provider.save()
    settings.BACS = {**BACS, "name": "Another Council", "account_number": "87654321"}
    settings.PAYEE_DETAILS_KEYS = [
        "bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleTE=",
        *settings.PAYEE_DETAILS_KEYS,
    ]
    services.reseal_payee_details()
    settings.PAYEE_DETAILS_KEYS = settings.PAYEE_DETAILS_KEYS[:1]

    with at("2026-11-30 10:00"):
        file = services.build_submission(submission=submission, by=colleague())

    submission.refresh_from_db()
    assert RailFile.objects.count() == 1
    assert file.sha256 == hashlib.sha256(before).hexdigest()
    assert content_of(submission) == before


def test_the_file_is_kept_sealed() -> None:
    built(file_run(1))

    with connection.cursor() as cursor:
        cursor.execute("SELECT payments_railfile::text FROM payments_railfile")
        row = cursor.fetchone()[0]
    assert b"66374958".hex() not in row
    assert b"VOL1".hex() not in row


def test_a_file_that_would_not_be_the_same_again_is_not_handed_over() -> None:
    submission = built(file_run(1))
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE payments_submissionitem SET name = 'Thief'")
        cursor.execute("SET session_replication_role = DEFAULT")

    with pytest.raises(Conflict, match="would not be the same again"):
        services.build_submission(submission=submission, by=finance()[0])


def test_details_put_in_anothers_place_behind_the_guard_stop_the_file() -> None:
    run = file_run(1)
    account = PayeeAccount.objects.get()
    thief = propose(
        payable_by_file(typed={"sort_code": "089999", "account_number": "11111112"}), OTHER_UK
    )
    PayeeAccount.objects.filter(pk=account.pk).update(sealed=bytes(thief.sealed))

    submission = services.start_submission(run=run, by=finance()[0])
    with pytest.raises(Refused, match="were taken from another payee"):
        services.build_submission(submission=submission, by=finance()[0])
    assert submission.files.count() == 0


def test_what_the_rail_cannot_carry_is_refused_with_the_reasons(settings: Any) -> None:
    run = file_run(1)
    submission = services.start_submission(run=run, by=finance()[0])
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE payments_submissionitem SET name = 'Анна'")
        cursor.execute("SET session_replication_role = DEFAULT")

    with pytest.raises(Refused, match="has no form that Bacs can carry") as no:
        services.build_submission(submission=submission, by=finance()[0])
    assert no.value.next_step.startswith("Withdraw this submission")
    submission.refresh_from_db()
    assert submission.state == "building"
    services.withdraw_submission(submission=submission, reason="Cannot be made.", by=finance()[0])
    assert states(run) == ["released"]


# -- handing over -------------------------------------------------------------------------------


def mark(submission: Submission, by: Any = None, **other: Any) -> Submission:
    figures = {"count": submission.payment_count, "total_pence": submission.total_pence, **other}
    return services.mark_submission_sent(submission=submission, by=by or finance()[1], **figures)


def test_who_made_the_file_never_says_that_it_was_sent_even_by_sql() -> None:
    submission = taken(file_run(1))

    with pytest.raises(NotAllowed, match="somebody else"):
        mark(submission, by=finance()[0])
    with pytest.raises(IntegrityError, match="submission_four_eyes"), transaction.atomic():
        Submission.objects.filter(pk=submission.pk).update(sent_by=finance()[0])


def test_a_file_that_nobody_took_was_not_sent() -> None:
    with pytest.raises(Refused, match="Nobody has taken this file yet"):
        mark(built(file_run(1)))


def test_the_figures_must_be_repeated_exactly() -> None:
    run = file_run(2)
    submission = taken(run)

    with pytest.raises(Refused) as no:
        mark(submission, count=3)
    assert no.value.field == "count"
    with pytest.raises(Refused) as no:
        mark(submission, total_pence=submission.total_pence + 1)
    assert no.value.field == "total_pence"
    assert states(run) == ["sending"] * 2
    assert balance("clearing:bacs") == 0


def test_saying_it_twice_changes_nothing() -> None:
    run = file_run(2)
    submission = taken(run)
    mark(submission)
    before = balance("clearing:bacs")

    assert mark(submission).state == "sent"

    assert balance("clearing:bacs") == before
    with pytest.raises(Conflict):
        mark(submission, by=colleague())
    assert_everything_verifies()


def test_nobody_hands_over_money_for_somebody_close_to_them() -> None:
    run = file_run(1)
    submission = taken(run)
    payment = run.payments.get()
    assert payment.provider is not None
    member = colleague()
    payment.provider.members.create(user=member)

    with pytest.raises(NotAllowed, match="somebody close to you"):
        mark(submission, by=member)
    relative = UserFactory(role="finance_officer")
    payment.case.person.family_ties.create(user=relative, relationship="niece")
    with pytest.raises(NotAllowed, match="somebody close to you"):
        mark(submission, by=relative)


def test_after_its_cut_off_a_file_is_not_given_out_and_once_sent_neither() -> None:
    run = file_run(1)
    submission = built(run)

    with at("2026-11-25 17:01"), pytest.raises(Refused, match="It is too late"):
        services.hand_out_submission(submission=submission, by=finance()[0])
    services.hand_out_submission(submission=submission, by=finance()[0])
    mark(submission)
    with pytest.raises(Conflict, match="handed to the bank"):
        services.hand_out_submission(submission=submission, by=finance()[0])


def test_each_time_a_file_is_taken_out_it_is_in_the_record() -> None:
    run = file_run(1)
    submission = built(run)

    first = services.hand_out_submission(submission=submission, by=finance()[0])
    again = services.hand_out_submission(submission=submission, by=colleague())

    assert first == again
    assert first.name == f"{submission.reference}.txt"
    assert bacs_reader.read(first.content).credits
    assert "66374958" not in repr(first)
    events = AuditEvent.objects.filter(verb="submission.handed_out").order_by("id")
    assert [event.actor for event in events] == [
        str(finance()[0].public_id),
        str(colleague().public_id),
    ]
    submission.refresh_from_db()
    assert submission.handed_out_to == finance()[0]


def test_a_changed_payee_stops_a_file_that_is_still_in_the_house() -> None:
    run = file_run(1)
    submission = built(run)
    provider = run.payments.get().provider
    assert provider is not None

    account = propose(provider, OTHER_UK)

    with pytest.raises(Refused, match="A second person must confirm them first"):
        services.hand_out_submission(submission=submission, by=finance()[0])
    confirm(account, by=finance()[1])
    with pytest.raises(Refused, match="that this payment was made for are “replaced"):
        services.hand_out_submission(submission=submission, by=finance()[0])
    services.withdraw_submission(submission=submission, reason="Payee changed.", by=finance()[0])
    with pytest.raises(Refused, match="No payment of this run waits"):
        services.start_submission(run=run, by=finance()[0])
    assert states(run) == ["held"]


def test_a_file_at_the_bank_waits_for_the_decision_about_a_changed_payee() -> None:
    run = file_run(1)
    submission = taken(run)
    provider = run.payments.get().provider
    assert provider is not None
    account = propose(provider, OTHER_UK)

    with pytest.raises(Refused, match="A second person must confirm"):
        mark(submission)
    assert states(run) == ["sending"]
    confirm(account, by=finance()[1])
    assert mark(submission).state == "sent"
    assert states(run) == ["sent"]


def test_the_bank_s_own_figures_are_acknowledged_only_when_they_are_ours() -> None:
    submission = sent(file_run(2))

    with pytest.raises(Refused) as no:
        services.acknowledge_submission(
            submission=submission, count=1, total_pence=submission.total_pence, by=finance()[0]
        )
    assert no.value.field == "count"
    for _ in range(2):
        done = services.acknowledge_submission(
            submission=submission, count=2, total_pence=submission.total_pence, by=finance()[0]
        )
    assert done.state == "acknowledged"
    assert mark(submission).state == "acknowledged"


# -- withdrawing --------------------------------------------------------------------------------


def test_a_file_that_never_left_the_house_is_withdrawn_by_anybody_at_any_time() -> None:
    run = file_run(2)
    submission = built(run)

    with at("2026-12-09 10:00"):
        services.withdraw_submission(
            submission=submission, reason="Made for the wrong day.", by=finance()[0]
        )
        again = services.withdraw_submission(
            submission=submission, reason="Again.", by=finance()[0]
        )
        assert again.withdrawal_reason == "Made for the wrong day."
        assert states(run) == ["released"] * 2
        second = sent(run)

    assert second.serial > submission.serial
    assert states(run) == ["sent"] * 2
    assert balance("clearing:bacs") == -run.total_pence
    assert_everything_verifies()


def test_a_withdrawn_file_is_neither_built_nor_handed_out_nor_sent() -> None:
    submission = taken(file_run(1))
    services.withdraw_submission(submission=submission, reason="Not sent.", by=finance()[1])

    with pytest.raises(Conflict, match="was withdrawn"):
        services.build_submission(submission=submission, by=finance()[0])
    with pytest.raises(Conflict):
        services.hand_out_submission(submission=submission, by=finance()[0])
    with pytest.raises(Conflict):
        mark(submission)


def test_withdrawing_needs_a_reason_and_somebody_who_did_not_take_the_file() -> None:
    run = file_run(1)
    submission = taken(run)

    with pytest.raises(Refused) as no:
        services.withdraw_submission(submission=submission, reason=" ", by=finance()[1])
    assert no.value.field == "reason"
    with pytest.raises(NotAllowed, match="somebody else withdraws it"):
        services.withdraw_submission(submission=submission, reason="Oh.", by=finance()[0])
    services.withdraw_submission(submission=submission, reason="Portal down.", by=finance()[1])
    assert states(run) == ["released"]


def test_after_the_cut_off_a_file_that_was_taken_may_be_at_the_bank() -> None:
    run = file_run(1)
    submission = taken(run)

    with at("2026-11-25 17:01"), pytest.raises(Refused, match="due by 17:00 on 25 November"):
        services.withdraw_submission(submission=submission, reason="Hm.", by=finance()[1])
    with at("2026-11-28 00:01"):
        with pytest.raises(Refused, match="had taken it to the bank"):
            services.withdraw_submission(submission=submission, reason="Hm.", by=colleague())
        services.withdraw_submission(
            submission=submission, reason="Not on the bank statement.", by=finance()[1]
        )
    assert states(run) == ["released"]


def test_a_sent_file_is_withdrawn_before_its_cut_off_and_its_entries_are_turned_round() -> None:
    run = file_run(2)
    submission = sent(run, day=FRIDAY)
    payable = run.payments.all()[0].payable.code

    with at("2026-11-26 12:00"):
        with pytest.raises(NotAllowed):
            services.withdraw_submission(submission=submission, reason="Oh.", by=finance()[1])
        services.withdraw_submission(
            submission=submission, reason="The bank took it out.", by=colleague()
        )

    assert states(run) == ["returned"] * 2
    assert balance("clearing:bacs") == 0
    assert balance(payable) == -run.total_pence
    again = services.make_run(by=finance()[0], rail="bacs")
    assert again.total_pence == run.total_pence
    assert set(again.payments.values_list("attempt", flat=True)) == {2}
    assert_everything_verifies()


def test_a_sent_file_is_not_withdrawn_after_its_cut_off_by_anybody() -> None:
    submission = sent(file_run(1))

    for by in (colleague(), UserFactory(role="finance_manager")):
        with at("2026-12-20 10:00"), pytest.raises(Refused) as no:
            services.withdraw_submission(submission=submission, reason="Hm.", by=by)
        assert "bank’s report" in no.value.next_step


# -- the bank -----------------------------------------------------------------------------------


def test_the_bank_s_one_line_for_a_file_settles_each_of_its_payments(settings: Any) -> None:
    settings.BACS = {**BACS, "file_limit_count": 2}
    run = file_run(3)
    first, second = sent(run), sent(run)
    rows = [
        line(-one.total_pence, "BACS", reference=f"BACS {one.reference.replace('-', ' ')} CONTRA")
        for one in (first, second)
    ]

    services.import_statement(
        account=statement_account("bank"),
        name="bank.xml",
        content=write_camt053(statement_of(*rows)),
        by=finance()[0],
    )
    services.reconcile()

    assert states(run) == ["settled"] * 3
    assert balance("clearing:bacs") == 0
    assert balance("bank:main") == -run.total_pence
    run.refresh_from_db()
    assert run.state == "closed"
    assert_everything_verifies()
