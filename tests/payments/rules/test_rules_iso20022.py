"""pain.001 by an independent reading of the XML, by its schema, and by another library's idea of it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from sepaxml import SepaTransfer

from payments.rules.bacs_text import UnfitText
from payments.rules.batches import (
    Batch,
    BatchItem,
    CannotWrite,
    Outcome,
    ResultsUnreadable,
    Scope,
)
from payments.rules.iso20022 import Debtor, iso_name, schema_problem, write_pain001
from payments.rules.iso20022_status import read_pain002
from payments.rules.payee_details import IbanAccount, PrepaidCard, UkAccount

POUNDS = Debtor(name="Wrenbury Council", sort_code="200000", account_number="12345678")
EUROS = Debtor(
    name="Wrenbury Council", currency="EUR", iban="DE89370400440532013000", bic="DEUTDEFF"
)
FRIDAY, MONDAY = date(2026, 11, 27), date(2026, 11, 30)
NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}


def item(n: int = 1, **changes: object) -> BatchItem:
    usual = BatchItem(
        reference=f"PAY-7K2Q{n:02}",
        amount_pence=1205 * n,
        name="Larkfield Support Ltd",
        details=UkAccount("089999", f"{66374957 + n:08}"),
        day=FRIDAY,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def euro(n: int = 1, **changes: object) -> BatchItem:
    return item(n, details=IbanAccount("FR1420041010050500013M02606", "PSSTFRPP"), **changes)


def batch(*items: BatchItem, debtor: Debtor = POUNDS, **changes: object) -> Batch:
    usual = Batch(
        reference="SUB-7K2QFA",
        run_reference="RUN-7K2QFA",
        serial=17,
        created_at=datetime(2026, 11, 25, 10, 0, 30, tzinfo=UTC),
        items=items or (item(1), item(2)),
        profile=debtor.as_profile(),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def texts(content: bytes, path: str) -> list[str]:
    found: Any = etree.fromstring(content).xpath(path, namespaces=NS)
    return [one.text for one in found]


def test_pounds_go_to_sort_codes_and_account_numbers() -> None:
    content = write_pain001(batch()).content

    assert texts(content, "//p:GrpHdr/p:MsgId") == ["SUB-7K2QFA"]
    assert texts(content, "//p:GrpHdr/p:CreDtTm") == ["2026-11-25T10:00:30Z"]
    assert texts(content, "//p:GrpHdr/p:NbOfTxs") == ["2"]
    assert texts(content, "//p:GrpHdr/p:CtrlSum") == ["36.15"]
    assert texts(content, "//p:PmtInf/p:ReqdExctnDt/p:Dt") == ["2026-11-27"]
    assert texts(content, "//p:DbtrAcct/p:Id/p:Othr/p:Id") == ["12345678"]
    assert texts(content, "//p:CdtrAcct/p:Id/p:Othr/p:Id") == ["66374958", "66374959"]
    assert texts(content, "//p:CdtrAgt//p:ClrSysMmbId/p:MmbId") == ["089999", "089999"]
    assert set(texts(content, "//p:ClrSysId/p:Cd")) == {"GBDSC"}
    assert texts(content, "//p:EndToEndId") == ["PAY-7K2Q01", "PAY-7K2Q02"]
    assert texts(content, "//p:InstdAmt[@Ccy='GBP']") == ["12.05", "24.10"]
    assert not texts(content, "//p:IBAN")


def test_euros_go_to_ibans_as_sepa_asks() -> None:
    content = write_pain001(batch(euro(1), debtor=EUROS)).content

    assert texts(content, "//p:SvcLvl/p:Cd") == ["SEPA"]
    assert texts(content, "//p:ChrgBr") == ["SLEV"]
    assert texts(content, "//p:DbtrAcct/p:Id/p:IBAN") == ["DE89370400440532013000"]
    assert texts(content, "//p:CdtrAcct/p:Id/p:IBAN") == ["FR1420041010050500013M02606"]
    assert texts(content, "//p:InstdAmt[@Ccy='EUR']") == ["12.05"]


def test_a_bank_without_a_bic_is_not_provided() -> None:
    lacking = replace(EUROS, bic="")
    made = batch(item(1, details=IbanAccount("FR1420041010050500013M02606")), debtor=lacking)

    content = write_pain001(made).content

    assert texts(content, "//p:DbtrAgt//p:Othr/p:Id") == ["NOTPROVIDED"]
    assert not texts(content, "//p:CdtrAgt")


def test_each_day_is_a_part_of_its_own() -> None:
    content = write_pain001(batch(item(1, day=MONDAY), item(2), item(3, day=MONDAY))).content

    assert texts(content, "//p:PmtInfId") == ["SUB-7K2QFA-20261127", "SUB-7K2QFA-20261130"]
    assert texts(content, "//p:PmtInf/p:CtrlSum") == ["24.10", "48.20"]
    assert texts(content, "//p:PmtInf/p:NbOfTxs") == ["1", "2"]


def test_the_same_batch_makes_the_same_bytes() -> None:
    assert write_pain001(batch()).content == write_pain001(batch()).content


def flat(content: bytes) -> list[tuple[str, str]]:
    """Every path with its text, apart from ids and times, which each writer chooses."""
    chosen = {"MsgId", "CreDtTm", "PmtInfId"}
    root = etree.fromstring(content)
    found = []
    for element in root.iter():
        name = etree.QName(element).localname
        if name not in chosen and (element.text or "").strip():
            path = [etree.QName(one).localname for one in element.iterancestors()]
            found.append(("/".join([*reversed(path), name]), element.text or ""))
    return found


def test_another_library_writes_the_same_euro_file() -> None:
    theirs = SepaTransfer(
        {
            "name": EUROS.name,
            "IBAN": EUROS.iban,
            "BIC": EUROS.bic,
            "batch": True,
            "currency": "EUR",
        },
        schema="pain.001.001.09",
        clean=True,
    )
    rows = [euro(1), euro(2)]
    for row in rows:
        assert isinstance(row.details, IbanAccount)
        theirs.add_payment(
            {
                "name": row.name,
                "IBAN": row.details.iban,
                "BIC": row.details.bic,
                "amount": row.amount_pence,
                "execution_date": row.day,
                "description": row.reference,
                "endtoend_id": row.reference,
            }
        )

    ours = write_pain001(batch(*rows, debtor=EUROS)).content

    assert flat(ours) == flat(theirs.export(validate=True))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=90), st.integers(1, 10**11)), min_size=1, max_size=6))
def test_anything_written_fits_the_schema_and_says_the_same_money(rows: Any) -> None:
    items = [
        item(1, reference=f"PAY-{n:06}", name=name, amount_pence=pence)
        for n, (name, pence) in enumerate(rows)
    ]
    try:
        content = write_pain001(batch(*items)).content
    except CannotWrite as refused:
        problems = [problem.code for problem in refused.problems]
    else:
        problems = []
        said = [Decimal(text) * 100 for text in texts(content, "//p:InstdAmt")]
        assert said == [one.amount_pence for one in items]
        assert schema_problem(content) == ""
    assert "schema" not in problems


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Larkfield Support (Nord) Ltd", "Larkfield Support (Nord) Ltd"),
        ("Müller & Söhne", "Muller Sohne"),
        ("O’Brien", "O'Brien"),
        ("Straße", "Strasse"),
        ("x" * 90, "x" * 70),
    ],
)
def test_names_keep_their_small_letters(typed: str, written: str) -> None:
    assert iso_name(typed) == written


def test_a_name_is_never_guessed() -> None:
    with pytest.raises(UnfitText):
        iso_name("Анна")


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (replace(batch(), items=()), "no payment"),
        (batch(euro(1)), "not paid to a UK account"),
        (batch(item(1), debtor=EUROS), "not paid to an IBAN"),
        (batch(item(1, details=PrepaidCard("AP123456"))), "not paid to a UK account"),
        (batch(item(1, amount_pence=0)), "cannot be paid"),
        (batch(item(1, amount_pence=10**11)), "cannot be paid"),
        (batch(item(1), item(1)), "twice"),
        (batch(item(1, reference="PAY_1")), "“_” in it"),
        (batch(item(1, reference="P//1")), "a slash"),
        (batch(item(1, reference="")), "empty"),
        (batch(item(1, reference="P" * 36)), "longer than 35"),
        (batch(debtor=replace(POUNDS, account_number="")), "own account is not set"),
        (batch(debtor=replace(EUROS, iban="")), "IBAN is not set"),
        (batch(debtor=replace(POUNDS, currency="USD")), "GBP or EUR"),
        (batch(debtor=replace(POUNDS, name=" ")), "name at its bank"),
        (batch(debtor=replace(POUNDS, service="MUCH-TOO-LONG")), "does not fit its schema"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(made: Batch, why: str) -> None:
    with pytest.raises(CannotWrite) as refused:
        write_pain001(made)
    assert any(why in problem.sentence for problem in refused.value.problems)


def status(body: str, version: str = "pain.002.001.10") -> bytes:
    return f"""<?xml version="1.0"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{version}"><CstmrPmtStsRpt>
<GrpHdr><MsgId>B1</MsgId><CreDtTm>2026-11-25T12:00:00</CreDtTm></GrpHdr>{body}
</CstmrPmtStsRpt></Document>""".encode()


GROUP = "<OrgnlGrpInfAndSts><OrgnlMsgId>SUB-7K2QFA</OrgnlMsgId>{}</OrgnlGrpInfAndSts>"
PART = "<OrgnlPmtInfAndSts><OrgnlPmtInfId>SUB-7K2QFA-20261127</OrgnlPmtInfId>{}</OrgnlPmtInfAndSts>"


@pytest.mark.parametrize("version", ["pain.002.001.03", "pain.002.001.10", "pain.002.001.14"])
def test_a_whole_file_may_be_taken(version: str) -> None:
    found = read_pain002(status(GROUP.format("<GrpSts>ACCP</GrpSts>"), version))

    (one,) = found.items
    assert (one.scope, one.outcome, one.submission) == (Scope.WHOLE, Outcome.ACCEPTED, "SUB-7K2QFA")


def test_a_day_may_be_refused() -> None:
    reason = "<StsRsnInf><Rsn><Cd>DT01</Cd></Rsn></StsRsnInf>"
    body = GROUP.format("<GrpSts>PART</GrpSts>") + PART.format(
        f"<PmtInfSts>RJCT</PmtInfSts>{reason}"
    )

    whole, day = read_pain002(status(body)).items

    assert whole.outcome is Outcome.PENDING
    assert (day.scope, day.outcome, day.day) == (Scope.DAY, Outcome.REJECTED, FRIDAY)
    assert day.sentence == "The day is not one that the bank pays on."
    assert not day.blames_account


def test_a_payment_may_be_refused_with_the_bank_s_own_words() -> None:
    payment = """<TxInfAndSts><OrgnlEndToEndId>PAY-7K2Q01</OrgnlEndToEndId><TxSts>RJCT</TxSts>
    <StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>Closed in May</AddtlInf></StsRsnInf>
    <OrgnlTxRef><Amt><InstdAmt Ccy="GBP">12.05</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>"""

    (one,) = read_pain002(status(GROUP.format("") + PART.format(payment))).items

    assert (one.scope, one.words, one.amount_pence) == (Scope.PAYMENT, "PAY-7K2Q01", 1205)
    assert one.sentence == "The account is closed. The bank adds: “Closed in May”."
    assert one.blames_account


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not proper XML"),
        (b"<a>", "not proper XML"),
        (b"<Document/>", "not a payment status report"),
        (status(""), "does not say which file"),
        (status(GROUP.format("")), "says nothing about any payment"),
        (status(GROUP.format("<GrpSts>WHAT</GrpSts>")), "“WHAT” is not a status"),
        (
            status(
                GROUP.format("")
                + PART.replace("20261127", "x").format("<PmtInfSts>RJCT</PmtInfSts>")
            ),
            "not the name of a part",
        ),
        (
            b'<!DOCTYPE d [<!ENTITY e "x">]>' + status(GROUP.format("<GrpSts>ACCP</GrpSts>"))[22:],
            "document type",
        ),
    ],
)
def test_a_report_that_cannot_be_trusted_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(ResultsUnreadable, match=why):
        read_pain002(content)


@given(st.binary(max_size=200))
def test_anything_is_a_report_or_a_sentence(content: bytes) -> None:
    with pytest.raises(ResultsUnreadable) as refused:
        read_pain002(content)
    assert refused.value.sentence.endswith(".")
