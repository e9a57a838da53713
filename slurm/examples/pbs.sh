#!/bin/bash
# A sweep as a PBS job (OpenPBS, PBS Pro) that goes on until it is finished. Set the four lines, then
#   qsub slurm/examples/pbs.sh
#PBS -N szt-sampling
#PBS -l select=1:ncpus=64:mpiprocs=64
#PBS -l walltime=04:00:00
#PBS -j oe
#PBS -r y

sweep=sweeps/szt-sampling.toml
out=runs/szt-sampling
walltime_s=$((4 * 3600))
script=slurm/examples/pbs.sh # submitted again while the run is not finished

cd "$PBS_O_WORKDIR" || exit 4
ranks=$(wc -l <"$PBS_NODEFILE")
state_of_run() { cat "$out/results.nc" "$out"/checkpoints/*/*.checkpoint 2>/dev/null | cksum; }

# qdel and the end of the walltime send TERM some seconds before KILL: too few to rely on, so that the
# run stops by itself within its time budget.
child=''
trap 'ended=yes; touch "$out/stop"; [[ -z $child ]] || kill -USR1 "$child"' TERM
ended=no
before=$(state_of_run)
mpirun -n "$ranks" infoplane run "$sweep" --out "$out" --time-budget $((walltime_s - 120)) &
child=$!
wait "$child"
code=$?
while kill -0 "$child" 2>/dev/null; do # a signal woke it, and the run is still there
  wait "$child"
  code=$?
done

if [[ $ended == yes ]]; then
  rm -f "$out/stop"
elif ((code == 75)) && [[ ! -e $out/stop && $(state_of_run) != "$before" ]]; then
  qsub "$script"
fi
exit "$code"
