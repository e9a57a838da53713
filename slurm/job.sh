#!/bin/bash
@resources@

# Made from slurm/job.sh of infoplane by
#   @command@
# Starts the sweep, or goes on with it. When its time is nearly up, or the job has to make room, the
# run is asked to stop; it saves what it has, and the job queues itself again.

@modules@

ranks=${SLURM_NTASKS:?this script is for sbatch}
threads=@threads@ # of each rank: for a machine whose launch has to know
@launch@

cd @directory@ || exit 4
run=@run@
command=(@program@ run @sweep@ --out "$run" @options@)
most_restarts=@max_restarts@

job=@job@ # what SLURM is asked by: one job of an array has the number of the whole array for its own

say() { printf '%(%H:%M:%S)T job %s: %s\n' -1 "$job" "$*"; }

# Seconds until the time limit; nothing when there is none. squeue says "1-02:03:04", or fewer of them.
left_s() {
  local left days=0 part total=0
  left=$(squeue -h -j "$job" -o %L) || return 0
  [[ $left =~ ^([0-9]+-)?[0-9:]+$ ]] || return 0
  [[ $left == *-* ]] && days=${left%%-*} left=${left#*-}
  for part in ${left//:/ }; do total=$((total * 60 + 10#$part)); done
  printf '%s\n' $((10#$days * 86400 + total))
}

# Changes whenever the run has got anywhere: a trial, an estimate, a checkpoint, an attempt.
state_of_run() { cat "$run/results.nc" "$run"/checkpoints/*/*.checkpoint 2>/dev/null | cksum; }

# The file reaches the run whatever starts it, the signal where file systems are slow to show a file. A
# launcher that has only just started would die of the signal, and a run that starts takes the file for
# one of the job before: they are asked once more.
ask_to_stop() {
  woken=yes asked=$1
  say "$1: asking the run to stop"
  echo "$mark" >"$run/stop"
  if [[ -n $child ]] && ((SECONDS - started > 2)); then kill -USR1 "$child" 2>/dev/null; fi
}
remind() {
  while sleep 5 && echo "$mark" >"$run/stop"; do kill -USR1 "$child" || break; done 2>/dev/null
}

# USR1 comes up to three minutes before the end, or when another job needs the nodes.
why_usr1() {
  local left
  left=$(left_s)
  if [[ -z $left ]] || ((left > 200)); then echo "told to make room"; else echo "the time is nearly up"; fi
}

# Whether somebody other than this job has asked the run to stop.
stopped_by_hand() { [[ -e $run/stop && $(<"$run/stop") != "$mark" ]]; }
clear_stop() { stopped_by_hand || rm -f "$run/stop"; }

mark="asked by a batch job"
child='' reminder='' asked='' woken=no
trap 'ask_to_stop "$(why_usr1)"' USR1
trap 'ask_to_stop "told to end"' TERM

clear_stop # of a start that was killed
restart=${SLURM_RESTART_COUNT:-0}
say "start $((restart + 1)) on ${SLURM_JOB_NODELIST:-?}, $ranks ranks"
before=$(state_of_run)
while true; do
  if [[ -n $asked ]]; then code=75 && break; fi
  here=$(state_of_run)
  budget=$(left_s)
  "${launch[@]}" "${command[@]}" ${budget:+--time-budget "$budget"} &
  child=$! started=$SECONDS
  while true; do
    woken=no
    if [[ -n $asked && -z $reminder ]]; then
      remind &
      reminder=$!
    fi
    wait "$child"
    code=$?
    [[ $woken == yes ]] || break # else a signal woke it, and the run is still there
  done
  child=''
  case $code in
    0 | 1 | 2 | 3 | 4 | 75) break ;;
  esac
  # A rank has crashed, or was killed. A trial that does so each time is put aside after some
  # attempts, which the run counts; a crash that leaves no trace would happen for ever.
  [[ -z $asked ]] || break
  say "the run ended with code $code"
  [[ $(state_of_run) != "$here" ]] || break
  say "starting it again"
done
[[ -z $reminder ]] || kill "$reminder" 2>/dev/null
by_hand=no
if stopped_by_hand; then by_hand=yes; fi
clear_stop

case $code in
  0 | 3)
    say "finished"
    exit "$code"
    ;;
  2 | 4)
    say "gave up with code $code: see above"
    exit "$code"
    ;;
esac
# mpirun has codes of its own when ranks end while it is asked to stop.
if [[ $code != 75 && -z $asked ]]; then
  say "gave up with code $code: see above"
  exit "$code"
elif [[ $by_hand == yes ]]; then
  say "stopped by the file $run/stop: submit again to go on"
  exit 75
elif [[ $(state_of_run) == "$before" && $asked != "told to"* ]]; then
  say "not finished, and no further than before: not queued again"
  exit 75
elif ((restart >= most_restarts)); then
  say "not finished after $restart restarts: not queued again (--max-restarts)"
  exit 75
elif [[ $(squeue -h -j "$job" -o %T) != RUNNING ]]; then
  say "not finished; the job was cancelled" # by scancel; after a preemption SLURM queues it again itself
  exit 75
fi
say "not finished: queueing again"
trap '' TERM USR1
scontrol requeue "$job" || exit 75
exit 0
