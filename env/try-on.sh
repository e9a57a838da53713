#!/usr/bin/env bash
# Runs a step of env/bootstrap.sh on a bare Debian of another release, in a chroot. Needs root.
#
#   env/try-on.sh trixie|bookworm [--keep] [deps|build|test]     (default step: test)
#
# The chroot is made on the first call and reused: later runs build incrementally. It sees a copy of
# the working tree (tracked and untracked files, not ignored ones) without its git history.
#
# --keep                    leave the mounts, so that `chroot` can enter afterwards; the next call
#                           removes them. Without it they are private to this run.
# INFOPLANE_CHROOTS         where chroots live (default /var/tmp/infoplane-chroots)
# INFOPLANE_DEBIAN_MIRROR   package mirror (default: the one apt uses on this machine)
# INFOPLANE_DATA            real data sets, seen read-only inside (default ../shared/data if there)
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '==> %s\n' "$*" >&2; }
die() {
  printf 'env/try-on.sh: %s\n' "$*" >&2
  exit 1
}
usage() { sed -n '2,/^set /{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }

suite='' step='test' keep=no
for argument; do
  case $argument in
    trixie | bookworm) suite=$argument ;;
    deps | build | test) step=$argument ;;
    --keep) keep=yes ;;
    -h | --help | help)
      usage
      exit 0
      ;;
    *) die "unknown argument '$argument'; see env/try-on.sh --help" ;;
  esac
done
[[ -n $suite ]] || die "which Debian release? trixie or bookworm"
((EUID == 0)) || die "a chroot needs root"
command -v apt-get >/dev/null || die "this works on Debian and its relatives only"

chroots=$(realpath -m "${INFOPLANE_CHROOTS:-/var/tmp/infoplane-chroots}")
root=$chroots/$suite
source_dir=$root/src/infoplane
data_dir=${INFOPLANE_DATA:-$repo/../shared/data}

unmount_all() {
  # Deepest first; /proc/self/mounts lists them in the order they were made.
  awk -v root="$1" 'index($2, root "/") == 1 {print $2}' /proc/self/mounts | tac |
    while read -r mount_point; do umount --lazy "$mount_point"; done
}

if [[ -z ${INFOPLANE_MOUNTS_PRIVATE:-} ]]; then
  mkdir -p "$chroots"
  exec 9>"$chroots/$suite.lock"
  flock --nonblock 9 || die "another run is using $root"
  unmount_all "$root" # what an earlier --keep left
  # In a mount namespace of its own nothing stays mounted, not even after a SIGKILL.
  [[ $keep == yes ]] ||
    exec env INFOPLANE_MOUNTS_PRIVATE=1 unshare --mount --propagation private -- bash "$0" "$@"
fi

# --- making the chroot

mirror() {
  if [[ -n ${INFOPLANE_DEBIAN_MIRROR:-} ]]; then
    printf '%s\n' "$INFOPLANE_DEBIAN_MIRROR"
    return
  fi
  # apt reads /etc/apt/sources.list* itself, whichever format they are in; only the archive proper
  # (release = codename, as against bookworm-security) has a suite to bootstrap from.
  # shellcheck disable=SC2016  # apt expands these, not the shell
  apt-get indextargets --format '$(ORIGIN)|$(RELEASE)|$(REPO_URI)' 'Created-By: Packages' |
    awk -F'|' '$1 == "Debian" && $2 !~ /[-\/]/ && !found++ {print $3}'
}

make_chroot() {
  local from
  if ! command -v debootstrap >/dev/null; then
    say "installing debootstrap"
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive \
      apt-get -qq install --yes --no-install-recommends debootstrap >/dev/null
  fi
  from=$(mirror)
  if [[ -z $from ]]; then
    apt-get -qq update
    from=$(mirror)
  fi
  [[ -n $from ]] || die "apt has no Debian mirror configured here; set INFOPLANE_DEBIAN_MIRROR"
  say "making a bare Debian $suite in $root"
  local proxy=''
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  unmount_all "$root.part"
  rm -rf --one-file-system "$root.part"
  # Under another name until it is whole, so that an interrupted one is never reused.
  http_proxy=${proxy:-${http_proxy:-}} debootstrap --variant=minbase --include=ca-certificates \
    "$suite" "$root.part" "$from" >"$chroots/$suite.log" || {
    tail -n 5 "$chroots/$suite.log" >&2
    die "debootstrap failed; its log is $chroots/$suite.log"
  }
  unmount_all "$root.part"
  mv "$root.part" "$root"
}

# --- what changes between calls

# The chroot reaches the mirror as this machine does: same proxy, name service and certificates.
# Other apt settings stay out: hooks name programs that a bare system lacks.
copy_network_settings() {
  cp --dereference /etc/resolv.conf /etc/hosts "$root/etc/"
  apt-config dump Acquire | grep -E '^Acquire::(http|https|Check-|Retries|Force)' \
    >"$root/etc/apt/apt.conf.d/90host" || true
  if compgen -G '/usr/local/share/ca-certificates/*' >/dev/null; then
    cp -r /usr/local/share/ca-certificates "$root/usr/local/share/"
    chroot "$root" update-ca-certificates >/dev/null 2>&1
  fi
}

# All but build/ is laid anew, so that a deleted file is gone here too. What has not changed keeps the
# time it has here and is not compiled again; what has is newer than anything that was built, also
# where it was edited while an earlier call compiled.
copy_working_tree() {
  local new=$source_dir.new
  rm -rf "$new"
  mkdir -p "$source_dir" "$new"
  git -C "$repo" -c safe.directory='*' ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do
      if [[ -e $repo/$file || -L $repo/$file ]]; then printf '%s\0' "$file"; fi
    done |
    tar -C "$repo" --null --no-recursion --files-from=- -cf - |
    tar -C "$new" --no-same-owner --touch -xf -
  find "$new" -type f -printf '%P\0' |
    while IFS= read -r -d '' file; do
      if cmp -s "$source_dir/$file" "$new/$file"; then
        touch --reference="$source_dir/$file" "$new/$file"
      fi
    done
  find "$source_dir" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
  find "$new" -mindepth 1 -maxdepth 1 -exec mv -t "$source_dir" {} +
  rmdir "$new"
}

mount_all() {
  mount -t proc proc "$root/proc"
  mount -t sysfs -o ro sysfs "$root/sys"
  mount --bind /dev "$root/dev"
  mount --bind /dev/pts "$root/dev/pts"
  mount --bind /dev/shm "$root/dev/shm"
  if [[ -d $data_dir ]]; then
    mkdir -p "$root/data"
    mount --bind "$data_dir" "$root/data"
    mount -o remount,bind,ro "$root/data"
  fi
}

[[ -d $root ]] || make_chroot
if [[ $keep == no ]]; then trap 'unmount_all "$root"' EXIT; fi
trap 'exit 130' INT
trap 'exit 143' TERM
mount_all
copy_network_settings
copy_working_tree

# Nothing of this machine's environment may help or hinder, but for what is named here.
environment=(PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8)
[[ ! -d $data_dir ]] || environment+=(INFOPLANE_DATA=/data)
for name in TERM CI INFOPLANE_JOBS http_proxy https_proxy no_proxy; do
  if [[ -n ${!name:-} ]]; then environment+=("$name=${!name}"); fi
done

say "Debian $suite: env/bootstrap.sh $step"
[[ $keep == no ]] || say "to look around afterwards: chroot $root (sources in /src/infoplane)"
status=0
chroot "$root" /usr/bin/env -i "${environment[@]}" \
  bash -c "cd /src/infoplane && exec env/bootstrap.sh $step" 9>&- || status=$?
exit "$status"
