"""The payments of a run, made all at once. Only ``runs`` calls this, inside its transaction."""

from collections.abc import Sequence

from django.db.models import Max, Q

from ..models import OVER, Payment, PaymentRun
from ..selectors.obligations import Obligation

BATCH = 5_000
MOST_ROUNDS = 8
"""References are drawn by chance: in a table of ten million, one in a hundred is taken already. Eight
rounds leave nothing to chance that a council will ever see."""


def create_payments(run: PaymentRun, paid: Sequence[tuple[Obligation, str]]) -> list[Obligation]:
    """One payment for each obligation and its destination. Returns those that are in another run already.

    The database decides: a row that it does not take is either an obligation with a payment on its way,
    which is given back, or a reference that was drawn before, which is drawn again.
    """
    taken: list[Obligation] = []
    left = list(paid)
    before = 0
    for _ in range(MOST_ROUNDS):
        if not left:
            return taken
        drawn = _insert(run, left)
        if run.payments.count() == before + len(drawn):
            return taken
        arrived = _arrived(drawn)
        before = run.payments.count()
        left = [pair for pair, row in zip(left, drawn, strict=True) if row.public_id not in arrived]
        busy = _on_their_way([one.key for one, _ in left])
        taken += [one for one, _ in left if one.key in busy]
        left = [pair for pair in left if pair[0].key not in busy]
    raise RuntimeError(f"No free references for {len(left)} payments of {run.reference}.")


def _insert(run: PaymentRun, paid: Sequence[tuple[Obligation, str]]) -> list[Payment]:
    attempts = _attempts([one.key for one, _ in paid])
    rows = [
        Payment(
            obligation=one.key,
            attempt=attempts.get(one.key, 0) + 1,
            run=run,
            invoice=one.invoice,
            case_id=one.case.pk,
            plan_id=one.plan_id,
            provider=one.provider,
            person=one.person,
            payable=one.payable,
            rail=run.rail,
            destination=destination,
            amount_pence=one.amount_pence,
        )
        for one, destination in paid
    ]
    Payment.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    return rows


def _arrived(rows: Sequence[Payment]) -> set[object]:
    found: set[object] = set()
    for start in range(0, len(rows), BATCH):
        ids = [row.public_id for row in rows[start : start + BATCH]]
        found.update(Payment.objects.filter(public_id__in=ids).values_list("public_id", flat=True))
    return found


def _on_their_way(keys: Sequence[str]) -> set[str]:
    living = Payment.objects.filter(~Q(state__in=OVER), obligation__in=keys)
    return set(living.values_list("obligation", flat=True))


def _attempts(keys: Sequence[str]) -> dict[str, int]:
    """The last attempt at each obligation that was tried before."""
    found: dict[str, int] = {}
    for start in range(0, len(keys), BATCH):
        tried = Payment.objects.filter(obligation__in=keys[start : start + BATCH])
        found.update(tried.values_list("obligation").annotate(last=Max("attempt")).order_by())
    return found
