"""``/v1/account_links``: an address where a provider completes their account. The page is in hosted.py."""

import secrets
from urllib.parse import urlsplit

from ..errors import ApiError, bad_parameter
from ..moment import Call
from ..store import Body
from . import accounts

TYPES = ("account_onboarding", "account_update")


def create(call: Call) -> Body:
    """A link that opens once, within five minutes."""
    call.platform_only()
    params = call.params
    account = accounts.held(call.store, params.needed("account"), call.config.api_key)
    kind = params.choice("type", TYPES, required=True)
    return_url, refresh_url = _address(call, "return_url"), _address(call, "refresh_url")
    params.text("collect")
    params.hash("collection_options")
    params.done()
    if kind == "account_update" and account["type"] != "custom":
        raise bad_parameter(
            "You cannot create `account_update` type Account Links for this account.", "type"
        )
    if accounts.is_closed(account):
        raise ApiError(400, f"The account {account['id']} has been closed.", code="account_invalid")
    token = secrets.token_urlsafe(16)
    expires = call.instant + call.config.link_lifetime
    call.store.execute(
        "INSERT INTO links (token, account, return_url, refresh_url, expires_at) "
        "VALUES (?, ?, ?, ?, ?)",
        [token, account["id"], return_url, refresh_url, expires],
    )
    return {
        "object": "account_link",
        "created": call.now,
        "expires_at": int(expires),
        "url": f"{call.config.public_url}/setup/s/{account['id']}/{token}",
    }


def _address(call: Call, name: str) -> str:
    text = call.params.needed(name)
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise bad_parameter("Not a valid URL", name, "url_invalid")
    return text
