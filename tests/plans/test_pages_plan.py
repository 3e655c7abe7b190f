"""The plan on the pages: written by the person, costed while they type, checked and sent."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from plans.models import PlanOutcome, PlanState, PlanSupport, Stage
from plans.services import add_outcome, add_support, return_plan, save_criterion
from tests.plans.page_world import (
    World,
    approved_provider,
    budgeted,
    do,
    fill_plan,
    plan_agreed,
    plan_sent,
    planning,
    queries_of,
    see,
    words,
    world,
)

SUPPORT = {
    "description": "Help with meals",
    "provider": "",
    "rate_pence": "24.50",
    "unit": "hour",
    "quantity": "5",
    "frequency": "weekly",
    "go": "plan",
}


@pytest.fixture
def w(db: None) -> World:
    return world()


def names(case_date: str, day: str, month: str, year: str, page: str) -> dict[str, str]:
    """The three boxes of a date under the names the page gives them."""
    if f'name="{case_date}_day"' in page:
        return {f"{case_date}_day": day, f"{case_date}_month": month, f"{case_date}_year": year}
    return {f"{case_date}_0": day, f"{case_date}_1": month, f"{case_date}_2": year}


def test_the_plan_is_started_from_the_budget(w: World, client: Client):
    budgeted(w)
    assert "Make your plan" in words(see(client, w.ruth, "plans:plan", w.case.reference))
    do(client, w.ruth, "plans:plan", w.case.reference)
    assert w.again().stage == Stage.PLANNING
    page = words(see(client, w.margaret, "plans:plan", w.case.reference))
    for criterion in w.case.pack.rules.criteria:
        assert criterion.question in page


def test_starting_without_a_budget_is_refused_in_words(w: World, client: Client):
    answer = do(client, w.ruth, "plans:plan", w.case.reference)
    assert "The budget is not ready yet." in words(answer)


def test_a_question_is_saved_and_leads_to_the_next(w: World, client: Client):
    planning(w)
    sent = do(
        client,
        w.margaret,
        "plans:plan_criterion",
        w.case.reference,
        "important",
        text="My garden.",
        go="on",
    )
    assert sent.url == reverse("plans:plan_criterion", args=[w.case.reference, "change"])
    assert w.plan.criteria["important"] == "My garden."
    back = do(
        client,
        w.margaret,
        "plans:plan_criterion",
        w.case.reference,
        "important",
        text="My garden, and Ruth.",
        go="list",
    )
    assert back.url == reverse("plans:plan", args=[w.case.reference])


def test_a_question_saves_itself_while_it_is_written(w: World, client: Client):
    planning(w)
    client.force_login(w.margaret)
    url = reverse("plans:plan_criterion", args=[w.case.reference, "important"])
    assert words(client.post(f"{url}?save=text", {"text": "Half a sen"})) == "Saved"
    assert w.plan.criteria["important"] == "Half a sen"


def test_a_text_that_is_too_long_is_refused_and_kept(w: World, client: Client):
    planning(w)
    long = "word " * 1200
    answer = do(client, w.ruth, "plans:plan_criterion", w.case.reference, "important", text=long)
    assert answer.status_code == 200
    assert "There is a problem" in words(answer)
    assert long.strip() in words(answer)
    assert (
        see(client, w.ruth, "plans:plan_criterion", w.case.reference, "nothing").status_code == 404
    )


def test_a_wish_is_added_changed_and_taken_out(w: World, client: Client):
    planning(w)
    do(
        client,
        w.ruth,
        "plans:plan_outcome_add",
        w.case.reference,
        wish="Cook again",
        sign="",
        needs=["nutrition"],
    )
    wish = PlanOutcome.objects.get()
    assert (wish.wish, wish.needs) == ("Cook again", ["nutrition"])
    do(
        client, w.ruth, "plans:plan_outcome", w.case.reference, 1, was="Cook again", wish="Cook for six",
        sign="They eat", needs=["hygiene"],
    )  # fmt: skip
    wish.refresh_from_db()
    assert (wish.wish, wish.sign, wish.needs) == ("Cook for six", "They eat", ["hygiene"])
    assert "Cook for six" in words(
        see(client, w.ruth, "plans:plan_outcome_remove", w.case.reference, 1)
    )
    do(client, w.ruth, "plans:plan_outcome_remove", w.case.reference, 1, was="Cook for six")
    assert not PlanOutcome.objects.exists()


def test_only_needs_that_were_found_can_be_chosen(w: World, client: Client):
    planning(w)
    page = words(see(client, w.ruth, "plans:plan_outcome_add", w.case.reference))
    assert "Eating and drinking" in page
    assert "Caring for a child" not in page


def test_a_wish_without_words_is_refused_beside_the_field(w: World, client: Client):
    planning(w)
    answer = do(
        client, w.ruth, "plans:plan_outcome_add", w.case.reference, wish=" ", sign="She smiles"
    )
    assert "Write what you want to change or achieve." in words(answer)
    assert "She smiles" in answer.content.decode()


def test_taking_out_the_wrong_thing_after_the_list_changed_does_nothing(w: World, client: Client):
    plan = planning(w)
    for wish in ("First", "Second"):
        add_outcome(plan=plan, wish=wish, sign="", needs=[], by=w.ruth)
    do(client, w.margaret, "plans:plan_outcome_remove", w.case.reference, 1, was="First")
    answer = do(client, w.ruth, "plans:plan_outcome_remove", w.case.reference, 1, was="First")
    assert answer.url == reverse("plans:plan", args=[w.case.reference])
    assert "The list has changed since you opened that page." in words(client.get(answer.url))
    assert PlanOutcome.objects.get().wish == "Second"
    assert see(client, w.ruth, "plans:plan_outcome", w.case.reference, 7).status_code == 404


def test_support_is_added_costed_changed_and_taken_out(w: World, client: Client):
    planning(w)
    provider = approved_provider(w.samira)
    do(
        client,
        w.ruth,
        "plans:plan_support_add",
        w.case.reference,
        **{**SUPPORT, "provider": provider.reference},
    )
    support = PlanSupport.objects.get()
    assert (support.provider, support.annual_pence) == (provider, 2450 * 5 * 52)
    page = words(see(client, w.ruth, "plans:plan", w.case.reference))
    assert "£6,370.00 a year" in page
    assert "Brightside Home Care" in page
    do(
        client, w.ruth, "plans:plan_support", w.case.reference, 1,
        **{**SUPPORT, "was": "Help with meals", "quantity": "2.5", "go": "another"},
    )  # fmt: skip
    support.refresh_from_db()
    assert (support.annual_pence, support.provider) == (318500, None)
    do(client, w.ruth, "plans:plan_support_remove", w.case.reference, 1, was="Help with meals")
    assert not PlanSupport.objects.exists()


def test_support_helps_with_a_wish_that_is_chosen(w: World, client: Client):
    plan = planning(w)
    add_outcome(plan=plan, wish="Cook again", sign="", needs=[], by=w.ruth)
    do(client, w.ruth, "plans:plan_support_add", w.case.reference, **SUPPORT, outcome="1")
    support = PlanSupport.objects.get()
    assert support.outcome is not None
    assert support.outcome.wish == "Cook again"
    page = see(client, w.ruth, "plans:plan_support", w.case.reference, 1)
    assert page.context["form"]["outcome"].value() == "1"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("rate_pence", "a lot", "Enter an amount in pounds and pence, like 12.50"),
        ("quantity", "0", "Enter a number above 0."),
        ("quantity", "often", "Enter a number, like 7 or 1.5."),
        ("quantity", "1.234", "Use at most two digits after the point, like 1.25."),
        ("quantity", "99999999999", "Enter a smaller number."),
        ("quantity", "NaN", "Enter a number, like 7 or 1.5."),
        ("description", "", "Say what kind of support it is."),
        ("provider", "PRV-NOBODY", "Select a valid choice"),
        ("frequency", "hourly", "Select a valid choice"),
    ],
)
def test_support_that_makes_no_sense_is_refused_and_stays_typed(
    w: World, client: Client, field: str, value: str, sentence: str
):
    planning(w)
    answer = do(
        client, w.ruth, "plans:plan_support_add", w.case.reference, **{**SUPPORT, field: value}
    )
    assert answer.status_code == 200
    assert sentence in words(answer)
    assert 'value="24.50"' in answer.content.decode() or field == "rate_pence"
    assert not PlanSupport.objects.exists()


def test_a_paid_provider_must_cost_something_and_the_service_says_so_beside_the_price(
    w: World, client: Client
):
    planning(w)
    provider = approved_provider(w.samira)
    data = {**SUPPORT, "provider": provider.reference, "rate_pence": "0"}
    answer = do(client, w.ruth, "plans:plan_support_add", w.case.reference, **data)
    assert "Enter what one costs." in words(answer)
    assert answer.context["form"].errors["rate_pence"]


def test_only_checked_providers_are_offered(w: World, client: Client):
    planning(w)
    good = approved_provider(w.samira)
    suspended = approved_provider(w.samira, "Paused Care")
    suspended.suspend()
    suspended.save()
    page = see(client, w.ruth, "plans:plan_support_add", w.case.reference).content.decode()
    assert good.reference in page
    assert suspended.reference not in page


def test_the_cost_is_shown_while_typing(w: World, client: Client):
    plan = planning(w)
    add_support(
        plan=plan, description="Day club", provider=None, rate_pence=3000, unit="day",
        quantity=Decimal(1), frequency="weekly", by=w.ruth,
    )  # fmt: skip
    said = words(see(client, w.ruth, "plans:plan_cost", w.case.reference, **SUPPORT))
    assert "This costs £6,370.00 a year, about £122.50 a week." in said
    assert "£7,930.00" in said
    instead = words(
        see(client, w.ruth, "plans:plan_cost", w.case.reference, **SUPPORT, instead_of="1")
    )
    assert "Your plan costs £6,370.00 a year." in instead


@pytest.mark.parametrize(
    "typed",
    [{}, {"rate_pence": "x"}, {"quantity": "1e9", "rate_pence": "1", "frequency": "weekly"}],
)
def test_half_typed_costs_are_no_error(w: World, client: Client, typed: dict[str, str]):
    planning(w)
    answer = see(client, w.ruth, "plans:plan_cost", w.case.reference, **typed)
    assert answer.status_code == 200
    assert "Fill in the price, how many and how often" in words(answer)


def test_details_are_kept(w: World, client: Client):
    planning(w)
    page = see(client, w.ruth, "plans:plan_details", w.case.reference).content.decode()
    sent = do(
        client, w.ruth, "plans:plan_details", w.case.reference, holding="direct_payment", risks="Falls.",
        contingency="Ruth.", contingency_pence="120",
        **names("starts_on", "1", "1", "2027", page), **names("ends_on", "31", "12", "2027", page),
    )  # fmt: skip
    assert sent.url == reverse("plans:plan", args=[w.case.reference])
    assert (w.plan.holding, w.plan.contingency_pence, w.plan.ends_on.year) == (
        "direct_payment",
        12000,
        2027,
    )


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        (("1", "1", "2026"), "The end must be after the start."),
        (("1", "6", "2030"), "A plan lasts a year at most"),
        (("31", "2", "2027"), "Enter a real date"),
    ],
)
def test_dates_that_do_not_fit_are_refused_and_the_words_stay(
    w: World, client: Client, end: tuple[str, str, str], sentence: str
):
    planning(w)
    page = see(client, w.ruth, "plans:plan_details", w.case.reference).content.decode()
    answer = do(
        client, w.ruth, "plans:plan_details", w.case.reference, holding="council", risks="Kept words.",
        contingency="", contingency_pence="0",
        **names("starts_on", "1", "1", "2027", page), **names("ends_on", *end, page),
    )  # fmt: skip
    assert answer.status_code == 200
    assert sentence in words(answer)
    assert "Kept words." in answer.content.decode()


def test_what_is_missing_is_listed_with_a_link_and_sending_is_refused(w: World, client: Client):
    planning(w)
    page = see(client, w.ruth, "plans:plan_check", w.case.reference)
    assert "Answer “What is important to you?” in a few words." in words(page)
    assert "Send my plan" not in words(page)
    for name in ("plan_support_add", "plan_outcome_add", "plan_details"):
        assert (
            f'href="{reverse(f"plans:{name}", args=[w.case.reference])}"' in page.content.decode()
        )
    refused = do(client, w.ruth, "plans:plan_check", w.case.reference)
    assert "Answer “What is important to you?” in a few words." in words(refused)
    assert w.plan.state == PlanState.DRAFT


def test_a_whole_plan_is_checked_sent_and_what_happens_next_is_said(w: World, client: Client):
    planning(w)
    fill_plan(w)
    page = words(see(client, w.margaret, "plans:plan_check", w.case.reference))
    assert "My own words about managed." in page
    assert "Send my plan" in page
    sent = do(client, w.margaret, "plans:plan_check", w.case.reference)
    assert sent.url == reverse("plans:plan", args=[w.case.reference])
    after = words(see(client, w.margaret, "plans:plan", w.case.reference))
    assert "Your plan is with the council" in after
    assert "Samira Okafor reads the plan." in after
    assert "It cannot be changed." in words(
        client.get(reverse("plans:plan_details", args=[w.case.reference]), follow=True)
    )


def test_a_returned_plan_shows_the_comment_and_what_to_do(w: World, client: Client):
    plan = plan_sent(w)
    return_plan(plan=plan, comment="Who comes at weekends?", by=w.samira)
    page = words(see(client, w.ruth, "plans:plan", w.case.reference))
    assert "The plan is back with you" in page
    assert "Who comes at weekends?" in page
    assert "Change what you agree with, then send the plan again." in page
    save_criterion(
        plan=plan, criterion="managed", text="Ruth comes at weekends herself.", by=w.ruth
    )
    do(client, w.ruth, "plans:plan_check", w.case.reference)
    assert w.plan.state == PlanState.SUBMITTED


def test_people_talk_about_the_plan_and_about_one_question_of_it(w: World, client: Client):
    plan_sent(w)
    do(
        client,
        w.samira,
        "plans:plan_comment",
        w.case.reference,
        text="Which days?",
        criterion="supported",
    )
    do(client, w.ruth, "plans:plan_comment", w.case.reference, text="Every day but Sunday.")
    page = words(see(client, w.margaret, "plans:plan", w.case.reference))
    assert "About “How will you be supported?”" in page
    assert page.index("Which days?") < page.index("Every day but Sunday.")
    empty = do(client, w.ruth, "plans:plan_comment", w.case.reference, text="  ")
    assert "Write something first." in words(empty)


def test_a_comment_about_a_question_stands_at_that_question(w: World, client: Client):
    plan = plan_sent(w)
    do(
        client,
        w.samira,
        "plans:plan_comment",
        w.case.reference,
        text="Which days?",
        criterion="supported",
    )
    return_plan(plan=plan, comment="See my question.", by=w.samira)
    at = words(see(client, w.ruth, "plans:plan_criterion", w.case.reference, "supported"))
    assert "Which days?" in at
    assert "Which days?" not in words(
        see(client, w.ruth, "plans:plan_criterion", w.case.reference, "important")
    )


def test_the_agreed_plan_is_read_and_opened_as_a_document(w: World, client: Client):
    plan_agreed(w)
    page = see(client, w.margaret, "plans:plan", w.case.reference)
    assert "Agreed" in words(page)
    link = reverse("plans:plan_document", args=[w.case.reference])
    assert f'href="{link}"' in page.content.decode()


def test_there_is_no_document_before_the_plan_is_agreed(w: World, client: Client):
    plan_sent(w)
    assert see(client, w.ruth, "plans:plan_document", w.case.reference).status_code == 404


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("plan_criterion", ("important",)),
        ("plan_outcome_add", ()),
        ("plan_support_add", ()),
        ("plan_details", ()),
        ("plan_check", ()),
        ("plan_cost", ()),
    ],
)
def test_only_the_persons_side_writes_the_plan(
    w: World, client: Client, name: str, args: tuple[str, ...]
):
    planning(w)
    for who in (w.samira, w.david, w.auditor, w.finance, w.stranger):
        assert see(client, who, f"plans:{name}", w.case.reference, *args).status_code == 404
    assert see(client, w.ruth, f"plans:{name}", w.case.reference, *args).status_code == 200


def test_a_longer_plan_takes_no_more_queries(w: World, client: Client):
    plan = planning(w)
    pages = ("plans:plan", "plans:plan_check", "plans:plan_support_add")
    fill_plan(w, provider=approved_provider(w.samira))
    one = [queries_of(client, w.ruth, name, w.case.reference) for name in pages]
    for n in range(5):
        wish = add_outcome(plan=plan, wish=f"Wish {n}", sign="", needs=[], by=w.ruth)
        add_support(
            plan=plan, description=f"Support {n}", provider=approved_provider(w.samira, f"Care {n}"),
            rate_pence=2000, unit="hour", quantity=Decimal(1), frequency="weekly", outcome=wish, by=w.ruth,
        )  # fmt: skip
    assert [queries_of(client, w.ruth, name, w.case.reference) for name in pages] == one
