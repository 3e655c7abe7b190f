"""Remittance advice to a person: one a run, as a document that they and finance may open, and a message."""

from typing import Any

import pytest
from django.test import Client

from payments import services
from payments.models import RemittanceAdvice
from payments.selectors import obligations
from tests.factories.worlds import AgreementFactory, InvoiceFactory, UserFactory, client_of, finance
from tests.payments.file_world import approve, confirm, payable_by_file, sent
from tests.payments.test_obligations import to_the_person

pytestmark = pytest.mark.django_db


def test_a_person_and_a_provider_of_one_run_each_get_one_advice(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    officer, _ = finance()
    invoice = InvoiceFactory(
        agreement=AgreementFactory(provider=payable_by_file()), state="approved"
    )
    person, user = invoice.case.person, client_of(invoice.case)
    confirm(
        services.propose_payee(
            payee=person, kind="uk", name=person.full_name, business=False, by=user,
            typed={"sort_code": "08-99-99", "account_number": "66374957"},
        )
    )  # fmt: skip
    instalments = [to_the_person(invoice)]
    instalments.append(type(instalments[0])(**{**vars(instalments[0]), "key": "instalment:2"}))
    monkeypatch.setattr(
        obligations, "SOURCES", (*obligations.SOURCES, lambda wanted, *, lock=False: instalments)
    )
    run = approve(services.make_run(by=officer, rail="bacs"))

    sent(run)
    again = services.send_remittances(run=run)

    assert run.payments.filter(person=person).count() == 2
    assert again == 0
    assert {one.payee_name: one.payment_count for one in run.remittances.all()} == {
        person.full_name: 2,
        invoice.provider.name: 1,
    }
    advice = RemittanceAdvice.objects.get(person=person)
    assert advice.total_pence == 4000
    message = user.notify_messages.get(key__startswith=f"remittance:{run.reference}")
    assert message.title == "£40.00 is on its way to you"
    assert message.href == f"/my-budget/{invoice.case.reference}/money/"
    path = f"/documents/{advice.document.public_id}/"
    assert _opens(client, user, path)
    assert _opens(client, officer, path)
    assert not _opens(client, UserFactory(role="client"), path)


def _opens(client: Client, user: Any, path: str) -> bool:
    client.force_login(user)
    answer = client.get(path)
    return answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
