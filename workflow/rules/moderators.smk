# in:  data/processed/evidence/<analysis>/*.csv, config/config.yaml
# out: results/moderators/<analysis>.json (those with `bayes: true` and `moderators: true`)

MODERATED = [name for name in SAMPLED if CONFIG.analyses[name].moderators]


rule moderators:
    input:
        tables=excerpt_of,
        code=code("moderators"),
    output:
        report(
            "results/moderators/{analysis}.json",
            category="In whom",
            caption="../report/moderators.rst",
            labels={"analysis": "{analysis}"},
        ),
    log:
        "logs/moderators/{analysis}.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        config=CONFIG_FILE,
        raw=raw_folder,
        spec=lambda wildcards: spec(wildcards.analysis),
    shell:
        "mgmeta moderators --config {params.config:q} --raw {params.raw:q} --analysis {wildcards.analysis} "
        "--out {output} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"
