"""``mgmeta init``: a project folder for another exposure."""

from __future__ import annotations

from pathlib import Path

import click

from mgmeta.cli.places import quiet_option

EPILOG = """\b
Examples:
  mgmeta init potassium                         a folder potassium/ with tables, configuration, Snakefile
  mgmeta init calcium --folder ../calcium-bp
  mgmeta init lithium --mg-per-mmol 6.94 --charge 1
  cd potassium && mgmeta add trials.csv && snakemake

\b
Exit status: 0 made, 2 refused (the folder is not empty, or the exposure is not known); nothing was written.
"""


@click.command("init", epilog=EPILOG)
@click.argument("exposure")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to  [default: its name, here].")
@click.option("--mg-per-mmol", type=click.FloatRange(0, min_open=True), help="Weight of a mmol, in mg.")
@click.option("--charge", type=click.FloatRange(0, min_open=True), help="mEq in a mmol.")
@click.option(
    "--dose-max",
    type=click.FloatRange(0, min_open=True),
    default=10_000,
    show_default=True,
    help="Dose in mg/d above which a cell is taken for a misprint.",
)
@click.option(
    "--parameters",
    type=click.Path(path_type=Path),
    help="Table of SDs of change to start from  [default: that of the project you are in, if any].",
)
@quiet_option
def command(
    exposure: str,
    folder: Path | None,
    mg_per_mmol: float | None,
    charge: float | None,
    dose_max: float,
    parameters: Path | None,
    quiet: bool,
) -> None:
    """Make a project folder for EXPOSURE: potassium, calcium, sodium, zinc, or one you describe.

    The tables have the same columns and checks, the configuration one main analysis and a strict one, the
    Snakefile leads from the tables to pooled results and forest plots.
    """
    from mgmeta.extend.scaffold import exposure_named, plan_project, write_project

    element = exposure_named(exposure, mg_per_mmol, dose_max, charge)
    here = Path("data/raw/reference_parameters.csv")
    if parameters is None and here.is_file():
        parameters = here
    project = plan_project(element, folder or Path(element.name.replace(" ", "_")), parameters)
    write_project(project)
    if not quiet:
        for name in sorted(project.files):
            click.echo(f"{project.folder / name}")
        if parameters is None:
            click.echo(
                "no SD of change is there yet: a result in words needs one in reference_parameters.csv"
            )
        click.echo(f"next: cd {project.folder} && mgmeta add --template > new.yaml")
