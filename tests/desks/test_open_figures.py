"""The open figures: right to the working day, the same for everybody, and never about one person."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from statistics import quantiles
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carebudget import clock
from carebudget.desks.selectors import open_figures as figures
from carebudget.workdays import working_days_between
from payments.models import Invoice, Payment, PaymentState
from payments.services import send_due
from plans.models import AgreementDecision, Case, ProgrammePack, Stage, StageVisit
from plans.services import load_packs
from tests.desks.audit_world import spaced
from tests.factories.worlds import CaseFactory, approved_run

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 15, 12, 0, tzinfo=clock.LONDON)
"""A Monday."""


@pytest.fixture
def case() -> Case:
    return CaseFactory(stage="referred")


def visit(
    case: Case, entered: datetime, left: datetime | None, stage: Stage = Stage.PLANNING
) -> None:
    StageVisit.objects.create(case=case, stage=stage, entered_at=entered, left_at=left)


def day(year: int, month: int, day_: int, hour: int = 10) -> datetime:
    return datetime(year, month, day_, hour, 0, tzinfo=clock.LONDON)


def of_stage(label: Stage) -> figures.Duration:
    with clock.travel(NOON):
        return next(row for row in figures.stage_durations() if row.label == str(label.label))


def five_visits(case: Case, *spans: tuple[datetime, datetime]) -> None:
    for n in range(5):
        visit(case, *spans[n % len(spans)])


def test_anybody_may_look_without_signing_in(client: Client, case: Case):
    page = client.get("/open-figures/")
    assert page.status_code == 200
    assert "Open figures" in spaced(page)
    assert 'href="/open-figures/"' in client.get("/").content.decode()
    assert client.post("/open-figures/").status_code == 405


def test_weekends_and_bank_holidays_are_no_working_days(case: Case):
    """From Thursday before Easter 2026 to the Wednesday after: Tuesday and Wednesday count."""
    five_visits(case, (day(2026, 4, 2), day(2026, 4, 8)))
    found = of_stage(Stage.PLANNING)
    assert (found.count, found.median) == (5, 2)
    assert working_days_between(date(2026, 4, 2), date(2026, 4, 8)) == 2


def test_a_day_ends_at_midnight_in_london(case: Case):
    """Half past eleven on Tuesday evening in UTC is Wednesday in London in summer."""
    entered = datetime(2026, 6, 9, 23, 30, tzinfo=UTC)
    five_visits(case, (entered, datetime(2026, 6, 10, 9, 0, tzinfo=UTC)))
    assert of_stage(Stage.PLANNING).median == 0
    assert of_stage(Stage.PLANNING).median_words == "same day"


def test_median_and_longest_tenth_are_those_of_all_visits(case: Case):
    """The database's figures against Python's own, over a made-up year."""
    random, days = Random(4), []
    for _ in range(60):
        start = date(2025, 7, 1) + timedelta(days=random.randrange(280))
        end = start + timedelta(days=random.randrange(60))
        visit(case, day(start.year, start.month, start.day), day(end.year, end.month, end.day, 16))
        days.append(working_days_between(start, end))
    tenths = quantiles(days, n=10, method="inclusive")
    found = of_stage(Stage.PLANNING)
    assert found.count == 60
    assert found.median == int(tenths[4] + 0.5)
    assert found.longest_tenth == int(tenths[8] + 0.5)


def test_only_visits_that_ended_in_the_last_twelve_months_count(case: Case):
    five_visits(case, (day(2026, 6, 1), day(2026, 6, 3)))
    five_visits(case, (day(2024, 6, 3), day(2025, 6, 2)))
    five_visits(case, (day(2026, 6, 1), day(2026, 7, 1)))
    found = of_stage(Stage.PLANNING)
    assert (found.count, found.median) == (5, 2)


def test_somebody_who_waited_longer_than_the_calendar_reaches_is_counted_from_its_first_day(
    case: Case,
):
    five_visits(case, (day(2009, 1, 5), day(2026, 6, 1)))
    found = of_stage(Stage.PLANNING)
    assert found.count == 5
    assert found.median is not None
    assert found.median > 250 * (figures.YEARS_COUNTED - 1)


@pytest.mark.parametrize(
    ("count", "shown", "tenth"), [(0, None, False), (4, None, False), (5, 5, False), (9, 9, False), (10, 10, True)]
)  # fmt: skip
def test_small_numbers_are_never_given(case: Case, count: int, shown: int | None, tenth: bool):
    for _ in range(count):
        visit(case, day(2026, 6, 1), day(2026, 6, 3))
    found = of_stage(Stage.PLANNING)
    assert found.count == shown
    assert (found.median is None) == (shown is None)
    assert (found.longest_tenth is not None) == tenth
    assert found.count_words == ("fewer than 5" if shown is None else str(shown))


def test_a_small_number_is_written_in_words_and_is_nowhere_on_the_page(client: Client, case: Case):
    for _ in range(3):
        visit(case, day(2026, 6, 1), day(2026, 6, 3))
    with clock.travel(NOON):
        page = client.get("/open-figures/")
    said = spaced(page)
    assert "Making your plan fewer than 5 too few to say too few to say 10 to 20" in said
    assert page.context["stage_bars"][4] == {
        "label": "Making your plan", "width": None, "longer": None, "words": "too few to say",
    }  # fmt: skip
    assert "in all" not in said
    assert "ogether" not in said.split("How we count")[0]


def test_pictures_are_drawn_from_the_same_figures(client: Client, case: Case):
    for n in range(10):
        visit(case, day(2026, 6, 1), day(2026, 6, 2 + n // 5))
    with clock.travel(NOON):
        page = client.get("/open-figures/")
    bar = page.context["stage_bars"][4]
    row = page.context["stages"][4]
    assert (row.median, row.longest_tenth) == (2, 2)
    assert bar["width"] == bar["longer"] == 40.0
    assert 'class="cb-barlist__bar" x="0" y="0" width="40.0"' in page.content.decode()
    assert "half within 2 working days, nine in ten within 2 working days" in bar["words"]


def test_people_are_counted_where_they_are(db: None):
    for _ in range(5):
        CaseFactory(stage="referred")
    CaseFactory(stage="not_eligible")
    rows = {row.label: row for row in figures.people_by_stage()}
    assert rows["Asked for help"].count == 5
    assert rows["Making your plan"].count is None
    assert rows["Making your plan"].count_words == "fewer than 5"
    assert "No budget this time" not in rows
    assert "Closed" not in rows


def test_decisions_on_plans_are_counted_by_what_came_of_them(db: None):
    plan = CaseFactory(stage="escalated").plans.get()
    first = plan.decisions.exclude(decided_by=None).get()
    AgreementDecision.objects.filter(plan=plan, state="pending").delete()
    for state, count in (("agreed", 6), ("returned", 3), ("escalated", 4)):
        for _ in range(count):
            AgreementDecision.objects.create(
                plan=plan, level="worker", state=state, decided_by=first.decided_by,
                decided_at=clock.now() - timedelta(days=3), reason="So.",
            )  # fmt: skip
    AgreementDecision.objects.create(
        plan=plan, level="worker", state="agreed", decided_by=first.decided_by,
        decided_at=clock.now() - timedelta(days=400), reason="Long ago.",
    )  # fmt: skip
    rows = {row.label: row.count for row in figures.decisions_on_plans()}
    assert rows["Agreed"] == 6
    assert rows["Returned, with what should change"] is None
    assert rows["Passed up to somebody more senior"] == 5


# -- invoices --------------------------------------------------------------------------------


@pytest.fixture
def paid(stripe_sandbox: Any) -> list[Invoice]:
    """Twelve invoices that were sent, confirmed, approved and paid today."""
    run = approved_run(12)
    send_due()
    assert run.payments.filter(state=PaymentState.SENT).count() == 12
    return list(Invoice.objects.order_by("id"))


def sent_earlier(invoices: list[Invoice], days: int) -> None:
    for invoice in invoices:
        Invoice.objects.filter(pk=invoice.pk).update(sent_at=invoice.sent_at - timedelta(days=days))


def test_paying_is_timed_from_the_invoice_to_the_money_leaving(paid: list[Invoice]):
    rows = figures.invoice_durations()
    assert [row.count for row in rows] == [12, 12, 12, 12]
    assert rows[0].median_words == "same day"
    sent_earlier(paid, 28)
    rows = figures.invoice_durations()
    expected = working_days_between(clock.today() - timedelta(days=28), clock.today())
    assert rows[0].median == rows[1].median == expected
    assert rows[2].median == rows[3].median == 0


def test_money_that_came_back_is_not_counted_as_paid(paid: list[Invoice]):
    Payment.objects.filter(invoice__in=paid[:8]).update(state=PaymentState.RETURNED)
    assert figures.invoice_durations()[0].count is None
    assert figures.paid_in_time().startswith("Fewer than 5 invoices were paid")


@pytest.mark.parametrize(
    ("late", "sentence"),
    [
        (0, "Of 12 invoices that were paid, fewer than 5 took longer than 30 days."),
        (4, "Of 12 invoices that were paid, fewer than 5 took longer than 30 days."),
        (5, "Of 12 invoices that were paid, 5 took longer than 30 days."),
        (9, "Of 12 invoices that were paid, fewer than 5 were paid within 30 days."),
    ],
)
def test_late_payment_is_told_without_small_numbers(paid: list[Invoice], late: int, sentence: str):
    sent_earlier(paid[:late], 31)
    assert figures.paid_in_time() == sentence


def test_the_page_takes_the_same_queries_however_much_there_is(client: Client, case: Case):
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get("/open-figures/").status_code == 200
        return len(found)

    queries()
    before = queries()
    for n in range(40):
        visit(case, day(2026, 6, 1), day(2026, 6, 3), Stage.values[n % 8])
    CaseFactory(stage="awaiting_agreement")
    assert queries() == before


# -- the rules -------------------------------------------------------------------------------


def test_each_programme_shows_its_law_and_what_counts(client: Client):
    load_packs()
    page = spaced(client.get("/open-figures/"))
    assert "Care Act 2014, sections 9 to 13 and 24 to 33" in page
    rules = spaced(client.get("/open-figures/rules/adult-social-care/"))
    for words_ in (
        "SI 2015/313, regulation 2(1)",
        "Eating and drinking",
        "£2,080.00",
        "A social worker: up to £8,000 a year, if it is not above the indicative budget",
        "The panel: any sum",
        "Making your plan: 20 working days",
        "6 to 8 weeks after the plan starts",
        "What is important to you?",
        "within 12 months",
    ):
        assert words_ in rules
    carers = spaced(client.get("/open-figures/rules/carers/"))
    assert "Your needs come from caring for an adult" in carers


def test_only_the_rules_in_use_are_shown(client: Client):
    assert client.get("/open-figures/rules/carers/").status_code == 404
    load_packs()
    assert client.get("/open-figures/rules/none-such/").status_code == 404
    pack = ProgrammePack.objects.get(key="carers")
    newer = ProgrammePack.objects.create(
        key="carers", version="2027.1", title="Support for carers", digest="1" * 64, source_yaml="",
        content=pack.content | {"version": "2027.1"}, loaded_at=clock.now() + timedelta(seconds=1),
    )  # fmt: skip
    assert "Version 2027.1" in spaced(client.get("/open-figures/rules/carers/"))
    assert [one.version for one in figures.current_packs() if one.key == "carers"] == ["2027.1"]
    ProgrammePack.objects.filter(pk=newer.pk).update(retired_at=clock.now())
    assert f"Version {pack.version}" in spaced(client.get("/open-figures/rules/carers/"))


def test_before_any_rules_are_loaded_the_page_says_so(client: Client):
    assert "No programmes yet" in spaced(client.get("/open-figures/"))
