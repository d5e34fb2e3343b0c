from __future__ import annotations

from pathlib import Path

import pytest

from mgmeta.modules import imported, locate, sources


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        "mgmeta/__init__.py": "",
        "mgmeta/io.py": "import json\n",
        "mgmeta/cli/__init__.py": "from mgmeta.unused import x\n",
        "mgmeta/cli/fit.py": "def command():\n    from mgmeta.pooling import pool\n    import mgmeta.io\n",
        "mgmeta/pooling/__init__.py": "",
        "mgmeta/pooling/pool.py": "from mgmeta.stats.wls import mean\n",
        "mgmeta/pooling/other.py": "",
        "mgmeta/stats/__init__.py": "",
        "mgmeta/stats/wls.py": (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from mgmeta.types import T\n"
            "else:\n    from mgmeta.late import U\n"
        ),
        "mgmeta/types.py": "",
        "mgmeta/late.py": "",
        "mgmeta/unused.py": "",
        "mgmeta/report/__init__.py": "",
        "mgmeta/report/page.py": "from mgmeta.report import words\nimport mgmeta.report.words as w\n",
        "mgmeta/report/words.py": "from mgmeta.report import page\n",
        "mgmeta/report/templates/page.html": "<p>",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def names(root: Path, module: str) -> list[str]:
    return [path.relative_to(root / "mgmeta").as_posix() for path in sources(root, module)]


def test_sources_follow_imports_inside_functions_and_through_packages(root: Path) -> None:
    assert names(root, "mgmeta.cli.fit") == [
        "__init__.py",
        "cli/fit.py",
        "io.py",
        "late.py",
        "pooling/__init__.py",
        "pooling/pool.py",
        "stats/__init__.py",
        "stats/wls.py",
    ]


def test_sources_stop_at_circles_and_bring_templates(root: Path) -> None:
    assert names(root, "mgmeta.report.page") == [
        "__init__.py",
        "report/__init__.py",
        "report/page.py",
        "report/templates/page.html",
        "report/words.py",
    ]


def test_a_module_that_is_not_there_has_no_sources(root: Path) -> None:
    assert sources(root, "mgmeta.cli.nothing") == ()
    assert locate(root, "mgmeta.cli.nothing") is None


def test_imported_leaves_other_packages_out(root: Path) -> None:
    assert list(imported(root / "mgmeta/io.py")) == []
    assert set(imported(root / "mgmeta/pooling/pool.py")) == {"mgmeta.stats.wls", "mgmeta.stats.wls.mean"}


def test_the_real_verbs_run_through_their_own_stage() -> None:
    root = Path(__file__).parents[1] / "src"
    fit = {path.relative_to(root / "mgmeta").parts[0] for path in sources(root, "mgmeta.cli.fit")}
    assert {"pooling", "stats"} <= fit
    assert not fit & {"bayes", "figures", "report", "effects"}
