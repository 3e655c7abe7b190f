"""The page where a provider gives their bank details, as Stripe hosts one for real accounts.

A link opens once and leads to a form that can be sent again until it is right. A used or late link
leads back to the council's own page for a fresh one. Works without scripts.
"""

import re
import secrets
import sqlite3
from html import escape

from werkzeug.wrappers import Request, Response

from .clock import Clock
from .moment import Moment
from .resources import accounts
from .resources.banks import account_number, sort_code
from .store import Body

FIELDS = ("business_name", "account_holder", "sort_code", "account_number", "agree")
_LABELS = {
    "business_name": ("Business name", "The name people know you by."),
    "account_holder": ("Name on the bank account", "As the bank writes it."),
    "sort_code": ("Sort code", "6 digits, such as 10-88-00."),
    "account_number": ("Account number", "8 digits, such as 00012345."),
}
_STYLE = """
body{font:1.125rem/1.5 system-ui,sans-serif;margin:0;color:#16212b;background:#f4f6f8}
main{max-width:34rem;margin:2rem auto;padding:1.5rem 2rem;background:#fff;border:1px solid #c7d0d9}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 1rem}h2{font-size:1.25rem;margin:0 0 .5rem}
label{display:block;font-weight:600}.hint{color:#4a5763;margin:0 0 .25rem}
.field{margin:0 0 1.5rem}.wrong{border-left:.3rem solid #b3261e;padding-left:1rem}
.error{color:#b3261e;font-weight:600;margin:0 0 .25rem}
input[type=text]{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;border:2px solid #16212b}
input[type=text].short{max-width:12rem}input[type=checkbox]{width:1.4rem;height:1.4rem}
.tick{display:flex;gap:.75rem;align-items:start}.tick label{font-weight:400}
.summary{border:4px solid #b3261e;padding:1rem;margin:0 0 1.5rem}.summary a{color:#b3261e}
button{font:inherit;font-weight:600;color:#fff;background:#0b5a4b;border:0;padding:.75rem 1.5rem}
:focus{outline:3px solid #ffb000;outline-offset:2px}.note{color:#4a5763}
"""


def open_link(at: Moment, clock: Clock, account_id: str, token: str) -> Response:
    """Use up a link: to the form the first time, to the council's refresh page otherwise."""
    link = at.store.row("SELECT * FROM links WHERE token = ? AND account = ?", [token, account_id])
    if link is None:
        return _page("This link is not known", "<p>Ask the council for a new one.</p>", 404)
    if link["form"] is not None or link["expires_at"] <= clock.now():
        return _leave(link["refresh_url"])
    form = secrets.token_urlsafe(16)
    at.store.execute(
        "UPDATE links SET form = ?, form_expires_at = ? WHERE token = ?",
        [form, clock.now() + at.config.form_lifetime, token],
    )
    return _leave(f"/setup/c/{form}")


def onboarding(at: Moment, clock: Clock, form: str, request: Request) -> Response:
    """Show the form, or take it: with mistakes it comes back with all that was typed."""
    link = at.store.row("SELECT * FROM links WHERE form = ?", [form])
    if link is None:
        return _page("This page is not known", "<p>Ask the council for a new link.</p>", 404)
    if link["finished"] or (link["form_expires_at"] or 0) <= clock.now():
        return _leave(link["refresh_url"])
    account = at.store.find(link["account"], "account")
    if account is None or accounts.is_closed(account):
        return _leave(link["refresh_url"])
    if request.method != "POST":
        return _form(_known(account), {})
    typed = {name: request.form.get(name, "").strip()[:200] for name in FIELDS}
    errors = check(typed)
    if errors:
        return _form(typed, errors, 422)
    _finish(at, link, account, typed, request.remote_addr or "")
    return _leave(link["return_url"])


def _finish(at: Moment, link: sqlite3.Row, account: Body, typed: dict[str, str], ip: str) -> None:
    accounts.complete(
        at,
        account,
        business_name=typed["business_name"],
        bank={
            "account_holder_name": typed["account_holder"],
            "routing_number": typed["sort_code"],
            "account_number": typed["account_number"],
        },
        ip=ip,
    )
    at.store.execute("UPDATE links SET finished = 1 WHERE token = ?", [link["token"]])


def check(typed: dict[str, str]) -> dict[str, str]:
    """What is wrong, field by field, in plain sentences."""
    errors = {}
    if not typed["business_name"]:
        errors["business_name"] = "Enter the name of your business."
    if not typed["account_holder"]:
        errors["account_holder"] = "Enter the name on the bank account."
    elif not re.search(r"[^\W\d_]", typed["account_holder"]):
        errors["account_holder"] = "Enter a name with letters in it."
    for name, read in (("sort_code", sort_code), ("account_number", account_number)):
        try:
            read(typed[name])
        except ValueError as error:
            errors[name] = str(error)
    if typed["agree"] != "yes":
        errors["agree"] = "Tick the box to agree to the terms."
    return errors


def _known(account: Body) -> dict[str, str]:
    name = account["business_profile"].get("name") or ""
    return {**dict.fromkeys(FIELDS, ""), "business_name": name}


def _form(typed: dict[str, str], errors: dict[str, str], status: int = 200) -> Response:
    parts = []
    if errors:
        links = "".join(
            f'<li><a href="#{name}">{escape(text)}</a></li>' for name, text in errors.items()
        )
        parts.append(
            '<div class="summary" role="alert" tabindex="-1" aria-labelledby="problem">'
            f'<h2 id="problem">There is a problem</h2><ul>{links}</ul></div>'
        )
    parts.append("<h1>Set up how you are paid</h1>")
    parts.append('<p class="note">This is a practice page. Do not enter real bank details.</p>')
    parts.append('<form method="post" novalidate>')
    parts += [_field(name, typed[name], errors.get(name)) for name in _LABELS]
    parts.append(_tick(typed["agree"] == "yes", errors.get("agree")))
    parts.append('<button type="submit">Agree and finish</button></form>')
    title = ("Error: " if errors else "") + "Set up how you are paid"
    return _page(title, "".join(parts), status)


def _field(name: str, value: str, error: str | None) -> str:
    label, hint = _LABELS[name]
    digits = name in ("sort_code", "account_number")
    described = f"{name}-hint" + (f" {name}-error" if error else "")
    wrong = f'<p class="error" id="{name}-error">{escape(error)}</p>' if error else ""
    invalid = ' aria-invalid="true"' if error else ""
    return (
        f'<div class="field{" wrong" if error else ""}"><label for="{name}">{label}</label>'
        f'<p class="hint" id="{name}-hint">{hint}</p>{wrong}'
        f'<input type="text" id="{name}" name="{name}" value="{escape(value)}" '
        f'aria-describedby="{described}"{invalid}'
        f'{" class=short inputmode=numeric" if digits else ""} autocomplete="off"></div>'
    )


def _tick(ticked: bool, error: str | None) -> str:
    wrong = f'<p class="error" id="agree-error">{escape(error)}</p>' if error else ""
    described = ' aria-describedby="agree-error" aria-invalid="true"' if error else ""
    return (
        f'<div class="field{" wrong" if error else ""}">{wrong}<div class="tick">'
        f'<input type="checkbox" id="agree" name="agree" value="yes"{" checked" if ticked else ""}'
        f'{described}><label for="agree">I agree to the terms, and the details are right.</label>'
        "</div></div>"
    )


def _page(title: str, inside: str, status: int = 200) -> Response:
    if "<h1>" not in inside:
        inside = f"<h1>{escape(title)}</h1>{inside}"
    html = (
        '<!doctype html><html lang="en-GB"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} – payments practice</title><style>{_STYLE}</style></head>"
        f"<body><main>{inside}</main></body></html>"
    )
    response = Response(html, status, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _leave(address: str) -> Response:
    return Response("", 303, {"Location": address, "Cache-Control": "no-store"})


def scripted(at: Moment, account: Body, given: dict[str, str]) -> Body:
    """Complete an account without a browser, for seeding. Raises ``ValueError`` for bad details."""
    name = given.get("business_name") or account["business_profile"].get("name") or "Provider"
    typed = {
        "business_name": name,
        "account_holder": given.get("account_holder") or name,
        "sort_code": given.get("sort_code") or "10-88-00",
        "account_number": given.get("account_number") or "00012345",
        "agree": "yes",
    }
    errors = check(typed)
    if errors:
        raise ValueError(" ".join(errors.values()))
    return accounts.complete(
        at,
        account,
        business_name=typed["business_name"],
        bank={
            "account_holder_name": typed["account_holder"],
            "routing_number": typed["sort_code"],
            "account_number": typed["account_number"],
        },
        ip="127.0.0.1",
    )
