"""The people of the demo who sign in: council staff, the Ashdown family, and a provider."""

import base64
import hashlib
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP

from carebudget.people.models import Role, Team, User
from carebudget.people.services import give_role

PASSWORD = "wrenbury-in-the-rain"  # noqa: S105  (printed by the demo for everyone to use)
TEAMS = ("North team", "South team")


@dataclass(frozen=True)
class DemoPerson:
    """Somebody to sign in as, and what there is to see."""

    full_name: str
    email: str
    roles: tuple[Role, ...]
    team: str
    what: str


PEOPLE = (
    DemoPerson(
        "Margaret Ashdown",
        "margaret@wrenbury.example",
        (),
        "",
        "Has a budget, with her plan and invoices",
    ),
    DemoPerson(
        "Ruth Ashdown", "ruth@wrenbury.example", (), "", "Margaret’s daughter, who helps her"
    ),
    DemoPerson(
        "Samira Okafor",
        "samira@wrenbury.example",
        (Role.WORKER,),
        "North team",
        "Social worker, with her caseload",
    ),
    DemoPerson(
        "Tom Birchall",
        "tom@wrenbury.example",
        (Role.WORKER,),
        "South team",
        "Social worker in the other team",
    ),
    DemoPerson(
        "David Pell",
        "david@wrenbury.example",
        (Role.MANAGER,),
        "North team",
        "Team manager: plans above a worker’s limit",
    ),
    DemoPerson(
        "Joan Whitlock",
        "joan@wrenbury.example",
        (Role.MANAGER,),
        "South team",
        "Team manager of the other team",
    ),
    DemoPerson(
        "Peter Nwosu",
        "peter@wrenbury.example",
        (Role.PANEL,),
        "",
        "Panel member: the largest plans",
    ),
    DemoPerson(
        "Grace Tulley",
        "grace@wrenbury.example",
        (Role.FINANCE_OFFICER,),
        "",
        "Finance officer: invoices, runs, reconciling",
    ),
    DemoPerson(
        "Owen Marsh",
        "owen@wrenbury.example",
        (Role.FINANCE_MANAGER,),
        "",
        "Finance manager: approves runs",
    ),
    DemoPerson(
        "Lena Brandt", "lena@brightside.example", (), "", "Brightside Home Care, a provider"
    ),
    DemoPerson("Iris Vane", "iris@wrenbury.example", (Role.AUDITOR,), "", "Auditor: the record"),
)


def totp_secret(email: str) -> str:
    """The demo's authenticator secret of a member of staff: the same at every start, worth nothing elsewhere."""
    return base64.b32encode(
        hashlib.sha256(f"carebudget demo {email}".encode()).digest()[:20]
    ).decode()


def add_staff() -> dict[str, User]:
    """Council staff with password and authenticator; found again when they are there. By e-mail's first part."""
    teams = {name: Team.objects.get_or_create(name=name)[0] for name in TEAMS}
    found = {}
    for person in PEOPLE:
        if not person.roles:
            continue
        user = User.objects.filter(email=person.email).first()
        if user is None:
            user = User.objects.create_user(person.email, PASSWORD, full_name=person.full_name)
        for role in person.roles:
            give_role(user=user, role=role, team=teams.get(person.team))
        if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
            TOTP.activate(user, totp_secret(person.email))
        found[person.email.split("@")[0]] = user
    return found


def let_in(user: User) -> User:
    """Give somebody who was invited the demo's password, as if they had opened their invitation."""
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    user.invitations.filter(accepted_at=None).update(accepted_at=user.date_joined)
    return user


__all__ = ["PASSWORD", "PEOPLE", "DemoPerson", "add_staff", "let_in", "totp_secret"]
