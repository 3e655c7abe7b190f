"""Every rail, of either kind, answers the same verbs and names its limits and its calendar."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.conf import settings as django_settings

from carebudget import clock
from carebudget.desks.seeding.stand_in import sandbox
from payments import services
from payments.rails import (
    get_any_rail,
    get_file_rail,
    get_rail,
    kind_of,
    rails_of_kind,
    rails_shown_on,
)
from payments.rails.calendars import EveryDay, WorkingDays
from payments.rails.protocol import (
    Accepted,
    Cancelled,
    NotThere,
    RailKind,
    TooLate,
    Unknown,
)
from payments.rails.stripe_connect import StripeConnectRail
from payments.services.sending import order_for
from tests.factories.worlds import approved_run, finance
from tests.payments.file_world import BACS, WEDNESDAY, built, file_run, sent

RAILS = list(django_settings.PAYMENT_RAILS)


@pytest.mark.parametrize("name", RAILS)
def test_a_rail_names_itself_its_kind_its_limits_and_its_calendar(name: str) -> None:
    rail = get_any_rail(name)

    assert rail.name == name
    assert rail.title
    assert rail.kind is kind_of(name)
    assert rail.limits.payment_pence > 0
    assert rail.limits.batch_count >= 1
    assert rail.limits.refusal(rail.limits.payment_pence) == ""
    assert "more than" in rail.limits.refusal(rail.limits.payment_pence + 1)
    day = rail.calendar.first_day(WEDNESDAY)
    assert rail.calendar.refusal(day, WEDNESDAY) == ""
    assert rail.calendar.cut_off(day) >= WEDNESDAY
    assert rail.calendar.arrives_on(day) >= day
    for verb in ("look", "cancel"):
        assert callable(getattr(rail, verb))


def test_rails_are_told_apart_by_kind_and_by_whose_statements_show_them() -> None:
    assert rails_of_kind(RailKind.API) == ["stripe"]
    assert set(rails_of_kind(RailKind.FILE)) == set(RAILS) - {"stripe"}
    assert rails_shown_on("stripe") == ["stripe"]
    assert set(rails_shown_on("bank")) == set(RAILS) - {"stripe"}


LONDON_FIVE = WorkingDays(closes=time(17, 0))


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2026-11-25 16:59", date(2026, 11, 26)),
        ("2026-11-25 17:00", date(2026, 11, 26)),
        ("2026-11-25 17:01", date(2026, 11, 27)),
        ("2026-11-27 17:01", date(2026, 12, 1)),
        ("2026-11-28 09:00", date(2026, 12, 1)),
        ("2026-12-23 17:01", date(2026, 12, 29)),
        ("2026-12-24 17:01", date(2026, 12, 30)),
        ("2027-03-25 17:01", date(2027, 3, 31)),
    ],
)
def test_the_first_day_is_the_first_whose_cut_off_has_not_passed(now: str, first: date) -> None:
    moment = datetime.fromisoformat(f"{now}+00:00")

    assert LONDON_FIVE.first_day(moment) == first
    assert LONDON_FIVE.refusal(first, moment) == ""


def test_a_cut_off_is_in_london_whatever_the_clocks_do() -> None:
    assert LONDON_FIVE.cut_off(date(2026, 7, 15)).astimezone(UTC).hour == 16
    assert LONDON_FIVE.cut_off(date(2026, 11, 26)).astimezone(UTC).hour == 17
    # Monday after the clocks went forward: the cut-off was on Friday, still in winter time
    assert LONDON_FIVE.cut_off(date(2026, 3, 30)).astimezone(UTC).hour == 17


def test_days_before_and_after_are_working_days() -> None:
    same_day = WorkingDays(closes=time(15, 0), days_before=0, days_after=0)
    friday = date(2026, 11, 27)

    assert same_day.cut_off(friday).date() == friday
    assert same_day.arrives_on(friday) == friday
    assert LONDON_FIVE.cut_off(date(2026, 11, 30)).date() == friday
    assert LONDON_FIVE.arrives_on(friday) == date(2026, 11, 30)


def test_what_is_paid_at_once_has_no_other_day() -> None:
    today = EveryDay().first_day(WEDNESDAY)

    assert EveryDay().refusal(today, WEDNESDAY) == ""
    assert "at once" in EveryDay().refusal(date(2026, 12, 1), WEDNESDAY)
    assert EveryDay().arrives_on(today) == today


# -- files --------------------------------------------------------------------------------------


@pytest.fixture
def _a_wednesday(settings: Any) -> Iterator[None]:
    settings.BACS = dict(BACS)
    with clock.travel(WEDNESDAY):
        yield


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_a_wednesday")
def test_a_file_rail_remembers_what_was_handed_over() -> None:
    run = file_run(1)
    order = order_for(run.payments.get())
    rail = get_file_rail("bacs")

    assert isinstance(rail.look(order), NotThere)
    assert isinstance(rail.cancel(order), Cancelled)
    submission = sent(run)
    assert rail.look(order) == Accepted(f"{submission.reference}-1")
    waiting = rail.cancel(order)
    assert isinstance(waiting, Unknown)
    assert submission.reference in waiting.why
    with clock.travel(datetime(2026, 11, 25, 17, 1, tzinfo=UTC)):
        late = rail.cancel(order)
    assert isinstance(late, TooLate)
    assert late.sentence == "Files for its day closed at 17:00 on 25 November."


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_a_wednesday")
def test_a_file_that_is_still_in_the_house_proves_nothing() -> None:
    run = file_run(1)
    submission = built(run)
    order = order_for(run.payments.get())

    found = get_file_rail("bacs").look(order)

    assert isinstance(found, Unknown)
    assert submission.reference in found.why
    services.withdraw_submission(submission=submission, reason="Not sent.", by=finance()[0])
    assert isinstance(get_file_rail("bacs").look(order), NotThere)


# -- Stripe -------------------------------------------------------------------------------------


def sent_by_stripe() -> Any:
    run = approved_run(1)
    for _ in range(3):
        services.send_due()
    return run.payments.select_related("run").get()


@pytest.mark.django_db(transaction=True)
def test_a_transfer_is_taken_back_once_and_the_payment_comes_back(stripe_sandbox: Any) -> None:
    payment = sent_by_stripe()
    rail, order = get_rail("stripe"), order_for(payment)

    assert rail.cancel(order) == Cancelled(payment.external_id)
    assert rail.cancel(order) == Cancelled(payment.external_id)

    services.look_at_payment(payment_id=payment.pk)
    payment.refresh_from_db()
    assert payment.state == "returned"
    assert services.verify_ledger().holds


@pytest.mark.django_db(transaction=True)
def test_what_was_paid_out_already_is_too_late_to_take_back(stripe_sandbox: Any) -> None:
    payment = sent_by_stripe()
    sandbox("clock", {"advance": 60})
    client = StripeConnectRail()._client
    client.v1.payouts.create(
        params={"amount": payment.amount_pence, "currency": "gbp"},
        options={"stripe_account": payment.destination},
    )

    answer = get_rail("stripe").cancel(order_for(payment))

    assert isinstance(answer, TooLate)
    assert answer.sentence


@pytest.mark.django_db(transaction=True)
def test_what_stripe_never_had_cannot_be_taken_back_and_silence_is_unknown(
    stripe_sandbox: Any,
) -> None:
    payment = approved_run(1).payments.select_related("run").get()
    rail, order = get_rail("stripe"), order_for(payment)

    assert isinstance(rail.cancel(order), NotThere)
    stripe_sandbox.faults.set(
        {"error_500": {"methods": ["GET"], "paths": ["/v1/transfers"], "times": 1}}
    )
    assert isinstance(rail.cancel(order), Unknown)
