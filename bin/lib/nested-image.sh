# shellcheck shell=bash
# The nested host's kernel and initramfs, made once into the cache.
# Needs common.sh and debian-kernel.sh; `lib` is this directory.

# What the nested host loads before it can show the machine's root, and after.
nested_root_modules=(virtio_pci virtio_console 9pnet_virtio 9p overlay)
nested_host_modules=(kvm-amd vhost_vsock vhost_net tun veth)

# nested_image: leaves in $image the directory with `vmlinux` and `initrd` of the nested host.
nested_image() {
  local package kernel busybox key
  choose_kernel amd64
  busybox=$(type -P busybox) || busybox=/dev/null
  key=$(content_key "$lib"/{common,debian-kernel,nested-image}.sh "$lib"/nested-{init,root} "$busybox")
  image=$(cache_root)/nested-host/${package#linux-image-}-$key
  cached "$image" make_nested_image "$kernel" || exit "$fail_status"
}

# make_nested_image TEMPORARY KERNEL_DIR
make_nested_image() {
  local temporary=$1 kernel=$2 root=$1/root
  need busybox cpio modprobe
  say "making the initramfs of the nested host"
  mkdir -p "$root"/{bin,dev,proc,sys,modules,low,scratch,newroot}
  cp "$(type -P busybox)" "$root/bin/busybox" && ln -s busybox "$root/bin/sh" || die "cannot copy busybox"
  cp "$lib/nested-init" "$root/init" && cp "$lib/nested-root" "$root/nested-root" || die "cannot write to $root"
  chmod 755 "$root/init" "$root/nested-root"
  copy_modules "$kernel" "$root/modules/root.list" "$root/modules" "${nested_root_modules[@]}"
  copy_modules "$kernel" "$root/modules/host.list" "$root/modules" "${nested_host_modules[@]}"
  pack_initramfs "$root" "$temporary/initrd"
  rm -rf "$root"
  link_or_copy "$kernel/vmlinux" "$temporary/vmlinux"
}
