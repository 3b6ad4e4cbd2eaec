# shellcheck shell=bash
# What the nested host is told to do: a script for /bin/sh, sent through a port.
# Uses `bin`, `shares` and `command` of bin/nested-host, and what run_nested found out of the streams:
# `terminal` (set when standard input is one) with its `rows` and `columns`, `piped_out` and `piped_err`
# (set when that output does not go to the terminal). The receiving side is nested-root.

# Environment variables COMMAND gets from here. Not all: sockets of a desktop or an agent mean
# nothing inside.
passed_variables='^(CI|TERM|COLORTERM|NO_COLOR|FORCE_COLOR|TZ|LANG|LANGUAGE|HOME|USER|LOGNAME|TMPDIR|EDITOR|PAGER|DEBUG'
passed_variables+='|(CROSVM|NODE|NX|JEST|NPM_CONFIG|npm_config|LC|XDG_CACHE|GITHUB|RUNNER)_[A-Za-z0-9_]*)$'

# quoted TEXT: for sh.
quoted() {
  local quote="'\\''"
  printf "'%s'" "${1//\'/$quote}"
}

# nested_job: prints the script.
nested_job() {
  local i name word
  for i in "${!shares[@]}"; do printf '#share share%s %s\n' "$i" "${shares[i]}"; done
  [[ ! $terminal ]] || echo '#terminal'
  [[ ! $piped_out ]] || echo '#stream out'
  [[ ! $piped_err ]] || echo '#stream err'
  [[ ! $piped_err ]] || echo 'exec 2>/run/nested-host/err'
  [[ ! $piped_out ]] || echo 'exec >/run/nested-host/out'
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
