"""Providers' accounts: what they need, the hosted page, and what a closed one can still do."""

import re
import time

import pytest
import requests
import stripe

GOOD = {
    "business_name": "Brightside Home Care",
    "account_holder": "Brightside Home Care Ltd",
    "sort_code": "10-88-00",
    "account_number": "00012345",
    "agree": "yes",
}


def refusal(call):
    with pytest.raises(stripe.StripeError) as caught:
        call()
    return caught.value


def link_for(bench, account):
    return bench.v1.account_links.create(
        {
            "account": account,
            "type": "account_onboarding",
            "return_url": f"{bench.url}/?returned",
            "refresh_url": f"{bench.url}/?refresh",
        }
    )


def form_page(link):
    page = requests.get(link.url, timeout=5)
    assert "/setup/c/" in page.url, page.url
    return page


class TestAccounts:
    def test_a_new_account_says_what_is_missing_and_can_do_nothing(self, bench):
        account = bench.open_account(metadata={"provider": "PRV-1"})
        assert (account.charges_enabled, account.payouts_enabled) == (False, False)
        assert account.details_submitted is False
        assert account.capabilities.transfers == "inactive"
        assert "external_account" in account.requirements.currently_due
        assert account.requirements.disabled_reason == "requirements.past_due"
        assert account.metadata.to_dict() == {"provider": "PRV-1"}
        assert [one.id for one in bench.v1.accounts.list().data] == [account.id]

    def test_a_custom_account_is_completed_through_the_api(self, bench):
        account = bench.open_account(type="custom")
        bench.v1.accounts.update(
            account.id, {"tos_acceptance": {"date": int(time.time()), "ip": "192.0.2.1"}}
        )
        bank = bench.v1.accounts.external_accounts.create(
            account.id,
            {
                "external_account": {
                    "object": "bank_account",
                    "country": "GB",
                    "currency": "gbp",
                    "account_holder_name": "Lena Brandt",
                    "routing_number": "10-88-00",
                    "account_number": "00012345",
                }
            },
        )
        assert (bank.last4, bank.routing_number, bank.country) == ("2345", "108800", "GB")
        ready = bench.v1.accounts.retrieve(account.id)
        assert (ready.payouts_enabled, ready.capabilities.transfers) == (True, "active")
        assert ready.requirements.currently_due == []
        listed = bench.v1.accounts.external_accounts.list(account.id)
        assert [one.id for one in listed.data] == [bank.id]
        error = refusal(lambda: bench.v1.accounts.external_accounts.delete(account.id, bank.id))
        assert error.http_status == 400

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [
            ("routing_number", "1088", "routing_number_invalid"),
            ("account_number", "12", "account_number_invalid"),
        ],
    )
    def test_bank_details_that_cannot_be_right_are_named(self, bench, field, value, code):
        account = bench.open_account(type="custom")
        details = {
            "object": "bank_account",
            "routing_number": "108800",
            "account_number": "00012345",
        }
        error = refusal(
            lambda: bench.v1.accounts.external_accounts.create(
                account.id, {"external_account": {**details, field: value}}
            )
        )
        assert (error.code, error.param) == (code, f"external_account[{field}]")

    def test_the_terms_of_an_express_account_are_the_providers_own_to_accept(self, bench):
        account = bench.open_account()
        error = refusal(
            lambda: bench.v1.accounts.update(account.id, {"tos_acceptance": {"date": 1}})
        )
        assert error.param == "tos_acceptance"

    @pytest.mark.parametrize(
        "change",
        [
            {"settings": {"payouts": "never"}},
            {"business_profile": {"name": {"first": "A"}}},
            {"business_profile": "A"},
            {"tos_acceptance": {"date": {"day": 1}}},
            {"capabilities": {"transfers": "please"}},
            {"external_account": "btok_nobody"},
        ],
    )
    def test_values_of_the_wrong_shape_are_refused_and_change_nothing(self, bench, change):
        account = bench.open_account(type="custom")
        error = refusal(lambda: bench.v1.accounts.update(account.id, change))
        assert error.http_status == 400
        assert bench.v1.accounts.retrieve(account.id).to_dict() == account.to_dict()

    def test_a_rejected_account_is_closed_for_good(self, paying):
        rejected = paying.v1.accounts.reject(paying.account, {"reason": "other"})
        assert rejected.requirements.disabled_reason == "rejected.other"
        assert rejected.payouts_enabled is False
        assert refusal(
            lambda: paying.v1.accounts.update(paying.account, {"email": "a@example.org"})
        )
        assert refusal(lambda: link_for(paying, paying.account)).code == "account_invalid"

    def test_an_account_with_money_cannot_be_deleted_and_an_empty_one_is_gone(self, paying):
        paying.transfer(paying.account)
        assert refusal(lambda: paying.v1.accounts.delete(paying.account)).http_status == 400
        empty = paying.payee()
        assert paying.v1.accounts.delete(empty).deleted is True
        assert isinstance(
            refusal(lambda: paying.v1.accounts.retrieve(empty)), stripe.PermissionError
        )

    def test_scripted_onboarding_checks_what_it_is_given(self, bench):
        account = bench.open_account()
        answer = bench.control(f"accounts/{account.id}/complete_onboarding", {"sort_code": "12"})
        assert answer.status_code == 400
        assert "sort code" in answer.json()["error"]
        assert bench.v1.accounts.retrieve(account.id).payouts_enabled is False


class TestHostedPage:
    def test_a_provider_gives_their_details_and_is_sent_back_able_to_be_paid(self, bench):
        account = bench.open_account()
        page = form_page(link_for(bench, account.id))
        assert 'value="Brightside Home Care"' in page.text
        done = requests.post(page.url, data=GOOD, allow_redirects=False, timeout=5)
        assert (done.status_code, done.headers["Location"]) == (303, f"{bench.url}/?returned")
        ready = bench.v1.accounts.retrieve(account.id)
        assert (ready.details_submitted, ready.payouts_enabled) == (True, True)
        assert ready.capabilities.transfers == "active"
        assert ready.external_accounts.data[0].last4 == "2345"
        events = bench.v1.events.list({"type": "account.updated"}, {"stripe_account": account.id})
        assert events.data[0].account == account.id
        assert events.data[0].data.object.payouts_enabled is True

    def test_mistakes_are_shown_beside_the_fields_and_nothing_typed_is_lost(self, bench):
        account = bench.open_account()
        page = form_page(link_for(bench, account.id))
        typed = {"business_name": "A & B <Care>", "sort_code": "1088", "account_number": "x"}
        wrong = requests.post(page.url, data=typed, timeout=5)
        assert wrong.status_code == 422
        assert wrong.text.count('class="error"') == 4
        assert "There is a problem" in wrong.text
        for name in re.findall(r'<li><a href="#(\w+)">', wrong.text):
            assert f'id="{name}"' in wrong.text
        assert 'value="A &amp; B &lt;Care&gt;"' in wrong.text
        assert 'value="1088"' in wrong.text
        assert bench.v1.accounts.retrieve(account.id).details_submitted is False
        done = requests.post(page.url, data=GOOD, allow_redirects=False, timeout=5)
        assert done.status_code == 303

    def test_each_field_has_a_label_and_a_hint(self, bench):
        page = form_page(link_for(bench, bench.open_account().id))
        for name in GOOD:
            assert f'<label for="{name}">' in page.text
        assert 'lang="en-GB"' in page.text
        assert page.text.count("<h1>") == 1

    def test_a_link_opens_once(self, bench):
        link = link_for(bench, bench.open_account().id)
        form_page(link)
        again = requests.get(link.url, allow_redirects=False, timeout=5)
        assert again.headers["Location"] == f"{bench.url}/?refresh"

    def test_a_link_that_was_left_too_long_leads_to_a_fresh_one(self, bench):
        link = link_for(bench, bench.open_account().id)
        assert link.expires_at - link.created == 300
        bench.control("clock", {"advance": 301})
        late = requests.get(link.url, allow_redirects=False, timeout=5)
        assert late.headers["Location"] == f"{bench.url}/?refresh"

    def test_a_finished_form_cannot_be_sent_again(self, bench):
        account = bench.open_account()
        page = form_page(link_for(bench, account.id))
        requests.post(page.url, data=GOOD, allow_redirects=False, timeout=5)
        again = requests.post(
            page.url, data={**GOOD, "account_number": "99999999"}, allow_redirects=False, timeout=5
        )
        assert again.headers["Location"] == f"{bench.url}/?refresh"
        ready = bench.v1.accounts.retrieve(account.id)
        assert ready.external_accounts.data[0].last4 == "2345"

    def test_addresses_that_nobody_gave_out_are_404(self, bench):
        for path in ("/setup/s/acct_x/y", "/setup/c/y", "/setup/other"):
            assert requests.get(bench.url + path, timeout=5).status_code == 404

    def test_a_link_needs_real_addresses_to_come_back_to(self, bench):
        account = bench.open_account()
        error = refusal(
            lambda: bench.v1.account_links.create(
                {
                    "account": account.id,
                    "type": "account_onboarding",
                    "return_url": "javascript:alert(1)",
                    "refresh_url": bench.url,
                }
            )
        )
        assert (error.code, error.param) == ("url_invalid", "return_url")
