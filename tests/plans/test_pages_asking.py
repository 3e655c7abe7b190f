"""How a case begins on the pages: asking for help, referring, taking, giving, inviting."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from carebudget.notify.models import Message
from carebudget.people.models import Representation, User
from plans.models import Case, Stage
from tests.plans.page_world import World, do, family_tie, see, user, words, world

ASKING = {
    "source": "family",
    "full_name": "Edna Marsh",
    "date_of_birth_0": "2",
    "date_of_birth_1": "11",
    "date_of_birth_2": "1941",
    "pack": "adult-social-care",
    "reason": "She forgets to eat.",
    "email": "edna@example.org",
    "phone": "01632 960 222",
}


def born(form_page: Any, data: dict[str, str]) -> dict[str, str]:
    """The three boxes of the date under the names that the page gives them."""
    names = [name for name in ("day", "month", "year") if f"date_of_birth_{name}" in form_page]
    if not names:
        return data
    renamed = dict(data)
    for n, name in enumerate(names):
        renamed[f"date_of_birth_{name}"] = renamed.pop(f"date_of_birth_{n}")
    return renamed


@pytest.fixture
def w(db: None) -> World:
    return world()


def asking(client: Client, **changes: str) -> dict[str, str]:
    form_page = client.get(reverse("plans:ask_for_help")).content.decode()
    return born(form_page, {**ASKING, **changes})


def test_anybody_can_ask_for_help_checks_and_sends(w: World, client: Client):
    data = asking(client)
    check = client.post(reverse("plans:ask_for_help"), data)
    assert "Check your answers" in words(check)
    assert "2 November 1941" in words(check)
    assert not Case.objects.filter(person__full_name="Edna Marsh").exists()
    sent = client.post(reverse("plans:ask_for_help"), {**data, "step": "send"})
    assert sent.url == reverse("plans:ask_for_help_sent")
    case = Case.objects.get(person__full_name="Edna Marsh")
    assert case.worker is None
    done = words(client.get(sent.url))
    assert case.reference in done
    assert "What happens next" in done


def test_the_check_page_carries_every_answer_so_that_sending_needs_nothing_else(
    w: World, client: Client
):
    data = asking(client, reason='She said "help" & <b>more</b>')
    check = client.post(reverse("plans:ask_for_help"), data)
    for name, value in data.items():
        assert f'name="{name}"' in check.content.decode(), (name, value)


def test_changing_after_checking_keeps_every_word(w: World, client: Client):
    data = asking(client)
    back = client.post(reverse("plans:ask_for_help"), {**data, "step": "change"})
    assert "She forgets to eat." in back.content.decode()
    assert 'value="Edna Marsh"' in back.content.decode()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("full_name", "", "Enter the name of the person who needs help."),
        ("email", "edna", "Enter an e-mail address like name@example.com."),
        ("reason", "", "Write what is difficult at the moment."),
        ("pack", "everything", "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(
    w: World, client: Client, field: str, value: str, sentence: str
):
    answer = client.post(reverse("plans:ask_for_help"), asking(client, **{field: value}))
    assert answer.status_code == 200
    assert sentence in words(answer)
    assert "01632 960 222" in answer.content.decode()


def test_an_impossible_date_is_refused_in_plain_words(w: World, client: Client):
    answer = client.post(reverse("plans:ask_for_help"), asking(client, date_of_birth_0="31"))
    assert "Enter a real date" in words(answer)


def test_a_birth_in_the_future_is_refused_by_the_service_beside_its_field(w: World, client: Client):
    data = asking(client, date_of_birth_2="2999")
    answer = client.post(reverse("plans:ask_for_help"), {**data, "step": "send"})
    assert "The date of birth must be in the past." in words(answer)
    assert "She forgets to eat." in answer.content.decode()


def test_the_page_of_thanks_is_not_there_before_asking(w: World, client: Client):
    assert client.get(reverse("plans:ask_for_help_sent")).url == reverse("plans:ask_for_help")


def referral(**changes: str) -> dict[str, str]:
    return {
        "full_name": "Arthur Bell",
        "preferred_name": "Art",
        "date_of_birth_0": "1",
        "date_of_birth_1": "5",
        "date_of_birth_2": "1939",
        "pack": "adult-social-care",
        "source": "health",
        "reason": "Home from hospital.",
        "email": "",
        "phone": "",
        "address": "",
        "needs_in_communication": "large print",
        **changes,
    }


def test_a_worker_refers_a_person_and_has_the_case(w: World, client: Client):
    form_page = see(client, w.samira, "plans:refer").content.decode()
    data = born(form_page, referral())
    assert "Check your answers" in words(client.post(reverse("plans:refer"), data))
    sent = client.post(reverse("plans:refer"), {**data, "step": "send"})
    case = Case.objects.get(person__full_name="Arthur Bell")
    assert case.worker == w.samira
    assert sent.url == reverse("plans:referred", args=[case.reference])
    assert "Open the questions" in words(client.get(sent.url))


def test_only_workers_and_managers_may_refer(w: World, client: Client):
    for who in (w.margaret, w.ruth, w.panel, w.auditor, w.finance):
        assert see(client, who, "plans:refer").status_code == 404
    assert see(client, w.david, "plans:refer").status_code == 200


def test_a_worker_takes_a_case_that_nobody_has(w: World, client: Client):
    client.post(reverse("plans:ask_for_help"), {**asking(client), "step": "send"})
    case = Case.objects.get(person__full_name="Edna Marsh")
    assert "She forgets to eat." in words(see(client, w.samira, "plans:take", case.reference))
    sent = do(client, w.samira, "plans:take", case.reference)
    assert sent.url == reverse("plans:referred", args=[case.reference])
    case.refresh_from_db()
    assert case.worker == w.samira
    assert see(client, w.other_worker, "plans:take", case.reference).status_code == 404


def test_a_manager_gives_the_case_to_a_worker_of_the_team(w: World, client: Client):
    page = see(client, w.david, "plans:case_assign", w.case.reference)
    assert "Tom Reeve" in words(page)
    sent = do(
        client, w.david, "plans:case_assign", w.case.reference, worker=str(w.other_worker.public_id)
    )
    assert sent.url == f"/cases/{w.case.reference}/"
    assert w.again().worker == w.other_worker
    assert see(client, w.samira, "plans:case_assign", w.case.reference).status_code == 404


def test_a_case_is_never_given_to_the_persons_own_family(w: World, client: Client):
    family_tie(w.other_worker, w.case)
    answer = do(
        client, w.david, "plans:case_assign", w.case.reference, worker=str(w.other_worker.public_id)
    )
    assert "Tom Reeve may not have this case." in words(answer)
    assert w.again().worker == w.samira


def test_somebody_who_is_not_on_the_list_cannot_be_chosen(w: World, client: Client):
    answer = do(
        client, w.david, "plans:case_assign", w.case.reference, worker=str(w.finance.public_id)
    )
    assert "Choose a worker from the list." in words(answer)


def test_the_worker_opens_the_questions_and_the_person_is_told(w: World, client: Client):
    assert see(client, w.samira, "plans:start", w.case.reference).status_code == 200
    do(client, w.samira, "plans:start", w.case.reference)
    assert w.again().stage == Stage.ASSESSING
    assert Message.objects.filter(to=w.margaret, title="Your questions are ready").exists()
    assert "The questions are open" in words(
        see(client, w.samira, "plans:referred", w.case.reference)
    )


def test_margaret_invites_a_neighbour_who_gets_a_link(w: World, client: Client):
    page = see(client, w.margaret, "plans:helpers", w.case.reference)
    assert "Ruth Ashdown" in words(page)
    sent = do(
        client, w.margaret, "plans:helpers", w.case.reference, act="helper", full_name="Joan Hill",
        email="joan@example.org", kind="friend", relationship="neighbour",
    )  # fmt: skip
    assert sent.status_code == 302
    assert Representation.objects.filter(user__email="joan@example.org", ended_at=None).exists()
    message = Message.objects.get(to__email="joan@example.org")
    welcome = Client().get(message.href)
    assert "Welcome, Joan Hill" in words(welcome)


def test_somebody_who_helps_already_is_refused_beside_the_field(w: World, client: Client):
    answer = do(
        client, w.margaret, "plans:helpers", w.case.reference, act="helper", full_name="Ruth Ashdown",
        email=w.ruth.email, kind="family", relationship="daughter",
    )  # fmt: skip
    assert "Ruth Ashdown helps already." in words(answer)
    assert 'value="daughter"' in answer.content.decode()


def test_a_helper_invites_nobody_but_sees_who_helps(w: World, client: Client):
    page = words(see(client, w.ruth, "plans:helpers", w.case.reference))
    assert "Daughter" in page
    assert "Send the invitation" not in page
    refused = do(
        client, w.ruth, "plans:helpers", w.case.reference, act="helper", full_name="X", email="x@example.org",
        kind="friend", relationship="friend",
    )  # fmt: skip
    assert refused.status_code == 404
    assert not User.objects.filter(email="x@example.org").exists()


def test_the_worker_invites_the_person_at_the_address_given(w: World, client: Client):
    form_page = see(client, w.samira, "plans:refer").content.decode()
    client.post(reverse("plans:refer"), {**born(form_page, referral()), "step": "send"})
    case = Case.objects.get(person__full_name="Arthur Bell")
    do(
        client,
        w.samira,
        "plans:helpers",
        case.reference,
        act="person",
        person_email="art@example.org",
    )
    case.person.refresh_from_db()
    assert case.person.user is not None
    assert case.person.user.email == "art@example.org"
    message = Message.objects.get(to=case.person.user)
    assert "Welcome, Arthur Bell" in words(Client().get(message.href))


def test_an_address_that_is_somebody_elses_is_refused_beside_its_field(w: World, client: Client):
    form_page = see(client, w.samira, "plans:refer").content.decode()
    client.post(reverse("plans:refer"), {**born(form_page, referral()), "step": "send"})
    case = Case.objects.get(person__full_name="Arthur Bell")
    answer = do(
        client,
        w.samira,
        "plans:helpers",
        case.reference,
        act="person",
        person_email=w.margaret.email,
    )
    assert "Somebody else already signs in with this e-mail address." in words(answer)
    case.person.refresh_from_db()
    assert case.person.email == ""


def test_family_and_strangers_do_not_see_the_pages_of_the_council(w: World, client: Client):
    nephew = user("Neil Ashdown")
    for name in ("referred", "take", "case_assign", "start"):
        for who in (w.stranger, nephew, w.finance):
            assert see(client, who, f"plans:{name}", w.case.reference).status_code == 404
    family_tie(w.samira, w.case)
    assert see(client, w.samira, "plans:referred", w.case.reference).status_code == 404
