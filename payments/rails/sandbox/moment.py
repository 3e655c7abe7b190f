"""What a piece of work needs to know: where the state is, what time it is, who asked. Values only."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .config import API_VERSION, Config
from .errors import bad_parameter, no_such
from .params import Params
from .store import PLATFORM, Body, Store

if TYPE_CHECKING:
    from .faults import Faults


@dataclass(frozen=True)
class Moment:
    """One instant of the sandbox. ``quiet`` means events are kept but not delivered."""

    store: Store
    config: Config
    faults: "Faults"
    instant: float
    quiet: bool = False
    request_id: str | None = None
    key: str | None = None
    api_version: str = API_VERSION

    @property
    def now(self) -> int:
        """The instant in whole seconds, as objects carry it."""
        return int(self.instant)


@dataclass(frozen=True)
class Call(Moment):
    """A request to one endpoint. ``owner`` is the connected account it acts for, or the platform."""

    owner: str = PLATFORM
    params: Params = field(default_factory=lambda: Params({}))
    args: dict[str, Any] = field(default_factory=dict)
    path: str = ""

    def own(self, kind: str, arg: str = "id") -> Body:
        """The object that the address names. Raises 404 ``resource_missing``."""
        id = str(self.args[arg])
        found = self.store.find(id, kind, self.owner)
        if found is None:
            raise no_such(kind, id)
        return found

    def platform_only(self) -> None:
        """Refuse what only the platform may do. Raises 400."""
        if self.owner != PLATFORM:
            raise bad_parameter(
                "This endpoint cannot be used with Stripe-Account.", "Stripe-Account"
            )
