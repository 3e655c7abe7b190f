"""Any order of tries, losses and retries: one transfer for each key, and every penny explained."""

import stripe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FAULTS = ("", "lose_answer", "lose_request", "error_500", "error_500_after", "error_429")
PRICES = {1: 100, 2: 250, 3: 5, 4: 999}

pay = st.tuples(st.just("pay"), st.sampled_from(sorted(PRICES)), st.sampled_from(FAULTS))
top_up = st.tuples(st.just("top_up"), st.integers(1, 400), st.just(""))
take_back = st.tuples(st.just("take_back"), st.integers(1, 300), st.just(""))
steps = st.lists(st.one_of(pay, pay, pay, top_up, take_back), max_size=14)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=steps)
def test_balances_add_up_and_each_key_pays_at_most_once(bench, steps):
    bench.control("reset")
    payee = bench.payee()
    topped_up = 0
    told: dict[int, str] = {}
    refusals = []
    for verb, number, fault in steps:
        try:
            if verb == "top_up":
                bench.fund(number)
                topped_up += number
            elif verb == "take_back":
                for transfer in bench.v1.transfers.list({"limit": 1}).data:
                    bench.v1.transfers.reversals.create(transfer.id, {"amount": number})
            else:
                found = bench.transfer(
                    payee,
                    PRICES[number],
                    key=f"key-{number}",
                    headers={"Sandbox-Fault": fault} if fault else {},
                    metadata={"payment": str(number)},
                )
                assert told.setdefault(number, found.id) == found.id
        except stripe.StripeError as error:
            refusals.append(type(error))
    assert stripe.IdempotencyError not in refusals
    totals = bench.summary()
    transfers = totals["transfers_by_payment"]
    assert all(len(sent) == 1 for sent in transfers.values())
    assert all(sent[0]["amount"] == PRICES[int(number)] for number, sent in transfers.items())
    assert set(map(str, told)) <= set(transfers)
    sent = sum(one["amount"] for group in transfers.values() for one in group)
    back = sum(one["amount_reversed"] for group in transfers.values() for one in group)
    assert bench.available() == topped_up - sent + back >= 0
    assert bench.available(payee) == sent - back
    assert totals["adds_up"] is True
