"""Local secrets are made once, kept whole, and readable by their owner alone."""

import base64
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from carebudget.embedded import secrets
from carebudget.embedded.errors import CannotStart


def test_secrets_are_made_once_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    made = secrets.load(tmp_path / "state")
    path = tmp_path / "state" / "secrets.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secrets.load(tmp_path / "state") == made
    assert [file.name for file in path.parent.iterdir()] == ["secrets.json"]


def test_each_secret_has_the_shape_its_user_expects(tmp_path: Path) -> None:
    made = secrets.load(tmp_path)
    assert len(made.secret_key) >= 50
    assert made.stripe_api_key.startswith("sk_test_")
    assert made.stripe_webhook_secret.startswith("whsec_")
    assert len(base64.b64decode(made.audit_signing_key, validate=True)) == 32
    assert len(base64.urlsafe_b64decode(made.payee_details_key)) == 32


def test_a_file_from_before_a_secret_was_needed_still_works_and_is_left_alone(
    tmp_path: Path,
) -> None:
    made = secrets.load(tmp_path)
    path = tmp_path / "secrets.json"
    old = {name: value for name, value in vars(made).items() if name != "payee_details_key"}
    path.write_text(json.dumps(old))

    found = secrets.load(tmp_path)

    assert {**vars(found), "payee_details_key": ""} == {**vars(made), "payee_details_key": ""}
    assert len(base64.urlsafe_b64decode(found.payee_details_key)) == 32
    assert found.payee_details_key != found.secret_key
    assert secrets.load(tmp_path) == found
    assert json.loads(path.read_text()) == old


def test_two_machines_share_no_secret(tmp_path: Path) -> None:
    here, there = secrets.load(tmp_path / "here"), secrets.load(tmp_path / "there")
    assert not set(vars(here).values()) & set(vars(there).values())


def test_many_who_ask_at_once_get_the_same_secrets(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(secrets.load, [tmp_path] * 32))) == 1


@pytest.mark.parametrize("broken", ["", "{", json.dumps({"secret_key": "x"}), "[]"])
def test_a_broken_file_is_named_and_kept(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(broken)
    with pytest.raises(CannotStart, match=r"secrets\.json is not what was written there"):
        secrets.load(tmp_path)
    assert path.read_text() == broken
