"""Reading a pack from its YAML file: spelling, shape, then sense, each fault with its line.

Nothing here touches the database, so that a budget can be worked out from a file alone.
"""

import copy
import json
from collections.abc import Hashable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from carebudget.errors import Refused

from ..rules.pack import Pack, PackError

DIRECTORY = Path(__file__).resolve().parents[1] / "programmes"
SCHEMA = DIRECTORY / "pack.schema.json"
LARGEST_FILE = 1_000_000
MOST_VALUES = 100_000

_TYPES = {
    "string": "words (put figures and yes or no in quotes)",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a group of named values",
    "null": "null",
}


def read_pack_file(path: Path) -> tuple[Pack, dict[str, Any], str]:
    """The pack in a YAML file, its content and its text. Raises ``Refused`` with file, line and fault."""
    text = _text_of(path)
    pack, content = _read(path.name, text)
    return pack, copy.deepcopy(content), text


@lru_cache(maxsize=64)
def _read(name: str, text: str) -> tuple[Pack, dict[str, Any]]:
    """Reading a pack takes a tenth of a second; the same text need not be read again."""
    try:
        content = _content_of(text)
        check_shape(content)
        pack = Pack.from_mapping(content)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise Refused(
            "pack_unreadable", f"{name}{line}: {getattr(error, 'problem', error)}."
        ) from error
    except RecursionError as error:
        raise Refused("pack_unreadable", f"{name}: nested too deeply.") from error
    except PackError as error:
        line_no = line_of(text, error.path)
        line = f", line {line_no}" if line_no else ""
        raise Refused("pack_broken", f"{name}{line}: {error.path} {error.message}.") from error
    content.pop("x-shared", None)
    return pack, content


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Refused("pack_unreadable", f"{path.name}: larger than a pack can be.")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Refused(
            "pack_unreadable", f"{path.name}: cannot be read ({error.strerror})."
        ) from error
    except UnicodeDecodeError as error:
        raise Refused("pack_unreadable", f"{path.name}: is not UTF-8 text.") from error


def _content_of(text: str) -> Any:
    """The data in YAML text. What anchors repeat is counted as often as it is repeated, and limited."""
    loader = _OnceLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if _values_in(node, {}) > MOST_VALUES:
            raise yaml.constructor.ConstructorError(
                None,
                None,
                "larger than a pack can be, once its anchors are filled in",
                node.start_mark,
            )
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _values_in(node: Any, known: dict[int, int]) -> int:
    if id(node) not in known:
        parts = node.value if isinstance(node, yaml.CollectionNode) else []
        inner = (one for part in parts for one in (part if isinstance(part, tuple) else (part,)))
        known[id(node)] = 1 + sum(_values_in(one, known) for one in inner)
    return known[id(node)]


class _OnceLoader(yaml.SafeLoader):
    """Safe YAML in which a name that stands twice in one group is an error, not a silent loss."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"“{key.value}” stands twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def check_shape(content: Any) -> None:
    """Hold the content against the schema. Raises ``PackError`` for the first fault in it."""
    faults = sorted(_schema().iter_errors(content), key=lambda fault: str(list(fault.path)))
    for fault in faults:
        path, message = _in_plain_words(fault)
        raise PackError(path, message)


@lru_cache(maxsize=1)
def _schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _in_plain_words(fault: ValidationError) -> tuple[str, str]:
    path = _path(fault.absolute_path)
    wanted: Any = fault.validator_value
    match fault.validator:
        case "required":
            missing = next(name for name in wanted if name not in _names(fault.instance))
            return f"{path}.{missing}", "is missing"
        case "additionalProperties":
            known = _names(fault.schema).get("properties", {})
            extra = next(name for name in _names(fault.instance) if name not in known)
            return f"{path}.{extra}", "is not a name that a pack knows here"
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else wanted
            return path, f"must be {' or '.join(_TYPES.get(kind, kind) for kind in kinds)}"
        case "enum":
            return path, f"must be one of {', '.join(str(one) for one in wanted)}"
        case "minItems":
            return path, f"must have {wanted} or more in it"
        case "minimum":
            return path, f"must be {wanted} or more"
        case "maximum" | "maxLength" | "maxItems":
            return path, f"must be at most {wanted}"
        case "oneOf":
            return path, "lacks the table that its method needs"
        case "pattern":
            return path, f"cannot be “{fault.instance}”"
        case _:
            return path, str(fault.message)


def _names(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def _path(parts: Iterable[str | int]) -> str:
    path = "pack"
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path


def line_of(text: str, path: str) -> int | None:
    """The line where ``path``, or the deepest part of it that exists, begins."""
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    line = node.start_mark.line + 1 if node else None
    for part in path.replace("[", ".[").split(".")[1:]:
        begins: Any = None
        if isinstance(node, yaml.MappingNode):
            begins, node = _entry(node, part)
        elif isinstance(node, yaml.SequenceNode) and part.startswith("["):
            index = int(part.strip("[]"))
            node = node.value[index] if index < len(node.value) else None
            begins = node
        if begins is None:
            break
        line = begins.start_mark.line + 1
    return line


def _entry(node: yaml.MappingNode, name: str) -> tuple[Any, Any]:
    """The name and value in a group; a value that was merged in (``<<``) where it is not its own."""
    merged: list[Any] = []
    for key, value in node.value:
        if key.value == name:
            return key, value
        if key.tag == "tag:yaml.org,2002:merge":
            merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
    for other in merged:
        found = _entry(other, name)
        if found[0] is not None:
            return found
    return None, None


def bundled_keys() -> list[str]:
    """The programmes that come with this release, in order."""
    return sorted(path.stem for path in DIRECTORY.glob("*.yaml"))


@lru_cache(maxsize=64)
def bundled_pack(key: str) -> Pack:
    """The pack as it stands in this release's own files, without a database. Raises ``Refused``."""
    known = bundled_keys()
    if key not in known:
        raise Refused(
            "pack_unknown", f"There is no programme called {key}. Known: {', '.join(known)}."
        )
    return read_pack_file(DIRECTORY / f"{key}.yaml")[0]
