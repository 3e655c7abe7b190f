"""Who may do what with providers."""

from typing import Any

import rules

from carebudget.people.models import User
from carebudget.people.predicates import (
    is_auditor,
    is_care_staff,
    is_finance,
    is_manager,
    is_worker,
)

from .models import Provider


@rules.predicate
def is_member(user: User, provider: Any) -> bool:
    return isinstance(provider, Provider) and any(
        m.user_id == user.pk and m.ended_at is None for m in provider.members.all()
    )


rules.add_perm("providers.view", is_care_staff | is_finance | is_auditor)
rules.add_perm("providers.register", is_worker | is_manager | is_finance)
rules.add_perm("providers.check", (is_worker | is_manager | is_finance) & ~is_member)
rules.add_perm("providers.approve", (is_manager | is_finance) & ~is_member)
rules.add_perm("providers.member", is_member)
