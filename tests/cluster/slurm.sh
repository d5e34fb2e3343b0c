#!/bin/sh
# A Slurm of two nodes on this one machine, for the tests:
#   slurm.sh start DIR | lose DIR NODE | back DIR NODE | stop DIR
# Needs root, and Debian's slurm-wlm and munge. Everything it writes is below DIR; stop ends what start began.
# lose kills a node's daemon and all that runs on it, unasked, as a power cut would; back starts its daemon again.
set -eu

# Ends a process and all it started; frozen first, so that nothing new is born meanwhile.
end_tree() {
    kill -STOP "$1" 2> /dev/null || return 0
    for child in $(pgrep -P "$1"); do end_tree "$child"; done
    kill -KILL "$1" 2> /dev/null || true
}
what=$1
dir=$(mkdir -p "$2" && cd "$2" && pwd)
host=$(hostname -s)

case $what in
start)
    [ "$(id -u)" = 0 ] || { echo "slurm.sh: needs root to start munged and slurmd" >&2; exit 3; }
    for tool in munged slurmctld slurmd sbatch squeue; do
        command -v $tool > /dev/null || { echo "slurm.sh: no $tool; apt-get install slurm-wlm munge" >&2; exit 3; }
    done
    # The jobs look here, for Snakemake takes SLURM_CONF out of their environment.
    [ ! -e /etc/slurm/slurm.conf ] || { echo "slurm.sh: this machine has a Slurm of its own" >&2; exit 3; }
    mkdir -p /etc/slurm "$dir/state" "$dir/spool1" "$dir/spool2"
    chmod 755 "$dir"
    dd if=/dev/urandom of="$dir/munge.key" bs=64 count=1 2> /dev/null
    chmod 400 "$dir/munge.key"
    munged --force --key-file="$dir/munge.key" --socket="$dir/munge.sock" --pid-file="$dir/munged.pid" \
        --log-file="$dir/munged.log" --seed-file="$dir/munge.seed"
    # A job put back waits until its credential has expired (cred_expire, else two minutes); a node is given up
    # after SlurmdTimeout and serves again as soon as its daemon is back (ReturnToService=2; RESUME is not needed).
    cat > "$dir/slurm.conf" << END
ClusterName=mgmeta
SlurmctldHost=$host
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge.sock,cred_expire=20
CredType=cred/munge
SlurmctldPort=16817
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd-%n.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd-%n.log
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool-%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
JobCompType=jobcomp/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
MinJobAge=600
SlurmdTimeout=10
JobRequeue=1
NodeName=one,two NodeHostname=$host NodeAddr=127.0.0.1 Port=[16818-16819] CPUs=2 RealMemory=4000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
    ln -s "$dir/slurm.conf" /etc/slurm/slurm.conf
    export SLURM_CONF="$dir/slurm.conf"
    slurmctld -c
    slurmd -N one
    slurmd -N two
    for _ in $(seq 60); do
        [ "$(sinfo -h -t idle -o %D 2> /dev/null | head -1)" = 2 ] && { echo "SLURM_CONF=$SLURM_CONF"; exit 0; }
        sleep 0.5
    done
    echo "slurm.sh: the nodes did not come up:" >&2
    tail -n 3 "$dir"/*.log >&2
    exit 3
    ;;
lose)
    export SLURM_CONF="$dir/slurm.conf"
    kill -KILL "$(cat "$dir/slurmd-$3.pid")"
    rm "$dir/slurmd-$3.pid"
    for job in $(squeue -h -t running -w "$3" -o %A); do
        for step in $(pgrep -f "^slurmstepd: \[$job\."); do end_tree "$step"; done
    done
    ;;
back)
    SLURM_CONF="$dir/slurm.conf" slurmd -N "$3"
    ;;
stop)
    export SLURM_CONF="$dir/slurm.conf"
    scancel --full --quiet --user "$(id -un)" 2> /dev/null || true
    for name in slurmd-one slurmd-two slurmctld munged; do
        [ -f "$dir/$name.pid" ] && kill "$(cat "$dir/$name.pid")" 2> /dev/null || true
    done
    [ "$(readlink /etc/slurm/slurm.conf)" = "$dir/slurm.conf" ] && rm /etc/slurm/slurm.conf
    true
    ;;
*)
    echo "usage: slurm.sh start|stop DIR, or lose|back DIR NODE" >&2
    exit 2
    ;;
esac
