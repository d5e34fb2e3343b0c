# in:  data/processed/slices/<analysis>.csv, the analysis as one line of JSON
# out: results/fits/<analysis>.json (all analyses)
#      results/bayes/<analysis>.json, results/posteriors/<analysis>.nc (those with `bayes: true`)


rule fit:
    input:
        slice=slice_of,
        code=code("fit"),
    output:
        "results/fits/{analysis}.json",
    log:
        "logs/fit/{analysis}.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        spec=lambda wildcards: spec(wildcards.analysis, bayes=None),
    shell:
        "mgmeta fit --slice {input.slice} --spec {params.spec:q} --out {output} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"


# One thread: two analyses sample side by side on two cores.
rule sample:
    input:
        slice=slice_of,
        code=code("sample"),
    output:
        summary="results/bayes/{analysis}.json",
        posterior="results/posteriors/{analysis}.nc",
    log:
        "logs/sample/{analysis}.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        spec=lambda wildcards: spec(wildcards.analysis),
    shell:
        "mgmeta sample --slice {input.slice} --spec {params.spec:q} "
        "--out {output.summary} --posterior {output.posterior} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"
