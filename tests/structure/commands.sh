#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The command table is the truth: what explain, the completions and the manual name exists, and
# what exists is in the completions and the manual.
set -u
sekisho=${SEKISHO_BUILDDIR:-.}/sekisho
source=${SEKISHO_SRCDIR:-.}
failures=0
export LC_ALL=C

fail()
{
	echo "FAIL: $*"
	failures=$((failures + 1))
}

# The words behind "sekisho" in a help text: commands; the long options of one.
commands()
{
	"$sekisho" --help | sed -n -E 's/^  ([a-z]+) .*/\1/p'
}

options()
{
	"$sekisho" "$@" --help | sed -n -E 's/^  (-[a-z], )?--([a-z-]+).*/\2/p'
}

# Those whose value is the next word.
valued()
{
	"$sekisho" "$@" --help | sed -n -E 's/^  --([a-z-]+) [^ ].*/\1/p'
}

common=$(options | sort)
all=$(commands)
[ "$(wc -w <<<"$all")" -ge 12 ] && [ "$(wc -w <<<"$common")" = 6 ] || fail 'the help texts were not understood'

# ---- explain
for word in $("$sekisho" explain --all | tr '\n' ' ' | sed 's/  */ /g' |
    grep -o -E '[^/]sekisho [a-z]+' | sed 's/.*sekisho //' | sort -u); do
	grep -q -x "$word" <<<"$all" || fail "explain: there is no command $word"
done
"$sekisho" explain --all | grep -q -E '^.{81}' && fail 'explain --all: wider than 80 columns'
"$sekisho" explain | grep -q -E '^.{81}' && fail 'explain: wider than 80 columns'

# ---- what completes: one line for each command in both files, "command) options" or the like
for command in $all; do
	own=$(options "$command" | sort)
	for file in completion/sekisho.bash completion/_sekisho; do
		text=$(grep -E "^	*$command\) own=" "$source/$file")
		[ -n "$text" ] || { fail "$file: no $command"; continue; }
		there=$(grep -o -E -e '--[a-z-]+' <<<"$text" | sed 's/^--//' | sort -u)
		[ "$own" = "$there" ] || fail "$file: $command: has [$(echo $there)], wanted [$(echo $own)]"
	done
	grep -q -E "^\.Cm .*\b$command\b" "$source/man/sekisho.8" || fail "sekisho(8): no $command"
	for option in $own; do
		grep -q -E "Fl -$option\b" "$source/man/sekisho.8" || fail "sekisho(8): no --$option"
	done
done
valued=$( (valued; for command in $all; do valued "$command"; done) | sort -u)
for file in completion/sekisho.bash completion/_sekisho; do
	there=$(sed -n '/case \$word in/,/)/p' "$source/$file" | grep -o -E -e '--[a-z-]+' | sed 's/^--//' | sort -u)
	[ "$valued" = "$there" ] || fail "$file: options with a value: has [$(echo $there)], wanted [$(echo $valued)]"
	there=$(sed -n -E '/common=/s/.*common=//p' "$source/$file" | grep -o -E -e '--[a-z-]+' | sed 's/^--//' | sort -u)
	[ "$common" = "$there" ] || fail "$file: common options: has [$(echo $there)], wanted [$(echo $common)]"
	there=$(sed -n -E "/^	*''\\) own=/s/.*own=['(]([a-z ]*)[')].*/\1/p" "$source/$file" | tr ' ' '\n')
	[ "$all" = "$there" ] || fail "$file: commands: has [$(echo $there)], wanted [$(echo $all)]"
	for word in $(sed -n -E 's/^	*([a-z]+)\) own=.*/\1/p' "$source/$file"); do
		grep -q -x "$word" <<<"$all" || fail "$file: there is no command $word"
	done
done

# ---- what they answer. completes SHELL EXPECTED WORD...: the last word is the one being typed.
bash_completes()
{
	(
		. "$source/completion/sekisho.bash"
		COMP_WORDS=(sekisho "$@")
		COMP_CWORD=$#
		_sekisho
		echo "${COMPREPLY[@]}"
	)
}

# The shell keeps the candidates that begin with the word.
zsh_completes()
{
	zsh -f -c 'function compadd { shift; print -rn -- "$* " }
		function _users { print -rn -- "root " }
		function _files { print -rn -- "FILES " }
		function answer { . $1 }
		file=$1; shift
		words=(sekisho "$@") CURRENT=$(($# + 1))
		answer $file' zsh "$source/completion/_sekisho" "$@" |
	    tr ' ' '\n' | { grep -E -e "^(FILES$|${*: -1})" || true; } | tr '\n' ' ' | sed 's/ $//'
}

completes()
{
	local expected=$1 got
	shift

	got=$(bash_completes "$@")
	[ "$got" = "$expected" ] || fail "bash: sekisho $*: [$got], wanted [$expected]"
	command -v zsh >/dev/null || return 0
	got=$(zsh_completes "$@")
	[ "$got" = "$expected" ] || fail "zsh: sekisho $*: [$got], wanted [$expected]"
}
completes 'enroll expiry explain' e
completes 'explain' expl
completes 'enroll' -y enr
completes 'clock' --color never cl
completes '--json' --j
completes 'root' enroll roo
completes 'root' expiry roo
completes 'totp' enroll alice t
completes 'totp' enrol alice t
completes 'hotp' enroll --label t alice h
completes 'card' enroll --reader ACS alice c
completes '--secret-file' enroll alice totp --sec
completes '--expiring' list --e
completes '' init --label
completes 'recovery' code rec
completes 'root' code temporary roo
completes 'root' code emergency root roo
completes 'accept' clock a
completes 'list' card l
completes 'always' list --color al
completes '8' enroll alice totp --digits 8
completes '' enroll alice totp --label t
completes '' suspend alice --reason r
completes '' revoke alice t
command -v zsh >/dev/null || echo 'no zsh here: its completion was read, not run'
[ $failures = 0 ]
