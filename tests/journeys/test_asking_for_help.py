"""Somebody asks for help on the public page, on a phone, and comes in by their invitation."""

import re
from collections.abc import Callable

import pytest
from django.core import mail

from carebudget.notify.services import deliver_waiting
from plans.models import Case
from plans.services import load_packs
from tests.journeys.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_daughter_asks_for_her_mother_and_comes_in(visitor: Callable[..., Visitor]) -> None:
    load_packs()
    ruth = visitor("Ruth", phone=True).go("/ask-for-help/")
    ruth.press("Continue").sees("There is a problem")
    ruth.choose("For somebody in my family, or a friend")
    ruth.fill("Full name of the person who needs help", "Margaret Ashdown")
    for box, words in (("Day", "9"), ("Month", "4"), ("Year", "1946")):
        ruth.fill(box, words)
    ruth.choose("Support for adults")
    ruth.fill("What is difficult at the moment?", "She fell twice and cannot manage the stairs.")
    ruth.fill("E-mail address", "margaret@people.example")
    ruth.fill("Phone number", "01632 960 299")
    ruth.press("Continue").sees("Check your answers", "9 April 1946")
    ruth.press("Send to the council").sees("We have your request")

    ruth.sees(Case.objects.get().reference)
    deliver_waiting()
    found = re.search(r"/invitation/[\w-]+/", str(mail.outbox[0].body))
    assert found
    ruth.go(found[0]).sees("Welcome, Margaret Ashdown")
    ruth.fill("Choose a password", "three-words-that-fit")
    ruth.press("Choose this password and sign in").sees("Your password is set")
