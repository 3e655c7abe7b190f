"""What higher floors may listen to. Sent inside the transaction of the change."""

from django.dispatch import Signal

plan_agreed = Signal()
"""Sent with ``plan=`` and ``by=`` when a plan has been agreed and sealed."""
