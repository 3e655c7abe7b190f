"""Which role may open which address: asked of the permissions themselves, about invented examples.

The examples are written to the database and taken back before anybody can see them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from carebudget import clock
from carebudget.audit.models import AuditChain
from carebudget.notify.models import Document, Message
from carebudget.people.access import PUBLIC, SIGNED_IN
from carebudget.people.models import Person, Representation, Role, RoleHolding, Team, User
from payments.models import (
    Account,
    ContributionAccount,
    ContributionCharge,
    Invoice,
    JournalBatch,
    JournalFile,
    JournalProfile,
    LeftOut,
    Match,
    PayeeAccount,
    Payment,
    PaymentRun,
    Period,
    RailFile,
    ServiceAgreement,
    Statement,
    StatementFile,
    StatementLine,
    Stop,
    Submission,
    SurplusRecovery,
)
from payments.selectors.finance_payees import Payee
from plans.models import (
    Case,
    Challenge,
    FinancialAssessment,
    FinancialEvidence,
    PolicyProposal,
    ProgrammePack,
    SupportPlan,
)
from providers.models import Provider, ProviderMember

from .addresses import Address, addresses

YES, THEIRS, NO = "yes", "theirs", "no"


@dataclass(frozen=True)
class Examples:
    """Somebody with one role, and one of everything: either theirs, or a stranger's."""

    user: User
    person: Person
    case: Case
    provider: Provider
    message: Message
    document: Document


def _of_case(about: Any, case: Case) -> Any:
    """Something that learns its case from its address."""
    about.case = case
    return about


EXAMPLE_OF: dict[str, Callable[[Examples], Any]] = {
    "Account": lambda e: Account(),
    "AuditChain": lambda e: AuditChain(key=e.case.chain),
    "Case": lambda e: e.case,
    "Challenge": lambda e: Challenge(case=e.case),
    "ContributionAccount": lambda e: ContributionAccount(person=e.person, case=e.case),
    "ContributionCharge": lambda e: _of_case(ContributionCharge(), e.case),
    "Document": lambda e: e.document,
    "FinancialEvidence": lambda e: FinancialEvidence(
        assessment=FinancialAssessment(person=e.person, case=e.case)
    ),
    "Invoice": lambda e: Invoice(case=e.case, provider=e.provider),
    "LeftOut": lambda e: LeftOut(case=e.case, provider=e.provider),
    "JournalBatch": lambda e: JournalBatch(),
    "JournalFile": lambda e: JournalFile(),
    "JournalProfile": lambda e: JournalProfile(),
    "Match": lambda e: Match(),
    "Message": lambda e: e.message,
    "Payee": lambda e: Payee(e.provider, None),
    "PayeeAccount": lambda e: PayeeAccount(provider=e.provider),
    "Payment": lambda e: Payment(case=e.case, provider=e.provider),
    "PaymentRun": lambda e: PaymentRun(),
    "Period": lambda e: Period(),
    "Person": lambda e: e.person,
    "PolicyProposal": lambda e: PolicyProposal(author=e.user),
    "ProgrammePack": lambda e: ProgrammePack(),
    "Proof": lambda e: None,
    "Provider": lambda e: e.provider,
    "RailFile": lambda e: RailFile(),
    "ServiceAgreement": lambda e: ServiceAgreement(case=e.case, provider=e.provider),
    "Statement": lambda e: Statement(),
    "StatementFile": lambda e: StatementFile(),
    "StatementLine": lambda e: StatementLine(),
    "Stop": lambda e: Stop(case=e.case, provider=e.provider),
    "Submission": lambda e: Submission(),
    "SupportPlan": lambda e: SupportPlan(case=e.case),
    "SurplusRecovery": lambda e: SurplusRecovery(case=e.case),
    "Team": lambda e: e.case.team or Team(),
}
"""An example of everything that a permission can be about. A new kind of page adds its line here."""


def permission_rows() -> list[tuple[Address, list[str]]]:
    """Every address that anybody can open, with ``yes``, ``theirs`` or ``no`` for each column of ``COLUMNS``."""
    with transaction.atomic():
        casts = _casts()
        rows = [
            (address, [_standing(address, cast) for cast in casts])
            for address in addresses()
            if address.permission
        ]
        transaction.set_rollback(True)
    return rows


COLUMNS = ("signed out", "no role", *(str(role.label).lower() for role in Role))


@dataclass(frozen=True)
class _Cast:
    """One column: who asks, about what is theirs, about a stranger’s, and about a case that nobody has."""

    user: Any
    theirs: Examples | None
    others: Examples | None
    nobodys: Examples | None


def _standing(address: Address, cast: _Cast) -> str:
    if address.permission == PUBLIC:
        return YES
    if not cast.user.is_authenticated:
        return NO
    if address.permission == SIGNED_IN:
        return YES
    if not address.about:
        return YES if cast.user.has_perm(address.permission) else NO
    if address.about not in EXAMPLE_OF:
        raise LookupError(f"{address.name} is about a {address.about}: add one to EXAMPLE_OF")

    def may(examples: Examples | None) -> bool:
        assert examples is not None
        return bool(cast.user.has_perm(address.permission, EXAMPLE_OF[address.about](examples)))

    if may(cast.others):
        return YES
    return THEIRS if may(cast.theirs) or may(cast.nobodys) else NO


def _casts() -> list[_Cast]:
    """Everybody who asks, in the order of ``COLUMNS``."""
    pack = ProgrammePack.objects.create(
        key="example", version="1", title="Example", content={}, source_yaml="", digest="0" * 64
    )
    casts = [_Cast(AnonymousUser(), None, None, None)]
    for role in (None, *Role):
        team = Team.objects.create(name=f"Example team of {role or 'nobody'}")
        user = _somebody(f"{role or 'nobody'}.example")
        if role:
            RoleHolding.objects.create(
                user=user, role=role, team=team if role in (Role.WORKER, Role.MANAGER) else None
            )
        casts.append(
            _Cast(
                user,
                _examples(pack, user, theirs=user, role=role, team=team),
                _examples(pack, _somebody(f"other.than.{role or 'nobody'}"), team=_other_team(role)),
                _examples(pack, _somebody(f"nobody.for.{role or 'nobody'}"), nobodys=True),
            )
        )  # fmt: skip
    return casts


def _other_team(role: Role | None) -> Team:
    return Team.objects.create(name=f"Not the team of {role or 'nobody'}")


def _somebody(name: str) -> User:
    return User.objects.create_user(f"{name}@permissions.invalid", None, full_name=name)


def _examples(
    pack: ProgrammePack,
    other: User,
    *,
    theirs: User | None = None,
    role: Role | None = None,
    team: Team | None = None,
    nobodys: bool = False,
) -> Examples:
    """One of everything; ``theirs`` when a user is named, in the way that their role makes it theirs."""
    own = theirs if role else None
    person = Person.objects.create(
        full_name="Example",
        date_of_birth=clock.today(),
        user=own if role == Role.CLIENT else None,
    )
    if own and role == Role.REPRESENTATIVE:
        Representation.objects.create(person=person, user=own, kind="family", relationship="friend")
    worker = None if nobodys else own if role == Role.WORKER else _somebody(f"worker.{person.pk}")
    case = Case.objects.create(
        person=person, pack=pack, source="self", reason="", worker=worker, team=team
    )
    provider = Provider.objects.create(
        name=f"Example {person.pk}", kind="agency", email="x@x.invalid"
    )
    if own and role == Role.PROVIDER:
        ProviderMember.objects.create(provider=provider, user=own)
    document = Document.objects.create(
        key=f"example:{person.pk}", kind="letter", title="Example", subject=f"case:{case.reference}", content=b"", sha256=""
    )  # fmt: skip
    message = Message.objects.create(
        to=theirs or other, key=f"example:{person.pk}", title="Example", body="", document=document
    )
    return Examples(theirs or other, person, case, provider, message, document)


# -- the table -------------------------------------------------------------------------------

INTRODUCTION = """# Who may open what

Made by `manage.py permissions_table` from the URL patterns and the permission rules; a test fails when it is not
current. What somebody may not see does not exist for them (404); who is not signed in is sent to sign in.

- **yes**: any of them. **theirs**: only what is theirs: their own budget or that of somebody they help, a case
  they have or that nobody has, a case of their team, their own firm’s work, a message sent to them. **no**: never.
- Nobody who works for the council acts on the case of their own family, whatever stands here.
- The permission `public` is everybody’s, `signed_in` that of everybody who is signed in. `/demo/` and `/parts/` are
  there in the demo only.

"""


def permissions_table() -> str:
    """The table as Markdown."""
    rows = [["address", "permission", *COLUMNS]]
    rows += [
        [f"`{address.route}`", f"`{address.permission}`", *standings]
        for address, standings in permission_rows()
    ]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, f"|{'---|' * len(rows[0])}")
    return INTRODUCTION + "\n".join(lines) + "\n"
