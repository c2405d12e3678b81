#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Which door for whom: the root socket first, the direct start only when nobody answers there,
# and the user socket, nothing else, for everybody who is not root.
. "$SEKISHO_SRCDIR/tests/system/module.sh"

nobody=65534

# serve NAME UID WHAT: a server on that socket until the next call of unserve
serve()
{
	coproc SERVER { exec "$fakedoor" "$work/run/$1" "$2" "$3"; }
	server=$SERVER_PID
	read -r -t 20 ready <&"${SERVER[0]}" && [ "$ready" = ready ] || fail "no server on $1"
}

unserve()
{
	eval "exec ${SERVER[1]}>&-"
	wait "$server" 2>/dev/null
	rm -f "$work/run/root" "$work/run/user"
}

as_nobody()
{
	host_options="-u $nobody" login plain "$@"
}

# The direct start would deny, the socket would grant: and the other way round.
stack direct-denies "required @ helper=$work/helper/deny"
stack direct-grants "required @ helper=$work/helper/grant"
stack no-helper "required @ helper=$work/helper/absent"

# ---- root
serve root 0 "$work/helper/grant"
login plain $PAM_SUCCESS direct-denies 123456
login plain $PAM_SUCCESS no-helper 123456
login closed_fds $PAM_SUCCESS no-helper 123456
login few_fds $PAM_SUCCESS no-helper 123456
login no_new_privs $PAM_SUCCESS no-helper 123456
unserve
for mode in deny not-allowed; do
	serve root 0 "$work/helper/$mode"
	code=$PAM_AUTH_ERR
	[ $mode = deny ] || code=$PAM_PERM_DENIED
	login plain $code direct-grants 123456
	unserve
done
# nobody there, or no answer: the direct start
login plain $PAM_SUCCESS direct-grants 123456
for what in @stale @silent @full "$work/helper/die-welcome"; do
	serve root 0 "$what"
	login plain $PAM_SUCCESS direct-grants 123456
	login plain $PAM_AUTH_ERR direct-denies 123456
	unserve
done
mv "$work/run" "$work/run.away"
login plain $PAM_SUCCESS direct-grants 123456
mv "$work/run.away" "$work/run"
# an answer, but a wrong one: no second chance
for mode in no-welcome cut-welcome; do
	serve root 0 "$work/helper/$mode"
	login plain $PAM_AUTHINFO_UNAVAIL direct-grants 123456
	unserve
done
for mode in cut-ask replay die-verdict die-ask lie-denied; do
	serve root 0 "$work/helper/$mode"
	code=$PAM_SYSTEM_ERR
	[[ $mode == die-* ]] && code=$PAM_AUTHINFO_UNAVAIL
	login plain $code direct-grants 123456
	unserve
done
# somebody else listens, or could
serve root $nobody "$work/helper/grant"
login plain $PAM_AUTHINFO_UNAVAIL direct-grants 123456
unserve
serve root 0 "$work/helper/grant"
chmod 777 "$work/run"
login plain $PAM_AUTHINFO_UNAVAIL direct-grants 123456
chmod 755 "$work/run"
unserve
mkdir "$work/run/root"
login plain $PAM_SUCCESS direct-grants 123456
rmdir "$work/run/root"
# the user socket is not for root
serve user 0 "$work/helper/deny"
login plain $PAM_SUCCESS direct-grants 123456
unserve

# ---- everybody else
as_nobody $PAM_AUTHINFO_UNAVAIL direct-grants 123456
serve root 0 "$work/helper/grant"
as_nobody $PAM_AUTHINFO_UNAVAIL direct-grants 123456
unserve
serve user 0 "$work/helper/grant"
as_nobody $PAM_SUCCESS no-helper 123456
unserve
serve user 0 "$work/helper/deny"
as_nobody $PAM_AUTH_ERR direct-grants 123456
unserve
for what in @stale @silent @full "$work/helper/die-welcome" "$work/helper/no-welcome"; do
	serve user 0 "$what"
	as_nobody $PAM_AUTHINFO_UNAVAIL direct-grants 123456
	unserve
done
serve user $nobody "$work/helper/grant"
as_nobody $PAM_AUTHINFO_UNAVAIL direct-grants 123456
unserve
no_helpers_left
finish
