#!/bin/bash
# A sweep on a machine without a batch system, until it is finished:
#   slurm/examples/until-done.sh 8 sweeps/szt-sampling.toml --out runs/szt
# The first word is the number of ranks, all others go to infoplane run. A crash, or a rank that the
# system has killed for its memory, costs the trial it was in; the next start goes on with the rest.
# Ctrl-C ends both; `touch runs/szt/stop` ends the run cleanly. The same line goes on later.
set -u

ranks=${1:?how many ranks?}
shift
out=runs
for ((i = 1; i <= $#; i++)); do
  next=$((i + 1))
  case ${!i} in
    --out) out=${!next-} ;;
    --out=*) out=${!i#--out=} ;;
  esac
done
state_of_run() { find "$out" -name results.nc -exec cat {} + -o -path '*/checkpoints/*' -type f -exec cat {} + 2>/dev/null | cksum; }

trap 'exit 130' INT
while true; do
  before=$(state_of_run)
  mpirun -n "$ranks" "${INFOPLANE:-infoplane}" run "$@"
  code=$?
  case $code in
    0 | 2 | 3 | 4 | 75) exit "$code" ;; # finished, cannot be done, or asked to stop
  esac
  # What leaves no trace would happen for ever.
  if [[ $(state_of_run) == "$before" ]]; then
    echo "code $code, and the run got nowhere: giving up" >&2
    exit "$code"
  fi
  echo "code $code: starting again" >&2
done
