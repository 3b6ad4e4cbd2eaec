# shellcheck shell=bash
# What the nested host is told to do: a script for /bin/sh, sent through a port.
# Uses `bin`, `shares` and `command` of bin/nested-host. The receiving side is nested-root.

# Environment variables COMMAND gets from here. Not all: sockets of a desktop or an agent mean
# nothing inside.
passed_variables='^(CI|TERM|COLORTERM|NO_COLOR|FORCE_COLOR|TZ|LANG|LANGUAGE|HOME|USER|LOGNAME|TMPDIR|EDITOR|PAGER|DEBUG'
passed_variables+='|(CROSVM|NODE|NX|JEST|NPM_CONFIG|npm_config|LC|XDG_CACHE|GITHUB|RUNNER)_[A-Za-z0-9_]*)$'

# quoted TEXT: for sh.
quoted() {
  local quote="'\\''"
  printf "'%s'" "${1//\'/$quote}"
}

# nested_job TERMINAL ROWS COLUMNS: prints the script. TERMINAL is 1 when standard input is one.
nested_job() {
  local terminal=$1 rows=$2 columns=$3 i name word
  for i in "${!shares[@]}"; do printf '#share share%s %s\n' "$i" "${shares[i]}"; done
  [[ ! $terminal ]] || echo '#terminal'
  if stream_is_piped 1; then echo '#stream out'; fi
  if stream_is_piped 2; then echo '#stream err'; fi
  if stream_is_piped 2; then echo 'exec 2>/run/nested-host/err'; fi
  if stream_is_piped 1; then echo 'exec >/run/nested-host/out'; fi
  [[ ! $terminal ]] || echo "tty >/run/nested-host/terminal; stty rows $rows cols $columns"
  while IFS= read -r name; do
    [[ $name =~ $passed_variables ]] && printf 'export %s=%s\n' "$name" "$(quoted "${!name}")"
  done < <(compgen -e)
  printf 'export PATH=%s CROSVM_PREBUILT=1 CROSVM_NESTED_HOST=1\n' "$(quoted "$bin:$PATH")"
  printf 'cd %s || exit 125\n' "$(quoted "$PWD")"
  printf 'exec'
  for word in "${command[@]}"; do printf ' %s' "$(quoted "$word")"; done
  echo
}

# stream_is_piped FD: does this output go through a port of its own? Else it goes to the terminal,
# which COMMAND has when standard input is one.
stream_is_piped() { [[ ! -t 0 || ! -t $1 ]]; }
