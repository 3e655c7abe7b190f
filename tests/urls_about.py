"""One of everything that an address can be about, and for each address with an object: which one.

A new address with something in it needs one line in ``ABOUT``; ``test_permissions`` fails until it has one.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.text import slugify
from PIL import Image

from carebudget import clock
from carebudget.audit.models import AuditChain
from carebudget.desks.services import start_proof
from carebudget.ids import uuid7
from carebudget.notify.models import Document, Message
from carebudget.notify.services import send_message
from carebudget.people.models import Team, User
from carebudget.people.services import invite_user
from payments.models import (
    Account,
    ContributionCharge,
    Invoice,
    JournalBatch,
    JournalFile,
    LeftOut,
    Payment,
    PaymentRun,
    Period,
    RailFile,
    ServiceAgreement,
    StatementLine,
    SurplusRecovery,
)
from payments.rules.statements import write_camt053
from payments.selectors.finance_payees import Payee
from payments.services import (
    hold_obligation,
    import_results,
    import_statement,
    journal_file,
    raise_contributions,
    send_surplus_notice,
)
from payments.services.accounts import statement_account
from payments.services.journals import usual_profile
from plans.models import (
    Case,
    Challenge,
    FinancialEvidence,
    PolicyProposal,
    ProgrammePack,
    SupportPlan,
)
from plans.selectors import case_by_reference
from plans.services import (
    attach_evidence,
    decide_lightly,
    propose_policy,
    raise_challenge,
    start_finances,
)
from providers.models import Provider
from tests.factories.worlds import (
    CaseFactory,
    InvoiceFactory,
    ProviderFactory,
    UserFactory,
    approved_run,
    client_of,
    crew,
    finance,
    member_of,
)
from tests.payments.file_world import built, file_run, propose, returns_report
from tests.payments.file_world import sent as submitted
from tests.payments.rules.statement_world import ACCOUNT, line, statement_of
from tests.plans.policy_world import another_table

STAGES = ("referred", "assessing", "submitted", "verified", "eligible", "planning", "awaiting_agreement", "agreed")  # fmt: skip


@dataclass
class World:
    """Cases at every stage, money on its way, and everybody who could want to look."""

    cases: dict[str, Case]
    plan: SupportPlan
    challenge: Challenge
    provider: Provider
    agreement: ServiceAgreement
    invoice: Invoice
    run: PaymentRun
    payment: Payment
    line: StatementLine
    document: Document
    message: Message
    evidence: FinancialEvidence
    proposal: PolicyProposal
    bill: ContributionCharge
    surplus: SurplusRecovery
    journal: JournalBatch
    journal_file: JournalFile
    token: str
    proof: str
    everybody: dict[str, User]


def one_of_everything() -> World:
    """The world, made through the services. Needs the sandbox."""
    provider = ProviderFactory()
    cases = {stage: CaseFactory(stage=stage, helper=True, providers=[provider]) for stage in STAGES}
    untaken = CaseFactory(stage="referred", helper=True)
    Case.objects.filter(pk=untaken.pk).update(worker=None, team=None)
    cases["nobodys"] = case_by_reference(untaken.reference)
    run = approved_run(1)
    payment = run.payments.select_related("invoice__agreement", "provider", "case").get()
    client = client_of(cases["agreed"])
    challenge = raise_challenge(
        case=cases["agreed"], about="budget", words="It is too little.", by=client
    )
    document = Document.objects.create(
        key=str(uuid7()), kind="letter", title="A letter", subject=f"case:{cases['agreed'].reference}",
        content=b"%PDF-1.7", sha256="0" * 64,
    )  # fmt: skip
    auditor = UserFactory(role="auditor", full_name="The auditor")
    return World(
        cases=cases,
        plan=cases["planning"].plans.get(),
        challenge=challenge,
        provider=payment.provider,
        agreement=payment.invoice.agreement,
        invoice=payment.invoice,
        run=run,
        payment=payment,
        line=_statement_line(),
        document=document,
        message=send_message(to=client, key="m", title="A message", body="Read it.", document=document),
        evidence=_evidence(cases["agreed"], client),
        proposal=_proposal(cases["agreed"].pack),
        bill=_bill(payment.invoice),
        surplus=_surplus(cases["agreed"]),
        journal=(journal := _journal()),
        journal_file=_journal_file(journal),
        token=invite_user(user=UserFactory(), by=None)[1],
        proof=start_proof(by=auditor).public_id,
        everybody=_everybody(auditor, provider, payment),
    )  # fmt: skip


def _evidence(of: Case, client: User) -> FinancialEvidence:
    """A photo of a letter, with the questions about money just begun."""
    photo = io.BytesIO()
    Image.new("RGB", (20, 20), "white").save(photo, "PNG")
    photo.seek(0)
    assessment = start_finances(case=of, by=client)
    return attach_evidence(
        assessment=assessment, about="income", file=photo, name="letter.png", by=client
    )


def _proposal(pack: ProgrammePack) -> PolicyProposal:
    return propose_policy(
        pack=pack,
        title="A lower limit",
        reason="The money does not reach.",
        table=another_table(pack, maximum_pence=4_000_000),
        starts_on=clock.today() + timedelta(days=30),
        by=crew().manager,
    )


def _bill(invoice: Invoice) -> ContributionCharge:
    """A bill for support given, looked at some weeks later."""
    case = case_by_reference(invoice.case.reference)
    decide_lightly(
        case=case,
        ground="small",
        effective_on=clock.today(),
        cost_pence=5000,
        contribution_pence=500,
        agreed=True,
        reason="They said so.",
        by=crew().worker,
    )
    with clock.travel(clock.now() + timedelta(days=45)):
        another = InvoiceFactory(agreement=invoice.agreement, number="LATER", state="confirmed")
        assert another.period_from > invoice.period_from
    with clock.travel(clock.now() + timedelta(days=90)):
        raise_contributions()
    return ContributionCharge.objects.select_related("account__ledger_account").get()


def _surplus(of: Case) -> SurplusRecovery:
    """Too much on an account, as somebody would see it who held the budget; told."""
    officer, _ = finance()
    row = SurplusRecovery.objects.create(
        case=of, plan=of.plans.get(), balance_pence=90_000, balance_on=clock.today(),
        annual_pence=52_000, contingency_weeks=8, contingency_pence=8_000, surplus_pence=82_000,
        found_by=officer,
    )  # fmt: skip
    return send_surplus_notice(recovery=row, by=officer)


def _bill_of(w: World) -> Any:
    w.bill.case = w.bill.account.case
    return w.bill


def _journal() -> JournalBatch:
    """The journal of this month, as if the month had been closed."""
    period = Period.objects.create(first_on=clock.today().replace(day=1))
    return JournalBatch.objects.create(period=period, number=1)


def _journal_file(journal: JournalBatch) -> JournalFile:
    return journal_file(batch=journal, profile=usual_profile(), by=finance()[0])


def _statement_line() -> StatementLine:
    account = statement_account("bank")
    account.number = ACCOUNT
    account.save()
    content = write_camt053(statement_of(line(-500, "TOP-7K2QFA"), statement_id="WREN-1"))
    import_statement(account=account, name="bank.xml", content=content, by=finance()[0])
    return StatementLine.objects.get(account=account)


def _everybody(auditor: User, provider: Provider, payment: Payment) -> dict[str, User]:
    """Users by who they are to this world; the persons of a case and their helpers come on top."""
    staff, (officer, checker) = crew(), finance()
    elsewhere = Team.objects.create(name="Another team")
    return {
        "no role": UserFactory(),
        "client of another case": client_of(CaseFactory()),
        "worker": staff.worker,
        "worker of another case": UserFactory(role="worker", team=elsewhere),
        "manager": staff.manager,
        "manager of another team": UserFactory(role="manager", team=elsewhere),
        "panel": staff.panel,
        "finance officer": officer,
        "finance manager": checker,
        "provider": member_of(provider),
        "provider that is paid": member_of(payment.provider) if payment.provider else officer,
        "auditor": auditor,
    }


Entry = Callable[[World], tuple[dict[str, Any], Any]]


def case(stage: str, **within: Any) -> Entry:
    """An address of a case at this stage, with what else is in the address."""
    return lambda w: ({"reference": w.cases[stage].reference, **within}, w.cases[stage])


def kept(name: str) -> Entry:
    """An address with the public id of something in the world."""
    return lambda w: ({"public_id": getattr(w, name).public_id}, getattr(w, name))


def named(name: str) -> Entry:
    """An address with the reference of something in the world."""
    return lambda w: ({"reference": getattr(w, name).reference}, getattr(w, name))


def _paper(w: World) -> tuple[dict[str, Any], Any]:
    reference = w.cases["agreed"].reference
    return {"reference": reference, "public_id": w.evidence.public_id}, w.evidence


def _version(w: World) -> tuple[dict[str, Any], Any]:
    pack = w.cases["agreed"].pack
    return {"key": pack.key, "version": pack.version}, pack


ABOUT: dict[str, Entry] = {
    "account_reset_password_from_key": lambda w: ({"uidb36": "1", "key": "no-key"}, None),
    "people:invitation": lambda w: ({"token": w.token}, None),
    "notify:message": kept("message"),
    "notify:document": kept("document"),
    "desks:case": case("agreed"),
    "desks:case_close": case("agreed"),
    "desks:my_budget": case("agreed"),
    "desks:story": case("agreed"),
    "payments:client_money": case("agreed"),
    "payments:client_invoices": case("agreed"),
    "payments:client_invoice": lambda w: (
        {"reference": w.invoice.case.reference, "invoice": w.invoice.reference},
        w.invoice,
    ),
    "payments:client_owed": case("agreed"),
    "payments:client_surplus": lambda w: (
        {"reference": w.surplus.case.reference, "surplus": w.surplus.reference},
        w.surplus,
    ),
    "payments:surplus": named("surplus"),
    "payments:balance": case("agreed"),
    "payments:client_forecast_csv": case("agreed"),
    "payments:forecast_team": lambda w: _team(w.cases["agreed"]),
    "payments:forecast_team_csv": lambda w: _team(w.cases["agreed"]),
    "payments:client_bill": lambda w: (
        {"reference": w.bill.account.case.reference, "charge": w.bill.reference},
        _bill_of(w),
    ),
    "payments:contribution": lambda w: (
        {"reference": w.bill.account.reference},
        w.bill.account,
    ),
    "payments:support": case("agreed"),
    "payments:support_offer": case("agreed"),
    "payments:support_another": case("agreed", number=1),
    "payments:finance_invoice": named("invoice"),
    "payments:finance_payment": named("payment"),
    "payments:run": named("run"),
    "payments:run_progress": named("run"),
    "payments:run_left_out": named("run"),
    "payments:left_out": lambda w: _given(_left_out(w)),
    "payments:stop": lambda w: _given(
        hold_obligation(about=w.invoice, reason="Look.", by=finance()[0])
    ),
    "payments:file_new": lambda w: _run_by_file(),
    "payments:file": lambda w: _file(),
    "payments:file_take": lambda w: _file(),
    "payments:report": lambda w: _given(_report()),
    "payments:payee": lambda w: _payee(w),
    "payments:payee_new": lambda w: _payee(w),
    "payments:payee_account": lambda w: _payee_account(),
    "payments:run_new_for": named("provider"),
    "payments:line": kept("line"),
    "payments:line_sum": kept("line"),
    "payments:statement": lambda w: (
        {"public_id": w.line.statement.public_id},
        w.line.statement,
    ),
    "payments:ledger_account": lambda w: _account(w.cases["agreed"]),
    "payments:month": lambda w: ({"month": w.journal.period.month}, w.journal.period),
    "payments:journal": named("journal"),
    "payments:journal_download": kept("journal_file"),
    "payments:journal_profile": lambda w: (
        {"reference": w.journal_file.profile.reference},
        w.journal_file.profile,
    ),
    "payments:provider_agreement": named("agreement"),
    "payments:provider_agreement_answered": named("agreement"),
    "payments:provider_invoice_new": named("agreement"),
    "payments:provider_invoice_total": named("agreement"),
    "payments:provider_invoice": named("invoice"),
    "payments:provider_invoice_sent": named("invoice"),
    "payments:provider_invoice_take_back": named("invoice"),
    "providers:provider": named("provider"),
    "providers:approved": named("provider"),
    "providers:change": named("provider"),
    "providers:check": named("provider"),
    "providers:invite": named("provider"),
    "providers:rate": named("provider"),
    "providers:suspend": named("provider"),
    "providers:member": lambda w: (
        {"reference": w.provider.reference, "public_id": w.provider.members.get().user.public_id},
        w.provider,
    ),
    "plans:referred": case("referred"),
    "plans:take": case("nobodys"),
    "plans:case_assign": case("referred"),
    "plans:start": case("referred"),
    "plans:helpers": case("agreed"),
    "plans:questionnaire": case("assessing"),
    "plans:questions_check": case("assessing"),
    "plans:questions_section": lambda w: _section(w.cases["assessing"]),
    "plans:assessment": case("submitted"),
    "plans:decide": case("verified"),
    "plans:decision": case("eligible"),
    "plans:budget": case("planning"),
    "plans:budget_confirm": case("eligible"),
    "plans:plan": case("planning"),
    "plans:plan_criterion": case("planning", criterion="important"),
    "plans:plan_outcome_add": case("planning"),
    "plans:plan_outcome": case("planning", number=1),
    "plans:plan_outcome_remove": case("planning", number=1),
    "plans:plan_support_add": case("planning"),
    "plans:plan_support": case("planning", number=1),
    "plans:plan_support_remove": case("planning", number=1),
    "plans:plan_cost": case("planning"),
    "plans:plan_details": case("planning"),
    "plans:plan_check": case("planning"),
    "plans:plan_comment": case("awaiting_agreement"),
    "plans:plan_document": case("agreed"),
    "plans:plan_review": case("awaiting_agreement"),
    "plans:plan_reviewed": case("awaiting_agreement"),
    "plans:challenge": case("agreed"),
    "plans:challenge_answer": lambda w: (
        {"case_reference": w.challenge.case.reference, "reference": w.challenge.reference},
        w.challenge,
    ),
    "plans:budget_working": case("planning"),
    "plans:paying": case("agreed"),
    "plans:paying_section": case("agreed", section="household"),
    "plans:paying_check": case("agreed"),
    "plans:paying_evidence": case("agreed"),
    "plans:evidence_file": _paper,
    "plans:evidence_remove": _paper,
    "plans:case_paying": case("agreed"),
    "plans:case_paying_decide": case("agreed"),
    "plans:case_paying_done": case("agreed"),
    "plans:case_paying_light": case("agreed"),
    "plans:calculator_section": lambda w: ({"section": "household"}, None),
    "plans:policy_workbench": _version,
    "plans:policy_effect": _version,
    "plans:policy_compare": lambda w: ({"key": "adult-social-care"}, None),
    "plans:policy_proposal": named("proposal"),
    "plans:policy_proposal_change": named("proposal"),
    "plans:policy_proposal_csv": named("proposal"),
    "plans:policy_proposal_json": named("proposal"),
    "desks:audit_chain": lambda w: (
        {"key": w.cases["agreed"].chain},
        AuditChain.objects.get(key=w.cases["agreed"].chain),
    ),
    "desks:audit_proof": lambda w: ({"public_id": w.proof}, None),
    "desks:open_rules": lambda w: ({"key": "adult-social-care"}, None),
}
"""For each address with something in it: what to put there, and what the permission is asked about."""


def _section(of: Case) -> tuple[dict[str, Any], Any]:
    return {"reference": of.reference, "section": of.pack.rules.sections[0].key}, of


def _team(of: Case) -> tuple[dict[str, Any], Any]:
    assert of.team is not None
    return {"team": slugify(of.team.name)}, of.team


def _given(one: Any) -> tuple[dict[str, Any], Any]:
    return {"public_id": one.public_id}, one


def _left_out(w: World) -> LeftOut:
    """As a run keeps it that leaves out what is not to be paid by its maker."""
    return LeftOut.objects.create(
        run=w.run, obligation=f"invoice:{w.invoice.reference}", kind="duplicate", sentence="Alike.",
        words="An invoice", payee=w.provider.name, amount_pence=1, case=w.payment.case,
        provider=w.provider, invoice=w.invoice,
    )  # fmt: skip


def _run_by_file() -> tuple[dict[str, Any], Any]:
    run = file_run(1)
    return {"reference": run.reference}, run


def _file() -> tuple[dict[str, Any], Any]:
    submission = built(file_run(1))
    return {"reference": submission.reference}, submission


def _report() -> RailFile:
    run = file_run(1)
    submitted(run)
    content = returns_report((run.payments.get().reference, 2000, "0"))
    return import_results(rail="bacs", name="r.xml", content=content, by=finance()[0]).file


def _payee(w: World) -> tuple[dict[str, Any], Any]:
    return {"reference": w.provider.reference}, Payee(w.provider, None)


def _payee_account() -> tuple[dict[str, Any], Any]:
    account = propose(ProviderFactory())
    return {"reference": account.reference}, account


def _account(of: Case) -> tuple[dict[str, Any], Any]:
    """An account of the case, so that finance's own family is asked about as well."""
    account = Account.objects.filter(case=of).order_by("code")[0]
    return {"code": account.code}, account
