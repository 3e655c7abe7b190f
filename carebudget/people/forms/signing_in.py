"""django-allauth's forms in our words: one password box, no placeholders, and plain sentences.

What they check, and how often anybody may try, stays the library's business.
"""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from django import forms

CHOOSING_HINT = "At least 10 characters. Three words that you will remember work well."
EMAIL_ERRORS = {
    "required": "Enter your e-mail address.",
    "invalid": "Enter an e-mail address, like name@example.org",
}


def _email(form: forms.BaseForm, name: str, autocomplete: str) -> None:
    field = form.fields[name]
    field.label = "E-mail address"
    field.widget = forms.EmailInput(attrs={"autocomplete": autocomplete, "spellcheck": "false"})
    field.error_messages.update(EMAIL_ERRORS)


def _password(form: forms.BaseForm, name: str, label: str, required: str, hint: str = "") -> None:
    field = form.fields[name]
    field.label, field.help_text = label, hint
    field.error_messages["required"] = required
    field.widget.attrs.pop("placeholder", None)


def _new_password(form: forms.BaseForm, label: str) -> None:
    """One box: it can be shown while typing, so a second one would only annoy."""
    form.fields.pop("password2")
    _password(form, "password1", label, "Choose a password.", CHOOSING_HINT)


def _code(form: forms.BaseForm, hint: str) -> None:
    field = form.fields["code"]
    field.label, field.help_text = "Your code", hint
    field.error_messages["required"] = "Enter the code."
    field.widget = forms.TextInput(
        attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
    )


class SignInForm(account.LoginForm):
    """E-mail address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _email(self, "login", "username")
        _password(self, "password", "Password", "Enter your password.")


class PasswordAgainForm(account.ReauthenticateForm):
    """The password once more, before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _password(self, "password", "Password", "Enter your password.")


class ForgottenPasswordForm(account.ResetPasswordForm):
    """Where to send the link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _email(self, "email", "email")


class ResetPasswordForm(account.ResetPasswordKeyForm):
    """A new password, behind the link that was sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _new_password(self, "Choose a new password")


class ChangePasswordForm(account.ChangePasswordForm):
    """The old password and the new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _password(self, "oldpassword", "The password you have now", "Enter your password.")
        _new_password(self, "Choose a new password")


class SetPasswordForm(account.SetPasswordForm):
    """A first password, for somebody who has none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _new_password(self, "Choose a password")


class CodeForm(mfa.AuthenticateForm):
    """The second step of signing in: a code from the app, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code(self, "Six digits from your app, or eight from your list of recovery codes.")


class CodeAgainForm(mfa.ReauthenticateForm):
    """A code once more, before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code(self, "Six digits from your app, or eight from your list of recovery codes.")


class SetUpAppForm(totp.ActivateTOTPForm):
    """The first code of a new app: it shows that the app has the right key."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code(self, "The six digits that the app shows now. They change every half minute.")
