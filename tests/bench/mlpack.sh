#!/usr/bin/env bash
# mlpack's dual-tree kernel density estimation against the estimator, last 20-unit layer.
#
#   tests/bench/mlpack.sh [REPEATS]          (default 3; tests/bench/run.sh mlpack builds first)
#
# Where this system has no libmlpack-dev (Debian 12) it is compiled and run in a Debian 13 chroot
# under INFOPLANE_CHROOTS (default /var/tmp/infoplane-chroots), made on the first call; needs root.
# Both run on one core with one thread; shown are medians of processor time. mlpack computes the sum
# of BD for I(X;T) alone; we KL and BD, I(X;T) and I(T;Y).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repeats=${1:-3}
build=${INFOPLANE_BENCH_BUILD:-$here/../../build/release}/bench
activations=${INFOPLANE_BENCH_ACTIVATIONS:-$build/activations}
root=${INFOPLANE_CHROOTS:-/var/tmp/infoplane-chroots}/mlpack
# Without this mlpack 4.6 of Debian 13 looks for copies of stb that Debian took out.
compile='g++ -std=c++17 -O3 -DMLPACK_USE_SYSTEM_STB mlpack_kde.cpp -o mlpack_kde -larmadillo'
packages=(g++ libmlpack-dev libstb-dev)

say() { printf '==> %s\n' "$*" >&2; }

make_chroot() {
  ((EUID == 0)) || { say "making a Debian 13 chroot needs root"; exit 1; }
  command -v debootstrap >/dev/null || { say "making a Debian 13 chroot needs debootstrap"; exit 1; }
  local from=${INFOPLANE_DEBIAN_MIRROR:-} proxy=''
  # shellcheck disable=SC2016  # apt expands these, not the shell
  [[ -n $from ]] || from=$(apt-get indextargets --format '$(ORIGIN)|$(RELEASE)|$(REPO_URI)' \
    'Created-By: Packages' | awk -F'|' '$1 == "Debian" && $2 !~ /[-\/]/ && !found++ {print $3}')
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  say "making a Debian 13 with mlpack in $root"
  rm -rf --one-file-system "$root.part"
  http_proxy=${proxy:-${http_proxy:-}} debootstrap --variant=minbase --include=ca-certificates \
    trixie "$root.part" "$from" >&2
  cp --dereference /etc/resolv.conf /etc/hosts "$root.part/etc/"
  apt-config dump Acquire | grep -E '^Acquire::(http|https|Check-|Retries|Force)' \
    >"$root.part/etc/apt/apt.conf.d/90host" || true
  if compgen -G '/usr/local/share/ca-certificates/*' >/dev/null; then
    cp -r /usr/local/share/ca-certificates "$root.part/usr/local/share/"
    chroot "$root.part" update-ca-certificates >/dev/null 2>&1
  fi
  chroot "$root.part" apt-get -qq update >&2
  DEBIAN_FRONTEND=noninteractive chroot "$root.part" \
    apt-get -qq install --yes --no-install-recommends "${packages[@]}" >&2
  mv "$root.part" "$root"
}

# Here or inside the chroot, in a folder that both see as $work.
if dpkg-query -W -f '${Status}' libmlpack-dev 2>/dev/null | grep -q 'ok installed'; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  folder=$work
  inside() { (cd "$work" && "$@"); }
else
  mkdir -p "$(dirname "$root")"
  [[ -d $root ]] || make_chroot
  work=$root/bench folder=/bench
  mkdir -p "$work"
  inside() { chroot "$root" "$@"; }
fi
cp "$here/mlpack_kde.cpp" "$activations/layer4.npy" "$work/"
inside sh -c "cd $folder && $compile"

export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
core=$(taskset -cp $$ | sed 's/.*[-, ]//')

# Median of the processor times in the JSON of pairwise_once, and its BD I(X;T).
of_ours() {
  python3 -c 'import json, statistics, sys
result = json.load(sys.stdin)
print("%.3f %.6f" % (statistics.median(result["cpu_s"]), result["estimates"][0]["bd_xt"]))'
}

echo "| sigma2 | N | mlpack, s | infoplane, s | ratio | BD I(X;T), mlpack | infoplane |"
echo "| --- | --- | --- | --- | --- | --- | --- |"
for sigma2 in 0.001 0.1; do
  for rows in 15000 60000; do
    read -r _ _ theirs their_bits < <(inside taskset -c "$core" "$folder/mlpack_kde" \
      "$folder/layer4.npy" "$repeats" "$sigma2" "$rows")
    read -r ours our_bits < <(taskset -c "$core" "$build/pairwise_once" --rows "$rows" \
      --repeats "$repeats" "$activations/layer4.npy" "$activations/labels.npy" "$sigma2" | of_ours)
    ratio=$(awk -v a="$theirs" -v b="$ours" 'BEGIN {printf "%.1f", a / b}')
    echo "| $sigma2 | $rows | $theirs | $ours | $ratio x | $their_bits | $our_bits |"
  done
done
