"""ISO 20022 camt.053, any version: read with a hardened parser that follows no entity and no address."""

from datetime import date

from lxml import etree

from .model import Line, Statement, StatementUnreadable, minor_units, with_fingerprints

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053"
OPENING = ("OPBD", "PRCD")
CLOSING = ("CLBD",)
BOOKED = ("BOOK", "")


def looks_like_camt(content: bytes) -> bool:
    """Whether these bytes begin an XML file that says it is a bank statement."""
    return b"BkToCstmrStmt" in content[:20_000] or (content.lstrip()[:5] == b"<?xml" and b"camt.053" in content[:2000])


def read_camt(content: bytes) -> list[Statement]:
    """All statements of a file. Raises ``StatementUnreadable`` when it is not well-formed camt.053."""
    if b"<!DOCTYPE" in content[:4000] or b"<!ENTITY" in content:
        raise StatementUnreadable("xml_forbidden", "The file defines entities, which a bank statement never does.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise StatementUnreadable("xml_broken", f"The file is not complete or not XML (line {error.lineno or 1}).") from error
    _plain(root)
    found = root.findall(".//BkToCstmrStmt/Stmt") or root.findall("./Stmt")
    if not found:
        raise StatementUnreadable("no_statement", "There is no statement in this file.")
    return [_statement(element, n) for n, element in enumerate(found, start=1)]


def _plain(root: etree._Element) -> None:
    """Take the namespace away: the versions differ in it and in little else."""
    for element in root.iter():
        if isinstance(element.tag, str) and element.tag.startswith("{"):
            namespace, name = element.tag[1:].split("}", 1)
            if not namespace.startswith(NAMESPACE):
                continue
            element.tag = name


def _words(element: etree._Element | None, path: str) -> str:
    if element is None:
        return ""
    found = element.find(path)
    return " ".join("".join(found.itertext()).split()) if found is not None else ""


def _statement(element: etree._Element, n: int) -> Statement:
    where = f"statement {n}"
    account = _words(element, "Acct/Id/IBAN") or _words(element, "Acct/Id/Othr/Id")
    currency = _words(element, "Acct/Ccy")
    balances = [_balance(balance, where) for balance in element.findall("Bal")]
    opening = next((b for b in balances if b[0] in OPENING), None)
    closing = next((b for b in reversed(balances) if b[0] in CLOSING), None)
    problems = []
    if opening is None:
        problems.append("There is no opening balance.")
    if closing is None:
        problems.append("There is no closing balance.")
    currencies = {b[3] for b in (opening, closing) if b}
    currency = currency or (sorted(currencies)[0] if currencies else "")
    lines = []
    for k, entry in enumerate(element.findall("Ntry"), start=1):
        spot = f"{where}, entry {k}"
        if _status(entry) not in BOOKED:
            continue
        amount = entry.find("Amt")
        if amount is not None and amount.get("Ccy", currency) != currency:
            currencies.add(str(amount.get("Ccy")))
        lines += _lines(entry, spot)
    if currencies - {currency}:
        problems.append(f"Amounts in {', '.join(sorted(currencies - {currency}))} stand in an account in {currency}.")
    return Statement(
        format="camt.053",
        account=account,
        currency=currency,
        statement_id=_words(element, "Id"),
        sequence=_words(element, "ElctrncSeqNb") or _words(element, "LglSeqNb"),
        opening_pence=opening[1] if opening else None,
        closing_pence=closing[1] if closing else None,
        opening_date=opening[2] if opening else None,
        closing_date=closing[2] if closing else None,
        lines=with_fingerprints(account, lines),
        problems=tuple(problems),
    )


def _status(entry: etree._Element) -> str:
    return _words(entry, "Sts/Cd") or _words(entry, "Sts")


def _signed(element: etree._Element, where: str) -> int:
    amount = element.find("Amt")
    if amount is None or not (amount.text or "").strip():
        raise StatementUnreadable("amount_missing", f"{where}: there is no amount.")
    pence = minor_units(amount.text or "", where)
    if pence < 0:
        raise StatementUnreadable("amount_negative", f"{where}: an amount has a sign of its own, which camt.053 does not allow.")
    mark = _words(element, "CdtDbtInd")
    if mark not in ("CRDT", "DBIT"):
        raise StatementUnreadable("mark_missing", f"{where}: it is not said whether this is money in or out.")
    return pence if mark == "CRDT" else -pence


def _balance(element: etree._Element, where: str) -> tuple[str, int, date | None, str]:
    kind = _words(element, "Tp/CdOrPrtry/Cd")
    amount = element.find("Amt")
    currency = str(amount.get("Ccy", "")) if amount is not None else ""
    return kind, _signed(element, f"{where}, balance {kind}"), _date(element.find("Dt"), where), currency


def _date(element: etree._Element | None, where: str) -> date | None:
    if element is None:
        return None
    text = (_words(element, "Dt") or _words(element, "DtTm") or " ".join("".join(element.itertext()).split()))[:10]
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise StatementUnreadable("date_unreal", f"{where}: “{text}” is not a date.") from error


def _lines(entry: etree._Element, where: str) -> list[Line]:
    """One line, or one for each transaction of a batch when these add up to the entry."""
    total = _signed(entry, where)
    booked = _date(entry.find("BookgDt"), where) or _date(entry.find("ValDt"), where)
    if booked is None:
        raise StatementUnreadable("date_missing", f"{where}: there is no booking date.")
    details = entry.findall("NtryDtls/TxDtls")
    own = _words(entry, "NtryRef") or _words(entry, "AcctSvcrRef")
    value = _date(entry.find("ValDt"), where)
    if len(details) > 1:
        parts = [_detail_amount(detail, total, where) for detail in details]
        amounts = [part for part in parts if part is not None]
        if len(amounts) == len(details) and sum(amounts) == total:
            return [
                _line(detail, entry, amount, booked, value, f"{own}/{k}" if own else "")
                for k, (detail, amount) in enumerate(zip(details, amounts, strict=True), start=1)
            ]
    return [_line(details[0] if details else None, entry, total, booked, value, own)] if total else []


def _detail_amount(detail: etree._Element, total: int, where: str) -> int | None:
    amount = detail.find("Amt") if detail.find("Amt") is not None else detail.find("AmtDtls/TxAmt/Amt")
    if amount is None or not (amount.text or "").strip():
        return None
    pence = minor_units(amount.text or "", where)
    mark = _words(detail, "CdtDbtInd")
    sign = {"CRDT": 1, "DBIT": -1}.get(mark, 1 if total >= 0 else -1)
    return sign * pence or None


def _line(
    detail: etree._Element | None, entry: etree._Element, amount: int, booked: date, value: date | None, own: str
) -> Line:
    other = "Cdtr" if amount < 0 else "Dbtr"
    party = _words(detail, f"RltdPties/{other}/Nm") or _words(detail, f"RltdPties/{other}/Pty/Nm")
    end_to_end = _words(detail, "Refs/EndToEndId")
    text = [_words(detail, "RmtInf/Ustrd"), _words(detail, "RmtInf/Strd/CdtrRefInf/Ref"), _words(entry, "AddtlNtryInf")]
    return Line(
        booked_on=booked,
        amount_pence=amount,
        value_on=value,
        bank_reference=own or _words(detail, "Refs/AcctSvcrRef"),
        counterparty=party[:140],
        reference="" if end_to_end == "NOTPROVIDED" else end_to_end[:140],
        text=" ".join(part for part in text if part)[:1000],
    )
