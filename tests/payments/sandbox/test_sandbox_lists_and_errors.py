"""Lists, filters, expansion, and what is refused in which words and with which status."""

import json
import time
from pathlib import Path

import pytest
import requests
import stripe

from payments.rails.sandbox.errors import ApiError
from payments.rails.sandbox.params import parse_form

EXAMPLES = Path(__file__).parents[4] / "shared" / "stripe" / "resources.json"


def refusal(call):
    with pytest.raises(stripe.StripeError) as caught:
        call()
    return caught.value


def raw(bench, method, path, data=None, key=None, **headers):
    key = bench.server.api_key if key is None else key
    return requests.request(
        method,
        bench.url + path,
        data=data,
        headers={**({"Authorization": f"Bearer {key}"} if key else {}), **headers},
        timeout=10,
    )


class TestLists:
    def test_two_hundred_and_fifty_objects_are_paged_once_each_newest_first(self, paying):
        made = [paying.transfer(paying.account, 1).id for _ in range(250)]
        found = [one.id for one in paying.v1.transfers.list({"limit": 100}).auto_paging_iter()]
        assert found == made[::-1]
        oldest = paying.v1.transfers.list({"ending_before": made[0], "limit": 20})
        back = [one.id for one in oldest.auto_paging_iter()]
        assert sorted(back) == sorted(made[1:])

    def test_a_page_says_whether_there_is_more_on_either_way(self, paying):
        made = [paying.transfer(paying.account, 1).id for _ in range(5)]
        first = paying.v1.transfers.list({"limit": 3})
        assert ([one.id for one in first.data], first.has_more) == (made[:1:-1], True)
        rest = paying.v1.transfers.list({"limit": 3, "starting_after": made[2]})
        assert ([one.id for one in rest.data], rest.has_more) == (made[1::-1], False)
        newer = paying.v1.transfers.list({"limit": 1, "ending_before": made[1]})
        assert ([one.id for one in newer.data], newer.has_more) == ([made[2]], True)
        assert first.url == "/v1/transfers"

    def test_transfers_are_found_by_group_payee_and_time_together(self, paying):
        other = paying.payee()
        then = int(time.time()) - 1_000
        early = {"Sandbox-Now": str(then)}
        wanted = paying.transfer(paying.account, transfer_group="RUN-1", headers=early)
        paying.transfer(other, transfer_group="RUN-1", headers=early)
        paying.transfer(paying.account, transfer_group="RUN-2", headers=early)
        paying.transfer(paying.account, transfer_group="RUN-1")
        found = paying.v1.transfers.list(
            {
                "transfer_group": "RUN-1",
                "destination": paying.account,
                "created": {"gte": then, "lt": then + 1},
            }
        )
        assert [one.id for one in found.data] == [wanted.id]
        assert paying.v1.transfers.list({"created": then, "limit": 1}).has_more is True
        assert paying.v1.transfers.list({"transfer_group": "RUN-9"}).data == []

    def test_balance_transactions_are_found_by_type_and_time(self, paying):
        paying.transfer(paying.account)
        types = [
            [one.type for one in paying.v1.balance_transactions.list(params).data]
            for params in (
                {"type": "topup"},
                {"type": "transfer", "currency": "gbp"},
                {"created": {"gt": int(time.time()) + 60}},
            )
        ]
        assert types == [["topup"], ["transfer"], []]

    @pytest.mark.parametrize(
        ("params", "param"),
        [
            ({"limit": 0}, "limit"),
            ({"limit": 101}, "limit"),
            ({"limit": "many"}, "limit"),
            ({"starting_after": "tr_nobody"}, "starting_after"),
            ({"created": {"since": 1}}, "created[since]"),
            ({"created": {"gte": "monday"}}, "created[gte]"),
            ({"colour": "red"}, "colour"),
        ],
    )
    def test_a_bad_filter_is_named(self, bench, params, param):
        error = refusal(lambda: bench.v1.transfers.list(params))
        assert (error.http_status, error.param) == (400, param)

    def test_ids_are_opened_where_the_caller_asks(self, paying):
        transfer = paying.transfer(paying.account)
        opened = paying.v1.transfers.retrieve(
            transfer.id, {"expand": ["destination", "balance_transaction", "nonsense.path"]}
        )
        assert opened.destination.object == "account"
        assert opened.balance_transaction.amount == -100
        lines = paying.v1.balance_transactions.list({"type": "transfer", "expand": ["data.source"]})
        assert lines.data[0].source.id == transfer.id


class TestErrors:
    def test_a_wrong_key_is_401_and_shows_only_its_ends(self, bench):
        error = refusal(
            lambda: bench.new_client(key="sk_test_wrongwrong1234").v1.balance.retrieve()
        )
        assert isinstance(error, stripe.AuthenticationError)
        assert error.json_body["error"]["type"] == "invalid_request_error"
        assert "wrongwrong" not in str(error)

    def test_no_key_is_401(self, bench):
        answer = raw(bench, "GET", "/v1/balance", key="")
        assert (answer.status_code, answer.json()["error"]["type"]) == (
            401,
            "invalid_request_error",
        )

    def test_the_key_may_come_as_a_user_name(self, bench):
        answer = requests.get(f"{bench.url}/v1/balance", auth=(bench.server.api_key, ""), timeout=5)
        assert answer.json()["object"] == "balance"

    @pytest.mark.parametrize("kind", ["transfers", "topups", "payouts", "balance_transactions"])
    def test_an_unknown_object_is_404_resource_missing(self, bench, kind):
        error = refusal(lambda: getattr(bench.v1, kind).retrieve("xx_nobody"))
        assert (error.http_status, error.code, error.param) == (404, "resource_missing", "id")

    def test_an_object_of_another_account_is_unknown(self, paying):
        paying.transfer(paying.account, 500)
        payout = paying.v1.payouts.create(
            {"amount": 500, "currency": "gbp"}, {"stripe_account": paying.account}
        )
        assert refusal(lambda: paying.v1.payouts.retrieve(payout.id)).code == "resource_missing"

    def test_an_unknown_account_is_403_and_tells_nothing(self, bench):
        for call in (
            lambda: bench.v1.accounts.retrieve("acct_nobody"),
            lambda: bench.v1.balance.retrieve(None, {"stripe_account": "acct_nobody"}),
        ):
            error = refusal(call)
            assert isinstance(error, stripe.PermissionError)
            assert (error.http_status, error.error.code) == (403, "account_invalid")

    def test_an_unknown_address_is_404(self, bench):
        answer = raw(bench, "GET", "/v1/charges")
        assert answer.status_code == 404
        assert "Unrecognized request URL" in answer.json()["error"]["message"]

    @pytest.mark.parametrize(
        ("params", "param", "code"),
        [
            ({"currency": "gbp", "destination": "a"}, "amount", "parameter_missing"),
            ({"amount": 1, "destination": "a"}, "currency", "parameter_missing"),
            ({"amount": 1, "currency": "gbp"}, "destination", "parameter_missing"),
            (
                {"amount": "1.5", "currency": "gbp", "destination": "a"},
                "amount",
                "parameter_invalid_integer",
            ),
            (
                {"amount": -1, "currency": "gbp", "destination": "a"},
                "amount",
                "parameter_invalid_integer",
            ),
            ({"amount": 1, "currency": "usd", "destination": "a"}, "currency", None),
            (
                {"amount": 1, "currency": "gbp", "destination": ""},
                "destination",
                "parameter_invalid_empty",
            ),
            (
                {"amount": 1, "currency": "gbp", "destination": "a", "colour": 1},
                "colour",
                "parameter_unknown",
            ),
            (
                {"amount": 1, "currency": "gbp", "destination": "a", "metadata": {"k": "v" * 501}},
                "metadata[k]",
                None,
            ),
        ],
    )
    def test_a_bad_parameter_is_400_and_named(self, bench, params, param, code):
        error = refusal(lambda: bench.v1.transfers.create(params))
        assert isinstance(error, stripe.InvalidRequestError)
        assert (error.http_status, error.param, error.code) == (400, param, code)

    @pytest.mark.parametrize(
        "body", ["a[b=1", "a=1&a[b]=2", "a[b]=1&a=2", "[]=1", "a[b][c][d][e][f][g]=1", "\x00=\xff"]
    )
    def test_broken_forms_are_400_never_500(self, bench, body):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = raw(bench, "POST", "/v1/transfers", body.encode(), **headers)
        assert answer.status_code == 400
        assert answer.headers["Request-Id"].startswith("req_")

    def test_json_where_a_form_belongs_is_400(self, bench):
        headers = {"Content-Type": "application/json"}
        answer = raw(bench, "POST", "/v1/transfers", b'{"amount": 1}', **headers)
        assert answer.status_code == 400

    def test_bad_control_requests_are_400_or_404_with_a_sentence(self, bench):
        for path, given, status in (
            ("clock", {"now": "noon"}, 400),
            ("clock", {}, 400),
            ("faults", [1], 400),
            ("accounts/acct_nobody/close", {}, 404),
            ("transfers/tr_nobody/return", {}, 404),
            ("nothing", {}, 404),
        ):
            answer = bench.control(path, given)
            assert (path, answer.status_code) == (path, status)
            assert answer.json()["error"]


class TestForms:
    def test_bracketed_names_are_nested_and_numbered_ones_are_lists(self):
        assert parse_form("a=1&m[x]=2&m[y][z]=3&e[]=p&e[]=q&n[1]=s&n[0]=r") == {
            "a": "1",
            "m": {"x": "2", "y": {"z": "3"}},
            "e": ["p", "q"],
            "n": ["r", "s"],
        }

    def test_too_many_names_are_refused(self):
        with pytest.raises(ApiError):
            parse_form("&".join(f"k{number}=1" for number in range(3_000)))


def fields_of(body):
    return set(body) if isinstance(body, dict) else set()


def test_objects_have_the_fields_of_stripes_own_examples(paying):
    """Stripe's examples are not part of the project; where they are to hand they are compared."""
    transfer = paying.transfer(paying.account, 500)
    reversal = paying.v1.transfers.reversals.create(transfer.id, {"amount": 1})
    as_payee = {"stripe_account": paying.account}
    payout = paying.v1.payouts.create({"amount": 100, "currency": "gbp"}, as_payee)
    account = paying.v1.accounts.retrieve(paying.account)
    made = {
        "topup": paying.fund(1),
        "transfer": transfer,
        "transfer_reversal": reversal,
        "payout": payout,
        "balance": paying.v1.balance.retrieve(),
        "balance_transaction": paying.v1.balance_transactions.retrieve(
            transfer.balance_transaction
        ),
        "event": paying.v1.events.list({"limit": 1}).data[0],
        "account": account,
        "bank_account": account.external_accounts.data[0],
    }
    for kind, found in made.items():
        body = json.loads(str(found))
        assert body["object"] == kind
        assert {"id", "livemode", "created"} & set(body)
        if EXAMPLES.exists():
            example = json.loads(EXAMPLES.read_text())["resources"][kind]
            # A customer's bank account names a customer; a payee's names an account.
            assert (kind, fields_of(example) - fields_of(body) - {"customer"}) == (kind, set())
