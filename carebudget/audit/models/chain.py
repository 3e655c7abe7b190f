"""One row per hash chain: its head and its length. Locked while an event is appended."""

from django.db import models


class AuditChain(models.Model):
    """The head of a chain such as ``case:CAS-7K2QFA``. Convenience only: the events prove themselves."""

    key = models.CharField(max_length=80, unique=True)
    head = models.CharField(max_length=64, default="", blank=True)
    length = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.key
