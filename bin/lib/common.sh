# shellcheck shell=bash
# Shared by the host side scripts: messages, missing tools, the cache outside the tree.
# The script that sources this file sets `me` (its name, for messages) before.

# What fails in $(...) ends the script that wanted it, too.
shopt -s inherit_errexit

# Tools that Debian keeps in sbin are not on an ordinary user's PATH.
sbin_path=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# say TEXT...: one line about what is going on, on stderr.
say() { printf '%s: %s\n' "$me" "$*" >&2; }

# die TEXT...: one line that says what went wrong, then the script ends with status $fail_status.
fail_status=${fail_status:-1}
die() {
  say "$*"
  exit "$fail_status"
}

# package_of TOOL: the Debian package that brings a tool.
package_of() {
  case $1 in
    qemu-system-x86_64) echo qemu-system-x86 ;;
    qemu-img) echo qemu-utils ;;
    busybox) echo busybox-static ;;
    depmod | modprobe) echo kmod ;;
    xz) echo xz-utils ;;
    lz4 | zstd | cpio | gzip | bzip2 | gcc | git | make | shellcheck | tar | fio | passt | iperf3 | sway | weston | zsh | fish) echo "$1" ;;
    mkfs.ext4 | e2fsck) echo e2fsprogs ;;
    mksquashfs) echo squashfs-tools ;;
    dpkg-deb) echo dpkg ;;
    apt-get | apt-cache) echo apt ;;
    setpriv | flock) echo util-linux ;;
    script) echo bsdutils ;;
    ip) echo iproute2 ;;
    *) echo coreutils ;;
  esac
}

# have TOOL: is it there, in the form that is needed?
have() {
  local path
  path=$(PATH=$sbin_path type -P "$1") || return 1
  # Alone in an initramfs, busybox finds no shared libraries: it must be the static one.
  [[ $1 != busybox ]] || ! ldd "$path" >/dev/null 2>&1
}

# need TOOL...: ends with the names of the packages to install when one is missing.
need() {
  local tool package missing=()
  for tool in "$@"; do
    have "$tool" && continue
    package=$(package_of "$tool")
    [[ " ${missing[*]} " == *" $package "* ]] || missing+=("$package")
  done
  ((${#missing[@]} == 0)) && return
  say "missing Debian package(s): ${missing[*]}"
  die "install with: $(install_line "${missing[@]}")   (or run tools/host-setup as root)"
}

# install_line PACKAGE...: the command that installs them.
install_line() {
  local sudo='sudo '
  ((EUID != 0)) || sudo=''
  echo "${sudo}apt-get install --no-install-recommends $*"
}

# cache_root: prints the cache directory, made if need be.
cache_root() {
  local base=${XDG_CACHE_HOME:-}
  # The XDG specification says to ignore a relative path.
  [[ $base == /* ]] || base=${HOME:-$(getent passwd "$EUID" | cut -d: -f6)}/.cache
  mkdir -p "$base/crosvm" 2>/dev/null && [[ -w $base/crosvm ]] ||
    die "cannot write to the cache $base/crosvm; set XDG_CACHE_HOME to a writable directory"
  echo "$base/crosvm"
}

# cached DIR MAKER ARGS...: makes the directory DIR once.
# `MAKER TEMPORARY ARGS...` fills a temporary directory beside DIR, which is then renamed, so DIR is
# there whole or not at all. A second caller waits for the first, and finds it made. Returns the
# maker's status; a maker checks each of its steps itself, since `set -e` does not act in here.
cached() {
  local dir=$1 maker=$2 temporary lock status=0
  shift 2
  [[ -d $dir ]] && return
  mkdir -p "${dir%/*}"
  exec {lock}>"$dir.lock"
  flock -w 900 "$lock" || die "gave up waiting for another process that is making $dir"
  if [[ ! -d $dir ]]; then
    # Whoever holds the lock is the only maker: what is left of an earlier one is rubbish.
    rm -rf "$dir".making.*
    temporary=$(mktemp -d "$dir.making.XXXXXX") || die "cannot write to ${dir%/*}"
    make_in "$temporary" "$maker" "$@" {lock}>&- || status=$?
    if ((status == 0)); then
      chmod 755 "$temporary" && mv -T "$temporary" "$dir" || die "cannot write to ${dir%/*}"
      # What earlier versions made goes after a month; an older checkout makes it again.
      find "${dir%/*}" -mindepth 1 -maxdepth 1 -type d -mtime +30 -exec rm -rf {} + || true
    else
      rm -rf "$temporary"
    fi
  fi
  exec {lock}>&-
  return "$status"
}

# make_in TEMPORARY MAKER ARGS...: runs the maker as a process group of its own, so that all of it ends at
# once when this script is to end. Not for use in $(...), which a signal to the script does not reach.
make_in() {
  local signal maker status=0
  set -m
  ("$2" "$1" "${@:3}") </dev/null &
  maker=$!
  set +m
  for signal in INT TERM HUP; do
    # shellcheck disable=SC2064 # these values
    trap "stop_making $signal $maker '$1'" "$signal"
  done
  wait "$maker" || status=$?
  trap - INT TERM HUP
  return "$status"
}

# stop_making SIGNAL MAKER TEMPORARY: ends this script by that signal, with nothing left.
stop_making() {
  trap '' INT TERM HUP
  kill -KILL -- "-$2" || true
  wait "$2" || true
  rm -rf "$3"
  trap - "$1"
  kill -s "$1" $$
} 2>/dev/null

# content_key FILE...: a short key that changes with the content of the files.
content_key() { cat "$@" | sha256sum | cut -c1-12; }
