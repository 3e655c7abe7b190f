"""Who may do what in desks: named predicates, one rule per permission."""

from typing import Any

import rules

from carebudget.audit.models import AuditChain
from carebudget.people.models import User
from carebudget.people.predicates import is_auditor

from .selectors.family import chains_of_own_family


@rules.predicate
def not_about_own_family(user: User, about: Any) -> bool:
    """Not a chain of the auditor's own case, or of somebody close to them."""
    return not isinstance(about, AuditChain) or about.key not in chains_of_own_family(user)


rules.add_perm("audit.view", is_auditor & not_about_own_family)
