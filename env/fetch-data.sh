#!/usr/bin/env bash
# Gets a data set from where its authors publish it and checks every byte.
#
#   env/fetch-data.sh mnist           11 MiB   handwritten digits
#   env/fetch-data.sh fashion-mnist   30 MiB   clothes; on Debian also: apt install dataset-fashion-mnist
#   env/fetch-data.sh names            3 MiB   names in 18 languages
#   env/fetch-data.sh cora           168 KiB   papers, their words and citations
#   env/fetch-data.sh SET DIR         puts the files of SET into the folder DIR
#   env/fetch-data.sh --help          this text
#
# Without DIR the files go to $INFOPLANE_DATA/SET when INFOPLANE_DATA is set and writable, else to
# ${XDG_CACHE_HOME:-~/.cache}/infoplane/SET; infoplane looks in both. The folder is printed on stdout.
# A file appears only when it is whole and its content has the SHA-256 of env/data-files.txt. Files
# that are there are not fetched again, and an interrupted download goes on where it stopped.
#
# INFOPLANE_DATA=DIR         folder of data sets
# INFOPLANE_MIRROR=URL       take URL/SET/ARCHIVE and ask no other server
# INFOPLANE_DATA_FILES=FILE  another table than env/data-files.txt
#
# Exit codes: 0 the set is there; 1 a tool is missing; 2 wrong usage; 4 the set cannot be had or
# written. For example, in a new folder on a big disk, and on a cluster with a mirror of its own:
#
#   INFOPLANE_DATA=/scratch/data env/fetch-data.sh mnist
#   INFOPLANE_MIRROR=http://mirror.example/data env/fetch-data.sh cora
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
table=${INFOPLANE_DATA_FILES:-$repo/env/data-files.txt}
resumes_per_url=20

say() { printf '==> %s\n' "$*" >&2; }
# die CODE LINE...
die() {
  local code=$1
  shift
  printf 'env/fetch-data.sh: %s\n' "$1" >&2
  shift
  (($# == 0)) || printf '  %s\n' "$@" >&2
  exit "$code"
}
is_here() { command -v "$1" >/dev/null; }
usage() { sed -n '2,/^set /{s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }

# --- being stopped

child='' # the download under way
messages=$(mktemp)
trap 'rm -f "$messages"' EXIT
stop() {
  [[ -z $child ]] || kill "$child" 2>/dev/null || true
  exit "$1"
}
trap 'stop 129' HUP
trap 'stop 130' INT
trap 'stop 143' TERM

# --- the table

declare -a targets=() archives=()                       # files of the set; what they come in
declare -A archive_of=() member_of=() hashes_of=()      # by target
declare -A urls_of=()                                   # by archive

known_sets() { sed -e 's/#.*//' "$table" | awk 'NF && !seen[$1]++ {print $1}' | paste -sd ' ' -; }

read_table() {
  local set=$1 row_set archive member hashes urls target
  while read -r row_set archive member hashes urls; do
    [[ $row_set == "$set" ]] || continue
    [[ -n $urls ]] || die 2 "$table: too few columns for $archive of $set"
    target=${member##*/}
    [[ $member != - ]] || target=$archive
    targets+=("$target")
    archive_of[$target]=$archive
    member_of[$target]=$member
    hashes_of[$target]=$hashes
    [[ -v urls_of[$archive] ]] || archives+=("$archive")
    urls_of[$archive]=$urls
    [[ -z ${INFOPLANE_MIRROR:-} ]] || urls_of[$archive]=${INFOPLANE_MIRROR%/}/$set/$archive
  done < <(sed -e 's/#.*//' "$table")
}

# --- content

# SHA-256 of what is in a file, so that it does not matter who packed it. Fails on a torn archive.
content_hash() {
  case $1 in
    *.gz | *.gz.part) gzip -dc -- "$1" | sha256sum | cut -c1-64 ;;
    *) sha256sum <"$1" | cut -c1-64 ;;
  esac
}

# unpack ARCHIVE NAME MEMBER: one member to stdout; NAME tells the format.
unpack() {
  case $2 in
    *.tgz | *.tar.gz) tar -xzOf "$1" -- "$3" ;;
    *.zip)
      if is_here python3; then
        python3 -c 'import sys, zipfile
try:
    sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))
except Exception as error:
    sys.exit(f"{error}")' "$1" "$3"
      elif is_here unzip; then
        unzip -pq "$1" "$3"
      else
        bsdtar -xOf "$1" "$3"
      fi
      ;;
  esac
}

# Before anything is downloaded in vain.
check_tools() {
  is_here curl || is_here wget || die 1 "downloading needs curl or wget: apt-get install curl"
  case $1 in
    *.zip) is_here python3 || is_here unzip || is_here bsdtar || die 1 "unpacking $1 needs python3, unzip or bsdtar" ;;
    *.gz | *.tgz) is_here gzip || die 1 "unpacking $1 needs gzip" ;;
    *) die 2 "$table: no way to unpack $1" ;;
  esac
}

# accepts FILE TARGET: whether FILE has the content of TARGET; says what is wrong in $problem.
problem=''
accepts() {
  local found hash
  if ! found=$(content_hash "$1" 2>"$messages"); then
    problem="$2 is no whole gzip file ($(last_message))"
    return 1
  fi
  for hash in ${hashes_of[$2]//,/ }; do [[ $found != "$hash" ]] || return 0; done
  problem="$2 has the wrong content, SHA-256 $found where ${hashes_of[$2]//,/ or } is expected"
  return 1
}

last_message() { tail -n 1 "$messages" | cut -c1-200; }

# Where the readers would find the target: they take an unpacked file before a .gz.
copy_of() {
  local plain=$1/${2%.gz}
  if [[ -e $plain ]]; then printf '%s\n' "$plain"; else printf '%s\n' "$1/$2"; fi
}

has_all() {
  local target
  for target in "${targets[@]}"; do
    [[ -f $(copy_of "$1" "$target") ]] && accepts "$(copy_of "$1" "$target")" "$target" || return 1
  done
}

# Hidden name of a file that is not whole, or not known to be.
part_of() { printf '%s/.%s.part\n' "$folder" "$1"; }

# Whether all that is wanted of an archive is in PART; its members are unpacked beside it.
verify() {
  local archive=$1 part=$2 target unpacked
  for target in "${targets[@]}"; do
    [[ ${archive_of[$target]} == "$archive" ]] || continue
    if [[ ${member_of[$target]} == - ]]; then
      accepts "$part" "$target" || return 1
      continue
    fi
    unpacked=$(part_of "$target")
    if ! unpack "$part" "$archive" "${member_of[$target]}" >"$unpacked" 2>"$messages"; then
      problem="${member_of[$target]} cannot be unpacked from $archive ($(last_message))"
    elif accepts "$unpacked" "$target"; then
      continue
    fi
    forget_members "$archive"
    return 1
  done
}

forget_members() {
  local target
  for target in "${targets[@]}"; do
    [[ ${archive_of[$target]} != "$1" || ${member_of[$target]} == - ]] || rm -f "$(part_of "$target")"
  done
}

# The archive goes last: after a kill in here the next call needs no download.
put_in_place() {
  local archive=$1 target
  for target in "${targets[@]}"; do
    [[ ${archive_of[$target]} == "$archive" ]] || continue
    mv -f -- "$(part_of "$target")" "$folder/$target"
  done
  rm -f "$(part_of "$archive")"
}

# --- download

size_of() { if [[ -e $1 ]]; then stat -c %s -- "$1"; else printf '0\n'; fi; }

# transfer URL PART: one attempt to complete PART. 0: done; 33: cannot resume; 18: broke off; else it
# failed. Sets $reason.
reason=''
transfer() {
  local url=$1 part=$2 status=0
  if is_here curl; then
    local progress=--silent
    [[ ! -t 2 ]] || progress=--progress-bar
    curl "$progress" --fail --location --connect-timeout 20 --speed-limit 1 --speed-time 30 \
      --write-out '%{errormsg}\n' --continue-at - --output "$part" -- "$url" >"$messages" &
    child=$!
    wait "$child" || status=$?
    reason=$(last_message)
    case $status in
      22) [[ $reason != *" 416" ]] || status=33 ;; # the part is as long as the file, or longer
      28 | 52 | 55 | 56 | 92) status=18 ;; # other ways for a connection to end early
    esac
  else
    LC_ALL=C wget --no-verbose --tries=1 --timeout=30 --continue --output-document="$part" -- "$url" \
      2>"$messages" &
    child=$!
    wait "$child" || status=$?
    reason=$(last_message)
    [[ $status != 4 ]] || status=18 # wget itself gets along with servers that ignore Range
  fi
  child=''
  return "$status"
}

# download URL PART: goes on from what PART has, over lost connections as long as they bring something.
download() {
  local url=$1 part=$2 before after status resumes=0
  say "downloading $url"
  while true; do
    before=$(size_of "$part")
    ((before == 0)) || say "resuming at byte $before"
    status=0
    transfer "$url" "$part" || status=$?
    after=$(size_of "$part")
    if ((status == 0)); then return 0; fi
    if ((status == 23)); then die 4 "cannot write $part: $reason"; fi
    if ((status == 33 && before > 0)); then
      say "cannot resume there; from the start"
      rm -f "$part"
    elif ((status == 18 && after > before && resumes < resumes_per_url)); then
      say "the connection was lost after $after bytes"
      resumes=$((resumes + 1))
    else
      [[ -n $reason ]] || reason="the download failed with status $status"
      ((after > 0)) || rm -f "$part"
      return 1
    fi
  done
}

fetch_archive() {
  local archive=$1 part url attempt failures=()
  part=$(part_of "$archive")
  if [[ -s $part ]] && verify "$archive" "$part"; then
    put_in_place "$archive"
    return 0
  fi
  for url in ${urls_of[$archive]}; do
    for attempt in 1 2; do
      if ! download "$url" "$part"; then
        failures+=("$url: $reason")
        continue 2
      fi
      if verify "$archive" "$part"; then
        put_in_place "$archive"
        return 0
      fi
      rm -f "$part"
      ((attempt == 2)) || say "$problem; once more from the start"
    done
    failures+=("$url: $problem")
  done
  give_up "$archive" "${failures[@]}"
}

give_up() {
  local archive=$1 advice
  shift
  advice=("Check the network and https_proxy and run the same command again: what has arrived is kept."
    "Or get $archive elsewhere and name a server that has it as $set/$archive in INFOPLANE_MIRROR.")
  [[ $set != fashion-mnist ]] ||
    advice+=("Debian and Ubuntu have this set as a package: apt-get install dataset-fashion-mnist")
  die 4 "could not get $archive of $set:" "$@" "${advice[@]}"
}

# --- the set

# Sets $folder.
choose_folder() {
  local cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
  if [[ -n ${INFOPLANE_DATA:-} ]]; then
    folder=$INFOPLANE_DATA/$set
    if has_all "$folder"; then return 0; fi
    if mkdir -p -- "$folder" 2>/dev/null && [[ -w $folder ]]; then return 0; fi
    say "INFOPLANE_DATA=$INFOPLANE_DATA cannot be written; taking the cache folder"
  fi
  [[ -n $cache ]] || die 2 "none of INFOPLANE_DATA, XDG_CACHE_HOME and HOME is set; name a folder: $set DIR"
  folder=$cache/infoplane/$set
}

# One call at a time fills a folder. The lock is the folder itself and is inherited by curl, which may
# outlive a killed script.
lock_folder() {
  is_here flock || return 0
  exec 9<"$folder"
  flock --nonblock 9 && return 0
  say "another call is filling $folder; waiting for it"
  flock 9
}

fetch_set() {
  local target archive copy
  local -A needed=()
  if has_all "$folder"; then
    say "$set: already there"
    return 0
  fi
  mkdir -p -- "$folder" 2>"$messages" || die 4 "cannot make the folder $folder: $(last_message)"
  [[ -w $folder ]] || die 4 "cannot write to $folder; name another folder: env/fetch-data.sh $set DIR"
  lock_folder
  for target in "${targets[@]}"; do
    copy=$(copy_of "$folder" "$target")
    if [[ ! -e $copy ]]; then
      needed[${archive_of[$target]}]=1
    elif ! accepts "$copy" "$target"; then
      die 4 "$copy is there, and not the published file: $problem" \
        "Move it away, or name another folder: env/fetch-data.sh $set DIR"
    fi
  done
  for archive in "${archives[@]}"; do
    [[ -v needed[$archive] ]] || continue
    check_tools "$archive"
    fetch_archive "$archive"
  done
  say "$set: complete"
}

set='' folder=''
for argument; do
  case $argument in
    -h | --help | help)
      usage
      exit 0
      ;;
    -*) die 2 "unknown option '$argument'; see env/fetch-data.sh --help" ;;
  esac
done
[[ -r $table ]] || die 4 "cannot read the table of files $table"
(($# >= 1)) || die 2 "which data set? $(known_sets); see env/fetch-data.sh --help"
(($# <= 2)) || die 2 "one data set and one folder at a time; see env/fetch-data.sh --help"
set=$1
read_table "$set"
((${#targets[@]} > 0)) || die 2 "unknown data set '$set'; the sets are: $(known_sets)"
if (($# == 2)); then
  [[ -n $2 ]] || die 2 "the folder is empty; see env/fetch-data.sh --help"
  folder=$2
else
  choose_folder
fi
fetch_set
printf '%s\n' "$folder"
