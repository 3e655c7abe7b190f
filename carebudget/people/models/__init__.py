from .invitation import Invitation
from .person import FamilyTie, Person, Representation, RepresentativeKind
from .user import STAFF_ROLES, Role, RoleHolding, Team, User

__all__ = [
    "STAFF_ROLES",
    "FamilyTie",
    "Invitation",
    "Person",
    "Representation",
    "RepresentativeKind",
    "Role",
    "RoleHolding",
    "Team",
    "User",
]
