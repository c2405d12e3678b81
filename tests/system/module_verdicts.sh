#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What every verdict, and every way a helper can fail, makes of a login: the module's own code,
# and the result of the usual kinds of stack with a pam_permit behind.
. "$SEKISHO_SRCDIR/tests/system/module.sh"

# mode and the module's code
quick="
grant 0
unasked 0
deny 7
locked 11
unavailable 9
not-allowed 6
error 4
die-welcome 9
die-ask 9
die-answer 9
die-verdict 9
cut-welcome 9
cut-ask 4
cut-verdict 4
long-verdict 4
lie-constant 4
lie-enum 4
lie-denied 4
lie-type 4
lie-version 4
lie-name 4
replay 4
no-welcome 9
flood 4
order 4
nosy 4
"
slow="
hang-welcome 9
hang-ask 9
hang-verdict 9
"

# all_stacks MODE CODE
all_stacks()
{
	local mode=$1 code=$2 h="helper=$work/helper/$1"
	local behind=$code
	[ "$code" = 0 ] || behind=$PAM_AUTH_ERR

	stack "$mode-required" "required @ $h" "required pam_permit.so"
	login plain "$code" "$mode-required" 123456
	stack "$mode-control" "[success=ok default=bad] @ $h" "required pam_permit.so"
	login plain "$code" "$mode-control" 123456
	stack "$mode-requisite" "requisite @ $h" "required pam_permit.so"
	login plain "$code" "$mode-requisite" 123456
	# sufficient lets the rest decide when it fails: that is its meaning, and why it is wrong
	# for a second factor
	stack "$mode-sufficient-deny" "sufficient @ $h" "required pam_deny.so"
	login plain "$behind" "$mode-sufficient-deny" 123456
	stack "$mode-sufficient" "sufficient @ $h" "required pam_permit.so"
	login plain 0 "$mode-sufficient" 123456
}

# A helper that is silent costs the full deadline: all of those at once, one stack each.
while read -r mode code; do
	[ -n "$mode" ] || continue
	stack "$mode" "required @ helper=$work/helper/$mode" "required pam_permit.so"
	timeout 120 "$hosts/plain" -e "$code" "$work/pam" "$mode" alice 123456 \
	    >"$work/$mode.out" 2>&1 &
	waiting="${waiting:-} $mode:$!"
done <<<"$slow"

while read -r mode code; do
	[ -n "$mode" ] && all_stacks "$mode" "$code"
done <<<"$quick"

# The card that opened is in the environment of the session; that of an earlier login is not.
card=SEKISHO_CARD=$(printf '%02x' $(seq 240 255) $(seq 0 15))
stack card "required @ helper=$work/helper/card"
login plain 0 card 123456
said "environment: [$card]"
stack no-card "required @ helper=$work/helper/grant"
login plain 0 no-card 123456
not_said environment:
stack other-card "required @ helper=$work/helper/card" "required @ helper=$work/helper/grant"
login plain 0 other-card 123456 123456
not_said environment:
stack card-refused "required @ helper=$work/helper/card" "required @ helper=$work/helper/deny"
login plain $PAM_AUTH_ERR card-refused 123456 123456
not_said environment:

# Nobody is named: a card may do it, and whatever a helper does instead does not, nor lets in.
host_user=-
stack name "required @ helper=$work/helper/name"
login plain 0 name 123456
said 'user: [alice]'
not_said 'prompt (echo)'
login plain $PAM_AUTH_ERR name 999999
said 'user: [alice]'
for mode in code name-grant name-question name-cut name-version name-replay name-die name-hang; do
	stack $mode "required @ helper=$work/helper/$mode"
	login plain 0 $mode bob 123456
	said 'user: [bob]'
	said 'prompt (echo): [login:]'
	login plain $PAM_AUTH_ERR $mode bob 999999
done
host_options="-u 65534" login plain $PAM_AUTHINFO_UNAVAIL name bob 123456
said 'user: [bob]'
stack name-first-pass "required @ use_first_pass helper=$work/helper/name"
login plain $PAM_AUTH_ERR name-first-pass bob 123456
said 'user: [bob]'
unset host_user

# The helper is not there, or not fit to be started by root.
mkdir "$work/unsafe"
absent=$work/helper/absent
stack absent "required @ helper=$absent" "required pam_permit.so"
login plain $PAM_AUTHINFO_UNAVAIL absent 123456
not_said "prompt: [One-time code: ]"
stack unsafe "required @ helper=$work/unsafe/grant" "required pam_permit.so"
cp "$work/helper/grant" "$work/unsafe/grant"
login plain $PAM_SUCCESS unsafe 123456
chmod 775 "$work/unsafe/grant"
login plain $PAM_AUTHINFO_UNAVAIL unsafe 123456
chmod 644 "$work/unsafe/grant"
login plain $PAM_AUTHINFO_UNAVAIL unsafe 123456
chmod 755 "$work/unsafe/grant"
chown 65534 "$work/unsafe/grant"
login plain $PAM_AUTHINFO_UNAVAIL unsafe 123456
rm "$work/unsafe/grant"
ln -s ../helper/grant "$work/unsafe/grant"
login plain $PAM_AUTHINFO_UNAVAIL unsafe 123456
rm "$work/unsafe/grant"
mkdir "$work/unsafe/grant"
login plain $PAM_AUTHINFO_UNAVAIL unsafe 123456
rmdir "$work/unsafe/grant"
mkfifo -m 755 "$work/unsafe/grant"
login plain $PAM_AUTHINFO_UNAVAIL unsafe 123456
rm "$work/unsafe/grant"
echo "not a program" >"$work/unsafe/grant"
chmod 755 "$work/unsafe/grant"
login plain $PAM_AUTHINFO_UNAVAIL unsafe 123456
mkdir -m 777 "$work/open"
cp "$work/helper/grant" "$work/open/grant"
stack open "required @ helper=$work/open/grant"
login plain $PAM_AUTHINFO_UNAVAIL open 123456
chmod 1777 "$work/open"
login plain $PAM_SUCCESS open 123456
chmod 755 "$work/open"
chown 65534 "$work/open"
login plain $PAM_AUTHINFO_UNAVAIL open 123456

# What the helper was given.
stack inspect "required @ helper=$work/helper/inspect"
login plain $PAM_SUCCESS inspect 123456

for waited in $waiting; do
	if wait "${waited#*:}"; then
		pass
	else
		fail "${waited%:*}"
		cat "$work/${waited%:*}.out"
	fi
done
no_helpers_left
finish
