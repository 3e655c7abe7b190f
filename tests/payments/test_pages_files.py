"""Pages of bank files: made, taken, marked as sent by a second person, compared, withdrawn; and reports."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from payments.models import PaymentRun, Submission
from tests.payments.file_world import (
    WEDNESDAY,
    built,
    colleague,
    content_of,
    file_run,
    payable_by_file,
    propose,
    returns_report,
    sent,
    states,
    taken,
)
from tests.payments.finance_world import Finance, get, make_family, people, post, queries_at
from tests.plans.page_world import words

pytestmark = pytest.mark.django_db

FILES = "/payments/files/"


@pytest.fixture
def who(db: None) -> Finance:
    return people()


@pytest.fixture(autouse=True)
def on_a_wednesday(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from carebudget import clock

    settings.BACS = {**settings.BACS, "service_user": "123456", "name": "Wrenbury Council",
                     "sort_code": "200000", "account_number": "12345678"}  # fmt: skip
    monkeypatch.setattr(clock, "now", lambda: WEDNESDAY)


def path_of(submission: Submission) -> str:
    return f"{FILES}{submission.reference}/"


def new_of(run: PaymentRun) -> str:
    return f"/payments/runs/{run.reference}/file/"


def state_of(submission: Submission) -> str:
    submission.refresh_from_db()
    return str(submission.state)


def test_a_run_leads_on_to_its_file_and_the_file_is_made(who: Finance, client: Client) -> None:
    run = file_run(2)

    page = words(get(client, who.officer, f"/payments/runs/{run.reference}/"))
    shown = words(get(client, who.officer, new_of(run)))
    done = post(client, who.officer, new_of(run), day_day="", day_month="", day_year="")

    assert "Make the file for the bank" in page
    assert "2 payments wait for a file" in shown
    submission = Submission.objects.get()
    assert done.url == path_of(submission)
    made = words(client.get(done.url))
    assert "The file is made. Take it to the bank now." in made
    assert submission.reference in words(
        get(client, who.officer, f"/payments/runs/{run.reference}/")
    )


def test_a_day_that_cannot_be_had_is_said_beside_the_field(who: Finance, client: Client) -> None:
    run = file_run(1)
    page = post(client, who.officer, new_of(run), day_day="25", day_month="12", day_year="2026")
    assert "<title>Error: " in page.content.decode()
    assert "Choose another day." in words(page)
    assert 'value="2026"' in page.content.decode()
    assert not Submission.objects.exists()


def test_a_run_without_anything_waiting_says_so(who: Finance, client: Client) -> None:
    run = file_run(1)
    built(run)
    assert "No payment waits for a file" in words(get(client, who.officer, new_of(run)))
    again = post(client, who.officer, new_of(run))
    assert "No payment of this run waits for a file." in words(again)


def test_the_file_is_taken_as_it_is_kept_and_each_time_is_recorded(
    who: Finance, client: Client
) -> None:
    submission = built(file_run(1))

    answer = post(client, who.officer, f"{path_of(submission)}take/")

    assert answer.content == content_of(submission)
    assert "attachment" in answer["Content-Disposition"]
    submission.refresh_from_db()
    assert submission.handed_out_to == who.officer
    assert get(client, who.officer, f"{path_of(submission)}take/").status_code == 405


def test_a_file_whose_payee_changed_is_not_given_out(who: Finance, client: Client) -> None:
    provider = payable_by_file()
    submission = built(file_run(1, provider=provider))
    propose(provider, {"sort_code": "08-99-99", "account_number": "66374957"})

    answer = post(client, who.officer, f"{path_of(submission)}take/")

    assert answer.url == path_of(submission)
    assert "were given anew" in words(client.get(answer.url))


def test_a_second_person_repeats_the_figures_of_the_bank(who: Finance, client: Client) -> None:
    run = file_run(2)
    submission = taken(run)

    own = post(client, who.officer, path_of(submission), act="sent", count="2", total_pence="40")
    wrong = post(client, who.manager, path_of(submission), act="sent", count="2", total_pence="41")
    nothing = post(client, who.manager, path_of(submission), act="sent", count="two")
    done = post(client, who.manager, path_of(submission), act="sent", count="2", total_pence="40")

    assert "You made this file, so somebody else says that it was sent." in words(own)
    assert "The file makes £40.00, not £41.00." in words(wrong)
    assert 'value="41"' in wrong.content.decode()
    assert "in figures" in words(nothing)
    assert "Every payment in it is entered as sent." in words(client.get(done.url))
    assert states(run) == ["sent", "sent"]


def test_the_banks_own_figures_are_compared(who: Finance, client: Client) -> None:
    submission = sent(file_run(1))
    other = post(
        client, who.officer, path_of(submission), act="acknowledge", count="2", total_pence="20"
    )
    done = post(
        client, who.officer, path_of(submission), act="acknowledge", count="1", total_pence="20"
    )
    assert "The file has 1 payment, not 2." in words(other)
    assert "The bank’s own figures are the same as ours" in words(client.get(done.url))


def test_a_file_is_withdrawn_by_somebody_who_did_not_take_it(who: Finance, client: Client) -> None:
    run = file_run(1)
    submission = taken(run)

    without = post(client, who.manager, path_of(submission), act="withdraw", reason="")
    own = post(client, who.officer, path_of(submission), act="withdraw", reason="Not at the bank.")
    done = post(
        client, colleague(), path_of(submission), act="withdraw", reason="The bank says no."
    )

    assert "Give a reason" in words(without)
    assert "You took this file to the bank, so somebody else withdraws it." in words(own)
    assert state_of(submission) == "withdrawn"
    assert "The bank says no." in words(client.get(done.url))
    assert states(run) == ["released"]


def test_a_report_is_brought_in_line_by_line(who: Finance, client: Client) -> None:
    run = file_run(2)
    sent(run)
    first = run.payments.order_by("id")[0]
    content = returns_report((first.reference, 2000, "0"), ("PAY-222222", 1, "0"))

    nothing = post(client, who.officer, f"{FILES}report/")
    broken = post(client, who.officer, f"{FILES}report/", rail="bacs",
                  file=SimpleUploadedFile("x.xml", b"not a report"))  # fmt: skip
    done = post(client, who.officer, f"{FILES}report/", rail="bacs",
                file=SimpleUploadedFile("returns.xml", content))  # fmt: skip

    assert "Choose the file that the bank gave you." in words(nothing)
    assert "<title>Error: " in broken.content.decode()
    page = words(client.get(done.url))
    assert "1 line fits nothing of ours" in page
    assert first.reference in page
    assert states(run) == ["returned", "sent"]
    assert "returns.xml" in words(get(client, who.auditor, FILES))


def test_files_are_listed_by_where_they_stand(who: Finance, client: Client) -> None:
    assert "No file waits to be handed over" in words(get(client, who.officer, FILES))
    waiting, gone = built(file_run(1)), sent(file_run(1))
    assert waiting.reference in words(get(client, who.officer, FILES))
    assert gone.reference not in words(get(client, who.officer, FILES))
    assert gone.reference in words(get(client, who.officer, FILES, tab="sent"))
    assert "No file here" in words(get(client, who.officer, FILES, tab="withdrawn"))


def test_the_auditor_reads_and_presses_nothing_and_nobody_else_sees_files(
    who: Finance, client: Client
) -> None:
    submission = built(file_run(1))
    page = get(client, who.auditor, path_of(submission))
    assert "Take the file" not in words(page)
    assert (
        post(client, who.auditor, path_of(submission), act="withdraw", reason="x").status_code
        == 404
    )
    assert post(client, who.auditor, f"{path_of(submission)}take/").status_code == 404
    assert post(client, who.officer, path_of(submission), act="burn").status_code == 404
    for path in (FILES, path_of(submission), f"{FILES}report/"):
        assert get(client, who.stranger, path).status_code == 404
        assert get(client, None, path).status_code == 302


def test_nobody_marks_a_file_with_their_own_family_in_it(who: Finance, client: Client) -> None:
    run = file_run(1)
    submission = taken(run)
    make_family(who.manager, run.payments.get())
    page = post(client, who.manager, path_of(submission), act="sent", count="1", total_pence="20")
    assert "is for somebody close to you" in words(page)


def test_more_files_and_more_payments_take_no_more_queries(who: Finance, client: Client) -> None:
    small = built(file_run(1))
    few, one = (
        queries_at(client, who.manager, FILES),
        queries_at(client, who.manager, path_of(small)),
    )
    large = built(file_run(4))
    built(file_run(1))
    assert queries_at(client, who.manager, FILES) == few
    assert queries_at(client, who.manager, path_of(large)) == one
