"""The chart of accounts: which account stands for what, named in one place."""

from plans.models import Case
from providers.models import Provider

from ..models import Account, AccountKind, StatementAccount
from .ledger import account

BANK_NAMES = {"main": "Council bank account", "stripe": "Balance at Stripe"}


def authority_account() -> Account:
    """Council money allocated to people's budgets."""
    return account(
        "authority:allocated", kind=AccountKind.AUTHORITY, name="Allocated to personal budgets"
    )


def budget_account(case: Case) -> Account:
    """The budget of one case. A credit balance: what it holds shows as a negative number of debits."""
    return account(
        f"budget:{case.reference}",
        kind=AccountKind.BUDGET,
        name=f"Budget of {case.reference}",
        case=case,
    )


def payable_account(provider: Provider) -> Account:
    """What is owed to one provider."""
    return account(
        f"payable:{provider.reference}",
        kind=AccountKind.PAYABLE,
        name=f"Owed to {provider.reference}",
        provider=provider,
    )


def receivable_account(reference: str, case: Case) -> Account:
    """What one person owes towards their support (by their number), or is to give back (``SUR-…``).

    ``case`` is where they are spoken to about it, so that nobody opens the account of their own family.
    """
    return account(
        f"receivable:{reference}",
        kind=AccountKind.RECEIVABLE,
        name=f"Owed by {reference}",
        case=case,
    )


def accrual_account(case: Case) -> Account:
    """Support that a person had in a month that is over, and that nobody has approved yet."""
    return account(
        f"accrual:{case.reference}",
        kind=AccountKind.ACCRUAL,
        name=f"Not approved yet for {case.reference}",
        case=case,
    )


def written_off_account() -> Account:
    """What people owed and the council gave up, with a named decision each."""
    return account(
        "authority:written-off", kind=AccountKind.AUTHORITY, name="Owed by people and written off"
    )


def accrued_account() -> Account:
    """What will be owed for support that is not approved yet: the other side of every accrual."""
    return account(
        "payable:accruals", kind=AccountKind.PAYABLE, name="To be owed once it is approved"
    )


def clearing_account(what: str) -> Account:
    """Money on its way: ``stripe`` for payments, ``topup`` for money sent to a rail."""
    return account(f"clearing:{what}", kind=AccountKind.CLEARING, name=f"On its way: {what}")


def bank_account(code: str) -> Account:
    """Money at a bank or a payment service; moved only by matched statement lines."""
    return account(f"bank:{code}", kind=AccountKind.BANK, name=BANK_NAMES.get(code, code))


def fees_account(rail: str) -> Account:
    """Fees that a rail takes."""
    return account(f"fees:{rail}", kind=AccountKind.FEES, name=f"Fees of {rail}")


def suspense_account() -> Account:
    """Money not explained yet."""
    return account("suspense:main", kind=AccountKind.SUSPENSE, name="Not explained yet")


def funding_account(source: str) -> Account:
    """Where the council's own money comes from when it is paid into the care bank account."""
    return account(
        f"authority:{source}", kind=AccountKind.AUTHORITY, name=f"Council money: {source}"
    )


def statement_account(code: str) -> StatementAccount:
    """``bank`` or ``stripe``: the account whose statements are read."""
    ledger = bank_account("main" if code == "bank" else code)
    found, _ = StatementAccount.objects.get_or_create(
        code=code,
        defaults={"name": BANK_NAMES["main" if code == "bank" else code], "ledger_account": ledger},
    )
    return found
