# SPDX-License-Identifier: BSD-2-Clause
# Shared by the module_*.sh tests: a directory of root's with the module, fake helpers named by
# what they do, and PAM stacks; logins through tests/hosts; a count of what failed.
set -u

PAM_SUCCESS=0 PAM_SERVICE_ERR=3 PAM_SYSTEM_ERR=4 PAM_PERM_DENIED=6 PAM_AUTH_ERR=7
PAM_AUTHINFO_UNAVAIL=9 PAM_MAXTRIES=11 PAM_CONV_ERR=19

if [ "$(id -u)" != 0 ]; then
	echo "skipped: the direct start needs root"
	exit 77
fi

hosts=$SEKISHO_BUILDDIR/tests/hosts
fakedoor=$SEKISHO_BUILDDIR/tests/system/fakedoor
work=$(mktemp -d /tmp/sekisho-module.XXXXXX) || exit 99
chmod 755 "$work"
trap 'exec 9>&-; rm -rf "$work"' EXIT
mkdir "$work/pam" "$work/helper" "$work/run"
cp "$SEKISHO_BUILDDIR/pam_module/.libs/pam_sekisho.so" \
    "$SEKISHO_BUILDDIR/tests/system/.libs/pam_token.so" "$work" || exit 99
for mode in $("$SEKISHO_BUILDDIR/tests/system/fakehelper" --list); do
	cp "$SEKISHO_BUILDDIR/tests/system/fakehelper" "$work/helper/$mode" || exit 99
done

passed=0
failed=0

pass()
{
	passed=$((passed + 1))
}

fail()
{
	echo "FAILED: $*"
	failed=$((failed + 1))
}

# stack NAME LINE... : a PAM service; @ is the module, % its usual options
stack()
{
	local name=$1 line
	shift
	for line in "$@"; do
		line=${line//@/$work/pam_sekisho.so %}
		echo "auth ${line//%/socket-dir=$work/run}"
	done >"$work/pam/$name"
}

# login HOST CODE SERVICE REPLY... : expects that PAM code; the output is in $work/out.
# $host_options, $host_env and $host_user are for the host.
login()
{
	local host=$1 code=$2 service=$3
	shift 3
	# through a pipe: not every host may write files
	# descriptor 7 is one that nobody marked close-on-exec
	timeout 300 env ${host_env:-LC_ALL=C.UTF-8} "$hosts/$host" ${host_options:-} -v -e "$code" \
	    "$work/pam" "$service" "${host_user-alice}" "$@" 2>&1 7</dev/null | cat >"$work/out"
	local r=${PIPESTATUS[0]}
	if [ $r = 0 ]; then
		pass
	elif [ $r = 77 ]; then
		cat "$work/out"
	else
		fail "$host, service $service, expected $code, replies $*: exit $r"
		sed 's/^/    /' "$work/out" "$work/pam/$service"
	fi
}

# said TEXT: the host of the last login showed exactly this line
said()
{
	if grep -qxF -e "$1" "$work/out"; then
		pass
	else
		fail "not shown: $1"
		sed 's/^/    /' "$work/out"
	fi
}

not_said()
{
	if grep -qF -e "$1" "$work/out"; then
		fail "shown: $1"
		sed 's/^/    /' "$work/out"
	else
		pass
	fi
}

helpers_left()
{
	local exe
	for exe in /proc/[0-9]*/exe; do
		[[ $(readlink "$exe" 2>/dev/null) == "$work"/helper/* ]] && echo "$exe"
	done
}

# Killed and finished helpers are gone, if not at once.
no_helpers_left()
{
	local try
	for try in $(seq 100); do
		[ -z "$(helpers_left)" ] && pass && return
		sleep 0.1
	done
	fail "helpers still running: $(helpers_left)"
}

finish()
{
	echo "$passed checks passed, $failed failed"
	[ "$failed" = 0 ]
	exit
}
