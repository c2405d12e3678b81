# SPDX-License-Identifier: BSD-2-Clause
# What the parts of ./demo share that run inside tests/ns, and their beginning: alice, a store.
. "$(dirname "$0")/../tests/system/lib.sh"
attended=no
[ "${1-}" = attended ] && attended=yes
broken=0

say()
{
	printf '%s\n' "$@"
}

title()
{
	printf '\n== %s\n' "$*"
}

# expected in|refused|done WORDS COMMAND...: runs it in view and says whether that was right.
expected()
{
	local want=$1 words=$2 got=refused tries=1 r
	shift 2

	[ $attended = yes ] && [ $want = in ] && tries=3
	while :; do
		if [ $attended = yes ]; then
			"$@"
			r=$?
		else
			"$@" 2>&1 | tee $run/dialogue | sed 's/^/    | /'
			r=${PIPESTATUS[0]}
		fi
		[ $r != 0 ] || { got=in; [ $want != done ] || got=done; }
		tries=$((tries - 1))
		[ $got != $want ] && [ $tries -gt 0 ] || break
		say "  not let in; again, with the code showing now:"
	done
	if [ $got = $want ] && [ $r != 122 ] && [ $r != 124 ]; then
		say "  $words: $got, as it should be"
	else
		say "  $words: $got. THIS IS WRONG (exit $r)"
		broken=$((broken + 1))
	fi
}

# said WORDS...: each was to be read in the last dialogue, when it was played.
said()
{
	local words

	[ $attended = no ] || return 0
	for words; do
		grep -q "$words" $run/dialogue && continue
		say "  \"$words\" was not said. THIS IS WRONG"
		broken=$((broken + 1))
	done
}

# In view and with the person's own hands, or played.
at_terminal()
{
	if [ $attended = yes ]; then
		while [ "$1" != -- ]; do
			shift
		done
		shift
		"$@" <>/dev/tty
	else
		on_terminal "$@"
	fi
}

as_carol=(setpriv --reuid carol --regid carol --init-groups)

# su_alice PROMPT ANSWER...: carol becomes alice.
su_alice()
{
	at_terminal "$@" -- "${as_carol[@]}" su alice -c 'echo "this is $(id -un), by su"'
}

# What the log has, and how it ended.
tell_end()
{
	title 'What the log says'
	log_complete
	sed -n -e '/sekisho/s/^<[0-9]*>//p' "$NS_LOG" | cut -c 1-200 | sed 's/^/    | /'
	grep -q sekisho "$NS_LOG" || { say 'THIS IS WRONG: nothing'; broken=$((broken + 1)); }

	echo
	if [ $broken != 0 ]; then
		say "$broken steps did not do what they should"
		exit 1
	fi
	say 'Every step did what it should. Of this nothing is left on the machine but the packages.'
}

title 'A person'
say "This is a copy of this machine in a namespace of its own: /etc, /home, /var and the network" \
    "are its own and end with this demo. In it lives alice; her password is: alicepw"

title 'The store'
say '$ sekisho init'
expected done 'a store' "$sekisho" init
