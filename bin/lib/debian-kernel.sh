# shellcheck shell=bash
# Debian kernel packages: found, fetched into the cache, unpacked, never installed.
# Needs common.sh.

# Why `LC_ALL=C`: what apt prints is read here.
apt_options=(-o APT::Sandbox::User=root -o Acquire::Retries=2 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30)

# choose_kernel FLAVOUR [refresh]: leaves in $package the PACKAGE_VERSION of the kernel to use, such as
# linux-image-6.1.0-9-amd64_6.1.27-1, for the metapackage linux-image-FLAVOUR, and in $kernel the directory
# where it is unpacked. What was used last is used again, without a look at apt, until it is refreshed.
choose_kernel() {
  local pointer
  pointer=$(cache_root)/kernel/$1.current
  if [[ ${2:-} != refresh && -s $pointer && -d ${pointer%/*}/$(<"$pointer") ]]; then
    package=$(<"$pointer")
  else
    fetch_kernel "$1" "$pointer"
  fi
  kernel=${pointer%/*}/$package
}

# resolve_kernel FLAVOUR: what the package lists say.
resolve_kernel() {
  local package version
  package=$(LC_ALL=C apt-cache depends --important "linux-image-$1" 2>/dev/null |
    sed -n 's/^ *Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1)
  [[ $package ]] || return 1
  version=$(LC_ALL=C apt-cache policy "$package" | sed -n 's/^  Candidate: //p')
  [[ $version && $version != '(none)' ]] || return 1
  echo "${package}_$version"
}

# fetch_kernel FLAVOUR POINTER: resolves, downloads, unpacks, and remembers; leaves $package.
fetch_kernel() {
  local flavour=$1 pointer=$2 status=0
  need apt-get apt-cache dpkg-deb tar flock
  if ! package=$(resolve_kernel "$flavour"); then
    update_lists "apt's package lists do not have linux-image-$flavour"
    package=$(resolve_kernel "$flavour") ||
      die "no kernel package linux-image-$flavour in apt's lists: it needs Debian's main archive for amd64"
  fi
  cached "${pointer%/*}/$package" unpack_kernel "$package" || status=$?
  if ((status == gone)); then
    update_lists "apt's package lists are too old: the archive has no ${package/_/ } any more"
    package=$(resolve_kernel "$flavour") && status=0
    cached "${pointer%/*}/$package" unpack_kernel "$package" || status=$?
  fi
  # What went wrong has been said.
  ((status == 0)) || exit "$fail_status"
  printf '%s\n' "$package" >"$pointer.$$" && mv "$pointer.$$" "$pointer"
}

# update_lists WHY: apt-get update where that is allowed, else how to do it.
update_lists() {
  ((EUID == 0)) || die "$1; run: sudo apt-get update"
  say "$1; updating them"
  "${BASH_SOURCE[0]%/*}/../../tools/host-setup" --update || die "apt-get update failed: is there a network?"
}

# unpack_kernel TEMPORARY PACKAGE_VERSION: the maker of a kernel directory with `vmlinuz`, `vmlinux`,
# `release` (what uname -r prints) and `modules/lib/modules/RELEASE`.
unpack_kernel() {
  local temporary=$1 package=$2 release
  need xz gzip depmod
  release=${package#linux-image-}
  release=${release%%_*}
  download "$temporary" "${package%%_*}=${package#*_}" || return
  say "unpacking the kernel $release"
  mkdir "$temporary/deb" "$temporary/modules"
  # The file itself is checked against apt's signed lists by apt-get.
  dpkg-deb --fsys-tarfile "$temporary"/*.deb | tar -x -C "$temporary/deb" ./boot ./lib &&
    mv "$temporary/deb/boot/vmlinuz-$release" "$temporary/vmlinuz" &&
    mv "$temporary/deb/lib" "$temporary/modules/lib" || die "cannot unpack the kernel: is the disk full?"
  rm -rf "$temporary/deb" "$temporary"/*.deb
  prune_modules "$temporary/modules/lib/modules/$release"
  PATH=$sbin_path depmod -b "$temporary/modules" "$release" || die "depmod failed on the kernel $release"
  extract_vmlinux "$temporary/vmlinuz" "$temporary/vmlinux"
  echo "$release" >"$temporary/release"
}

# Status of `download` and so of `unpack_kernel` when the archive does not have that version any more.
readonly gone=44

# download DIRECTORY PACKAGE=VERSION: fetches the .deb.
download() {
  local log=$1/apt.log
  say "downloading ${2%=*} (a Debian package, not installed)"
  if (cd "$1" && LC_ALL=C timeout --foreground 900 apt-get "${apt_options[@]}" -q download "$2") >"$log" 2>&1; then
    rm -f "$log"
    return
  fi
  ! grep -q '404  *Not Found' "$log" || return "$gone"
  grep -E '^(E|W|Err)' "$log" | head -n 5 >&2
  die "cannot download ${2%=*}: is there a network?"
}

# prune_modules DIRECTORY: drops what no virtual machine here ever loads; most of 400 MB.
prune_modules() {
  local kernel=$1/kernel
  rm -rf "$kernel/drivers/"{gpu,media,infiniband,scsi,usb,iio,hid,staging,mtd,platform,isdn,ata,bluetooth} \
    "$kernel/drivers/net/"{ethernet,wireless,usb,can,phy,ieee802154} \
    "$kernel/sound" "$kernel/net/"{bluetooth,mac80211,wireless,sunrpc,ceph,sctp,tipc,batman-adv} \
    "$kernel/fs/"{ocfs2,xfs,btrfs,f2fs,gfs2,ceph,nfs,nfsd,smb,cifs,jfs,reiserfs,ubifs,udf,afs,dlm,nilfs2}
}

# extract_vmlinux BZIMAGE OUTPUT: the ELF kernel inside a bzImage, by the fields of its setup
# header (Documentation/arch/x86/boot.rst: setup_sects 0x1f1, HdrS 0x202, version 0x206,
# payload_offset 0x248 and payload_length 0x24c; the payload counts from the protected-mode code).
extract_vmlinux() {
  local image=$1 output=$2 sectors start length size magic unpack
  [[ $(bytes "$image" $((0x202)) 4) == 48647253 ]] || die "$image is not a bzImage"
  (($(number "$image" $((0x206)) 2) >= 0x208)) || die "$image is too old to name its payload"
  sectors=$(number "$image" $((0x1f1)) 1)
  ((sectors != 0)) || sectors=4
  start=$(((sectors + 1) * 512 + $(number "$image" $((0x248)) 4)))
  length=$(number "$image" $((0x24c)) 4)
  ((length > 8 && start + length <= $(stat -c %s "$image"))) || die "$image: its payload is not inside the file"
  # The build appends the unpacked size, except for gzip, whose own trailer is just that.
  size=$(number "$image" $((start + length - 4)) 4)
  magic=$(bytes "$image" "$start" 6)
  case $magic in
    1f8b*) unpack=gzip ;;
    fd377a585a00) unpack=xz length=$((length - 4)) ;;
    28b52ffd*) unpack=zstd length=$((length - 4)) ;;
    02214c18*) unpack=lz4 length=$((length - 4)) ;;
    425a68*) unpack=bzip2 length=$((length - 4)) ;;
    *) die "$image: payload compressed in an unknown way ($magic)" ;;
  esac
  need "$unpack"
  # `head` may end before `tail` has written everything: only the last status counts, and the size.
  (set +o pipefail; tail -c +$((start + 1)) "$image" | head -c "$length" | "$unpack" -dc) >"$output" ||
    die "$image: $unpack cannot unpack the payload"
  [[ $(stat -c %s "$output") == "$size" && $(bytes "$output" 0 4) == 7f454c46 ]] ||
    die "$image: its payload is not a whole ELF kernel"
}

# bytes FILE OFFSET COUNT: in hexadecimal; number FILE OFFSET SIZE: an unsigned little-endian integer.
bytes() { od -An -v -t x1 -j "$2" -N "$3" "$1" | tr -d ' \n'; }
number() { od -An -v --endian=little -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' \n'; }

# copy_modules KERNEL_DIR LIST_FILE TARGET MODULE...: copies the modules and all they need flat into
# TARGET, and appends their file names to LIST_FILE in an order in which they can be loaded.
copy_modules() {
  local kernel=$1 list=$2 target=$3 release module kind path name needed
  shift 3
  release=$(<"$kernel/release")
  for module in "$@"; do
    needed=$(PATH=$sbin_path modprobe -d "$kernel/modules" -S "$release" --show-depends "$module") ||
      die "the kernel $release has no module $module"
    # Lines are `insmod PATH [OPTION...]`, or `builtin NAME` for what needs no loading.
    while read -r kind path _; do
      name=${path##*/}
      [[ $kind == insmod && ! -e $target/$name ]] || continue
      cp "$path" "$target/$name" || die "cannot write to $target"
      echo "$name" >>"$list"
    done <<<"$needed"
  done
}

# copy_module_tree KERNEL_DIR TARGET MODULE...: copies the modules and all they need into
# TARGET/lib/modules/RELEASE, where modprobe finds them.
copy_module_tree() {
  local kernel=$1 target=$2 release from module kind path needed
  shift 2
  release=$(<"$kernel/release")
  from=$kernel/modules
  mkdir -p "$target/lib/modules/$release"
  cp "$from/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} "$target/lib/modules/$release/" || die "cannot write to $target"
  for module in "$@"; do
    needed=$(PATH=$sbin_path modprobe -d "$from" -S "$release" --show-depends "$module") ||
      die "the kernel $release has no module $module"
    while read -r kind path _; do
      [[ $kind == insmod ]] || continue
      (cd "$from" && cp --parents "./${path#"$from"/}" "$target") || die "cannot write to $target"
    done <<<"$needed"
  done
  PATH=$sbin_path depmod -b "$target" "$release" || die "depmod failed"
  # Only this one is read by busybox's modprobe.
  find "$target/lib/modules/$release" -maxdepth 1 -name 'modules.*' ! -name modules.dep ! -name modules.alias -delete
}

# pack_initramfs DIRECTORY OUTPUT: not compressed, since unpacking costs more under emulation than reading.
pack_initramfs() {
  (cd "$1" && find . -print0 | LC_ALL=C sort -z | cpio --null -o -H newc -R 0:0 --quiet --reproducible) >"$2" ||
    die "cannot pack the initramfs $2"
}

# link_or_copy FROM TO: kernels are large, and a hard link also keeps the file when FROM is cleaned away.
link_or_copy() { ln "$1" "$2" 2>/dev/null || cp "$1" "$2" || die "cannot write $2"; }
