"""``manage.py allocate PACK answers.json --finances finances.json``: the contribution with its working."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.plans.rules.rule_world import answers, pack

FINANCES: dict[str, Any] = {
    "date_of_birth": "1940-05-01",
    "income": {"state_pension": {"pence": 23000, "every": "week"}},
    "capital": {"bank": 1425001},
    "support": [{"kind": "care", "pence_a_week": 20000}],
}


def run(
    tmp_path: Path, finances: Any, *options: str, programme: str = "adult-social-care", **needs: Any
) -> Any:
    said = tmp_path / "answers.json"
    said.write_text(json.dumps(answers(pack(programme), **needs)))
    money = tmp_path / "finances.json"
    money.write_text(finances if isinstance(finances, str) else json.dumps(finances))
    out = io.StringIO()
    call_command("allocate", programme, str(said), "--finances", str(money), *options, stdout=out)
    return json.loads(out.getvalue())


def test_the_contribution_comes_with_its_working(tmp_path: Path):
    found = run(tmp_path, FINANCES, "--on", "2016-05-02")["contribution"]
    # 230.00 + 1.00 (a penny above 14,250) - 189.00 = 42.00
    assert found["pence_a_week"] == 4200
    assert found["charged"] is True
    assert sum(int(step["figure"]) for step in found["steps"]) == 4200
    assert (found["table"], found["policy"]) == ("2015-04", "wrenbury")
    assert found["sentence"].startswith("You pay £42.00 a week towards support that costs £200.00.")


def test_without_support_the_budget_is_what_it_costs(tmp_path: Path):
    finances = {key: value for key, value in FINANCES.items() if key != "support"}
    found = run(
        tmp_path, finances | {"capital_band": "above", "capital": {}}, "--on", "2016-05-02",
        nutrition_need="most", hygiene_need="most", nutrition_ways=["cannot"], hygiene_ways=["cannot"],
    )  # fmt: skip
    assert found["budget"]["annual_pence"] > 0
    assert found["contribution"]["full_cost"] is True
    assert found["contribution"]["pence_a_week"] == found["budget"]["annual_pence"] // 52


def test_another_authoritys_policy_and_another_years_figures(tmp_path: Path):
    found = run(tmp_path, FINANCES, "--table", "2015-04", "--authority", "statutory")
    assert found["contribution"]["policy"] == "statutory"
    assert found["contribution"]["table"] == "2015-04"


def test_a_programme_that_is_not_charged_is_free(tmp_path: Path):
    found = run(tmp_path, FINANCES, programme="carers")["contribution"]
    assert found == {
        "charged": False,
        "pence_a_week": 0,
        "sentence": "You pay nothing. This programme is not charged.",
    }


def test_without_finances_nothing_is_said_about_paying(tmp_path: Path):
    said = tmp_path / "answers.json"
    said.write_text(json.dumps(answers(pack())))
    out = io.StringIO()
    call_command("allocate", "adult-social-care", str(said), stdout=out)
    assert "contribution" not in json.loads(out.getvalue())


@pytest.mark.parametrize(
    ("finances", "options", "sentence"),
    [
        ("{", [], "finances.json: this is not JSON"),
        ("[" * 100_000, [], "finances.json: this is not JSON"),
        ("[]", [], "finances.json: finances: must be a group of names and values."),
        ("{}", [], "finances.json: finances.date_of_birth: enter a day like 1948-03-27."),
        (
            '{"date_of_birth": "1940-05-01", "date_of_birth": "1941-05-01"}',
            [],
            "finances.json: finances.date_of_birth: this question is answered twice.",
        ),
        (
            FINANCES | {"income": {"state_pension": {"pence": 230.5}}},
            [],
            "finances.income.state_pension.pence: enter whole pence, 0 or more",
        ),
        (FINANCES | {"income": {"luck": None}}, [], "finances.income.luck: choose one of"),
        (
            FINANCES | {"support": [{"kind": "care", "pence_a_week": -1}]},
            [],
            r"finances.support\[0\].pence_a_week: enter whole pence",
        ),
        (FINANCES | {"salary": 1}, [], "finances.salary: there is no such question about money"),
        (
            FINANCES | {"date_of_birth": "2015-01-01"},
            ["--on", "2016-05-02"],
            "finances.date_of_birth: these rules are for people of 18 and over",
        ),
        (
            FINANCES,
            ["--on", "2025-06-02"],
            "The table for 2025-04 has no figure for a single person at pension age.",
        ),
        (
            FINANCES | {"household": "couple", "partner_date_of_birth": "1940-01-01"},
            ["--on", "2025-06-02"],
            "The table for 2025-04 has no figure for a couple at pension age.",
        ),
        (FINANCES, ["--on", "2023-06-01"], "There is no table of figures for 1 June 2023."),
        (FINANCES, ["--on", "soon"], "--on: “soon” is not a day like 2016-05-02."),
        (FINANCES, ["--table", "1999-04"], "There is no table for 1999-04. Known: 2015-04"),
        (FINANCES, ["--authority", "nowhere"], "There is no charging policy of nowhere."),
    ],
)
def test_each_fault_is_one_sentence_that_names_the_place(
    tmp_path: Path, finances: Any, options: list[str], sentence: str
):
    with pytest.raises(CommandError, match=sentence):
        run(tmp_path, finances, *options)


def test_a_file_that_is_missing_is_one_sentence(tmp_path: Path):
    said = tmp_path / "answers.json"
    said.write_text(json.dumps(answers(pack())))
    with pytest.raises(CommandError, match=r"nowhere\.json: cannot be read"):
        call_command(
            "allocate", "adult-social-care", str(said), "--finances", str(tmp_path / "nowhere.json")
        )
