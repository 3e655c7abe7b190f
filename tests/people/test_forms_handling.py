"""A refusal of a service becomes words on the form; nothing typed is lost."""

import pytest
from django import forms
from django.http import QueryDict
from django.test import RequestFactory

from carebudget.errors import Conflict, NotAllowed, Refused
from carebudget.people.forms_handling import refusals_on, step_of, typed


class NameForm(forms.Form):
    name = forms.CharField()


def filled() -> NameForm:
    form = NameForm({"name": "Ruth"})
    assert form.is_valid()
    return form


def test_a_refusal_stands_beside_its_field_with_the_next_step():
    form = filled()
    with refusals_on(form) as attempt:
        raise Refused("too_short", "That is too short.", "Write more.", field="name")
    assert not attempt.accepted
    assert form.errors["name"] == ["That is too short. Write more."]
    assert form["name"].value() == "Ruth"


def test_a_refusal_about_no_field_of_the_form_stands_on_top():
    form = filled()
    with refusals_on(form) as attempt:
        raise Refused("closed", "It is closed.", field="somewhere_else")
    assert not attempt.accepted
    assert form.non_field_errors() == ["It is closed."]


def test_a_conflict_is_shown_like_a_refusal():
    form = filled()
    with refusals_on(form) as attempt:
        raise Conflict("moved", "It has moved on.")
    assert attempt.refusal is not None
    assert attempt.refusal.code == "moved"
    assert form.non_field_errors() == ["It has moved on."]


def test_an_accepted_act_leaves_the_form_alone():
    form = filled()
    with refusals_on(form) as attempt:
        pass
    assert attempt.accepted
    assert form.is_valid()


def test_what_is_not_allowed_is_not_caught():
    with pytest.raises(NotAllowed), refusals_on(filled()):
        raise NotAllowed("no", "No.")


def test_other_mistakes_are_not_hidden():
    with pytest.raises(KeyError), refusals_on(filled()):
        raise KeyError("bug")


def test_everything_typed_travels_through_the_check_page():
    form = NameForm(QueryDict("name=A&name=B&step=check&csrfmiddlewaretoken=x&other=1"))
    assert typed(form) == [("name", "A"), ("name", "B"), ("other", "1")]


@pytest.mark.parametrize(
    ("sent", "step"), [("send", "send"), ("change", "change"), ("", "check"), ("drop", "check")]
)
def test_the_step_is_one_of_three(sent: str, step: str):
    assert step_of(RequestFactory().post("/", {"step": sent})) == step
