# shellcheck shell=bash
# Runs the nested host once: starts the emulator, relays the streams, waits for the end.
# Uses `cpus`, `memory`, `timeout` and `shares` of bin/nested-host.
#
#   caller's stdin  -> cat -> [port in ] -> cat -> COMMAND        Every arrow is a pipe, so that neither
#   caller's stdout <- dd  <- [port out] <- cat <- COMMAND        side's file descriptors are touched by
#   caller's stderr <- dd  <- [port err] <- cat <- COMMAND        the emulator (which would set them
#   caller's tty    <- dd  <- [port tty] <- pty <- COMMAND        non-blocking); `dd` can be asked how
#   this script     -> [port orders], and back by [port events] many bytes it has passed on.
#
# Nothing here has a name in a file system, and every process dies with this one.

# How long the nested host may take to start, in seconds; it takes about 4 on an idle machine.
boot_seconds=${CROSVM_NESTED_BOOT_SECONDS:-120}

# The CPU it has. Not 5-level paging: it would make every address translation dearer, inside and in guests.
# Not virtual GIF, which is for guests of guests.
# Not XSAVE: the emulator does not let KVM see a guest's XSETBV, and the guest's kernel complains of the sizes.
nested_cpu=${CROSVM_NESTED_CPU:-max,-la57,-xsave,-vgif}

declare -A pump=() counter=()
saved_terminal='' emulator='' feeder='' guard=''

# Each helper process is killed by the kernel when this script dies, even of SIGKILL.
with_me() { exec setpriv --pdeathsig KILL -- "$@"; }

# open_pump STREAM TARGET_FD: a process that copies from a pipe to TARGET_FD. The pipe's end for the
# emulator is left in $opened.
open_pump() {
  local stream=$1 target=$2 tell
  # A pipe opened for both ways: written by dd, when asked for its count, and read by us.
  exec {tell}<> <(:)
  # shellcheck disable=SC2261 # it is the function's own standard error
  exec {opened}> >(LC_ALL=C with_me dd bs=64k >&"$target" 2>&"$tell")
  pump[$stream]=$!
  counter[$stream]=$tell
}

# passed_on STREAM: prints how many bytes the pump of STREAM has passed on; fails when it has ended.
passed_on() {
  local line tell=${counter[$1]}
  kill -USR1 "${pump[$1]}" 2>/dev/null || return
  while IFS= read -r -t 2 -u "$tell" line; do
    if [[ $line =~ ^([0-9]+)\ byte ]]; then
      echo "${BASH_REMATCH[1]}"
      return
    fi
  done
  kill -0 "${pump[$1]}" 2>/dev/null && echo 0
}

# await_output STREAM COUNT: returns when COUNT bytes have arrived, or their reader is gone.
await_output() {
  local count pause=0.01
  [[ -v pump[$1] ]] || return 0
  while count=$(passed_on "$1") && ((count < $2)); do
    sleep "$pause"
    pause=0.1
  done
}

# port NAME CHARDEV_OPTIONS: appends one virtio-serial port to the emulator's options.
port() {
  options+=(-chardev "$2,id=$1" -device "virtserialport,chardev=$1,name=$1")
}

# The emulator's first CPU must run no guest, so there is one more than asked for, and Linux keeps to the others
# (isolcpus). Whatever CPU loads FPU registers clears a flag of the *first* CPU (cpu_clear_ignne), in a word with
# flags of its virtualization (hflags2) that it may be changing just then. One is lost, or comes back: a guest
# then runs without nested paging, in our own memory, or an interrupt comes between a guest and its host.

# start_emulator IMAGE_DIR: leaves $to_guest and $from_guest, pipes to and from nested-root.
start_emulator() {
  local image=$1 i stdin options=() close=()
  exec {to_guest}<> <(:) {from_guest}<> <(:)
  exec {stdin}< <(with_me cat)
  feeder=$!
  # shellcheck disable=SC2054 # the commas are the emulator's
  options=(
    -nodefaults -no-user-config -display none -no-reboot -monitor none
    -accel tcg,thread=multi -M q35 -smp "$((cpus + 1))" -m "$memory"
    -cpu "$nested_cpu"
    -kernel "$image/vmlinux" -initrd "$image/initrd"
    -append "console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable isolcpus=0"
    -chardev "file,id=console,path=/dev/fd/$console_log,append=on" -serial chardev:console
    -fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap
    -device virtio-9p-pci,fsdev=root,mount_tag=hostroot
    -device virtio-serial-pci,max_ports=8
  )
  for i in "${!shares[@]}"; do
    # In an option of the emulator a comma is doubled.
    options+=(-fsdev "local,id=share$i,path=${shares[i]//,/,,},security_model=none,multidevs=remap"
      -device "virtio-9p-pci,fsdev=share$i,mount_tag=share$i")
  done
  # Only `stdio` tells the guest when its input has ended; `pipe` opens for both ways what it is given.
  port in stdio,signal=off
  port orders "pipe,path=/dev/fd/$to_guest"
  port events "file,path=/dev/fd/$from_guest"
  if [[ $piped_out ]]; then open_pump out 1; port out "file,path=/dev/fd/$opened"; close+=("$opened"); fi
  if [[ $piped_err ]]; then open_pump err 2; port err "file,path=/dev/fd/$opened"; close+=("$opened"); fi
  if [[ $terminal ]]; then open_pump tty "$terminal_fd"; port tty "file,path=/dev/fd/$opened"; close+=("$opened"); fi
  with_me qemu-system-x86_64 "${options[@]}" <&"$stdin" >/dev/null 2>&"$console_log" &
  emulator=$!
  exec {stdin}<&-
  # A pump must see the end of its pipe when the emulator is gone.
  for i in "${close[@]}"; do exec {i}>&-; done
  send_job &
}

# send_job: its length, a line end, and the script. In the background, for it may be longer than the
# pipe holds, and is only read when the nested host is up.
send_job() {
  local job LC_ALL
  job=$(nested_job)
  LC_ALL=C
  printf '%s\n%s' "${#job}" "$job" >&"$to_guest"
}

# raw_terminal: the caller's terminal passes every byte, and is put back whatever happens.
raw_terminal() {
  saved_terminal=$(stty -g <&"$terminal_fd")
  # The guard outlives a killed nested-host just long enough to put the terminal back: it waits in a
  # read that never ends for the signal that the kernel sends it then. A process in the background is
  # stopped for changing a terminal, unless it ignores TTOU.
  # shellcheck disable=SC2016 # expanded by the guard
  setpriv --pdeathsig TERM -- bash -c 'trap "" INT HUP TTOU
    trap "stty \"$1\" <&3; exit" TERM; read -r <> <(:)' \
    guard "$saved_terminal" 3<&"$terminal_fd" >/dev/null 2>&1 &
  guard=$!
  trap tell_size WINCH
  stty raw -echo <&"$terminal_fd"
}

restore_terminal() {
  [[ $saved_terminal ]] || return 0
  # In the background an ordinary process is stopped for this.
  (trap '' TTOU; stty "$saved_terminal" <&"$terminal_fd") 2>/dev/null || true
  saved_terminal=''
}

# tell_size: hands the window's size over.
tell_size() {
  read -r rows columns < <(stty size <&"$terminal_fd") || return 0
  echo "winsize $rows $columns" >&"$to_guest" || true
} 2>/dev/null

# end_everything: the emulator first, then what feeds it and drains it.
end_everything() {
  trap '' INT TERM HUP QUIT WINCH
  local id
  for id in "$emulator" "$feeder"; do
    [[ ! $id ]] || kill -KILL "$id" 2>/dev/null || true
  done
  [[ ! $emulator ]] || wait "$emulator" 2>/dev/null || true
  restore_terminal
  # From here on the terminal may be another's: the guard must not touch it.
  if [[ $guard ]]; then
    kill -KILL "$guard" 2>/dev/null && wait "$guard" 2>/dev/null || true
  fi
  # What the pumps still hold comes out, unless nobody reads it.
  for id in {1..20}; do
    kill -0 "${pump[@]}" 2>/dev/null || break
    sleep 0.05
  done
}

# interrupted SIGNAL: ends everything, then dies of that same signal, as the caller's shell expects.
interrupted() {
  trap - EXIT
  end_everything
  trap - "$1"
  kill -s "$1" $$
}

# give_up TEXT: the nested host itself failed; its console's last lines say more.
give_up() {
  end_everything
  say "$1"
  if [[ -s /dev/fd/$console_log ]]; then
    say 'the end of its console:'
    # Firmware clears the screen; after a panic comes a trace that says nothing here.
    tr -d '\r' <"/dev/fd/$console_log" | sed 's/\x1b[^a-zA-Z]*[a-zA-Z]//g; /Kernel panic/q' | tail -n 10 |
      sed 's/^/  /' >&2
  fi
  exit "$fail_status"
}

# next_event SECONDS: reads a line from nested-root into $event; 1 after SECONDS without one,
# 2 when the emulator has ended.
next_event() {
  local status=0
  IFS= read -r -t "$1" -u "$from_guest" event || status=$?
  ((status == 0)) && return
  ((status > 128)) || return 2
  kill -0 "$emulator" 2>/dev/null || return 2
  return 1
}

# drop_closed: tells the nested host which outputs have lost their reader.
drop_closed() {
  local stream
  for stream in out err; do
    [[ -v pump[$stream] ]] && ! kill -0 "${pump[$stream]}" 2>/dev/null || continue
    unset "pump[$stream]"
    echo "closed $stream" >&"$to_guest" || true
  done
}

run_nested() {
  local event status=0 deadline log opened
  [[ $boot_seconds =~ ^[0-9]{1,5}$ ]] || die "CROSVM_NESTED_BOOT_SECONDS is '$boot_seconds', not a number of seconds"
  terminal='' rows=24 columns=80
  if [[ -t 0 ]]; then
    terminal=1
    # What stands on standard input may only be readable: the terminal itself is opened again.
    exec {terminal_fd}<>"$(tty)" || die "cannot open the terminal"
    read -r rows columns < <(stty size) || true
  fi
  # Looked at here, where they still are what the caller gave.
  piped_out='' piped_err=''
  [[ $terminal && -t 1 ]] || piped_out=1
  [[ $terminal && -t 2 ]] || piped_err=1
  # A file without a name: nothing to clean up.
  log=$(mktemp "${TMPDIR:-/tmp}/nested-host.XXXXXX")
  exec {console_log}<>"$log"
  rm -f "$log"
  trap end_everything EXIT
  for signal in INT TERM HUP QUIT; do
    # shellcheck disable=SC2064
    trap "interrupted $signal" "$signal"
  done
  trap '' PIPE
  start_emulator "$1"
  deadline=$((SECONDS + boot_seconds))
  until next_event 1 && [[ $event == ready ]] || { status=$?; false; }; do
    ((status != 2)) || give_up "the nested host ended while it started"
    ((SECONDS < deadline)) || give_up "the nested host did not start within $boot_seconds s"
  done
  [[ ! $terminal ]] || raw_terminal
  deadline=${timeout:+$((SECONDS + timeout))}
  until next_event 1 && [[ $event == exit\ * ]] || { status=$?; false; }; do
    ((status != 2)) || give_up "the nested host died while the command ran"
    if [[ $deadline ]] && ((SECONDS >= deadline)); then
      end_everything
      say "the command took longer than $timeout s"
      exit 124
    fi
    drop_closed
  done
  finish "$event"
}

# finish EVENT: the last of the output, then COMMAND's status.
finish() {
  local status out err tty
  read -r _ status out err tty <<<"$1"
  await_output out "$out"
  await_output err "$err"
  await_output tty "$tty"
  end_everything
  exit "$status"
}
