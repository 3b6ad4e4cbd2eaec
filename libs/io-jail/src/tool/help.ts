/** What `crosvm-policy --help` prints. */
export const HELP = `Usage: crosvm-policy COMMAND [OPTION]... FILE...

Works on seccomp policies in minijail's language.

Commands:
  check FILE...    looks for mistakes, and tells how large the filters are
  compile FILE     compiles to BPF; prints a listing if no other form is asked for
  print FILE       prints the policy with what it includes, sorted, as one policy

Options:
  --arch ARCH      x86_64 or aarch64; default: what the directory of FILE is named
                   after, or the architecture of this machine
  --violation WHAT what follows a call that is not permitted: kill (default), trap,
                   log, notify, or the number of an error
  -o, --output OUT compile: writes the program to OUT, an array of struct sock_filter
  --c              compile: prints the program as such an array in C
  -h, --help       prints this

Mistakes are told as FILE:LINE:COLUMN: TEXT. The exit status is 0 if there are none,
1 if there are, and 2 if the command line is wrong.
`;
