"""The sandbox as a process of its own: starts, stops, is killed, and remembers."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import stripe

ROOT = Path(__file__).parents[3]


class Process:
    def __init__(self, state, *more):
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "payments.rails.sandbox"),
                *("--port", "0", "--state", str(state), "--api-key", "sk_test_process"),
                *("--topup-delay", "0", "--payout-delay", "-1", *more),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        found = re.fullmatch(r"Stripe sandbox ready at (http://127\.0\.0\.1:\d+)\n", line)
        assert found, (line, self.process.poll())
        self.url = found[1]
        self.v1 = stripe.StripeClient("sk_test_process", base_addresses={"api": self.url}).v1

    def end(self, sign):
        self.process.send_signal(sign)
        _, errors = self.process.communicate(timeout=10)
        return self.process.returncode, errors


@pytest.fixture
def run():
    started = []

    def start(state, *more):
        started.append(Process(state, *more))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()


def test_it_stops_cleanly_when_told_and_keeps_everything(run, tmp_path):
    state = tmp_path / "deep" / "stripe.sqlite"
    first = run(state)
    first.v1.topups.create({"amount": 700, "currency": "gbp"}, {"idempotency_key": "k1"})
    requests.post(f"{first.url}/_sandbox/clock", json={"advance": 1_000}, timeout=5)
    requests.post(f"{first.url}/_sandbox/faults", json={"delay": {"seconds": 0}}, timeout=5)
    assert first.end(signal.SIGTERM) == (0, "")
    second = run(state)
    assert second.v1.balance.retrieve().available[0].amount == 700
    again = second.v1.topups.create({"amount": 700, "currency": "gbp"}, {"idempotency_key": "k1"})
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    clock = requests.get(f"{second.url}/_sandbox/clock", timeout=5).json()
    assert 990 < clock["offset"] < 1_010
    faults = requests.get(f"{second.url}/_sandbox/faults", timeout=5).json()["faults"]
    assert faults == {"delay": {"seconds": 0}}


def test_a_kill_loses_no_answered_transfer_and_frees_a_key_in_use(run, tmp_path):
    state = tmp_path / "stripe.sqlite"
    first = run(state)
    first.v1.topups.create({"amount": 500, "currency": "gbp"})
    with pytest.raises(requests.Timeout):
        requests.post(
            f"{first.url}/v1/topups",
            data={"amount": 1, "currency": "gbp"},
            headers={
                "Authorization": "Bearer sk_test_process",
                "Idempotency-Key": "in-hand",
                "Sandbox-Fault": "delay:30",
            },
            timeout=0.5,
        )
    first.end(signal.SIGKILL)
    second = run(state)
    assert second.v1.balance.retrieve().available[0].amount == 500
    made = second.v1.topups.create({"amount": 1, "currency": "gbp"}, {"idempotency_key": "in-hand"})
    assert "Idempotent-Replayed" not in made.last_response.headers


def test_a_busy_port_is_one_sentence_and_exit_code_1(tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        done = subprocess.run(
            [
                *(sys.executable, "-m", "payments.rails.sandbox"),
                *("--port", port, "--state", str(tmp_path / "s.sqlite")),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=20,
        )
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {port} on 127.0.0.1 cannot be used")
    assert done.stderr.count("\n") == 1


def test_it_imports_no_django():
    code = (
        "import sys, payments.rails.sandbox.__main__;"
        "sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=20).returncode == 0
