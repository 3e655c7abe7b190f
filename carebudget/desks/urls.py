"""Addresses of desks."""

from django.urls import URLPattern, path

from .views import audit, case, caseload, demo, home, my_budget, open_figures, parts

app_name = "desks"

urlpatterns: list[URLPattern] = [
    path("my-budget/", my_budget.my_budgets, name="my_budgets"),
    path("my-budget/<str:reference>/", my_budget.my_budget, name="my_budget"),
    path("my-budget/<str:reference>/story/", my_budget.story, name="story"),
    path("caseload/", caseload.caseload, name="caseload"),
    path("cases/<str:reference>/", case.case, name="case"),
    path("cases/<str:reference>/close/", case.case_close, name="case_close"),
    path("", home.home, name="home"),
    path("accounts/", home.your_sign_in, name="your_sign_in"),
    path("demo/", demo.demo, name="demo"),
    path("demo/codes/", demo.demo_codes, name="demo_codes"),
    path("demo/sign-in/", demo.demo_sign_in, name="demo_sign_in"),
    path("parts/", parts.parts, name="parts"),
    path("parts/progress/", parts.parts_progress, name="parts_progress"),
    path("open-figures/", open_figures.open_figures, name="open_figures"),
    path("open-figures/rules/<slug:key>/", open_figures.open_rules, name="open_rules"),
    path("audit/", audit.audit, name="audit"),
    path("audit/export/", audit.audit_export, name="audit_export"),
    path("audit/prove/", audit.audit_prove, name="audit_prove"),
    path("audit/proofs/<uuid:public_id>/", audit.audit_proof, name="audit_proof"),
    path("audit/checkpoints/", audit.audit_checkpoints, name="audit_checkpoints"),
    path("audit/chains/<str:key>/", audit.audit_chain, name="audit_chain"),
]
