# in:  results/fits, results/bayes, results/silence, results/robustness, results/moderators,
#      results/tables/missing.json, data/raw/*.csv,
#      data/processed/{slices.json,decisions.csv,flow.csv}; docs/simulation/coverage.csv if it is there;
#      results/dose; results/reproduction with config/reviews.yaml
# out: results/headline.json, results/tables/*.{csv,json}, results/figures/*.{svg,png,pdf},
#      results/report/index.html; results/quick/headline.{json,svg} only when asked for

FITS = expand("results/fits/{analysis}.json", analysis=ANALYSES)
BAYES = expand("results/bayes/{analysis}.json", analysis=SAMPLED)
TABLE_FILES = expand(
    "results/tables/{table}.{ext}",
    table=["headline", "moderators", "scenarios", "trials"],
    ext=["csv", "json"],
)
POSTERIORS = expand("results/posteriors/{analysis}.nc", analysis=SAMPLED)
SILENCE = expand("results/silence/{analysis}.json", analysis=SAMPLED)
MODERATOR_RESULTS = expand("results/moderators/{analysis}.json", analysis=MODERATED)
MISSING = "results/tables/missing.json"
# Committed, minutes to make, and so no input: its checksum is a parameter of what shows it.
SIMULATION = Path("docs/simulation/coverage.csv")
SIMULATED = sha256(SIMULATION.read_bytes()).hexdigest() if SIMULATION.is_file() else ""
DOSE_SIMULATION = Path("docs/simulation/dose.csv")
FIGURE_FILES = expand(
    "results/figures/{figure}.{ext}",
    figure=figures_of(
        CONFIG, simulated=bool(SIMULATED), reproduced=REPRODUCED, assessed=bool(ROB)
    ),
    ext=["svg", "png", "pdf"],
)
# What a figure needs beside fits, samples and headline, by `needs` of its registry entry.
NEEDS = {
    "draws": POSTERIORS,
    "silence": SILENCE,
    "missing": [MISSING],
    "moderators": MODERATOR_RESULTS,
    "reproduction": REPRODUCTION,
    "dose": DOSE,
    "robustness": ROBUSTNESS,
    "rob": REPRODUCTION,
    "models": MODELS,
    "shrunk": [*MODELS, *MODERATOR_RESULTS],
}
TEMPLATES = sorted(
    path.as_posix()
    for folder in ("assets", "templates")
    for path in Path("src/mgmeta/report", folder).rglob("*")
    if path.is_file()
)


rule headline:
    input:
        fits=FITS,
        bayes=BAYES,
        models=MODELS,
        slices=rules.slices.output.manifest,
        tables=raw_tables(),
        code=code("headline"),
    output:
        headline=report(
            "results/headline.json",
            category="Headline",
            caption="../report/headline.rst",
        ),
        tables=report(TABLE_FILES, category="Tables", caption="../report/tables.rst"),
    log:
        "logs/headline.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        config=CONFIG_FILE,
        raw=raw_folder,
        labels=labels(),
    shell:
        "mgmeta headline --config {params.config:q} --raw {params.raw:q} --fits results/fits --bayes results/bayes "
        "--slices {input.slices} --out {output.headline} --tables results/tables "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"


# The same headline and its figure by quadrature, without PyMC, which takes minutes: `make headline`.
rule quick_bayes:
    input:
        slice=slice_of,
        code=code("sample"),
    output:
        "results/quick/bayes/{analysis}.json",
    log:
        "logs/quick_bayes/{analysis}.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        spec=lambda wildcards: spec(wildcards.analysis),
    shell:
        "mgmeta sample --engine exact --slice {input.slice} --spec {params.spec:q} --out {output} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"


rule quick_headline:
    input:
        fits=FITS,
        bayes=expand("results/quick/bayes/{analysis}.json", analysis=SAMPLED),
        slices=rules.slices.output.manifest,
        tables=raw_tables(),
        code=[*code("headline"), *code("figure")],
    output:
        headline="results/quick/headline.json",
        svg="results/quick/headline.svg",
        tables=directory("results/quick/tables"),
    log:
        "logs/quick_headline.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        config=CONFIG_FILE,
        raw=raw_folder,
        labels=labels(),
    shell:
        "(mgmeta headline --config {params.config:q} --raw {params.raw:q} --fits results/fits --bayes results/quick/bayes "
        "--slices {input.slices} --models results/quick/no_models --out {output.headline} --tables {output.tables} && "
        "mgmeta figure headline --config {params.config:q} --raw {params.raw:q} --bayes results/quick/bayes "
        "--headline {output.headline} --out {output.svg}) > {log} 2>&1 || {{ cat {log} >&2; false; }}"


rule figure:
    input:
        fits=FITS,
        bayes=BAYES,
        needs=lambda wildcards: NEEDS.get(FIGURES[wildcards.figure].needs, []),
        headline="results/headline.json",
        tables=raw_tables(),
        code=code("figure"),
    output:
        svg=report(
            "results/figures/{figure}.svg",
            category="Figures",
            caption="../report/figure.rst",
            labels={"figure": "{figure}"},
        ),
        png="results/figures/{figure}.png",
        pdf="results/figures/{figure}.pdf",
    log:
        "logs/figure/{figure}.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        title=lambda wildcards: FIGURES[wildcards.figure].title,
        simulated=lambda wildcards: (
            SIMULATED if FIGURES[wildcards.figure].needs == "simulation" else ""
        ),
        config=CONFIG_FILE,
        raw=raw_folder,
        labels=labels(),
    shell:
        "mgmeta figure {wildcards.figure} --config {params.config:q} --raw {params.raw:q} "
        "--out {output.svg} --png {output.png} --pdf {output.pdf} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"


rule report:
    input:
        FITS,
        BAYES,
        MODELS,
        SILENCE,
        ROBUSTNESS,
        MISSING,
        MODERATOR_RESULTS,
        REPRODUCTION,
        DOSE,
        FIGURE_FILES,
        TABLE_FILES,
        "results/changes.json",
        "results/headline.json",
        "results/check.json",
        rules.slices.output,
        tables=raw_tables(),
        code=code("report"),
        templates=TEMPLATES,
    output:
        report(
            "results/report/index.html",
            category="Report",
            caption="../report/report.rst",
        ),
    log:
        "logs/report.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        config=CONFIG_FILE,
        simulated=SIMULATED,
        dose_simulated=(
            sha256(DOSE_SIMULATION.read_bytes()).hexdigest()
            if DOSE_SIMULATION.is_file()
            else ""
        ),
        raw=raw_folder,
        labels=labels(),
    shell:
        "mgmeta report --config {params.config:q} --raw {params.raw:q} --out {output} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"
