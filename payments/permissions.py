"""Who may do what with money. Finance never acts on their own family's or their own firm's."""

from typing import Any

import rules

from carebudget.people.models import Person, Role, Team, User
from carebudget.people.predicates import (
    is_auditor,
    is_family_of,
    is_finance,
    is_finance_manager,
    is_finance_officer,
    is_manager,
    is_person,
    represents,
)
from plans.models import Case
from providers.models import Provider


def case_of(about: Any) -> Case | None:
    """The case behind a case, plan, agreement, invoice or payment."""
    if about is None or isinstance(about, Case):
        return about
    case: Case | None = getattr(about, "case", None)
    return case


def provider_of(about: Any) -> Provider | None:
    """The provider behind a provider, agreement, invoice or payment."""
    if about is None or isinstance(about, Provider):
        return about
    provider: Provider | None = getattr(about, "provider", None)
    return provider


def is_member(user: User, provider: Provider | None) -> bool:
    """The user speaks for this provider."""
    if provider is None:
        return False
    return any(m.user_id == user.pk and m.ended_at is None for m in provider.members.all())


@rules.predicate
def speaks_for_person(user: User, about: Any) -> bool:
    case = case_of(about)
    return case is not None and (is_person(user, case.person) or represents(user, case.person))


@rules.predicate
def speaks_for_provider(user: User, about: Any) -> bool:
    return is_member(user, provider_of(about))


@rules.predicate
def belongs_to_a_provider(user: User) -> bool:
    return user.is_authenticated and user.provider_memberships.filter(ended_at=None).exists()


@rules.predicate
def has_no_stake(user: User, about: Any) -> bool:
    """Neither the person, nor their family or helper, nor somebody of the provider."""
    if about is None:
        return True
    case = case_of(about)
    return not (case is not None and is_family_of(user, case.person)) and not is_member(
        user, provider_of(about)
    )


@rules.predicate
def works_the_case(user: User, about: Any) -> bool:
    case = case_of(about)
    return case is not None and user.has_perm("plans.work_case", case)


@rules.predicate
def proposed_it(user: User, about: Any) -> bool:
    return about is not None and getattr(about, "proposed_by_id", None) == user.pk


@rules.predicate
def told_it(user: User, about: Any) -> bool:
    return about is not None and getattr(about, "told_by_id", None) == user.pk


@rules.predicate
def manages_team(user: User, team: Team | None) -> bool:
    return team is not None and any(
        holding.team_id == team.pk
        for holding in user.role_holdings.all()
        if holding.role == Role.MANAGER
    )


impartial_finance = is_finance & has_no_stake
reads_money = impartial_finance | is_auditor

rules.add_perm("payments.see_money", speaks_for_person | works_the_case | is_finance | is_auditor)
rules.add_perm(
    "payments.view_agreement",
    speaks_for_person | speaks_for_provider | works_the_case | is_finance | is_auditor,
)
rules.add_perm("payments.offer_agreement", speaks_for_person | works_the_case)
rules.add_perm("payments.answer_agreement", speaks_for_provider)
rules.add_perm("payments.send_invoice", speaks_for_provider)
rules.add_perm(
    "payments.view_invoice",
    speaks_for_person | speaks_for_provider | is_finance | is_auditor | works_the_case,
)
rules.add_perm("payments.confirm_invoice", speaks_for_person & ~speaks_for_provider)
rules.add_perm("payments.answer_query", speaks_for_provider)
rules.add_perm("payments.approve_invoice", impartial_finance)
rules.add_perm("payments.check_invoice", reads_money)
rules.add_perm("payments.view_desk", is_finance | is_auditor)
rules.add_perm("payments.view_run", is_finance | is_auditor)
rules.add_perm("payments.make_run", is_finance_officer | is_finance_manager)
rules.add_perm("payments.approve_run", is_finance_manager)
rules.add_perm("payments.leave_out_payment", impartial_finance)
rules.add_perm("payments.hold_payment", impartial_finance)
rules.add_perm("payments.view_stops", is_finance | is_auditor)
rules.add_perm("payments.view_stop", reads_money)
rules.add_perm("payments.flag_provider", impartial_finance)
rules.add_perm("payments.lift_flag", is_finance_manager & has_no_stake)
rules.add_perm("payments.view_limits", is_finance | is_auditor)
rules.add_perm("payments.set_approval_limit", is_finance_manager)
rules.add_perm("payments.mend_payment", impartial_finance)
rules.add_perm("payments.view_payment", is_finance | is_auditor | speaks_for_provider)
rules.add_perm("payments.check_payment", reads_money)
rules.add_perm("payments.give_up_payment", is_finance_manager & has_no_stake)
rules.add_perm("payments.view_account", reads_money)
rules.add_perm("payments.reconcile", is_finance)
rules.add_perm("payments.view_reconciling", is_finance | is_auditor)
rules.add_perm("payments.answer_contribution", speaks_for_person)
rules.add_perm("payments.view_contributions", is_finance | is_auditor)
rules.add_perm("payments.check_contributions", reads_money)
rules.add_perm("payments.work_contributions", impartial_finance)
rules.add_perm("payments.decide_write_off", is_finance_manager & has_no_stake & ~proposed_it)
rules.add_perm("payments.view_forecast", is_finance | is_auditor | is_manager)
rules.add_perm("payments.view_team_forecast", is_finance | is_auditor | manages_team)
rules.add_perm("payments.view_surpluses", is_finance | is_auditor)
rules.add_perm("payments.check_surplus", reads_money | works_the_case)
rules.add_perm("payments.record_balance", impartial_finance | works_the_case)
rules.add_perm("payments.notify_surplus", impartial_finance | works_the_case)
rules.add_perm("payments.answer_surplus", speaks_for_person)
rules.add_perm("payments.decide_surplus", impartial_finance & ~told_it)
rules.add_perm("payments.manage_payout", speaks_for_provider)
rules.add_perm("payments.view_provider_desk", belongs_to_a_provider)
rules.add_perm("payments.act_for_provider", speaks_for_provider)
rules.add_perm("payments.view_remittance", speaks_for_provider | is_finance | is_auditor)


def payee_behind(about: Any) -> tuple[Provider | None, Person | None]:
    """The provider or the person who is paid, behind either or behind account details of theirs."""
    if isinstance(about, Person):
        return None, about
    return provider_of(about), getattr(about, "person", None)


@rules.predicate
def speaks_for_payee(user: User, about: Any) -> bool:
    provider, person = payee_behind(about)
    if person is not None:
        return is_person(user, person) or represents(user, person)
    return is_member(user, provider)


@rules.predicate
def is_no_friend_of_payee(user: User, about: Any) -> bool:
    provider, person = payee_behind(about)
    return not is_member(user, provider) and not (person and is_family_of(user, person))


impartial_about_payee = is_finance & is_no_friend_of_payee

rules.add_perm("payments.propose_payee", speaks_for_payee | impartial_about_payee)
rules.add_perm("payments.propose_payee_here", impartial_about_payee)
rules.add_perm("payments.view_payees", is_finance | is_auditor)
rules.add_perm("payments.confirm_payee", impartial_about_payee)
rules.add_perm("payments.confirm_doubtful_payee", is_finance_manager & is_no_friend_of_payee)
rules.add_perm("payments.read_payee_details", impartial_about_payee)
rules.add_perm("payments.view_payee", speaks_for_payee | is_finance | is_auditor)
rules.add_perm("payments.make_submission", is_finance)
rules.add_perm("payments.send_submission", is_finance)
rules.add_perm("payments.import_results", is_finance)
rules.add_perm("payments.view_submission", is_finance | is_auditor)
rules.add_perm("payments.view_months", is_finance | is_auditor)
rules.add_perm("payments.check_month", is_finance)
rules.add_perm("payments.close_month", is_finance_manager)
rules.add_perm("payments.export_journal", is_finance)
rules.add_perm("payments.change_journal_profile", is_finance_manager)
