"""Addresses of providers: the council's directory. The provider's own side is ``/provider/``."""

from django.urls import URLPattern, path

from .views import directory, keeping

app_name = "providers"

ONE = "providers/<str:reference>/"

urlpatterns: list[URLPattern] = [
    path("providers/", directory.directory, name="directory"),
    path("providers/new/", keeping.register, name="register"),
    path(ONE, directory.provider, name="provider"),
    path(f"{ONE}approved/", directory.approved, name="approved"),
    path(f"{ONE}change/", keeping.change, name="change"),
    path(f"{ONE}check/", keeping.check, name="check"),
    path(f"{ONE}suspend/", keeping.suspend, name="suspend"),
    path(f"{ONE}price/", keeping.rate, name="rate"),
    path(f"{ONE}people/invite/", keeping.invite, name="invite"),
    path(f"{ONE}people/<uuid:public_id>/", keeping.member, name="member"),
]
