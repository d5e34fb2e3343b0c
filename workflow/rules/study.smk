# The simulation study, scattered over jobs; asked for by name, for it takes hours at its full size:
#   snakemake results/study/base_2000.csv      grid and reviews a cell; --set-scatter study=64 for more jobs
# in:  the code alone
# out: results/study/<grid>_<replicates>.csv


scattergather:
    study=8,


rule study_part:
    input:
        code=code("simulate"),
    output:
        "results/study/{grid}_{replicates}/{scatteritem}.csv",
    log:
        "logs/study/{grid}_{replicates}_{scatteritem}.log",
    wildcard_constraints:
        grid="base|violations",
        replicates=r"[1-9]\d*",
    conda:
        "../envs/mgmeta.yaml"
    params:
        part=lambda wildcards: wildcards.scatteritem.replace("-of-", "/"),
        seed=CONFIG.seed,
    shell:
        "mgmeta simulate --grid {wildcards.grid} --replicates {wildcards.replicates} --part {params.part} "
        "--seed {params.seed} --quiet --out {output} > {log} 2>&1 || {{ cat {log} >&2; false; }}"


rule study:
    input:
        gather.study("results/study/{{grid}}_{{replicates}}/{scatteritem}.csv"),
    output:
        "results/study/{grid}_{replicates}.csv",
    log:
        "logs/study/{grid}_{replicates}.log",
    wildcard_constraints:
        grid="base|violations",
        replicates=r"[1-9]\d*",
    conda:
        "../envs/mgmeta.yaml"
    shell:
        "mgmeta simulate --gather {output} {input} > {log} 2>&1 || {{ cat {log} >&2; false; }}"
