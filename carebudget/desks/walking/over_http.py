"""A walker without a browser: real requests, forms filled in as a browser without JavaScript would."""

from pathlib import PurePosixPath
from urllib.parse import urljoin, urlsplit

import requests
from lxml import html

from .walker import Lost, squeezed, text_of

TIMEOUT_SECONDS = 60

Pairs = list[tuple[str, str]]


class HttpWalker:
    """Keeps a session, the page as it is, and what was typed into it so far."""

    def __init__(self, name: str, site: str) -> None:
        self.name, self.site = name, site
        self.session = requests.Session()
        self.session.headers["User-Agent"] = "carebudget-walker"
        self.url = site
        self.tree = html.fromstring("<html><body></body></html>")
        self.files: list[tuple[str, tuple[str, bytes]]] = []

    # -- looking ----------------------------------------------------------------------------

    @property
    def path(self) -> str:
        """The address without the site."""
        parts = urlsplit(self.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @property
    def source(self) -> str:
        """The page as it stands, with what was typed."""
        return str(html.tostring(self.tree, encoding="unicode"))

    @property
    def words(self) -> str:
        """What the page says."""
        return text_of(self.source)

    def sees(self, *words: str) -> "HttpWalker":
        """All of these are on the page."""
        said = self.words
        for one in words:
            if one not in said:
                raise self._lost(f"does not say “{one}”", said[:3000])
        return self

    def _lost(self, what: str, more: str = "") -> Lost:
        return Lost(f"{self.name}: the page {self.path} {what}.{chr(10) if more else ''}{more}")

    # -- moving -----------------------------------------------------------------------------

    def go(self, path: str) -> "HttpWalker":
        """Open an address of ours."""
        return self._took(self.session.get(urljoin(self.site, path), timeout=TIMEOUT_SECONDS))

    def _took(self, answer: requests.Response) -> "HttpWalker":
        self.url, self.files = answer.url, []
        if answer.status_code >= 400:
            said = text_of(answer.text)[:1500] if answer.text.strip() else ""
            raise self._lost(f"answered {answer.status_code}", said)
        self.tree = html.fromstring(answer.content)
        return self

    def follow(self, link: str) -> "HttpWalker":
        """Follow the first link with these words."""
        for one in self.tree.xpath("//a[@href]"):
            if squeezed(one) == link or squeezed(one).startswith(f"{link} "):
                return self.go(urljoin(self.url, one.get("href")))
        raise self._lost(f"has no link “{link}”")

    def download(self, path: str) -> bytes:
        """What an address gives."""
        answer = self.session.get(urljoin(self.site, path), timeout=TIMEOUT_SECONDS)
        if answer.status_code != 200:
            raise Lost(f"{self.name}: {path} answered {answer.status_code}.")
        return answer.content

    # -- filling in -------------------------------------------------------------------------

    def _within(self, legend: str) -> html.HtmlElement:
        if not legend:
            return self.tree
        for fieldset in self.tree.xpath("//fieldset"):
            heads = fieldset.xpath("./legend")
            if heads and squeezed(heads[0]).startswith(legend):
                return fieldset
        raise self._lost(f"does not ask “{legend}”")

    def _field(self, label: str, within: str) -> html.HtmlElement:
        place = self._within(within)
        labels = [one for one in place.xpath(".//label[@for]") if squeezed(one).startswith(label)]
        labels.sort(key=lambda one: squeezed(one) != label)
        for one in labels:
            found = self.tree.xpath(f"//*[@id='{one.get('for')}']")
            if found:
                return found[0]
        raise self._lost(f"has no field “{label}”")

    def fill(self, label: str, words: str, within: str = "") -> "HttpWalker":
        """Type into a field."""
        field = self._field(label, within)
        if field.tag == "textarea":
            field.text = words
        else:
            field.set("value", words)
        return self

    def choose(self, option: str, within: str = "") -> "HttpWalker":
        """Choose a radio button, a tick box, or an option of a list."""
        place = self._within(within)
        for select in place.xpath(".//select"):
            for one in select.xpath(".//option"):
                if squeezed(one) == option:
                    for other in select.xpath(".//option"):
                        other.attrib.pop("selected", None)
                    one.set("selected", "selected")
                    return self
        box = self._field(option, within)
        if box.get("type") == "radio":
            for other in self.tree.xpath(f"//input[@type='radio'][@name='{box.get('name')}']"):
                other.attrib.pop("checked", None)
        box.set("checked", "checked")
        return self

    def upload(self, label: str, *files: tuple[str, bytes]) -> "HttpWalker":
        """Choose files for a field."""
        name = self._field(label, "").get("name")
        self.files += [(name, (PurePosixPath(file).name, content)) for file, content in files]
        return self

    # -- sending ----------------------------------------------------------------------------

    def press(self, button: str) -> "HttpWalker":
        """Press a button: its form is sent as a browser would send it."""
        pressed = self._button(button)
        form = next(pressed.iterancestors("form"), None)
        if form is None and pressed.get("form"):
            form = next(iter(self.tree.xpath(f"//form[@id='{pressed.get('form')}']")), None)
        if form is None:
            if pressed.tag == "a":
                return self.go(urljoin(self.url, pressed.get("href")))
            raise self._lost(f"has a button “{button}” that sends nothing")
        fields = self._fields(form)
        if pressed.get("name"):
            fields.append((pressed.get("name"), pressed.get("value") or ""))
        address = pressed.get("formaction") or form.get("action") or self.url
        return self._send(form, urljoin(self.url, address), fields)

    def _button(self, words: str) -> html.HtmlElement:
        buttons = self.tree.xpath("//button | //a[@role='button']")
        exact = [one for one in buttons if squeezed(one) == words]
        alike = [one for one in buttons if squeezed(one).startswith(words)]
        if not (exact or alike):
            offered = ", ".join(squeezed(one) for one in buttons)
            raise self._lost(f"has no button “{words}”", f"It has: {offered}\n{self.words[:1500]}")
        return (exact or alike)[0]

    def _send(self, form: html.HtmlElement, address: str, fields: Pairs) -> "HttpWalker":
        if (form.get("method") or "get").lower() == "get":
            return self._took(self.session.get(address, params=fields, timeout=TIMEOUT_SECONDS))
        answer = self.session.post(
            address,
            data=fields,
            files=self.files or None,
            headers={"Referer": self.url},
            timeout=TIMEOUT_SECONDS,
        )
        return self._took(answer)

    def _fields(self, form: html.HtmlElement) -> Pairs:
        pairs: Pairs = []
        mine = form.xpath(".//input | .//textarea | .//select")
        if form.get("id"):
            mine += self.tree.xpath(f"//*[@form='{form.get('id')}'][self::input or self::select]")
        for field in mine:
            name = field.get("name")
            if name and field.get("disabled") is None:
                pairs += [(name, value) for value in _values(field)]
        return pairs


def _values(field: html.HtmlElement) -> list[str]:
    """What a field adds to its form."""
    if field.tag == "textarea":
        return [(field.text or "").removeprefix("\n")]
    if field.tag == "select":
        options = field.xpath(".//option")
        chosen = [one for one in options if one.get("selected") is not None] or options[:1]
        return [one.get("value", squeezed(one)) for one in chosen]
    kind = (field.get("type") or "text").lower()
    if kind in ("radio", "checkbox"):
        return [field.get("value") or "on"] if field.get("checked") is not None else []
    if kind in ("submit", "button", "file", "image", "reset"):
        return []
    return [field.get("value") or ""]
