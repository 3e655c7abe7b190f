"""Setting up support: who is asked, with a check before; what they said; and asking somebody else."""

import pytest
from django.test import Client

from carebudget.errors import Conflict, Refused
from carebudget.notify.models import Message
from payments import services as money
from payments.models import AgreementState, ServiceAgreement
from plans.models import Stage
from plans.services import close_case
from tests.desks.desk_world import again, case_at, declined, page, post, queries, read, words
from tests.factories.worlds import (
    CaseFactory,
    ProviderFactory,
    UserFactory,
    client_of,
    crew,
    member_of,
)

pytestmark = pytest.mark.django_db


def path(case, rest: str = "") -> str:
    return f"/my-budget/{case.reference}/support/{rest}"


def test_the_work_is_offered_after_a_check(client: Client):
    case = case_at("agreed")
    person = client_of(case)
    said = read(client, person, path(case))
    support = case.plans.get().supports.select_related("provider").first()
    assert "What to do now Offer the work" in said
    assert f"{support.provider.name} has not been asked yet." in said
    check = read(client, person, path(case, "offer/"))
    assert f"Ask {support.provider.name}" in check
    assert support.description in check
    assert "They do not see the rest of the plan." in check
    assert not ServiceAgreement.objects.exists()
    sent = post(client, person, path(case, "offer/"))
    assert sent.url == path(case)
    after = words(client.get(sent.url))
    assert f"You have asked {support.provider.name}." in after
    assert "has not answered yet" in after
    assert "You get a message when they answer." in after
    assert case.agreements.get().state == AgreementState.OFFERED
    assert Message.objects.filter(to=member_of(support.provider)).exists()


def test_offering_twice_asks_once(client: Client):
    case = case_at("agreed")
    for _ in range(2):
        sent = post(client, client_of(case), path(case, "offer/"))
        assert sent.url == path(case)
    assert "Everybody has been asked already." in words(client.get(sent.url))
    assert case.agreements.count() == 1
    assert page(client, client_of(case), path(case, "offer/")).url == path(case)


def test_the_worker_offers_for_the_person(client: Client):
    case = case_at("agreed")
    said = read(client, crew().worker, path(case))
    assert "Margaret’s support" in said
    post(client, crew().worker, path(case, "offer/"))
    assert case.agreements.get().offered_by == crew().worker


def test_the_daughter_offers_for_her_mother(client: Client):
    case = case_at("agreed", helper=True)
    ruth = case.person.representations.get().user
    said = read(client, ruth, path(case))
    assert "Margaret’s support" in said
    assert "Your plan" not in said
    post(client, ruth, path(case, "offer/"))
    assert case.agreements.get().offered_by == ruth


def test_a_yes_says_since_when_up_to_how_much_and_how_to_reach_them(client: Client):
    case = case_at("live")
    said = read(client, client_of(case), path(case))
    agreement = case.agreements.select_related("provider").get()
    assert f"{agreement.provider.name} gives this support, since" in said
    limit = f"£{agreement.limit_pence // 100:,}.{agreement.limit_pence % 100:02d}"
    assert f"At most {limit} in that time" in said
    assert agreement.provider.email in said
    assert "Support is set up." in said


def test_a_no_shows_the_reason_and_two_ways_on(client: Client):
    case = case_at("agreed")
    refused = declined(case, "We have nobody free on Tuesdays.")[0]
    said = read(client, client_of(case), path(case))
    assert f"What to do now {refused.provider.name} said no" in said
    assert "We have nobody free on Tuesdays." in said
    assert "Ask somebody else" in said
    assert f"Ask {refused.provider.name} again" in said
    again_page = read(client, client_of(case), path(case, "offer/"))
    assert "You are asking them again." in again_page
    post(client, client_of(case), path(case, "offer/"))
    assert case.agreements.filter(state=AgreementState.OFFERED).count() == 1


def test_somebody_else_is_asked_on_the_terms_of_the_plan_and_the_case_goes_live(client: Client):
    case = case_at("agreed")
    refused = declined(case)[0]
    other = ProviderFactory(name="Second Choice", rate_pence=1900)
    sent = post(client, client_of(case), path(case, "1/another/"), provider=other.reference)
    assert sent.url == path(case)
    assert "You have asked Second Choice." in words(client.get(sent.url))
    offered = case.agreements.get(provider=other)
    assert offered.rate_pence == refused.rate_pence
    assert offered.limit_pence == refused.limit_pence
    money.accept_agreement(agreement=offered, by=member_of(other))
    assert again(case).stage == Stage.LIVE
    assert "Second Choice gives this support" in read(client, client_of(case), path(case))


def test_only_checked_providers_within_the_price_who_have_not_said_no_can_be_asked(client: Client):
    case = case_at("agreed")
    refused = declined(case)[0]
    ProviderFactory(name="Too Dear", rate_pence=9900)
    ProviderFactory(name="By The Night", unit="night", rate_pence=100)
    ProviderFactory(name="Not Checked", approved=False)
    ProviderFactory(name="Just Right", rate_pence=2000)
    said = read(client, client_of(case), path(case, "1/another/"))
    assert "Just Right (care agency)" in said
    for name in ("Too Dear", "By The Night", "Not Checked"):
        assert name not in said
    choices = page(client, client_of(case), path(case, "1/another/")).content.decode()
    assert f'value="{refused.provider.reference}"' not in choices


def test_when_nobody_else_can_do_it_the_page_says_whom_to_call(client: Client):
    case = case_at("agreed")
    declined(case)
    said = read(client, client_of(case), path(case, "1/another/"))
    assert "No other provider works at this price" in said
    assert "Ask for The worker 0:" in said


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [({}, "Choose who to ask."), ({"provider": "PRV-NOBODY"}, "Choose somebody from the list.")],
)
def test_a_choice_that_is_none_is_refused(typed: dict, sentence: str, client: Client):
    case = case_at("agreed")
    declined(case)
    ProviderFactory(name="Just Right", rate_pence=2000)
    answer = post(client, client_of(case), path(case, "1/another/"), **typed)
    assert answer.status_code == 200
    assert sentence in words(answer)
    assert "<title>Error: " in answer.content.decode()
    assert case.agreements.count() == 1


def test_a_double_click_asks_once_and_a_late_one_is_told_that_somebody_has_been_asked(
    client: Client,
):
    case = case_at("agreed")
    declined(case)
    first, second = (
        ProviderFactory(name=name, rate_pence=2000) for name in ("First Other", "Second Other")
    )
    person = client_of(case)
    for _ in range(2):
        post(client, person, path(case, "1/another/"), provider=first.reference)
    assert case.agreements.filter(provider=first).count() == 1
    answer = post(client, person, path(case, "1/another/"), provider=second.reference)
    assert answer.status_code == 200
    assert "First Other has been asked meanwhile." in words(answer)
    assert not case.agreements.filter(provider=second).exists()
    assert page(client, person, path(case, "1/another/")).url == path(case)


def test_the_service_refuses_what_the_page_would_not_offer():
    case = case_at("agreed")
    person = client_of(case)
    support = case.plans.get().supports.first()
    unchecked = ProviderFactory(name="Not Checked", approved=False)
    with pytest.raises(Refused) as refused:
        money.offer_to_another(support=support, provider=unchecked, by=person)
    assert refused.value.field == "provider"
    declined(case)
    money.offer_agreements(plan=case.plans.get(), by=person)
    with pytest.raises(Conflict):
        money.offer_to_another(support=support, provider=ProviderFactory(name="Other"), by=person)
    assert case.agreements.count() == 2


def test_nothing_is_offered_once_the_plan_has_ended():
    case = case_at("agreed")
    person = client_of(case)
    support = case.plans.get().supports.first()
    close_case(case=case, reason="Moved.", by=crew().worker)
    with pytest.raises(Refused):
        money.offer_to_another(support=support, provider=ProviderFactory(name="Other"), by=person)


def test_before_a_plan_is_agreed_the_page_says_so(client: Client):
    case = case_at("planning")
    assert "There is no agreed plan yet" in read(client, client_of(case), path(case))
    assert page(client, client_of(case), path(case, "offer/")).url == path(case)
    assert page(client, client_of(case), path(case, "1/another/")).status_code == 404


def test_a_support_that_is_not_there_is_not_found(client: Client):
    case = case_at("agreed")
    for number in (0, 2, 99):
        assert page(client, client_of(case), path(case, f"{number}/another/")).status_code == 404


def test_who_may_set_up_support(client: Client):
    case = case_at("agreed")
    stranger = client_of(CaseFactory(stage="referred"))
    support = case.plans.get().supports.select_related("provider").first()
    for who in (
        stranger,
        crew(1).worker,
        crew().panel,
        UserFactory(role="auditor"),
        member_of(support.provider),
    ):
        for rest in ("", "offer/", "1/another/"):
            assert page(client, who, path(case, rest)).status_code == 404
        assert post(client, who, path(case, "offer/")).status_code == 404
    assert page(client, None, path(case)).status_code == 302
    assert not case.agreements.exists()


def test_more_agreements_take_no_more_queries(client: Client):
    one = case_at("agreed", providers=[ProviderFactory(name="Only One")])
    two = case_at(
        "agreed",
        full_name="Harold Ashdown",
        providers=[ProviderFactory(name="One"), ProviderFactory(name="Two")],
    )
    for case in (one, two):
        declined(case)
        money.offer_agreements(plan=case.plans.get(), by=client_of(case))
    assert two.agreements.count() == 4
    assert queries(client, client_of(one), path(one)) == queries(client, client_of(two), path(two))
