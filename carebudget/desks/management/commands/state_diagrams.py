"""Draw every state machine from the code into docs/states.md, so that the picture is never another story."""

from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model
from django_fsm import FSMField

from carebudget.machine import Machine

PAGE = Path("docs") / "states.md"
HEAD = """# State machines

Drawn from the code by `manage.py state_diagrams`; a test fails when this page is not current. A label is
what people see; an arrow is a transition, with what it means. Only services call transitions.
"""


class Command(BaseCommand):
    help = "Write docs/states.md; with --check, exit 1 when it is not current."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing, only compare")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.ROOT) / PAGE
        drawn = page()
        if options["check"]:
            if not path.exists() or path.read_text() != drawn:
                raise CommandError(f"{PAGE} is not current. Run manage.py state_diagrams.")
            self.stdout.write(f"{PAGE} is current.")
            return
        path.write_text(drawn)
        self.stdout.write(f"{PAGE} is written.")


def page() -> str:
    """The whole page, one section a machine."""
    machines = [model for model in apps.get_models() if issubclass(model, Machine)]
    return HEAD + "".join(_section(model) for model in machines)


def _section(model: type[Model]) -> str:
    field = next(field for field in model._meta.get_fields() if isinstance(field, FSMField))
    labels = {str(value): str(label) for value, label in field.choices or ()}
    arrows = _arrows(model, field, list(labels))
    words = (model.__doc__ or "").strip().splitlines()[0]
    drawing = [f"    [*] --> {field.get_default()}"]
    drawing += [f"    {state}: {_plain(label)}" for state, label in labels.items()]
    drawing += [f"    {source} --> {target}: {name}" for source, target, name, _ in arrows]
    rows = [
        f"| `{name}` | {_sources(arrows, name, labels)} | {labels[target]} | {meaning} |"
        for name, target, meaning in dict.fromkeys((n, t, m) for _, t, n, m in arrows)
    ]
    return "\n".join(
        [
            f"\n## {str(model._meta.verbose_name).capitalize()}\n\n{words}\n",
            "```mermaid\nstateDiagram-v2",
            *drawing,
            "```\n",
            "| transition | from | to | means |\n|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _arrows(
    model: type[Model], field: FSMField, states: list[str]
) -> list[tuple[str, str, str, str]]:
    """(source, target, transition, meaning), in the order of the code and of the states."""
    found = []
    for transition in field.get_all_transitions(model):
        meaning = " ".join((getattr(model, transition.name).__doc__ or "").split())
        meaning = meaning.split(". ")[0].rstrip(".") + "."
        sources = (
            [state for state in states if state != str(transition.target)]
            if transition.source in ("*", "+")
            else [str(transition.source)]
        )
        found += [(one, str(transition.target), transition.name, meaning) for one in sources]
    order = list(vars(model))
    return sorted(found, key=lambda row: (order.index(row[2]), states.index(row[0])))


def _sources(arrows: list[tuple[str, str, str, str]], name: str, labels: dict[str, str]) -> str:
    return ", ".join(labels[source] for source, _, one, _ in arrows if one == name)


def _plain(label: str) -> str:
    return label.replace(":", " –")
