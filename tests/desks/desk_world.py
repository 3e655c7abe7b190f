"""What the tests of desks share: a case at any stage with a daughter who helps, and reading a page."""

import re
from html import unescape
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carebudget.people.models import User
from payments import services as money
from plans.models import Case, Challenge
from plans.selectors import case_by_reference
from plans.services import close_case, raise_challenge
from plans.services.stages import move_case
from tests.factories.worlds import CaseFactory, client_of, crew, member_of

EVERY_STAGE = (
    "referred",
    "assessing",
    "submitted",
    "verified",
    "not_eligible",
    "eligible",
    "budgeted",
    "planning",
    "awaiting_agreement",
    "returned",
    "escalated",
    "agreed",
    "live",
    "reviewing",
    "closed",
)
"""Every stage of the seeded cases, and the two that come after."""


def case_at(stage: str, full_name: str = "Margaret Ashdown", **wanted: Any) -> Case:
    """A case walked to a stage; ``helper=True`` adds Ruth."""
    walked = "live" if stage in ("reviewing", "closed") else stage
    case = CaseFactory(stage=walked, full_name=full_name, **wanted)
    if stage == "reviewing":
        move_case(case, "start_review", by=crew().worker)
    if stage == "closed":
        close_case(case=case, reason="Margaret has moved to Shropshire.", by=crew().worker)
    return again(case)


def again(case: Case) -> Case:
    """The case as it is now, with its people."""
    return case_by_reference(case.reference)


def daughter_of(case: Case) -> User:
    """Who helps the person."""
    helper = case.person.representations.get(ended_at=None)
    helper.user.full_name = "Ruth Ashdown"
    helper.user.save(update_fields=["full_name"])
    return helper.user


def declined(case: Case, reason: str = "We have nobody free on Tuesdays.") -> Any:
    """Every support is offered, and its provider says no."""
    plan = case.plans.get(state="agreed")
    agreements = money.offer_agreements(plan=plan, by=client_of(case))
    return [
        money.decline_agreement(agreement=one, reason=reason, by=member_of(one.provider))
        for one in agreements
    ]


def challenged(case: Case, words: str = "You did not see me on the stairs.") -> Challenge:
    """The person asks for the decision about eligibility to be looked at again."""
    return raise_challenge(case=again(case), about="eligibility", words=words, by=client_of(case))


def page(client: Client, who: User | None, path: str) -> Any:
    """The page at an address as this person gets it."""
    client.logout() if who is None else client.force_login(who)
    return client.get(path)


def post(client: Client, who: User, path: str, **data: Any) -> Any:
    """Send this person's form to an address."""
    client.force_login(who)
    return client.post(path, data)


def words(response: Any) -> str:
    """What the page itself says, without header and footer: every tag parts words."""
    html = response.content.decode()
    main = html[html.index("<main") : html.index("</main>")]
    parted = unescape(re.sub(r"<[^>]+>", " ", main))
    return re.sub(r" ([,.:;])", r"\1", " ".join(parted.split()))


def read(client: Client, who: User, path: str) -> str:
    """What the page at an address says, without its markup."""
    found = page(client, who, path)
    assert found.status_code == 200, f"{path} answered {found.status_code}"
    return words(found)


def queries(client: Client, who: User, path: str) -> int:
    """How many queries a page takes."""
    client.force_login(who)
    with CaptureQueriesContext(connection) as found:
        assert client.get(path).status_code == 200
    return len(found)
