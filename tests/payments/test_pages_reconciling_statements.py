"""Statements on the page: files brought in together, none lost to a bad one, and what is held decided."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from payments.models import Statement, StatementAccount, StatementFile, StatementLine
from payments.rules.statements import write_csv
from payments.services.accounts import statement_account
from tests.payments.finance_world import (
    Finance,
    bank_file,
    bank_line,
    brought,
    get,
    people,
    post,
    queries_at,
)
from tests.payments.rules.statement_world import line, statement_of
from tests.plans.page_world import words

pytestmark = pytest.mark.django_db

LIST = "/payments/reconciling/statements/"
NEW = f"{LIST}new/"


@pytest.fixture
def who(db: None) -> Finance:
    return people()


def page_of(statement: Statement) -> str:
    return f"{LIST}{statement.public_id}/"


def upload(client: Client, who: Finance, *files: tuple[str, bytes], account: str = "bank") -> Any:
    """The answer to these files."""
    named = [SimpleUploadedFile(name, content) for name, content in files]
    return post(client, who.officer, NEW, account=account, statements=named)


def held() -> Statement:
    """A statement that does not add up by a pound."""
    brought(bank_line(1234), bank_line(-70, text="Fee"), missing_pence=100)
    return Statement.objects.get()


# -- bringing in --------------------------------------------------------------------------------


def test_the_page_asks_for_the_account_and_the_files(who: Finance, client: Client) -> None:
    response = get(client, who.officer, NEW)

    page = response.content.decode()
    assert "Council bank account" in page
    assert "Balance at Stripe" in page
    assert " multiple" in page
    assert not StatementAccount.objects.exists(), "looking at a page writes nothing"


def test_a_file_says_how_many_lines_are_new(who: Finance, client: Client) -> None:
    page = words(upload(client, who, ("july.xml", bank_file(bank_line(12), bank_line(-70)))))

    assert "2 new lines of Council bank account" in page
    assert "july.xml" in page
    assert "WREN-1: 2 new lines." in page
    assert "Run the matching" in page
    assert StatementLine.objects.count() == 2


def test_several_files_come_in_together_and_a_bad_one_stops_none(
    who: Finance, client: Client
) -> None:
    good, other = bank_line(12, text="one"), bank_line(34, text="two")
    page = words(
        upload(
            client,
            who,
            ("scan.pdf", b"%PDF-1.7 nothing"),
            ("july.xml", bank_file(good, statement_id="A")),
            ("august.xml", bank_file(good, other, statement_id="B", missing_pence=100)),
            ("empty.xml", b""),
            ("both.xml", bank_file(good, other, statement_id="C")),
        )
    )

    assert "2 new lines of Council bank account" in page
    assert "scan.pdfNot taken This is a PDF." in page.replace("scan.pdf Not", "scan.pdfNot")
    assert "A: 1 new line." in page
    assert "B: Opening balance and lines make" in page
    assert "£1.00 is missing" in page
    assert "C: 1 new line, 1 line known already." in page
    assert "The file is empty." in page
    assert "1 statement does not add up, and is held for you to look at." in page
    assert "Nothing was taken from 2 files." in page
    assert StatementFile.objects.count() == 3


def test_the_same_file_again_adds_nothing_and_says_so(who: Finance, client: Client) -> None:
    content = bank_file(bank_line(12))
    upload(client, who, ("july.xml", content))

    page = words(upload(client, who, ("july (1).xml", content)))

    assert "0 new lines" in page
    assert "It was brought in before. Nothing was added." in page
    assert StatementLine.objects.count() == 1


def test_a_statement_of_another_account_in_the_file_is_left_out_with_the_reason(
    who: Finance, client: Client
) -> None:
    account = statement_account("bank")
    account.number = "99999987654321"
    account.save()

    alone = words(upload(client, who, ("other.xml", bank_file(bank_line(12)))))

    assert "Not taken The statement is of account 20000012345678, not of 99999987654321." in alone
    assert not StatementFile.objects.exists()


def test_a_csv_file_is_read_too(who: Finance, client: Client) -> None:
    content = write_csv(statement_of(line(-500, "Fee"), line(25, "Interest")))

    assert "2 new lines" in words(upload(client, who, ("july.csv", content)))


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    who: Finance, client: Client, settings: Any
) -> None:
    settings.STATEMENT_FILE_LIMIT_BYTES = 50

    page = words(upload(client, who, ("july.xml", bank_file(bank_line(12)))))

    assert "The file is larger than 0 MB. Split it." in page


@pytest.mark.parametrize(
    "rubbish", [b"\x00\xff\xfe\x00", b"<?xml version='1.0'?><a", b"Date,Amount\n1,x", b":20:\n:61:"]
)
def test_any_rubbish_is_an_answer_in_words(who: Finance, client: Client, rubbish: bytes) -> None:
    response = upload(client, who, ("rub\x00bish.txt", rubbish))

    assert response.status_code == 200
    assert "Not taken" in words(response)


def test_no_file_and_no_account_are_asked_for_beside_their_boxes(
    who: Finance, client: Client
) -> None:
    response = post(client, who.officer, NEW)
    wrong = post(client, who.officer, NEW, account="savings")

    assert "Say which account the statements are of." in words(response)
    assert "Choose one file or more." in words(response)
    assert "<title>Error: Bring in a statement" in response.content.decode()
    assert "Select a valid choice." in words(wrong)


def test_too_many_files_are_refused_in_words(who: Finance, client: Client) -> None:
    files = [(f"{n}.xml", bank_file(bank_line(n + 1))) for n in range(21)]

    assert "Choose at most 20 files at a time." in words(upload(client, who, *files))
    assert not StatementFile.objects.exists()


# -- the list and one statement -----------------------------------------------------------------


def test_before_any_file_the_list_says_what_to_do(who: Finance, client: Client) -> None:
    assert "No statement was brought in yet" in words(get(client, who.officer, LIST))


def test_files_are_listed_with_their_statements_and_states(who: Finance, client: Client) -> None:
    brought(bank_line(12), name="good.xml", statement_id="GOOD")
    brought(bank_line(34), name="bad.xml", statement_id="BAD", missing_pence=5)

    everything = words(get(client, who.officer, LIST))
    only_held = words(get(client, who.officer, LIST, state="held"))

    assert everything.index("bad.xml") < everything.index("good.xml")
    assert "Brought in by The officer" in everything
    assert "1 line came with it" in everything
    assert "its lines do not count" in everything
    assert "bad.xml" in only_held
    assert "good.xml" not in only_held
    assert "No statement is in this state." in words(
        get(client, who.officer, LIST, state="rejected")
    )
    assert get(client, who.officer, LIST, state="x\x00", account="\x00").status_code == 200


def test_a_statement_shows_its_balances_and_lines(who: Finance, client: Client) -> None:
    brought(bank_line(1234, text="Interest"), bank_line(-34, counterparty="The Bank"))

    page = words(get(client, who.officer, page_of(Statement.objects.get())))

    assert "Opening balance£5,000.00" in page
    assert "Closing balance£5,012.00" in page
    assert "Difference£0.00" in page
    assert "Interest" in page
    assert "The Bank" in page
    assert "Your decision" not in page


def test_a_held_statement_shows_the_lines_it_would_bring_and_the_difference(
    who: Finance, client: Client
) -> None:
    page = words(get(client, who.officer, page_of(held())))

    assert "Does not add up" in page
    assert "2 lines make£11.64" in page
    assert "Difference£1.00" in page
    assert "£1.00 is missing" in page
    assert "Lines that stand in it" in page
    assert "Fee" in page


def test_a_held_statement_is_accepted_with_a_reason(who: Finance, client: Client) -> None:
    statement = held()

    without = words(post(client, who.officer, page_of(statement), act="accept", reason=" "))
    done = post(
        client, who.officer, page_of(statement), act="accept", reason="The bank left out a fee."
    )

    assert "Give a reason." in without
    page = words(client.get(done.url))
    assert "The statement is accepted, and its lines count now." in page
    assert "The bank left out a fee." in page
    assert "Lines that came with it" in page
    assert StatementLine.objects.count() == 2


def test_a_held_statement_is_rejected_with_a_reason(who: Finance, client: Client) -> None:
    statement = held()

    done = post(client, who.officer, page_of(statement), act="reject", reason="A draft.")

    page = words(client.get(done.url))
    assert "The statement is rejected. None of its lines count." in page
    assert "A draft." in page
    assert not StatementLine.objects.exists()


def test_deciding_twice_says_that_it_has_moved_on_and_keeps_the_words(
    who: Finance, client: Client
) -> None:
    statement = held()
    post(client, who.officer, page_of(statement), act="reject", reason="A draft.")

    again = words(
        post(client, who.officer, page_of(statement), act="accept", reason="No, it is right.")
    )

    assert "has already moved on" in again
    assert "No, it is right." in again
    assert not StatementLine.objects.exists()


# -- who may, and how much it costs -------------------------------------------------------------


def test_the_auditor_reads_statements_and_decides_nothing(who: Finance, client: Client) -> None:
    statement = held()

    assert "Bring in a statement" not in words(get(client, who.auditor, LIST))
    assert "Your decision" not in words(get(client, who.auditor, page_of(statement)))
    assert get(client, who.auditor, NEW).status_code == 404
    assert post(client, who.auditor, NEW, account="bank").status_code == 404
    for act in ("accept", "reject"):
        answer = post(client, who.auditor, page_of(statement), act=act, reason="Mine.")
        assert answer.status_code == 404
    assert post(client, who.officer, page_of(statement), act="burn").status_code == 404
    statement.refresh_from_db()
    assert statement.state == "held"


def test_nobody_else_sees_statements(who: Finance, client: Client) -> None:
    statement = held()
    for path in (LIST, NEW, page_of(statement)):
        assert get(client, who.stranger, path).status_code == 404
        assert get(client, None, path).status_code == 302
    none = f"{LIST}00000000-0000-7000-8000-000000000000/"
    assert get(client, who.officer, none).status_code == 404


def test_more_files_and_lines_take_no_more_queries(who: Finance, client: Client) -> None:
    brought(bank_line(1), name="a.xml", statement_id="A")
    first = Statement.objects.get()
    before = queries_at(client, who.officer, LIST), queries_at(client, who.officer, page_of(first))
    for n in range(2, 25):
        brought(bank_line(n), name=f"{n}.xml", statement_id=f"S{n}")
    brought(*(bank_line(n, text=f"l{n}") for n in range(100, 170)), name="z.xml", statement_id="Z")
    large = Statement.objects.get(statement_id="Z")

    after = queries_at(client, who.officer, LIST), queries_at(client, who.officer, page_of(large))
    assert after == before
    assert "Page 1 of 2" in words(get(client, who.officer, LIST))
    assert "Page 1 of 2" in words(get(client, who.officer, page_of(large)))
