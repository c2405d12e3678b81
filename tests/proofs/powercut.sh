#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The power fails: on real ext4 and btrfs, after the syncs that were made and without those that
# were not. No code opens twice, nobody is locked out, what was told is true. And the disk that is
# full, has no inode left, or cannot be written.
ns_arguments='--timeout 3600'
needs_programs='python3 strace mkfs.ext4 mkfs.btrfs losetup'
. "$(dirname "$0")/../system/lib.sh"

proofs=$SEKISHO_SRCDIR/tests/proofs
populate=$SEKISHO_BUILDDIR/tests/proofs/populate
client=$SEKISHO_BUILDDIR/tests/system/client
preload=$SEKISHO_BUILDDIR/tests/system/.libs/clockshift.so
store=$SEKISHO_LOCALSTATEDIR/lib/sekisho
etc=$SEKISHO_SYSCONFDIR/sekisho
images=$(mktemp -d /run/ns/scratch/images.XXXXXX)
now=$(($(date +%s) / 30 * 30 + 5))
scenarios='granted denied hotp recovery temporary emergency enroll enroll-more replace revoke
	code-recovery code-temporary code-emergency clock-accept suspend resume suspend-all unlock resync'
if [ "${SEKISHO_LONG-}" = 1 ]; then
	copies=40 init_states=150 btrfs_scenarios=$scenarios
else
	# what a cut may leave is computed, and the same for each; what is read back may differ
	copies=10 init_states=8 btrfs_scenarios='granted denied recovery enroll revoke code-emergency'
fi

[ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
for n in $(seq 0 63); do
	[ -e /dev/loop$n ] || mknod /dev/loop$n b 7 $n
done

# make_image FILE TYPE SIZE MKFS-ARGUMENT...
make_image()
{
	local file=$1 type=$2
	truncate -s $3 $file
	shift 3
	mkfs.$type -q "$@" $file >/dev/null
}

# put_in FILE [OPTION]: the file system in FILE at the place of the store and its key
put_in()
{
	mkdir -p /run/disk
	mount -o loop${2:+,$2} $1 /run/disk || return 1
	[ -d /run/disk/store ] || mkdir -m 700 /run/disk/store
	[ -d /run/disk/etc ] || mkdir -m 755 /run/disk/etc
	mount --bind /run/disk/store "$store" && mount --bind /run/disk/etc "$etc"
}

take_out()
{
	umount "$store" && umount "$etc" && umount /run/disk
}

# login PERSON CODE [AT]: the clock stands at $now or AT
login()
{
	CLOCKSET=${3:-$now} LD_PRELOAD=$preload timeout 60 "$client" --start "$SEKISHO_HELPER" direct $1 $2
}

opens() # PERSON CODE [AT]
{
	[[ $(login "$@") = 'verdict 1 '* ]]
}

code_of() # NUMBER [TIME]
{
	"$populate" --first $1 --show totp --counter ${2:-$now}
}

# ---- (a) every state
replay() # STATES SCENARIO...
{
	python3 "$proofs/replay.py" --states "$@"
}

# The code of KIND for person NUMBER, and the one after it, with the time at which that is tried.
codes_for() # KIND NUMBER
{
	case $1 in
	totp) echo "$(code_of $2) $(code_of $2 $((now + 60))) $((now + 60))" ;;
	hotp) echo "$("$populate" --first $2 --show hotp) $("$populate" --first $2 --show hotp --counter 1) $now" ;;
	recovery)
		echo "$("$populate" --first $2 --show recovery)" \
		    "$("$populate" --first $2 --show recovery --counter 1) $now"
		;;
	emergency) echo "$("$populate" --first $2 --emergency) $(code_of $2) $now" ;;
	esac
}

# ---- (b) copies of the disk in the moment of the verdict
copies_are_good() # KIND FIRST
{
	local n person code next at again=0 shut=0

	for n in $(seq $2 $(($2 + copies - 1))); do
		person=$(printf 'p%07d' $n)
		read -r code next at <<<"$(codes_for $1 $n)"
		sync -f /run/disk
		# the copy first of all
		login $person $code >$run/said && cp --sparse=always $image $images/copy
		grep -q '^verdict 1 ' $run/said || { echo "$person was refused: $(cat $run/said)"; return 1; }
		take_out && put_in $images/copy || return 1
		! opens $person $code || again=$((again + 1))
		opens $person $next $at || shut=$((shut + 1))
		take_out && put_in $image || return 1
	done
	echo "$copies copies: the code opened again in $again, the next did not in $shut"
	[ $again = 0 ] && [ $shut = 0 ]
}

# ---- (c) nothing can be made any more
wrong_of() # NUMBER
{
	local near step guess

	near=$(for step in -2 -1 0 1 2 3; do code_of $1 $((now + 30 * step)); done)
	for guess in 000000 111111 222222 333333 444444 555555 666666 777777; do
		[[ $near = *$guess* ]] || { echo $guess; return; }
	done
}

# Until not one block more can be had, also not one that a commit gave back.
fill_disk()
{
	local n

	cat /dev/zero >/run/disk/fill 2>/dev/null
	for n in $(seq 200); do
		sync -f /run/disk
		if ! dd if=/dev/zero of=/run/disk/fill$n bs=4096 count=1 conv=fsync 2>/dev/null; then
			sync -f /run/disk
			dd if=/dev/zero of=/run/disk/fill$n bs=4096 count=1 conv=fsync 2>/dev/null || return 0
		fi
	done
	return 1
}

use_inodes()
{
	local n

	mkdir /run/disk/many
	for n in $(seq 100000); do
		: 2>/dev/null >/run/disk/many/$n || return 0
	done
	return 1
}

files()
{
	(cd "$store" && find . ! -path './states/*' ! -path ./clock -type f -exec sha256sum {} + | sort
	    find . | sort)
}

works_full()
{
	local person wrong n

	person=$(printf 'p%07d' $1)
	opens $person $(code_of $1) || { echo 'the right code does not open'; return 1; }
	! opens $person $(code_of $1) || { echo 'and it opens twice'; return 1; }
	person=$(printf 'p%07d' $(($1 + 1)))
	wrong=$(wrong_of $(($1 + 1)))
	for n in 1 2 3 4; do
		[[ $(login $person $wrong) = 'asked 1 '* ]] || { echo "wrong code $n is not refused as such"; return 1; }
	done
	[[ $(login $person $wrong) = 'verdict 3 '* ]] || { echo 'wrong codes are not counted'; return 1; }
}

tool_refuses_full()
{
	local command

	files >$run/before
	head -c 20 /dev/urandom | base32 >$run/secret/new
	for command in "enroll bob totp --secret-file $run/secret/new --no-confirm" \
	    "enroll p0000090 totp --label more --secret-file $run/secret/new --no-confirm" \
	    'revoke p0000090 --yes' 'suspend p0000090' 'suspend --all --yes' \
	    'code recovery p0000090 --file - --yes' \
	    'code temporary p0000090 --valid 1d --reason x --file -' \
	    'code emergency p0000090 --file - --yes'; do
		"$sekisho" $command >$run/said 2>&1 && { echo "went through: $command"; return 1; }
		grep -q 'S-19' $run/said || { cat $run/said; return 1; }
	done
	files | diff $run/before - || return 1
	opens p0000090 $(code_of 90) || { echo 'p0000090 no longer gets in'; return 1; }
}

for type in ext4 btrfs; do
	image=$images/$type
	size=$([ $type = ext4 ] && echo 48M || echo 160M)
	if ! make_image $image $type $size || ! put_in $image; then
		[ $type = ext4 ] && { echo 'skipped: no loop device or file system can be had here'; exit 77; }
		claim "$type can be mounted" false
		continue
	fi
	for name in $([ $type = ext4 ] && echo $scenarios || echo $btrfs_scenarios); do
		claim "$type: $name, cut anywhere" replay 1000 $name
		numbers
	done
	claim "$type: init, cut anywhere" replay $init_states init
	numbers
	rm -rf "$store"/* "$etc"/*
	claim "$type: init" "$sekisho" -q init
	claim "$type: people" "$populate" --first 1 --count 100 --passwd /etc/passwd
	claim "$type: people with paper" "$populate" --first 101 --count 100 --recovery 3 --passwd /etc/passwd
	claim "$type: people with counters" "$populate" --first 201 --count 50 --kind hotp --passwd /etc/passwd
	sync -f /run/disk
	for copied in 'totp 1' 'recovery 101' 'emergency 151' 'hotp 201'; do
		claim "$type: the disk as it was in the moment of the verdict, $copies times: ${copied% *}" \
		    copies_are_good $copied
		numbers
	done
	claim "$type: the disk is full" fill_disk
	claim "$type: full: the right code opens once, wrong ones are counted" works_full 51
	claim "$type: full: the tool refuses and nothing has changed" tool_refuses_full
	rm -f /run/disk/fill*
	claim "$type: read-only" bash -c "umount '$store' '$etc' && mount -o remount,ro /run/disk &&
	    mount --bind /run/disk/store '$store' && mount --bind /run/disk/etc '$etc'"
	claim "$type: read-only: denied" eval "[[ \$(login p0000061 \$(code_of 61)) = 'verdict 4 '* ]]"
	claim "$type: read-only: the log says why" grep -q 'p0000061.*\(Read-only\|S-19\)' "$NS_LOG"
	take_out
	rm -f $images/*
done

make_image $images/few ext4 48M -N 1400
claim 'few inodes' put_in $images/few
claim 'init' "$sekisho" -q init
claim 'people' "$populate" --first 1 --count 100
claim 'no inode is left' use_inodes
claim 'no inode: the right code opens once, wrong ones are counted' works_full 71
claim 'no inode: the tool refuses and nothing has changed' tool_refuses_full
take_out
finish
