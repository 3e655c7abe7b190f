"""Programme packs as loaded: versioned, and never edited (the database refuses it)."""

from functools import lru_cache
from typing import TYPE_CHECKING

from django.db import models

from carebudget import clock

if TYPE_CHECKING:
    from plans.rules.pack import Pack


class ProgrammePack(models.Model):
    """One version of a programme's rules as data. Every decision stores which one it used."""

    key = models.SlugField(max_length=60)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    content = models.JSONField()
    source_yaml = models.TextField()
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(default=clock.now)
    retired_at = models.DateTimeField(null=True, blank=True)

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
