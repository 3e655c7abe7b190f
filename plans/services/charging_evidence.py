"""Evidence: attached by the person or the council, taken away again, never changed."""

import hashlib
from typing import BinaryIO

from django.db import transaction

from carebudget import clock
from carebudget.errors import Conflict, Refused
from carebudget.people.access import require
from carebudget.people.models import User

from ..models import EvidenceContent, FinancialAssessment, FinancialEvidence
from ..rules.charging_questions import SECTIONS
from .charging import locked_finances
from .charging_uploads import clean_upload
from .common import record_on

FILES_LIMIT = 40
ABOUT = {one.key: one.title for one in SECTIONS if one.evidence} | {"other": "Something else"}


@transaction.atomic
def attach_evidence(
    *, assessment: FinancialAssessment, about: str, file: BinaryIO, name: str, by: User
) -> FinancialEvidence:
    """Keep a photo or PDF with the assessment. The same file twice is kept once.

    Raises ``Refused`` beside ``file`` or ``about``, and ``Conflict`` once the assessment is decided.
    """
    require(by, "plans.answer_finances", assessment)
    if about not in ABOUT:
        raise Refused("about_unknown", "Say what it shows.", field="about")
    row = locked_finances(assessment)
    if not row.is_open:
        raise Conflict(
            "finances_decided",
            "This was decided already, so nothing can be added.",
            "Tell us that something has changed, and add it there.",
        )
    if row.evidence.filter(removed_at=None).count() >= FILES_LIMIT:
        raise Refused(
            "evidence_too_much",
            f"There are {FILES_LIMIT} files already.",
            "Take one away first, or call us.",
            field="file",
        )
    clean = clean_upload(file, name)
    digest = hashlib.sha256(clean.data).hexdigest()
    kept = row.evidence.filter(sha256=digest, removed_at=None).first()
    if kept:
        return kept
    evidence = FinancialEvidence.objects.create(
        assessment=row,
        about=about,
        name=clean.name,
        content_type=clean.content_type,
        size=len(clean.data),
        sha256=digest,
        uploaded_by=by,
        uploaded_at=clock.now(),
    )
    EvidenceContent.objects.create(evidence=evidence, data=clean.data)
    record_on(
        row.case,
        "charge.evidence_added",
        f"charge:{row.reference}",
        by,
        changes={"about": about, "sha256": digest, "bytes": len(clean.data)},
    )
    return evidence


@transaction.atomic
def remove_evidence(*, evidence: FinancialEvidence, by: User) -> None:
    """Take a file away: its bytes are gone for good, that it was there stays in the record."""
    require(by, "plans.answer_finances", evidence.assessment)
    row = locked_finances(evidence.assessment)
    if not row.is_open:
        raise Conflict(
            "finances_decided",
            "The decision rests on this file, so it stays.",
            "Call us if it should not be here.",
        )
    found = FinancialEvidence.objects.select_for_update().get(pk=evidence.pk)
    if found.removed_at is not None:
        return
    found.removed_at = clock.now()
    found.save(update_fields=["removed_at"])
    EvidenceContent.objects.filter(evidence=found).delete()
    record_on(
        row.case,
        "charge.evidence_removed",
        f"charge:{row.reference}",
        by,
        changes={"about": found.about, "sha256": found.sha256},
    )
