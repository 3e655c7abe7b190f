"""Forms of the provider's side: a no with its reason, an answer, and taking an invoice back."""

from django import forms

WORDS_LIMIT = 2000


class DeclineForm(forms.Form):
    """No to an agreement, and why."""

    reason = forms.CharField(
        label="Why can you not do this?",
        help_text="The person reads this, and can then choose somebody else.",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say why you cannot do this."},
    )


class AnswerForm(forms.Form):
    """The answer to a question about an invoice."""

    answer = forms.CharField(
        label="Your answer",
        help_text="The person, and whoever helps them, reads this.",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Write your answer."},
    )


class TakeBackForm(forms.Form):
    """Why an invoice is taken back."""

    reason = forms.CharField(
        label="Why do you take it back?",
        help_text="The person reads this. For example: I wrote one visit twice.",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why you take it back."},
    )
