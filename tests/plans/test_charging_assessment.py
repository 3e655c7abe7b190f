"""The financial assessment through its services: who answers, what is checked, decided, kept and told."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from pypdf import PdfReader

from carebudget import clock
from carebudget.audit.models import AuditEvent
from carebudget.audit.services import verify_audit
from carebudget.errors import Conflict, NotAllowed, Refused
from carebudget.notify.models import Document, Message
from plans.models import (
    Case,
    ChargingFigures,
    FinancialAssessment,
    FinancialState,
    LightTouch,
)
from plans.rules.charging_finances import Support
from plans.rules.charging_result import Contribution
from plans.selectors import charge_on, open_finances, weekly_cost
from plans.selectors.charging import money_answers, money_values
from plans.services import (
    Terms,
    answer_challenge,
    close_case,
    decide_charge,
    decide_lightly,
    hand_back_finances,
    keep_calculation,
    raise_challenge,
    refer_person,
    save_finances,
    start_finances,
    submit_finances,
    take_up_challenge,
    verify_finances,
)
from plans.services.charging_files import SCHEMAS
from plans.services.packs import current_pack
from tests.plans.charging_pages import (
    COST,
    PAYS,
    answers,
    begun,
    checked,
    decided,
    in_2016,
    opened,
    sent,
    standing,
)
from tests.plans.page_world import World, family_tie


@pytest.fixture
def w(db: None) -> Iterator[World]:
    with in_2016() as found:
        yield found


def terms(**changes: Any) -> Terms:
    return Terms(**{"effective_on": clock.today(), "cost_pence": COST, **changes})


# ---- answering


def test_the_questions_open_once_and_the_person_is_told_when_the_council_opens_them(w: World):
    first = start_finances(case=w.case, by=w.samira)
    assert start_finances(case=w.case, by=w.ruth) == first
    told = Message.objects.filter(title="Tell us about your money")
    assert {message.to for message in told} == {w.margaret, w.ruth}


def test_each_answer_remembers_who_gave_it(w: World):
    assessment = begun(w)
    who = {row.question: row.answered_by for row in money_answers(assessment).values()}
    assert set(who.values()) == {w.ruth, w.margaret}
    assert who["household"] == w.ruth


@pytest.mark.parametrize(
    ("question", "value", "sentence"),
    [
        ("income.luck", {}, "There is no such kind of income."),
        ("income.esa", {"pence": -1, "every": "week"}, "Enter whole pence, 0 or more"),
        ("capital.bank", "lots", "Enter whole pence"),
        ("household", "crowd", "Choose one of: single, couple."),
        ("capital_band", "rich", "Choose one of: below, between, above."),
        ("children", -2, "Enter a whole number from 0 to 30."),
        ("premiums", ["tall"], "Choose from: disability, enhanced, carer."),
        ("partner_date_of_birth", "yesterday", "Enter a day like 1948-03-27."),
        ("seen.nowhere", True, "There is no such page."),
        ("colour", "blue", "There is no such question about money."),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_beside_its_question(
    w: World, question: str, value: Any, sentence: str
):
    assessment = start_finances(case=w.case, by=w.ruth)
    with pytest.raises(Refused) as refused:
        save_finances(assessment=assessment, values={question: value}, by=w.ruth)
    assert refused.value.field == question
    assert sentence.rstrip(".") in refused.value.sentence
    assert not assessment.answers.exists()


def test_nothing_is_sent_while_a_page_waits(w: World):
    assessment = start_finances(case=w.case, by=w.ruth)
    values = answers()
    del values["seen.home"]
    save_finances(assessment=assessment, values=values, by=w.ruth)
    with pytest.raises(Refused, match="“Your home” is not answered yet"):
        submit_finances(assessment=assessment, by=w.ruth)
    save_finances(assessment=assessment, values={"seen.home": True}, by=w.ruth)
    assert submit_finances(assessment=assessment, by=w.ruth).state == FinancialState.SUBMITTED
    assert Message.objects.filter(to=w.samira, title__contains="questions about money").exists()


def test_a_ticked_income_without_a_sum_keeps_its_page_waiting(w: World):
    assessment = start_finances(case=w.case, by=w.ruth)
    save_finances(assessment=assessment, values=answers() | {"income.esa": {}}, by=w.ruth)
    with pytest.raises(Refused, match="“How much comes in” is not answered yet"):
        submit_finances(assessment=assessment, by=w.ruth)


def test_what_was_sent_is_not_changed_behind_the_councils_back(w: World):
    assessment = sent(w)
    with pytest.raises(Conflict, match="These answers were sent"):
        save_finances(assessment=assessment, values={"children": 2}, by=w.ruth)
    assert submit_finances(assessment=assessment, by=w.ruth).state == FinancialState.SUBMITTED


def test_the_council_gives_the_questions_back_with_a_comment(w: World):
    hand_back_finances(assessment=sent(w), comment="Which bank is it?", by=w.samira)
    assert opened(w).state == FinancialState.DRAFT
    assert money_values(opened(w)) == answers()
    assert Message.objects.filter(to=w.ruth, body="Which bank is it?").exists()


def test_a_correction_stands_beside_the_persons_own_answer_and_says_why(w: World):
    assessment = sent(w)
    correction = {"income.state_pension": {"pence": 23100, "every": "week"}, "capital.bank": None}
    with pytest.raises(Refused, match="You changed an answer"):
        verify_finances(assessment=assessment, corrections=correction, note=" ", by=w.samira)
    verify_finances(
        assessment=assessment, corrections=correction, note="The letter says 231.00.", by=w.samira
    )
    row = money_answers(assessment)["income.state_pension"]
    assert row.value == {"pence": 23000, "every": "week"}
    assert row.counts == {"pence": 23100, "every": "week"}
    assert row.verifying_note == "The letter says 231.00."
    assert "capital.bank" not in money_values(assessment)


# ---- deciding


def test_the_decision_follows_the_rules_and_keeps_everything(w: World):
    decision = decided(w)
    assert (decision.contribution_pence, decision.calculated_pence) == (PAYS, PAYS)
    assert (decision.cost_pence, decision.full_cost) == (COST, False)
    result = Contribution.from_data(decision.working)
    assert sum(step.figure for step in result.steps) == PAYS
    assert decision.finances["date_of_birth"] == "1948-03-27"
    assert decision.table.source_yaml == (SCHEMAS / "2015-04.yaml").read_text()
    assert decision.policy.key == "wrenbury"
    event = AuditEvent.objects.get(verb="charge.decided")
    assert event.chain.key == w.case.chain
    assert event.changes["pence_a_week"] == PAYS
    assert event.changes["table"] == "2015-04 (1)"
    assert verify_audit().holds


def test_the_person_and_who_helps_get_the_letter_with_the_working(w: World):
    decision = decided(w)
    told = Message.objects.filter(key__startswith=f"charge.decided:{decision.reference}")
    assert {message.to for message in told} == {w.margaret, w.ruth}
    assert told[0].title == "What you pay for your support: £76.95 a week"
    letter = told[0].document
    assert letter is not None
    reader = PdfReader(BytesIO(bytes(letter.content)))
    text = " ".join("".join(page.extract_text() for page in reader.pages).split())
    for words in (
        "£76.95 a week",
        "From 2 May 2016",
        "State Pension",
        "£16,000 counts, £1,750 above £14,250",
        "for a single person at pension age",
        "Local Government and Social Care Ombudsman",
    ):
        assert words in text, words
    assert reader.metadata.title == letter.title
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"] == "en-GB"


def test_the_council_may_ask_for_less_with_a_reason_never_for_more(w: World):
    assessment = checked(w)
    with pytest.raises(Refused, match=r"The rules allow at most £76\.95 a week") as refused:
        decide_charge(
            assessment=assessment,
            terms=terms(),
            contribution_pence=PAYS + 1,
            reason="More.",
            by=w.samira,
        )
    assert refused.value.field == "contribution_pence"
    decide_charge(
        assessment=assessment,
        terms=terms(),
        contribution_pence=2000,
        reason="A hard winter.",
        by=w.samira,
    )
    assert (standing(w).contribution_pence, standing(w).calculated_pence) == (2000, PAYS)


def test_nobody_pays_more_than_the_support_costs(w: World):
    decide_charge(
        assessment=checked(w), terms=terms(cost_pence=3000), reason="It costs 30.", by=w.samira
    )
    assert standing(w).contribution_pence == 3000


def test_free_support_is_named_and_not_charged(w: World):
    decide_charge(
        assessment=checked(w),
        terms=terms(cost_pence=2000, free=(Support("reablement", 9000),)),
        reason="Part of it is free.",
        by=w.samira,
    )
    decision = standing(w)
    assert (decision.contribution_pence, decision.cost_pence) == (2000, 2000)
    assert any(
        step.key == "result.free.1.reablement"
        for step in Contribution.from_data(decision.working).steps
    )


def test_a_missing_figure_is_refused_by_its_name_and_nothing_is_decided(w: World):
    assessment = checked(w)
    with clock.travel(datetime(2025, 6, 2, 10, tzinfo=UTC)), pytest.raises(Refused) as refused:
        decide_charge(
            assessment=assessment,
            terms=terms(effective_on=date(2025, 6, 2)),
            reason="As the rules say.",
            by=w.samira,
        )
    assert refused.value.code == "charging_line_missing"
    assert refused.value.sentence == (
        "The table for 2025-04 has no figure for a single person at pension age."
    )
    assert refused.value.field == "effective_on"
    assert opened(w).state == FinancialState.VERIFIED
    assert not ChargingFigures.objects.exists()


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        (date(2016, 5, 1), "asked for help on 2 May 2016, so nothing can be charged before"),
        (date(2017, 5, 4), "This day is more than a year away"),
    ],
)
def test_a_day_that_cannot_be_is_refused(w: World, day: date, sentence: str):
    with pytest.raises(Refused, match=sentence):
        decide_charge(
            assessment=checked(w), terms=terms(effective_on=day), reason="Now.", by=w.samira
        )


def test_a_day_without_a_table_is_refused(w: World):
    assessment = checked(w)
    with (
        clock.travel(datetime(2023, 6, 1, 10, tzinfo=UTC)),
        pytest.raises(Refused, match="There is no table of figures for 1 June 2023"),
    ):
        decide_charge(assessment=assessment, terms=terms(), reason="Now.", by=w.samira)


def test_no_decision_without_a_reason_a_check_or_a_cost(w: World):
    assessment = sent(w)
    with pytest.raises(Conflict, match="Sent to the council"):
        decide_charge(assessment=assessment, terms=terms(), reason="Now.", by=w.samira)
    verify_finances(assessment=assessment, corrections={}, note="Looked.", by=w.samira)
    with pytest.raises(Refused, match="Give the reason"):
        decide_charge(assessment=assessment, terms=terms(), reason=" ", by=w.samira)
    with pytest.raises(Refused, match="Enter what the support costs"):
        decide_charge(
            assessment=assessment, terms=terms(cost_pence=None), reason="Now.", by=w.samira
        )


def test_savings_above_the_limit_mean_the_whole_cost(w: World):
    decision = decided(w, capital={"bank": 2325001})
    assert (decision.contribution_pence, decision.full_cost) == (COST, True)


def test_the_next_decision_replaces_the_last_and_history_stays(w: World):
    first = decided(w)
    with clock.travel(datetime(2016, 8, 1, 10, tzinfo=UTC)):
        assessment = start_finances(case=w.case, by=w.ruth)
        assert assessment.replaces == first
        assert money_values(assessment)["income.state_pension"]["pence"] == 23000
        save_finances(
            assessment=assessment,
            values={"income.state_pension": {"pence": 24000, "every": "week"}},
            by=w.ruth,
        )
        submit_finances(assessment=assessment, by=w.ruth)
        verify_finances(assessment=assessment, corrections={}, note="Seen.", by=w.samira)
        decide_charge(
            assessment=assessment,
            terms=terms(effective_on=date(2016, 9, 5)),
            reason="The pension rose.",
            by=w.samira,
        )
    first.refresh_from_db()
    assert first.state == FinancialState.SUPERSEDED
    assert standing(w).contribution_pence == PAYS + 1000
    now, later = (
        charge_on(w.case.person, date(2016, 9, 4)),
        charge_on(w.case.person, date(2016, 9, 5)),
    )
    assert (now, later) == (first, standing(w))


def test_a_correction_that_reaches_further_back_holds_from_its_own_day(w: World):
    with clock.travel(datetime(2016, 5, 10, 10, tzinfo=UTC)):
        decided(w, on=date(2016, 6, 1))
    with clock.travel(datetime(2016, 5, 20, 10, tzinfo=UTC)):
        corrected = decided(w, on=date(2016, 5, 16))
    assert charge_on(w.case.person, date(2016, 6, 2)) == corrected
    assert charge_on(w.case.person, date(2016, 5, 16)) == corrected
    assert charge_on(w.case.person, date(2016, 5, 15)) is None


def test_a_decision_and_its_answers_cannot_be_changed_by_sql(w: World):
    decided(w)
    for sql in (
        "UPDATE plans_financialassessment SET contribution_pence = 1",
        "UPDATE plans_financialassessment SET working = '{}'::jsonb",
        "UPDATE plans_financialassessment SET state = 'draft'",
        "DELETE FROM plans_financialassessment",
        "UPDATE plans_financialanswer SET value = '1'::jsonb",
        "DELETE FROM plans_financialanswer",
        "UPDATE plans_chargingfigures SET content = '{}'::jsonb",
        "DELETE FROM plans_chargingfigures",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert standing(w).contribution_pence == PAYS


def test_the_database_itself_allows_one_open_and_one_standing_assessment(w: World):
    first = decided(w)
    another = {"person": w.case.person, "case": w.case, "origin": "worker"}
    FinancialAssessment.objects.create(**another)
    with pytest.raises(IntegrityError, match="one_open_financial"), transaction.atomic():
        FinancialAssessment.objects.create(**another)
    with pytest.raises(IntegrityError, match="one_current_financial"), transaction.atomic():
        FinancialAssessment.objects.create(
            **another,
            state=FinancialState.DECIDED,
            contribution_pence=1,
            effective_on=first.effective_on,
            decided_at=clock.now(),
            working={},
        )


@pytest.mark.parametrize(
    ("figures", "constraint"),
    [
        ({"contribution_pence": 2, "calculated_pence": 1}, "never_above_the_rules"),
        ({"contribution_pence": 2, "cost_pence": 1}, "never_above_the_cost"),
        ({"contribution_pence": -1}, "have_a_sum"),
        ({"contribution_pence": None}, "have_a_sum"),
    ],
)
def test_the_database_itself_refuses_a_sum_that_cannot_be(
    w: World, figures: dict[str, Any], constraint: str
):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        FinancialAssessment.objects.create(
            person=w.case.person,
            case=w.case,
            origin="worker",
            state=FinancialState.DECIDED,
            effective_on=clock.today(),
            decided_at=clock.now(),
            working={},
            **figures,
        )


def test_a_version_of_a_table_that_was_used_never_changes(w: World, tmp_path: Any, settings: Any):
    decided(w)
    for path in SCHEMAS.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text())
    text = (SCHEMAS / "2015-04.yaml").read_text()
    (tmp_path / "2015-04.yaml").write_text(text.replace("pence: 18900", "pence: 18000"))
    settings.CHARGING_DIRECTORY = tmp_path
    assessment = start_finances(case=w.case, by=w.ruth)
    submit_finances(assessment=assessment, by=w.ruth)
    verify_finances(assessment=assessment, corrections={}, note="Seen.", by=w.samira)
    with pytest.raises(Refused, match="version 1 was used before with other figures"):
        decide_charge(assessment=assessment, terms=terms(), reason="Now.", by=w.samira)


# ---- a light touch


@pytest.mark.parametrize(
    ("ground", "asked", "pays", "full"),
    [
        (LightTouch.ABOVE, 0, COST, True),
        (LightTouch.REFUSED, 0, COST, True),
        (LightTouch.SMALL, 500, 500, False),
        (LightTouch.BENEFITS, 0, 0, False),
    ],
)
def test_a_light_touch_decides_for_one_of_four_reasons(
    w: World, ground: str, asked: int, pays: int, full: bool
):
    decide_lightly(
        case=w.case,
        ground=ground,
        cost_pence=COST,
        contribution_pence=asked,
        effective_on=clock.today(),
        agreed=ground != LightTouch.REFUSED,
        reason="I saw the letter.",
        by=w.samira,
    )
    decision = standing(w)
    assert (decision.contribution_pence, decision.full_cost) == (pays, full)
    assert decision.light_touch == ground
    letter = Document.objects.get(kind="charge letter")
    text = PdfReader(BytesIO(bytes(letter.content))).pages[0].extract_text()
    assert "You can ask us for a full assessment at any time" in " ".join(text.split())
    assert AuditEvent.objects.filter(verb="charge.decided_lightly").count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"ground": ""}, "ground", "Say why there is no full assessment"),
        ({"ground": "lazy"}, "ground", "Say why there is no full assessment"),
        ({"agreed": False}, "agreed", "the person must agree"),
        ({"ground": "small"}, "contribution_pence", "Enter a small charge"),
        ({"ground": "small", "contribution_pence": COST + 1}, "contribution_pence", "at most"),
        ({"reason": " "}, "reason", "Say what this rests on"),
    ],
)
def test_a_light_touch_without_its_grounds_is_refused(
    w: World, changes: dict[str, Any], field: str, sentence: str
):
    asked: dict[str, Any] = {
        "case": w.case,
        "ground": "above",
        "cost_pence": COST,
        "effective_on": clock.today(),
        "agreed": True,
        "reason": "I saw the letter.",
        "by": w.samira,
    }
    with pytest.raises(Refused, match=sentence) as refused:
        decide_lightly(**asked | changes)
    assert refused.value.field == field
    assert not FinancialAssessment.objects.filter(state="decided").exists()


# ---- the calculator's answers carried over


def test_a_calculation_is_carried_over_and_still_to_be_sent(w: World):
    values = answers() | {
        "support.kind": "care",
        "support.cost": 9000,
        "date_of_birth": "1950-01-01",
        "seen.born": True,
    }
    keep_calculation(case=w.case, values=values, by=w.ruth)
    assessment = opened(w)
    assert (assessment.state, assessment.origin) == (FinancialState.DRAFT, "calculator")
    kept = money_values(assessment)
    assert "date_of_birth" not in kept
    assert "support.kind" not in kept
    assert kept["income.state_pension"] == {"pence": 23000, "every": "week"}
    assert submit_finances(assessment=assessment, by=w.ruth).state == FinancialState.SUBMITTED


def test_a_calculation_takes_the_place_of_what_was_there(w: World):
    begun(w, income={"esa": {"pence": 5000, "every": "week"}})
    keep_calculation(case=w.case, values=answers(), by=w.ruth)
    assert "income.esa" not in money_values(opened(w))


def test_a_calculation_does_not_overwrite_what_was_sent(w: World):
    sent(w)
    with pytest.raises(Conflict, match="has your answers already"):
        keep_calculation(case=w.case, values=answers(children=3), by=w.ruth)
    assert money_values(opened(w))["children"] == 0


# ---- answering the decision


def test_the_person_challenges_and_somebody_else_has_it_decided_afresh(w: World):
    decided(w)
    challenge = raise_challenge(
        case=w.case, about="charge", words="My Council Tax is higher.", by=w.ruth
    )
    assert challenge.decision_made_by == w.samira
    with pytest.raises(NotAllowed):
        take_up_challenge(challenge=challenge, by=w.samira)
    take_up_challenge(challenge=challenge, by=w.david)
    answer_challenge(challenge=challenge, upheld=True, answer="You are right.", by=w.david)
    again = opened(w)
    assert (again.state, again.origin) == (FinancialState.SUBMITTED, "challenge")
    assert again.replaces == standing(w)
    assert money_values(again) == answers()


def test_a_challenge_that_is_not_upheld_leaves_the_decision(w: World):
    decision = decided(w)
    challenge = raise_challenge(case=w.case, about="charge", words="Too much.", by=w.ruth)
    take_up_challenge(challenge=challenge, by=w.david)
    answer_challenge(challenge=challenge, upheld=False, answer="It is right.", by=w.david)
    assert open_finances(w.case.person) is None
    assert standing(w) == decision


def test_a_light_decision_that_was_wrong_opens_the_questions(w: World):
    decide_lightly(
        case=w.case, ground="refused", cost_pence=COST, effective_on=clock.today(), agreed=False,
        reason="They would not say.", by=w.samira,
    )  # fmt: skip
    challenge = raise_challenge(case=w.case, about="charge", words="I will say.", by=w.margaret)
    take_up_challenge(challenge=challenge, by=w.david)
    answer_challenge(challenge=challenge, upheld=True, answer="Then tell us.", by=w.david)
    assert opened(w).state == FinancialState.DRAFT


def test_there_is_nothing_to_challenge_before_a_decision(w: World):
    with pytest.raises(Refused, match="Nothing has been decided about this yet"):
        raise_challenge(case=w.case, about="charge", words="Too much.", by=w.ruth)


# ---- who may, and where nothing is charged


def test_who_may_answer_check_and_decide(w: World):
    assessment = begun(w)
    for who in (w.stranger, w.auditor, w.other_worker, w.panel):
        with pytest.raises(NotAllowed):
            save_finances(assessment=assessment, values={"children": 1}, by=who)
    submit_finances(assessment=assessment, by=w.ruth)
    for who in (w.ruth, w.margaret, w.stranger, w.auditor, w.other_worker):
        with pytest.raises(NotAllowed):
            verify_finances(assessment=assessment, corrections={}, note="Fine.", by=who)
    family_tie(w.finance, w.case)
    with pytest.raises(NotAllowed):
        verify_finances(assessment=opened(w), corrections={}, note="Fine.", by=w.finance)
    verify_finances(assessment=opened(w), corrections={}, note="Fine.", by=w.david)
    for who in (w.ruth, w.stranger, w.auditor):
        with pytest.raises(NotAllowed):
            decide_charge(assessment=opened(w), terms=terms(), reason="Mine.", by=who)


def test_a_finance_officer_may_check_and_decide(w: World):
    assessment = sent(w)
    verify_finances(assessment=assessment, corrections={}, note="Seen.", by=w.finance)
    decide_charge(assessment=assessment, terms=terms(), reason="As the rules say.", by=w.finance)
    assert standing(w).decided_by == w.finance


def test_a_programme_that_is_not_charged_asks_nobody(w: World):
    carer = refer_person(
        full_name="Ruth Ashdown", date_of_birth=date(1975, 1, 1), pack=current_pack("carers"),
        source="worker", reason="She cares for her mother.", by=w.samira,
    )  # fmt: skip
    for attempt in (
        lambda: start_finances(case=carer, by=w.samira),
        lambda: decide_lightly(
            case=carer, ground="above", cost_pence=100, effective_on=clock.today(), agreed=True,
            reason="Rich.", by=w.samira,
        ),
    ):  # fmt: skip
        with pytest.raises(Refused, match="Nobody pays anything towards this support"):
            attempt()
    assert weekly_cost(carer.person) is None


def test_what_the_support_costs_comes_from_the_plan_that_is_agreed(w: World):
    cost = weekly_cost(w.case.person)
    assert cost is not None
    assert cost.pence == COST
    assert cost.words.startswith("the agreed plan PLN-")
    close_case(case=w.again(), reason="She moved.", by=w.samira)
    assert weekly_cost(Case.objects.get(pk=w.case.pk).person) is None
