"""The command line: one verb a module, loaded only when it is called."""

from __future__ import annotations

import importlib
import sys

import click

from mgmeta import __version__
from mgmeta.cli.manners import mannered, run

# verb -> (module, one-line help). A module `mgmeta.cli.<module>` holds a click
# command called `command`. The help stands here so that `mgmeta --help` loads none.
VERBS: dict[str, tuple[str, str]] = {
    "add": ("add", "Add a trial from a filled form, checked and undoable."),
    "preview": ("preview", "Show what new rows would do before they are written."),
    "fill": ("fill", "Add retrieved numbers of a trial in the tables."),
    "remove": ("remove", "Take a trial out of the tables again."),
    "check": ("check", "Validate the raw tables; every problem at once."),
    "slices": ("slices", "Derive the evidence each named analysis pools."),
    "fit": ("fit", "Fit the frequentist models of one analysis."),
    "sample": ("sample", "Sample the Bayesian models of one analysis (PyMC)."),
    "model": ("model", "Sample one family of hierarchical models (PyMC)."),
    "headline": ("headline", "Put the fits beside the published result."),
    "figure": ("figure", "Draw one figure as SVG, PNG and PDF."),
    "report": ("report", "Write the HTML report."),
    "export": ("export", "Write the results for other programs."),
    "paper": ("paper", "Write tables and methods for a manuscript."),
    "silence": ("silence", "Show what each way of handling words does."),
    "missing": ("missing", "List which papers to fetch first, and why."),
    "moderators": ("moderators", "In whom the effect differs: every moderator."),
    "robustness": ("robustness", "Show how far an answer hangs on single trials, bias and priors."),
    "simulate": ("simulate", "Bias and coverage of every way of handling words."),
    "reproduce": ("reproduce", "Refit every published review from one table: the ledger."),
    "multiverse": ("multiverse", "Pool every combination of defensible choices."),
    "claims": ("claims", "Check the statements people meet by one rule."),
    "changes": ("changes", "What changed since the last release."),
    "release": ("release", "Pin the results of a release."),
    "init": ("init", "Make a project folder for another exposure."),
    "answer": ("answer", "Every pooled result of some fits in one table."),
    "forest": ("forest", "Draw the forest plot of a fit."),
    "page": ("page", "Write the report of a project for another exposure."),
    "completion": ("completion", "Let the shell complete verbs and options."),
    "trace": ("trace", "Follow a headline number to its cells and sources."),
    "pool": ("pool", "Meta-analyse any CSV of effects."),
    "bayes": ("bayes", "Bayesian meta-analysis of any CSV of effects, exact or PyMC."),
    "curves": ("curves", "Fit the dose and duration curves of one analysis."),
    "dose": ("dose", "Dose-response of any CSV of contrasts or arms."),
    "diagnose": ("diagnose", "Influence, cumulative, GOSH, dependent effects of any CSV."),
    "bias": ("bias", "Small-study effects and selection in any CSV."),
}


class LazyGroup(click.Group):
    """A click group that imports a verb's module when the verb is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of work."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one verb's command."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"mgmeta.cli.{VERBS[cmd_name][0]}")
        command = module.command
        assert isinstance(command, click.Command)
        command.name = cmd_name  # a page about the verbs calls them as people do
        return mannered(cmd_name, command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, text) for verb, (_, text) in VERBS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Each verb has --help with examples. Exit status: 0 ok, 2 bad input, 1 a bug, 130 stopped.",
)
@click.version_option(__version__, prog_name="mgmeta")
def cli() -> None:
    """Evidence synthesis of oral magnesium and blood pressure."""


def main() -> None:
    """Run the command line; a MgmetaError is one clear message and exit status 2."""
    sys.exit(run(cli))
