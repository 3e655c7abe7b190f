"""How much one finance manager may approve, in one run and in one day."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from carebudget import clock
from carebudget.ids import uuid7


class ApprovalLimit(models.Model):
    """One decision about one approver; the newest counts. Nobody sets their own: the database says so."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="approval_limits"
    )
    run_pence = models.BigIntegerField()
    day_pence = models.BigIntegerField()
    reason = models.TextField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-set_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(user=F("set_by")), name="approval_limit_set_by_another"
            ),
            models.CheckConstraint(
                condition=Q(run_pence__gte=0) & Q(day_pence__gte=F("run_pence")),
                name="approval_limit_makes_sense",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.run_pence} / {self.day_pence}"
