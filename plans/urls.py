"""Addresses of plans. ``/my-budget/`` is the person's side, ``/cases/`` the council's."""

from django.urls import URLPattern, path

from .views import (
    answering,
    asking,
    assessing,
    budget,
    challenges,
    charging_calculator,
    charging_council,
    charging_paying,
    documents,
    helpers,
    planning,
    planning_parts,
    policy,
    policy_proposals,
    reviewing,
    working,
)

app_name = "plans"

MINE = "my-budget/<str:reference>/"
CASE = "cases/<str:reference>/"
PROPOSAL = "policy/proposals/<str:reference>/"

urlpatterns: list[URLPattern] = [
    path("ask-for-help/", asking.ask_for_help, name="ask_for_help"),
    path("ask-for-help/sent/", asking.ask_for_help_sent, name="ask_for_help_sent"),
    path("cases/refer/", asking.refer, name="refer"),
    path(f"{CASE}referred/", asking.referred, name="referred"),
    path(f"{CASE}take/", asking.take, name="take"),
    path(f"{CASE}assign/", asking.case_assign, name="case_assign"),
    path(f"{CASE}start/", asking.start, name="start"),
    path(f"{MINE}helpers/", helpers.helpers, name="helpers"),
    path(f"{MINE}questions/", answering.questionnaire, name="questionnaire"),
    path(f"{MINE}questions/check/", answering.questions_check, name="questions_check"),
    path(f"{MINE}questions/<slug:section>/", answering.questions_section, name="questions_section"),
    path(f"{CASE}assessment/", assessing.assessment, name="assessment"),
    path(f"{CASE}decide/", assessing.decide, name="decide"),
    path(f"{MINE}decision/", budget.decision, name="decision"),
    path(f"{MINE}budget/", budget.budget, name="budget"),
    path(f"{MINE}budget/working.json", working.budget_working, name="budget_working"),
    path(f"{CASE}budget/", budget.budget_confirm, name="budget_confirm"),
    path(f"{MINE}plan/", planning.plan, name="plan"),
    path(f"{MINE}plan/about/<slug:criterion>/", planning.plan_criterion, name="plan_criterion"),
    path(f"{MINE}plan/wishes/new/", planning_parts.plan_outcome_add, name="plan_outcome_add"),
    path(f"{MINE}plan/wishes/<int:number>/", planning_parts.plan_outcome, name="plan_outcome"),
    path(
        f"{MINE}plan/wishes/<int:number>/remove/",
        planning_parts.plan_outcome_remove,
        name="plan_outcome_remove",
    ),
    path(f"{MINE}plan/support/new/", planning_parts.plan_support_add, name="plan_support_add"),
    path(f"{MINE}plan/support/<int:number>/", planning_parts.plan_support, name="plan_support"),
    path(
        f"{MINE}plan/support/<int:number>/remove/",
        planning_parts.plan_support_remove,
        name="plan_support_remove",
    ),
    path(f"{MINE}plan/cost/", planning_parts.plan_cost, name="plan_cost"),
    path(f"{MINE}plan/details/", planning.plan_details, name="plan_details"),
    path(f"{MINE}plan/check/", planning.plan_check, name="plan_check"),
    path(f"{MINE}plan/comment/", planning.plan_comment, name="plan_comment"),
    path(f"{MINE}plan/document/", documents.plan_document, name="plan_document"),
    path(f"{CASE}plan/", reviewing.plan_review, name="plan_review"),
    path(f"{CASE}plan/done/", reviewing.plan_reviewed, name="plan_reviewed"),
    path("what-might-i-pay/", charging_calculator.calculator, name="calculator"),
    path("what-might-i-pay/check/", charging_calculator.calculator_check, name="calculator_check"),
    path(
        "what-might-i-pay/result/", charging_calculator.calculator_result, name="calculator_result"
    ),
    path("what-might-i-pay/send/", charging_calculator.calculator_send, name="calculator_send"),
    path(
        "what-might-i-pay/<slug:section>/",
        charging_calculator.calculator_section,
        name="calculator_section",
    ),
    path(f"{MINE}paying/", charging_paying.paying, name="paying"),
    path(f"{MINE}paying/check/", charging_paying.paying_check, name="paying_check"),
    path(f"{MINE}paying/evidence/", charging_paying.paying_evidence, name="paying_evidence"),
    path(
        f"{MINE}paying/evidence/<uuid:public_id>/",
        charging_paying.evidence_file,
        name="evidence_file",
    ),
    path(
        f"{MINE}paying/evidence/<uuid:public_id>/remove/",
        charging_paying.evidence_remove,
        name="evidence_remove",
    ),
    path(f"{MINE}paying/<slug:section>/", charging_paying.paying_section, name="paying_section"),
    path(f"{CASE}paying/", charging_council.case_paying, name="case_paying"),
    path(f"{CASE}paying/decide/", charging_council.case_paying_decide, name="case_paying_decide"),
    path(f"{CASE}paying/done/", charging_council.case_paying_done, name="case_paying_done"),
    path(
        f"{CASE}paying/light-touch/", charging_council.case_paying_light, name="case_paying_light"
    ),
    path(f"{MINE}challenge/", challenges.challenge, name="challenge"),
    path(
        "cases/<str:case_reference>/challenge/<str:reference>/",
        challenges.challenge_answer,
        name="challenge_answer",
    ),
    path("policy/", policy.programmes, name="policy"),
    path(PROPOSAL, policy_proposals.proposal, name="policy_proposal"),
    path(f"{PROPOSAL}change/", policy_proposals.proposal_change, name="policy_proposal_change"),
    path(f"{PROPOSAL}figures.csv", policy_proposals.proposal_csv, name="policy_proposal_csv"),
    path(f"{PROPOSAL}figures.json", policy_proposals.proposal_json, name="policy_proposal_json"),
    path("policy/<slug:key>/compare/", policy.compare, name="policy_compare"),
    path("policy/<slug:key>/<str:version>/", policy.workbench, name="policy_workbench"),
    path("policy/<slug:key>/<str:version>/effect/", policy.effect, name="policy_effect"),
]
