"""What somebody walking through the pages can do, whether with a real browser or over bare HTTP."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from lxml import html

W = TypeVar("W", bound="Walker")


class Lost(AssertionError):
    """The page does not show or offer what the story needs; the message says which page and what."""


@dataclass(frozen=True)
class Group:
    """A question with choices as a page asks it."""

    legend: str
    options: tuple[str, ...]
    several: bool


class Walker(Protocol):
    """Somebody with a browser of their own. Each method gives back the walker, or raises ``Lost``."""

    name: str

    @property
    def path(self) -> str:
        """The address of the page, without the site."""

    @property
    def words(self) -> str:
        """What the page says."""

    @property
    def source(self) -> str:
        """The page's HTML as it is now."""

    def go(self: W, path: str) -> W:
        """Open an address of ours."""

    def follow(self: W, link: str) -> W:
        """Follow the first link with these words."""

    def press(self: W, button: str) -> W:
        """Press the first button whose words begin so."""

    def fill(self: W, label: str, words: str, within: str = "") -> W:
        """Fill in a field by its label; ``within`` names the question around it."""

    def choose(self: W, option: str, within: str = "") -> W:
        """Choose a radio button, a tick box or an option of a list by its words."""

    def upload(self: W, label: str, *files: tuple[str, bytes]) -> W:
        """Choose files (name, bytes) for a field."""

    def download(self, path: str) -> bytes:
        """What an address gives, byte for byte."""

    def sees(self: W, *words: str) -> W:
        """Raise ``Lost`` unless the page shows all of these."""


def text_of(source: str) -> str:
    """What a page says, on one line: no markup, no scripts, nothing that is hidden."""
    tree = html.fromstring(source)
    for gone in tree.xpath("//script | //style | //head | //template"):
        gone.drop_tree()
    return " ".join(tree.text_content().split())


def groups_of(source: str) -> list[Group]:
    """Every question with choices on a page, in order."""
    found = []
    for fieldset in html.fromstring(source).xpath("//main//fieldset"):
        boxes = fieldset.xpath(".//input[@type='radio' or @type='checkbox']")
        if not boxes or fieldset.xpath(".//fieldset"):
            continue
        labels = [fieldset.xpath(f".//label[@for='{box.get('id')}']") for box in boxes]
        found.append(
            Group(
                legend=squeezed(fieldset.xpath("./legend")[0]),
                options=tuple(squeezed(label[0]) for label in labels if label),
                several=boxes[0].get("type") == "checkbox",
            )
        )
    return found


def squeezed(element: html.HtmlElement) -> str:
    """An element's words with single spaces."""
    return " ".join(element.text_content().split())
