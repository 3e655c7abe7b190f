"""Who may do what in desks: named predicates, one rule per permission."""

from typing import Any

import rules

from carebudget.people.models import User
from carebudget.people.predicates import is_auditor

from .selectors.family import chains_of_own_family


@rules.predicate
def not_about_own_family(user: User, chain: Any) -> bool:
    """The chain is not the record of the auditor's own case, or of somebody close to them."""
    return chain is None or chain.key not in chains_of_own_family(user)


rules.add_perm("audit.view", is_auditor & not_about_own_family)
