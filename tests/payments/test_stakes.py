"""Whole lists leave out exactly what the permission refuses one by one."""

from collections.abc import Callable

import pytest

from carebudget.people.models import Person, Representation, User
from payments.models import Invoice
from payments.permissions import has_no_stake
from payments.selectors.stakes import own_interest, without_own
from providers.models import ProviderMember
from tests.factories.worlds import InvoiceFactory, UserFactory, finance
from tests.payments.finance_world import make_family, make_member

pytestmark = pytest.mark.django_db


def as_person(user: User, invoice: Invoice) -> None:
    Person.objects.filter(pk=invoice.case.person_id).update(user=user)


def as_helper(user: User, invoice: Invoice) -> None:
    Representation.objects.create(
        person=invoice.case.person, user=user, kind="family", relationship="son"
    )


def as_former_helper(user: User, invoice: Invoice) -> None:
    as_helper(user, invoice)
    Representation.objects.filter(user=user).update(ended_at=invoice.sent_at)


def as_former_member(user: User, invoice: Invoice) -> None:
    make_member(user, invoice)
    ProviderMember.objects.filter(user=user).update(ended_at=invoice.sent_at)


def as_nobody(user: User, invoice: Invoice) -> None:
    """No tie at all."""


@pytest.mark.parametrize(
    ("tie", "concerned"),
    [
        (as_person, True),
        (as_helper, True),
        (make_family, True),
        (make_member, True),
        (as_former_helper, False),
        (as_former_member, False),
        (as_nobody, False),
    ],
)
def test_a_list_and_the_permission_agree_about_a_stake(
    tie: Callable[[User, Invoice], None], concerned: bool
) -> None:
    officer, _ = finance()
    theirs, other = InvoiceFactory(), InvoiceFactory()
    tie(officer, theirs)

    theirs.refresh_from_db()
    assert has_no_stake(officer, theirs) is not concerned
    assert Invoice.objects.filter(own_interest(officer), pk=theirs.pk).exists() is concerned
    assert (theirs in without_own(Invoice.objects.all(), officer)) is not concerned
    assert other in without_own(Invoice.objects.all(), officer)


def test_an_auditor_reads_even_their_own() -> None:
    auditor, invoice = UserFactory(role="auditor"), InvoiceFactory()
    make_family(auditor, invoice)

    assert invoice in without_own(Invoice.objects.all(), auditor)
    assert auditor.has_perm("payments.check_invoice", invoice)
