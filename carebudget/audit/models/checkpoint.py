"""Signed checkpoints over the heads of all chains, so that even the database's owner is bound."""

from django.db import models


class AuditCheckpoint(models.Model):
    """Ed25519 signature over the heads of every chain at a moment; append-only like the events."""

    at = models.DateTimeField()
    events = models.PositiveBigIntegerField()
    heads = models.JSONField()
    heads_digest = models.CharField(max_length=64)
    public_key = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"checkpoint {self.pk} at {self.at:%Y-%m-%d %H:%M}"
