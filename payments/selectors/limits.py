"""How much each finance manager may approve, and who may approve a run."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from carebudget import clock
from carebudget.money import Pence, format_pence
from carebudget.people.models import Role, User

from ..models import ApprovalLimit, PaymentRun


@dataclass(frozen=True)
class Limit:
    """What one person may approve at most, in pence: in one run, and in one day."""

    run_pence: Pence
    day_pence: Pence
    decision: ApprovalLimit | None = None

    def refusal(self, *, total_pence: Pence, already_pence: Pence) -> str:
        """Why a run of this sum is too much for them today, in words; empty when it is not."""
        if total_pence > self.run_pence:
            return (
                f"This run pays {format_pence(total_pence)}. You may approve up to "
                f"{format_pence(self.run_pence)} in one run."
            )
        if total_pence + already_pence > self.day_pence:
            return (
                f"With this run you would have approved {format_pence(total_pence + already_pence)} "
                f"today. You may approve up to {format_pence(self.day_pence)} in one day."
            )
        return ""


@dataclass(frozen=True)
class Checker:
    """Somebody who approves runs, what they approved today, and why a sum is too much for them."""

    user: User
    limit: Limit
    approved_today_pence: Pence
    refusal: str = ""

    @property
    def may(self) -> bool:
        """Whether they may approve it."""
        return not self.refusal


def limits_of(users: Iterable[User]) -> dict[int, Limit]:
    """By user: the newest decision about them, or else what the settings say."""
    usual = Limit(
        settings.PAYMENT_APPROVAL_RUN_LIMIT_PENCE, settings.PAYMENT_APPROVAL_DAY_LIMIT_PENCE
    )
    ids = [user.pk for user in users]
    newest = (
        ApprovalLimit.objects.filter(user__in=ids)
        .select_related("set_by")
        .order_by("user", "-set_at", "-id")
        .distinct("user")
    )
    decided = {row.user_id: Limit(row.run_pence, row.day_pence, row) for row in newest}
    return {pk: decided.get(pk, usual) for pk in ids}


def approved_today(users: Collection[User]) -> dict[int, Pence]:
    """By user: the sum of the runs they approved since midnight."""
    midnight = timezone.make_aware(datetime.combine(clock.today(), time()))
    rows = (
        PaymentRun.objects.filter(approved_by__in=users, approved_at__gte=midnight)
        .values_list("approved_by")
        .annotate(total=Sum("total_pence"))
        .order_by()
    )
    return {user: total for user, total in rows if user is not None}


def managers() -> list[User]:
    """Everybody who approves runs."""
    found = User.objects.filter(role_holdings__role=Role.FINANCE_MANAGER, is_active=True)
    return list(found.order_by("full_name", "pk"))


def checkers_of(run: PaymentRun) -> list[Checker]:
    """Everybody who approves runs but did not make this one, and whether it is within their limits."""
    others = [user for user in managers() if user.pk != run.made_by_id]
    return checkers_for(others, run.total_pence)


def checkers_for(users: Collection[User], total_pence: Pence = 0) -> list[Checker]:
    """The same for given people and a sum."""
    limits, today = limits_of(users), approved_today(users)
    return [
        Checker(
            user,
            limits[user.pk],
            today.get(user.pk, 0),
            limits[user.pk].refusal(total_pence=total_pence, already_pence=today.get(user.pk, 0)),
        )
        for user in users
    ]
