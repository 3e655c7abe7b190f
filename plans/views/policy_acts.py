"""What the buttons of the workbench do beyond looking: fitting a table, and keeping it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from carebudget.money import format_pounds
from carebudget.people.forms_handling import refusals_on
from carebudget.people.models import User
from plans.forms.policy import AgainstForm, KeepForm
from plans.forms.policy_table import TableForm
from plans.models import PolicyProposal, ProgrammePack
from plans.rules.pack import AllocationTable
from plans.rules.policy_calibration import CannotFit, fit_to_envelope, fit_to_plans
from plans.rules.policy_tables import table_as_data
from plans.rules.vectorised import profiles_of
from plans.selectors.policy import Population
from plans.selectors.policy_report import target_of


def fitted(
    act: str,
    pack: ProgrammePack,
    people: Population,
    table: AllocationTable,
    against: AgainstForm,
) -> tuple[AllocationTable | None, str]:
    """The table that fits the envelope (``envelope``) or the agreed plans (``plans``), and what was done.

    ``None`` when it cannot be: the reason then stands beside the box it is about.
    """
    box = "envelope" if act == "envelope" else "percentile"
    typed = against.cleaned_data
    if typed[box] is None:
        sentence = {
            "envelope": "Enter the money there is for a year. The table is then fitted to it.",
            "percentile": "Enter how many in a hundred plans the table should cover.",
        }[box]
        against.add_error(box, sentence)
        return None, ""
    profiles = profiles_of(people.encoded, table)
    try:
        if act == "envelope":
            target = target_of(typed["envelope"], typed["contingency"] or Decimal(0))
            found = fit_to_envelope(people.pack, profiles, table, target)
            return found, f"The table now fits into {format_pounds(target)} a year."
        found = fit_to_plans(
            people.pack,
            profiles,
            table,
            rows=people.plan_rows,
            costs=people.plan_costs,
            percentile=typed["percentile"],
        )
    except CannotFit as refusal:
        against.add_error(box, str(refusal))
        return None, ""
    return found, (
        f"The table now follows what agreed plans cost, so that it covers about {typed['percentile']} in a "
        "hundred at each score. More need never gives less."
    )


def kept(
    keep: KeepForm,
    against: AgainstForm,
    typed: TableForm,
    *,
    write: Callable[..., PolicyProposal],
    about: dict[str, Any],
    by: User,
) -> PolicyProposal | None:
    """The proposal, written or changed; ``None`` when something is missing, which then stands on the form."""
    if not keep.is_valid():
        return None
    with refusals_on(keep) as attempt:
        proposal = write(
            table=table_as_data(typed.typed_table),
            envelope_pence=against.cleaned_data["envelope"],
            contingency_percent=against.cleaned_data["contingency"] or Decimal(0),
            by=by,
            **keep.cleaned_data,
            **about,
        )
    return proposal if attempt.accepted else None
