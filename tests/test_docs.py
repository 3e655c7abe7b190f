"""Pages of the documentation that are made from the code are current."""

import io

from django.core.management import call_command


def test_the_diagrams_of_the_state_machines_are_current() -> None:
    said = io.StringIO()

    call_command("state_diagrams", "--check", stdout=said)

    assert "is current" in said.getvalue()
