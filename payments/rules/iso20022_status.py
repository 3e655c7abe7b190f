"""Reading ``pain.002``: what the bank says became of a ``pain.001``. Pure.

Any version is read, since banks are years apart; no entity is resolved and no document type accepted.
The bank may speak of single payments, of all payments of a day, or of the whole file. A word of the bank's
that we do not know stops the reading: nothing is guessed about money.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from lxml import etree

from carebudget.money import Pence

from .batches import Outcome, ResultItem, Results, ResultsUnreadable, Scope

FORMAT = "pain.002"
ITEMS_LIMIT = 100_000

STATUS: Mapping[str, Outcome] = {
    "ACCC": Outcome.ACCEPTED, "ACCP": Outcome.ACCEPTED, "ACSC": Outcome.ACCEPTED,
    "ACSP": Outcome.ACCEPTED, "ACTC": Outcome.ACCEPTED, "ACWC": Outcome.ACCEPTED,
    "ACWP": Outcome.ACCEPTED, "ACFC": Outcome.ACCEPTED,
    "PDNG": Outcome.PENDING, "RCVD": Outcome.PENDING, "PART": Outcome.PENDING,
    "PATC": Outcome.PENDING,
    "RJCT": Outcome.REJECTED, "CANC": Outcome.REJECTED, "BLCK": Outcome.REJECTED,
}  # fmt: skip

REASONS: Mapping[str, tuple[str, bool]] = {
    "AC01": ("The account number is wrong.", True),
    "AC02": ("The authority’s own account number is wrong.", False),
    "AC03": ("The account number of the payee is wrong.", True),
    "AC04": ("The account is closed.", True),
    "AC06": ("The account is blocked.", True),
    "AG01": ("This sort of account may not be paid.", True),
    "AM03": ("The currency is not one that the bank pays.", False),
    "AM04": ("There was not enough money in the authority’s account.", False),
    "AM05": ("The bank takes it for one that it has already.", False),
    "BE04": ("The payee’s address is missing.", False),
    "DT01": ("The day is not one that the bank pays on.", False),
    "MD07": ("The account holder has died.", True),
    "MS02": ("The payee’s bank gives no reason.", False),
    "MS03": ("The bank gives no reason.", False),
    "RC01": ("The bank of the payee is not known.", True),
    "RR04": ("The bank gives no reason, as the law asks.", False),
}
"""Reasons that banks give most often, in words, and whether the payee's account is at fault."""


def read_pain002(content: bytes) -> Results:
    """The status report. Raises ``ResultsUnreadable`` with a sentence when it cannot be trusted."""
    report = _report(content)
    group = _find(report, "OrgnlGrpInfAndSts")
    submission = _text(group, "OrgnlMsgId")
    if group is None or not submission:
        raise ResultsUnreadable("no_message", "The report does not say which file it is about.")
    found: list[ResultItem] = []
    if _text(group, "GrpSts"):
        found.append(_item(group, "GrpSts", Scope.WHOLE, submission, 1))
    for part in _all(report, "OrgnlPmtInfAndSts"):
        if _text(part, "PmtInfSts"):
            found.append(_item(part, "PmtInfSts", Scope.DAY, submission, len(found) + 1))
        for payment in _all(part, "TxInfAndSts"):
            found.append(_item(payment, "TxSts", Scope.PAYMENT, submission, len(found) + 1))
            if len(found) > ITEMS_LIMIT:
                raise ResultsUnreadable("too_long", "The report is longer than any of our files.")
    if not found:
        raise ResultsUnreadable("no_status", "The report says nothing about any payment.")
    return Results(FORMAT, tuple(found))


def _report(content: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
        remove_pis=True, huge_tree=False,
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ResultsUnreadable(
            "not_xml", "The report is not proper XML. It may be cut short."
        ) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise ResultsUnreadable("doctype", "The report has a document type, which no bank sends.")
    report = _find(root, "CstmrPmtStsRpt")
    if report is None:
        raise ResultsUnreadable(
            "other_report", "This XML file is not a payment status report (pain.002)."
        )
    return report


def _item(about: Any, status_name: str, scope: Scope, submission: str, position: int) -> ResultItem:
    status = _text(about, status_name)
    outcome = STATUS.get(status)
    if outcome is None:
        raise ResultsUnreadable("status", f"“{status[:10]}” is not a status that we know.")
    code, sentence, blames = _reason(about)
    if outcome is Outcome.REJECTED and not sentence:
        sentence = "The bank gives no reason."
    return ResultItem(
        position=position,
        outcome=outcome,
        words=_text(about, "OrgnlEndToEndId") if scope is Scope.PAYMENT else "",
        amount_pence=_amount(about) if scope is Scope.PAYMENT else None,
        code=code or status,
        sentence=sentence,
        scope=scope,
        submission=submission,
        day=_day(_text(about, "OrgnlPmtInfId")) if scope is Scope.DAY else None,
        blames_account=blames and outcome is Outcome.REJECTED,
    )


def _reason(about: Any) -> tuple[str, str, bool]:
    info = _find(about, "StsRsnInf")
    if info is None:
        return "", "", False
    reason = _find(info, "Rsn")
    code = _text(reason, "Cd") or _text(reason, "Prtry")
    said = " ".join((one.text or "").strip() for one in _all(info, "AddtlInf"))[:300].strip()
    sentence, blames = REASONS.get(code, ("", False))
    words = " ".join(
        part for part in (sentence, f"The bank adds: “{said}”." if said else "") if part
    )
    return code, words, blames


def _amount(about: Any) -> Pence | None:
    """What the report says of the amount, when it repeats it. Raises when it is no amount of pence."""
    found = about.findtext("{*}OrgnlTxRef/{*}Amt/{*}InstdAmt")
    if found is None:
        return None
    whole, _, part = found.strip().partition(".")
    if not (whole + part).isdigit() or len(part.rstrip("0")) > 2:
        raise ResultsUnreadable("amount", f"The amount “{found[:20]}” cannot be read.")
    return int(whole or 0) * 100 + int(part.rstrip("0").ljust(2, "0") or 0)


def _day(part: str) -> date:
    """The day from our own name of a part. Raises when the bank did not give it back."""
    try:
        return datetime.strptime(part.rpartition("-")[2], "%Y%m%d").date()  # noqa: DTZ007
    except ValueError as error:
        raise ResultsUnreadable(
            "part", f"“{part[:40]}” is not the name of a part of our file."
        ) from error


def _find(parent: Any, name: str) -> Any:
    return parent.find(f"{{*}}{name}") if parent is not None else None


def _all(parent: Any, name: str) -> Any:
    return parent.iterfind(f"{{*}}{name}")


def _text(parent: Any, name: str) -> str:
    found = _find(parent, name)
    return (found.text or "").strip() if found is not None else ""
