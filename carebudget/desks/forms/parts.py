"""A form with every kind of field, for the page that shows the parts. Nothing is done with it."""

from django import forms

from carebudget.people.forms_kit import DateField, PoundsField, YesNoField


class SpecimenForm(forms.Form):
    """Every kind of field that the pages use, with hint and with what is said when it is wrong."""

    name = forms.CharField(
        label="One line of words",
        help_text="A hint says what to write, and stands before the box.",
        error_messages={"required": "Enter a name."},
    )
    email = forms.EmailField(
        label="E-mail address",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": "Enter an e-mail address, like name@example.org"},
    )
    password = forms.CharField(
        label="Password",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter your password."},
    )
    count = forms.IntegerField(
        label="A whole number",
        min_value=1,
        error_messages={"min_value": "Enter 1 or more.", "required": "Enter a number."},
    )
    amount = PoundsField(label="An amount of money")
    day = DateField(label="A date", help_text="For example, 27 3 1958")
    agreed = YesNoField(label="Yes or no")
    one = forms.ChoiceField(
        label="One of several",
        widget=forms.RadioSelect,
        choices=[("home", "At home"), ("day", "At a day centre"), ("other", "Somewhere else")],
        error_messages={"required": "Choose one."},
    )
    some = forms.MultipleChoiceField(
        label="As many as you like",
        help_text="Choose all that are true.",
        widget=forms.CheckboxSelectMultiple,
        choices=[("wash", "Washing"), ("meals", "Meals"), ("out", "Getting out")],
        error_messages={"required": "Choose at least one."},
    )
    picked = forms.ChoiceField(
        label="One of a long list",
        choices=[("", "Choose"), ("north", "North team"), ("south", "South team")],
        error_messages={"required": "Choose a team."},
    )
    story = forms.CharField(
        label="Several lines of words",
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Tell us in your own words."},
    )
    file = forms.FileField(label="A file", error_messages={"required": "Choose a file."})
    sure = forms.BooleanField(
        label="One box to tick", error_messages={"required": "Tick the box to go on."}
    )


WRONG = {
    "name": "",
    "email": "not an address",
    "count": "0",
    "amount": "12.345",
    "day_day": "31",
    "day_month": "2",
    "day_year": "2026",
    "story": "",
}
"""What somebody typed who got everything wrong."""

RIGHT = {
    "name": "Margaret Ashdown",
    "email": "margaret@example.org",
    "count": 3,
    "amount": 123450,
    "agreed": "yes",
    "one": "home",
    "some": ["wash", "out"],
    "picked": "north",
    "story": "I want to go out again, and to cook for my grandson.",
    "sure": True,
}
"""What is there when a page is opened again."""
