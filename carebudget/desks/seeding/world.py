"""The whole of Wrenbury: staff, providers, people at every stage, three months of money.

Everything goes through the services, so the seeded world is a legal one: its ledger and record verify.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from carebudget import clock
from carebudget.audit.services import sign_checkpoint
from carebudget.people.models import Person, User
from carebudget.people.services import invite_person, invite_representative
from payments import services as money
from plans import services as plans
from plans.models import Case, Challenge, ProgrammePack
from providers import services as providing
from providers.models import REQUIRED_CHECKS, Provider

from .cases import STAGES, Staff, agree, answers_for, decide_as_proposed, on, write_plan
from .money import Money
from .names import FIRST, LAST, PROVIDERS, REASONS
from .owed import see_surplus
from .people import add_staff, let_in
from .stand_in import sandbox

Say = Callable[[str], None]
MONTHS_OF_MONEY = 3


class World:
    """Builds Wrenbury. ``people`` is how many persons; ``seed`` makes it the same every time."""

    def __init__(self, *, people: int, seed: int = 7, say: Say = print) -> None:
        self.people, self.rng, self.say = people, Random(seed), say
        self.today = clock.today()
        self.pack: ProgrammePack
        self.providers: list[Provider] = []
        self.live: list[Case] = []
        self.clients: dict[int, User] = {}

    def build(self) -> None:
        """Everything, in the order of the story."""
        plans.load_packs()
        self.pack = plans.current_pack("adult-social-care")
        self.carers = plans.current_pack("carers")
        self.staff = add_staff()
        self.say("staff and programmes are there")
        self.add_providers()
        self.say(f"{len(self.providers)} providers are checked and can be paid")
        self.add_people()
        self.say(f"{Case.objects.count()} people are on their way")
        seeded = Money(self.staff, self.clients, today=self.today, say=self.say)
        seeded.three_months()
        seeded.owed.lately()
        see_surplus(self)
        sign_checkpoint()

    # -- providers ---------------------------------------------------------------------------

    def add_providers(self) -> None:
        """Every provider is checked; most are approved and can be paid."""
        finance, worker = self.staff["grace"], self.staff["samira"]
        with on(self.today - timedelta(days=200)):
            for n, (name, kind, words, rate, unit) in enumerate(PROVIDERS):
                slug = name.lower().replace(" ", "")
                provider = providing.register_provider(
                    name=name, kind=kind, email=f"office@{slug}.example", description=words, by=worker,
                    phone=f"01632 960 {200 + n}", postcode=f"WR{n % 9 + 1} {n % 8 + 1}AB",
                )  # fmt: skip
                providing.add_rate(
                    provider=provider,
                    description=words.split(".")[0].split(";")[0].split(":")[0],
                    unit=unit,
                    rate_pence=rate,
                    by=worker,
                )
                for check in REQUIRED_CHECKS[kind][: None if n < 23 else 1]:
                    providing.record_check(
                        provider=provider, kind=check, outcome="passed", by=worker,
                        note="Seen and copied", expires_on=self.today + timedelta(days=300) if check in ("insurance", "dbs") else None,
                    )  # fmt: skip
                if n < 23:
                    provider = providing.approve_provider(provider=provider, by=finance)
                email = "lena@brightside.example" if n == 0 else f"manager@{slug}.example"
                who = (
                    "Lena Brandt"
                    if n == 0
                    else (name if kind == "assistant" else f"Manager of {name}")
                )
                user, _ = providing.invite_member(
                    provider=provider, email=email, full_name=who, by=worker
                )
                let_in(user)
                if n < 22:
                    self.set_up_payout(provider, user)
                if provider.is_approved and n < 22:
                    self.providers.append(provider)

    def set_up_payout(self, provider: Provider, user: User) -> None:
        """What the provider does on the payment service's own page, scripted."""
        account = money.open_payout_account(provider=provider, by=user)
        sandbox(f"accounts/{account.external_id}/complete_onboarding", {})
        money.look_at_payout_account(account=account)

    # -- people ------------------------------------------------------------------------------

    def add_people(self) -> None:
        """Margaret first, then as many others as were asked for, spread over the stages."""
        self.add_margaret()
        order = [stage for stage in STAGES for _ in range(1)]
        live = max(1, (self.people - 1) * 45 // 100)
        targets = ["live"] * live + [
            order[n % (len(order) - 1)] for n in range(max(0, self.people - 1 - live))
        ]
        for n, target in enumerate(targets):
            self.add_person(n, target)
            if (n + 1) % 10 == 0:
                self.say(f"{n + 1} of {len(targets)} people")

    def crew(self, n: int) -> Staff:
        """Every other case is in the other team."""
        north = n % 2 == 0
        return Staff(
            worker=self.staff["samira" if north else "tom"],
            manager=self.staff["david" if north else "joan"],
            panel=self.staff["peter"],
        )

    def add_person(self, n: int, target: str) -> None:
        """One invented person, walked to the stage wanted."""
        first, last = FIRST[n % len(FIRST)], LAST[(n * 7 + n // len(LAST)) % len(LAST)]
        crew = self.crew(n)
        started = self.today - timedelta(
            days=170 + n % 20 if target == "live" else 12 + STAGES.index(target) * 6 + n % 5
        )
        pack = self.carers if n % 9 == 4 else self.pack
        with on(started):
            case = plans.refer_person(
                full_name=f"{first} {last}", date_of_birth=date(1932 + (n * 3) % 68, n % 12 + 1, n % 27 + 1), pack=pack,
                source=("worker", "health", "family")[n % 3], reason=self.rng.choice(REASONS), by=crew.worker,
                email=f"{first}.{last}{n}@people.example".lower(), phone=f"01632 960 {300 + n % 600}",
            )  # fmt: skip
            if target == "referred":
                return
            invite_person(person=case.person, by=crew.worker)
            self.clients[case.pk] = let_in(self.user_of(case))
        self.walk(case, target, crew, started, level=("low", "middle", "high")[n % 3])

    def user_of(self, case: Case) -> User:
        """The person's own sign-in, once they are invited."""
        return User.objects.get(person=case.person_id)

    def walk(
        self,
        case: Case,
        target: str,
        crew: Staff,
        started: date,
        *,
        level: str,
        chosen: list[Provider] | None = None,
    ) -> None:
        """From the first question to the stage wanted, a few days at a time."""
        client = self.clients[case.pk]
        case = Case.objects.select_related("person__user", "pack", "worker").get(pk=case.pk)
        with on(started + timedelta(days=2)):
            assessment = plans.start_assessment(case=case, by=crew.worker)
            answers = answers_for(case, self.rng, level=level, eligible=target != "not_eligible")
            if target == "assessing":
                answers = dict(list(answers.items())[: len(answers) // 2])
            plans.save_answers(assessment=assessment, values=answers, by=client)
        if target == "assessing":
            return
        with on(started + timedelta(days=6)):
            assessment = plans.submit_assessment(assessment=assessment, by=client)
        if target == "submitted":
            return
        with on(started + timedelta(days=11)):
            assessment = plans.verify_assessment(
                assessment=assessment,
                corrections={},
                note="Talked through at home.",
                by=crew.worker,
            )
        if target == "verified":
            return
        with on(started + timedelta(days=13)):
            decide_as_proposed(assessment, crew.worker)
        if target == "not_eligible":
            self.challenge_sometimes(case, client, started + timedelta(days=20))
        if target in ("not_eligible", "eligible"):
            return
        with on(started + timedelta(days=15)):
            plans.confirm_budget(budget=case.budgets.get(state="calculated"), by=crew.worker)
        if target == "budgeted":
            return
        self.plan_and_agree(case, target, crew, started, chosen or self.providers)

    def challenge_sometimes(self, case: Case, client: User, day: date) -> None:
        """The first who is told no asks for another look."""
        if not Challenge.objects.exists() and day <= self.today:
            with on(day):
                plans.raise_challenge(
                    case=case,
                    about="eligibility",
                    words="You saw me on a good day. On most days I cannot get down the stairs.",
                    by=client,
                )

    def plan_and_agree(
        self, case: Case, target: str, crew: Staff, started: date, chosen: list[Provider]
    ) -> None:
        """The plan: written, sent, returned or agreed, and support set up."""
        client = self.clients[case.pk]
        with on(started + timedelta(days=17)):
            plan = plans.start_plan(case=case, by=client)
            starts = (started + timedelta(days=45)).replace(day=1)
            write_plan(plan, self.rng, chosen, client, share=Decimal("0.9"), starts_on=starts)
        if target == "planning":
            return
        with on(started + timedelta(days=25)):
            plan = plans.submit_plan(plan=plan, by=client)
        if target == "awaiting_agreement":
            return
        with on(started + timedelta(days=29)):
            if target == "returned":
                plans.return_plan(
                    plan=plan,
                    comment="Please say who comes when your carer is on holiday.",
                    by=crew.worker,
                )
                return
            if target == "escalated":
                plans.escalate_plan(
                    plan=plan, reason="I recommend it: it is the person’s own.", by=crew.worker
                )
                return
            plan = agree(plan, crew)
            plans.plan_document(plan=plan)
            if target == "agreed":
                if len(self.live) % 2 == 0:
                    money.offer_agreements(plan=plan, by=client)
                return
        self.set_up_support(case, client, started + timedelta(days=32))
        self.live.append(case)

    def set_up_support(self, case: Case, client: User, day: date) -> None:
        """The person offers the work, and every provider says yes."""
        with on(day):
            plan = case.plans.get(state__in=["agreed", "active"])
            assert plan.starts_on is not None
            for agreement in money.offer_agreements(plan=plan, by=client):
                money.accept_agreement(
                    agreement=agreement, by=money.members_of(agreement.provider)[0]
                )
        with on(max(day, plan.starts_on)):
            money.start_agreements_due()

    def add_margaret(self) -> None:
        """Margaret Ashdown, whose daughter Ruth helps her: the story of the demo."""
        crew = self.crew(0)
        started = self.today - timedelta(days=178)
        with on(started):
            case = plans.refer_person(
                full_name="Margaret Ashdown", preferred_name="Margaret", date_of_birth=date(1946, 4, 9), pack=self.pack,
                source="family", reason=REASONS[0], by=crew.worker, email="margaret@wrenbury.example",
                phone="01632 960 299", address="4 Willow Terrace, Wrenbury",
            )  # fmt: skip
            invite_person(person=case.person, by=crew.worker)
            self.clients[case.pk] = let_in(self.user_of(case))
            invite_representative(
                person=Person.objects.get(pk=case.person_id),
                email="ruth@wrenbury.example",
                full_name="Ruth Ashdown",
                relationship="daughter",
                by=crew.worker,
            )
            let_in(User.objects.get(email="ruth@wrenbury.example"))
        named = {provider.name: provider for provider in self.providers}
        chosen = [named["Brightside Home Care"], named["Meadow Day Centre"]]
        self.walk(case, "live", crew, started, level="high", chosen=chosen)
