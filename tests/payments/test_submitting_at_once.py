"""Two who meet, and whoever is cut off: real threads, and a real process killed in the middle of a step."""

import contextvars
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from carebudget import clock
from carebudget.errors import CareBudgetError, Conflict, Refused
from payments import services
from payments.models import RailFile, ResultLine, Submission, SubmissionItem
from tests.factories.worlds import finance
from tests.payments.file_world import (
    BACS,
    OTHER_UK,
    WEDNESDAY,
    assert_everything_verifies,
    balance,
    built,
    colleague,
    file_run,
    payable_by_file,
    propose,
    returns_report,
    sent,
    states,
    taken,
)
from tests.workers import ROOT, database_url

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _a_wednesday(settings: Any) -> Iterator[None]:
    settings.BACS = dict(BACS)
    with clock.travel(WEDNESDAY):
        yield


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run calls in threads that begin together; each gives its result, or the refusal it met."""
    together = threading.Barrier(len(calls))

    def one(call: Callable[[], Any]) -> Any:
        try:
            together.wait(timeout=30)
            return call()
        except CareBudgetError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(contextvars.copy_context().run, one, call) for call in calls]
        return [future.result(timeout=120) for future in futures]


def test_when_builders_meet_each_payment_is_in_one_file() -> None:
    run = file_run(4)
    makers = [finance()[0], finance()[1], colleague()]

    answers = at_once(
        *(lambda by=by: services.start_submission(run=run, by=by) for by in makers)  # type: ignore[misc]
    )

    made = [one for one in answers if isinstance(one, Submission)]
    assert len(made) == 1
    assert {one.code for one in answers if isinstance(one, Refused)} == {"nothing_to_submit"}
    assert SubmissionItem.objects.filter(living=True).count() == 4
    assert states(run) == ["sending"] * 4


def test_when_builders_of_small_files_meet_they_share_the_run(settings: Any) -> None:
    settings.BACS = {**BACS, "file_limit_count": 2}
    run = file_run(4)

    answers = at_once(
        *(
            lambda by=by: services.start_submission(run=run, by=by)
            for by in (finance()[0], colleague())
        )  # type: ignore[misc]
    )

    assert [one.payment_count for one in answers] == [2, 2]
    assert len({one.serial for one in answers}) == 2
    assert SubmissionItem.objects.values("payment").distinct().count() == 4


def test_when_two_make_the_same_file_there_is_one() -> None:
    submission = services.start_submission(run=file_run(2), by=finance()[0])

    answers = at_once(
        *(
            lambda by=by: services.build_submission(submission=submission, by=by)  # type: ignore[misc]
            for by in (finance()[0], colleague())
        )
    )

    assert answers[0] == answers[1]
    assert RailFile.objects.count() == 1


def test_when_two_say_that_it_was_sent_it_is_entered_once() -> None:
    run = file_run(3)
    submission = taken(run)

    answers = at_once(
        *(
            lambda by=by: services.mark_submission_sent(  # type: ignore[misc]
                submission=submission, count=3, total_pence=run.total_pence, by=by
            )
            for by in (finance()[1], colleague())
        )
    )

    assert sum(isinstance(one, Submission) for one in answers) == 1
    assert sum(isinstance(one, Conflict) for one in answers) == 1
    assert balance("clearing:bacs") == -run.total_pence
    assert_everything_verifies()


def test_when_one_withdraws_while_another_says_it_was_sent_one_of_them_wins() -> None:
    run = file_run(2)
    submission = taken(run)

    marked, withdrawn = at_once(
        lambda: services.mark_submission_sent(
            submission=submission, count=2, total_pence=run.total_pence, by=finance()[1]
        ),
        lambda: services.withdraw_submission(
            submission=submission, reason="Portal down.", by=colleague()
        ),
    )

    assert isinstance(withdrawn, Submission)
    if isinstance(marked, Submission):
        assert states(run) == ["returned"] * 2
    else:
        assert isinstance(marked, Conflict)
        assert states(run) == ["released"] * 2
    assert balance("clearing:bacs") == 0
    assert_everything_verifies()


def test_when_a_payee_changes_while_a_file_is_begun_nothing_leaves_unseen() -> None:
    provider = payable_by_file()
    run = file_run(2, provider=provider)

    begun, account = at_once(
        lambda: services.start_submission(run=run, by=finance()[0]),
        lambda: propose(provider, OTHER_UK),
    )

    if isinstance(begun, Submission):
        assert states(run) == ["sending"] * 2
        services.build_submission(submission=begun, by=finance()[0])
        with pytest.raises(Refused, match="A second person must confirm"):
            services.hand_out_submission(submission=begun, by=finance()[0])
    else:
        assert states(run) == ["held"] * 2
    assert account.state == "proposed"


def test_when_two_bring_the_same_report_it_counts_once() -> None:
    run = file_run(2)
    sent(run)
    payment = run.payments.all()[0]
    content = returns_report((payment.reference, payment.amount_pence, "5"))

    answers = at_once(
        *(
            lambda by=by: services.import_results(rail="bacs", name="r", content=content, by=by)  # type: ignore[misc]
            for by in (finance()[0], colleague())
        )
    )

    assert sorted(one.again for one in answers) == [False, True]
    assert ResultLine.objects.count() == 1
    assert sorted(states(run)) == ["returned", "sent"]
    assert_everything_verifies()


def test_when_two_reports_name_the_same_payment_it_comes_back_once() -> None:
    run = file_run(1)
    sent(run)
    payment = run.payments.get()
    reports = [
        returns_report((payment.reference, payment.amount_pence, code)) for code in ("5", "0")
    ]

    answers = at_once(
        *(
            lambda content=content: services.import_results(  # type: ignore[misc]
                rail="bacs", name="r", content=content, by=finance()[0]
            )
            for content in reports
        )
    )

    assert sorted(line.state for one in answers for line in one.lines) == ["known", "taken"]
    assert balance("clearing:bacs") == 0
    assert_everything_verifies()


# -- cut off in the middle ------------------------------------------------------------------------

CUT_OFF = """
import os, signal
from datetime import datetime
import django
django.setup()
from django.conf import settings
from carebudget import clock
from carebudget.people.models import User
from payments import services
from payments.models import PaymentRun, Submission

settings.BACS = {bacs!r}

def killed(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

module, _, name = {where!r}.rpartition(".")
setattr(__import__(module, fromlist=[name]), name, killed)
officer = User.objects.get(email="officer@council.example")
manager = User.objects.get(email="checker@council.example")
run = PaymentRun.objects.get(reference={run!r})
submission = Submission.objects.filter(run=run).first()
with clock.travel(datetime.fromisoformat({now!r})):
    {call}
"""

STEPS = {
    "claimed, before it is in the record": (
        "payments.services.submitting.record_of",
        "services.start_submission(run=run, by=officer)",
    ),
    "claimed, while the payments are put in": (
        "payments.services.submitting._put_in",
        "services.start_submission(run=run, by=officer)",
    ),
    "built, before the file is kept": (
        "payments.services.submitting.seal_file",
        "services.build_submission(submission=submission, by=officer)",
    ),
    "built, before it is in the record": (
        "payments.services.submitting.record_of",
        "services.build_submission(submission=submission, by=officer)",
    ),
    "marked as sent, before the ledger is entered": (
        "payments.services.handing_over.enter_as_sent",
        "services.mark_submission_sent(submission=submission, count=2, "
        "total_pence=submission.total_pence, by=manager)",
    ),
    "marked as sent, after the ledger is entered": (
        "payments.services.handing_over.record_of",
        "services.mark_submission_sent(submission=submission, count=2, "
        "total_pence=submission.total_pence, by=manager)",
    ),
    "sent, before the run is finished": (
        "payments.services.sending.finish_runs",
        "services.mark_submission_sent(submission=submission, count=2, "
        "total_pence=submission.total_pence, by=manager)",
    ),
}


@pytest.mark.faults
@pytest.mark.parametrize("step", STEPS)
def test_a_process_killed_at_any_step_leaves_nothing_half_done(step: str) -> None:
    run = file_run(2)
    if step.startswith("built"):
        services.start_submission(run=run, by=finance()[0])
    elif "sent" in step:
        taken(run)
    where, call = STEPS[step]

    _killed_while(call, where, run.reference)

    assert_carries_on(run)


def _killed_while(call: str, where: str, run: str) -> None:
    """A process of its own, killed with ``SIGKILL`` when it reaches ``where``."""
    script = CUT_OFF.format(
        bacs=dict(BACS), where=where, run=run, now=WEDNESDAY.isoformat(), call=call
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "carebudget.settings.local",
            "DATABASE_URL": database_url(),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == -9, done.stderr


def assert_carries_on(run: Any) -> None:
    """Whatever was cut off, the same steps done again end in one file, sent once."""
    submission = Submission.objects.filter(run=run).first()
    if submission is None:
        assert states(run) == ["released"] * 2
        submission = taken(run)
    if submission.state == "building":
        services.build_submission(submission=submission, by=finance()[0])
        submission.refresh_from_db()
    if submission.state == "built":
        assert balance("clearing:bacs") == 0
        services.hand_out_submission(submission=submission, by=finance()[0])
    services.mark_submission_sent(
        submission=submission, count=2, total_pence=run.total_pence, by=finance()[1]
    )
    services.recover_unknown()
    services.finish_runs()
    assert states(run) == ["sent"] * 2
    assert balance("clearing:bacs") == -run.total_pence
    assert Submission.objects.filter(run=run).count() == 1
    assert RailFile.objects.count() == 1
    run.refresh_from_db()
    assert run.state == "sent"
    assert run.remittances.count() == 1
    assert_everything_verifies()


def test_a_run_replayed_from_its_first_step_to_its_last_is_paid_once() -> None:
    run = file_run(2)
    officer, manager = finance()
    submission = built(run)
    for _ in range(3):
        with pytest.raises(Refused):
            services.start_submission(run=run, by=officer)
        services.build_submission(submission=submission, by=officer)
    for _ in range(3):
        services.hand_out_submission(submission=submission, by=officer)
    for _ in range(3):
        services.mark_submission_sent(
            submission=submission, count=2, total_pence=run.total_pence, by=manager
        )
    payment = run.payments.all()[0]
    for extra in ("", " ", "\n"):
        report = returns_report((payment.reference, payment.amount_pence, "C"))
        services.import_results(rail="bacs", name="r", content=report + extra.encode(), by=officer)

    assert sorted(states(run)) == ["returned", "sent"]
    assert connection.in_atomic_block is False
    assert_everything_verifies()
