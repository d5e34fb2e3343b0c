# in:  results/headline.json, results/fits, results/bayes, results/reproduction/{ledger,claims}.json, data/raw/*.csv,
#      release/{headline.json,rows.csv} if they are there
# out: results/changes.json: what changed since the last release (`mgmeta release` pins one)

RELEASE = [
    path
    for path in ["release/headline.json", "release/rows.csv"]
    if os.path.isfile(path)
]
CHANGES = "results/changes.json"


rule changes:
    input:
        FITS,
        BAYES,
        RELEASE,
        (
            expand("results/reproduction/{part}.json", part=["ledger", "claims"])
            if REPRODUCED
            else []
        ),
        headline="results/headline.json",
        tables=raw_tables(),
        code=code("changes"),
    output:
        CHANGES,
    log:
        "logs/changes.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        config=CONFIG_FILE,
        raw=raw_folder,
        labels=labels(),
    shell:
        "mgmeta changes --config {params.config:q} --raw {params.raw:q} --out {output} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"
