"""What the tests of signing in share: people with passwords and apps, and how a page reads."""

import re
from html import unescape
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from carebudget.desks.selectors.demo import code_now
from carebudget.people.models import Role, User
from carebudget.people.services import give_role

PASSWORD = "three words here"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def person(email: str = "ruth@example.org", *roles: Role, name: str = "Ruth Ashdown") -> User:
    """Somebody with a password."""
    user = User.objects.create_user(email, PASSWORD, full_name=name)
    for role in roles:
        give_role(user=user, role=role)
    return user


def worker(email: str = "samira@example.org") -> User:
    """A social worker without an app yet."""
    return person(email, Role.WORKER, name="Samira Okafor")


def with_app(user: User) -> User:
    """The user with an authenticator app and recovery codes."""
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


def recovery_codes(user: User) -> list[str]:
    """The codes that still work."""
    app = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    return app.wrap().get_unused_codes()


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: Any) -> Any:
    """Send the sign-in form."""
    return client.post(
        reverse("account_login"), {"login": email, "password": password, **more}, follow=False
    )


def type_code(client: Client, code: str = "") -> Any:
    """Send the second step; without a code, the one that the app shows now."""
    return client.post(reverse("mfa_authenticate"), {"code": code or code_now(SECRET)})


def half_a_minute_later() -> None:
    """Codes may be used again, as if the next one were shown; counted tries are forgotten too."""
    cache.clear()


def said(response: Any) -> str:
    """What the page says, without its markup."""
    return " ".join(unescape(strip_tags(response.content.decode())).split())


def title(response: Any) -> str:
    """The page's title."""
    found = re.search(r"<title>(.*?)</title>", response.content.decode(), re.S)
    assert found is not None
    return unescape(found[1]).strip()


def is_ours(response: Any) -> bool:
    """The page has our own frame, and nothing of the library's."""
    html = response.content.decode()
    return (
        response.status_code == 200
        and "cb-header" in html
        and html.count("<h1") == 1
        and "Menu:" not in html
        and "<script>" not in html
        and " style=" not in html
        and "placeholder=" not in html
    )
