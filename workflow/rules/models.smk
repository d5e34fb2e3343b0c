# in:  data/raw/*.csv, config/config.yaml
# out: results/models/<family>.json, results/posteriors/models/<family>.nc, if an analysis has `bayes: true`

FAMILY_NAMES = [name for name in FAMILIES if CONFIG.bayes.runs(name)] if SAMPLED else []
MODELS = expand("results/models/{family}.json", family=FAMILY_NAMES)


# One job a family: compiled once, fed one analysis after another.
rule model:
    input:
        "results/check.json",
        tables=raw_tables(),
        code=code("model"),
    output:
        summary="results/models/{family}.json",
        posterior="results/posteriors/models/{family}.nc",
    log:
        "logs/model/{family}.log",
    wildcard_constraints:
        family="|".join(FAMILIES),
    conda:
        "../envs/mgmeta.yaml"
    params:
        config=CONFIG_FILE,
        raw=raw_folder,
        spec=json.dumps([spec(name) for name in SAMPLED]),
    shell:
        "mgmeta model {wildcards.family} --config {params.config:q} --raw {params.raw:q} "
        "--out {output.summary} --posterior {output.posterior} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"
