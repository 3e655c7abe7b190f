"""The main navigation of each role: few words, the desk first."""

from typing import Any

from carebudget.people.models import Role

DESKS: tuple[tuple[Role, str, str], ...] = (
    (Role.CLIENT, "My budget", "/my-budget/"),
    (Role.REPRESENTATIVE, "Budgets I help with", "/my-budget/"),
    (Role.WORKER, "Caseload", "/caseload/"),
    (Role.MANAGER, "Team", "/caseload/"),
    (Role.PANEL, "Panel", "/caseload/"),
    (Role.FINANCE_OFFICER, "Payments", "/payments/"),
    (Role.FINANCE_MANAGER, "Payments", "/payments/"),
    (Role.PROVIDER, "Your work", "/provider/"),
    (Role.AUDITOR, "Record", "/audit/"),
)


def desk_for(user: Any) -> str:
    """Where this person lands after signing in."""
    for role, _, href in DESKS:
        if role in user.roles:
            return href
    return "/messages/"


def navigation_for(user: Any, path: str) -> list[dict[str, Any]]:
    """The links in the header: desks of the roles held, then messages."""
    if user is None or not user.is_authenticated:
        return []
    links: list[dict[str, Any]] = []
    for role, text, href in DESKS:
        if role in user.roles and all(link["href"] != href for link in links):
            links.append({"href": href, "text": text})
    if user.roles & {Role.FINANCE_OFFICER, Role.FINANCE_MANAGER}:
        links.append({"href": "/payments/reconciling/", "text": "Reconciling"})
    if Role.AUDITOR in user.roles and all(link["href"] != "/payments/" for link in links):
        links.append({"href": "/payments/", "text": "Payments"})
    if user.roles & {Role.WORKER, Role.MANAGER, Role.FINANCE_OFFICER, Role.FINANCE_MANAGER}:
        links.append({"href": "/providers/", "text": "Providers"})
    if Role.MANAGER in user.roles:
        links.append({"href": "/policy/", "text": "Policy"})
    links.append({"href": "/messages/", "text": "Messages"})
    current = max(
        (link["href"] for link in links if path.startswith(link["href"])), key=len, default=""
    )
    for link in links:
        link["active"] = link["href"] == current
    return links
