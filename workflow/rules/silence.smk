# in:  data/processed/evidence/<analysis>/*.csv (missing: data/raw/*.csv), config/config.yaml
# out: results/silence/<analysis>.json (those with `bayes: true`), results/tables/missing.{csv,json}
#      on demand, `snakemake simulation`: docs/simulation/coverage.csv

SIMULATION_PARTS = 12


rule silence:
    input:
        tables=excerpt_of,
        code=code("silence"),
    output:
        report(
            "results/silence/{analysis}.json",
            category="What silence does",
            caption="../report/silence.rst",
            labels={"analysis": "{analysis}"},
        ),
    log:
        "logs/silence/{analysis}.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        config=CONFIG_FILE,
        raw=raw_folder,
        spec=lambda wildcards: spec(wildcards.analysis),
    shell:
        "mgmeta silence --config {params.config:q} --raw {params.raw:q} --analysis {wildcards.analysis} "
        "--out {output} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"


rule missing:
    input:
        "results/check.json",
        tables=raw_tables(),
        code=code("missing"),
    output:
        csv=report(
            "results/tables/missing.csv",
            category="Tables",
            caption="../report/missing.rst",
            labels={"table": "papers to fetch first"},
        ),
        json="results/tables/missing.json",
    log:
        "logs/missing.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        config=CONFIG_FILE,
        raw=raw_folder,
        spec=spec("update"),
    shell:
        "mgmeta missing --config {params.config:q} --raw {params.raw:q} --analysis update --quiet "
        "--csv {output.csv} --json {output.json} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"


# The proof by simulation: minutes of work, its table committed; not part of `all`.
# The last part is the violations grid, the others share the base grid.
rule simulate:
    input:
        code=code("simulate"),
    output:
        temp("results/simulation/{grid}_{part}.csv"),
    log:
        "logs/simulation/{grid}_{part}.log",
    wildcard_constraints:
        grid="base|violations",
        part=r"\d+",
    conda:
        "../envs/mgmeta.yaml"
    params:
        seed=CONFIG.seed,
        parts=lambda wildcards: SIMULATION_PARTS if wildcards.grid == "base" else 1,
    shell:
        "mgmeta simulate --grid {wildcards.grid} --part {wildcards.part}/{params.parts} --replicates 2000 "
        "--seed {params.seed} --quiet --out {output} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"


rule simulation_base:
    input:
        expand(
            "results/simulation/base_{part}.csv", part=range(1, SIMULATION_PARTS + 1)
        ),
    output:
        temp("results/simulation/base.csv"),
    log:
        "logs/simulation/base.log",
    conda:
        "../envs/mgmeta.yaml"
    shell:
        "mgmeta simulate --gather {output} {input} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"


# Cells too near a bar to tell, once more with new numbers: a seed of their own, fifty times the reviews.
rule simulate_near:
    input:
        base=rules.simulation_base.output,
        code=code("simulate"),
    output:
        temp("results/simulation/near.csv"),
    log:
        "logs/simulation/near.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        seed=CONFIG.seed + 1,
    shell:
        "mgmeta simulate --near {input.base} --replicates 100000 --seed {params.seed} --quiet --out {output} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"


rule simulation:
    input:
        rules.simulation_base.output,
        rules.simulate_near.output,
        "results/simulation/violations_1.csv",
    output:
        "docs/simulation/coverage.csv",
    log:
        "logs/simulation/gather.log",
    conda:
        "../envs/mgmeta.yaml"
    shell:
        "mgmeta simulate --gather {output} {input} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"
