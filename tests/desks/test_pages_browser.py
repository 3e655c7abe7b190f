"""The pages of desks and of signing in, in a real browser: nothing that axe objects to, nothing too wide."""

import shutil
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, sync_playwright

from carebudget.audit.services import sign_checkpoint
from carebudget.people.models import User
from tests.desks.audit_world import note
from tests.people.signing_in_world import with_app
from tests.plans.page_world import World, world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BEFORE_SIGNING_IN = (
    "/", "/demo/", "/parts/", "/open-figures/", "/open-figures/rules/carers/", "/nothing/", "/demo/sign-in/",
    "/accounts/login/", "/accounts/signup/", "/accounts/inactive/", "/accounts/password/reset/",
    "/accounts/password/reset/done/", "/accounts/password/reset/key/1-x/", "/accounts/password/reset/key/done/",
)  # fmt: skip
SIGNED_IN = (
    "/accounts/", "/accounts/logout/", "/accounts/password/change/", "/accounts/reauthenticate/", "/accounts/2fa/",
    "/accounts/2fa/reauthenticate/",
)  # fmt: skip
OF_THE_RECORD = (
    "/audit/", "/audit/?about=nothing", "/audit/?since=soon", "/audit/checkpoints/", "/audit/chains/case:CAS-7K2QFA/",
)  # fmt: skip


def cookie_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def complaints(browser: Browser, base: str, paths: tuple[str, ...], cookie: str = "") -> list[str]:
    """What is wrong with each page, on a large screen and on a phone."""
    found = []
    for width in (1280, 390):
        context = browser.new_context(viewport={"width": width, "height": 900})
        if cookie:
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": base}]
            )
        page = context.new_page()
        page.on("pageerror", lambda error: found.append(f"script: {error}"))
        for path in paths:
            page.goto(base + path)
            for one in Axe().run(page).response["violations"]:
                found.append(f"{path} at {width}: {one['id']}: {one['nodes'][0]['html'][:120]}")
            wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if wide or page.locator("h1").count() != 1:
                found.append(f"{path} at {width}: {wide} too wide, {page.locator('h1').count()} h1")
        context.close()
    return found


def test_every_page_is_good_to_read_for_everybody(live_server: Any):
    w: World = world()
    note(by=w.samira, reason="It is her own.", changes={"annual_pence": 1200000})
    sign_checkpoint()
    margaret, iris = cookie_of(with_app(w.margaret)), cookie_of(w.auditor)
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        found = complaints(browser, live_server.url, BEFORE_SIGNING_IN)
        found += complaints(browser, live_server.url, SIGNED_IN, margaret)
        found += complaints(browser, live_server.url, OF_THE_RECORD, iris)
        browser.close()
    assert found == []
