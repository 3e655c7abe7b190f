"""ISO 20022 camt.053, versions 2 to 8, read as a stream with a hardened parser. Pure.

No entity is resolved, no document type is accepted and no address is followed. Entries are read and
let go one by one, so memory does not grow with the tree. The versions differ in their namespace and
in where a status or a name stands; whatever the namespace says, both places are looked at.
"""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from io import BytesIO

from lxml import etree

from carebudget.text import join_words, plural

from .model import Line, Statement, StatementUnreadable, keep_the_good, minor_units, shown, tidy

FORMAT = "camt.053"
OPENING = ("OPBD", "PRCD")
CLOSING = ("CLBD",)
INTERIM = "ITBD"
BOOKED = ("BOOK", "")
NOT_SAID = ("", "NOTPROVIDED", "NONREF", "NOT PROVIDED")

ENTRY_WITHOUT_VALUE = 0
FORBIDDEN = StatementUnreadable(
    "xml_forbidden",
    "The file declares a document type or entities, which a bank statement never does.",
)

Read = Statement | StatementUnreadable


def looks_like_camt(content: bytes) -> bool:
    """Whether these bytes begin an XML file."""
    start = content[:200].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n")
    return start.startswith(b"<")


def read_camt(content: bytes) -> list[Statement]:
    """All statements of a file. Raises ``StatementUnreadable`` when none can be read.

    A statement that cannot be read beside others that can is returned without lines, with the reason
    among its problems.
    """
    if b"<!DOCTYPE" in content[:4000] or b"<!ENTITY" in content:
        raise FORBIDDEN
    read: list[Read] = []
    try:
        for one in _stream(content):
            read.append(one)
    except etree.XMLSyntaxError as error:
        broken = StatementUnreadable(
            "xml_broken",
            f"The file breaks off or is not proper XML (line {error.lineno or 1}).",
        )
        if not read:
            raise broken from error
        read.append(broken)
    except (LookupError, ValueError) as error:
        if isinstance(error, StatementUnreadable):
            raise
        raise StatementUnreadable("xml_broken", "The file is not proper XML.") from error
    return keep_the_good(FORMAT, read)


def _stream(content: bytes) -> Iterator[Read]:
    events = etree.iterparse(
        BytesIO(content),
        events=("start", "end"),
        tag=("{*}BkToCstmrStmt", "{*}Stmt", "{*}Ntry"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    message = False
    current: _Reading | None = None
    count = 0
    for event, element in events:
        name = etree.QName(element).localname
        if event == "start":
            if element.getroottree().docinfo.internalDTD is not None:
                raise FORBIDDEN
            message = message or name == "BkToCstmrStmt"
            if name == "Stmt":
                count += 1
                current = _Reading(element, count)
        elif name == "Ntry" and current is not None:
            current.entry(element)
            _let_go(element)
        elif name == "Stmt" and current is not None:
            yield current.finish()
            current = None
            _let_go(element)
    root = events.root
    if root is not None and root.getroottree().docinfo.internalDTD is not None:
        raise FORBIDDEN
    if not message:
        raise StatementUnreadable("not_camt", "This XML file is not a bank statement (camt.053).")


def _let_go(element: etree._Element) -> None:
    """Free what was read. The element itself stays until the next one, as the parser still holds it."""
    element.clear()
    before = element.getprevious()
    parent = element.getparent()
    if before is not None and parent is not None and before.tag == element.tag:
        parent.remove(before)


@lru_cache(maxsize=256)
def _qualified(space: str, path: str) -> str:
    return "/".join(f"{space}{step}" for step in path.split("/"))


class _Reading:
    """One statement while it streams by. The first thing that cannot be read is kept as its error."""

    def __init__(self, element: etree._Element, number: int) -> None:
        self.element = element
        self.space = element.tag[: -len("Stmt")]
        self.where = f"Statement {number}"
        self.entries = 0
        self.pending = 0
        self.lines: list[Line] = []
        self.currencies: set[str] = set()
        self.notes: list[str] = []
        self.error: StatementUnreadable | None = None

    def entry(self, entry: etree._Element) -> None:
        """Take the lines of one entry, unless it is not booked yet."""
        self.entries += 1
        if self.error is not None:
            return
        try:
            if self._status(entry) not in BOOKED:
                self.pending += 1
                return
            self.lines += self._lines(entry, f"{self.where}, entry {self.entries}")
        except StatementUnreadable as error:
            self.error = error

    def finish(self) -> Read:
        """The statement, once all of it was seen."""
        if self.error is not None:
            return self.error
        try:
            return self._statement()
        except StatementUnreadable as error:
            return error

    def _statement(self) -> Statement:
        element = self.element
        account = self._words(element, "Acct/Id/IBAN") or self._words(element, "Acct/Id/Othr/Id")
        balances = [self._balance(one) for one in self._all(element, "Bal")]
        opening = _first(balances, OPENING) or _first(balances, (INTERIM,))
        closing = _first(balances[::-1], CLOSING) or _first(balances[::-1], (INTERIM,))
        if opening is not None and opening is closing:
            opening = None
        problems = []
        if opening is None:
            problems.append("There is no opening balance.")
        if closing is None:
            problems.append("There is no closing balance.")
        currencies = [b[3] for b in (opening, closing) if b and b[3]]
        currency = self._words(element, "Acct/Ccy") or next(iter(currencies), "")
        currency = currency or next(iter(sorted(self.currencies)), "")
        others = sorted((self.currencies | set(currencies)) - {currency})
        if others:
            problems.append(
                f"Amounts in {join_words(others)} stand in an account in {currency or '?'}."
            )
        if self.pending:
            self.notes.append(f"{plural(self.pending, 'entry', 'entries')} not booked, left out.")
        return Statement(
            format=FORMAT,
            account=tidy(account, 40),
            currency=currency,
            statement_id=tidy(self._words(element, "Id"), 80),
            sequence=tidy(
                self._words(element, "ElctrncSeqNb") or self._words(element, "LglSeqNb"), 40
            ),
            opening_pence=opening[1] if opening else None,
            closing_pence=closing[1] if closing else None,
            opening_date=opening[2] if opening else None,
            closing_date=closing[2] if closing else None,
            lines=tuple(self.lines),
            problems=tuple(problems),
            notes=tuple(self.notes),
        )

    # -- finding ----------------------------------------------------------------------------

    def _find(self, element: etree._Element, path: str) -> etree._Element | None:
        return element.find(_qualified(self.space, path))

    def _all(self, element: etree._Element, path: str) -> list[etree._Element]:
        return element.findall(_qualified(self.space, path))

    def _words(self, element: etree._Element | None, path: str) -> str:
        found = self._find(element, path) if element is not None else None
        return (found.text or "").strip() if found is not None else ""

    def _joined(self, element: etree._Element | None, path: str) -> str:
        found = self._all(element, path) if element is not None else []
        return " ".join((one.text or "").strip() for one in found)

    # -- reading ----------------------------------------------------------------------------

    def _status(self, entry: etree._Element) -> str:
        """BOOK, PDNG and so on: bare until version 6, in Cd from 7."""
        status = self._find(entry, "Sts")
        if status is None:
            return ""
        return ((status[0] if len(status) else status).text or "").strip()

    def _signed(self, element: etree._Element, where: str) -> tuple[int, str]:
        amount = self._find(element, "Amt")
        text = (amount.text or "").strip() if amount is not None else ""
        if amount is None or not text:
            raise StatementUnreadable("amount_missing", f"{where}: there is no amount.")
        currency = str(amount.get("Ccy", ""))
        pence = minor_units(text, where, currency)
        if pence < 0:
            raise StatementUnreadable(
                "amount_negative",
                f"{where}: an amount has a sign of its own, which camt.053 does not allow.",
            )
        mark = self._words(element, "CdtDbtInd")
        if mark not in ("CRDT", "DBIT"):
            raise StatementUnreadable(
                "mark_missing", f"{where}: it is not said whether this is money in or out."
            )
        return (pence if mark == "CRDT" else -pence), currency

    def _balance(self, element: etree._Element) -> tuple[str, int, date | None, str]:
        kind = self._words(element, "Tp/CdOrPrtry/Cd")
        where = f"{self.where}, balance {shown(kind)}"
        pence, currency = self._signed(element, where)
        return kind, pence, self._day(element, "Dt", where), currency

    def _day(self, element: etree._Element, path: str, where: str) -> date | None:
        found = self._find(element, path)
        if found is None:
            return None
        # The day stands in Dt or DtTm inside, or bare, as some banks write it.
        text = ((found[0] if len(found) else found).text or "").strip()
        if not text:
            return None
        try:
            return date.fromisoformat(text[:10])
        except ValueError as error:
            raise StatementUnreadable(
                "date_unreal", f"{where}: “{shown(text)}” is not a date."
            ) from error

    def _lines(self, entry: etree._Element, where: str) -> list[Line]:
        """One line, or one for each transaction of a batch when these add up to the entry."""
        total, currency = self._signed(entry, where)
        if currency:
            self.currencies.add(currency)
        value = self._day(entry, "ValDt", where)
        booked = self._day(entry, "BookgDt", where) or value
        if booked is None:
            raise StatementUnreadable("date_missing", f"{where}: there is no booking date.")
        if total == ENTRY_WITHOUT_VALUE:
            return []
        # NtryRef is left alone: banks number the entries of each statement from 1, so it would differ
        # for the same line in an overlapping file.
        own = self._words(entry, "AcctSvcrRef")
        own = "" if own.upper() in NOT_SAID else own
        details = self._all(entry, "NtryDtls/TxDtls")
        if len(details) > 1:
            amounts = [self._part(detail, total, currency, where) for detail in details]
            if sum(part or 0 for part in amounts) == total and all(amounts):
                return [
                    self._line(detail, entry, part or 0, booked, value, self._own(detail, own, k))
                    for k, (detail, part) in enumerate(zip(details, amounts, strict=True), start=1)
                ]
            self.notes.append(f"{where}: its parts do not add up to it, so it is kept as one line.")
            return [self._line(None, entry, total, booked, value, own)]
        return [self._line(details[0] if details else None, entry, total, booked, value, own)]

    def _part(self, detail: etree._Element, total: int, currency: str, where: str) -> int | None:
        amount = self._find(detail, "Amt")
        if amount is None:
            amount = self._find(detail, "AmtDtls/TxAmt/Amt")
        if amount is None or not (amount.text or "").strip():
            return None
        if str(amount.get("Ccy", currency)) != currency:
            return None
        pence = minor_units(amount.text or "", where, currency)
        sign = {"CRDT": 1, "DBIT": -1}.get(self._words(detail, "CdtDbtInd"))
        return (sign if sign is not None else (1 if total >= 0 else -1)) * pence

    def _own(self, detail: etree._Element, batch: str, place: int) -> str:
        """The bank's own reference of one part: its own, or the batch's and its place in it."""
        return self._words(detail, "Refs/AcctSvcrRef") or (f"{batch}/{place}" if batch else "")

    def _line(
        self,
        detail: etree._Element | None,
        entry: etree._Element,
        amount: int,
        booked: date,
        value: date | None,
        own: str,
    ) -> Line:
        other = "Cdtr" if amount < 0 else "Dbtr"
        party = self._find(detail, f"RltdPties/{other}") if detail is not None else None
        remitted = self._find(detail, "RmtInf") if detail is not None else None
        reference = self._words(detail, "Refs/EndToEndId")
        if reference.upper() in NOT_SAID:
            reference = self._words(detail, "Refs/InstrId")
        reference = reference or self._words(entry, "NtryDtls/Btch/PmtInfId")
        text = [
            self._joined(remitted, "Ustrd"),
            self._joined(remitted, "Strd/CdtrRefInf/Ref"),
            self._words(detail, "AddtlTxInf"),
            self._words(entry, "AddtlNtryInf"),
        ]
        return Line(
            booked_on=booked,
            amount_pence=amount,
            value_on=value,
            bank_reference=tidy(own or self._words(detail, "Refs/AcctSvcrRef"), 80),
            counterparty=tidy(self._words(party, "Nm") or self._words(party, "Pty/Nm"), 140),
            reference=tidy("" if reference.upper() in NOT_SAID else reference, 140),
            text=tidy(" ".join(part for part in text if part), 1000),
        )


def _first(
    balances: list[tuple[str, int, date | None, str]], kinds: tuple[str, ...]
) -> tuple[str, int, date | None, str] | None:
    """The first balance of the first kind that is there: OPBD goes before PRCD wherever it stands."""
    return next((b for kind in kinds for b in balances if b[0] == kind), None)
