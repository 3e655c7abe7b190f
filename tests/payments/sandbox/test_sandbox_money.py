"""Top-ups, transfers, reversals, payouts and the lines that explain every balance."""

import concurrent.futures
import time

import pytest
import stripe


def refusal(call):
    with pytest.raises(stripe.StripeError) as caught:
        call()
    return caught.value


class TestTopUps:
    def test_a_top_up_is_pending_until_its_delay_has_passed(self, make_bench, eventually):
        bench = make_bench(topup_delay=0.4)
        topup = bench.fund(5_000)
        assert topup.status == "pending"
        balance = bench.v1.balance.retrieve()
        assert (balance.available[0].amount, balance.pending[0].amount) == (0, 5_000)
        assert eventually(lambda: bench.available() == 5_000)
        settled = bench.v1.topups.retrieve(topup.id)
        assert settled.status == "succeeded"
        line = bench.v1.balance_transactions.retrieve(settled.balance_transaction)
        assert (line.type, line.amount, line.source) == ("topup", 5_000, topup.id)

    def test_a_pending_top_up_can_be_cancelled_and_a_settled_one_cannot(self, make_bench):
        bench = make_bench(topup_delay=60)
        topup = bench.fund(700)
        assert bench.v1.topups.cancel(topup.id).status == "canceled"
        settled = bench.fund(800)
        bench.control("clock", {"advance": 61})
        assert bench.available() == 800
        error = refusal(lambda: bench.v1.topups.cancel(settled.id))
        assert error.http_status == 400
        assert bench.v1.balance.retrieve().pending[0].amount == 0

    def test_a_top_up_that_the_bank_refuses_fails_and_brings_no_money(self, make_bench):
        bench = make_bench(topup_delay=60)
        topup = bench.fund(700)
        assert bench.control(f"topups/{topup.id}/fail").status_code == 200
        failed = bench.v1.topups.retrieve(topup.id)
        assert (failed.status, failed.failure_code) == ("failed", "insufficient_funds")
        assert bench.control(f"topups/{topup.id}/fail").status_code == 400
        bench.control("clock", {"advance": 61})
        assert bench.available() == 0

    def test_the_councils_bank_shows_each_top_up_as_a_debit_with_its_reference(self, bench):
        bench.v1.topups.create(
            {
                "amount": 12_345,
                "currency": "gbp",
                "description": "Run 7",
                "statement_descriptor": "RUN-7K2QF",
            },
            {"headers": {"Sandbox-Now": "1735689600"}},
        )
        lines = bench.control("bank_lines", method="GET").json()
        assert [(line["amount_pence"], line["reference"], line["date"]) for line in lines] == [
            (-12_345, "RUN-7K2QF", "2025-01-01")
        ]

    def test_a_payout_of_the_platform_is_a_credit_at_the_councils_bank(self, make_bench):
        bench = make_bench(payout_arrival_delay=0)
        bench.fund(900)
        bench.v1.payouts.create({"amount": 400, "currency": "gbp"})
        lines = bench.control("bank_lines", method="GET").json()
        assert sorted(line["amount_pence"] for line in lines) == [-900, 400]
        assert bench.summary()["adds_up"] is True


class TestTransfers:
    def test_a_transfer_moves_money_and_explains_itself_on_both_sides(self, paying):
        transfer = paying.transfer(
            paying.account,
            2_500,
            transfer_group="RUN-1",
            description="March",
            metadata={"payment": "p1"},
        )
        assert (transfer.object, transfer.livemode, transfer.reversed) == ("transfer", False, False)
        assert paying.available() == 7_500
        assert paying.available(paying.account) == 2_500
        line = paying.v1.balance_transactions.retrieve(transfer.balance_transaction)
        assert (line.type, line.amount, line.net, line.fee) == ("transfer", -2_500, -2_500, 0)
        theirs = paying.v1.balance_transactions.list(
            {"source": transfer.destination_payment}, {"stripe_account": paying.account}
        )
        assert [(one.type, one.amount) for one in theirs.data] == [("payment", 2_500)]
        assert paying.summary()["transfers_by_payment"]["p1"][0]["id"] == transfer.id

    def test_metadata_is_merged_and_an_empty_value_removes_a_key(self, paying):
        transfer = paying.transfer(paying.account, metadata={"payment": "p1", "old": "x"})
        changed = paying.v1.transfers.update(
            transfer.id, {"metadata": {"old": "", "new": "y"}, "description": "Told"}
        )
        assert changed.metadata.to_dict() == {"payment": "p1", "new": "y"}
        assert paying.v1.transfers.retrieve(transfer.id).description == "Told"

    def test_too_little_money_is_balance_insufficient_and_moves_nothing(self, paying):
        error = refusal(lambda: paying.transfer(paying.account, 10_001))
        assert isinstance(error, stripe.InvalidRequestError)
        assert (error.http_status, error.code) == (400, "balance_insufficient")
        assert paying.available() == 10_000

    def test_an_account_that_is_not_set_up_cannot_be_paid(self, paying):
        account = paying.open_account()
        error = refusal(lambda: paying.transfer(account.id))
        assert error.code == "insufficient_capabilities_for_transfer"

    def test_a_closed_account_cannot_be_paid(self, paying):
        assert paying.control(f"accounts/{paying.account}/close").status_code == 200
        error = refusal(lambda: paying.transfer(paying.account))
        assert (error.http_status, error.code) == (400, "account_invalid")
        assert paying.available() == 10_000

    def test_an_unknown_destination_is_named(self, paying):
        error = refusal(lambda: paying.transfer("acct_nobody"))
        assert (error.code, error.param) == ("resource_missing", "destination")

    def test_twenty_at_once_from_money_for_ten_pay_exactly_ten(self, bench):
        bench.fund(1_000)
        payee = bench.payee()

        def pay(number):
            try:
                return bench.transfer(payee, 100, key=f"k{number}", client=bench.new_client()).id
            except stripe.InvalidRequestError as error:
                return error.code

        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(pay, range(20)))
        assert answers.count("balance_insufficient") == 10
        assert len({answer for answer in answers if answer.startswith("tr_")}) == 10
        assert bench.available() == 0
        assert bench.available(payee) == 1_000


class TestReversals:
    def test_a_part_and_then_the_rest_can_be_taken_back(self, paying):
        transfer = paying.transfer(paying.account, 1_000)
        first = paying.v1.transfers.reversals.create(transfer.id, {"amount": 300})
        half = paying.v1.transfers.retrieve(transfer.id)
        assert (half.amount_reversed, half.reversed) == (300, False)
        paying.v1.transfers.reversals.create(transfer.id)
        whole = paying.v1.transfers.retrieve(transfer.id)
        assert (whole.amount_reversed, whole.reversed) == (1_000, True)
        assert paying.available() == 10_000
        line = paying.v1.balance_transactions.retrieve(first.balance_transaction)
        assert (line.type, line.amount, line.source) == ("transfer_refund", 300, first.id)
        listed = paying.v1.transfers.reversals.list(transfer.id)
        assert [one.amount for one in listed.data] == [700, 300]
        assert paying.v1.transfers.reversals.retrieve(transfer.id, first.id).amount == 300

    def test_more_than_is_left_or_a_second_time_is_refused(self, paying):
        transfer = paying.transfer(paying.account, 1_000)
        error = refusal(
            lambda: paying.v1.transfers.reversals.create(transfer.id, {"amount": 1_001})
        )
        assert error.param == "amount"
        paying.v1.transfers.reversals.create(transfer.id)
        error = refusal(lambda: paying.v1.transfers.reversals.create(transfer.id))
        assert "fully reversed" in str(error)

    def test_money_that_has_left_the_account_cannot_be_taken_back(self, paying):
        transfer = paying.transfer(paying.account, 1_000)
        paying.v1.payouts.create(
            {"amount": 600, "currency": "gbp"}, {"stripe_account": paying.account}
        )
        error = refusal(lambda: paying.v1.transfers.reversals.create(transfer.id))
        assert error.code == "balance_insufficient"

    def test_a_payment_that_the_payees_bank_returns_comes_all_the_way_back(self, make_bench):
        bench = make_bench(payout_delay=0, payout_arrival_delay=0)
        bench.fund(1_000)
        payee = bench.payee()
        transfer = bench.transfer(payee, 400)
        assert bench.available(payee) == 0
        assert bench.control(f"transfers/{transfer.id}/return").status_code == 200
        assert bench.v1.transfers.retrieve(transfer.id).reversed is True
        assert bench.available() == 1_000
        assert bench.control(f"transfers/{transfer.id}/return").status_code == 400


class TestPayouts:
    def test_money_goes_on_to_the_payees_bank_by_itself(self, make_bench, eventually):
        bench = make_bench(payout_delay=0.2, payout_arrival_delay=0.2)
        bench.fund(1_000)
        payee = bench.payee()
        bench.transfer(payee, 300)
        bench.transfer(payee, 200)
        as_payee = {"stripe_account": payee}
        assert eventually(lambda: bench.summary()["accounts"][payee]["paid_out"] == 500)
        payouts = bench.v1.payouts.list({"status": "paid"}, as_payee).data
        assert [(one.amount, one.automatic, one.status) for one in payouts] == [(500, True, "paid")]
        carried = bench.v1.balance_transactions.list({"payout": payouts[0].id}, as_payee).data
        assert sorted((one.type, one.amount) for one in carried) == [
            ("payment", 200),
            ("payment", 300),
            ("payout", -500),
        ]
        assert bench.available(payee) == 0

    def test_an_account_that_pays_out_by_hand_keeps_its_money(self, make_bench):
        bench = make_bench(payout_delay=0)
        bench.fund(1_000)
        payee = bench.payee()
        bench.v1.accounts.update(
            payee, {"settings": {"payouts": {"schedule": {"interval": "manual"}}}}
        )
        bench.transfer(payee, 300)
        assert bench.available(payee) == 300

    def test_a_failed_payout_puts_the_money_back(self, paying):
        paying.transfer(paying.account, 500)
        as_payee = {"stripe_account": paying.account}
        payout = paying.v1.payouts.create({"amount": 500, "currency": "gbp"}, as_payee)
        assert payout.status == "pending"
        assert paying.control(f"payouts/{payout.id}/fail").status_code == 200
        failed = paying.v1.payouts.retrieve(payout.id, None, as_payee)
        assert (failed.status, failed.failure_code) == ("failed", "account_closed")
        line = paying.v1.balance_transactions.retrieve(
            failed.failure_balance_transaction, None, as_payee
        )
        assert (line.type, line.amount) == ("payout_failure", 500)
        assert paying.available(paying.account) == 500

    def test_a_payout_can_be_called_back_or_refused_for_want_of_money(self, paying):
        paying.transfer(paying.account, 500)
        as_payee = {"stripe_account": paying.account}
        error = refusal(
            lambda: paying.v1.payouts.create({"amount": 501, "currency": "gbp"}, as_payee)
        )
        assert error.code == "balance_insufficient"
        payout = paying.v1.payouts.create({"amount": 500, "currency": "gbp"}, as_payee)
        assert paying.v1.payouts.cancel(payout.id, None, as_payee).status == "canceled"
        assert paying.available(paying.account) == 500


def test_every_balance_is_the_sum_of_its_lines(paying):
    transfer = paying.transfer(paying.account, 1_000)
    paying.transfer(paying.account, 50)
    paying.v1.transfers.reversals.create(transfer.id, {"amount": 10})
    lines = list(paying.v1.balance_transactions.list({"limit": 2}).auto_paging_iter())
    assert sum(line.net for line in lines) == paying.available() == 8_960
    assert paying.summary()["adds_up"] is True


def test_a_request_can_date_what_it_makes_in_the_past_but_not_in_the_future(paying):
    then = int(time.time()) - 90 * 86_400
    old = paying.transfer(paying.account, headers={"Sandbox-Now": str(then)})
    new = paying.transfer(paying.account)
    assert old.created == then
    assert [one.id for one in paying.v1.transfers.list().data] == [new.id, old.id]
    recent = paying.v1.transfers.list({"created": {"gte": then + 1}})
    assert [one.id for one in recent.data] == [new.id]
    late = str(int(time.time()) + 3_600)
    assert refusal(lambda: paying.transfer(paying.account, headers={"Sandbox-Now": late}))
