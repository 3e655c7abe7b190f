"""What the tests of the record share: an auditor, somebody's case, and a hand that breaks things."""

import re
from html import unescape
from typing import Any

from django.db import connection, transaction

from carebudget.audit.models import AuditEvent
from carebudget.audit.services import record
from carebudget.people.models import Role, User
from tests.plans.page_world import user


def auditor(name: str = "Iris Vane") -> User:
    return user(name, Role.AUDITOR)


def note(
    verb: str = "plan.agreed",
    *,
    subject: str = "plan:PLN-7K2QFA",
    chain: str = "case:CAS-7K2QFA",
    by: Any = None,
    **more: Any,
) -> AuditEvent:
    """One event of the record."""
    with transaction.atomic():
        return record(chain=chain, verb=verb, subject=subject, by=by, **more)


def tamper(sql: str, *params: Any) -> None:
    """What only somebody who owns the database can do: change a row past its guards."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, params or None)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def spaced(response: Any) -> str:
    """What the page says, with a space wherever there is markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())
