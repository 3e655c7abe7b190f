"""What a run leaves out and why; holding, flagging, waiving; limits; leaving one out; stopping a run."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from carebudget import clock
from carebudget.audit.models import AuditEvent
from carebudget.errors import Conflict, NotAllowed, Refused
from carebudget.people.models import FamilyTie, User
from payments import services
from payments.models import (
    ApprovalLimit,
    Invoice,
    LeftOut,
    PaymentRun,
    ServiceAgreement,
    Stop,
    Waiver,
)
from payments.selectors import obligations
from payments.selectors.limits import checkers_of
from providers.models import ProviderMember
from tests.factories.worlds import AgreementFactory, InvoiceFactory, UserFactory, finance
from tests.payments.file_world import built, file_run, payable_by_file, propose, states
from tests.payments.test_obligations import to_the_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> User:
    return finance()[0]


@pytest.fixture
def manager() -> User:
    return finance()[1]


@pytest.fixture
def agreement() -> ServiceAgreement:
    return AgreementFactory(provider=payable_by_file())


def due(agreement: ServiceAgreement, **how: Any) -> Invoice:
    return InvoiceFactory(agreement=agreement, state="approved", **how)


def make(by: User, **how: Any) -> PaymentRun:
    return services.make_run(by=by, rail="bacs", **how)


def submitted(agreement: ServiceAgreement, by: User, count: int = 2) -> PaymentRun:
    for _ in range(count):
        due(agreement)
    return services.submit_run(run=make(by), by=by)


def left_out_of(run: PaymentRun) -> tuple[str, str]:
    one = run.left_out.get()
    return one.kind, one.sentence


# -- reasons ------------------------------------------------------------------------------------


def test_who_has_no_account_is_left_out_with_what_to_know(
    officer: User, agreement: ServiceAgreement
) -> None:
    due(agreement)
    other = due(AgreementFactory())
    kind, sentence = left_out_of(make(officer))

    assert kind == "account"
    assert other.provider.name in sentence


def test_an_account_that_changed_and_a_suspended_provider_are_told_apart(
    officer: User, agreement: ServiceAgreement
) -> None:
    due(agreement)
    changed, suspended = payable_by_file("Changed"), payable_by_file("Suspended")
    for provider in (changed, suspended):
        due(AgreementFactory(provider=provider))
    propose(changed, {"sort_code": "08-99-99", "account_number": "66374957"})
    type(suspended).objects.filter(pk=suspended.pk).update(state="suspended")

    run = make(officer)

    assert {one.payee: one.kind for one in run.left_out.all()} == {
        "Changed": "changed",
        "Suspended": "provider",
    }


def test_a_maker_pays_neither_their_family_nor_their_firm(
    officer: User, manager: User, agreement: ServiceAgreement
) -> None:
    due(agreement)
    family, firm = (
        due(AgreementFactory(provider=agreement.provider)),
        due(AgreementFactory(provider=payable_by_file("The firm"))),
    )
    FamilyTie.objects.create(user=officer, person=family.case.person, relationship="nephew")
    ProviderMember.objects.create(provider=firm.provider, user=officer)

    run = make(officer)

    assert run.payment_count == 1
    assert set(run.left_out.values_list("kind", "invoice")) == {
        ("own", family.pk),
        ("own", firm.pk),
    }
    services.reject_run(run=run, reason="Again.", by=officer)
    assert make(manager).payment_count == 3


def test_nothing_goes_to_the_account_of_somebody_who_died(
    officer: User, agreement: ServiceAgreement, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = due(agreement)
    instalment = to_the_person(invoice)
    person = instalment.person
    assert person is not None
    person.died_on = clock.today() - timedelta(days=3)
    monkeypatch.setattr(
        obligations, "SOURCES", (*obligations.SOURCES, lambda wanted, *, lock=False: [instalment])
    )

    run = make(officer)

    kind, sentence = left_out_of(run)
    assert kind == "died"
    assert "goes to whoever settles their affairs" in sentence
    assert run.payments.get().invoice == invoice, "the provider is still paid for what was given"


def test_an_invoice_that_looks_like_a_paid_one_waits_for_somebody_to_look(
    officer: User, agreement: ServiceAgreement
) -> None:
    first = due(agreement)
    twin = due(agreement)
    Invoice.objects.filter(pk=twin.pk).update(
        period_from=first.period_from, period_to=first.period_to
    )

    run = make(officer)

    kind, sentence = left_out_of(run)
    assert run.payments.get().invoice == first
    assert kind == "duplicate"
    assert f"Its dates overlap with those of {first.reference}" in sentence
    with pytest.raises(Refused, match="Say what you compared"):
        services.waive_suspicion(left_out=run.left_out.get(), reason=" ", by=officer)
    for _ in range(2):
        services.waive_suspicion(left_out=run.left_out.get(), reason="Two carers came.", by=officer)
    assert Waiver.objects.count() == 1
    assert make(officer).payments.get().invoice == twin


def test_a_number_typed_another_way_is_found_by_the_database_as_by_the_rule(
    officer: User, agreement: ServiceAgreement
) -> None:
    first, twin = due(agreement, number="W-0017"), due(agreement, number="W 17 B")

    kind, sentence = left_out_of(make(officer))

    assert (first.number_key, twin.number_key) == ("W0017", "W17B")
    assert kind == "duplicate"
    assert f"almost that of {first.reference}" in sentence


def test_more_than_was_agreed_is_left_out_until_somebody_says_that_it_is_right(
    officer: User, agreement: ServiceAgreement
) -> None:
    due(agreement)
    due(AgreementFactory(provider=agreement.provider))
    ServiceAgreement.objects.filter(pk=agreement.pk).update(limit_pence=1999)

    run = make(officer)

    kind, sentence = left_out_of(run)
    assert kind == "budget"
    assert "come to £20.00, which is more than the £19.99" in sentence
    services.waive_suspicion(left_out=run.left_out.get(), reason="Agreed by phone.", by=officer)
    assert make(officer).payment_count == 1


def test_what_is_no_suspicion_cannot_be_waived(officer: User, agreement: ServiceAgreement) -> None:
    due(agreement)
    due(AgreementFactory())
    with pytest.raises(Refused, match="mended where it comes from"):
        services.waive_suspicion(left_out=make(officer).left_out.get(), reason="Fine.", by=officer)


# -- holding and flagging -----------------------------------------------------------------------


def test_a_held_invoice_goes_into_no_run_until_it_is_let_go(
    officer: User, agreement: ServiceAgreement
) -> None:
    due(agreement)
    held = due(agreement)
    stop = services.hold_obligation(about=held, reason="The hours look wrong.", by=officer)
    again = services.hold_obligation(about=held, reason="Twice.", by=officer)

    kind, sentence = left_out_of(make(officer))

    assert again == stop
    assert kind == "held"
    assert "The hours look wrong." in sentence
    services.let_obligation_go(stop=stop, reason="They are right.", by=officer)
    assert make(officer).payments.get().invoice == held
    with pytest.raises(Conflict, match="let go already"):
        services.let_obligation_go(stop=stop, reason="Again.", by=officer)


def test_holding_takes_out_of_a_run_that_nobody_approved(
    officer: User, manager: User, agreement: ServiceAgreement
) -> None:
    run = submitted(agreement, officer)
    payment = run.payments.order_by("id")[0]

    services.hold_obligation(about=payment, reason="Look.", by=manager)

    run.refresh_from_db()
    assert (run.payment_count, run.total_pence) == (1, 2000)
    assert left_out_of(run) == ("held", "The checker held it: Look.")
    services.approve_run(run=run, reason="Checked.", by=manager)
    assert states(run) == ["cancelled", "released"]


def test_holding_what_is_approved_stops_it_and_letting_go_sends_it(
    officer: User, manager: User, agreement: ServiceAgreement
) -> None:
    run = services.approve_run(run=submitted(agreement, officer), reason="Checked.", by=manager)
    payment = run.payments.order_by("id")[0]

    stop = services.hold_obligation(about=payment, reason="Look.", by=officer)

    assert states(run) == ["held", "released"]
    services.let_obligation_go(stop=stop, reason="Fine.", by=officer)
    assert states(run) == ["released", "released"]


def test_what_has_left_cannot_be_held(officer: User) -> None:
    run = file_run(1)
    built(run)
    with pytest.raises(Conflict, match="is “being sent” already"):
        services.hold_obligation(about=run.payments.get(), reason="Late.", by=officer)
    assert not Stop.objects.exists()


def test_a_flag_stops_a_provider_and_somebody_else_lifts_it(
    officer: User, manager: User, agreement: ServiceAgreement
) -> None:
    run = services.approve_run(run=submitted(agreement, officer), reason="Checked.", by=manager)
    due(agreement)
    stop = services.flag_provider(
        provider=agreement.provider, reason="On the list of 3 November.", by=manager
    )

    assert states(run) == ["held", "held"]
    with pytest.raises(Refused, match="On the list of 3 November"):
        make(officer)
    with pytest.raises(Conflict, match="flagged already"):
        services.flag_provider(provider=agreement.provider, reason="Again.", by=officer)
    with pytest.raises(NotAllowed, match="somebody else must lift it"):
        services.lift_flag(stop=stop, reason="Cleared.", by=manager)
    with pytest.raises(NotAllowed):
        services.lift_flag(stop=stop, reason="Cleared.", by=officer)
    with pytest.raises(IntegrityError, match="flag_four_eyes"), transaction.atomic():
        Stop.objects.filter(pk=stop.pk).update(
            lifted_by=manager, lifted_at=clock.now(), lift_reason="x"
        )
    second = UserFactory(role="finance_manager", full_name="A second manager")
    services.lift_flag(stop=stop, reason="Another firm of that name.", by=second)
    assert states(run) == ["released", "released"]


def test_what_two_people_stopped_is_sent_only_when_both_have_let_go(
    officer: User, manager: User, agreement: ServiceAgreement
) -> None:
    run = services.approve_run(run=submitted(agreement, officer, 1), reason="Checked.", by=manager)
    new = propose(agreement.provider, {"sort_code": "08-99-99", "account_number": "66374957"})
    services.hold_obligation(about=run.payments.get(), reason="Look.", by=officer)

    services.refuse_payee(account=new, reason="They did not ask for it.", by=officer)

    payment = run.payments.get()
    assert payment.state == "held"
    assert "The officer said: Look." in payment.failure_sentence
    services.let_obligation_go(stop=Stop.objects.get(), reason="Fine.", by=officer)
    assert states(run) == ["released"]


def test_a_hold_in_the_moment_of_making_is_seen_at_approval(
    officer: User, manager: User, agreement: ServiceAgreement
) -> None:
    run = submitted(agreement, officer, 1)
    payment = run.payments.get()
    Stop.objects.create(
        kind="held", obligation=payment.obligation, case=payment.case, words="It", reason="Look.",
        set_by=officer,
    )  # fmt: skip

    with pytest.raises(Conflict, match="was stopped meanwhile"):
        services.approve_run(run=run, reason="Checked.", by=manager)


@pytest.mark.parametrize("reason", ["", "  "])
def test_holding_flagging_and_letting_go_need_a_reason(
    officer: User, manager: User, agreement: ServiceAgreement, reason: str
) -> None:
    invoice = due(agreement)
    with pytest.raises(Refused):
        services.hold_obligation(about=invoice, reason=reason, by=officer)
    with pytest.raises(Refused):
        services.flag_provider(provider=agreement.provider, reason=reason, by=officer)
    stop = services.hold_obligation(about=invoice, reason="Look.", by=officer)
    with pytest.raises(Refused):
        services.let_obligation_go(stop=stop, reason=reason, by=officer)


# -- one line, limits, stopping -----------------------------------------------------------------


def test_a_checker_leaves_one_out_and_approves_the_rest(
    officer: User, manager: User, agreement: ServiceAgreement
) -> None:
    run = submitted(agreement, officer)
    payment = run.payments.order_by("id")[0]

    services.leave_out(payment=payment, reason="Ask them first.", by=manager)

    run = services.approve_run(run=run, reason="The rest is right.", by=manager)
    assert (run.total_pence, states(run)) == (2000, ["cancelled", "released"])
    assert left_out_of(run) == ("line", "The checker took it out: Ask them first.")
    assert make(officer).payments.get().invoice == payment.invoice
    with pytest.raises(Conflict, match="This run is “Approved”"):
        services.leave_out(payment=run.payments.last(), reason="Too late.", by=manager)


def test_leaving_the_last_one_out_leaves_nothing_to_approve(
    officer: User, manager: User, agreement: ServiceAgreement
) -> None:
    run = submitted(agreement, officer, 1)
    with pytest.raises(Refused, match="Say why it is left out"):
        services.leave_out(payment=run.payments.get(), reason="", by=manager)
    services.leave_out(payment=run.payments.get(), reason="Wrong.", by=manager)
    with pytest.raises(Conflict, match="have changed"):
        services.approve_run(run=run, reason="Checked.", by=manager)


def limit(user: User, run_pence: int, day_pence: int, by: User) -> ApprovalLimit:
    return services.set_approval_limit(
        user=user, run_pence=run_pence, day_pence=day_pence, reason="New in the job.", by=by
    )


def test_a_run_above_a_limit_goes_to_somebody_who_may_approve_more(
    officer: User, manager: User, agreement: ServiceAgreement
) -> None:
    second = UserFactory(role="finance_manager", full_name="A second manager")
    limit(manager, 3999, 10_000, second)
    run = submitted(agreement, officer)

    with pytest.raises(Refused, match=r"up to £39\.99 in one run") as refused:
        services.approve_run(run=run, reason="Checked.", by=manager)

    assert "A second manager may approve it." in refused.value.next_step
    told = set(run_messages(run))
    assert told == {second.pk}
    assert [one.user for one in checkers_of(run) if one.may] == [second]
    assert services.approve_run(run=run, reason="Checked.", by=second).state == "approved"


def run_messages(run: PaymentRun) -> list[int]:
    from carebudget.notify.models import Message

    rows = Message.objects.filter(key__startswith=f"run.submitted:{run.reference}")
    return list(rows.values_list("to", flat=True))


def test_what_was_approved_today_counts_towards_the_day_and_yesterday_does_not(
    officer: User, manager: User, agreement: ServiceAgreement
) -> None:
    second = UserFactory(role="finance_manager", full_name="A second manager")
    limit(manager, 4000, 7999, second)
    first = services.approve_run(run=submitted(agreement, officer), reason="Checked.", by=manager)
    run = submitted(agreement, officer)

    with pytest.raises(Refused, match=r"you would have approved £80\.00 today"):
        services.approve_run(run=run, reason="Checked.", by=manager)

    PaymentRun.objects.filter(pk=first.pk).update(approved_at=clock.now() - timedelta(days=1))
    assert services.approve_run(run=run, reason="Checked.", by=manager).state == "approved"


def test_nobody_may_approve_that_much_says_what_to_do(
    officer: User, manager: User, agreement: ServiceAgreement, settings: Any
) -> None:
    settings.PAYMENT_APPROVAL_RUN_LIMIT_PENCE = 100
    with pytest.raises(Refused) as refused:
        services.approve_run(run=submitted(agreement, officer), reason="Checked.", by=manager)
    assert "ask for a higher limit, or split the run" in refused.value.next_step


def test_nobody_sets_their_own_limit_nor_one_that_makes_no_sense(
    officer: User, manager: User
) -> None:
    second = UserFactory(role="finance_manager", full_name="A second manager")
    with pytest.raises(NotAllowed, match="Nobody sets their own limit"):
        limit(manager, 1, 1, manager)
    with pytest.raises(IntegrityError, match="approval_limit_set_by_another"), transaction.atomic():
        ApprovalLimit.objects.create(
            user=second, run_pence=1, day_pence=1, reason="x", set_by=second
        )
    with pytest.raises(Refused, match="cannot be less"):
        limit(second, 2, 1, manager)
    with pytest.raises(Refused, match="zero or more"):
        limit(second, -1, 1, manager)
    with pytest.raises(Refused, match="does not approve payment runs"):
        limit(officer, 1, 1, manager)
    with pytest.raises(NotAllowed):
        limit(second, 1, 1, officer)
    assert not ApprovalLimit.objects.exists()


def test_a_run_is_stopped_before_anything_of_it_left(
    officer: User, manager: User, agreement: ServiceAgreement
) -> None:
    run = services.approve_run(run=submitted(agreement, officer), reason="Checked.", by=manager)
    with pytest.raises(Refused, match="Say why the run is stopped"):
        services.stop_run(run=run, reason=" ", by=officer)

    stopped = services.stop_run(run=run, reason="Wrong month.", by=officer)

    assert (stopped.state, stopped.stopped_by, states(run)) == (
        "cancelled",
        officer,
        ["cancelled"] * 2,
    )
    assert stopped.total_pence == 4000, "what it was stays readable"
    assert AuditEvent.objects.get(verb="run.stopped").changes["count"] == 2
    assert make(officer).payment_count == 2
    with pytest.raises(Conflict, match="Cancelled before it was sent"):
        services.stop_run(run=run, reason="Again.", by=officer)


def test_stopping_leaves_what_is_in_a_file_and_the_run_ends_with_it(
    officer: User, manager: User, agreement: ServiceAgreement, settings: Any
) -> None:
    settings.BACS = {**settings.BACS, "file_limit_count": 1}
    run = services.approve_run(run=submitted(agreement, officer), reason="Checked.", by=manager)
    built(run)

    stopped = services.stop_run(run=run, reason="Wrong month.", by=manager)

    assert (stopped.state, stopped.payment_count) == ("sending", 1)
    assert states(run) == ["sending", "cancelled"]
    with pytest.raises(Conflict, match="on its way already"):
        services.stop_run(run=run, reason="Again.", by=manager)


def test_another_officer_does_not_stop_a_run(
    officer: User, manager: User, agreement: ServiceAgreement
) -> None:
    run = services.approve_run(run=submitted(agreement, officer), reason="Checked.", by=manager)
    with pytest.raises(NotAllowed):
        services.stop_run(run=run, reason="No.", by=UserFactory(role="finance_officer"))


def test_a_run_keeps_what_it_was_narrowed_to(officer: User, agreement: ServiceAgreement) -> None:
    due(agreement)
    wanted = obligations.Wanted(pack=agreement.case.pack.key, from_pence=100, due_by=clock.today())
    run = make(officer, wanted=replace(wanted, limit=10))
    assert run.wanted == {
        "pack": "adult-social-care",
        "from_pence": 100,
        "due_by": clock.today().isoformat(),
    }
    assert LeftOut.objects.count() == 0


def test_making_approving_and_stopping_take_as_many_queries_for_many_as_for_few(
    officer: User, manager: User, agreement: ServiceAgreement, django_assert_max_num_queries: Any
) -> None:
    for _ in range(15):
        due(agreement)
    with django_assert_max_num_queries(45):
        run = make(officer)
    services.submit_run(run=run, by=officer)
    with django_assert_max_num_queries(40):
        services.approve_run(run=run, reason="Checked.", by=manager)
    with django_assert_max_num_queries(25):
        services.stop_run(run=run, reason="Stop.", by=manager)
    assert set(states(run)) == {"cancelled"}
