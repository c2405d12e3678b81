# SPDX-License-Identifier: BSD-2-Clause
# Real pcscd and simulated cards for system tests; sourced after tests/system/lib.sh.
#
# Two readers are there from the start, on the ports 35963 and 35964; pcscd_start N gives N pairs,
# the ports going on from there. A card's files are in $cards/NAME: ca.pem, cert-9A.pem,
# serial-9A, guid, ... A card keeps its identity and its tries when it is started again.

cards=$run/cards
mkdir -p $cards
testcard=$SEKISHO_BUILDDIR/tests/card/testcard
pcsc=$SEKISHO_BUILDDIR/tests/card/pcsc
vpcd_driver=/usr/lib/pcsc/drivers/serial/libifdvpcd.so
vpcd_first=35963
readers=2
declare -A card_pid card_port
pcscd_pid=

skip_without()
{
	local what=$1
	shift

	"$@" >/dev/null 2>&1 || { echo "skipped: $what is not installed"; exit 77; }
}
skip_without pcscd command -v pcscd
skip_without vsmartcard-vpcd test -e $vpcd_driver

# within SECONDS COMMAND...: until it succeeds, looked at ten times a second.
within()
{
	local seconds=$1 i
	shift

	for ((i = 0; i < seconds * 10; i++)); do
		"$@" >/dev/null 2>&1 && return
		sleep .1
	done
	echo "not in $seconds s: $*"
	return 1
}

# ---- pcscd

readers_listed()
{
	[ "$("$pcsc" list | wc -l)" = $readers ]
}

# A copy of the driver for each further pair: its state is static, two configurations of one
# file spoil both.
pcscd_configure()
{
	local pair port

	for ((pair = 0; pair < $1; pair++)); do
		port=$(printf '0x%X' $((vpcd_first + 2 * pair)))
		cp $vpcd_driver $run/libifdvpcd$pair.so
		cat >/etc/reader.conf.d/vpcd$pair <<-END
			FRIENDLYNAME "Virtual PCD $pair"
			DEVICENAME   /dev/null:$port
			LIBPATH      $run/libifdvpcd$pair.so
			CHANNELID    $port
		END
	done
	rm -f /etc/reader.conf.d/vpcd
	readers=$((2 * $1))
}

# pcscd_start [PAIRS]
pcscd_start()
{
	pcscd_configure "${1-1}"
	mkdir -p /run/pcscd
	pcscd -f >>$run/pcscd.log 2>&1 &
	pcscd_pid=$!
	within 20 readers_listed
}

pcscd_stop()
{
	[ -n "$pcscd_pid" ] || return 0
	kill $pcscd_pid
	# a card that hangs holds it
	within 10 eval '! kill -0 $pcscd_pid' || kill -KILL $pcscd_pid
	wait $pcscd_pid 2>/dev/null
	pcscd_pid=
}

# reader_of PORT: its name in pcscd, without what pcscd puts behind it.
reader_of()
{
	local at=$(($1 - vpcd_first))

	printf 'Virtual PCD %d 00 0%d' $((at / 2)) $((at % 2))
}

# ---- cards

# card_start NAME OPTION...: returns when pcscd sees it, or with --removed when it could go in.
card_start()
{
	local name=$1
	shift

	rm -f "$cards/$name.sock"
	"$testcard" --dir "$cards/$name" --control "$cards/$name.sock" --log "$cards/$name.log" \
	    --removed "$@" 2>$cards/$name.err &
	card_pid[$name]=$!
	card_port[$name]=$vpcd_first
	[[ " $* " =~ ' --port '([0-9]+)' ' ]] && card_port[$name]=${BASH_REMATCH[1]}
	# keys are made meanwhile
	within 60 card_ready $name && [ -S "$cards/$name.sock" ] || { cat $cards/$name.err; return 1; }
	[[ " $* " = *' --removed '* ]] || card_insert $name
}

# Its socket is there, or it has ended.
card_ready()
{
	[ -S "$cards/$1.sock" ] || ! kill -0 ${card_pid[$1]}
}

# card_tell NAME WORD...: see `testcard --help`.
card_tell()
{
	local name=$1
	shift

	"$testcard" --tell "$cards/$name.sock" "$@"
}

card_reader()
{
	reader_of ${card_port[$1]}
}

# Into an empty reader. pcscd must have seen that it is empty: it would take the card for the one
# before and give it no power.
card_insert()
{
	"$pcsc" wait "$(card_reader $1)" empty 20 && card_tell $1 insert >/dev/null && "$pcsc" wait "$(card_reader $1)" present 20
}

card_remove()
{
	card_tell $1 remove >/dev/null && "$pcsc" wait "$(card_reader $1)" empty 20
}

# After a fault that pulled it. pcscd looks every 0.4 s, and a card that comes back in between,
# after a reset that failed, is not seen at all: out once more, then.
card_put_back()
{
	local i

	for i in 1 2 3 4 5; do
		sleep 1
		card_tell $1 insert >/dev/null
		"$pcsc" wait "$(card_reader $1)" present 3 && return
		card_tell $1 remove >/dev/null
	done
	return 1
}

# card_send NAME HEX...: through pcscd, as any other program could.
card_send()
{
	local name=$1
	shift

	"$pcsc" send "$(card_reader $name)" "$@"
}

# card_state NAME WORD: of `state` and `counts`, what stands behind WORD=.
card_state()
{
	{ card_tell $1 state && card_tell $1 counts; } | tr ' ' '\n' | sed -n "s/^$2=//p"
}

card_log()
{
	cat "$cards/$1.log"
}

# The log from here on is what card_log shows.
card_forget()
{
	: >"$cards/$1.log"
	card_tell $1 clear >/dev/null
}

# Returns when pcscd has seen that it is gone: one that comes at once would be taken for the same.
card_stop()
{
	local inserted

	[ -n "${card_pid[$1]-}" ] || return 0
	inserted=$(card_state $1 inserted 2>/dev/null)
	kill ${card_pid[$1]} 2>/dev/null
	wait ${card_pid[$1]} 2>/dev/null
	unset "card_pid[$1]"
	[ "$inserted" != yes ] || [ -z "$pcscd_pid" ] || "$pcsc" wait "$(card_reader $1)" empty 20
}

cards_stop()
{
	local name

	for name in "${!card_pid[@]}"; do
		card_stop $name
	done
}

# card_counterfeit OF NAME: all that can be read off a card, certificates and identifiers, without
# its keys. To be started with the same --key, --slots and --ca.
card_counterfeit()
{
	mkdir -p $cards/$2
	cp $cards/$1/{cert-*.pem,guid} $cards/$2/
}

# card_crl CA-DIRECTORY FILE SERIAL...: a list of revoked certificates, good for a month.
# CRL_UNTIL: of 2020, good until then (YYYYMMDDHHMMSSZ).
card_crl()
{
	local ca=$1 file=$2 serial work
	shift 2

	work=$(mktemp -d $run/crl.XXXXXX)
	: >$work/index
	for serial; do
		printf 'R\t401231000000Z\t250101000000Z\t%s\tunknown\t/CN=x\n' $serial >>$work/index
	done
	printf '[ca]\ndefault_ca=c\n[c]\ndatabase=%s/index\ndefault_md=sha256\n' $work >$work/conf
	openssl ca -config $work/conf -gencrl -keyfile $ca/ca-key.pem -cert $ca/ca.pem \
	    -crldays 30 ${CRL_UNTIL:+-crl_lastupdate 20200101000000Z -crl_nextupdate $CRL_UNTIL} -out $file 2>$work/err ||
	    { cat $work/err; return 1; }
}

# ---- where somebody sits, as logind would tell it

# seats_start: from here on a program may be in a login session.
seats_start()
{
	[ -d /sys/fs/cgroup ] || mount -t sysfs sysfs /sys
	mount -t cgroup2 cgroup2 /sys/fs/cgroup && mkdir -p /run/systemd/sessions /run/systemd/users
}

# session PERSON ID WORD=VALUE...: a session as logind records it.
session()
{
	printf '%s\n' "UID=$(id -u $1)" "USER=$1" CLASS=user TYPE=tty "${@:3}" >/run/systemd/sessions/$2
}

# desk_of PERSON: a session at the machine itself, which at_desk runs a command in.
desk_of()
{
	session $1 7 ACTIVE=1 STATE=active REMOTE=0 SEAT=seat0
}
