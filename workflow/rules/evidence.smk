# in:  data/raw/*.csv, config/config.yaml
# out: results/check.json; data/processed/{effects,decisions,flow,sd_model}.csv,
#      data/processed/slices/<analysis>.csv and their manifest slices.json


rule check:
    input:
        tables=raw_tables(),
        code=code("check"),
    output:
        "results/check.json",
    log:
        "logs/check.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        raw=raw_folder,
    shell:
        "mgmeta check --raw {params.raw:q} --json {output} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"


# A checkpoint, because the slices themselves are not outputs: Snakemake deletes
# declared outputs first and would rerun every fit. `mgmeta slices` writes only the
# slices that changed, and only their fits rerun.
checkpoint slices:
    input:
        "results/check.json",
        tables=raw_tables(),
        code=code("slices"),
    output:
        manifest="data/processed/slices.json",
        effects="data/processed/effects.csv",
        decisions="data/processed/decisions.csv",
        flow="data/processed/flow.csv",
        sd_model="data/processed/sd_model.csv",
    log:
        "logs/slices.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        config=CONFIG_FILE,
        selection=selection(),
    shell:
        "mgmeta slices --config {params.config:q} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"
