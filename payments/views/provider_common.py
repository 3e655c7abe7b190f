"""For whom a page of the provider's side speaks: a person may speak for several providers."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest

from carebudget.people.access import signed_in
from payments.selectors.provider import providers_of
from providers.models import Provider


@dataclass(frozen=True)
class Speaking:
    """The providers a user speaks for, and those the page shows: one that was chosen, or all."""

    providers: list[Provider]
    shown: list[Provider]

    @property
    def several(self) -> bool:
        """Whether the user speaks for more than one, so that names must be said."""
        return len(self.providers) > 1

    @property
    def one(self) -> Provider | None:
        """The provider the page is about, when it is about one."""
        return self.shown[0] if len(self.shown) == 1 else None

    @property
    def query(self) -> str:
        """What links between the pages carry, so that the choice is kept."""
        return f"?provider={self.shown[0].reference}" if self.several and self.one else ""


def speaking(request: HttpRequest) -> Speaking:
    """Whom the user speaks for; ``?provider=`` chooses one. Somebody else's does not exist: 404."""
    providers = providers_of(signed_in(request))
    asked = request.GET.get("provider", "")
    chosen = [one for one in providers if one.reference == asked]
    if asked and not chosen:
        raise Http404
    return Speaking(providers, chosen or providers)
