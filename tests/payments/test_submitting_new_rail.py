"""docs/rails.md shows how a new rail is one file and one line: exactly that text is run here."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from carebudget import clock
from carebudget.errors import Refused
from payments import services
from payments.rails import get_file_rail, rails_shown_on
from tests.factories.worlds import finance
from tests.payments.file_world import (
    WEDNESDAY,
    assert_everything_verifies,
    balance,
    content_of,
    file_run,
    sent,
    states,
)

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = Path(__file__).parents[2] / "docs" / "rails.md"
MODULE = "payments.rails.wrenbury_bank"


@pytest.fixture(autouse=True)
def new_rail(settings: Any) -> Iterator[Any]:
    """The page's own file, as a module, and the page's own line, in the settings."""
    file, line = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    module = ModuleType(MODULE)
    exec(compile(file, str(PAGE), "exec"), module.__dict__)
    sys.modules[MODULE] = module
    rails = dict(settings.PAYMENT_RAILS)
    exec(line, {"PAYMENT_RAILS": rails})
    settings.PAYMENT_RAILS = rails
    with clock.travel(WEDNESDAY):
        yield module
    del sys.modules[MODULE]


def test_the_line_on_the_page_installs_the_file_on_the_page(new_rail: Any) -> None:
    rail = get_file_rail("wrenbury")

    assert type(rail) is new_rail.WrenburyBankRail
    assert "wrenbury" in rails_shown_on("bank")
    assert rail.limits.batch_count == 1_000


def test_the_new_rail_pays_once_and_takes_back_what_the_bank_could_not_pay() -> None:
    run = file_run(2, rail="wrenbury")
    submission = sent(run)
    first, second = run.payments.order_by("id")

    assert content_of(submission).decode().splitlines() == [
        f"H,WREN01,{submission.reference},2",
        f"P,08999966374958,{first.amount_pence},{first.reference}",
        f"P,08999966374958,{second.amount_pence},{second.reference}",
    ]
    assert balance("clearing:wrenbury") == -run.total_pence
    answer = f"{first.reference},{first.amount_pence},X1\n".encode()
    for _ in range(2):
        services.import_results(rail="wrenbury", name="answer.csv", content=answer, by=finance()[0])
    assert states(run) == ["returned", "sent"]
    assert balance("clearing:wrenbury") == -second.amount_pence
    assert_everything_verifies()


def test_what_is_no_answer_of_the_new_rail_s_bank_is_refused() -> None:
    with pytest.raises(Refused, match="no answer of Wrenbury Bank"):
        services.import_results(rail="wrenbury", name="x", content=b"what", by=finance()[0])


def test_every_form_of_report_on_the_page_is_read_as_it_stands() -> None:
    from payments.rules.bacs_returns import read_returned_credits

    page = PAGE.read_text()
    forms = re.findall(r"```(?:csv|xml)\n(.*?)```", page, re.DOTALL)

    found = [read_returned_credits(form.encode(), service_user="123456") for form in forms]

    assert len(found) == 2
    assert found[0].items == found[1].items


def test_the_card_columns_on_the_page_can_be_used_as_they_stand() -> None:
    from payments.rails.prepaid import file_profile

    (form,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)

    profile = file_profile({"file": form, "limit_pence": "1"})
    assert profile.problems() == []
    assert [heading for heading, _ in profile.columns] == ["Proxy", "Pence", "Ref", "Who"]
    assert set(profile.statuses) == {"ok", "waiting", "no"}
