"""How a case begins: a worker refers somebody, or somebody asks for themselves or their family."""

from datetime import date

from django.conf import settings
from django.db import IntegrityError, transaction

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Refused
from carebudget.notify.services import send_message, send_to_all
from carebudget.people.access import require
from carebudget.people.models import Person, Role, Team, User
from carebudget.people.services import invite_user, user_for

from ..models import Case, ProgrammePack, ReferralSource
from .common import needs_words, record_on
from .stages import enter_stage

OLDEST_YEARS = 120


@transaction.atomic
def refer_person(
    *,
    full_name: str,
    date_of_birth: date,
    pack: ProgrammePack,
    source: str,
    reason: str,
    by: User,
    preferred_name: str = "",
    email: str = "",
    phone: str = "",
    address: str = "",
    needs_in_communication: str = "",
) -> Case:
    """A worker refers somebody; the worker has the case. Raises ``Refused`` beside the field at fault."""
    require(by, "plans.refer")
    person = _person(
        full_name=full_name,
        date_of_birth=date_of_birth,
        preferred_name=preferred_name,
        email=email,
        phone=phone,
        address=address,
        needs_in_communication=needs_in_communication,
    )
    team = next((h.team for h in by.role_holdings.select_related("team") if h.team), None)
    worker = by if Role.WORKER in by.roles else None
    case = _open(person, pack, source, reason, by=by, worker=worker, team=team)
    return case


@transaction.atomic
def ask_for_help(
    *,
    full_name: str,
    date_of_birth: date,
    email: str,
    phone: str,
    reason: str,
    pack: ProgrammePack,
    source: str,
) -> Case:
    """Somebody asks on the public page. They get an invitation by e-mail; a worker takes the case.

    An e-mail address that is known already gets no second sign-in: the person signs in as before.
    """
    if User.objects.filter(email__iexact=email).exists():
        raise Refused(
            "email_known",
            "Somebody signs in with this e-mail address already.",
            "Sign in, or call us and we will help.",
            field="email",
        )
    person = _person(full_name=full_name, date_of_birth=date_of_birth, email=email, phone=phone)
    person.user = user_for(email=email, full_name=full_name, role=Role.CLIENT)
    person.save(update_fields=["user"])
    case = _open(person, pack, source, reason, by=None, worker=None, team=None)
    _, token = invite_user(user=person.user, by=None)
    send_message(
        to=person.user,
        key=f"case.asked:{case.reference}",
        title="We have your request for help",
        body=f"Your number is {case.reference}. Somebody will be in touch within a week. "
        "Set a password to see what is happening.",
        href=f"/invitation/{token}/",
    )
    send_to_all(
        to=User.objects.filter(role_holdings__role__in=[Role.MANAGER], is_active=True).distinct(),
        key=f"case.asked.staff:{case.reference}",
        title="Somebody has asked for help",
        body=f"{full_name} ({case.reference}) has no worker yet.",
        href="/caseload/?scope=unassigned",
    )
    return case


def _person(**fields: object) -> Person:
    born = fields["date_of_birth"]
    assert isinstance(born, date)
    if not str(fields["full_name"]).strip():
        raise Refused("name_missing", "Enter their full name.", field="full_name")
    if born > clock.today():
        raise Refused("born_later", "The date of birth must be in the past.", field="date_of_birth")
    if born.year < clock.today().year - OLDEST_YEARS:
        raise Refused("born_long_ago", "Check the year of birth.", field="date_of_birth")
    return Person.objects.create(created_at=clock.now(), **fields)


def _open(
    person: Person,
    pack: ProgrammePack,
    source: str,
    reason: str,
    *,
    by: User | None,
    worker: User | None,
    team: Team | None,
) -> Case:
    if source not in ReferralSource.values:
        raise Refused("source_unknown", "Say who asked for help.", field="source")
    words = needs_words(reason, "reason", "Say what is difficult at the moment.")
    try:
        with transaction.atomic():
            case = Case.objects.create(
                person=person,
                pack=pack,
                source=source,
                reason=words,
                referred_by=by,
                worker=worker,
                team=team,
                opened_at=clock.now(),
            )
    except IntegrityError as error:
        raise Refused("case_open", f"{person.full_name} has an open case already.") from error
    enter_stage(case)
    record_on(
        case,
        "case.referred",
        f"case:{case.reference}",
        by,
        reason=words,
        changes={"pack": pack.key, "version": pack.version, "source": source},
    )
    record(
        chain=f"person:{person.reference}",
        verb="person.added",
        subject=f"person:{person.reference}",
        by=by,
    )
    return case


def invitation_url(token: str) -> str:
    """The address in an invitation."""
    return f"{settings.SITE_URL}/invitation/{token}/"


@transaction.atomic
def take_case(*, case: Case, by: User) -> Case:
    """A worker takes a case that nobody has."""
    row = Case.objects.select_for_update(of=("self",)).select_related("person").get(pk=case.pk)
    if row.worker_id == by.pk:
        return row
    require(by, "plans.take_case", row)
    return _give(row, by, by, "case.taken")


@transaction.atomic
def assign_case(*, case: Case, worker: User, by: User) -> Case:
    """A manager gives a case to a worker of the team. Never to the person's own family."""
    row = Case.objects.select_for_update(of=("self",)).select_related("person").get(pk=case.pk)
    require(by, "plans.assign_case", row)
    if Role.WORKER not in worker.roles:
        raise Refused("not_a_worker", f"{worker.full_name} is not a social worker.", field="worker")
    if not worker.has_perm("plans.view_case", row):
        raise Refused(
            "own_family",
            f"{worker.full_name} may not have this case.",
            "Choose somebody else.",
            field="worker",
        )
    return _give(row, worker, by, "case.assigned")


def _give(case: Case, worker: User, by: User, verb: str) -> Case:
    case.worker = worker
    if case.team_id is None:
        case.team = next(
            (h.team for h in worker.role_holdings.select_related("team") if h.team), None
        )
    case.save(update_fields=["worker", "team"])
    record_on(case, verb, f"case:{case.reference}", by, changes={"worker": str(worker.public_id)})
    if worker.pk != by.pk:
        send_message(
            to=worker,
            key=f"case.assigned:{case.reference}:{worker.public_id}",
            title=f"{case.person.full_name} is now on your caseload",
            body=f"{by.full_name} gave you case {case.reference}.",
            href=f"/cases/{case.reference}/",
        )
    return case
