"""Events and their delivery: signed, again until taken, doubled, dropped or out of order on request."""

import threading
import time

import pytest
import stripe

SECRET = "whsec_sandbox"
FAST = {"webhook_retry_first": 0.05, "webhook_timeout": 2.0}


@pytest.fixture
def told(make_bench, receiver):
    """A bench whose events go to the receiver; £100 and a payee are there, and already told."""
    bench = make_bench(**FAST)
    bench.fund(10_000)
    bench.account = bench.payee()
    bench.available()
    bench.server.webhook_url = receiver.url
    return bench


def types(receiver):
    return [event["type"] for event in receiver.events()]


def test_the_sdk_verifies_the_signature_and_reads_the_event(told, receiver, eventually):
    transfer = told.transfer(told.account, metadata={"payment": "p1"}, key="k1")
    assert eventually(lambda: receiver.received)
    body, signature = receiver.received[0]
    event = stripe.Webhook.construct_event(body, signature, SECRET)
    assert (event.type, event.data.object.id) == ("transfer.created", transfer.id)
    assert event.request.idempotency_key == "k1"
    assert event.livemode is False
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body.replace(b"p1", b"p2"), signature, SECRET)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature, "whsec_other")


def test_a_delivery_is_tried_again_until_it_is_taken(told, receiver, eventually):
    receiver.statuses[:] = [500, 302]
    told.transfer(told.account)
    assert eventually(lambda: len(receiver.received) == 3)
    events = receiver.events()
    assert len({event["id"] for event in events}) == 1
    assert eventually(lambda: told.v1.events.retrieve(events[0]["id"]).pending_webhooks == 0)
    assert told.summary()["webhooks"] == {"delivered": 1}


def test_an_event_that_nobody_takes_stays_pending_and_can_be_asked_for(told, receiver, eventually):
    receiver.status = 500
    transfer = told.transfer(told.account)
    assert eventually(lambda: len(receiver.received) >= 2)
    missed = told.v1.events.list({"delivery_success": False, "type": "transfer.*"}).data
    assert [event.data.object.id for event in missed] == [transfer.id]
    assert missed[0].pending_webhooks == 1


def test_trying_again_ends_after_so_many_attempts(make_bench, receiver, eventually):
    receiver.status = 500
    bench = make_bench(webhook_url=receiver.url, webhook_retry_first=0.01, webhook_attempts=3)
    bench.open_account()
    bench.v1.topups.create({"amount": 1, "currency": "gbp"}, {"headers": {"Sandbox-Quiet": "1"}})
    payee = bench.open_account()
    bench.control(f"accounts/{payee.id}/close")
    assert eventually(lambda: bench.summary()["webhooks"] == {"failed": 1})
    assert types(receiver) == ["account.updated"] * 3


def test_events_keep_their_order(told, receiver, eventually):
    made = [told.transfer(told.account, 1).id for _ in range(15)]
    assert eventually(lambda: len(receiver.received) == 15)
    assert [event["data"]["object"]["id"] for event in receiver.events()] == made


def test_each_event_comes_twice_when_asked(told, receiver, eventually):
    told.control("faults", {"webhooks": {"duplicate_every": 1}})
    told.transfer(told.account)
    told.transfer(told.account)
    assert eventually(lambda: len(receiver.received) == 4)
    ids = [event["id"] for event in receiver.events()]
    assert all(ids.count(one) == 2 for one in ids)


def test_every_second_event_is_dropped_when_asked_but_stays_on_the_list(told, receiver, eventually):
    told.control("faults", {"webhooks": {"drop_every": 2}})
    made = [told.transfer(told.account).id for _ in range(4)]
    assert eventually(lambda: len(receiver.received) == 2)
    assert not eventually(lambda: len(receiver.received) > 2, seconds=0.3)
    assert [event["data"]["object"]["id"] for event in receiver.events()] == made[::2]
    listed = told.v1.events.list({"type": "transfer.created"}).data
    assert sorted(event.data.object.id for event in listed) == sorted(made)


def test_events_come_newest_first_when_asked(told, receiver, eventually):
    told.control("faults", {"webhooks": {"reorder": True, "reorder_seconds": 0.4}})
    made = [told.transfer(told.account, 1).id for _ in range(5)]
    assert eventually(lambda: len(receiver.received) == 5)
    assert [event["data"]["object"]["id"] for event in receiver.events()] == made[::-1]


def test_a_quiet_request_is_recorded_but_not_told(told, receiver, eventually):
    quiet = told.transfer(told.account, headers={"Sandbox-Quiet": "1"})
    loud = told.transfer(told.account)
    assert eventually(lambda: receiver.received)
    assert [event["data"]["object"]["id"] for event in receiver.events()] == [loud.id]
    listed = told.v1.events.list({"type": "transfer.created"}).data
    assert [event.data.object.id for event in listed] == [loud.id, quiet.id]


def test_the_whole_life_of_a_payment_is_told(make_bench, receiver, eventually):
    bench = make_bench(webhook_url=receiver.url, payout_delay=0, payout_arrival_delay=0, **FAST)
    bench.fund(1_000)
    payee = bench.payee()
    transfer = bench.transfer(payee, 1_000)
    bench.available()
    bench.control(f"transfers/{transfer.id}/return")
    wanted = [
        "topup.created",
        "topup.succeeded",
        "account.external_account.created",
        "account.updated",
        "transfer.created",
        "payout.created",
        "payout.paid",
        "payout.failed",
        "transfer.reversed",
    ]
    assert eventually(lambda: len(receiver.received) >= len(wanted))
    assert sorted(types(receiver)) == sorted(wanted)
    by_type = {event["type"]: event for event in receiver.events()}
    assert by_type["payout.paid"]["account"] == payee
    assert "account" not in by_type["transfer.created"]
    assert by_type["transfer.reversed"]["data"]["previous_attributes"]["reversed"] is False


def test_events_are_found_by_type_types_and_time(told):
    then = int(time.time()) - 500
    told.transfer(told.account, headers={"Sandbox-Now": str(then)})
    old = told.v1.events.list({"created": {"lte": then}}).data
    assert [event.type for event in old] == ["transfer.created"]
    two = told.v1.events.list({"types": ["topup.created", "topup.succeeded"]}).data
    assert {event.type for event in two} == {"topup.created", "topup.succeeded"}
    assert told.v1.events.list({"type": "payout.paid"}).data == []
    with pytest.raises(stripe.InvalidRequestError):
        told.v1.events.list({"type": "topup.created", "types": ["topup.succeeded"]})


def test_deliveries_that_were_waiting_go_on_after_a_restart(
    make_bench, receiver, eventually, tmp_path
):
    state = tmp_path / "stripe.sqlite"
    before = threading.active_count()
    first = make_bench(
        state=state, webhook_url="http://127.0.0.1:9/nobody", webhook_retry_first=0.2
    )
    account = first.open_account()
    first.control(f"accounts/{account.id}/close")
    assert first.summary()["webhooks"] == {"pending": 1}
    first.server.stop()
    assert eventually(lambda: threading.active_count() <= before)
    make_bench(state=state, webhook_url=receiver.url, **FAST)
    assert eventually(lambda: types(receiver) == ["account.updated"])
