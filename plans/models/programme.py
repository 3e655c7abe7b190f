"""Programme packs as loaded: versioned, and never edited (the database refuses it)."""

from functools import lru_cache
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from carebudget import clock

if TYPE_CHECKING:
    from plans.rules.pack import Pack


class PackQuerySet(models.QuerySet["ProgrammePack"]):
    """Versions of programmes."""

    def in_force(self) -> "PackQuerySet":
        """Those that new cases can use now, the newest first."""
        now = clock.now()
        return (
            self.filter(Q(starts_at=None) | Q(starts_at__lte=now))
            .filter(Q(retired_at=None) | Q(retired_at__gt=now))
            .order_by(Coalesce("starts_at", "loaded_at").desc(), "-id")
        )


class ProgrammePack(models.Model):
    """One version of a programme's rules as data. Every decision stores which one it used.

    New cases use it from ``starts_at`` (empty: from when it was loaded) until ``retired_at``.
    """

    key = models.SlugField(max_length=60)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    content = models.JSONField()
    source_yaml = models.TextField()
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(default=clock.now)
    starts_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = PackQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "version"], name="pack_version_once")]

    def __str__(self) -> str:
        return f"{self.key} {self.version}"

    @property
    def rules(self) -> "Pack":
        """The pack as the pure rules know it; parsed once per digest."""
        return _parsed(self.digest, self.pk)


@lru_cache(maxsize=128)
def _parsed(digest: str, pk: int) -> "Pack":
    from plans.rules.pack import Pack

    return Pack.from_mapping(ProgrammePack.objects.get(pk=pk, digest=digest).content)
