# SPDX-License-Identifier: BSD-2-Clause
# bench/inside.sh LOGINS COLD CROWD SIZE...: enrolls SIZE people with each module, size after size,
# and measures; inside tests/ns. Lines of figures on stdout, for bench/report.sh, what goes on
# on stderr:
#   fill|SIZE|PEOPLE ADDED|SECONDS
#   warm|... cold|... note|...     as in bench/rounds.h
#   cost|SIZE|SERVICE|BYTES WRITTEN|BYTES READ|SYSTEM CALLS|SYNCS|HOST KIB|HELPER KIB
#   crowd|...                      as in bench/crowd.h
# Sizes grow. The peers must be installed, strace and mkfs.ext4.
#
# Store and peers lie in an ext4 image: two million files go at once with it, whatever ends the
# run, and the figures are those of a file system with a journal, wherever the build lies.
set -u -o pipefail
logins=$1 cold=$2 crowd=$3
shift 3

image=/run/ns/scratch/image
disk=/run/disk
dir=$disk/bench
server=(systemd-socket-activate --accept --inetd --seqpacket -l /run/sekisho/root
    "$SEKISHO_HELPER" --door=root)
filled=0    # people enrolled so far
once_run=   # what is measured at the first size only was
crowd_run=

fail()
{
	echo "bench: $*" >&2
	exit 1
}

say()
{
	echo "bench: $*" >&2
}

# program NAME: built in bench/
program()
{
	[ -x "$SEKISHO_BUILDDIR/bench/.libs/$1" ] && echo "$SEKISHO_BUILDDIR/bench/.libs/$1" ||
	    echo "$SEKISHO_BUILDDIR/bench/$1"
}

bench()
{
	local size=$1
	shift

	$bench "$dir" $size "$@" -- "${server[@]}"
}

stack()
{
	printf 'auth required %s\naccount required pam_permit.so\n' "$2" >"$dir/pam.d/$1"
}

# pam_oath looks far ahead, for the crowd: who was refused types the next code, as with a token
# that has a button.
prepare()
{
	mkdir -p "$dir/pam.d" "$dir/google" /run/sekisho
	stack other pam_deny.so
	stack permit pam_permit.so
	stack oath "pam_oath.so usersfile=$dir/oath window=100 digits=6"
	stack google "pam_google_authenticator.so secret=$dir/google/\${USER} user=root allowed_perm=0600"
	stack direct "$SEKISHO_MODULE socket-dir=/run/no-door"
	stack socket "$SEKISHO_MODULE"
	"$SEKISHO_SBINDIR/sekisho" init --yes >"$dir/log" 2>&1 || { cat "$dir/log" >&2; fail 'sekisho init'; }
}

# Each person has a record of 4 KiB, a state of 8 KiB, two inodes, and a line in the file of
# pam_oath, which exists twice while it is rewritten.
bytes_for()
{
	echo $(($1 * 14000 + (512 << 20)))
}

# room_for PEOPLE: a twentieth of the disk stays free for others. An image needs one inode.
room_for()
{
	local block all blocks inodes_all inodes

	read -r block all blocks inodes_all inodes <<<"$(stat -f -c '%S %b %a %c %d' "${image%/*}")"
	missing=
	[ "$(bytes_for $1)" -lt $(((blocks - all / 20) * block)) ] ||
	    missing="$(($(bytes_for $1) >> 20)) MiB of disk"
	# some file systems have no fixed number and say 0
	[ "$inodes_all" = 0 ] || [ "$inodes" -ge 100 ] || missing='100 inodes'
	[ -z "$missing" ]
}

# make_disk PEOPLE
make_disk()
{
	local n

	[ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
	for n in $(seq 0 63); do
		[ -e /dev/loop$n ] || mknod /dev/loop$n b 7 $n
	done
	mkdir $disk
	truncate -s "$(bytes_for $1)" $image &&
	    mkfs.ext4 -q -m 0 -N $(($1 * 2 + 20000)) -E lazy_itable_init=1,nodiscard $image >&2 &&
	    mount -o loop,noinit_itable $image $disk || fail 'no loop device can be had here'
	mkdir -m 700 $disk/store
	mount --bind $disk/store "$SEKISHO_LOCALSTATEDIR/lib/sekisho"
}

fill()
{
	local size=$1 start=$EPOCHREALTIME end

	"$SEKISHO_BUILDDIR/tests/proofs/populate" --kind hotp --jobs "$(nproc)" --first $filled \
	    --count $((size - filled)) >&2 || fail "$size people: cannot be enrolled"
	end=$EPOCHREALTIME
	echo "fill|$size|$((size - filled))|$(awk -v a=$start -v b=$end 'BEGIN { printf "%.1f", b - a }')"
	$peers "$dir" /etc/passwd $filled $size || fail "$size people: cannot be enrolled with the peers"
	filled=$size
}

# seen_by_strace SIZE SERVICE: "written|read|system calls|syncs" between the marks, all processes.
seen_by_strace()
{
	local logs=$dir/strace

	rm -rf "$logs"
	mkdir "$logs"
	say "strace of a login, $2"
	(
		bench="strace -ff -y -ttt -o $logs/log $bench"
		bench $1 once $2
	) 2>"$dir/log" || { cat "$dir/log" >&2; fail "traced login: $2"; }
	cat "$logs"/log.* | sort -s -n -k1,1 | awk '
		/"login begins"/ { on = 1; next }
		/"login ends"/ { on = 0 }
		!on || $2 !~ /^[a-z_0-9]+\(/ { next }
		/^[0-9.]+ (clock_nanosleep|exit|exit_group)\(/ { next }
		{ calls++ }
		match($2, /^(fsync|fdatasync|sync_file_range|syncfs|sync)\(/) {
			syncs[substr($2, 1, RLENGTH - 1)]++
		}
		/^[0-9.]+ p?write[v0-9]*\([0-9]+<\// && !/<\/(dev|proc)\// { written += $NF }
		/^[0-9.]+ p?read[v0-9]*\([0-9]+<\// && !/<\/(dev|proc)\// && $NF > 0 { got += $NF }
		END {
			for (name in syncs)
				text = text (text == "" ? "" : ", ") syncs[name] " " name
			print written + 0 "|" got + 0 "|" calls + 0 "|" (text == "" ? "0" : text)
		}'
}

# memory SIZE SERVICE: "host|helper", the highest resident KiB of each
memory()
{
	(
		bench="$peak $dir/peak $bench"
		bench $1 once $2
	) 2>"$dir/log" || { cat "$dir/log" >&2; fail "login for its memory: $2"; }
	awk '$1 == "bench" && $2 > host { host = $2 }
		$1 == "sekisho-auth" && $2 > helper { helper = $2 }
		END { print host + 0 "|" helper + 0 }' "$dir/peak"
}

measure()
{
	local size=$1 services='oath direct socket' service traced kib

	# a file for each person, or nothing: these cost the same at any size
	[ -n "$once_run" ] || services='permit oath google direct socket'
	once_run=1
	say "$size enrolled: $logins rounds, $cold of them cold"
	bench $size rounds $logins $cold $services || exit 1
	for service in $services; do
		traced=$(seen_by_strace $size $service) || exit 1
		kib=$(memory $size $service) || exit 1
		echo "cost|$size|$service|$traced|$kib"
	done
	if [ -z "$crowd_run" ] && [ $size -ge 32 ]; then
		crowd_run=1
		say "$size enrolled: 1, 2, 8, 32 at once"
		bench $size crowd $crowd oath google direct socket || exit 1
	fi
}

largest=0
for size; do
	if room_for $size; then
		largest=$size
		continue
	fi
	say "$size people: skipped, there are not $missing free"
	echo "note|$size enrolled: skipped, there were not $missing free"
done
[ $largest != 0 ] || fail "no room for anything: there are not $missing free"
bench=$(program bench) peak=$(program peak) peers=$(program peers)
make_disk $largest
prepare
for size; do
	[ $size -le $largest ] || continue
	say "$size people are enrolled"
	fill $size
	measure $size
done
