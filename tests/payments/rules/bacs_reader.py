"""Reads a Standard 18 file and checks every total in it, from the layout alone. Imports nothing of the writer."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

CARRIED = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.&/- ")


@dataclass(frozen=True)
class Record:
    """One credit or contra, as Bacs would take it apart."""

    sort_code: str
    account: str
    code: str
    from_sort_code: str
    from_account: str
    pence: int
    originator: str
    reference: str
    name: str
    day: date


@dataclass
class BacsFile:
    """What a file says."""

    serial: str
    user: str
    created: date
    expires: date
    processing: date
    multi: bool
    credits: list[Record] = field(default_factory=list)
    contras: list[Record] = field(default_factory=list)


def part(record: str, first: int, last: int) -> str:
    """The characters from ``first`` to ``last``, counted from 1."""
    return record[first - 1 : last]


def julian(text: str) -> date:
    """``" 26335"`` as a date."""
    assert len(text) == 6
    assert text[0] == " ", text
    return datetime.strptime(text[1:], "%y%j").date()


def read(content: bytes) -> BacsFile:
    """Take a file apart; an ``AssertionError`` says what is wrong with it."""
    text = content.decode("ascii")
    assert text.endswith("\r\n")
    records = text.split("\r\n")[:-1]
    assert all(set(record) <= CARRIED for record in records)
    names = [record[:4] for record in records]
    assert names[:4] == ["VOL1", "HDR1", "HDR2", "UHL1"]
    assert names[-3:] == ["EOF1", "EOF2", "UTL1"]
    vol, hdr1, hdr2, uhl = records[:4]
    eof1, eof2, utl = records[-3:]
    for label in (*records[:4], *records[-3:]):
        assert len(label) == 80, label
    found = header(vol, hdr1, hdr2, uhl)
    assert eof1 == "EOF1" + hdr1[4:]
    assert eof2 == "EOF2" + hdr2[4:]
    body(found, records[4:-3])
    totals(found, utl)
    return found


def header(vol: str, hdr1: str, hdr2: str, uhl: str) -> BacsFile:
    serial, user = part(vol, 5, 10), part(vol, 42, 47)
    assert serial.isdigit()
    assert user.isdigit()
    assert part(vol, 80, 80) == "1"
    assert part(vol, 11, 41).strip() == part(vol, 48, 79).strip() == ""
    assert part(hdr1, 5, 5) == "A"
    assert part(hdr1, 6, 11) == part(hdr1, 16, 21) == user
    assert part(hdr1, 12, 12) == "S"
    assert part(hdr1, 22, 27) == serial
    assert part(hdr1, 28, 31) == part(hdr1, 32, 35) == "0001"
    assert part(hdr1, 55, 60) == "000000"
    assert part(hdr2, 5, 5) == "F"
    assert part(hdr2, 6, 10) == "02000"
    assert part(hdr2, 11, 15) in ("00100", "00106")
    assert part(hdr2, 51, 52) == "00"
    assert part(uhl, 11, 16) == "999999"
    assert part(uhl, 21, 22) == "00"
    assert part(uhl, 23, 28) == "000000"
    multi = part(hdr2, 11, 15) == "00106"
    assert part(uhl, 29, 37) == ("4 MULTI  " if multi else "1 DAILY  ")
    assert part(uhl, 38, 40).isdigit()
    return BacsFile(
        serial=serial,
        user=user,
        created=julian(part(hdr1, 42, 47)),
        expires=julian(part(hdr1, 48, 53)),
        processing=julian(part(uhl, 5, 10)),
        multi=multi,
    )


def body(found: BacsFile, records: list[str]) -> None:
    """Every day's credits are followed by one contra for exactly their sum."""
    running = 0
    for text in records:
        assert len(text) == (106 if found.multi else 100), text
        assert part(text, 15, 15) == "0"
        assert part(text, 32, 35) == "    "
        for digits in (part(text, 1, 14), part(text, 18, 31), part(text, 36, 46)):
            assert digits.isdigit(), text
        record = Record(
            sort_code=part(text, 1, 6),
            account=part(text, 7, 14),
            code=part(text, 16, 17),
            from_sort_code=part(text, 18, 23),
            from_account=part(text, 24, 31),
            pence=int(part(text, 36, 46)),
            originator=part(text, 47, 64).rstrip(),
            reference=part(text, 65, 82).rstrip(),
            name=part(text, 83, 100).rstrip(),
            day=julian(part(text, 101, 106)) if found.multi else found.processing,
        )
        assert record.pence > 0
        assert record.name
        assert found.created < record.day <= found.created + timedelta(days=31)
        assert record.day.weekday() < 5
        if record.code == "99":
            running += record.pence
            found.credits.append(record)
            continue
        assert record.code == "17"
        assert record.reference == "CONTRA"
        own = (record.from_sort_code, record.from_account)
        assert (record.sort_code, record.account) == own
        assert record.pence == running > 0
        running = 0
        found.contras.append(record)
    assert running == 0
    assert found.credits
    days = [record.day for record in found.contras]
    assert days == sorted(set(days))
    assert {record.day for record in found.credits} == set(days)
    assert found.processing == days[0]
    assert found.expires > days[-1]


def totals(found: BacsFile, utl: str) -> None:
    debits = sum(record.pence for record in found.contras)
    credits = sum(record.pence for record in found.credits)
    assert int(part(utl, 5, 17)) == debits == credits == int(part(utl, 18, 30))
    assert int(part(utl, 31, 37)) == len(found.contras)
    assert int(part(utl, 38, 44)) == len(found.credits)
    assert part(utl, 45, 80).strip() == ""
