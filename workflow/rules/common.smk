# What the rules share: the checked configuration and a few small helpers. No rule here.
import json
import os
import shutil
import sys
from hashlib import sha256
from pathlib import Path

from snakemake.exceptions import WorkflowError

CONFIG_FILE = "config/config.yaml"
TABLES = [
    "reference_intakes",
    "reference_parameters",
    "reports",
    "reviews",
    "sources",
    "trials",
]

# Snakemake run by its full path does not put its own environment on PATH; the
# `mgmeta` of the jobs must be the one whose Python reads this file.
os.environ.update(
    PATH=os.pathsep.join([os.path.dirname(sys.executable), *os.get_exec_path()])
)
try:
    from mgmeta.bayes.family_names import FAMILIES
    from mgmeta.config import load_config, resolve
    from mgmeta.errors import MgmetaError
    from mgmeta.figures.registry import FIGURES, figures_of
    from mgmeta.modules import sources
    from mgmeta.report.headline import group_of
except ImportError:
    load_config = None
if load_config is None or shutil.which("mgmeta") is None:
    raise WorkflowError(
        "mgmeta is not installed where this Snakemake runs. Run `make` and activate .venv, or `pip install -e .` "
        "beside Snakemake."
    )

try:
    CONFIG = load_config(CONFIG_FILE)
    overridden = resolve(config) != CONFIG
except MgmetaError as error:
    raise WorkflowError(str(error))
if overridden:
    raise WorkflowError(
        f"--config and --configfile cannot change an analysis: mgmeta reads {CONFIG_FILE}, so that every result can "
        "be traced to a file. Edit it there."
    )

ANALYSES = list(CONFIG.analyses)
SAMPLED = [name for name, analysis in CONFIG.analyses.items() if analysis.bayes]


wildcard_constraints:
    analysis="|".join(ANALYSES),
    figure="|".join(FIGURES),


def raw_tables():
    """The evidence tables, as inputs."""
    return [f"{CONFIG.raw}/{table}.csv" for table in TABLES]


def raw_folder(wildcards, input):
    """The folder of the evidence tables, for rules that have them as `input.tables`."""
    return os.path.dirname(input.tables[0])


def code(verb):
    """The source files one verb runs through: a change there, and only there, reruns its jobs."""
    found = sources(Path("src"), f"mgmeta.cli.{verb}")
    if not found:
        raise WorkflowError(
            f"src/mgmeta/cli/{verb}.py is not here; run snakemake in the folder of the project"
        )
    return [path.as_posix() for path in found]


def spec(analysis, **changes):
    """What `mgmeta fit` and `mgmeta sample` are told: one line of JSON."""
    return json.dumps({**CONFIG.analyses[analysis].spec(), **changes})


def selection():
    """What decides the slices, and nothing else: a new title must not rebuild them."""
    keys = ["select", "assume", "outcomes", "moderators"]
    return json.dumps(
        [
            {
                name: [CONFIG.analyses[name].spec()[key] for key in keys]
                for name in ANALYSES
            },
            SAMPLED,
        ]
    )


def question():
    """What decides the ledger, the claims and the multiverse: criteria, assumptions, engines, target."""
    target, bayes = CONFIG.target, CONFIG.bayes
    return json.dumps(
        [
            selection(),
            vars(CONFIG.assume),
            [
                CONFIG.level,
                CONFIG.seed,
                bayes.prior_mu,
                bayes.prior_slope,
                bayes.prior_tau,
            ],
            [target.review, target.analysis, target.subset],
        ]
    )


def labels():
    """What the headline and the figures take from the configuration beside the fits."""
    target = CONFIG.target
    return json.dumps(
        [
            [target.review, target.analysis, target.subset],
            [[a, CONFIG.analyses[a].title] for a in ANALYSES],
        ]
    )


def slice_of(wildcards):
    """The slice one analysis pools, once the checkpoint has run."""
    return slice_path(wildcards.analysis)


def slices_of(analyses):
    """The slices that several analyses pool, as an input function."""
    return lambda wildcards: [slice_path(analysis) for analysis in analyses]


def slice_path(analysis):
    """The file of one slice, once the checkpoint has run."""
    checkpoints.slices.get()
    path = f"data/processed/slices/{analysis}.csv"
    if not os.path.exists(path):
        raise WorkflowError(
            f"{path} is missing though its manifest is there; rebuild it: snakemake --forcerun slices"
        )
    return path


def excerpt_of(wildcards):
    """The raw tables without the trials that cannot touch one analysis, once the checkpoint has run."""
    return excerpts([wildcards.analysis])


def excerpts_of(analyses):
    """The same of several analyses, as an input function."""
    return lambda wildcards: excerpts(analyses)


def excerpts(analyses):
    """The files of the excerpts of several analyses."""
    checkpoints.slices.get()
    paths = [
        f"data/processed/evidence/{analysis}/{table}.csv"
        for analysis in analyses
        for table in TABLES
    ]
    missing = [path for path in paths if not os.path.exists(path)]
    if missing:
        raise WorkflowError(
            f"{missing[0]} is missing though its manifest is there; rebuild it: snakemake --forcerun slices"
        )
    return paths
