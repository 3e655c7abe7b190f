"""A real sandbox on a real port, the real SDK, and a small receiver for webhooks."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
import requests
import stripe

from payments.rails.sandbox.server import SandboxServer


class Bench:
    """What most tests need: money, a provider who can be paid, and the control address."""

    def __init__(self, server):
        self.server, self.url = server, server.url
        self.client = self.new_client()

    def new_client(self, retries=0, timeout=10, key=None):
        return stripe.StripeClient(
            key or self.server.api_key,
            base_addresses={"api": self.url},
            max_network_retries=retries,
            http_client=stripe.RequestsClient(timeout=timeout),
        )

    @property
    def v1(self):
        return self.client.v1

    def control(self, path, given=None, method="POST", **headers):
        return requests.request(
            method, f"{self.url}/_sandbox/{path}", json=given, headers=headers, timeout=10
        )

    def summary(self):
        return self.control("summary", method="GET").json()

    def fund(self, amount):
        return self.v1.topups.create({"amount": amount, "currency": "gbp", "description": "TOP-1"})

    def open_account(self, **params):
        return self.v1.accounts.create(
            {
                "type": "express",
                "country": "GB",
                "email": "payee@example.org",
                "business_profile": {"name": "Brightside Home Care"},
                "capabilities": {"transfers": {"requested": True}},
                **params,
            }
        )

    def payee(self):
        account = self.open_account()
        answer = self.control(f"accounts/{account.id}/complete_onboarding", {})
        assert answer.status_code == 200, answer.text
        return account.id

    def transfer(self, payee, amount=100, key=None, headers=None, client=None, **params):
        return (client or self.client).v1.transfers.create(
            {"amount": amount, "currency": "gbp", "destination": payee, **params},
            {"idempotency_key": key, "headers": headers or {}},
        )

    def available(self, account=None):
        options = {"stripe_account": account} if account else {}
        return self.v1.balance.retrieve(None, options).available[0].amount


def wait_until(happened, seconds=8.0):
    """Wait for something that a background thread does; the truth of it at the end."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if happened():
            return True
        time.sleep(0.02)
    return bool(happened())


@pytest.fixture
def eventually():
    return wait_until


@pytest.fixture
def make_bench():
    """Benches with settings of their own; all are stopped at the end."""
    servers = []

    def make(**settings):
        server = SandboxServer(**{"topup_delay": 0, "payout_delay": -1, **settings}).start()
        servers.append(server)
        return Bench(server)

    yield make
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def shared_server():
    with SandboxServer(topup_delay=0, payout_delay=-1) as server:
        yield server


@pytest.fixture
def bench(shared_server):
    """A fresh, empty sandbox; the server is shared by the module and reset for each test."""
    made = Bench(shared_server)
    assert made.control("reset").json() == {"reset": True}
    return made


@pytest.fixture
def paying(bench):
    """A bench with £100 on the balance and a payee who can be paid."""
    bench.fund(10_000)
    bench.account = bench.payee()
    return bench


@pytest.fixture
def receiver():
    """A receiver of webhooks: ``received`` holds (body, signature); ``status`` is its answer."""
    state = SimpleNamespace(received=[], statuses=[], status=200)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.received.append((body, self.headers["Stripe-Signature"]))
            self.send_response(state.statuses.pop(0) if state.statuses else state.status)
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/webhooks"
    state.events = lambda: [json.loads(body) for body, _ in list(state.received)]
    yield state
    server.shutdown()
    thread.join()
    server.server_close()
