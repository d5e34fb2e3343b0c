# in:  results/headline.json, results/tables/*.csv, results/fits, results/bayes, results/reproduction,
#      data/processed/{effects,flow}.csv and the slices of the main analyses, data/raw/*.csv
# out: results/export/ for other programs, results/paper/ for a manuscript

MAIN = [name for name in ANALYSES if group_of(name, ANALYSES) == name]
CSV_TABLES = [
    *[path for path in TABLE_FILES if path.endswith(".csv")],
    *REPRODUCTION_TABLES,
    "results/tables/missing.csv",
]
EXPORTED = [
    "results/export/summary.json",
    "results/export/tables.xlsx",
    "results/export/references.bib",
    *expand(
        "results/export/effects{kind}_{analysis}.csv",
        kind=["", "_bounds"],
        analysis=MAIN,
    ),
]
PAPER = expand(
    "results/paper/{name}", name=["methods.md", "references.bib", "tables.html"]
)


rule export:
    input:
        slices=slices_of(MAIN),
        effects="data/processed/effects.csv",
        headline="results/headline.json",
        csv=CSV_TABLES,
        tables=raw_tables(),
        schema="src/mgmeta/summary.schema.yaml",
        code=code("export"),
    output:
        report(EXPORTED, category="Export", caption="../report/export.rst"),
    log:
        "logs/export.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        config=CONFIG_FILE,
        raw=raw_folder,
        labels=labels(),
        csv=lambda wildcards, input: [f"--table={path}" for path in input.csv],
    shell:
        "mgmeta export --config {params.config:q} --raw {params.raw:q} --headline {input.headline} "
        "--effects {input.effects} {params.csv:q} --out results/export "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"


# The folder of LaTeX tables is a directory output: Snakemake empties it first, so no
# table of an earlier run stays.
rule paper:
    input:
        FITS,
        BAYES,
        REPRODUCTION,
        flow="data/processed/flow.csv",
        headline="results/headline.json",
        tables=raw_tables(),
        template="src/mgmeta/report/templates/methods.md.j2",
        code=code("paper"),
    output:
        report(PAPER, category="Manuscript", caption="../report/paper.rst"),
        tables=directory("results/paper/tables"),
    log:
        "logs/paper.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        config=CONFIG_FILE,
        raw=raw_folder,
        labels=labels(),
        spec=question(),
    shell:
        "mgmeta paper --config {params.config:q} --raw {params.raw:q} --out results/paper "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"
