"""A real Chromium for the journeys, with axe looking at every page that is visited."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from carebudget.desks.walking.walker import Lost, text_of

# Playwright's synchronous API keeps an event loop in this thread; the tests' own queries are fine in it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
OPEN_AROUND = """element => {
    for (let one = element.closest('details'); one; one = one.parentElement.closest('details')) one.open = true;
}"""


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
    """Somebody in a browser of their own (a ``Walker``). Axe looks at every page they see."""

    def __init__(self, context: BrowserContext, base_url: str, name: str) -> None:
        self.context, self.base_url, self.name = context, base_url, name
        self.page: Page = context.new_page()
        self.page.set_default_timeout(15_000)
        self.problems: list[str] = []
        self.visited: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        self.page.on("console", self._said)
        self.page.on("response", self._answered)

    def _said(self, message: Any) -> None:
        # What a page answers with 4xx is the tests' own business.
        if message.type == "error" and "status of 4" not in message.text:
            self.problems.append(f"{self.path}: console: {message.text}")

    def _answered(self, response: Any) -> None:
        if response.status >= 500:
            self.problems.append(f"{response.status} at {response.url}")

    # -- looking ----------------------------------------------------------------------------

    @property
    def path(self) -> str:
        """The address without the site."""
        return self.page.url.removeprefix(self.base_url)

    @property
    def source(self) -> str:
        """The page as it is now."""
        return self.page.content()

    @property
    def words(self) -> str:
        """What the page says, folded away or not."""
        return f"{' '.join(self.page.locator('body').inner_text().split())} {text_of(self.source)}"

    def look(self) -> "Visitor":
        """Let axe look at the page as it is now, and measure whether it fits the screen."""
        self.page.wait_for_load_state()
        self.visited.append(self.path)
        for one in Axe().run(self.page).response["violations"]:
            where = "; ".join(node["html"][:160] for node in one["nodes"][:3])
            self.problems.append(f"{self.path}: {one['id']} ({one['help']}): {where}")
        wider = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wider > 0:
            self.problems.append(f"{self.path}: {wider} pixels wider than the screen")
        return self

    def sees(self, *words: str) -> "Visitor":
        """All of these are on the page."""
        said = self.words
        for one in words:
            if one not in said:
                raise Lost(f"{self.name}: {self.path} does not say “{one}”:\n{said[:3000]}")
        return self

    # -- moving -----------------------------------------------------------------------------

    def go(self, path: str) -> "Visitor":
        """Open an address of ours."""
        self.page.goto(f"{self.base_url}{path}")
        return self.look()

    def follow(self, link: str) -> "Visitor":
        """Follow the first link with these words."""
        pattern = re.compile(rf"^\s*{re.escape(link)}(\s|$)")
        return self._click(self.page.locator("a[href]").filter(has_text=pattern), link)

    def press(self, button: str) -> "Visitor":
        """Press the first button whose words begin so, unfolding what hides it."""
        pattern = re.compile(rf"^\s*{re.escape(button)}")
        found = self.page.locator("button, a[role=button]").filter(has_text=pattern)
        return self._click(found, button)

    def _click(self, found: Locator, words: str) -> "Visitor":
        if found.count() == 0:
            raise Lost(f"{self.name}: {self.path} offers no “{words}”:\n{self.words[:2000]}")
        for one in found.all():
            one.evaluate(OPEN_AROUND)
        seen = [one for one in found.all() if one.is_visible() and one.bounding_box()["width"] > 2]  # type: ignore[index]
        with self.page.expect_navigation():
            (seen or found.all())[0].click()
        return self.look()

    def download(self, path: str) -> bytes:
        """What an address gives this person."""
        answer = self.page.request.get(f"{self.base_url}{path}")
        if answer.status != 200:
            raise Lost(f"{self.name}: {path} answered {answer.status}.")
        return answer.body()

    # -- filling in -------------------------------------------------------------------------

    def _place(self, within: str) -> Page | Locator:
        if not within:
            return self.page
        pattern = re.compile(rf"^\s*{re.escape(within)}")
        legend = self.page.locator("legend").filter(has_text=pattern)
        return self.page.locator("fieldset").filter(has=legend).last

    def _field(self, label: str, within: str) -> Locator:
        place = self._place(within)
        for pattern in (rf"^\s*{re.escape(label)}\s*$", rf"^\s*{re.escape(label)}"):
            found = place.locator("label[for]").filter(has_text=re.compile(pattern))
            if found.count():
                found.first.evaluate(OPEN_AROUND)
                return self.page.locator(f"[id='{found.first.get_attribute('for')}']")
        raise Lost(f"{self.name}: {self.path} has no field “{label}”:\n{self.words[:2000]}")

    def fill(self, label: str, words: str, within: str = "") -> "Visitor":
        """Type into a field."""
        self._field(label, within).fill(words)
        return self

    def choose(self, option: str, within: str = "") -> "Visitor":
        """Choose a radio button, a tick box, or an option of a list."""
        exact = re.compile(rf"^\s*{re.escape(option)}\s*$")
        offered = self.page.locator("option").filter(has_text=exact)
        lists = self._place(within).locator("select").filter(has=offered)
        if lists.count():
            lists.first.select_option(label=option)
        else:
            self._field(option, within).check()
        return self

    def upload(self, label: str, *files: tuple[str, bytes]) -> "Visitor":
        """Choose files for a field."""
        chosen = [
            {"name": name, "mimeType": "application/octet-stream", "buffer": content}
            for name, content in files
        ]
        self._field(label, "").set_input_files(chosen)  # type: ignore[arg-type]
        return self


@pytest.fixture
def visitor(
    browser: Browser, live_server: Any, transactional_db: None
) -> Iterator[Callable[..., Visitor]]:
    """Make visitors, each with a browser context of their own; nothing may be wrong with any page."""
    everyone: list[Visitor] = []

    def make(name: str = "Somebody", *, phone: bool = False) -> Visitor:
        context = browser.new_context(
            viewport=PHONE if phone else DESK,  # type: ignore[arg-type]
            locale="en-GB",
            timezone_id="Europe/London",
            is_mobile=phone,
            has_touch=phone,
        )
        found = Visitor(context, live_server.url, name)
        everyone.append(found)
        return found

    yield make
    problems = [f"{one.name}: {problem}" for one in everyone for problem in one.problems]
    for one in everyone:
        one.context.close()
    assert not problems, "\n".join(dict.fromkeys(problems))
