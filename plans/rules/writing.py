"""From a ``Pack`` back to plain data in the shape of its file. Pure; what ``reading`` reads, in reverse.

What a pack leaves out is left out here too, so that the data also fits the schema of pack files.
"""

from typing import Any

from .pack import AllocationTable, EligibilityTest, Option, Pack, Question


def write_pack(pack: Pack) -> dict[str, Any]:
    """The pack as data of lists, groups, words, whole numbers and true or false: JSON and YAML alike."""
    return {
        "key": pack.key,
        "version": pack.version,
        "title": pack.title,
        "legal_basis": pack.legal_basis,
        "charged": pack.charged,
        "ways": [{"key": w.key, "title": w.title, "words": w.words} for w in pack.ways],
        **_given(wellbeing=[{"key": key, "title": title} for key, title in pack.wellbeing]),
        "outcomes": [
            {"key": o.key, "title": o.title, "source": o.source, "words": o.words}
            for o in pack.outcomes
        ],
        "eligibility": _eligibility(pack.eligibility),
        "sections": [
            {
                "key": section.key,
                "title": section.title,
                **_given(intro=section.intro),
                "questions": [_question(question) for question in section.questions],
            }
            for section in pack.sections
        ],
        "allocation": _allocation(pack.allocation),
        "criteria": [
            {
                "key": c.key,
                "question": c.question,
                "easy_read": c.easy_read,
                "help": c.help,
                "returned_if": c.returned_if,
                "needs": c.needs,
            }
            for c in pack.criteria
        ],
        "delegated_limits": [
            {
                "level": limit.level,
                "pence": limit.pence,
                "above_indicative": limit.above_indicative,
            }
            for limit in pack.limits
        ],
        "time_limits": [
            {
                "stage": s.stage,
                "usual_days": s.usual_days,
                "target_days": s.target_days,
                "held_by": s.held_by,
            }
            for s in pack.stages
        ],
        "review_timetable": {
            "first_from_weeks": pack.reviews.first_from_weeks,
            "first_to_weeks": pack.reviews.first_to_weeks,
            "then_every_weeks": pack.reviews.then_every_weeks,
            "direct_payment_first_weeks": pack.reviews.direct_payment_first_weeks,
            "direct_payment_then_weeks": pack.reviews.direct_payment_then_weeks,
        },
    }


def _given(**values: Any) -> dict[str, Any]:
    """Only what is there: no empty words, no empty list, no nought, no ``False``."""
    return {key: value for key, value in values.items() if value}


def _eligibility(test: EligibilityTest) -> dict[str, Any]:
    return {
        "outcomes_needed": test.outcomes_needed,
        **_given(
            cause_question=test.cause_question,
            health_question=test.health_question,
            wellbeing_question=test.wellbeing_question,
            conditions=[
                {
                    "key": c.key,
                    "title": c.title,
                    "question": c.question,
                    "words_unmet": c.words_unmet,
                }
                for c in test.conditions
            ],
        ),
        "source": test.source,
        "words_eligible": test.words_eligible,
        "words_not_eligible": test.words_not_eligible,
        "what_else_helps": list(test.what_else_helps),
        "how_to_challenge": test.how_to_challenge,
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "key": question.key,
        "kind": question.kind,
        **_given(role=question.role, outcome=question.outcome),
        "required": question.required,
        "text": question.text,
        "easy_read": question.easy_read,
        **_given(hint=question.hint, options=[_option(option) for option in question.options]),
    }


def _option(option: Option) -> dict[str, Any]:
    return {
        "key": option.key,
        "label": option.label,
        **_given(
            hint=option.hint,
            points=option.points,
            share=str(option.share) if option.share else "",
            means_unable=option.means_unable,
        ),
    }


def _allocation(table: AllocationTable) -> dict[str, Any]:
    return {
        "method": table.method,
        **_rows(table),
        "adjustments": [
            {
                "key": a.key,
                "label": a.label,
                "question": a.question,
                "option": a.option,
                "pence": a.pence,
                "percent": str(a.percent),
            }
            for a in table.adjustments
        ],
        "round_to_pence": table.round_to_pence,
        "minimum_pence": table.minimum_pence,
        "maximum_pence": table.maximum_pence,
    }


def _rows(table: AllocationTable) -> dict[str, Any]:
    match table.method:
        case "linear":
            return {"knots": [{"points": at, "pence": pence} for at, pence in table.knots]}
        case "bands":
            return {"bands": [{"from_points": at, "pence": pence} for at, pence in table.bands]}
        case "price_list":
            return {
                "prices": [
                    {"question": q, "option": o, "pence": pence, "units_a_year": str(units)}
                    for q, o, pence, units in table.prices
                ]
            }
        case _:
            return {"pence_per_point": table.pence_per_point}
