"""The people of the demo, with the code that each one's authenticator app would show now."""

import time
from dataclasses import dataclass

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt

from carebudget.people.models import User

from ..seeding.people import PEOPLE, DemoPerson


@dataclass(frozen=True)
class DemoSignIn:
    """Somebody to sign in as: their user, when the data is there, and their code, when they need one."""

    person: DemoPerson
    user: User | None
    code: str

    @property
    def first_name(self) -> str:
        """What the button calls them."""
        return self.person.full_name.split()[0]

    @property
    def side(self) -> str:
        """``family``, ``council`` or ``provider``: how the page groups them."""
        if self.person.roles:
            return "council"
        return "provider" if "provider" in self.person.what else "family"


def demo_sign_ins() -> list[DemoSignIn]:
    """Everybody in the order of the story, in two queries."""
    emails = [person.email for person in PEOPLE]
    users = {user.email: user for user in User.objects.filter(email__in=emails, is_active=True)}
    apps = Authenticator.objects.filter(user__email__in=emails, type=Authenticator.Type.TOTP)
    secrets = {app.user_id: app.data["secret"] for app in apps}
    found = []
    for person in PEOPLE:
        user = users.get(person.email)
        secret = secrets.get(user.pk) if user else None
        found.append(DemoSignIn(person, user, code_now(decrypt(secret)) if secret else ""))
    return found


def code_now(secret: str) -> str:
    """The six digits that an app with this secret shows now (RFC 6238)."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // app_settings.TOTP_PERIOD))
