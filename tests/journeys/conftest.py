"""A real Chromium for the journeys, with axe looking at every page that is visited."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

# Playwright's synchronous API keeps an event loop in this thread; the tests' own queries are fine in it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The system's Chromium, which talks to nobody but us."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "Chromium is missing. Install it with: sudo apt-get install -y chromium"
    return {
        "executable_path": path,
        "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    }


class Visitor:
    """Somebody in a browser of their own. Every page they see is looked at by axe."""

    def __init__(self, context: BrowserContext, base_url: str) -> None:
        self.context, self.base_url = context, base_url
        self.page: Page = context.new_page()
        self.page.set_default_timeout(15_000)
        self.problems: list[str] = []
        self.visited: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        self.page.on("console", self._said)
        self.page.on("response", self._answered)

    def _said(self, message: Any) -> None:
        # A form that is sent back with a sentence beside a field answers 200; 4xx is checked by tests.
        if message.type == "error" and "status of 4" not in message.text:
            self.problems.append(f"console: {message.text}")

    def _answered(self, response: Any) -> None:
        if response.status >= 500:
            self.problems.append(f"{response.status} at {response.url}")

    def go(self, path: str) -> "Visitor":
        """Open an address of ours."""
        self.page.goto(f"{self.base_url}{path}")
        return self.look()

    def look(self) -> "Visitor":
        """Let axe look at the page as it is now."""
        self.page.wait_for_load_state()
        self.visited.append(self.page.url.removeprefix(self.base_url))
        found = Axe().run(self.page)
        for one in found.response["violations"]:
            where = "; ".join(node["html"][:120] for node in one["nodes"][:3])
            self.problems.append(f"{self.visited[-1]}: {one['id']} ({one['help']}): {where}")
        width = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if width > 0:
            self.problems.append(f"{self.visited[-1]}: {width} pixels wider than the screen")
        return self

    def press(self, name: str, *, exact: bool = True) -> "Visitor":
        """Press a button by its words."""
        self.page.get_by_role("button", name=name, exact=exact).first.click()
        return self.look()

    def follow(self, name: str, *, exact: bool = True) -> "Visitor":
        """Follow a link by its words."""
        self.page.get_by_role("link", name=name, exact=exact).first.click()
        return self.look()

    def fill(self, label: str, words: str, *, exact: bool = True) -> "Visitor":
        """Fill in a field by its label."""
        self.page.get_by_label(label, exact=exact).first.fill(words)
        return self

    def sees(self, words: str) -> "Visitor":
        """Assert that the page shows these words."""
        text = " ".join(self.page.locator("body").inner_text().split())
        assert words in text, f"“{words}” is not on {self.page.url}:\n{text}"
        return self

    def sees_not(self, words: str) -> "Visitor":
        """Assert that the page does not show these words."""
        text = " ".join(self.page.locator("body").inner_text().split())
        assert words not in text, f"“{words}” is on {self.page.url}"
        return self


@pytest.fixture
def visitor(
    browser: Browser, live_server: Any, transactional_db: None
) -> Iterator[Callable[..., Visitor]]:
    """Make visitors, each with a browser context of their own; nothing may be wrong with any page."""
    everyone: list[Visitor] = []

    def make(*, phone: bool = False) -> Visitor:
        context = browser.new_context(
            viewport=PHONE if phone else DESK,  # type: ignore[arg-type]
            locale="en-GB",
            timezone_id="Europe/London",
            is_mobile=phone,
            has_touch=phone,
        )
        found = Visitor(context, live_server.url)
        everyone.append(found)
        return found

    yield make
    problems = [problem for one in everyone for problem in one.problems]
    for one in everyone:
        one.context.close()
    assert not problems, "\n".join(dict.fromkeys(problems))
