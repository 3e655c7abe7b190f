"""Addresses of desks."""

from django.urls import URLPattern, path

from .views import case, caseload, my_budget

app_name = "desks"

urlpatterns: list[URLPattern] = [
    path("my-budget/", my_budget.my_budgets, name="my_budgets"),
    path("my-budget/<str:reference>/", my_budget.my_budget, name="my_budget"),
    path("my-budget/<str:reference>/story/", my_budget.story, name="story"),
    path("caseload/", caseload.caseload, name="caseload"),
    path("cases/<str:reference>/", case.case, name="case"),
    path("cases/<str:reference>/close/", case.case_close, name="case_close"),
]
