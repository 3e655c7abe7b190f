"""Statements into the database: once each, held when they do not add up, good ones never lost to a bad one."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from carebudget.audit.models import AuditEvent
from carebudget.errors import NotAllowed, Refused
from payments import services
from payments.models import Statement, StatementAccount, StatementFile, StatementLine
from payments.rules.statements import Line, write_camt053, write_csv
from payments.rules.statements import Statement as ReadStatement
from payments.services.accounts import statement_account
from tests.factories.worlds import UserFactory, finance
from tests.payments.rules.statement_world import ACCOUNT, DAY, line, statement_of

pytestmark = pytest.mark.django_db

SHARED = Path(__file__).parents[3] / "shared" / "statements"


@pytest.fixture
def bank() -> StatementAccount:
    """The council's bank account."""
    account = statement_account("bank")
    account.number = ACCOUNT
    account.save()
    return account


def bring(
    account: StatementAccount, content: bytes, name: str = "september.xml"
) -> services.ImportReport:
    """Import as the finance officer."""
    return services.import_statement(account=account, name=name, content=content, by=finance()[0])


def two_lines(statement_id: str = "WREN-1") -> ReadStatement:
    """A statement that adds up."""
    return statement_of(line(-500, "TOP-7K2QFA"), line(25, "Interest"), statement_id=statement_id)


def test_a_statement_brings_its_lines_and_one_event(bank: StatementAccount) -> None:
    report = bring(bank, write_camt053(two_lines()))

    assert (report.new_lines, report.held, report.again) == (2, 0, False)
    assert sorted(bank.lines.values_list("amount_pence", flat=True)) == [-500, 25]
    assert AuditEvent.objects.filter(verb="statement.imported").count() == 1


def test_the_same_file_again_adds_nothing_and_says_so(bank: StatementAccount) -> None:
    content = write_camt053(two_lines())
    bring(bank, content)

    again = bring(bank, content, name="september (1).xml")

    assert again.again
    assert "brought in before" in again.sentence
    assert (StatementFile.objects.count(), StatementLine.objects.count()) == (1, 2)


def test_lines_of_an_overlapping_file_are_known_already(bank: StatementAccount) -> None:
    first, second, third = line(-500, "one"), line(-600, "two"), line(-700, "three")
    bring(bank, write_camt053(statement_of(first, second)))

    report = bring(bank, write_camt053(statement_of(second, third, opening=99_500)))

    assert report.new_lines == 1
    assert report.statements[0].known_lines == 1
    assert bank.lines.count() == 3


def test_a_csv_of_the_same_account_is_read_too(bank: StatementAccount) -> None:
    report = bring(bank, write_csv(two_lines()), name="september.csv")

    assert report.new_lines == 2


def unbalanced() -> ReadStatement:
    """Ten pounds are missing."""
    good = two_lines("WREN-2")
    return replace(good, closing_pence=(good.closing_pence or 0) + 1000)


def test_what_does_not_add_up_is_held_with_the_difference(bank: StatementAccount) -> None:
    report = bring(bank, write_camt053(unbalanced()))

    held = Statement.objects.get()
    assert report.held == 1
    assert held.difference_pence == 1000
    assert "£10.00 is missing" in report.statements[0].sentence
    assert not bank.lines.exists()


def test_a_good_statement_beside_a_bad_one_is_kept(bank: StatementAccount) -> None:
    report = bring(bank, write_camt053([two_lines(), unbalanced()]))

    assert (report.new_lines, report.held) == (2, 1)


def test_a_person_may_take_a_held_statement_with_a_reason(bank: StatementAccount) -> None:
    bring(bank, write_camt053(unbalanced()))
    held = Statement.objects.get()

    taken = services.accept_statement(
        statement=held, reason="The bank left out its own fee.", by=finance()[0]
    )

    assert taken.state == "accepted_anyway"
    assert bank.lines.count() == 2
    event = AuditEvent.objects.get(verb="statement.accepted")
    assert event.changes["difference_pence"] == 1000


def test_a_person_may_leave_a_held_statement_out(bank: StatementAccount) -> None:
    bring(bank, write_camt053(unbalanced()))

    services.reject_statement(statement=Statement.objects.get(), reason="A draft.", by=finance()[0])

    assert Statement.objects.get().state == "rejected"
    assert not bank.lines.exists()


def test_deciding_about_a_held_statement_needs_a_reason(bank: StatementAccount) -> None:
    bring(bank, write_camt053(unbalanced()))

    with pytest.raises(Refused) as refusal:
        services.accept_statement(statement=Statement.objects.get(), reason=" ", by=finance()[0])

    assert refusal.value.field == "reason"
    assert not bank.lines.exists()


def test_a_statement_of_another_account_is_refused(bank: StatementAccount) -> None:
    other = replace(two_lines(), account="99999987654321")

    with pytest.raises(Refused, match="not of") as refusal:
        bring(bank, write_camt053(other))

    assert refusal.value.field == "file"
    assert not StatementFile.objects.exists()


def test_a_statement_of_another_account_beside_ours_is_left_out_and_named(
    bank: StatementAccount,
) -> None:
    other = replace(two_lines("OTHER"), account="99999987654321")

    report = bring(bank, write_camt053([two_lines(), other]))

    assert report.new_lines == 2
    assert report.statements[1].sentence.startswith("Left out. The statement is of account 9999")


@pytest.mark.parametrize(
    "written", ["GB29NWBK20000012345678", "20-00-00 12345678", "12345678", ACCOUNT]
)
def test_an_account_number_is_recognised_however_it_is_written(
    bank: StatementAccount, written: str
) -> None:
    report = bring(bank, write_camt053(replace(two_lines(), account=written)))

    assert report.new_lines == 2


def test_another_currency_is_refused(bank: StatementAccount) -> None:
    with pytest.raises(Refused, match="EUR"):
        bring(bank, write_camt053(replace(two_lines(), currency="EUR")))


def test_a_file_that_is_no_statement_is_refused_in_words(bank: StatementAccount) -> None:
    with pytest.raises(Refused) as refusal:
        bring(bank, b"%PDF-1.7", name="scan.pdf")

    assert refusal.value.sentence.startswith("scan.pdf: This is a PDF.")


def test_a_file_that_is_too_large_is_refused(bank: StatementAccount, settings: object) -> None:
    settings.STATEMENT_FILE_LIMIT_BYTES = 100  # type: ignore[attr-defined]

    with pytest.raises(Refused, match="larger than"):
        bring(bank, write_camt053(two_lines()))


def test_a_gap_before_a_statement_is_pointed_out(bank: StatementAccount) -> None:
    bring(bank, write_camt053(two_lines()))

    report = bring(bank, write_camt053(statement_of(line(-1), opening=5, statement_id="WREN-9")))

    assert report.new_lines == 1
    assert any("may be missing" in one for one in report.statements[0].problems)


def test_the_next_statement_in_order_has_no_remarks(bank: StatementAccount) -> None:
    first = two_lines()
    bring(bank, write_camt053(first))
    following = statement_of(
        Line(booked_on=DAY, amount_pence=-3), opening=first.closing_pence or 0, statement_id="B"
    )

    assert bring(bank, write_camt053(following)).statements[0].problems == ()


def test_only_finance_may_bring_statements_in(bank: StatementAccount) -> None:
    with pytest.raises(NotAllowed):
        services.import_statement(
            account=bank,
            name="a.xml",
            content=write_camt053(two_lines()),
            by=UserFactory(role="worker"),
        )


def test_real_samples_are_read_held_or_refused_and_never_half_kept() -> None:
    if not SHARED.exists():
        pytest.skip("The samples are not here.")
    kept = {}
    for path in sorted(SHARED.iterdir()):
        account = statement_account("bank")
        StatementAccount.objects.filter(pk=account.pk).update(
            currency="GBP" if path.suffix == ".bai2" else "EUR"
        )
        account.refresh_from_db()
        with suppress(Refused):
            report = bring(account, path.read_bytes(), path.name)
            kept[path.name] = sum(one.new_lines for one in report.statements)
    assert set(StatementFile.objects.values_list("name", flat=True)) == set(kept)
    assert sum(kept.values()) == StatementLine.objects.count()
    assert kept["bai2-nwb.bai2"] == 5
    assert kept["camt053-v2-multi-statement.xml"] == 2
