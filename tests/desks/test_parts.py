"""The page of parts shows every part there is, in the demo only."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as conf
from django.test import Client

from carebudget.desks.templatetags.parts import MEANINGS, register
from carebudget.desks.views.parts import SECTIONS

pytestmark = pytest.mark.django_db
PAGE = Path(conf.ROOT) / "templates" / "desks" / "parts.html"
NOT_BY_ITSELF = {"hidden_answers", "error_summary"}


@pytest.fixture
def html(client: Client) -> str:
    page = client.get("/parts/")
    assert page.status_code == 200
    return page.content.decode()


def test_every_section_of_the_contents_is_there(html: str):
    for anchor, title in SECTIONS:
        assert f'<a href="#{anchor}">{title}</a>' in html
        assert f'id="{anchor}">{title}</h2>' in html
    assert html.count("<h1") == 1
    assert html.count('class="cb-part"') == len(SECTIONS)


def test_every_part_and_every_tag_is_shown():
    written = PAGE.read_text()
    view = (Path(conf.ROOT) / "carebudget/desks/views/parts.py").read_text()
    parts = {file.stem for file in (Path(conf.ROOT) / "templates" / "parts").glob("*.html")}
    tags = set(register.tags) - {"way_back"}
    missing = [
        name
        for name in parts - tags - NOT_BY_ITSELF
        if f"parts/{name}.html" not in written and f"parts/{name}.html" not in view
    ]
    assert missing == []
    assert [tag for tag in tags if f"{{% {tag} " not in written] == []


def test_every_state_has_its_colour_on_the_page(html: str):
    for state, colour in MEANINGS.items():
        assert f'govuk-tag--{colour}">{state.replace("_", " ")}</strong>' in html


def test_the_meters_are_shown_empty_in_the_middle_and_over(html: str):
    assert "£12,000.00 of £12,000.00 is free to use." in html
    assert "£1,800.00 more is promised than the budget holds." in html
    assert "£2,100.00 a year more than the budget." in html


def test_forms_are_shown_with_and_without_errors(html: str):
    assert html.count("There is a problem") == 1
    assert 'id="wrong_name_error"' in html
    assert 'id="empty_name_error"' not in html
    assert 'value="Margaret Ashdown"' in html
    for link in re.findall(r'<li><a href="#(wrong_[^"]+)"', html):
        assert f'id="{link}"' in html


def test_pages_of_a_list_move(client: Client):
    assert "Page 5 of 5" in client.get("/parts/", {"page": "5"}).content.decode()
    assert client.get("/parts/", {"page": "x"}).status_code == 200


def test_the_progress_part_comes_again_by_itself(client: Client):
    assert "invoices are looked at." in client.get("/parts/progress/").content.decode()


def test_outside_the_demo_there_is_no_such_page(client: Client, settings: Any):
    settings.DEMO = False
    for address in ("/parts/", "/parts/progress/"):
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404
