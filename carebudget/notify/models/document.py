"""Documents given to people, kept byte for byte as they were given. Append-only in the database."""

from django.db import models

from carebudget import clock
from carebudget.ids import uuid7


class Document(models.Model):
    """A finished PDF (or export) about one subject such as ``plan:PLN-7K2QFA``."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=160)
    subject = models.CharField(max_length=120, db_index=True)
    content_type = models.CharField(max_length=80, default="application/pdf")
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.title
