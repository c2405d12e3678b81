# SPDX-License-Identifier: BSD-2-Clause
# bash completes sekisho: commands, their options, accounts. It asks for nothing in the store.
# tests/structure/commands.sh holds it to the command table.

_sekisho_users()
{
	mapfile -t COMPREPLY < <(compgen -u -- "$1")
}

_sekisho_words()
{
	mapfile -t COMPREPLY < <(compgen -W "$2" -- "$1")
}

# What an operand may be: command, its number (1 is the first behind the command), the word so far.
_sekisho_operand()
{
	case $1:$2 in
	enroll:1 | list:1 | suspend:1 | resume:1 | revoke:1 | unlock:1 | resync:1 | expiry:1 | check:1) _sekisho_users "$3" ;;
	enroll:2) _sekisho_words "$3" 'totp hotp card' ;;
	code:1) _sekisho_words "$3" 'recovery temporary emergency' ;;
	code:*) _sekisho_users "$3" ;;
	card:1) _sekisho_words "$3" 'list index' ;;
	clock:1) _sekisho_words "$3" accept ;;
	explain:1) _sekisho_words "$3" "$(sekisho explain 2>/dev/null | sed -n -E 's/^(S-[0-9]+) .*/\1/p')" ;;
	esac
}

_sekisho()
{
	local common='--yes --quiet --color --json --help --version'
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' own='' n=0 i word

	COMPREPLY=()
	# readline takes --color=auto for three words
	[ "$cur" != = ] || cur=''
	[ "$prev" != = ] || prev=${COMP_WORDS[COMP_CWORD - 2]}
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		--color | --label | --replace | --secret-file | --digits | --period | --algorithm | --counter | --qr | --reader | \
		--file | --valid | --uses | --reason | --expiring | --from | --until | \
		--service | --tty | --rhost)
			i=$((i + 1))
			[ "${COMP_WORDS[i]}" != = ] || i=$((i + 1))
			;;
		-*) ;;
		*) if [ -z "$command" ]; then command=$word; else n=$((n + 1)); fi ;;
		esac
	done
	[[ $command != enrol ]] || command=enroll
	case $prev in
	--color) _sekisho_words "$cur" 'auto always never'; return ;;
	--digits) _sekisho_words "$cur" '6 7 8'; return ;;
	--algorithm) _sekisho_words "$cur" 'sha1 sha256 sha512'; return ;;
	--qr) _sekisho_words "$cur" 'terminal none'; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$cur"); return ;;
	--file | --secret-file) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
	--label | --replace | --period | --counter | --reader | --valid | --uses | --reason | --expiring | --from | --until | \
	--service | --tty | --rhost) return ;;
	esac
	case $command in
	'') own='init enroll list suspend resume revoke expiry unlock resync code card check clock explain' ;;
	init) own='' ;;
	enroll) own='--label --replace --secret-file --digits --period --algorithm --counter --qr --no-confirm --reader --shared-with-self' ;;
	list) own='--expiring --temporary --unenrolled' ;;
	suspend) own='--all --reason' ;;
	resume) own='--all --reason' ;;
	revoke) own='--reason' ;;
	expiry) own='--from --until --reason' ;;
	unlock) own='' ;;
	resync) own='' ;;
	code) own='--file --valid --uses --reason --remove' ;;
	card) own='' ;;
	check) own='--service --tty --rhost' ;;
	clock) own='' ;;
	explain) own='--all' ;;
	esac
	if [[ $cur = -* || -z $command ]]; then
		_sekisho_words "$cur" "$own $common"
	else
		_sekisho_operand "$command" $((n + 1)) "$cur"
	fi
}

complete -o filenames -F _sekisho sekisho
