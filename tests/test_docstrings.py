"""Public functions say what they take, in which unit, and what they raise.

What is asked mechanically: a ``Raises`` section wherever a function itself raises; in the packages that
compute, a ``Parameters`` section that names every parameter wherever three or more are taken and one is a
number or an array; a unit wherever a dose or a time is described. What one sentence can say of one or two
parameters is not asked twice.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src/mgmeta"
COMPUTE = (
    *("stats", "effects", "pooling", "dose", "incomplete", "moderators", "simulate", "bayes", "robustness"),
)
NUMBERS = {"float", "int", "Array", "NDArray", "ArrayLike", "Mask"}
DOSE_OR_TIME = re.compile(r"doses?|weeks|duration|duration_weeks|reference_dose|per_dose")
UNIT = re.compile(
    r"mg/d|mg per day|weeks?\b|\bunits?\b|no unit|mmHg|(?:in|of) the (?:column|axis|curve)|name of|column"
)


@dataclass(frozen=True)
class Function:
    """A public function: where it is, what it takes and what its docstring says."""

    place: str
    node: ast.FunctionDef

    @property
    def doc(self) -> str:
        return ast.get_docstring(self.node) or ""

    @property
    def parameters(self) -> list[ast.arg]:
        a = self.node.args
        return [p for p in (*a.posonlyargs, *a.args, *a.kwonlyargs) if p.arg not in ("self", "cls")]

    @property
    def counts(self) -> bool:
        """Whether a parameter is a number or an array."""
        said = (ast.unparse(p.annotation) for p in self.parameters if p.annotation is not None)
        return any(NUMBERS & set(re.findall(r"\w+", text)) for text in said)

    def section(self, title: str) -> str:
        """The text of a section of numpydoc; empty = there is none."""
        found = re.search(rf"(?ms)^{title}\n-+\n(.*?)(?=^\S[^\n]*\n-{{3,}}$|\Z)", self.doc)
        return found[1] if found else ""

    def described(self) -> dict[str, str]:
        """Parameter -> what is said of it."""
        found: dict[str, str] = {}
        names: list[str] = []
        for line in self.section("Parameters").splitlines():
            head = re.match(r"([*\w][\w*, ]*?)(?: : (.*)|$)", line)
            if head and not line.startswith(" "):
                names = [name.strip(" *") for name in head[1].split(",")]
                found |= dict.fromkeys(names, head[2] or "")
            else:
                found |= {name: f"{found.get(name, '')} {line.strip()}" for name in names}
        return found


def functions() -> Iterator[Function]:
    for path in sorted(SRC.rglob("*.py")):
        waiting: list[tuple[str, ast.AST]] = [("", ast.parse(path.read_text(encoding="utf-8")))]
        while waiting:
            head, node = waiting.pop()
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
                    waiting.append((f"{child.name}.", child))
                elif isinstance(child, ast.FunctionDef) and not child.name.startswith("_"):
                    decorators = " ".join(map(ast.unparse, child.decorator_list))
                    # A verb's help is its docstring: click prints it, options say what they are themselves.
                    if "command" not in decorators and "overload" not in decorators:
                        yield Function(f"{path.relative_to(SRC)}: {head}{child.name}", child)


FUNCTIONS = list(functions())


def raised(function: Function) -> list[str]:
    """What a function raises itself; a method that only stands for those of subclasses raises nothing."""
    found = [n.exc for n in ast.walk(function.node) if isinstance(n, ast.Raise) and n.exc is not None]
    return [text for text in map(ast.unparse, found) if not text.startswith("NotImplementedError")]


def test_there_is_something_to_check() -> None:
    assert len(FUNCTIONS) > 1000
    assert sum(bool(raised(f)) for f in FUNCTIONS) > 100
    assert sum(bool(f.described()) for f in FUNCTIONS) > 300


def test_what_a_function_raises_is_said() -> None:
    silent = [f.place for f in FUNCTIONS if raised(f) and not f.section("Raises").strip()]
    assert not silent


def test_what_a_function_that_computes_takes_is_said() -> None:
    silent = []
    for f in FUNCTIONS:
        if f.place.split("/")[0] in COMPUTE and f.counts and len(f.parameters) >= 3:
            said = f.described()
            missing = [p.arg for p in f.parameters if not said.get(p.arg, "").strip()]
            # "Parameters as ..." points to the function that says it.
            if missing and not re.search(
                r"(?i)(parameters|arguments)[^.]{0,40}\b(as|those) [^.]*:(func|meth|class):", f.doc
            ):
                silent.append(f"{f.place}: {', '.join(missing)}")
    assert not silent, "\n".join(silent)


def test_doses_and_times_have_units() -> None:
    bare = [
        f"{f.place}: {name}: {text}"
        for f in FUNCTIONS
        for name, text in f.described().items()
        if DOSE_OR_TIME.fullmatch(name) and not UNIT.search(text)
    ]
    assert not bare, "\n".join(bare)


@pytest.mark.parametrize(
    ("doc", "said"),
    [
        ("A.\n\nParameters\n----------\na, b : (k,) numbers\n    in mmHg\nc\n    weeks\n", ["a", "b", "c"]),
        ("A.\n\nParameters\n----------\na : x\n\nRaises\n------\nE\n    If b : c.\n", ["a"]),
        ("A.", []),
    ],
)
def test_the_reader_of_sections(doc: str, said: list[str]) -> None:
    node = ast.parse(f"def f():\n    {doc!r}").body[0]
    assert isinstance(node, ast.FunctionDef)
    assert list(Function("f", node).described()) == said
