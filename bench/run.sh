# SPDX-License-Identifier: BSD-2-Clause
# bench/run.sh LOGINS: the stacks, people and secrets bench/bench measures, inside tests/ns; then
# the table, on stdout and in bench/RESULTS.md. Called by `make bench`.
set -u -o pipefail
secret_hex=3132333435363738393031323334353637383930
secret_base32=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
services='permit oath google direct socket'

fail()
{
	echo "bench: $*" >&2
	exit 1
}

find_module()
{
	local dir

	for dir in /lib/*/security /usr/lib/*/security /lib/security /usr/lib64/security; do
		[ -e "$dir/$1" ] && return
	done
	fail "$1 is not here: apt-get install $2"
}

# ---------------------------------------------------------------- inside

# peer_files PERSON: what the peers have enrolled, nothing used yet.
peer_files()
{
	echo "HOTP/T30/6 $1 - $secret_hex" >"$dir/oath"
	# no RATE_LIMIT: its 3 logins in 30 seconds would be all there is to measure
	printf '%s\n" DISALLOW_REUSE\n" TOTP_AUTH\n' $secret_base32 >"$dir/google"
	chmod 600 "$dir/oath" "$dir/google"
}

stack()
{
	printf 'auth required %s\naccount required pam_permit.so\n' "$2" >"$dir/pam.d/$1"
}

stacks()
{
	mkdir -p "$dir/pam.d"
	stack permit pam_permit.so
	stack oath "pam_oath.so usersfile=$dir/oath window=1 digits=6"
	stack google "pam_google_authenticator.so secret=$dir/google user=root allowed_perm=0600"
	stack direct "$SEKISHO_MODULE socket-dir=/run/no-door"
	stack socket "$SEKISHO_MODULE"
}

people()
{
	local person tool=$SEKISHO_SBINDIR/sekisho

	"$tool" init >"$dir/init.log" 2>&1 || { cat "$dir/init.log" >&2; fail 'sekisho init'; }
	(umask 077; echo $secret_base32 >"$dir/secret")
	for person in alice bob carol; do
		"$tool" enroll $person totp --secret-file "$dir/secret" --no-confirm \
		    >"$dir/enroll.log" 2>&1 || { cat "$dir/enroll.log" >&2; fail "sekisho enroll"; }
	done
}

# SERVICE: "bytes|system calls|syncs" between the marks, over all processes.
traced()
{
	local logs=$dir/strace.$1

	mkdir -p "$logs"
	peer_files bob
	strace -ff -y -ttt -o "$logs/log" "$bench" "$dir" "$1" -- "${server[@]}" 2>"$dir/server.log" ||
	    { cat "$dir/server.log" >&2; fail "traced login: $1"; }
	cat "$logs"/log.* | sort -s -n -k1,1 | awk '
		/"login begins"/ { on = 1; next }
		/"login ends"/ { on = 0 }
		!on || $2 !~ /^[a-z_0-9]+\(/ { next }
		/^[0-9.]+ (clock_nanosleep|exit|exit_group)\(/ { next }
		{ calls++ }
		/^[0-9.]+ (fsync|fdatasync|sync_file_range|syncfs)\(/ { syncs++ }
		/^[0-9.]+ p?write[v0-9]*\([0-9]+<\// && !/<\/(dev|proc)\// { bytes += $NF }
		END { print bytes + 0 "|" calls + 0 "|" syncs + 0 }'
}

inside()
{
	local logins=$1 service line

	dir=/run/ns/scratch/bench
	bench=$SEKISHO_BUILDDIR/bench/.libs/bench
	[ -x "$bench" ] || bench=$SEKISHO_BUILDDIR/bench/bench
	server=(systemd-socket-activate --accept --inetd --seqpacket -l /run/sekisho/root
	    "$SEKISHO_HELPER" --door=root)
	mkdir -p $dir /run/sekisho
	stacks
	people
	for service in $services; do
		traced $service >"$dir/traced.$service" || exit 1
		rm -f /run/sekisho/root
	done
	peer_files alice
	"$bench" "$dir" "$logins" -- "${server[@]}" 2>"$dir/server.log" >"$dir/figures" ||
	    { tail -n 3 "$dir/server.log" >&2; exit 1; }
	while IFS= read -r line; do
		echo "$line|$(cat "$dir/traced.${line%%|*}")"
	done <"$dir/figures"
}

if [ "${1-}" = --inside ]; then
	inside "$2"
	exit
fi

# ---------------------------------------------------------------- outside

logins=${1:?usage: bench/run.sh LOGINS}
[ "$(id -u)" = 0 ] || fail 'must run as root: it needs namespaces of its own'
find_module pam_oath.so libpam-oath
find_module pam_google_authenticator.so libpam-google-authenticator
command -v strace >/dev/null || fail 'strace is not here: apt-get install strace'
command -v systemd-socket-activate >/dev/null ||
    fail 'systemd-socket-activate is not here: apt-get install systemd'

load=$(cut -d ' ' -f 1 /proc/loadavg)
figures=$("$SEKISHO_SRCDIR/tests/ns" --timeout 900 bash "$SEKISHO_SRCDIR/bench/run.sh" --inside "$logins") ||
    exit
results=$SEKISHO_SRCDIR/bench/RESULTS.md
{
	cat <<END
# Logins side by side

\`make bench\`: $logins rounds of two logins through each module, in turn, each with a fresh valid code. Times in
microseconds; they differ from machine to machine and from run to run, so compare within the table only.

Machine: $(nproc) CPUs, $(df --output=fstype "$SEKISHO_BUILDDIR" | tail -n 1), Linux $(uname -r | cut -d. -f1). Other work on it: load $load before the run.

| module | felt, median | p99 | whole, median | p99 | CPU, mean | bytes written | system calls | syncs |
|---|---|---|---|---|---|---|---|---|
END
	echo "$figures" | cut -d '|' -f 2- | sed 's/^/| /; s/|/ | /g; s/$/ |/; s/^  *| */| /'
	cat <<'END'

- *felt*: from the last answer in the conversation to the return of pam_authenticate, when the answer takes 20 ms. A
  person takes longer; by then the helper has started and stands ready.
- *whole*: pam_start and pam_authenticate when the answer comes at once: with the start of the helper.
- *CPU*: user and system time of the login program (pam_end included) and of the helper; at the socket door also of the
  program that accepts and starts it.
- *bytes written*, *system calls*, *syncs* (fsync, fdatasync): one login each, all processes, seen by strace. Bytes are
  those written to files.
- The socket door is served by systemd-socket-activate, which is lighter than systemd itself.
- Before it measures, the benchmark sees each module refuse a wrong code and a code used before. What a login changed on
  disk is put back before the next one, outside the measured time.
END
} >"$results.new" && mv "$results.new" "$results"
sed -n '/^Machine/p' "$results"
sed -n '/^|/p' "$results" | column -t -s '|' -o '|'
