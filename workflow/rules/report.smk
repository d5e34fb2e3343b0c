# in:  results/fits, results/bayes, data/raw/reviews.csv
# out: results/headline.json, results/tables/*.{csv,json}, results/figures/*.{svg,png},
#      results/report/index.html

FITS = expand("results/fits/{analysis}.json", analysis=ANALYSES)
BAYES = expand("results/bayes/{analysis}.json", analysis=SAMPLED)
TABLE_FILES = expand(
    "results/tables/{table}.{ext}",
    table=["headline", "moderators", "scenarios", "trials"],
    ext=["csv", "json"],
)
POSTERIORS = expand("results/posteriors/{analysis}.nc", analysis=SAMPLED)
FIGURE_FILES = expand(
    "results/figures/{figure}.{ext}", figure=FIGURES, ext=["svg", "png"]
)
TEMPLATES = sorted(
    path.as_posix()
    for path in Path("src/mgmeta/report/templates").rglob("*")
    if path.is_file()
)


rule headline:
    input:
        fits=FITS,
        bayes=BAYES,
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
        "--out {output.headline} --tables results/tables "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"


rule figure:
    input:
        fits=FITS,
        bayes=BAYES,
        posteriors=lambda wildcards: (
            POSTERIORS if FIGURES[wildcards.figure].needs_draws else []
        ),
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
    log:
        "logs/figure/{figure}.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        title=lambda wildcards: FIGURES[wildcards.figure].title,
        config=CONFIG_FILE,
        raw=raw_folder,
        labels=labels(),
    shell:
        "mgmeta figure {wildcards.figure} --config {params.config:q} --raw {params.raw:q} "
        "--out {output.svg} --png {output.png} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"


rule report:
    input:
        FITS,
        BAYES,
        FIGURE_FILES,
        TABLE_FILES,
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
        raw=raw_folder,
        labels=labels(),
    shell:
        "mgmeta report --config {params.config:q} --raw {params.raw:q} --out {output} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"
