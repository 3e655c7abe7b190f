"""The words of charging: kinds of income, savings, costs and support, and the lines of a year's table. Pure.

Here is what things are called and how they are asked for. What each is worth in a year, and whether
it counts, is that year's table (``plans/charging``), never here.
"""

from dataclasses import dataclass
from fractions import Fraction

PERIODS: dict[str, tuple[str, Fraction]] = {
    "week": ("a week", Fraction(1)),
    "fortnight": ("every two weeks", Fraction(1, 2)),
    "four_weeks": ("every four weeks", Fraction(1, 4)),
    "month": ("a month", Fraction(12, 52)),
    "quarter": ("every three months", Fraction(4, 52)),
    "year": ("a year", Fraction(1, 52)),
}
"""How often a sum comes or goes, and what part of it falls in a week (52 weeks a year)."""


@dataclass(frozen=True)
class Kind:
    """One kind of money. ``asks_amount`` is false where no year's table has ever counted it."""

    key: str
    title: str
    group: str = ""
    hint: str = ""
    asks_amount: bool = True
    for_disability: bool = False


INCOME = (
    Kind("state_pension", "State Pension", "Pensions"),
    Kind(
        "work_pension", "Pension from work, or a private pension", "Pensions", "The sum after tax."
    ),
    Kind("pension_credit", "Pension Credit: Guarantee Credit", "Pensions"),
    Kind("savings_credit", "Pension Credit: Savings Credit", "Pensions"),
    Kind("war_disablement", "War Disablement Pension", "Pensions"),
    Kind("war_widow", "War Widow’s or Widower’s Pension", "Pensions"),
    Kind(
        "attendance_allowance", "Attendance Allowance", "Benefits for disability",
        for_disability=True,
    ),
    Kind(
        "pip_daily_living", "Personal Independence Payment: daily living",
        "Benefits for disability", for_disability=True,
    ),
    Kind(
        "dla_care", "Disability Living Allowance: care", "Benefits for disability",
        for_disability=True,
    ),
    Kind(
        "constant_attendance", "Constant Attendance Allowance", "Benefits for disability",
        for_disability=True,
    ),
    Kind(
        "pip_mobility", "Personal Independence Payment: mobility", "Benefits for disability",
        asks_amount=False,
    ),
    Kind(
        "dla_mobility", "Disability Living Allowance: mobility", "Benefits for disability",
        asks_amount=False,
    ),
    Kind(
        "war_mobility", "War Pensioners’ Mobility Supplement", "Benefits for disability",
        asks_amount=False,
    ),
    Kind("universal_credit", "Universal Credit", "Other benefits", "Without the part for rent."),
    Kind("esa", "Employment and Support Allowance", "Other benefits"),
    Kind("jsa", "Jobseeker’s Allowance or Income Support", "Other benefits"),
    Kind("carers_allowance", "Carer’s Allowance", "Other benefits"),
    Kind("housing_benefit", "Housing Benefit", "Other benefits", asks_amount=False),
    Kind("child_benefit", "Child Benefit", "Other benefits", asks_amount=False),
    Kind("child_tax_credit", "Child Tax Credit", "Other benefits", asks_amount=False),
    Kind(
        "winter_and_christmas", "Winter Fuel Payment or Christmas Bonus", "Other benefits",
        asks_amount=False,
    ),
    Kind("earnings", "Wages, or what I earn for myself", "Other money", asks_amount=False),
    Kind("direct_payments", "Direct payments for my care", "Other money", asks_amount=False),
    Kind("charity", "Regular gifts from a charity or from family", "Other money", asks_amount=False),
    Kind("rent_received", "Rent that somebody pays me", "Other money", "After your costs and tax."),
    Kind("other_income", "Any other money that comes regularly", "Other money"),
)  # fmt: skip
"""Every kind of income that is asked about, in the order in which it is asked."""

CAPITAL = (
    Kind("bank", "In bank or building society accounts, or cash", hint="Only what is yours alone."),
    Kind(
        "joint_accounts", "In accounts shared with one other person",
        hint="Write the whole sum. We count half of it as yours.",
    ),
    Kind("bonds", "Premium Bonds and National Savings"),
    Kind("investments", "Shares and other investments", hint="What they would sell for today."),
    Kind(
        "property", "A house, flat or land that you do not live in",
        hint="Your share of what it would sell for, less any loan on it.",
    ),
    Kind("other_capital", "Other savings"),
    Kind("own_home", "The home you live in", asks_amount=False),
    Kind("belongings", "Your belongings, such as furniture or a car", asks_amount=False),
    Kind("life_insurance", "A life insurance policy that has not been paid out", asks_amount=False),
)  # fmt: skip
"""Every kind of savings and other capital."""

HOUSING = (
    Kind("rent", "Rent", hint="What is left for you to pay after any Housing Benefit."),
    Kind("mortgage", "Mortgage"),
    Kind("council_tax", "Council Tax", hint="What is left to pay after any reduction."),
    Kind("service_charge", "Service charge or ground rent", hint="Only if you have to pay it."),
)  # fmt: skip
"""Housing costs that may be kept out of income (Care and Support Statutory Guidance, annex C)."""

DISABILITY_COSTS = (
    Kind("alarm", "Community alarm"),
    Kind("private_care", "Care you pay for yourself"),
    Kind("laundry", "Extra washing"),
    Kind("heating", "Extra heating", hint="Only what you spend above what others do."),
    Kind("diet", "Special food"),
    Kind("clothing", "Special clothes or shoes, or more wear"),
    Kind("bedding", "Extra bedding"),
    Kind("home_help", "Basic cleaning, garden or help in the home"),
    Kind("equipment", "Equipment: buying, hiring, mending"),
    Kind("transport", "Transport that your mobility benefit does not cover"),
    Kind("internet", "Internet, if you need it because of your disability"),
    Kind("other_costs", "Anything else you need because of your disability"),
)  # fmt: skip
"""Disability-related expenditure (SI 2014/2672 schedule 1 paragraph 4; guidance, annex C)."""

PREMIUMS = (
    Kind(
        "disability", "I get a disability benefit, or I am registered blind",
        hint="Attendance Allowance, Personal Independence Payment or Disability Living Allowance.",
    ),
    Kind(
        "enhanced", "I get the highest rate for care or daily living",
        hint="The enhanced rate for daily living, or the highest rate for care.",
    ),
    Kind("carer", "I get Carer’s Allowance, or could get it", hint="For looking after somebody."),
)  # fmt: skip
"""What adds a premium to the guarantee (SI 2014/2672 regulation 7(5) to (7))."""

SUPPORT = (
    Kind("care", "Care and support at home or in the community"),
    Kind("reablement", "Short help to get back on your feet"),
    Kind("aids", "Equipment and aids"),
    Kind("adaptation", "A change to the home, such as a ramp or a rail"),
    Kind("aftercare", "After a stay in hospital under the Mental Health Act (section 117)"),
    Kind("assessment", "Finding out what you need"),
)  # fmt: skip
"""Kinds of support. Only ``care`` is always charged; see ``charging_support``."""

HOUSEHOLDS = {"single": "I have no partner at home", "couple": "I live with a partner"}
CAPITAL_BANDS = {
    "below": "the lower limit or less",
    "between": "between the two limits",
    "above": "more than the upper limit",
}

LINES: dict[str, str] = {
    "single_18_24": "a single person aged 18 to 24",
    "single_25": "a single person aged 25 or over, below pension age",
    "single_pension": "a single person at pension age",
    "lone_parent": "a lone parent",
    "couple": "a member of a couple below pension age",
    "couple_pension": "a couple at pension age",
    "child": "a child in the household",
    "disability_single": "the disability premium of a single person",
    "disability_couple": "the disability premium of a couple",
    "enhanced_single": "the enhanced disability premium of a single person",
    "enhanced_couple": "the enhanced disability premium of a couple",
    "carer": "the carer premium",
    "savings_credit_single": "how much Savings Credit a single person keeps",
    "savings_credit_couple": "how much Savings Credit a couple keeps",
    "war_pension": "how much of a war pension is not counted",
    "personal_expenses": "the personal expenses allowance in a care home",
}
"""The figures of a year's table, in the words by which a missing one is named."""


def titles(kinds: tuple[Kind, ...]) -> dict[str, str]:
    """Key → title, in order."""
    return {kind.key: kind.title for kind in kinds}


def kind_of(kinds: tuple[Kind, ...], key: str) -> Kind:
    """The kind with this key. Raises ``KeyError``."""
    for kind in kinds:
        if kind.key == key:
            return kind
    raise KeyError(key)
