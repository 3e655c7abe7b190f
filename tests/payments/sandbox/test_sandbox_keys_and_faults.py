"""Idempotency keys and faults: what a client may meet, and that money still moves once."""

import concurrent.futures
import time

import pytest
import stripe


def refusal(call):
    with pytest.raises(stripe.StripeError) as caught:
        call()
    return caught.value


def replayed(found):
    return found.last_response.headers.get("Idempotent-Replayed")


class TestKeys:
    def test_the_same_key_and_body_replay_the_first_answer(self, paying):
        first = paying.transfer(paying.account, 100, key="k1", metadata={"payment": "p"})
        again = paying.transfer(paying.account, 100, key="k1", metadata={"payment": "p"})
        assert again.id == first.id
        assert again.last_response.body == first.last_response.body
        assert (replayed(first), replayed(again)) == (None, "true")
        assert (
            again.last_response.headers["Original-Request"]
            == first.last_response.headers["Request-Id"]
        )
        assert paying.summary()["transfers"] == 1

    def test_the_same_key_with_another_body_is_an_error(self, paying):
        paying.transfer(paying.account, 100, key="k1")
        error = refusal(lambda: paying.transfer(paying.account, 101, key="k1"))
        assert isinstance(error, stripe.IdempotencyError)
        assert error.http_status == 400
        assert paying.summary()["transferred"] == 100

    def test_the_same_key_at_another_address_is_an_error(self, paying):
        paying.transfer(paying.account, 100, key="k1")
        error = refusal(
            lambda: paying.v1.topups.create(
                {"amount": 100, "currency": "gbp"}, {"idempotency_key": "k1"}
            )
        )
        assert isinstance(error, stripe.IdempotencyError)

    def test_a_key_whose_request_still_runs_is_a_conflict(self, paying):
        slow = {"Sandbox-Fault": "delay:0.6"}
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            first = pool.submit(
                paying.transfer, paying.account, key="k1", headers=slow, client=paying.new_client()
            )
            time.sleep(0.2)
            error = refusal(lambda: paying.transfer(paying.account, key="k1"))
            assert (error.http_status, error.error.code) == (409, "idempotency_key_in_use")
            assert paying.transfer(paying.account, key="k1-other").id != first.result().id
        assert paying.transfer(paying.account, key="k1").id == first.result().id

    def test_many_at_once_with_one_key_make_one_transfer(self, paying):
        def pay(_):
            try:
                return paying.transfer(paying.account, key="k1", client=paying.new_client()).id
            except stripe.StripeError as error:
                return error.error.code

        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            answers = set(pool.map(pay, range(12)))
        assert len(answers - {"idempotency_key_in_use"}) == 1
        assert paying.summary()["transfers"] == 1

    def test_an_error_of_the_work_itself_is_kept_even_when_the_money_has_come(self, bench):
        payee = bench.payee()
        assert refusal(lambda: bench.transfer(payee, key="k1")).code == "balance_insufficient"
        bench.fund(1_000)
        assert refusal(lambda: bench.transfer(payee, key="k1")).code == "balance_insufficient"
        assert bench.transfer(payee, key="k2").amount == 100

    def test_a_refused_parameter_is_not_kept(self, paying):
        assert refusal(lambda: paying.transfer(paying.account, 0, key="k1")).param == "amount"
        assert paying.transfer(paying.account, 5, key="k1").amount == 5

    def test_keys_are_forgotten_after_the_window(self, paying):
        first = paying.transfer(paying.account, key="k1")
        paying.control("clock", {"advance": 86_400 - 60})
        assert paying.transfer(paying.account, key="k1").id == first.id
        paying.control("clock", {"advance": 61})
        assert paying.transfer(paying.account, key="k1").id != first.id

    def test_keys_can_be_forgotten_at_once(self, paying):
        first = paying.transfer(paying.account, key="k1")
        assert paying.control("idempotency/expire").json()["expired"] >= 1
        assert paying.transfer(paying.account, key="k1").id != first.id

    def test_back_dated_requests_keep_their_keys_too(self, paying):
        old = {"Sandbox-Now": str(int(time.time()) - 90 * 86_400)}
        first = paying.transfer(paying.account, key="k1", headers=old)
        assert paying.transfer(paying.account, key="k1", headers=old).id == first.id

    def test_keys_belong_to_an_account(self, paying):
        paying.transfer(paying.account, 1_000)
        params = {"amount": 100, "currency": "gbp"}
        ours = paying.v1.payouts.create(params, {"idempotency_key": "k1"})
        theirs = paying.v1.payouts.create(
            params, {"idempotency_key": "k1", "stripe_account": paying.account}
        )
        assert ours.id != theirs.id

    def test_a_key_that_is_too_long_is_refused(self, paying):
        error = refusal(lambda: paying.transfer(paying.account, key="k" * 256))
        assert error.http_status == 400


class TestFaults:
    def test_a_lost_answer_leaves_the_transfer_and_the_key_finds_it(self, paying):
        error = refusal(
            lambda: paying.transfer(
                paying.account, key="k1", headers={"Sandbox-Fault": "lose_answer"}
            )
        )
        assert isinstance(error, stripe.APIConnectionError)
        assert paying.summary()["transfers"] == 1
        found = paying.transfer(paying.account, key="k1")
        assert replayed(found) == "true"
        assert paying.summary()["transferred"] == 100

    def test_a_lost_request_did_nothing(self, paying):
        error = refusal(
            lambda: paying.transfer(
                paying.account, key="k1", headers={"Sandbox-Fault": "lose_request"}
            )
        )
        assert isinstance(error, stripe.APIConnectionError)
        assert paying.summary()["transfers"] == 0
        assert replayed(paying.transfer(paying.account, key="k1")) is None

    def test_every_third_answer_to_a_transfer_is_lost_and_nothing_else(self, paying):
        paying.control("faults", {"lose_answer": {"every": 3, "paths": ["/v1/transfers"]}})
        outcomes = []
        for number in range(6):
            try:
                paying.transfer(paying.account, key=f"k{number}")
                outcomes.append("told")
            except stripe.APIConnectionError:
                outcomes.append("lost")
            paying.v1.balance.retrieve()
        assert outcomes == ["told", "told", "lost"] * 2
        assert paying.summary()["transfers"] == 6
        shown = paying.control("faults", method="GET").json()
        assert shown["struck"] == {"lose_answer": 2}
        paying.control("faults", method="DELETE")
        assert paying.control("faults", method="GET").json()["faults"] == {}

    def test_the_sdks_own_retry_after_a_lost_answer_pays_once(self, paying):
        paying.control("faults", {"lose_answer": {"times": 1, "methods": ["POST"]}})
        found = paying.transfer(paying.account, client=paying.new_client(retries=2))
        assert replayed(found) == "true"
        assert paying.summary()["transfers"] == 1

    def test_an_early_500_is_not_kept_and_a_retry_succeeds(self, paying):
        paying.control("faults", {"error_500": {"times": 1}})
        error = refusal(lambda: paying.transfer(paying.account, key="k1"))
        assert isinstance(error, stripe.APIError)
        assert error.http_status == 500
        assert paying.summary()["transfers"] == 0
        assert paying.transfer(paying.account, key="k1").amount == 100

    def test_the_sdks_own_retry_after_an_early_500_succeeds(self, paying):
        paying.control("faults", {"error_500": {"times": 1}})
        assert paying.transfer(paying.account, client=paying.new_client(retries=2)).amount == 100

    def test_a_late_500_has_paid_and_is_repeated_for_its_key(self, paying):
        late = {"Sandbox-Fault": "error_500_after"}
        first = refusal(lambda: paying.transfer(paying.account, key="k1", headers=late))
        again = refusal(lambda: paying.transfer(paying.account, key="k1"))
        assert (first.http_status, again.http_status) == (500, 500)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.headers["Stripe-Should-Retry"] == "false"
        assert paying.summary()["transfers"] == 1
        listed = paying.v1.transfers.list({"destination": paying.account}).data
        assert [one.amount for one in listed] == [100]

    def test_too_many_requests_is_a_rate_limit_and_did_nothing(self, paying):
        paying.control("faults", {"error_429": {"times": 1}})
        error = refusal(lambda: paying.transfer(paying.account, key="k1"))
        assert isinstance(error, stripe.RateLimitError)
        assert (error.http_status, error.error.code) == (429, "rate_limit")
        assert paying.transfer(paying.account, key="k1").amount == 100

    def test_a_lock_timeout_is_tried_again_by_the_sdk(self, paying):
        paying.control("faults", {"error_409": {"times": 1}})
        assert paying.transfer(paying.account, client=paying.new_client(retries=2)).amount == 100

    def test_a_client_that_gives_up_early_has_paid_all_the_same(self, paying, eventually):
        hasty = paying.new_client(timeout=0.2)
        slow = {"Sandbox-Fault": "delay:0.5"}
        error = refusal(
            lambda: paying.transfer(paying.account, key="k1", headers=slow, client=hasty)
        )
        assert isinstance(error, stripe.APIConnectionError)
        assert paying.summary()["transfers"] == 0
        assert refusal(lambda: paying.transfer(paying.account, key="k1")).http_status == 409
        assert eventually(lambda: paying.summary()["transfers"] == 1)
        assert replayed(paying.transfer(paying.account, key="k1")) == "true"

    def test_a_late_answer_has_paid_before_it_comes(self, paying):
        hasty = paying.new_client(timeout=0.2)
        slow = {"Sandbox-Fault": "delay_answer:0.6"}
        refusal(lambda: paying.transfer(paying.account, key="k1", headers=slow, client=hasty))
        assert paying.summary()["transfers"] == 1

    def test_a_chance_with_a_seed_strikes_the_same_requests_again(self, paying):
        def strikes():
            paying.control("faults", {"error_429": {"rate": 0.5, "seed": 11}})
            told = []
            for _ in range(12):
                try:
                    paying.v1.balance.retrieve()
                    told.append(True)
                except stripe.RateLimitError:
                    told.append(False)
            return told

        first = strikes()
        assert first == strikes()
        assert len(set(first)) == 2

    @pytest.mark.parametrize(
        "given",
        [
            {"explode": {}},
            {"delay": {"seconds": -1}},
            {"delay": 3},
            {"lose_answer": {"every": "3"}},
            {"lose_answer": {"rate": 2}},
            {"lose_answer": {"sometimes": True}},
            {"lose_answer": {"paths": "/v1"}},
            {"webhooks": {"reorder": 1}},
            {"webhooks": {"lose": 1}},
        ],
    )
    def test_a_fault_that_is_not_understood_is_refused_in_a_sentence(self, bench, given):
        bench.control("faults", {"delay": {"seconds": 0}})
        answer = bench.control("faults", given)
        assert answer.status_code == 400
        assert answer.json()["error"].endswith(".")
        assert list(bench.control("faults", method="GET").json()["faults"]) == ["delay"]

    def test_a_header_that_names_no_fault_is_refused(self, paying):
        for header in ("explode", "delay:soon", "delay:9999"):
            error = refusal(
                lambda header=header: paying.transfer(
                    paying.account, headers={"Sandbox-Fault": header}
                )
            )
            assert error.http_status == 400
        assert paying.summary()["transfers"] == 0
