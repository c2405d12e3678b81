#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sekisho-cardwatch over real pcscd and simulated cards, started by pam_exec in a stack as a login
# has it: when it acts, when it does not, and what is left of root in it.
ns_arguments='--timeout 400'
needs_programs='pcscd openssl pamtester'
. "$(dirname "$0")/lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
cardtalk=$SEKISHO_BUILDDIR/tests/system/cardtalk

# ---- a session: su with pam_exec behind what a login and pam_systemd leave in the environment

# In place of logind: what was asked for is in $run/acts, and it fails as often as $run/fail says.
cat >/usr/bin/loginctl <<'END'
#!/bin/sh
left=$(cat /run/test/fail)
echo "$(id -un) $* ($XDG_SESSION_ID)" >>/run/test/acts
[ "$left" -gt 0 ] || exit 0
echo $((left - 1)) >/run/test/fail
exit 1
END
chmod 755 /usr/bin/loginctl

# stack CARD TYPE OPTION... CARD: of the card, or -
stack()
{
	local card=$1 type=$2
	shift 2

	: >$run/acts
	echo 0 >$run/fail
	chmod 666 $run/acts $run/fail
	{
		[ $card = - ] || echo "SEKISHO_CARD=$card"
		echo XDG_SESSION_ID=c7
		echo XDG_SESSION_TYPE=$type
	} >$run/env
	cat >/etc/pam.d/su <<-END
		auth sufficient pam_rootok.so
		account required pam_permit.so
		session required pam_env.so conffile=/dev/null envfile=$run/env readenv=1
		session required pam_exec.so quiet $SEKISHO_CARDWATCH $*
	END
}

# session_start CARD TYPE OPTION...: a session of alice. session_end ends it.
session_start()
{
	stack "$@"
	log_complete
	log_from=$(wc -l <"$NS_LOG")
	rm -f $run/leave
	mkfifo $run/leave
	chmod 666 $run/leave
	su -s /bin/sh alice -c "echo INSIDE >$run/inside; read _ <$run/leave" &
	host=$!
	exec 8<>$run/leave
	within 20 watchers 2
}

session_end()
{
	echo >&8
	exec 8>&-
	wait $host
	within 20 watchers 0
}

# watchers N: so many processes: two of a session.
watchers()
{
	[ "$(pidof sekisho-cardwatch | wc -w)" = $1 ]
}

# said WORDS [TIMES]: the watch's lines in the log since the session began.
said()
{
	local n

	log_complete
	n=$(tail -n +$((log_from + 1)) "$NS_LOG" | grep event=card-watch | grep -c -E -- "$1")
	[ "$n" = "${2-1}" ] || { echo "$n times: $1"; tail -n +$((log_from + 1)) "$NS_LOG"; return 1; }
}

# acted WHAT [TIMES]
acted()
{
	[ "$(grep -c -x -- "$1" $run/acts)" = "${2-1}" ] || { echo acts:; cat $run/acts; return 1; }
}

# It has looked at the card of NAME: APDUs were counted since the last card_forget.
looked_at()
{
	[ "$(card_state $1 apdus)" -gt 0 ]
}

identity_of()
{
	"$cardtalk" look "$(card_reader $1)" 2>/dev/null | sed -n 's/^identity=//p'
}

lock='alice lock-session c7 (c7)'

claim 'pcscd' pcscd_start
card_start alice --key p256
card_start bob --key p256 --port 35964 --removed
alice=$(identity_of alice)
claim 'the card has an identity' test ${#alice} = 64

# ---- who it is

session_seen()
{
	card_forget alice
	session_start $alice x11 "$@" && within 20 looked_at alice
}
claim 'a session' session_seen --grace=600
watcher()
{
	local pid=$1

	grep -q -x -P 'Uid:\t2001\t2001\t2001\t2001' /proc/$pid/status &&
	    grep -q -x -P 'Gid:\t2001\t2001\t2001\t2001' /proc/$pid/status &&
	    grep -q -x -P 'Groups:\t2001 ' /proc/$pid/status &&
	    grep -q -x -P 'NoNewPrivs:\t1' /proc/$pid/status &&
	    grep -q -x -P 'CapPrm:\t0+' /proc/$pid/status && return
	cat /proc/$pid/status
	return 1
}
each_watcher()
{
	local pid

	for pid in $(pidof sekisho-cardwatch); do
		watcher $pid || return
	done
}
claim 'it is the user, without a way back' each_watcher
closed_to_the_user()
{
	local pid

	for pid in $(pidof sekisho-cardwatch); do
		! as alice cat /proc/$pid/environ 2>/dev/null || return
	done
}
claim 'whose other programs cannot look into it' closed_to_the_user
confined()
{
	[ "$(grep -l -x -P 'Seccomp:\t2' $(pidof sekisho-cardwatch | sed -E 's|[0-9]+|/proc/&/status|g') | wc -l)" = 1 ]
}
claim 'what reads the card is confined' confined
switches()
{
	local pid

	for pid in $(pidof sekisho-cardwatch); do
		sed -n 's/^voluntary_ctxt_switches://p' /proc/$pid/status
	done
}
# For two seconds nobody woke; what happened just before may take its time.
asleep()
{
	local before i

	for i in 1 2 3 4 5; do
		before=$(switches)
		sleep 2
		[ "$before" = "$(switches)" ] && return
	done
	echo $before; switches
	return 1
}
claim 'it sleeps while nothing happens' asleep
claim 'also with a card that does not answer in the other reader' card_insert bob
# In the second reader; pcscd gets no answer to reset that is one.
mute_start()
{
	card_start dan --key p256 --port 35964 --removed --atr 3B$(printf '%078d' 0) &&
	    card_tell dan insert && "$pcsc" wait "$(card_reader dan)" mute 20
}
asked_once()
{
	card_state bob apdus
	[ "$(card_state bob apdus)" = 0 ]
}
claim "another's card beside it is not asked" asked_once
claim 'and it sleeps' asleep
claim 'which leaves again' card_remove bob
claim 'a card that is mute' mute_start
claim 'and it sleeps' asleep
claim 'which leaves, too' card_remove dan
card_stop dan
claim 'that was no news' said . 0
claim 'nothing was done' acted '.*' 0
session_end
claim 'it ends with the session' within 20 watchers 0

# Not all hosts have the groups of the user when they open his session.
with_groups_of_root()
{
	local host result

	mkfifo $run/host
	bash -c "setpriv --groups 0,4 env -i PAM_TYPE=open_session PAM_USER=alice SEKISHO_CARD=$alice \
	    XDG_SESSION_ID=c7 $SEKISHO_CARDWATCH; read _" <$run/host &
	host=$!
	exec 8>$run/host
	within 20 watchers 2 && each_watcher
	result=$?
	exec 8>&-
	wait $host
	within 20 watchers 0 && return $result
}
claim 'it leaves the groups of the login program behind' with_groups_of_root

# ---- the card leaves

claim 'a session' session_seen --grace=1
claim 'its card leaves' card_remove alice
claim 'the session is locked' within 30 acted "$lock"
claim 'said' within 10 said 'result="done" reason="lock" user="alice" session="c7"'
claim 'it is told that it left' said 'result="card-gone" reason="lock" user="alice" session="c7"'
claim 'the card comes back' card_insert alice
claim 'seen' within 20 said 'result="card-back"'
claim 'it leaves once more' card_remove alice
claim 'locked once more' within 30 acted "$lock" 2
session_end
card_insert alice

claim 'a session with a long grace time' session_seen --grace=600 --on-removal=logout
claim 'its card leaves' card_remove alice
claim 'said' within 20 said 'result="card-gone"'
claim 'another one is put into its reader' card_start carol --key p256
claim 'is not it' said 'result="card-back"' 0
card_stop carol
claim 'it is put back in time' card_insert alice
claim 'seen' within 20 said 'result="card-back"'
claim 'nothing was done' acted '.*' 0
session_end

claim 'a session' session_seen --grace=1 --on-removal=logout
card_forget bob
claim 'another card comes, and stays' card_insert bob
claim 'its card leaves' card_remove alice
claim 'the session is ended' within 30 acted 'alice terminate-session c7 (c7)'
card_remove bob
card_insert alice
session_end
never_seen()
{
	card_remove alice && session_start $alice x11 --grace=1 && within 30 acted "$lock"
}
claim 'a card that is gone when the session begins has left' never_seen
card_insert alice
session_end

# ---- the service leaves

claim 'a session' session_seen --grace=600
killed()
{
	kill -KILL $pcscd_pid
	wait $pcscd_pid 2>/dev/null
	pcscd_pid=
	within 20 said 'result="not-watched".*\[S-80\]'
}
# pcscd, and the simulated cards, which do not survive it.
again()
{
	card_stop alice
	card_stop bob
	rm -f /run/pcscd/*
	pcscd_start && card_start alice --key p256 "$@" &&
	    card_start bob --key p256 --port 35964 --removed
}
seen_again()
{
	again && within 30 looked_at alice
}
claim 'pcscd is killed' killed
claim 'that is no card that left' said 'result="card-gone"' 0
claim 'it is started again, and the card is seen' seen_again
claim 'nothing was done' acted '.*' 0
claim 'the card leaves' card_remove alice
claim 'it is watched again' within 20 said 'result="card-gone"'
session_end
claim 'it ends with the session' within 20 watchers 0
card_insert alice

claim 'a session' session_seen --grace=1
claim 'pcscd is killed' killed
claim 'it is started again, without the card' again --removed
claim 'locked when pcscd is back' within 30 acted "$lock"
session_end
card_insert alice

# ---- a reader leaves

claim 'pcscd with four readers' eval 'card_stop alice; pcscd_stop; pcscd_start 2'
claim 'the card in the last one' card_start alice --key p256 --port 35966
claim 'a session' session_seen --grace=1
unplug()
{
	pcscd_stop
	rm /etc/reader.conf.d/vpcd1
	card_tell alice remove >/dev/null
	readers=2
	pcscd -f >>$run/pcscd.log 2>&1 &
	pcscd_pid=$!
	within 20 readers_listed
}
claim 'its reader leaves' unplug
claim 'locked' within 30 acted "$lock"
session_end
card_stop alice
card_start alice --key p256

# ---- cards of others that hang

claim 'pcscd with four readers' eval 'card_stop alice; card_stop bob; pcscd_stop; pcscd_start 2'
# In the order in which pcscd tells them.
ports=$("$pcsc" list | sed -n -E 's/.*PCD ([0-9]) 00 0([01])$/\1 * 2 + \2/p' |
    while read -r place; do echo $((vpcd_first + place)); done)
claim 'four of them' eval "[ $(wc -w <<<"$ports") = 4 ]"
read -r -d '' first second _ last <<<"$ports"
claim 'two cards that say nothing' eval "card_start bob --key p256 --port $first && card_start carol --key p256 --port $second"
card_tell bob fault slow=600000 >/dev/null
card_tell carol fault slow=600000 >/dev/null
claim 'and that of the session behind them' card_start alice --key p256 --port $last
claim 'is seen when the session begins' session_seen --grace=1
claim 'nothing was done' acted '.*' 0
claim 'it leaves' card_remove alice
claim 'locked' within 30 acted "$lock"
session_end
never_seen_beside_them()
{
	session_start $alice x11 --grace=1 && within 60 acted "$lock"
}
claim 'one that was never there is gone, whoever hangs' never_seen_beside_them
claim 'said why' said 'result="not-watched".*another program holds the card \[S-82\]'
session_end
card_stop alice
card_stop bob
card_stop carol
rm /etc/reader.conf.d/vpcd1
pcscd_stop
claim 'pcscd with two readers' pcscd_start
card_start alice --key p256

# ---- the action fails

claim 'a session' session_seen --grace=0
echo 2 >$run/fail
claim 'its card leaves' card_remove alice
claim 'the command fails, twice' within 40 acted "$lock" 3
claim 'said each time' within 10 said 'result="failed".*exit status 1 \[S-98\]' 2
claim 'and then done' within 10 said 'result="done"'
session_end
card_insert alice

printf '#!/bin/sh\necho "mine $*" >>%s/acts\n' $run >$run/mine
chmod 755 $run/mine
claim 'a session with a command' session_seen --grace=0 --command=$run/mine
claim 'its card leaves' card_remove alice
claim 'the command is run' within 30 acted 'mine lock c7'
session_end
card_insert alice

# ---- sessions that are not watched

opens()
{
	stack "$@"
	rm -f $run/inside
	su -s /bin/sh alice -c "echo INSIDE >$run/inside"
	[ -e $run/inside ] && watchers 0
}
refused()
{
	stack "$@"
	rm -f $run/inside
	log_from=$(wc -l <"$NS_LOG")
	! su -s /bin/sh alice -c "echo INSIDE >$run/inside" && [ ! -e $run/inside ] && watchers 0
}
chmod 777 $run
claim 'no card opened it' opens - x11
claim 'nothing is to be done' opens $alice x11 --on-removal=none
claim 'a slip in an option opens no session' refused $alice x11 --on-removal=lok
claim 'and is said' said 'must be lock, logout or none \[S-97\]'
claim 'nor does a lock where nothing locks' refused $alice tty
claim 'and is said' said 'text console has no screen lock.*\[S-97\]'
claim 'which can be ended' session_seen --on-removal=logout
session_end
cards_stop
pcscd_stop
finish
