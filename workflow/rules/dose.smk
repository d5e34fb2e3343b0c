# in:  data/processed/slices/<analysis>.csv, the analysis as one line of JSON
# out: results/dose/<analysis>.json (those whose `moderators` name the dose)

DOSED = [
    name
    for name, analysis in CONFIG.analyses.items()
    if "dose" in {moderator.name for moderator in analysis.moderators}
]
DOSE = expand("results/dose/{analysis}.json", analysis=DOSED)


rule curves:
    input:
        slice=slice_of,
        code=code("curves"),
    output:
        report(
            "results/dose/{analysis}.json",
            category="Dose and duration",
            caption="../report/dose.rst",
            labels={"analysis": "{analysis}"},
        ),
    log:
        "logs/curves/{analysis}.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        spec=lambda wildcards: spec(wildcards.analysis),
        # A scenario of doses has the durations of the analysis it varies.
        only=lambda wildcards: "" if wildcards.analysis in SAMPLED else "--only dose",
    shell:
        "mgmeta curves --slice {input.slice} --spec {params.spec:q} {params.only} --out {output} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"
