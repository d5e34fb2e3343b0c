# in:  data/processed/evidence/<analysis>/*.csv, config/config.yaml
# out: results/robustness/<analysis>.json (those with `bayes: true`)

ROBUSTNESS = expand("results/robustness/{analysis}.json", analysis=SAMPLED)


rule robustness:
    input:
        tables=excerpt_of,
        code=code("robustness"),
    output:
        report(
            "results/robustness/{analysis}.json",
            category="Robustness",
            caption="../report/robustness.rst",
            labels={"analysis": "{analysis}"},
        ),
    log:
        "logs/robustness/{analysis}.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        config=CONFIG_FILE,
        raw=raw_folder,
        spec=lambda wildcards: spec(wildcards.analysis),
    shell:
        "mgmeta robustness --config {params.config:q} --raw {params.raw:q} --analysis {wildcards.analysis} "
        "--out {output} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"
