"""The form by which an invited person chooses their password."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from ..models import User


class ChoosePasswordForm(forms.Form):
    """One password, typed once: it can be shown while typing, so a second box would only annoy."""

    password = forms.CharField(
        label="Choose a password",
        help_text="At least 10 characters. Three words that you will remember work well.",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Choose a password."},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        """The council's rules for passwords; a ``ValidationError`` says which one is not met."""
        password: str = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password
