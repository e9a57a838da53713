#!/usr/bin/env bash
# Sets up, builds and tests infoplane on Debian 12, 13 and their relatives.
#
#   env/bootstrap.sh deps    install the missing packages of env/packages-debian.txt
#   env/bootstrap.sh build   deps, then the release build: build/release/infoplane
#   env/bootstrap.sh test    deps, then every test; serial tests once more under AddressSanitizer, those with
#                            threads under ThreadSanitizer; a minute of libFuzzer on each reader of
#                            data files
#   env/bootstrap.sh fuzz    deps, then only the last of these
#   env/bootstrap.sh demo    build, then the tutorial sweep on two ranks, its table and its figures
#   env/bootstrap.sh help    this text
#
# INFOPLANE_SKIP_DEPS=1    install nothing; the compiler and libraries are already here
# INFOPLANE_JOBS=N         compile jobs (default: the cores, fewer when memory is short)
# INFOPLANE_DATA=DIR       real data sets; tests that need them are skipped without it
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
packages_file=$repo/env/packages-debian.txt

say() { printf '==> %s\n' "$*" >&2; }
die() {
  printf 'env/bootstrap.sh: %s\n' "$*" >&2
  exit 1
}
usage() { sed -n '2,/^set /{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }

# --- packages

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "installing packages needs root; run this as root, or install sudo"
  fi
}

# Lines of env/packages-debian.txt without comments, e.g. "git" or "a | b".
wanted_packages() { sed -e 's/#.*//' -e 's/[[:space:]|]\{1,\}/ /g' -e '/^ *$/d' "$packages_file"; }

# Wanted lines of which no alternative is installed.
missing_packages() {
  local line name
  local -A installed=()
  while read -r name; do installed[$name]=1; done < <(
    dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p'
  )
  while read -r line; do
    for name in $line; do [[ -v installed[$name] ]] && continue 2; done
    printf '%s\n' "$line"
  done < <(wanted_packages)
}

is_offered() { [[ $(LC_ALL=C apt-cache policy "$1") =~ Candidate:\ [^\(] ]]; }

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 "$@"
}

# SLURM and munge are for tests that start their own: what is installed here must not start any.
services_policy=/usr/sbin/policy-rc.d
policy_is_ours=no
forbid_services() {
  [[ ! -e $services_policy ]] || return 0
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$services_policy" >/dev/null
  as_root chmod 755 "$services_policy"
  policy_is_ours=yes
}
allow_services() {
  if [[ $policy_is_ours == yes ]]; then as_root rm -f "$services_policy"; fi
}

install_deps() {
  [[ -z ${INFOPLANE_SKIP_DEPS:-} ]] || return 0
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    die "this is not Debian or Ubuntu. Install what env/packages-debian.txt lists (env/spack.yaml" \
      "and env/apptainer.def are two ways to), then run the step with INFOPLANE_SKIP_DEPS=1."
  fi
  local missing line name chosen=() absent=()
  missing=$(missing_packages)
  if [[ -z $missing ]]; then
    say "packages: nothing is missing"
    return 0
  fi

  say "packages: apt-get update"
  apt_get update >/dev/null || say "apt-get update reported errors; going on with the lists it has"
  while read -r line; do
    for name in $line; do
      if is_offered "$name"; then
        chosen+=("$name")
        continue 2
      fi
    done
    absent+=("'${line// / or }'")
  done <<<"$missing"
  ((${#absent[@]} == 0)) || die "this system's package sources do not have: ${absent[*]}"

  say "packages: installing ${chosen[*]}"
  forbid_services
  local status=0
  apt_get install --yes --no-install-recommends "${chosen[@]}" >/dev/null || status=$?
  allow_services
  return "$status"
}

# --- build and tests

# nproc would rather tell how many threads OpenMP may use, which is 1 on many a cluster.
processors() { env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc; }

# LibTorch's headers cost about 1.5 GiB a compile job; more jobs than memory ends in the OOM killer.
compile_jobs() {
  local cores available_kib fitting
  cores=$(processors)
  available_kib=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
  fitting=$((available_kib / (1536 * 1024)))
  ((fitting < cores)) || fitting=$cores
  ((fitting > 0)) || fitting=1
  printf '%s\n' "${INFOPLANE_JOBS:-$fitting}"
}

# configure_and_build PRESET TARGET [CMAKE OPTION...]
configure_and_build() {
  local preset=$1 target=$2 jobs
  shift 2
  command -v cmake >/dev/null || die "cmake is not on the PATH"
  jobs=$(compile_jobs)
  say "configure: preset $preset"
  cmake --preset "$preset" "$@"
  say "build: preset $preset, $jobs jobs"
  cmake --build --preset "$preset" --target "$target" --parallel "$jobs"
}

run_ctest() {
  say "test: preset $1"
  ctest --preset "$1" --output-on-failure --no-tests=error
}

run_tests() {
  if [[ -z ${INFOPLANE_DATA:-} && -d $repo/../shared/data ]]; then
    INFOPLANE_DATA=$(cd "$repo/../shared/data" && pwd)
    export INFOPLANE_DATA
  fi
  say "real data: ${INFOPLANE_DATA:-none (INFOPLANE_DATA is unset)}"
  local strict=(-DINFOPLANE_WERROR=ON -DINFOPLANE_TESTS=ON)
  configure_and_build release all "${strict[@]}"
  run_ctest release
  configure_and_build asan serial_tests "${strict[@]}"
  run_ctest asan
  configure_and_build tsan threaded_tests "${strict[@]}"
  run_ctest tsan
  run_fuzzers
}

run_fuzzers() {
  configure_and_build fuzz fuzzers -DINFOPLANE_WERROR=ON
  run_ctest fuzz
}

# --- demo

show() {
  printf '\n$ %s\n' "$*"
  "$@"
}

run_demo() {
  local mpirun=(mpirun -n 2) cores
  if ((EUID == 0)); then export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1; fi
  # Open MPI counts cores, nproc counts hardware threads.
  cores=$(lscpu -p=CORE,SOCKET | grep -v '^#' | sort -u | wc -l)
  if ((cores < 2 || $(processors) < 2)); then mpirun+=(--oversubscribe); fi
  export PATH=$repo/build/release:$PATH
  show "${mpirun[@]}" infoplane run sweeps/tutorial.toml --out runs/tutorial
  show infoplane compare runs/tutorial
  show infoplane plot runs/tutorial --where activation=tanh --where learning_rate=0.004
}

cd "$repo"
(($# <= 1)) || die "one step at a time; see env/bootstrap.sh help"
case ${1:-help} in
  deps) install_deps ;;
  build)
    install_deps
    configure_and_build release all
    say "built build/release/infoplane"
    ;;
  test)
    install_deps
    run_tests
    ;;
  fuzz)
    install_deps
    run_fuzzers
    ;;
  demo)
    install_deps
    configure_and_build release all
    run_demo
    ;;
  help | -h | --help) usage ;;
  *) die "unknown step '$1'; the steps are deps, build, test, fuzz, demo and help" ;;
esac
