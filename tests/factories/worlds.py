"""factory-boy factories that build legal worlds: everything goes through the services.

``CaseFactory(stage="agreed")`` walks an invented person to that stage; ``InvoiceFactory(state="approved")``
has an agreement, money held in the budget, and the person's yes behind it.
"""

from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import factory

from carebudget import clock
from carebudget.desks.seeding.cases import (
    STAGES,
    Staff,
    agree,
    answers_for,
    decide_as_proposed,
    write_plan,
)
from carebudget.people.models import Person, Role, Team, User
from carebudget.people.services import give_role, invite_person, invite_representative
from payments import services as money
from payments.models import Invoice, PayoutAccount, PayoutState, ServiceAgreement
from plans import services as plans
from plans.models import Case, SupportPlan
from providers import services as providing
from providers.models import REQUIRED_CHECKS, Provider

PASSWORD = "a-long-and-rainy-password"


class UserFactory(factory.django.DjangoModelFactory):
    """Somebody who signs in. ``UserFactory(role="worker", team=...)``."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    full_name = factory.Sequence(lambda n: f"Invented Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@tests.example")

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> User:
        role, team = kwargs.pop("role", None), kwargs.pop("team", None)
        user = User.objects.create_user(kwargs.pop("email"), PASSWORD, **kwargs)
        if role:
            give_role(user=user, role=Role(role), team=team)
        return user


def crew(n: int = 0) -> Staff:
    """A worker and a manager of one team, and a panel member; made once a database."""
    team, _ = Team.objects.get_or_create(name=f"Test team {n}")

    def one(role: str, of_team: Team | None) -> User:
        email = f"{role}{n}@council.example"
        found = User.objects.filter(email=email).first()
        return found or UserFactory(
            email=email, full_name=f"The {role} {n}", role=role, team=of_team
        )

    return Staff(worker=one("worker", team), manager=one("manager", team), panel=one("panel", None))


def finance() -> tuple[User, User]:
    """A finance officer (maker) and a finance manager (checker); made once a database."""
    officer = User.objects.filter(email="officer@council.example").first()
    manager = User.objects.filter(email="checker@council.example").first()
    return (
        officer
        or UserFactory(
            email="officer@council.example", full_name="The officer", role="finance_officer"
        ),
        manager
        or UserFactory(
            email="checker@council.example", full_name="The checker", role="finance_manager"
        ),
    )


class ProviderFactory(factory.Factory):
    """A checked provider with one member and a rate. ``approved=False`` leaves the checks open;
    ``payable=True`` opens an account at the sandbox and completes it."""

    class Meta:
        model = Provider

    name = factory.Sequence(lambda n: f"Provider {n}")
    kind = "agency"
    rate_pence = 2000
    unit = "hour"
    approved = True
    payable = False

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Provider:
        by = crew().worker
        officer, _ = finance()
        slug = kwargs["name"].lower().replace(" ", "")
        provider = providing.register_provider(
            name=kwargs["name"], kind=kwargs["kind"], email=f"office@{slug}.example", by=by
        )
        providing.add_rate(
            provider=provider,
            description="Support",
            unit=kwargs["unit"],
            rate_pence=kwargs["rate_pence"],
            by=by,
        )
        user, _ = providing.invite_member(
            provider=provider,
            email=f"member@{slug}.example",
            full_name=f"Member of {kwargs['name']}",
            by=by,
        )
        user.set_password(PASSWORD)
        user.save()
        if kwargs["approved"]:
            for kind in REQUIRED_CHECKS[provider.kind]:
                providing.record_check(provider=provider, kind=kind, outcome="passed", by=by)
            provider = providing.approve_provider(provider=provider, by=officer)
        if kwargs["payable"]:
            make_payable(provider)
        return provider


def make_payable(provider: Provider) -> PayoutAccount:
    """Open and complete the provider's account at the sandbox that the settings name."""
    from carebudget.desks.seeding.stand_in import sandbox

    account = money.open_payout_account(provider=provider, by=member_of(provider))
    sandbox(f"accounts/{account.external_id}/complete_onboarding", {})
    account = money.look_at_payout_account(account=account)
    assert account.state == PayoutState.READY
    return account


def member_of(provider: Provider) -> User:
    """Somebody who speaks for the provider."""
    return money.members_of(provider)[0]


class CaseFactory(factory.Factory):
    """A case walked to ``stage`` (see ``STAGES``). ``helper=True`` adds a daughter who helps."""

    class Meta:
        model = Case

    full_name = factory.Sequence(lambda n: f"Client Number {n}")
    stage = "referred"
    level = "middle"
    pack = "adult-social-care"
    helper = False
    providers: Any = ()
    n = 0

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Case:
        staff = crew(kwargs["n"])
        plans.load_packs()
        slug = kwargs["full_name"].lower().replace(" ", ".")
        case = plans.refer_person(
            full_name=kwargs["full_name"],
            date_of_birth=clock.today().replace(year=1950, day=1),
            pack=plans.current_pack(kwargs["pack"]),
            source="worker",
            reason="The stairs have become too much.",
            by=staff.worker,
            email=f"{slug}@people.example",
        )
        invite_person(person=case.person, by=staff.worker)
        person = Person.objects.get(pk=case.person_id)
        assert person.user is not None
        person.user.set_password(PASSWORD)
        person.user.save()
        if kwargs["helper"]:
            invite_representative(
                person=person,
                email=f"daughter.{slug}@people.example",
                full_name=f"Daughter of {kwargs['full_name']}",
                relationship="daughter",
                by=staff.worker,
            )
            helper = User.objects.get(email=f"daughter.{slug}@people.example")
            helper.set_password(PASSWORD)
            helper.save()
        _walk(case, kwargs["stage"], staff, kwargs["level"], list(kwargs["providers"]))
        return Case.objects.select_related("person__user", "pack", "worker", "team").get(pk=case.pk)


def client_of(case: Case) -> User:
    """The person's own sign-in."""
    user = case.person.user
    assert user is not None
    return user


def _walk(case: Case, stage: str, staff: Staff, level: str, providers: list[Provider]) -> None:
    goal = STAGES.index(stage)
    if goal == 0:
        return
    case = Case.objects.select_related("person__user", "pack", "worker", "team").get(pk=case.pk)
    client, rng = client_of(case), Random(3)
    assessment = plans.start_assessment(case=case, by=staff.worker)
    if stage == "assessing":
        return
    answers = answers_for(case, rng, level=level, eligible=stage != "not_eligible")
    plans.save_answers(assessment=assessment, values=answers, by=client)
    assessment = plans.submit_assessment(assessment=assessment, by=client)
    if stage == "submitted":
        return
    assessment = plans.verify_assessment(
        assessment=assessment, corrections={}, note="Talked through.", by=staff.worker
    )
    if stage == "verified":
        return
    decide_as_proposed(assessment, staff.worker)
    if stage in ("not_eligible", "eligible"):
        return
    plans.confirm_budget(budget=case.budgets.get(state="calculated"), by=staff.worker)
    if stage == "budgeted":
        return
    plan = plans.start_plan(case=case, by=client)
    chosen = providers or [ProviderFactory()]
    starts = clock.today() - timedelta(days=60)
    write_plan(plan, rng, chosen, client, share=Decimal("0.8"), starts_on=starts)
    if stage == "planning":
        return
    plan = plans.submit_plan(plan=plan, by=client)
    if stage == "awaiting_agreement":
        return
    if stage == "returned":
        plans.return_plan(plan=plan, comment="Say who comes at weekends.", by=staff.worker)
        return
    if stage == "escalated":
        plans.escalate_plan(plan=plan, reason="I recommend it.", by=staff.worker)
        return
    plan = agree(plan, staff)
    if stage == "agreed":
        return
    for agreement in money.offer_agreements(plan=plan, by=client):
        money.accept_agreement(agreement=agreement, by=member_of(agreement.provider))


class PlanFactory(factory.Factory):
    """A plan in the making, or ``agreed=True``."""

    class Meta:
        model = SupportPlan

    agreed = False
    level = "low"
    providers: Any = ()

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> SupportPlan:
        case = CaseFactory(
            stage="agreed" if kwargs["agreed"] else "planning",
            level=kwargs["level"],
            providers=kwargs["providers"],
        )
        return case.plans.select_related("case__person__user", "case__worker", "case__pack").get()


class AgreementFactory(factory.Factory):
    """A running service agreement."""

    class Meta:
        model = ServiceAgreement

    provider: Any = None
    payable = False
    level = "low"

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> ServiceAgreement:
        provider = kwargs["provider"] or ProviderFactory(payable=kwargs["payable"])
        case = CaseFactory(stage="live", level=kwargs["level"], providers=[provider])
        return case.agreements.select_related("provider", "case__person__user", "plan").get()


class InvoiceFactory(factory.Factory):
    """An invoice: ``received``, ``confirmed``, ``approved`` or ``rejected``."""

    class Meta:
        model = Invoice

    agreement: Any = None
    payable = False
    state = "received"
    number = factory.Sequence(lambda n: f"INV-{n}")
    quantity = Decimal("1")

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Invoice:
        agreement = kwargs["agreement"] or AgreementFactory(payable=kwargs["payable"])
        # Each for another day, so that none looks like the one before over again.
        day = clock.today() - timedelta(days=7 + agreement.invoices.count() % 50)
        invoice = money.send_invoice(
            agreement=agreement,
            number=kwargs["number"],
            period_from=day,
            period_to=day,
            lines=[
                money.InvoiceLineDraft(day, "Support", kwargs["quantity"], agreement.rate_pence)
            ],
            by=member_of(agreement.provider),
        )
        officer, _ = finance()
        if kwargs["state"] == "rejected":
            return money.reject_invoice(invoice=invoice, reason="Not ours.", by=officer)
        if kwargs["state"] in ("confirmed", "approved"):
            invoice = money.confirm_invoice(invoice=invoice, by=client_of(agreement.case))
        if kwargs["state"] == "approved":
            invoice = money.approve_invoice(invoice=invoice, by=officer)
        return invoice


def approved_run(count: int = 1) -> Any:
    """An approved run of ``count`` invoices, nothing sent yet. Needs the sandbox."""
    agreement = AgreementFactory(payable=True)
    for _ in range(count):
        InvoiceFactory(agreement=agreement, state="approved")
    officer, checker = finance()
    run = money.make_run(by=officer)
    money.submit_run(run=run, by=officer)
    return money.approve_run(run=run, reason="Checked.", by=checker)
