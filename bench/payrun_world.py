"""The council of the run benchmark: one case made through the services, then many like it, by SQL.

Everything that a run reads is there as in life: providers with confirmed accounts, people with their cases,
agreements, approved invoices with entries behind them. Each world has a team of its own, so that a
database that was used before does no harm.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from carebudget.ids import new_reference
from carebudget.people.models import Team, User
from payments.models import (
    Account,
    AccountKind,
    Invoice,
    PayeeAccount,
    PayoutAccount,
    ServiceAgreement,
)
from payments.payees.sealing import fingerprints, seal_details
from payments.rules.payee_details import details_from
from payments.services import ledger
from payments.services.accounts import funding_account, payable_account
from plans.models import Case
from providers.models import Provider
from tests.factories.worlds import CaseFactory, InvoiceFactory, ProviderFactory, finance

INVOICES_A_CASE = 20
CASES_A_PROVIDER = 10
PENCE = 2_000


@dataclass(frozen=True)
class World:
    """Who pays, and the team whose invoices are due."""

    officer: User
    manager: User
    colleague: User
    team: str
    invoices: int


def a_world(invoices: int) -> World:
    """So many approved invoices of one new team, rounded up to whole cases and providers."""
    officer, manager = finance()
    mark = secrets.token_hex(4)
    cases = -(-invoices // INVOICES_A_CASE)
    with transaction.atomic():
        team = Team.objects.create(name=f"Bench {mark}")
        provider = ProviderFactory(name=f"Bench provider {mark}")
        case = CaseFactory(stage="live", providers=[provider], full_name=f"Bench person {mark}")
        agreement = case.agreements.get()
        invoice = InvoiceFactory(agreement=agreement, state="approved")
        providers = _providers(provider, -(-cases // CASES_A_PROVIDER), officer, manager)
        _cases(case, agreement, team, providers, cases)
        _invoices(invoice.pk, team, invoices)
        _what_is_owed(team, officer)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    colleague = User.objects.filter(email="bench.colleague@council.example").first()
    if colleague is None:
        colleague = User.objects.create_user(
            "bench.colleague@council.example", secrets.token_hex(16), full_name="The colleague"
        )
        colleague.role_holdings.create(role="finance_officer")
    return World(officer, manager, colleague, team.name, invoices)


def clone(table: str, pk: int, count: int, **changed: str) -> list[int]:
    """``count`` more rows like one, with SQL for the columns that differ; ``n`` counts from one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name = %s AND column_name <> 'id'",
            [table],
        )
        columns = [row[0] for row in cursor.fetchall()]
        names = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join(changed.get(name, f't."{name}"') for name in columns)
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t, "
            "generate_series(1, %s) n WHERE t.id = %s RETURNING id",
            [count, pk],
        )
        return [row[0] for row in cursor.fetchall()]


def _code(kind: str) -> str:
    """SQL for a reference that no other row has: eight signs of a random UUID."""
    return f"'{kind}-' || upper(substr(replace(gen_random_uuid()::text, '-', ''), 1, 8))"


def _providers(first: Provider, count: int, officer: User, manager: User) -> list[int]:
    ids = clone(
        "providers_provider",
        first.pk,
        count,
        public_id="gen_random_uuid()",
        reference=_code("PRV"),
        name="t.name || ' ' || n",
    )
    rows = list(Provider.objects.filter(pk__in=ids).order_by("pk"))
    details = details_from("uk", {"sort_code": "08-99-99", "account_number": "66374958"})
    Account.objects.bulk_create(
        Account(
            code=f"payable:{one.reference}", kind=AccountKind.PAYABLE, name="Owed", provider=one
        )
        for one in rows
    )
    PayoutAccount.objects.bulk_create(
        PayoutAccount(provider=one, external_id=f"acct_{one.reference}", state="ready")
        for one in rows
    )
    PayeeAccount.objects.bulk_create(
        _payee(one, details, officer, manager, new_reference("PYE", 8)) for one in rows
    )
    return [one.pk for one in rows]


def _payee(
    provider: Provider, details: Any, officer: User, manager: User, reference: str
) -> PayeeAccount:
    return PayeeAccount(
        reference=reference,
        provider=provider,
        kind="uk",
        name=provider.name[:18],
        fingerprint=fingerprints(details)[0],
        last4=details.last4,
        state="confirmed",
        modulus="not_asked",
        sealed=seal_details(details, reference=reference),
        proposed_by=officer,
        decided_by=manager,
        contact_kind="visit",
        decision_words="Met them.",
    )


def _cases(
    case: Case, agreement: ServiceAgreement, team: Team, providers: Sequence[int], count: int
) -> None:
    people = clone(
        "people_person",
        case.person_id,
        count,
        public_id="gen_random_uuid()",
        reference=_code("PSN"),
        user_id="NULL",
    )
    cases = clone(
        "plans_case",
        case.pk,
        count,
        public_id="gen_random_uuid()",
        reference=_code("CAS"),
        team_id=str(team.pk),
        person_id=f"(ARRAY{people}::bigint[])[n]",
    )
    clone(
        "payments_serviceagreement",
        agreement.pk,
        count,
        public_id="gen_random_uuid()",
        reference=_code("AGR"),
        case_id=f"(ARRAY{cases}::bigint[])[n]",
        provider_id=f"(ARRAY{list(providers)}::bigint[])[1 + mod(n, {len(providers)})]",
        state="'ended'",
        limit_pence="100000000",
    )


def _invoices(template: int, team: Team, count: int) -> None:
    """Twenty for each case: the same price, week after week, which is no duplicate."""
    agreements = list(
        ServiceAgreement.objects.filter(case__team=team)
        .order_by("pk")
        .values_list("pk", "case_id", "provider_id")
    )
    place = f"[1 + (n - 1) / {INVOICES_A_CASE}]"
    week = f"7 * mod(n - 1, {INVOICES_A_CASE})"
    clone(
        "payments_invoice",
        template,
        count,
        public_id="gen_random_uuid()",
        reference=_code("INV"),
        agreement_id=f"(ARRAY{[one[0] for one in agreements]}::bigint[]){place}",
        case_id=f"(ARRAY{[one[1] for one in agreements]}::bigint[]){place}",
        provider_id=f"(ARRAY{[one[2] for one in agreements]}::bigint[]){place}",
        number="'B-' || n",
        number_key="'B' || n",
        period_from=f"t.period_from - {week}",
        period_to=f"t.period_to - {week}",
        total_pence=str(PENCE),
        hold_id="NULL",
    )


def _what_is_owed(team: Team, officer: User) -> None:
    """An entry for each invoice, as its approval makes one; the money is the benchmark's, not a budget's."""
    council = funding_account("bench")
    owed = Invoice.objects.filter(case__team=team, entry_id=_entry_of_the_first(team))
    payable = {one.pk: payable_account(one) for one in Provider.objects.filter(invoices__in=owed)}
    ledger.post_entries(
        [
            ledger.EntryDraft(
                key=f"invoice-approved:{reference}",
                event="invoice.approved",
                description="Owed for the benchmark",
                legs=[(council, pence), (payable[provider], -pence)],
                subject=f"invoice:{reference}",
            )
            for reference, provider, pence in owed.values_list(
                "reference", "provider_id", "total_pence"
            )
        ],
        by=officer,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE payments_invoice i SET entry_id = e.id FROM payments_entry e, plans_case c "
            "WHERE e.key = 'invoice-approved:' || i.reference AND c.id = i.case_id AND c.team_id = %s",
            [team.pk],
        )


def _entry_of_the_first(team: Team) -> int | None:
    """The entry that the copies of the first invoice still point at."""
    return Invoice.objects.filter(case__team=team).values_list("entry_id", flat=True).first()
