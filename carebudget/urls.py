"""Every address of the product. Each view names its permission, or nobody may open it."""

from django.urls import include, path

handler400 = "carebudget.desks.views.errors.bad_request"
handler500 = "carebudget.desks.views.errors.server_error"

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("", include("carebudget.people.urls")),
    path("", include("carebudget.notify.urls")),
    path("", include("providers.urls")),
    path("", include("plans.urls")),
    path("", include("payments.urls")),
    path("", include("carebudget.desks.urls")),
]
