"""ISO 20022 payment files: ``pain.001.001.09`` written, ``pain.002`` status reports read. Pure.

Two profiles: ``GBP`` names accounts by sort code and number (clearing system ``GBDSC``), ``EUR`` by IBAN as
SEPA asks. Each file is checked against the schema that the ``sepaxml`` package brings before it is given
back. Its times and ids come from the batch alone, so the same batch always makes the same bytes. Source:
ISO 20022 message definitions; European Payments Council, SEPA credit transfer customer-to-bank guide.
"""

from dataclasses import dataclass
from datetime import UTC, date
from functools import lru_cache
from importlib.resources import files
from typing import Any

from lxml import etree

from carebudget.money import decimal_string, format_pence

from .bacs_text import UnfitText, transliterate
from .batches import Batch, BatchItem, CannotWrite, Problem, WrittenFile
from .payee_details import IbanAccount, UkAccount

FORMAT = "pain.001.001.09"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{FORMAT}"
NAME_LENGTH = 70
REFERENCE_LENGTH = 35
AMOUNT_LIMIT = 99_999_999_999
"""SEPA carries at most 999,999,999.99."""

CARRIED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-?:().,'+ ")
NOT_PROVIDED = "NOTPROVIDED"
SORT_CODES = "GBDSC"


@dataclass(frozen=True)
class Debtor:
    """The authority as its bank knows it. ``currency`` chooses the profile; ``service`` is the bank's level."""

    name: str
    currency: str = "GBP"
    sort_code: str = ""
    account_number: str = ""
    iban: str = ""
    bic: str = ""
    service: str = ""

    @classmethod
    def from_profile(cls, profile: dict[str, str]) -> "Debtor":
        """The debtor as it was kept with the submission."""
        return cls(**{key: profile.get(key, "") for key in cls.__dataclass_fields__})

    def as_profile(self) -> dict[str, str]:
        """The debtor as plain data, to be kept with the submission."""
        return dict(vars(self))

    def problems(self) -> list[Problem]:
        """What is wrong with the set-up, in words."""
        found = []
        if self.currency not in ("GBP", "EUR"):
            found.append(Problem("currency", "Payments by this rail are in GBP or EUR."))
        if not self.name.strip():
            found.append(Problem("our_name", "The authority’s name at its bank is not set."))
        if self.currency == "EUR" and not self.iban:
            found.append(Problem("our_account", "The authority’s IBAN is not set."))
        if self.currency == "GBP" and not (self.sort_code and self.account_number):
            found.append(Problem("our_account", "The authority’s own account is not set."))
        return found


def iso_name(name: str) -> str:
    """A name as it stands in a file: Latin letters without accents, at most 70. Raises ``UnfitText``."""
    written = " ".join("".join(s if s in CARRIED else " " for s in _kept_case(name)).split())
    if not any(letter.isalnum() for letter in written):
        raise UnfitText("There is no name that the bank can carry.")
    return written[:NAME_LENGTH].strip()


def _kept_case(name: str) -> str:
    """As ``transliterate``, but small letters stay small, and apostrophes stay too."""
    written = []
    for sign in name:
        if sign in CARRIED:
            written.append(sign)
        elif sign in "’‘ʼ":
            written.append("'")
        else:
            plain = transliterate(sign)
            written.append(plain.lower() if sign.islower() else plain)
    return "".join(written)


def iso_reference(reference: str) -> str:
    """The reference, unchanged. Raises ``UnfitText`` when a bank could not carry it exactly."""
    wrong = sorted({sign for sign in reference if sign not in CARRIED})
    if wrong:
        raise UnfitText(f"The reference “{reference[:40]}” has “{wrong[0]}” in it.")
    if not reference.strip() or reference != reference.strip():
        raise UnfitText("The reference is empty, or begins or ends with a space.")
    if len(reference) > REFERENCE_LENGTH:
        raise UnfitText(f"The reference “{reference[:40]}” is longer than {REFERENCE_LENGTH}.")
    if reference.startswith("/") or reference.endswith("/") or "//" in reference:
        raise UnfitText(
            f"The reference “{reference}” has a slash where a bank takes it for a sign."
        )
    return reference


def write_pain001(batch: Batch) -> WrittenFile:
    """The file of a batch, checked against its schema. Raises ``CannotWrite`` with all that is wrong."""
    debtor = Debtor.from_profile(dict(batch.profile))
    found = [*debtor.problems(), *_problems(batch, debtor)]
    if found:
        raise CannotWrite(found)
    root = etree.Element("Document", nsmap={None: NAMESPACE})  # type: ignore[dict-item]
    message = _add(root, "CstmrCdtTrfInitn")
    _group_header(message, batch, debtor)
    for day in batch.days:
        _payments_of_day(message, batch, day, debtor)
    content = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    broken = schema_problem(content)
    if broken:
        raise CannotWrite([Problem("schema", f"The file does not fit its schema: {broken}")])
    return WrittenFile(f"{batch.reference}.xml", FORMAT, content)


def schema_problem(content: bytes) -> str:
    """What the schema has against a file, in its own words; empty when it fits."""
    checked = _schema()
    if checked.validate(etree.fromstring(content)):
        return ""
    return str(checked.error_log.last_error.message)[:300]  # type: ignore[union-attr]


@lru_cache(maxsize=1)
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(
        etree.fromstring((files("sepaxml") / "schemas" / f"{FORMAT}.xsd").read_bytes())
    )


def _problems(batch: Batch, debtor: Debtor) -> list[Problem]:
    wanted = IbanAccount if debtor.currency == "EUR" else UkAccount
    found = [] if batch.items else [Problem("empty", "There is no payment in this submission.")]
    seen: set[str] = set()
    for item in batch.items:
        if not isinstance(item.details, wanted):
            sort = "an IBAN" if debtor.currency == "EUR" else "a UK account"
            found.append(_of(item, "account", f"{item.reference} is not paid to {sort}."))
        if not 0 < item.amount_pence <= AMOUNT_LIMIT:
            found.append(
                _of(
                    item,
                    "amount",
                    f"{item.reference}: {format_pence(item.amount_pence)} cannot be paid.",
                )
            )
        if item.reference in seen:
            found.append(_of(item, "twice", f"{item.reference} is in this submission twice."))
        seen.add(item.reference)
        for code, fit in (("name", iso_name), ("reference", iso_reference)):
            try:
                fit(getattr(item, code))
            except UnfitText as error:
                found.append(_of(item, code, f"{item.reference}: {error}"))
    return found


def _of(item: BatchItem, code: str, sentence: str) -> Problem:
    return Problem(code, sentence, item.reference)


# -- the parts of the message, in the order of the schema -----------------------------------------


def _group_header(message: Any, batch: Batch, debtor: Debtor) -> None:
    header = _add(message, "GrpHdr")
    _add(header, "MsgId", batch.reference)
    _add(header, "CreDtTm", batch.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _add(header, "NbOfTxs", str(len(batch.items)))
    _add(header, "CtrlSum", decimal_string(batch.total_pence))
    _add(_add(header, "InitgPty"), "Nm", iso_name(debtor.name))


def part_id(batch_reference: str, day: date) -> str:
    """How the payments of one day are named within a message."""
    return f"{batch_reference}-{day:%Y%m%d}"


def _payments_of_day(message: Any, batch: Batch, day: date, debtor: Debtor) -> None:
    items = batch.items_of(day)
    part = _add(message, "PmtInf")
    _add(part, "PmtInfId", part_id(batch.reference, day))
    _add(part, "PmtMtd", "TRF")
    _add(part, "BtchBookg", "true")
    _add(part, "NbOfTxs", str(len(items)))
    _add(part, "CtrlSum", decimal_string(sum(item.amount_pence for item in items)))
    service = debtor.service or ("SEPA" if debtor.currency == "EUR" else "NURG")
    _add(_add(_add(part, "PmtTpInf"), "SvcLvl"), "Cd", service)
    _add(_add(part, "ReqdExctnDt"), "Dt", day.isoformat())
    _add(_add(part, "Dbtr"), "Nm", iso_name(debtor.name))
    if debtor.currency == "EUR":
        _iban_account(part, "DbtrAcct", debtor.iban)
        _agent(part, "DbtrAgt", bic=debtor.bic or NOT_PROVIDED)
        _add(part, "ChrgBr", "SLEV")
    else:
        _uk_account(part, "DbtrAcct", debtor.account_number)
        _agent(part, "DbtrAgt", sort_code=debtor.sort_code)
        _add(part, "ChrgBr", "SHAR")
    for item in items:
        _payment(part, item, debtor)


def _payment(part: Any, item: BatchItem, debtor: Debtor) -> None:
    payment = _add(part, "CdtTrfTxInf")
    _add(_add(payment, "PmtId"), "EndToEndId", iso_reference(item.reference))
    amount = _add(_add(payment, "Amt"), "InstdAmt", decimal_string(item.amount_pence))
    amount.set("Ccy", debtor.currency)
    if isinstance(item.details, UkAccount):
        _agent(payment, "CdtrAgt", sort_code=item.details.sort_code)
    elif isinstance(item.details, IbanAccount) and item.details.bic:
        _agent(payment, "CdtrAgt", bic=item.details.bic)
    _add(_add(payment, "Cdtr"), "Nm", iso_name(item.name))
    if isinstance(item.details, UkAccount):
        _uk_account(payment, "CdtrAcct", item.details.account_number)
    elif isinstance(item.details, IbanAccount):
        _iban_account(payment, "CdtrAcct", item.details.iban)
    _add(_add(payment, "RmtInf"), "Ustrd", iso_reference(item.reference))


def _uk_account(parent: Any, name: str, number: str) -> None:
    _add(_add(_add(_add(parent, name), "Id"), "Othr"), "Id", number)


def _iban_account(parent: Any, name: str, iban: str) -> None:
    _add(_add(_add(parent, name), "Id"), "IBAN", iban)


def _agent(parent: Any, name: str, *, sort_code: str = "", bic: str = "") -> None:
    bank = _add(_add(parent, name), "FinInstnId")
    if sort_code:
        member = _add(bank, "ClrSysMmbId")
        _add(_add(member, "ClrSysId"), "Cd", SORT_CODES)
        _add(member, "MmbId", sort_code)
    elif bic == NOT_PROVIDED:
        _add(_add(bank, "Othr"), "Id", NOT_PROVIDED)
    else:
        _add(bank, "BICFI", bic)


def _add(parent: Any, name: str, text: str | None = None) -> Any:
    child = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    child.text = text
    return child
