#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the documents tell people to type exists: each command, and each of its options. And the
# manual pages are well formed.
set -u
source_dir=${SEKISHO_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
build_dir=${SEKISHO_BUILDDIR:-.}
tool=$build_dir/sekisho
failures=0 looked=0
declare -A help

fail()
{
	echo "FAIL: $*"
	failures=$((failures + 1))
}

# The calls of the tool in a text, one a line: in Markdown what is code (indented, or in backquotes);
# in a manual the literal lines and the quoted ones; else every line.
calls_in()
{
	case $1 in
	*.md) sed -n -E -e '/^    /p' -e '/^ {7}/p' "$1"; grep -o '`[^`]*`' "$1" | tr -d '`' ;;
	*.[58]) sed -n -E -e 's/^\.(Ql|Dl) //p' -e '/^# sekisho /p' "$1" | sed 's/ \(Ar\|Fl\|Cm\|No\) / /g; s/\\&//g; s/\\(dq/"/g' ;;
	*.h) grep -oE '("|[;:] )sekisho [a-z][^";]*' "$1" ;;
	*) cat "$1" ;;
	esac | sed -E 's/ +#[^#]*$//' | grep -oE '(^|[^/a-z_.-])sekisho [a-z]+( [^|;&]*)?' |
	    sed -E 's/^[^s]?sekisho //; s/"[^"]*"//g'
}

known()
{
	local file=$1 command=$2 word
	shift 2

	if [ -z "${help[$command]-}" ]; then
		help[$command]=$("$tool" $command --help 2>/dev/null) || { fail "$file: no command: sekisho $command"; return; }
		help[$command]+=$("$tool" --help)
	fi
	looked=$((looked + 1))
	for word; do
		[[ $word =~ ^(--[a-z-]+) ]] || continue
		grep -q -E -- "(^|[ |])${BASH_REMATCH[1]}([ =|]|$)" <<<"${help[$command]}" ||
		    fail "$file: sekisho $command has no ${BASH_REMATCH[1]}"
	done
}

check_file()
{
	local file=$1 command arguments

	while read -r command arguments; do
		set -f
		known "$file" "$command" $arguments
		set +f
	done < <(calls_in "$file")
}

[ -x "$tool" ] || { echo "$tool: not there"; exit 99; }
cd "$source_dir" || exit 99

# The check itself: a command and an option that are not there are found.
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
printf '    sekisho frobnicate\n`sekisho list --frobnicate`\n' >"$work/bad.md"
check_file "$work/bad.md" >"$work/said"
[ $failures = 2 ] || { cat "$work/said"; echo "found $failures of 2 mistakes"; exit 1; }
failures=0 looked=0

for file in *.md man/*.[58] lib/wire/err.h examples/* examples/*/* examples/*/*/*; do
	[ -f "$file" ] && check_file "$file"
done
[ $looked -gt 50 ] || fail "only $looked calls of the tool were found"

# Pages of other packages may not be installed here.
if command -v mandoc >/dev/null; then
	mandoc -Tlint man/*.[58] 2>/dev/null | grep -v 'referenced manual not found' >"$work/lint"
	[ ! -s "$work/lint" ] || { cat "$work/lint"; fail 'mandoc -Tlint'; }
fi
echo "$looked calls of the tool looked at"
[ $failures = 0 ]
