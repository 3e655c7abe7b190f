"""Who may do what with a case, its assessment, budget and plan."""

from typing import Any

import rules

from carebudget.people.models import User
from carebudget.people.predicates import (
    is_auditor,
    is_care_staff,
    is_family_of,
    is_finance,
    is_finance_manager,
    is_manager,
    is_panel,
    is_person,
    is_worker,
    represents,
)

from .models import Case


def case_of(about: Any) -> Case | None:
    """The case behind a case, or anything that belongs to one."""
    if about is None or isinstance(about, Case):
        return about
    if hasattr(about, "case"):
        case: Case = about.case
        return case
    for parent in ("plan", "assessment"):
        if hasattr(about, parent):
            return case_of(getattr(about, parent))
    return None


@rules.predicate
def is_the_person(user: User, about: Any) -> bool:
    case = case_of(about)
    return case is not None and is_person(user, case.person)


@rules.predicate
def speaks_for_person(user: User, about: Any) -> bool:
    case = case_of(about)
    return case is not None and (is_person(user, case.person) or represents(user, case.person))


@rules.predicate
def not_own_family(user: User, about: Any) -> bool:
    case = case_of(about)
    return case is None or not is_family_of(user, case.person)


@rules.predicate
def has_the_case(user: User, about: Any) -> bool:
    case = case_of(about)
    return case is not None and case.worker_id == user.pk


@rules.predicate
def manages_the_team(user: User, about: Any) -> bool:
    """A manager of the case's team; every manager while the case has no team yet."""
    case = case_of(about)
    if case is None:
        return False
    teams = {holding.team_id for holding in user.role_holdings.all() if holding.role == "manager"}
    return bool(teams) and (case.team_id is None or case.team_id in teams)


@rules.predicate
def not_taken(user: User, about: Any) -> bool:
    case = case_of(about)
    return case is not None and case.worker_id is None


@rules.predicate
def made_the_decision(user: User, challenge: Any) -> bool:
    return challenge is not None and getattr(challenge, "decision_made_by_id", None) == user.pk


@rules.predicate
def wrote_policy(user: User, proposal: Any) -> bool:
    return proposal is not None and proposal.author_id == user.pk


care_of_the_case = (is_worker & has_the_case) | (is_manager & manages_the_team)
works = care_of_the_case & not_own_family
sees = (is_care_staff | is_auditor) & not_own_family

rules.add_perm("plans.refer", is_worker | is_manager)
rules.add_perm("plans.view_caseload", is_care_staff)
rules.add_perm("plans.view_case", sees)
rules.add_perm("plans.view_case_as_client", speaks_for_person)
rules.add_perm("plans.work_case", works)
rules.add_perm("plans.take_case", is_worker & not_taken & not_own_family)
rules.add_perm("plans.assign_case", is_manager & manages_the_team & not_own_family)
rules.add_perm("plans.start_assessment", speaks_for_person | works)
rules.add_perm("plans.answer", speaks_for_person)
rules.add_perm("plans.verify", works)
rules.add_perm("plans.decide", works)
rules.add_perm("plans.adjust_budget", works)
rules.add_perm("plans.view_budget", speaks_for_person | sees | is_finance)
rules.add_perm("plans.edit_plan", speaks_for_person)
rules.add_perm("plans.submit_plan", speaks_for_person)
rules.add_perm("plans.view_plan", speaks_for_person | sees | is_finance)
rules.add_perm("plans.comment_plan", speaks_for_person | (is_care_staff & not_own_family))
rules.add_perm("plans.review_plan", (works | (is_panel & not_own_family)))
rules.add_perm("plans.return_plan", (works | (is_panel & not_own_family)))
rules.add_perm("plans.agree_plan", (works | (is_panel & not_own_family)))
rules.add_perm("plans.challenge", speaks_for_person)
rules.add_perm(
    "plans.consider_challenge", (is_manager | is_panel) & ~made_the_decision & not_own_family
)
rules.add_perm("plans.view_challenge", speaks_for_person | sees)
rules.add_perm("plans.view_timeline", speaks_for_person | sees)
rules.add_perm("plans.view_policy", is_manager)
rules.add_perm("plans.propose_policy", is_manager)
rules.add_perm("plans.write_policy", is_manager & wrote_policy)
rules.add_perm("plans.adopt_policy", is_manager & ~wrote_policy)
works_charge = works | (is_finance & not_own_family)
rules.add_perm("plans.answer_finances", speaks_for_person | works_charge)
rules.add_perm("plans.work_charge", works_charge)
rules.add_perm("plans.view_charge", speaks_for_person | sees | (is_finance & not_own_family))
rules.add_perm(
    "plans.view_evidence", speaks_for_person | works_charge | (is_auditor & not_own_family)
)
rules.add_perm("plans.reassess", is_finance_manager)
