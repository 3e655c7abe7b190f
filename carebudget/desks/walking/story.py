"""The main journey, told once: from a referral to a paid, reconciled invoice and a record that verifies.

Seven people and an auditor, each with a browser of their own. ``bin/demo --check`` walks it over bare
HTTP, and a test walks it in a real Chromium; both use this one story. It knows pages by their words only.
"""

import re
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from carebudget import clock

from .walker import Lost, Walker, groups_of

PASSWORD = "three-words-for-the-story"  # noqa: S105
WAIT_SECONDS = 120.0
HARD_PARTS = (
    "Eating and drinking",
    "Washing and keeping clean",
    "Being safe at home",
    "Getting out and about",
)
CHECKS = (
    "Who they are",
    "Registered with the Care Quality Commission",
    "Insurance",
    "References",
)
RATE = "22.40"
PLANNED = {
    "important": "My garden, my cat, and choosing when I get up.",
    "other": "I have thought about this with Nora, and this is how I want it to be.",
}


class Site(Protocol):
    """What the story needs around the pages: browsers, letters, codes and the bank."""

    def walker(self, name: str, *, phone: bool = False) -> Walker:
        """A browser of somebody's own."""

    def invitation(self, email: str) -> str:
        """The address in the newest invitation sent to an e-mail address."""

    def code(self, email: str) -> str:
        """What a member of staff's authenticator app shows now."""

    def bank_files(self) -> list[tuple[str, bytes]]:
        """Statements of the council's bank since the story began: camt.053 and CSV."""

    def staff_password(self) -> str:
        """The password of the invented council's staff."""


@dataclass
class Story:
    """Tells the journey step by step; ``told`` lists what happened. Raises ``Lost`` where it breaks."""

    site: Site
    say: Callable[[str], None]
    case: str = ""
    provider: str = ""
    agreement: str = ""
    invoice: str = ""
    run: str = ""
    people: dict[str, Walker] = field(default_factory=dict)

    def tell(self) -> None:
        """All of it, in order."""
        steps = (
            self.a_provider_is_checked,
            self.the_provider_sets_up_how_they_are_paid,
            self.a_worker_refers_edith,
            self.edith_and_nora_come_in,
            self.they_answer_the_questions,
            self.the_worker_decides,
            self.edith_sees_her_budget,
            self.nora_and_edith_write_the_plan,
            self.the_plan_comes_back_once,
            self.a_manager_agrees_it,
            self.support_is_offered_and_accepted,
            self.an_invoice_is_sent,
            self.the_invoice_is_confirmed_and_approved,
            self.a_run_is_made_and_approved,
            self.the_money_arrives,
            self.the_bank_agrees,
            self.everyone_sees_their_part,
        )
        for step in steps:
            step()
            self.say(step.__doc__.split("\n")[0] if step.__doc__ else step.__name__)

    # -- people -----------------------------------------------------------------------------

    def staff(self, name: str) -> Walker:
        """A member of staff, signed in with password and code the first time they are needed."""
        if name not in self.people:
            email = f"{name.lower()}@wrenbury.example"
            found = self.site.walker(name).go("/accounts/login/")
            found.fill("E-mail address", email).fill("Password", self.site.staff_password())
            found.press("Sign in").sees("Type your code")
            found.fill("Your code", self.site.code(email)).press("Go on")
            self.people[name] = found
        return self.people[name]

    def invited(self, name: str, email: str, *, phone: bool = False) -> Walker:
        """Somebody who opens their invitation and chooses a password."""
        found = self.site.walker(name, phone=phone).go(self.site.invitation(email))
        found.fill("Choose a password", PASSWORD).press("Choose this password and sign in")
        self.people[name] = found.sees("Your password is set")
        return found

    # -- providers --------------------------------------------------------------------------

    def a_provider_is_checked(self) -> None:
        """Samira adds a provider, records four checks and invites its manager; David approves it."""
        samira = self.staff("Samira").go("/providers/").press("Add a provider")
        samira.fill("Name", "Fernhill Care").choose("Care agency")
        samira.fill("E-mail address", "office@fernhill.example").press("Continue")
        samira.press("Add this provider")
        self.provider = reference("PRV", samira)
        for check in CHECKS:
            samira.go(f"/providers/{self.provider}/check/").choose(check)
            samira.choose("Passed").fill("What did you see?", "Seen and copied.")
            samira.press("Keep this check")
        samira.go(f"/providers/{self.provider}/price/").fill("What is it for?", "Help at home")
        samira.fill("What does one cost?", RATE).press("Publish this price")
        samira.go(f"/providers/{self.provider}/people/invite/")
        samira.fill("Their full name", "Poppy Fern")
        samira.fill("Their e-mail address", "poppy@fernhill.example")
        samira.press("Send the invitation")
        david = self.staff("David").go(f"/providers/{self.provider}/")
        david.press("Approve Fernhill Care").sees("Fernhill Care")

    def the_provider_sets_up_how_they_are_paid(self) -> None:
        """Poppy gives her bank details on the payment service's own page; the council never sees them."""
        poppy = self.invited("Poppy", "poppy@fernhill.example")
        poppy.go("/provider/being-paid/").press("Go to the payment service")
        poppy.fill("Business name", "Fernhill Care").fill(
            "Name on the bank account", "Fernhill Care"
        )
        poppy.fill("Sort code", "10-88-00").fill("Account number", "00012345")
        poppy.choose("I agree to the terms, and the details are right.").press("Agree and finish")
        self.until(poppy, "/provider/being-paid/", "You can be paid")

    # -- steps 1 to 3 -----------------------------------------------------------------------

    def a_worker_refers_edith(self) -> None:
        """Samira refers Edith Calloway, invites her and her daughter Nora, and opens the questions."""
        samira = self.staff("Samira").go("/caseload/").press("Refer a person")
        samira.fill("Full name", "Edith Calloway")
        samira.fill("What they like to be called (optional)", "Edith")
        type_date(samira, "Date of birth", date(1946, 4, 9))
        samira.choose("Support for adults").choose("Family or friend", "Who asked?")
        samira.fill(
            "What is difficult at the moment?", "She fell twice and cannot manage the stairs."
        )
        samira.fill("E-mail address (optional)", "edith@calloway.example").press("Continue")
        samira.sees("Check your answers", "9 April 1946").press("Refer this person")
        self.case = reference("CAS", samira)
        samira.go(f"/my-budget/{self.case}/helpers/").press("Invite Edith")
        samira.fill("Their full name", "Nora Calloway")
        samira.fill("Their e-mail address", "nora@calloway.example").choose("Family member")
        samira.fill("Who are they to the person?", "daughter").press("Send the invitation")
        samira.go(f"/cases/{self.case}/start/").press("Open the questions")

    def edith_and_nora_come_in(self) -> None:
        """Edith and her daughter Nora open their invitations and choose a password."""
        self.invited("Edith", "edith@calloway.example", phone=True).sees("Answer the questions")
        self.invited("Nora", "nora@calloway.example", phone=True).sees("Edith")

    def they_answer_the_questions(self) -> None:
        """Edith answers the first half and stops; Nora helps with the rest; Edith sends the answers."""
        edith, nora = self.people["Edith"], self.people["Nora"]
        edith.go(f"/my-budget/{self.case}/questions/").follow("About you")
        for _ in range(5):
            answer_page(edith)
            edith.press("Save and continue")
        here = edith.path
        answer_page(edith)
        edith.press("Save and come back later").sees("Saved. You can come back at any time.")
        nora.go(here)
        while "/check/" not in nora.path:
            answer_page(nora)
            nora.press("Save and continue")
        edith.go(f"/my-budget/{self.case}/questions/check/").sees("Check your answers")
        edith.press("Send my answers").sees("Your answers are sent")

    def the_worker_decides(self) -> None:
        """Samira talks the answers through, decides each outcome with a reason, confirms the budget."""
        samira = self.staff("Samira").go(f"/cases/{self.case}/assessment/")
        samira.sees("What the rules propose", "I manage on good days only.")
        samira.fill(
            "What did you talk through, and with whom?", "All of it, at home, with Nora there."
        )
        samira.press("The answers are checked").sees("Decide whether Edith can have a budget")
        samira.press("Make the decision").sees("Decided: eligible").press("Look at the budget")
        samira.press("Confirm £").sees("The budget is confirmed")

    def edith_sees_her_budget(self) -> None:
        """Edith sees how much there is, and every step of how it was worked out."""
        edith = self.people["Edith"].go(f"/my-budget/{self.case}/budget/")
        edith.sees("How much there is for support", "Every step of the working", "a year")

    # -- steps 4 and 5 ----------------------------------------------------------------------

    def nora_and_edith_write_the_plan(self) -> None:
        """Nora writes the plan with Edith: seven questions, a wish, support with its cost; Edith sends it."""
        nora = self.people["Nora"].go(f"/my-budget/{self.case}/budget/").press("Start the plan")
        plan = nora.path
        nora.follow("What is important to you?")
        while nora.path != plan:
            words = PLANNED["important" if "important" in nora.path else "other"]
            nora.fill(heading(nora), words).press("Save and continue")
        nora.press("Add a wish").fill(
            "What do you want to change or achieve?", "Be out in the garden."
        )
        nora.fill("How will you know it is going well?", "The beans are in by May.").press("Save")
        nora.press("Add support").fill("What is it?", "Help at home in the mornings")
        nora.choose("Fernhill Care").fill("What does one cost?", RATE)
        nora.fill("How many each time?", "8").press("Save").sees("£9,318.40")
        nora.go(f"{plan}details/")
        today = clock.today()
        type_date(nora, "When does the plan start?", today)
        type_date(
            nora, "When does it end?", today.replace(year=today.year + 1, day=min(today.day, 28))
        )
        nora.fill("What could go wrong, and what helps?", "I may fall; the alarm and a rail help.")
        nora.fill("What happens if support falls through?", "Nora comes for the day.")
        nora.fill("Money kept back for that, in a year", "200").press("Save")
        edith = self.people["Edith"].go(f"{plan}check/").press("Send my plan")
        edith.sees("Your plan is with the council")

    def the_plan_comes_back_once(self) -> None:
        """Samira returns the plan with a comment; Nora changes it and sends it again."""
        samira = self.staff("Samira").go(f"/cases/{self.case}/plan/")
        samira.fill("What should change?", "Please say who comes at weekends.")
        samira.press("Return the plan").sees("Edith")
        nora = self.people["Nora"].go(f"/my-budget/{self.case}/plan/")
        nora.sees("Please say who comes at weekends.").follow("How will your support be managed?")
        nora.fill(heading(nora), "Nora keeps the rota. At weekends Nora’s brother comes.")
        nora.press("Save and go back to the plan")
        nora.go(f"/my-budget/{self.case}/plan/check/").press("Send my plan").sees(
            "Your plan is with the council"
        )

    def a_manager_agrees_it(self) -> None:
        """The cost is above Samira’s limit: she passes it up, David agrees it, and it is a PDF/UA document."""
        samira = self.staff("Samira").go(f"/cases/{self.case}/plan/").sees("above the limit")
        samira.fill("What do you recommend, and why?", "It is Edith’s own, and costed well.")
        samira.press("Pass it up")
        david = self.staff("David").go(f"/cases/{self.case}/plan/")
        david.fill("Why do you agree?", "It answers all seven questions.").press("Agree the plan")
        edith = self.people["Edith"].go(f"/my-budget/{self.case}/plan/").sees("Agreed")
        document = edith.download(f"/my-budget/{self.case}/plan/document/")
        if not is_pdf_ua(document):
            raise Lost("The agreed plan is not a PDF/UA document.")

    # -- steps 6 to 8 -----------------------------------------------------------------------

    def support_is_offered_and_accepted(self) -> None:
        """Edith offers the work to the provider she chose; Poppy accepts the terms."""
        edith = self.people["Edith"].go(f"/my-budget/{self.case}/support/")
        edith.press("Check and offer the work").press("Ask Fernhill Care")
        poppy = self.people["Poppy"].go("/provider/agreements/")
        poppy.follow("Edith Calloway")
        self.agreement = reference("AGR", poppy)
        poppy.sees("£22.40").press("Yes, I accept these terms")
        edith.go(f"/my-budget/{self.case}/").sees("Support is running")

    def an_invoice_is_sent(self) -> None:
        """Poppy sends an invoice; one above what is left is refused, and so is the same number twice."""
        poppy = self.people["Poppy"]
        self.write_invoice(poppy, "FH-001", "900").sees("is left under this agreement")
        self.write_invoice(poppy, "FH-001", "10").sees("£224.00").press("Send the invoice")
        self.invoice = reference("INV", poppy)
        self.write_invoice(poppy, "FH 001", "1")
        poppy.sees("You have sent an invoice with the number FH 001 before.")

    def write_invoice(self, poppy: Walker, number: str, hours: str) -> Walker:
        """Fill in an invoice for today, and go on to the check page."""
        poppy.go(f"/provider/agreements/{self.agreement}/invoice/")
        poppy.fill("Your invoice number", number)
        today = clock.today()
        type_date(poppy, "First day", today)
        type_date(poppy, "Last day", today)
        type_date(poppy, "Date", today)
        poppy.fill("What you did", "Help in the mornings").fill("How many hours", hours)
        return poppy.press("Continue")

    def the_invoice_is_confirmed_and_approved(self) -> None:
        """Nora confirms for her mother that the support was given; Grace approves the invoice."""
        nora = self.people["Nora"].go(f"/my-budget/{self.case}/invoices/{self.invoice}/")
        nora.sees("£224.00").press("Yes, this is right")
        grace = self.staff("Grace").go(f"/payments/invoices/{self.invoice}/")
        grace.sees("Nora Calloway").press("Approve £224.00")

    def a_run_is_made_and_approved(self) -> None:
        """Grace makes a payment run; she cannot approve it herself; Owen does."""
        grace = self.staff("Grace").go("/payments/runs/new/").press("Make the run")
        self.run = reference("RUN", grace)
        grace.press("Send it to a second person").sees("somebody else must approve it")
        owen = self.staff("Owen").go(f"/payments/runs/{self.run}/")
        owen.fill("What did you check?", "Checked against the invoices.")
        owen.press("Approve and send £")

    def the_money_arrives(self) -> None:
        """The worker process sends the transfers, webhooks arrive, and Poppy gets the remittance advice."""
        self.until(self.staff("Owen"), f"/payments/runs/{self.run}/", "Remittance")
        poppy = self.people["Poppy"]
        self.until(poppy, f"/provider/invoices/{self.invoice}/", "Paid")
        self.until(poppy, "/provider/payments/advice/", self.run)
        found = re.search(r"/documents/[0-9a-f-]{36}/", poppy.source)
        if not found or not poppy.download(found[0]).startswith(b"%PDF-"):
            raise Lost("The remittance advice is not there as a PDF.")

    # -- steps 9 and 10 ---------------------------------------------------------------------

    def the_bank_agrees(self) -> None:
        """Grace brings in the bank’s statements and Stripe’s lines; what matches is matched, the rest listed."""
        grace = self.staff("Grace").go("/payments/reconciling/").press("Fetch from Stripe now")
        grace.go("/payments/reconciling/statements/new/").choose("Council bank account")
        grace.upload("Statement files", *self.site.bank_files()).press("Bring it in")
        grace.sees("new line").go("/payments/reconciling/").press("Run the matching")
        grace.go("/payments/reconciling/?account=bank").sees("ACCOUNT CHARGE")
        self.until(grace, f"/payments/runs/{self.run}/", "Closed")

    def everyone_sees_their_part(self) -> None:
        """Edith sees what is spent and left; the auditor sees who decided what, and that the record holds."""
        edith = self.people["Edith"].go(f"/my-budget/{self.case}/money/")
        edith.sees("£224.00", "Fernhill Care")
        iris = self.staff("Iris").go(f"/audit/chains/case:{self.case}/")
        iris.sees("Every link on this page holds")
        iris.go(f"/my-budget/{self.case}/story/").sees(
            "David Pell", "agreed the plan", "Nora Calloway"
        )
        iris.go(f"/audit/chains/run:{self.run}/").sees("Grace Tulley", "Owen Marsh")
        iris.go("/audit/").press("Prove it now").sees("Record and ledger hold")

    def until(self, who: Walker, path: str, words: str) -> Walker:
        """Look at a page again and again until it shows these words. Raises ``Lost`` after two minutes."""
        deadline = time.monotonic() + WAIT_SECONDS
        while words not in who.go(path).words:
            if time.monotonic() > deadline:
                who.sees(words)
            time.sleep(1)
        return who


def reference(kind: str, walker: Walker) -> str:
    """The reference of this kind in the page's address, or else the first on the page."""
    found = re.search(rf"{kind}-[2-9A-Z]{{6}}", walker.path) or re.search(
        rf"{kind}-[2-9A-Z]{{6}}", walker.words
    )
    if found is None:
        raise Lost(f"{walker.name}: there is no {kind} reference on {walker.path}.")
    return found[0]


def is_pdf_ua(document: bytes) -> bool:
    """Whether a PDF says of itself that it is PDF/UA-1; its metadata is a compressed stream."""
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", document, re.DOTALL):
        with suppress(zlib.error):
            if b'pdfuaid:part="1"' in zlib.decompress(stream):
                return document.startswith(b"%PDF-")
    return False


def heading(walker: Walker) -> str:
    """The page's main heading."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", walker.source, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", "", found[1]).split()) if found else ""


def type_date(walker: Walker, question: str, day: date) -> None:
    """Fill in a date's three boxes."""
    for box, figure in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        walker.fill(box, str(figure), within=question)


def answer_page(walker: Walker) -> None:
    """Answer one page of the questionnaire as Edith would: some parts of life are hard, most are not."""
    hard = heading(walker) in HARD_PARTS
    own = "How do you manage"
    if hard and own in walker.words:
        walker.fill(own, "I manage on good days only.")
    for group in groups_of(walker.source):
        if group.several:
            chosen = (
                group.options[:2] if not group.legend.startswith("What makes this hard") else ()
            )
            chosen = group.options[:1] if hard else chosen
        elif "illness" in group.legend:
            chosen = ("Yes",)
        elif hard and group.legend.startswith("How much help"):
            chosen = (group.options[2],)
        else:
            chosen = group.options[:1]
        for option in chosen:
            walker.choose(option, within=group.legend)
