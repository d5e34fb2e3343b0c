# The contents page. Each file under workflow/rules opens with what it makes;
# every rule calls one `mgmeta` verb. ARCHITECTURE.md has the map.
from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/evidence.smk"
include: "workflow/rules/fits.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/dose.smk"
include: "workflow/rules/silence.smk"
include: "workflow/rules/moderators.smk"
include: "workflow/rules/robustness.smk"
include: "workflow/rules/reproduce.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/study.smk"
include: "workflow/rules/release.smk"
include: "workflow/rules/export.smk"


rule all:
    default_target: True
    input:
        "results/check.json",
        "results/headline.json",
        expand("results/silence/{analysis}.json", analysis=SAMPLED),
        expand("results/moderators/{analysis}.json", analysis=MODERATED),
        DOSE,
        ROBUSTNESS,
        "results/tables/missing.csv",
        REPRODUCTION,
        REPRODUCTION_TABLES,
        FIGURE_FILES,
        "results/report/index.html",
        EXPORTED,
        PAPER,
