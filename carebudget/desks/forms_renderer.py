"""How forms look: Django's own form machinery with GOV.UK Frontend's markup in its templates."""

from django.forms.renderers import TemplatesSetting


class GovukRenderer(TemplatesSetting):
    """Finds widget and field templates under ``templates/django/forms/``."""

    field_template_name = "django/forms/field.html"
    form_template_name = "django/forms/form.html"
