#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every file a login reads, in every wrong state: denied in bounded time, with a line in the log
# that names the file and a number, and nothing lost once the file is back.
needs_programs='oathtool perl'
ns_arguments='--timeout 600'
. "$(dirname "$0")/lib.sh"

client=$SEKISHO_BUILDDIR/tests/system/client
store=$SEKISHO_LOCALSTATEDIR/lib/sekisho
etc=$SEKISHO_SYSCONFDIR/sekisho
kept=$store/../kept

login()
{
	timeout 20 "$client" --start "$SEKISHO_HELPER" direct alice "$1"
}

# denied FILE-WORD NUMBERS: the right code is refused by itself, and the log says why.
denied()
{
	refused '^verdict 4' "$@"
}

# The same with another answer of the helper.
refused()
{
	local said=$1 word=$2 numbers=$3 before r

	before=$(wc -l <"$NS_LOG")
	login "$(current_code alice)" >$run/said
	r=$?
	cat $run/said
	[ $r = 1 ] && grep -q "$said" $run/said || return 1
	for _ in $(seq 40); do
		tail -n +$((before + 1)) "$NS_LOG" >$run/why
		grep -q 'result="denied"' $run/why && break
		sleep .05
	done
	cat $run/why
	grep -q -E "result=\"denied\".*error=\"[^\"]*$word[^\"]*\[S-($numbers)\]\"" $run/why
}

flip() # FILE OFFSET
{
	perl -e 'open(F, "+<", $ARGV[0]) or die; seek(F, $ARGV[1], 0); read(F, $c, 1);
		seek(F, $ARGV[1], 0); print F chr(ord($c) ^ 1)' "$1" "$2"
}

set_u16() # FILE OFFSET VALUE
{
	perl -e 'open(F, "+<", $ARGV[0]) or die; seek(F, $ARGV[1], 0); print F pack("n", $ARGV[2])' "$@"
}

# The ways a file can be wrong; each gets the file's name. What it was is in $kept.
gone() { rm -f "$1"; }
empty() { : >"$1"; }
truncated() { truncate -s -1 "$1"; }
longer() { echo >>"$1"; }
zeroed() { head -c "$(stat -c %s "$kept/file")" /dev/zero >"$1"; }
flipped() { flip "$1" 60; flip "$1" 4156; }
magic() { flip "$1" 0; [ "$(stat -c %s "$1")" -le 4096 ] || flip "$1" 4096; }
newer() { set_u16 "$1" 8 9; [ "$(stat -c %s "$1")" -le 4096 ] || set_u16 "$1" 4104 9; }
owner() { chown alice "$1"; }
mode() { chmod 0666 "$1"; }
readable() { chmod 0644 "$1"; }
linked() { ln "$1" "$1.second"; }
symlink() { mv "$1" "$store/elsewhere"; ln -s "$store/elsewhere" "$1"; }
fifo() { rm "$1"; mkfifo -m 600 "$1"; }
directory() { rm "$1"; mkdir -m 700 "$1"; }
device() { rm "$1"; mknod -m 600 "$1" c 1 5; }

put_back() # FILE
{
	rm -rf "$1" "$1.second" "$store/elsewhere"
	cp -p "$kept/file" "$1"
}

# try FILE WORD WAY:NUMBERS...
try()
{
	try_with denied "$@"
}

# The same with a command of one's own instead of denied.
try_with()
{
	local command=$1 file=$2 word=$3 case way
	shift 3

	cp -p "$file" "$kept/file"
	for case; do
		way=${case%%:*}
		$way "$file"
		claim "$word $way: denied, logged" $command "$word" "${case#*:}"
		put_back "$file"
	done
}

# Asked again (a HOTP would be judged), because of the clock. Each such answer counts in the delay.
no_clock()
{
	"$sekisho" -q unlock alice || return 1
	refused '^asked 7 ' "$@"
}

mkdir -p "$kept"
claim 'init' "$sekisho" init --yes
claim 'enroll alice' enroll alice
alice=$(ls "$store/records")
claim 'enroll bob' enroll bob
bob=$(ls "$store/records" | grep -v "$alice")

same='owner:13 mode:13 readable:13 linked:13 symlink:13 fifo:13 directory:13 device:13'
try "$etc/host.key" host.key gone:17 empty:'13|14|17' truncated:'13|14|17' longer:'13|14|17' zeroed:'14|15|17' \
    flipped:'14|17' magic:'14|15|17' newer:16 $same
try "$store/header" /sekisho gone:10
try "$store/header" header empty:'13|14' truncated:'13|14' longer:'13|14' zeroed:'14|15' \
    flipped:14 magic:'14|15' newer:16 $same
try "$store/records/$alice" "records/$alice" gone:14 empty:'13|14' truncated:'13|14' longer:'13|14' zeroed:'14|15' \
    flipped:14 magic:'14|15' newer:16 $same
try "$store/states/$alice" "states/$alice" gone:14 empty:'13|14' truncated:'13|14' longer:'13|14' zeroed:'14|15' \
    flipped:14 magic:'14|15' newer:'14|16' $same

try_with no_clock "$store/clock" /clock gone:14 empty:14 truncated:14 longer:14 zeroed:14 \
    flipped:14 magic:15 newer:16 $same

# ---- files of others in the right place
cp -p "$store/records/$alice" "$kept/file"
cp "$store/records/$bob" "$store/records/$alice"
claim "bob's record for alice's: denied" denied "records/$alice" '14|15'
put_back "$store/records/$alice"
cp -p "$store/states/$alice" "$kept/file"
cp "$store/states/$bob" "$store/states/$alice"
claim "bob's state for alice's: denied" denied "states/$alice" '14|15'
put_back "$store/states/$alice"

# ---- the directories
for dir in records states decoys .; do
	chmod 0755 "$store/$dir"
	claim "store/$dir readable by others: denied" denied "$(basename "$(realpath "$store/$dir")")" 13
	chmod 0700 "$store/$dir"
	chown alice "$store/$dir"
	claim "store/$dir of another owner: denied" denied "$(basename "$(realpath "$store/$dir")")" 13
	chown root "$store/$dir"
done

# ---- the configuration
echo 'totp-window = 1' >"$etc/sekisho.conf"
cp -p "$etc/sekisho.conf" "$kept/file"
for case in owner:13 mode:13 linked:13 symlink:13 fifo:13 directory:13; do
	${case%%:*} "$etc/sekisho.conf"
	claim "sekisho.conf ${case%%:*}: denied" denied sekisho.conf ${case#*:}
	put_back "$etc/sekisho.conf"
done
printf 'totp-window = 1\nrequier = 2\n' >"$etc/sekisho.conf"
claim 'sekisho.conf with an unknown word: denied, with the line' denied 'sekisho.conf:2' 12
head -c 100000 /dev/urandom >"$etc/sekisho.conf"
claim 'sekisho.conf of noise: denied' denied sekisho.conf '12|13|14'
rm "$etc/sekisho.conf"

# ---- nothing was lost, and no failure was counted on the way
claim 'all files back: the right code is good' bash -c \
    "'$client' --start '$SEKISHO_HELPER' direct alice $(fresh_code alice) | grep '^verdict 1'"
claim 'no new file anywhere' [ "$(cd "$store" && find . -path ./decoys -prune -o -type f -print | wc -l)" = 7 ]

# ---- one copy of two is enough
cp -p "$store/header" "$kept/file"
flip "$store/header" 100
claim 'first copy of the header damaged: the second serves' bash -c \
    "'$client' --start '$SEKISHO_HELPER' direct bob $(fresh_code bob) | grep '^verdict 1'"
put_back "$store/header"
flip "$store/header" 5000
claim 'second copy damaged: the first serves' bash -c \
    "'$client' --start '$SEKISHO_HELPER' direct bob $(fresh_code bob) | grep '^verdict 1'"
put_back "$store/header"

# ---- the newest slot of a state is torn: the window is given up, loudly, then all is well
tear_newest()
{
	perl -e 'open(F, "+<", $ARGV[0]) or die; for my $s (0, 1) { seek(F, $s * 4096 + 16, 0); read(F, $g, 8);
		$gen[$s] = unpack("Q>", $g) } seek(F, ($gen[1] > $gen[0] ? 4096 : 0) + 2000, 0); print F "torn"' "$1"
}
tear_newest "$store/states/$bob"
# given_up PERSON: a code that is good by the clock is refused as used, and the log says why.
given_up()
{
	local before

	before=$(wc -l <"$NS_LOG")
	timeout 20 "$client" --start "$SEKISHO_HELPER" direct $1 "$(fresh_code $1)" | tee $run/said
	grep -q '^asked 2' $run/said || return 1
	for _ in $(seq 40); do
		tail -n +$((before + 1)) "$NS_LOG" >$run/why
		grep -q 'result="denied"' $run/why && break
		sleep .05
	done
	cat $run/why
	grep -q "result=\"denied\".*user=\"$1\".*\[S-32\]" $run/why
}
claim 'torn: the current code is given up, and the log says so' given_up bob
claim 'a code after the window is good' bash -c "
    while [ \$((\$(date +%s) / 30)) -le $(cat $run/step/bob) ]; do sleep 1; done
    '$client' --start '$SEKISHO_HELPER' direct bob $(code_at bob $(($(cat $run/step/bob) + 2))) | tee /dev/stderr | grep '^verdict 1'"

# ---- a tool that writes must not cover up a torn write
"$sekisho" enroll carol totp --secret-file <(head -c 20 /dev/urandom | base32 | tee $run/secret/carol) --no-confirm >/dev/null 2>&1
carol=$(ls "$store/records" | grep -v -e "$alice" -e "$bob")
"$client" --start "$SEKISHO_HELPER" direct carol "$(wrong_code carol)" >/dev/null
tear_newest "$store/states/$carol"
claim 'unlock after a torn write' "$sekisho" unlock carol
claim 'the codes of now are given up all the same' bash -c \
    "'$client' --start '$SEKISHO_HELPER' direct carol $(fresh_code carol) | grep '^asked 2'"

# ---- a file system that forgets
mount -t tmpfs -o mode=700 sekisho-test "$store"
claim 'no store at all: denied' denied /sekisho 10
umount "$store"
cp -a "$store" "$kept/store"
mount -t tmpfs -o mode=700 sekisho-test "$store"
cp -a "$kept/store/." "$store"
claim 'a store on tmpfs: denied' denied /sekisho 18
echo 'allow-any-file-system = yes' >"$etc/sekisho.conf"
claim 'allowed by the configuration: the right code is good' bash -c \
    "'$client' --start '$SEKISHO_HELPER' direct alice $(fresh_code alice) | grep '^verdict 1'"
umount "$store"
finish
