"""The working of an allocation: as data, and printed on one page of A4."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader
from weasyprint import HTML, URLFetcher

from plans.models import IndicativeBudget
from plans.rules.allocation import allocate
from plans.services import adjust_budget, confirm_budget
from tests.plans.page_world import World, budgeted, decided, family_tie, see, words, world

DIST = Path(settings.ROOT) / "static" / "dist"


@pytest.fixture
def w(db: None) -> World:
    return world()


def test_the_working_is_data_for_whoever_sees_the_budget(w: World, client: Client) -> None:
    budgeted(w)
    for who in (w.margaret, w.ruth, w.samira, w.finance):
        answer = see(client, who, "plans:budget_working", w.case.reference)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/json"
    found = answer.json()
    assert found["case"] == w.case.reference
    assert (found["programme"], found["version"]) == ("adult-social-care", "2026.3")
    assert found["annual_pence"] == w.case.budgets.get().annual_pence
    working = found["working"]
    assert working["annual_pence"] == found["annual_pence"]
    assert working["points"] == "26"
    assert [step["key"] for step in working["steps"]][-2:] == ["table", "rounding"]
    assert sum(int(s["figure"]) for s in working["steps"] if s["key"].startswith("need.")) == 26


def test_a_changed_sum_says_why(w: World, client: Client) -> None:
    decided(w)
    budget = w.case.budgets.get()
    adjust_budget(budget=budget, annual_pence=123_400, reason="She moved.", by=w.samira)
    confirm_budget(budget=budget, by=w.samira)
    found = see(client, w.margaret, "plans:budget_working", w.case.reference).json()
    assert found["annual_pence"] == 123_400
    assert found["changed_because"] == "She moved."
    assert found["working"]["annual_pence"] != 123_400


def test_a_sum_that_is_not_confirmed_yet_is_not_data_either(w: World, client: Client) -> None:
    decided(w)
    assert see(client, w.margaret, "plans:budget_working", w.case.reference).status_code == 404


def test_others_do_not_find_the_working(w: World, client: Client) -> None:
    budgeted(w)
    name, reference = "plans:budget_working", w.case.reference
    assert see(client, w.stranger, name, reference).status_code == 404
    assert see(client, None, name, reference).status_code == 302
    family_tie(w.other_worker, w.case)
    assert see(client, w.other_worker, name, reference).status_code == 404
    assert see(client, w.margaret, name, "CAS-NOSUCH").status_code == 404
    assert client.post(reverse(name, args=[reference])).status_code == 405


def test_the_page_leads_to_the_data(w: World, client: Client) -> None:
    budgeted(w)
    page = see(client, w.margaret, "plans:budget", w.case.reference).content.decode()
    assert reverse("plans:budget_working", args=[w.case.reference]) in page


class _OurFiles(URLFetcher):
    """Styles and fonts from the disk; nothing is fetched."""

    def fetch(self, url: str, headers: Any = None) -> Any:
        path = url.partition("/static/dist/")[2]
        return super().fetch((DIST / path).as_uri(), headers)


def printed(page: Any) -> PdfReader:
    """A page as a printer would put it on A4."""
    html = re.sub(r"<script.*?</script>", "", page.content.decode(), flags=re.S)
    made = HTML(
        string=html, base_url="http://testserver/", media_type="print", url_fetcher=_OurFiles()
    )
    return PdfReader(io.BytesIO(made.write_pdf()))


def test_the_budget_and_its_working_print_on_one_page(w: World, client: Client) -> None:
    budgeted(w)
    page = see(client, w.margaret, "plans:budget", w.case.reference)
    assert "Every step of the working" in words(page)

    pages = printed(page).pages

    text = " ".join(pages[0].extract_text().split())
    assert len(pages) == 1
    assert "Every step of the working" in text
    assert "Points turned into money" in text
    assert "Your indicative budget for a year" in text
    assert "Start the plan" not in text


def test_even_the_longest_working_prints_on_one_page(w: World, client: Client) -> None:
    decided(w)
    budget = w.case.budgets.get()
    rules = w.case.pack.rules
    answers = {q.key: q.options[-1].key for q in rules.questions if q.role == "need"}
    answers |= {q.key: q.options[1].key for q in rules.questions if q.role == "unpaid"}
    answers |= {"nights": "awake", "place": "village"}
    longest = allocate(rules, answers)
    assert len(longest.steps) == 26
    IndicativeBudget.objects.filter(pk=budget.pk).update(working=longest.as_data())
    budget.refresh_from_db()
    confirm_budget(budget=budget, by=w.samira)

    pages = printed(see(client, w.margaret, "plans:budget", w.case.reference)).pages

    assert len(pages) == 1
    assert "Caring for a child: unpaid help" in " ".join(pages[0].extract_text().split())
