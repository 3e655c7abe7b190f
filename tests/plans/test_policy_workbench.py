"""The policy workbench: a table tried out over everybody assessed so far."""

import json
from random import Random
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from carebudget.people.models import FamilyTie
from plans.models import EligibilityDecision, PolicyProposal, ProgrammePack
from plans.rules.allocation import allocate
from plans.rules.policy_tables import with_table
from plans.selectors.policy import population
from plans.selectors.policy_report import report_on
from tests.plans.page_world import queries_of, see, words
from tests.plans.policy_world import (
    KEY,
    Council,
    another_table,
    answers_by,
    council,
    crowd,
    typed,
)


@pytest.fixture
def c(db: None) -> Council:
    return council()


def send(
    client: Client, who: Any, c: Council, name: str = "plans:policy_workbench", **boxes: Any
) -> Any:
    """The workbench's form, sent by somebody."""
    client.force_login(who)
    return client.post(reverse(name, args=c.where), typed(c.pack, **boxes))


def test_the_workbench_shows_the_table_and_what_it_gives_now(c: Council, client: Client) -> None:
    crowd(c, 30)
    page = see(client, c.joan, "plans:policy_workbench", *c.where)
    said = words(page)
    assert "Try out a table for Support for adults" in said
    assert "30 people" in said
    assert "The total stays £" in said
    assert 'value="70200.00"' in page.content.decode()


def test_a_changed_figure_is_worked_out_for_everybody(c: Council, client: Client) -> None:
    crowd(c, 40)
    rules = c.pack.rules
    changed = with_table(c.pack.content, another_table(c.pack, maximum_pence=1_500_000))
    chance = Random(5)
    for _ in range(40):  # the same people as the crowd's: their dates of birth come first
        chance.randrange(75)
        chance.random()
    given = [answers_by(chance, rules) for _ in range(40)]
    after = sum(allocate(changed, one).annual_pence for one in given)
    before = sum(allocate(rules, one).annual_pence for one in given)

    page = words(send(client, c.joan, c, maximum_pence="15000"))

    assert f"from £{before / 100:,.2f} to £{after / 100:,.2f}." in page
    assert "The total falls by" in page


def test_the_live_fragment_says_the_same_as_the_page(c: Council, client: Client) -> None:
    crowd(c, 40)
    whole = words(send(client, c.joan, c, maximum_pence="15000"))
    part = send(client, c.joan, c, "plans:policy_effect", maximum_pence="15000")
    said = words(part)
    assert part.status_code == 200
    assert "<html" not in part.content.decode()
    assert "The total falls by" in said
    assert said[said.index("What it does") :][:300] in whole


def test_the_live_fragment_says_what_is_wrong_while_it_is(c: Council, client: Client) -> None:
    crowd(c, 12)
    said = words(send(client, c.joan, c, "plans:policy_effect", points_2="thirty"))
    assert "The table cannot be worked out like this." in said
    assert "Enter whole points, like 30" in said


@pytest.mark.parametrize(
    ("boxes", "sentence"),
    [
        ({"points_2": "5"}, "The points must be above those of the step before."),
        ({"pence_2": "1"}, "This gives less for more need."),
        ({"pence_2": ""}, "Enter the pounds of this step, or empty its points too."),
        ({"points_3": ""}, "Enter the points of this step, or empty its pounds too."),
        ({"pence_1": "many"}, "Enter an amount in pounds and pence, like 12.50"),
        ({"points_1": "1.5"}, "Enter whole points, like 30"),
        (
            {"minimum_pence": "99999", "maximum_pence": "10"},
            "The most must not be below the least.",
        ),
        ({"adjustment_3_percent": "lots"}, "Enter a number, like 5 or 12.5"),
        ({"adjustment_3_percent": "5000"}, "Enter a number from 0 to 1,000"),
        ({"adjustment_0_answer": "nights=flying"}, "names no option of a question of this pack"),
        ({"new_pence": "100"}, "Choose the answer that the new adjustment is for."),
        ({"new_answer": "place=town"}, "Give the new adjustment a name that people can read."),
        ({"envelope": "plenty"}, "Enter an amount in pounds and pence, like 12.50"),
        ({"contingency": "95"}, "Enter 90 or less"),
        ({"act": "envelope"}, "Enter the money there is for a year."),
        ({"act": "plans", "percentile": ""}, "Enter how many in a hundred plans"),
        ({"act": "plans", "percentile": "80"}, "fewer than 10 agreed plans"),
        ({"act": "keep"}, "Say why the table should change."),
    ],
)
def test_what_does_not_make_sense_is_said_beside_its_box(
    c: Council, client: Client, boxes: dict[str, str], sentence: str
) -> None:
    crowd(c, 12)
    page = send(client, c.joan, c, pence_4="41234.56", title="My title", **boxes)
    said = words(page)
    assert page.status_code == 200
    assert sentence in said
    assert "<title>Error: " in page.content.decode()
    assert "There is a problem" in said
    assert 'value="41234.56"' in page.content.decode(), "something typed was lost"
    assert 'value="My title"' in page.content.decode(), "something typed was lost"
    assert not PolicyProposal.objects.exists()


def test_more_need_is_never_adjusted_less(c: Council, client: Client) -> None:
    said = words(
        send(
            client, c.joan, c, new_answer="nutrition_need=some", new_label="Meals", new_pence="100"
        )
    )
    assert "which is more need" in said


def test_a_step_can_be_added_and_one_taken_out(c: Council, client: Client) -> None:
    page = send(client, c.joan, c, points_1="", pence_1="", points_6="200", pence_6="80000")
    shown = page.content.decode()
    assert 'name="points_5" class="govuk-input govuk-input--width-4" value="200"' in shown
    assert 'value="2080.00"' not in shown


def test_an_adjustment_can_be_added_changed_and_taken_out(c: Council, client: Client) -> None:
    page = send(
        client,
        c.joan,
        c,
        adjustment_0_drop="on",
        adjustment_1_pence="12000",
        new_answer="place=town",
        new_label="Town prices",
        new_percent="2.5",
    )
    shown = page.content.decode()
    assert 'value="Town prices"' in shown
    assert 'value="12000.00"' in shown
    assert 'value="sleeping_night"' not in shown
    again = send(client, c.joan, c, **{"new_answer": "", "adjustment_4_key": "town", "adjustment_4_label": "Town prices", "adjustment_4_answer": "place=town", "adjustment_4_percent": "2.5"})  # fmt: skip
    assert 'value="Town prices"' in again.content.decode()


def test_nothing_typed_about_the_proposal_is_lost_by_looking(c: Council, client: Client) -> None:
    page = send(
        client, c.joan, c, title="=Title", reason="Because.", starts_on_day="1", starts_on_month="4",
        starts_on_year="2031",
    ).content.decode()  # fmt: skip
    for value in ('value="=Title"', "Because.</textarea>", 'value="2031"'):
        assert value in page


def test_the_envelope_less_what_is_kept_back_is_held_against_the_total(
    c: Council, client: Client
) -> None:
    crowd(c, 20)
    said = words(send(client, c.joan, c, envelope="1000", contingency="10"))
    assert "of £900.00 a year" in said
    assert "a year more than there is." in said
    assert "£1,000.00 less £100.00 kept back." in said


def test_the_table_is_fitted_to_the_money(c: Council, client: Client) -> None:
    crowd(c, 60)
    page = send(client, c.joan, c, act="envelope", envelope="400000", contingency="5")
    said = words(page)
    assert "The table now fits into £380,000 a year." in said
    assert "more than there is" not in said
    assert 'value="70200.00"' not in page.content.decode()
    assert not PolicyProposal.objects.exists()
    assert ProgrammePack.objects.filter(key=KEY).count() == 1


def test_the_table_is_fitted_to_what_agreed_plans_cost(c: Council, client: Client) -> None:
    crowd(c, 80, plans=True)
    page = send(client, c.joan, c, act="plans", percentile="50")
    said = words(page)
    assert "follows what agreed plans cost" in said
    assert "The total falls by" in said
    assert "Error" not in page.content.decode()


def test_only_open_cases_are_counted_when_asked(c: Council, client: Client) -> None:
    crowd(c, 25)
    crowd(c, 15, seed=6, stage="closed")
    assert "40 people" in words(send(client, c.joan, c))
    assert "25 people" in words(send(client, c.joan, c, whose="open"))


def test_the_newest_decision_of_a_case_counts_and_no_other(c: Council) -> None:
    first, second, *_ = crowd(c, 12)
    for case, eligible in ((first, False), (second, True)):
        again = case.assessments.create(pack=c.pack, state="decided")
        for answer in case.assessments.earliest("id").answers.all():
            again.answers.create(question=answer.question, value=answer.value, answered_by=c.client)
        EligibilityDecision.objects.create(
            assessment=again, eligible=eligible, proposed_eligible=True, working={}, reason="x",
            decided_by=c.samira,
        )  # fmt: skip
    found = population(c.pack)
    assert len(found) == 11
    assert first.reference not in found.references
    assert found.references.count(second.reference) == 1


def test_verified_answers_count_not_the_first_ones(c: Council) -> None:
    case = crowd(c, 1)[0]
    answer = case.assessments.get().answers.get(question="nutrition_need")
    answer.value, answer.verified_value = "none", "all"
    answer.save()
    found = population(c.pack)
    pack = c.pack.rules
    given = {
        a.question: a.value if a.verified_value is None else a.verified_value
        for a in case.assessments.get().answers.all()
    }
    assert int(found.encoded.points[0]) == allocate(pack, given).points * found.encoded.parts


def test_people_decided_later_join_those_who_are_remembered(c: Council) -> None:
    crowd(c, 3)
    assert len(population(c.pack)) == 3
    crowd(c, 4, seed=8)
    found = population(c.pack)
    assert len(found) == 7
    table = c.pack.rules.allocation
    report = report_on(c.pack, found, table, table, user=c.joan)
    budgets = [b for case in c.pack.cases.all() for b in case.budgets.all()]
    assert report.shown.before_pence == sum(b.calculated_pence for b in budgets)


def test_the_largest_changes_are_named_with_a_link(c: Council, client: Client) -> None:
    cases = crowd(c, 30)
    page = send(client, c.joan, c, maximum_pence="5000")
    shown = page.content.decode()
    assert any(f"/cases/{case.reference}/" in shown for case in cases)
    assert "Who falls to nothing" in words(page)


def test_the_managers_own_family_is_not_named(c: Council, client: Client) -> None:
    cases = crowd(c, 12)
    FamilyTie.objects.create(user=c.joan, person=cases[0].person, relationship="aunt")
    shown = send(client, c.joan, c, maximum_pence="0.01", minimum_pence="0").content.decode()
    assert f"/cases/{cases[0].reference}/" not in shown
    assert f"/cases/{cases[1].reference}/" in shown


def test_who_falls_to_nothing_is_counted_apart(c: Council, client: Client) -> None:
    crowd(c, 30)
    said = words(send(client, c.joan, c, maximum_pence="0", round_to_pence="100"))
    assert "Fall to nothing30" in said
    assert "Get less0" in said


def test_fewer_than_ten_people_are_not_counted(c: Council, client: Client) -> None:
    crowd(c, 9)
    said = words(send(client, c.joan, c, maximum_pence="5000"))
    assert "fewer than 10 people" in said
    assert "There are too few people to show this" in said


def test_a_version_nobody_was_assessed_for_says_so(c: Council, client: Client) -> None:
    page = see(client, c.joan, "plans:policy_workbench", *c.where)
    assert page.status_code == 200
    assert "0 people" in words(page)


@pytest.mark.parametrize("who", ["samira", "client"])
@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("plans:policy", ()),
        ("plans:policy_workbench", (KEY, "2026.3")),
        ("plans:policy_compare", (KEY,)),
    ],
)
def test_others_do_not_find_the_workbench(
    c: Council, client: Client, who: str, name: str, args: tuple[str, ...]
) -> None:
    assert see(client, getattr(c, who), name, *args).status_code == 404
    signed_out = see(client, None, name, *args)
    assert signed_out.status_code == 302
    assert "/accounts/login/" in signed_out.url


def test_others_cannot_ask_for_the_fragment(c: Council, client: Client) -> None:
    assert send(client, c.samira, c, "plans:policy_effect").status_code == 404
    client.logout()
    assert client.post(reverse("plans:policy_effect", args=c.where), {}).status_code == 302


@pytest.mark.parametrize("where", [(KEY, "1999.1"), ("no-such-programme", "2026.3")])
def test_a_version_that_is_not_there_is_not_found(
    c: Council, client: Client, where: tuple[str, str]
) -> None:
    assert see(client, c.joan, "plans:policy_workbench", *where).status_code == 404


def test_a_programme_that_is_not_there_has_nothing_to_compare(c: Council, client: Client) -> None:
    assert see(client, c.joan, "plans:policy_compare", "no-such").status_code == 404
    page = see(client, c.joan, "plans:policy_compare", KEY, one="1999.1", other="2026.3")
    assert page.status_code == 404


def test_the_navigation_leads_managers_to_policy_and_nobody_else(
    c: Council, client: Client
) -> None:
    assert 'href="/policy/"' in see(client, c.joan, "plans:policy").content.decode()
    client.force_login(c.samira)
    assert 'href="/policy/"' not in client.get("/messages/").content.decode()


def test_the_list_names_every_programme_and_hides_small_numbers(c: Council, client: Client) -> None:
    crowd(c, 9)
    said = words(see(client, c.joan, "plans:policy"))
    assert "Support for adults" in said
    assert "Support for carers" in said
    assert "Fewer than 10 people have a budget." in said
    assert "No proposal yet" in said


def test_the_pages_take_as_many_queries_for_five_hundred_people_as_for_twenty(
    c: Council, client: Client
) -> None:
    crowd(c, 20, plans=True)
    pages = [
        ("plans:policy", ()),
        ("plans:policy_workbench", c.where),
        ("plans:policy_compare", (KEY,)),
    ]

    def counted() -> list[tuple[int, int]]:
        """How many queries each page takes the first time after people have come, and the next."""
        found = []
        for name, args in pages:
            crowd(c, 1, seed=len(found))
            first = queries_of(client, c.joan, name, *args)
            found.append((first, queries_of(client, c.joan, name, *args)))
        return found

    few = counted()
    crowd(c, 480, seed=9, plans=True)
    assert counted() == few
    assert max(first for first, _ in few) < 25


def test_five_hundred_assessments_are_read_in_one_query_more(c: Council, client: Client) -> None:
    crowd(c, 20)
    queries_of(client, c.joan, "plans:policy_workbench", *c.where)
    known = queries_of(client, c.joan, "plans:policy_workbench", *c.where)
    crowd(c, 480, seed=9)
    first = queries_of(client, c.joan, "plans:policy_workbench", *c.where)
    assert first <= known + 3


def test_the_figures_as_data_hold_no_case_and_no_small_count(c: Council, client: Client) -> None:
    cases = crowd(c, 60)
    answer = send(client, c.joan, c, act="json", maximum_pence="20000", title="Less")
    text = answer.content.decode()
    found = json.loads(text)
    assert answer["Content-Disposition"].startswith("attachment")
    assert found["programme"] == KEY
    assert found["effect"]["after_pence"] < found["effect"]["before_pence"]
    assert not any(case.reference in text for case in cases)
    counts = [
        count
        for division in found["effect"]["divisions"]
        for group in division["groups"]
        for count in [group["people"], *group["counts"].values()]
    ]
    assert counts
    assert not [count for count in counts if count is not None and 0 < count < 10]


def test_the_figures_for_a_spreadsheet_hold_no_formula(c: Council, client: Client) -> None:
    crowd(c, 60)
    answer = send(client, c.joan, c, act="csv", title='=HYPERLINK("http://evil.example")')
    lines = answer.content.decode().splitlines()
    assert answer["Content-Type"].startswith("text/csv")
    assert lines[0] == "Section,Group,Measure,Figure"
    assert "'=HYPERLINK" in answer.content.decode()
    for line in lines:
        for cell in line.split(","):
            assert not cell.strip('"').startswith(("=", "+", "-", "@"))
    assert any(line.startswith("All,Everybody,Pounds a year after,") for line in lines)
