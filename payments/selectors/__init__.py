from .due import due_invoices
from .money import CaseMoney, money_of_case, money_of_cases
from .runs import RunSummary, payments_of_provider, run_summary

__all__ = [
    "CaseMoney",
    "RunSummary",
    "due_invoices",
    "money_of_case",
    "money_of_cases",
    "payments_of_provider",
    "run_summary",
]
