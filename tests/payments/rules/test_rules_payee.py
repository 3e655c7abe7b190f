"""The form of payees' details, and what each answer of Confirmation of Payee means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rules.payee_check import (
    MEANINGS,
    AnswersByRule,
    CheckerDown,
    NobodyToAsk,
    PayeeAnswer,
    PayeeQuestion,
    Weight,
)
from payments.rules.payee_details import (
    IBAN_LENGTHS,
    BadField,
    IbanAccount,
    PrepaidCard,
    UkAccount,
    as_data,
    details_from,
    from_data,
    parse_bic,
    parse_card_reference,
    parse_iban,
)


@pytest.mark.parametrize(
    ("typed", "iban"),
    [
        ("DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        ("ie29aibk93115212345678", "IE29AIBK93115212345678"),
        ("FR14-2004-1010-0505-0001-3M02-606", "FR1420041010050500013M02606"),
        ("NO93 8601 1117 947", "NO9386011117947"),
    ],
)
def test_an_iban_is_read_however_it_is_typed(typed: str, iban: str) -> None:
    assert parse_iban(typed) == iban


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Enter the IBAN"),
        ("DE89", "begins with two letters"),
        ("12 3704 0044 0532 0130 00", "begins with two letters"),
        ("DE89 3704 0044 0532 0130 0", "has 22 letters and digits"),
        ("DE88 3704 0044 0532 0130 00", "has a slip in it"),
        ("US89 3704 0044 0532 0130 00", "US is not a country"),
        ("ＤE89370400440532013000", "begins with two letters"),
    ],
)
def test_what_is_no_iban_gets_a_sentence(typed: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_iban(typed)


@given(st.integers(4, 21), st.sampled_from("0123456789"))
def test_one_wrong_digit_in_an_iban_is_found(place: int, digit: str) -> None:
    right = "DE89370400440532013000"
    if right[place] == digit:
        return
    with pytest.raises(ValueError, match="slip"):
        parse_iban(right[:place] + digit + right[place + 1 :])


def test_every_length_of_the_euro_area_is_a_possible_iban() -> None:
    assert all(15 <= length <= 34 for length in IBAN_LENGTHS.values())


@pytest.mark.parametrize("typed", ["DEUTDEFF", "deutdeff500", "", " "])
def test_a_bic_is_optional(typed: str) -> None:
    assert parse_bic(typed) == typed.strip().upper()


@pytest.mark.parametrize("typed", ["DEUT", "DEUTDEFF5", "1EUTDEFF", "DEUTDEFF5000"])
def test_what_is_no_bic_gets_a_sentence(typed: str) -> None:
    with pytest.raises(ValueError, match="BIC"):
        parse_bic(typed)


def test_the_long_number_of_a_card_is_never_kept() -> None:
    with pytest.raises(ValueError, match="long number on the card"):
        parse_card_reference("4242 4242 4242 4242")


def test_a_card_reference_is_kept_without_spaces() -> None:
    assert parse_card_reference("ap 123-456 789") == "AP123456789"
    assert parse_card_reference("4242424242424241") == "4242424242424241"
    for wrong in ("", "AP1", "AP 123 ; DROP", "x" * 21):
        with pytest.raises(ValueError, match="reference"):
            parse_card_reference(wrong)


def test_the_field_at_fault_is_named() -> None:
    with pytest.raises(BadField) as wrong:
        details_from("uk", {"sort_code": "20-00-00", "account_number": "12"})
    assert wrong.value.field == "account_number"
    assert str(wrong.value).endswith(".")


@pytest.mark.parametrize(
    "details",
    [
        UkAccount("200000", "12345678"),
        IbanAccount("DE89370400440532013000", "DEUTDEFF"),
        PrepaidCard("AP123456789"),
    ],
)
def test_details_survive_as_data_and_never_show_themselves(details: object) -> None:
    kept = as_data(details)  # type: ignore[arg-type]
    assert from_data(kept) == details
    assert details_from(kept["kind"], kept) == details
    for value in vars(details).values():
        assert value not in repr(details)
        assert value not in details.words  # type: ignore[attr-defined]


def test_every_answer_has_a_meaning_in_words() -> None:
    assert set(MEANINGS) == set(PayeeAnswer)
    for meaning in MEANINGS.values():
        assert meaning.sentence.endswith(".")
    stopped = {answer for answer, meaning in MEANINGS.items() if meaning.weight is Weight.STOP}
    assert stopped == {PayeeAnswer.AC01, PayeeAnswer.IVCR, PayeeAnswer.CASS}
    assert MEANINGS[PayeeAnswer.ANNM].weight is Weight.DOUBT


def ask(number: str, sort_code: str = "200000") -> PayeeAnswer:
    question = PayeeQuestion("Larkfield Support", UkAccount(sort_code, number))
    return AnswersByRule().ask(question).answer


def test_the_stand_in_can_give_every_answer_of_the_scheme() -> None:
    given_answers = {ask(f"123456{ending:02}") for ending in range(100) if ending != 89}
    given_answers |= {ask("12345601", "200097"), ask("12345601", "200098")}
    scheme = set(PayeeAnswer) - {PayeeAnswer.NOT_ASKED, PayeeAnswer.NO_ANSWER}
    assert given_answers == scheme


def test_the_stand_in_can_be_silent() -> None:
    with pytest.raises(CheckerDown):
        ask("12345689")


def test_a_close_match_comes_with_the_name_at_the_bank() -> None:
    reply = AnswersByRule().ask(PayeeQuestion("Larkfield Support", UkAccount("200000", "12345690")))
    assert reply.name_returned == "Larkfield Support & Co"
    assert "Larkfield Support & Co" in reply.sentence
    assert (
        AnswersByRule()
        .ask(PayeeQuestion("Larkfield", UkAccount("200000", "12345691")))
        .name_returned
        == ""
    )


def test_where_nobody_can_be_asked_it_says_so() -> None:
    reply = NobodyToAsk().ask(PayeeQuestion("Larkfield", UkAccount("200000", "12345678")))
    assert reply.answer is PayeeAnswer.NOT_ASKED
    assert "not asked" in reply.sentence
