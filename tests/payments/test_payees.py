"""A change of payee details: told to whoever was known, confirmed by a second person, and nothing paid meanwhile."""

import logging
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from carebudget.audit.models import AuditEvent
from carebudget.audit.services import verify_audit
from carebudget.errors import Conflict, NotAllowed, Refused
from carebudget.notify.models import Message
from payments import services
from payments.models import PayeeAccount, Payment
from payments.payees.sealing import CannotOpen, fingerprints, open_details
from payments.rules.payee_details import UkAccount
from payments.selectors.payees import known_contacts, sharing_an_account
from providers.services import invite_member
from tests.factories.worlds import (
    AgreementFactory,
    CaseFactory,
    InvoiceFactory,
    ProviderFactory,
    UserFactory,
    client_of,
    crew,
    finance,
    member_of,
)
from tests.payments.file_world import (
    BACS,
    OTHER_UK,
    UK,
    approve,
    colleague,
    confirm,
    file_run,
    payable_by_file,
    propose,
    states,
)

pytestmark = pytest.mark.django_db(transaction=True)

NEW_KEY = "bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleTE="


@pytest.fixture(autouse=True)
def _set_up(settings: Any) -> None:
    settings.BACS = BACS
    settings.PAYEE_CHECKER = "payments.rules.payee_check.AnswersByRule"


def refused(**how: Any) -> Refused:
    provider = how.pop("provider", None) or ProviderFactory()
    with pytest.raises(Refused) as no:
        propose(provider, **how)
    assert not PayeeAccount.objects.filter(provider=provider).exists()
    return no.value


# -- giving details -----------------------------------------------------------------------------


def test_details_are_kept_sealed_and_shown_by_their_last_four() -> None:
    account = propose(ProviderFactory())

    assert account.state == "proposed"
    assert account.words == "account ending in 4958"
    with connection.cursor() as cursor:
        cursor.execute("SELECT payments_payeeaccount::text FROM payments_payeeaccount")
        row = cursor.fetchone()[0]
    assert "66374958" not in row
    assert "089999" not in row
    assert open_details(account.sealed, reference=account.reference) == UkAccount(
        "089999", "66374958"
    )


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"typed": {"sort_code": "1", "account_number": "66374958"}}, "sort_code"),
        ({"typed": {"sort_code": "089999", "account_number": "x"}}, "account_number"),
        ({"typed": {"sort_code": "089999"}}, "account_number"),
        ({"name": " "}, "name"),
        ({"name": "x" * 71}, "name"),
        ({"name": "Анна"}, "name"),
        ({"kind": "cheque"}, "kind"),
        ({"kind": "iban", "typed": {"iban": "DE1"}}, "iban"),
        ({"kind": "card", "typed": {"card": "4242424242424242"}}, "card"),
    ],
)
def test_details_of_the_wrong_form_are_refused_beside_their_field(
    how: dict[str, Any], field: str
) -> None:
    no = refused(**how)

    assert no.field == field
    assert no.sentence.endswith(".")


def test_the_modulus_check_is_made_when_its_table_is_installed(
    settings: Any, tmp_path: Any
) -> None:
    table = tmp_path / "weights.txt"
    table.write_text("089000 089999 MOD10 0 0 0 0 0 0 7 1 3 7 1 3 7 1\n")
    settings.MODULUS_WEIGHTS = str(table)

    assert refused(typed=OTHER_UK).code == "modulus_failed"
    assert propose(ProviderFactory(), UK).modulus == "passed"
    elsewhere = {"sort_code": "20-00-01", "account_number": "11111111"}
    assert propose(ProviderFactory(), elsewhere).modulus == "not_listed"


def test_without_the_table_only_the_form_is_checked_and_it_says_so() -> None:
    assert propose(ProviderFactory(), OTHER_UK).modulus == "not_checked"


def test_a_table_that_cannot_be_read_stops_everything(settings: Any, tmp_path: Any) -> None:
    settings.MODULUS_WEIGHTS = str(tmp_path / "gone.txt")
    assert refused().code == "modulus_table_broken"
    broken = tmp_path / "broken.txt"
    broken.write_text("089000 089999 MOD10 1 2 3\n")
    settings.MODULUS_WEIGHTS = str(broken)
    assert refused().code == "modulus_table_broken"


def test_the_same_details_again_are_refused_and_a_second_change_waits_for_the_first() -> None:
    provider = payable_by_file()

    with pytest.raises(Refused, match="use already"):
        propose(provider, UK)
    propose(provider, OTHER_UK)
    with pytest.raises(Conflict, match="waits for a second person already"):
        propose(provider, {"sort_code": "089999", "account_number": "11111111"})


def test_a_stranger_may_give_no_details() -> None:
    provider, stranger = ProviderFactory(), UserFactory(role="provider")

    with pytest.raises(NotAllowed):
        propose(provider, by=stranger)
    with pytest.raises(NotAllowed):
        propose(provider, by=crew().worker)


def test_a_persons_own_details_are_given_by_them_or_who_helps() -> None:
    case = CaseFactory(helper=True)
    account = services.propose_payee(
        payee=case.person,
        kind="card",
        name="Client",
        typed={"card": "AP123456"},
        by=client_of(case),
    )

    assert account.chain == f"person:{case.person.reference}"
    assert [user.email for user in known_contacts(account)] == [
        client_of(case).email,
        case.person.representations.get().user.email,
    ]
    with pytest.raises(NotAllowed):
        services.end_payee(account=account, reason="Mine.", by=UserFactory(role="client"))


# -- confirming ---------------------------------------------------------------------------------


def test_a_second_person_confirms_through_a_known_contact_and_it_is_in_the_record() -> None:
    account = propose(ProviderFactory())

    confirmed = confirm(account, words="Visited, and they showed me the card.")

    assert confirmed.state == "confirmed"
    event = AuditEvent.objects.get(verb="payee.confirmed")
    assert event.chain.key == account.chain
    assert event.changes["contact"] == "visit"
    assert event.changes["answer"] == "MATC"
    assert "66374958" not in str(event.changes)
    assert verify_audit().holds


def test_who_gave_the_details_never_confirms_them_even_by_sql() -> None:
    officer, _ = finance()
    account = propose(ProviderFactory(), by=officer)

    with pytest.raises(NotAllowed, match="somebody else"):
        confirm(account, by=officer)
    with pytest.raises(IntegrityError, match="payee_four_eyes"), transaction.atomic():
        PayeeAccount.objects.filter(pk=account.pk).update(decided_by=officer)
    assert confirm(account, by=finance()[1]).state == "confirmed"


def test_confirming_needs_a_contact_and_words_even_by_sql() -> None:
    account = propose(ProviderFactory())

    with pytest.raises(Refused) as no:
        confirm(account, words=" ")
    assert no.value.field == "words"
    with pytest.raises(Refused) as no:
        confirm(account, contact_kind="e-mail they sent")
    assert no.value.field == "contact_kind"
    with pytest.raises(IntegrityError, match="confirmed_through_a_contact"), transaction.atomic():
        PayeeAccount.objects.filter(pk=account.pk).update(
            state="confirmed", decided_by=finance()[0]
        )


def test_a_phone_call_needs_a_number_from_before() -> None:
    provider = ProviderFactory()
    account = propose(provider)

    with pytest.raises(Refused, match="no phone number of theirs from before"):
        confirm(account, contact_kind="phone")
    provider.phone = "01632 960 001"
    provider.save()
    assert confirm(account, contact_kind="phone").state == "confirmed"


def test_only_somebody_known_before_the_change_counts() -> None:
    provider, officer = ProviderFactory(), finance()[0]
    older, _ = invite_member(
        provider=provider, email="older@x.example", full_name="Known Before", by=officer
    )
    account = propose(provider)
    newer, _ = invite_member(
        provider=provider, email="newer@x.example", full_name="New Now", by=officer
    )

    for wrong in (newer, member_of(ProviderFactory()), None):
        with pytest.raises(Refused) as no:
            confirm(account, contact_kind="member", contact_user=wrong)
        assert no.value.field == "contact_user"
    with pytest.raises(Refused, match="gave these details"):
        confirm(account, contact_kind="member", contact_user=account.proposed_by)
    assert confirm(account, contact_kind="member", contact_user=older).contact_user == older


def test_finance_with_a_stake_may_not_confirm() -> None:
    provider = ProviderFactory()
    account = propose(provider)
    friend = colleague()
    provider.members.create(user=friend)

    with pytest.raises(NotAllowed):
        confirm(PayeeAccount.objects.get(pk=account.pk), by=friend)


@pytest.mark.parametrize(
    ("number", "sort_code", "answer"),
    [
        ("66374996", "089999", "AC01"),
        ("66374997", "089999", "IVCR"),
        ("66374950", "089998", "CASS"),
    ],
)
def test_an_account_that_cannot_be_paid_is_never_confirmed(
    number: str, sort_code: str, answer: str
) -> None:
    account = propose(ProviderFactory(), {"sort_code": sort_code, "account_number": number})

    assert account.answer == answer
    for by in finance():
        with pytest.raises(Refused) as no:
            confirm(account, by=by)
        assert no.value.code == "payee_stopped"


def test_a_name_that_does_not_match_needs_a_manager(settings: Any) -> None:
    account = propose(ProviderFactory(), {"sort_code": "089999", "account_number": "66374991"})

    with pytest.raises(Refused, match="Only a finance manager"):
        confirm(account, by=finance()[0])
    assert confirm(account, by=finance()[1]).state == "confirmed"


@pytest.mark.parametrize("ending", ["90", "92", "93", "94", "95", "98", "99"])
def test_other_answers_leave_it_to_the_second_person(ending: str) -> None:
    account = propose(
        ProviderFactory(), {"sort_code": "089999", "account_number": f"663749{ending}"}
    )

    assert confirm(account).state == "confirmed"


def test_a_close_match_keeps_the_name_that_came_back() -> None:
    provider = ProviderFactory()
    account = propose(provider, {"sort_code": "089999", "account_number": "66374990"})

    assert (account.answer, account.name_returned) == ("MBAM", f"{provider.name} & Co")


def test_silence_is_asked_again_and_confirms_nothing(settings: Any) -> None:
    account = propose(ProviderFactory(), {"sort_code": "089999", "account_number": "66374989"})
    assert account.answer == "no_answer"

    settings.PAYEE_CHECKER = "payments.rules.payee_check.NobodyToAsk"
    assert services.ask_about_payee(account=account).answer == "not_asked"
    assert PayeeAccount.objects.get().state == "proposed"


def test_a_checker_that_breaks_leaves_details_that_nobody_can_confirm_yet(
    settings: Any, monkeypatch: Any
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the machine stops")

    with monkeypatch.context() as patch:
        patch.setattr("payments.services.payees.ask_who_it_is", broken)
        with pytest.raises(RuntimeError):
            propose(ProviderFactory())
    account = PayeeAccount.objects.get()

    with pytest.raises(Refused, match="has not been asked yet"):
        confirm(account)
    assert confirm(services.ask_about_payee(account=account)).state == "confirmed"


def test_two_payees_with_one_account_are_seen() -> None:
    first, second = propose(ProviderFactory()), propose(ProviderFactory())

    assert sharing_an_account(second) == [first]
    assert sharing_an_account(propose(ProviderFactory(), OTHER_UK)) == []


# -- the attack ---------------------------------------------------------------------------------


def change(run_provider: Any) -> PayeeAccount:
    return propose(run_provider, OTHER_UK, reason="We have a new bank.")


def test_whoever_was_known_before_hears_of_it_at_once() -> None:
    provider = payable_by_file()
    Message.objects.all().delete()

    account = change(provider)

    message = Message.objects.get(key__startswith=f"payee.proposed:{account.reference}")
    assert message.to == member_of(provider)
    assert "another account" in message.title
    assert "call us at once" in message.body
    assert "4957" in message.body
    assert "66374957" not in message.body
    finance_hears = Message.objects.filter(key__startswith="payee.waits:")
    assert set(finance_hears.values_list("to__email", flat=True)) == {
        user.email for user in finance()
    }


def test_a_payee_whose_details_change_is_left_out_of_a_new_run_with_the_reason() -> None:
    provider = payable_by_file()
    agreement = AgreementFactory(provider=provider)
    InvoiceFactory(agreement=agreement, state="approved")
    change(provider)

    with pytest.raises(Refused, match=r"given anew .* A second person must confirm"):
        services.make_run(by=finance()[0], rail="bacs")
    other = AgreementFactory(
        provider=payable_by_file(typed={"sort_code": "089999", "account_number": "11111112"})
    )
    InvoiceFactory(agreement=other, state="approved")
    run = services.make_run(by=finance()[0], rail="bacs")
    assert run.payment_count == 1
    assert "A second person must confirm" in run.left_out.get().sentence


def test_a_payee_without_details_is_left_out_with_the_reason() -> None:
    InvoiceFactory(agreement=AgreementFactory(), state="approved")

    with pytest.raises(Refused, match="has given no account that Bacs can pay to"):
        services.make_run(by=finance()[0], rail="bacs")


def test_a_run_of_an_unknown_rail_is_refused() -> None:
    InvoiceFactory(agreement=AgreementFactory(), state="approved")

    with pytest.raises(Refused) as no:
        services.make_run(by=finance()[0], rail="pigeon")
    assert no.value.field == "rail"


def test_an_unapproved_run_loses_the_payment_and_says_why() -> None:
    provider = payable_by_file()
    agreement = AgreementFactory(provider=provider)
    InvoiceFactory(agreement=agreement, state="approved")
    other = AgreementFactory(
        provider=payable_by_file(typed={"sort_code": "089999", "account_number": "11111112"})
    )
    kept = InvoiceFactory(agreement=other, state="approved")
    run = services.make_run(by=finance()[0], rail="bacs")

    change(provider)

    run.refresh_from_db()
    assert (run.payment_count, run.total_pence) == (1, kept.total_pence)
    assert "wait for a second person" in run.left_out.get().sentence
    assert sorted(states(run)) == ["cancelled", "planned"]
    approve(run)
    assert sorted(states(run)) == ["cancelled", "released"]


def test_an_approved_payment_is_held_and_goes_on_when_the_change_was_no_wish_of_theirs() -> None:
    provider = payable_by_file()
    run = file_run(2, provider=provider)

    account = change(provider)
    assert states(run) == ["held", "held"]
    with pytest.raises(Refused, match="No payment of this run waits"):
        services.start_submission(run=run, by=finance()[0])
    services.refuse_payee(account=account, reason="They never asked for it.", by=finance()[1])

    assert states(run) == ["released", "released"]
    assert PayeeAccount.objects.get(state="confirmed").last4 == "4958"
    assert services.start_submission(run=run, by=finance()[0]).payment_count == 2
    verbs = list(AuditEvent.objects.filter(chain__key=run.chain).values_list("verb", flat=True))
    assert verbs.count("payment.held") == verbs.count("payment.let_go") == 2


def test_when_the_change_is_confirmed_the_old_account_is_paid_no_more_and_the_new_one_next() -> (
    None
):
    provider = payable_by_file()
    run = file_run(1, provider=provider)
    old = PayeeAccount.objects.get()

    new = confirm(change(provider), by=finance()[1])

    old.refresh_from_db()
    assert (old.state, new.state) == ("replaced", "confirmed")
    assert states(run) == ["cancelled"]
    run.refresh_from_db()
    assert run.state == "sent"
    again = services.make_run(by=finance()[0], rail="bacs")
    assert again.payments.get().destination == new.reference
    assert again.payments.get().attempt == 2


def test_taking_a_change_back_lets_the_old_account_be_paid() -> None:
    provider = payable_by_file()
    run = file_run(1, provider=provider)

    services.end_payee(account=change(provider), reason="", by=member_of(provider))

    assert states(run) == ["released"]


def test_who_proposed_cannot_refuse_and_a_member_cannot_end_what_is_in_use() -> None:
    provider = payable_by_file()
    used = PayeeAccount.objects.get()
    account = propose(provider, OTHER_UK, by=finance()[0])

    with pytest.raises(NotAllowed):
        services.refuse_payee(account=account, reason="Hm.", by=finance()[0])
    with pytest.raises(Refused) as no:
        services.refuse_payee(account=account, reason=" ", by=finance()[1])
    assert no.value.field == "reason"
    with pytest.raises(NotAllowed):
        services.end_payee(account=used, reason="Stop.", by=member_of(provider))


def test_details_that_are_not_used_any_more_stop_what_was_to_go_there() -> None:
    provider = payable_by_file()
    run = file_run(1, provider=provider)

    services.end_payee(
        account=PayeeAccount.objects.get(), reason="They closed the firm.", by=finance()[0]
    )

    assert states(run) == ["cancelled"]
    with pytest.raises(Refused, match="has given no account"):
        services.make_run(by=finance()[0], rail="bacs")


# -- the figures --------------------------------------------------------------------------------


def test_each_look_at_the_figures_is_in_the_record() -> None:
    account = propose(ProviderFactory())

    details = services.read_payee_details(account=account, by=finance()[0])

    assert details == UkAccount("089999", "66374958")
    assert AuditEvent.objects.get(verb="payee.read").actor == str(finance()[0].public_id)
    with pytest.raises(NotAllowed):
        services.read_payee_details(account=account, by=member_of(account.provider))


def test_details_cannot_be_changed_by_sql_nor_put_in_anothers_place() -> None:
    mine, theirs = propose(ProviderFactory()), propose(ProviderFactory(), OTHER_UK)

    for sql in (
        "UPDATE payments_payeeaccount SET name = 'Somebody else'",
        "UPDATE payments_payeeaccount SET last4 = '0000'",
        "DELETE FROM payments_payeeaccount",
    ):
        with (
            pytest.raises(DatabaseError, match="never changed"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
    PayeeAccount.objects.filter(pk=mine.pk).update(sealed=bytes(theirs.sealed))
    mine.refresh_from_db()
    with pytest.raises(CannotOpen, match="taken from another payee"):
        open_details(mine.sealed, reference=mine.reference)


def test_without_the_keys_nothing_opens_and_nothing_is_kept(settings: Any) -> None:
    account = propose(ProviderFactory())

    settings.PAYEE_DETAILS_KEYS = [NEW_KEY]
    with pytest.raises(CannotOpen, match="None of the keys"):
        open_details(account.sealed, reference=account.reference)
    settings.PAYEE_DETAILS_KEYS = []
    with pytest.raises(CannotOpen, match="is not set"):
        propose(ProviderFactory(), OTHER_UK)
    assert PayeeAccount.objects.count() == 1


def test_keys_are_changed_without_losing_anything(settings: Any, capsys: Any) -> None:
    account = propose(ProviderFactory())
    details = UkAccount("089999", "66374958")
    old_keys = list(settings.PAYEE_DETAILS_KEYS)

    settings.PAYEE_DETAILS_KEYS = [NEW_KEY, *old_keys]
    assert open_details(account.sealed, reference=account.reference) == details
    assert account.fingerprint in fingerprints(details)
    call_command("reseal_payee_details")
    assert "1 account and 0 files are sealed" in capsys.readouterr().out
    settings.PAYEE_DETAILS_KEYS = [NEW_KEY]
    account.refresh_from_db()
    assert open_details(account.sealed, reference=account.reference) == details
    assert account.fingerprint == fingerprints(details)[0]


def test_no_figure_reaches_a_log_or_the_record(caplog: Any) -> None:
    with caplog.at_level(logging.DEBUG):
        provider = payable_by_file()
        account = propose(provider, {"sort_code": "089999", "account_number": "66374989"})
    text = caplog.text + str(list(AuditEvent.objects.values_list("changes", flat=True)))
    text += str(list(Message.objects.values_list("body", flat=True)))
    assert account.answer == "no_answer"
    for figure in ("66374958", "66374989", "089999"):
        assert figure not in text


def test_a_payment_by_file_names_its_payee_by_reference_only() -> None:
    run = file_run(1)

    assert Payment.objects.get(run=run).destination == PayeeAccount.objects.get().reference
