# in:  data/processed/evidence/<analysis>/*.csv, config/config.yaml
# out: results/models/<family>.json, results/posteriors/models/<family>.nc, if an analysis has `bayes: true`

FAMILY_NAMES = [name for name in FAMILIES if CONFIG.bayes.runs(name)] if SAMPLED else []
MODELS = expand("results/models/{family}.json", family=FAMILY_NAMES)


# One job a family: compiled once, fed one analysis after another. What it found in an analysis is kept, named by
# a digest of its inputs, and read back while they stay the same; the folder is no output, so that it stays.
rule model:
    input:
        tables=excerpts_of(SAMPLED),
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
        spec=json.dumps([spec(name) for name in SAMPLED]),
    shell:
        "mgmeta model {wildcards.family} --config {params.config:q} --excerpts data/processed/evidence "
        "--kept data/processed/models --out {output.summary} --posterior {output.posterior} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"
