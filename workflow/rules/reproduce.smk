# in:  data/raw/*.csv (rob.csv if it is there), config/config.yaml, config/reviews.yaml
# out: results/reproduction/{ledger,drift,certainty,claims,multiverse}.json,
#      results/tables/{ledger,claims,multiverse}.csv
# Without config/reviews.yaml there is nothing to reproduce, and none of this is made.

REVIEWS_FILE = "config/reviews.yaml"
REPRODUCED = os.path.isfile(REVIEWS_FILE)
ROB = [path for path in [f"{CONFIG.raw}/rob.csv"] if os.path.isfile(path)]
REPRODUCTION = (
    expand(
        "results/reproduction/{part}.json",
        part=["ledger", "drift", "certainty", "claims", "multiverse"],
    )
    if REPRODUCED
    else []
)
REPRODUCTION_TABLES = (
    expand("results/tables/{part}.csv", part=["ledger", "claims", "multiverse"])
    if REPRODUCED
    else []
)


rule reproduce:
    input:
        "results/check.json",
        ROB,
        reviews=REVIEWS_FILE,
        tables=raw_tables(),
        code=code("reproduce"),
    output:
        ledger="results/reproduction/ledger.json",
        drift="results/reproduction/drift.json",
        certainty="results/reproduction/certainty.json",
        csv=report(
            "results/tables/ledger.csv",
            category="Tables",
            caption="../report/reproduce.rst",
            labels={"table": "published reviews"},
        ),
    log:
        "logs/reproduce.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        config=CONFIG_FILE,
        raw=raw_folder,
        spec=question(),
    shell:
        "mgmeta reproduce --config {params.config:q} --raw {params.raw:q} --reviews {input.reviews} "
        "--out {output.ledger} --csv {output.csv} --drift {output.drift} --certainty {output.certainty} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"


rule claims:
    input:
        "results/check.json",
        tables=raw_tables(),
        code=code("claims"),
    output:
        json="results/reproduction/claims.json",
        csv=report(
            "results/tables/claims.csv",
            category="Tables",
            caption="../report/claims.rst",
            labels={"table": "claims"},
        ),
    log:
        "logs/claims.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        config=CONFIG_FILE,
        raw=raw_folder,
        spec=question(),
    shell:
        "mgmeta claims --config {params.config:q} --raw {params.raw:q} --out {output.json} --csv {output.csv} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"


# Half of the readings a job on a laptop; on a cluster as many jobs as --set-scatter multiverse=N says, up to 108.
scattergather:
    multiverse=2,


rule multiverse_part:
    input:
        "results/check.json",
        tables=raw_tables(),
        code=code("multiverse"),
    output:
        temp("results/reproduction/multiverse/{scatteritem}.npz"),
    log:
        "logs/multiverse/{scatteritem}.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        config=CONFIG_FILE,
        raw=raw_folder,
        spec=question(),
        part=lambda wildcards: wildcards.scatteritem.replace("-of-", "/"),
    shell:
        "mgmeta multiverse --config {params.config:q} --raw {params.raw:q} --part {params.part} --out {output} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"


rule multiverse:
    input:
        parts=gather.multiverse("results/reproduction/multiverse/{scatteritem}.npz"),
        code=code("multiverse"),
    output:
        json="results/reproduction/multiverse.json",
        csv=report(
            "results/tables/multiverse.csv",
            category="Tables",
            caption="../report/multiverse.rst",
            labels={"table": "multiverse"},
        ),
    log:
        "logs/multiverse.log",
    conda:
        "../envs/mgmeta.yaml"
    params:
        config=CONFIG_FILE,
    shell:
        "mgmeta multiverse --config {params.config:q} --out {output.json} --csv {output.csv} {input.parts} "
        "> {log} 2>&1 || {{ cat {log} >&2; false; }}"
