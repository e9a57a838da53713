#!/usr/bin/env bash
# Builds the benchmarks, makes the activations they need, and prints the tables of README.md.
#
#   tests/bench/run.sh [numpy|sgemm|pruning|mlpack|ranks|pytorch]... [-- OPTION...]     (default: all)
#
# Options after -- go to the script of the one row that was named, for example
#   tests/bench/run.sh pruning -- --reference
#
# Needs libbenchmark-dev, zlib1g-dev, python3-numpy, python3-scipy and python3-torch beside env/packages-debian.txt,
# and MNIST in INFOPLANE_DATA/mnist. INFOPLANE_BENCH_ACTIVATIONS names activations made before,
# INFOPLANE_BENCH_BUILD another build folder than build/release.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
export INFOPLANE_BENCH_BUILD=${INFOPLANE_BENCH_BUILD:-$repo/build/release}
export INFOPLANE_BENCH_ACTIVATIONS=${INFOPLANE_BENCH_ACTIVATIONS:-$INFOPLANE_BENCH_BUILD/bench/activations}
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# Debian's numpy belongs to the system's Python, which another one on the PATH would hide.
python=/usr/bin/python3
[[ -e /usr/lib/python3/dist-packages/numpy ]] || python=python3

usage() { sed -n '2,/^set /{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }

rows=()
while (($#)); do
  case $1 in
    numpy | sgemm | pruning | mlpack | ranks | pytorch) rows+=("$1") ;;
    -h | --help) usage && exit 0 ;;
    --) shift && break ;;
    *) printf 'tests/bench/run.sh: unknown row %s; see --help\n' "$1" >&2 && exit 2 ;;
  esac
  shift
done
(($# == 0 || ${#rows[@]} == 1)) || {
  echo "tests/bench/run.sh: options after -- need exactly one row" >&2
  exit 2
}
((${#rows[@]})) || rows=(numpy sgemm pruning mlpack ranks pytorch)

if [[ ! -e $INFOPLANE_BENCH_BUILD/build.ninja ]]; then
  cmake -S "$repo" -B "$INFOPLANE_BENCH_BUILD" -G Ninja -DCMAKE_BUILD_TYPE=Release >&2
fi
cmake -B "$INFOPLANE_BENCH_BUILD" -DINFOPLANE_BENCH=ON >/dev/null
cmake --build "$INFOPLANE_BENCH_BUILD" --target bench_programs infoplane >&2
[[ -e $INFOPLANE_BENCH_ACTIVATIONS/labels.npy ]] ||
  "$INFOPLANE_BENCH_BUILD/bench/make_activations" "$INFOPLANE_BENCH_ACTIVATIONS"

for row in "${rows[@]}"; do
  printf '\n### %s\n\n' "$row"
  case $row in
    numpy) "$python" "$here/compare_numpy.py" "$@" ;;
    sgemm) "$python" "$here/sgemm_ratio.py" "$@" ;;
    pruning) "$python" "$here/pruning.py" "$@" ;;
    mlpack) "$here/mlpack.sh" "$@" ;;
    ranks) "$python" "$here/ranks.py" "$@" ;;
    pytorch) "$python" "$here/compare_pytorch.py" "$@" ;;
  esac
done
