# shellcheck shell=bash
# Progress of long steps, on standard error: in place with the seconds on a terminal, else plain lines.
# Needs common.sh.

# paint COLOUR TEXT: in colour on a terminal, unless NO_COLOR is set (https://no-color.org).
paint() {
  if [[ -t 2 && ! ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    printf '\e[%sm%s\e[0m' "$1" "$2"
  else
    printf '%s' "$2"
  fi
}

# in_place: may a line be written again?
in_place() { [[ -t 2 && ${TERM:-dumb} != dumb ]]; }

# tick NAME: says that NAME is going on, until it is killed.
tick() {
  local started=$SECONDS frames='|/-' i=0
  frames+=\\
  while :; do
    if in_place; then
      printf '\r%s %s (%d s)' "${frames:i++ % 4:1}" "$1" $((SECONDS - started)) >&2
      sleep 0.2
    else
      sleep 20
      printf '  %s: still at it (%d s)\n' "$1" $((SECONDS - started)) >&2
    fi
  done
}

# step NAME COMMAND...: runs COMMAND, whose output is only shown when it fails; then the script ends.
step() {
  local name=$1 started=$SECONDS status=0 log ticker
  shift
  # Without a name in the file system: nothing to clean up.
  log=$(mktemp "${TMPDIR:-/tmp}/$me.XXXXXX")
  exec {output}<>"$log"
  rm -f "$log"
  in_place || printf '%s ...\n' "$name" >&2
  # The command is in the foreground, so that Ctrl-C reaches it.
  tick "$name" &
  ticker=$!
  # shellcheck disable=SC2064 # this ticker
  trap "kill $ticker 2>/dev/null || true" EXIT
  "$@" </dev/null >&"$output" 2>&1 || status=$?
  kill "$ticker" 2>/dev/null && wait "$ticker" 2>/dev/null || true
  trap - EXIT
  ! in_place || printf '\r\e[K' >&2
  if ((status == 0)); then
    printf '%s %s (%d s)\n' "$(paint 32 ok)" "$name" $((SECONDS - started)) >&2
  else
    printf '%s %s (%d s):\n' "$(paint 31 FAILED)" "$name" $((SECONDS - started)) >&2
    tail -n 20 "/dev/fd/$output" | sed 's/^/  /' >&2
    die "could not set up: $name"
  fi
  exec {output}>&-
}
