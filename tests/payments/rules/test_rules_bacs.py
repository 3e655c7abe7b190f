"""Standard 18 files: whatever is written, an independent reader finds exact; whatever does not fit is refused."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.rules.bacs import ServiceUser, write_bacs
from payments.rules.bacs_text import UnfitText, bacs_name, bacs_reference
from payments.rules.batches import Batch, BatchItem, CannotWrite
from payments.rules.payee_details import IbanAccount, UkAccount
from tests.payments.rules import bacs_reader

US = ServiceUser(
    number="123456", name="Wrenbury Council", sort_code="200000", account_number="12345678"
)
MADE = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
THURSDAY, FRIDAY, MONDAY = date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 30)


def item(n: int = 1, **changes: object) -> BatchItem:
    usual = BatchItem(
        reference=f"PAY-7K2Q{n:02}",
        amount_pence=1234 * n,
        name="Larkfield Support Ltd",
        details=UkAccount("089999", f"{66374957 + n:08}"),
        day=FRIDAY,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def batch(*items: BatchItem, **changes: object) -> Batch:
    usual = Batch(
        reference="SUB-7K2QFA",
        run_reference="RUN-7K2QFA",
        serial=17,
        created_at=MADE,
        items=items or (item(1), item(2)),
        profile=US.as_profile(),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def problems(made: Batch) -> list[str]:
    with pytest.raises(CannotWrite) as refused:
        write_bacs(made)
    return [problem.sentence for problem in refused.value.problems]


def test_a_file_to_the_character() -> None:
    written = write_bacs(batch(item(1)))

    assert written.name == "SUB-7K2QFA.txt"
    assert written.content.decode().split("\r\n") == [
        "VOL1000017                               123456                                1",
        "HDR1A123456S   12345600001700010001       26329 26338 000000                    ",
        "HDR2F0200000100                                   00                            ",
        "UHL1 26331999999    000000001 DAILY  001                                        ",
        "08999966374958099200000" + "12345678" + "    " + "00000001234"
        "WRENBURY COUNCIL  PAY-7K2Q01        LARKFIELD SUPPORT ",
        "20000012345678017200000" + "12345678" + "    " + "00000001234"
        "SUB-7K2QFA        CONTRA            WRENBURY COUNCIL  ",
        "EOF1A123456S   12345600001700010001       26329 26338 000000                    ",
        "EOF2F0200000100                                   00                            ",
        "UTL10000000001234000000000123400000010000001                                    ",
        "",
    ]


def test_an_independent_reader_finds_what_was_written() -> None:
    found = bacs_reader.read(write_bacs(batch()).content)

    assert (found.serial, found.user, found.multi) == ("000017", "123456", False)
    assert found.created == date(2026, 11, 25)
    assert found.processing == FRIDAY
    assert [(record.reference, record.pence) for record in found.credits] == [
        ("PAY-7K2Q01", 1234),
        ("PAY-7K2Q02", 2468),
    ]
    assert [record.pence for record in found.contras] == [3702]
    assert found.contras[0].originator == "SUB-7K2QFA"


def test_several_days_make_a_multi_processing_day_file_with_a_contra_for_each() -> None:
    made = batch(item(1, day=MONDAY), item(2, day=THURSDAY), item(3, day=MONDAY))

    found = bacs_reader.read(write_bacs(made).content)

    assert found.multi
    assert found.processing == THURSDAY
    assert [(record.day, record.pence) for record in found.contras] == [
        (THURSDAY, 2468),
        (MONDAY, 1234 + 3702),
    ]
    assert [record.day for record in found.credits] == [THURSDAY, MONDAY, MONDAY]


letters = st.characters(codec="latin-1", categories=["L", "N", "P", "Zs"])
names = st.text(letters, min_size=1, max_size=60).filter(
    lambda name: any(c.isalpha() for c in name)
)
possible_days = st.sampled_from([THURSDAY, FRIDAY, MONDAY, date(2026, 12, 24)])
accounts = st.builds(
    UkAccount,
    sort_code=st.integers(1, 999998).map("{:06}".format),
    account_number=st.integers(1, 99999999).map("{:08}".format),
).filter(lambda one: one.sort_code != "200000")
amounts = st.one_of(st.integers(1, 99), st.integers(1, 2_000_000_000))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(names, accounts, amounts, possible_days), min_size=1, max_size=30),
    st.integers(1, 999_999),
)
def test_whatever_is_written_is_read_back_to_the_penny(rows: list, serial: int) -> None:  # type: ignore[type-arg]
    items = []
    for n, (name, account, pence, day) in enumerate(rows):
        try:
            bacs_name(name)
        except UnfitText:
            continue
        items.append(BatchItem(f"PAY-{n:06}", pence, name, account, day))
    if not items:
        return
    made = batch(*items, serial=serial)

    content = write_bacs(made).content
    found = bacs_reader.read(content)

    expected = sorted(
        (
            one.reference,
            one.amount_pence,
            one.details.sort_code,
            one.details.account_number,
            one.day,
        )
        for one in items
        if isinstance(one.details, UkAccount)
    )
    assert expected == sorted(
        (one.reference, one.pence, one.sort_code, one.account, one.day) for one in found.credits
    )
    assert int(found.serial) == serial
    assert write_bacs(made).content == content


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Larkfield Support Ltd", "LARKFIELD SUPPORT"),
        ("O’Brien & Sons", "OBRIEN & SONS"),
        ("O'Brien & Sons", "OBRIEN & SONS"),
        ("Müller (Süd) GmbH", "MULLER SUD GMBH"),
        ("Straße", "STRASSE"),
        ("Łukasz Żółć", "LUKASZ ZOLC"),
        ("Åse Ørsted", "ASE ORSTED"),
        ("Siân   Ŵyn—Jones", "SIAN WYN-JONES"),
        ("A+B, C*D", "A B C D"),
        ("Ｗｉｄｅ", "WIDE"),
    ],
)
def test_names_are_written_in_one_predictable_way(typed: str, written: str) -> None:
    assert bacs_name(typed) == written
    assert bacs_name(written) == written


@pytest.mark.parametrize("name", ["", "  ", "…!?", "Анна", "Ωmega", "李"])
def test_a_name_is_never_guessed(name: str) -> None:
    with pytest.raises(UnfitText, match="Latin letters"):
        bacs_name(name)


@given(st.text(max_size=40))
def test_any_name_is_carried_or_refused(name: str) -> None:
    try:
        written = bacs_name(name)
    except UnfitText as refused:
        said = str(refused)
    else:
        said = "Carried."
        assert 0 < len(written) <= 18
        assert set(written) <= bacs_reader.CARRIED
        assert written == written.strip() == bacs_name(written)
    assert said[0].isupper()
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("", "There is no reference"),
        (" PAY-1", "begins or ends with a space"),
        ("PAY-7K2QFA-AND-MORE", "longer than 18"),
        ("pay-1", "has “a” in it"),
        ("PAY_1", "has “_” in it"),
        ("PAY-É", "has “É” in it"),
    ],
)
def test_a_reference_is_carried_exactly_or_refused(reference: str, why: str) -> None:
    with pytest.raises(UnfitText, match=why):
        bacs_reference(reference)
    assert any(why in sentence for sentence in problems(batch(item(1, reference=reference))))


def test_a_reference_that_can_be_carried_is_not_touched() -> None:
    assert bacs_reference("A.&/- 9") == "A.&/- 9"


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 11, 25), "is too early"),
        (date(2026, 11, 24), "is too early"),
        (date(2026, 11, 28), "is not a working day"),
        (date(2026, 12, 25), "is not a working day"),
        (date(2026, 12, 28), "is not a working day"),
        (date(2026, 12, 29), "is more than 31 days ahead"),
    ],
)
def test_a_processing_day_is_a_working_day_at_most_31_days_ahead(day: date, why: str) -> None:
    assert any(why in sentence for sentence in problems(batch(item(1, day=day))))


def test_the_last_possible_processing_day_is_taken() -> None:
    made = batch(item(1, day=date(2026, 12, 24)), created_at=MADE - timedelta(days=2))

    assert bacs_reader.read(write_bacs(made).content).processing == date(2026, 12, 24)


def test_an_evening_in_summer_is_the_day_in_london() -> None:
    made = batch(
        item(1, day=date(2026, 7, 15)), created_at=datetime(2026, 7, 13, 23, 30, tzinfo=UTC)
    )

    assert bacs_reader.read(write_bacs(made).content).created == date(2026, 7, 14)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (replace(batch(), items=()), "no payment"),
        (batch(serial=0), "six digits"),
        (batch(serial=1_000_000), "six digits"),
        (batch(item(1), item(1)), "twice"),
        (batch(item(1, amount_pence=0)), "£0.00 cannot be paid"),
        (batch(item(1, amount_pence=-5)), "cannot be paid"),
        (batch(item(1, amount_pence=10**11)), "cannot be paid"),
        (batch(item(1, amount_pence=99_999_999_999), item(2)), "more than one file can carry"),
        (batch(item(1, details=IbanAccount("DE89370400440532013000"))), "not paid to a UK account"),
        (batch(item(1, details=UkAccount("200000", "12345678"))), "the account it comes from"),
        (batch(profile={**US.as_profile(), "number": "12345"}), "must have six digits"),
        (batch(profile={**US.as_profile(), "sort_code": "20-00-00"}), "digits alone"),
        (batch(profile={**US.as_profile(), "account_number": ""}), "own account"),
        (batch(profile={**US.as_profile(), "name": ""}), "no name"),
        (batch(profile={}), "must have six digits"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(made: Batch, why: str) -> None:
    assert any(why in sentence for sentence in problems(made)), problems(made)


def test_everything_that_is_wrong_is_said_at_once_and_names_its_payment() -> None:
    made = batch(item(1, reference="pay"), item(2, name="Анна"), item(3))

    with pytest.raises(CannotWrite) as refused:
        write_bacs(made)

    assert [problem.reference for problem in refused.value.problems] == ["pay", "PAY-7K2Q02"]


def test_the_largest_amount_fills_its_field() -> None:
    found = bacs_reader.read(write_bacs(batch(item(1, amount_pence=99_999_999_999))).content)

    assert found.contras[0].pence == 99_999_999_999


def test_no_account_number_shows_in_a_traceback() -> None:
    assert "66374958" not in repr(item(1))
    assert "66374958" not in repr(write_bacs(batch()))


def test_twenty_thousand_payments_are_written_in_seconds_however_many_days_they_have() -> None:
    items = [item(1, reference=f"PAY-{n:06}", day=(FRIDAY, MONDAY)[n % 2]) for n in range(20_000)]
    started = monotonic()

    found = bacs_reader.read(write_bacs(batch(*items)).content)

    assert len(found.credits) == 20_000
    assert monotonic() - started < 30
