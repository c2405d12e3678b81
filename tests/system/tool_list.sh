# SPDX-License-Identifier: BSD-2-Clause
# sekisho list: every view, as a table and as data.
needs_programs='expect oathtool python3'
. "$(dirname "$0")/tool_lib.sh"
S=$sekisho
new_store
uid=$(id -u alice) bob=$(id -u bob)

# ---- nothing there
printf 'UID_MIN 1000\nUID_MAX 60000\n' >/etc/login.defs
sed -i -e '/^\(root\|alice\|bob\):/!s#:[^:]*$#:/usr/sbin/nologin#' /etc/passwd
echo 'daemon2:x:999:999::/:/bin/sh
wide:x:60001:60001::/:/bin/sh
gate:x:2050:2050::/:/bin/false' >>/etc/passwd
prints 'nobody has a temporary code' 'nobody has a temporary code
exit 0' without_terminal $S list --temporary
prints 'nothing ends' 'nothing ends in that time
exit 0' without_terminal $S list --expiring 60d
prints 'nobody enrolled: as data' '{"format": 1, "command": "list", "exit": 0, "messages": ["nobody is enrolled"], "warnings": [], "errors": [], "people": [], "all_suspended": false}
exit 0' without_terminal $S list --json
prints 'who is not enrolled' "USER   UID   STATE
alice  $uid  never enrolled
bob    $(id -u bob)  never enrolled
root   0     never enrolled
exit 0" without_terminal $S list --unenrolled

# ---- wrong usage
usage='hint: sekisho list [USER] | --expiring TIME | --temporary | --unenrolled'
prints 'two views' "2> sekisho: --unenrolled: does not go with another kind of list [S-04]
2> $usage
exit 2" without_terminal $S list --temporary --unenrolled
prints 'a person and a view' "2> sekisho: list: too many words [S-04]
2> $usage
exit 2" without_terminal $S list --temporary alice
for bad in 60 60w -1d '' 3651d; do
	prints "no time: '$bad'" "2> sekisho: --expiring: takes 60d, 12h and the like, up to 3650d [S-04]
2> $usage
exit 2" without_terminal $S list --expiring "$bad"
done

# ---- unenrolled
enroll alice; enroll bob; enroll root
prints 'everybody has one' 'everybody who could log in has a token
exit 0' without_terminal $S list --unenrolled
claim 'one is revoked, one suspended, one of a token' bash -c "$S -y revoke alice && $S suspend bob && $S suspend root totp"
prints 'each is told from the others' "USER   UID   STATE
alice  $uid  revoked
bob    $(id -u bob)  suspended
root   0     suspended
exit 0" without_terminal $S list --unenrolled
prints 'as data' '{"format": 1, "command": "list", "exit": 0, "messages": [], "warnings": [], "errors": [], "unenrolled": [{"user": "alice", "uid": '$uid', "state": "revoked"}, {"user": "bob", "uid": '$(id -u bob)', "state": "suspended"}, {"user": "root", "uid": 0, "state": "suspended"}], "all_suspended": false}
exit 0' without_terminal $S list --unenrolled --json
claim 'as before' bash -c "$S resume bob && $S resume root totp"
enroll alice
claim 'an account of that name with another uid' sed -i "s/^bob:x:$(id -u bob):/bob:x:2077:/" /etc/passwd
prints 'it is not that person' 'USER  UID   STATE
bob   2077  other uid
exit 0' without_terminal $S list --unenrolled
claim 'back' sed -i "s/^bob:x:2077:/bob:x:$bob:/" /etc/passwd

# ---- temporary and expiring
claim 'a temporary code' bash -c "SUDO_UID=$uid $S code temporary bob --valid 2d --uses 5 --reason 'phone at home' --file $run/secret/temporary"
temporary()
{
	tr -d ' -' <$run/secret/temporary | grep -o -x -E '[0-9A-Z]{16}'
}
prints 'who has one' 'USER  UNTIL             LEFT    STATE   ISSUER  REASON
bob   TIME  5 of 5  usable  alice   phone at home
exit 0' without_terminal $S list --temporary
claim 'used once' opens bob "$(temporary)"
claim 'ends' bash -c "$S expiry alice --until $(date -d '10 days' +%F) && $S expiry root --until $(date -d '-1 day' +%F) -y"
prints 'one is used' 'USER  UNTIL             LEFT    STATE   ISSUER  REASON
bob   TIME  4 of 5  usable  alice   phone at home
exit 0' without_terminal $S list --temporary
ending()
{
	$S list --expiring $1 | sed -E 's/20[0-9-]{8} [0-2][0-9]:[0-5][0-9]/TIME/;s/in 1[01] d|in 2[0-9]{2}h[0-9]{2}m/SPAN/;s/in 4[78]h[0-9]{2}m/HOURS/;s/  +/ /g'
}
prints 'what ends' 'USER WHAT END STATE
alice logins TIME SPAN
bob temporary code TIME HOURS
root logins TIME expired' ending 60d
prints 'what ends sooner' 'USER WHAT END STATE
bob temporary code TIME HOURS
root logins TIME expired' ending 3d
prints 'what has ended' 'USER WHAT END STATE
root logins TIME expired' ending 0d

# as_data PYTHON COMMAND...: an expression about the object, o
as_data()
{
	local words=$1
	shift

	"$S" list --json "$@" >$run/data || return 1
	python3 -c "import json, sys; o = json.load(open('$run/data')); print(json.dumps(o, indent=1)); assert $words"
}
claim 'what ends, as data' as_data 'o["expiring"][0]["user"] == "alice" and o["expiring"][0]["what"] == "logins" and not o["expiring"][0]["expired"] and o["expiring"][2]["expired"] and len(o["expiring"]) == 3' --expiring 60d
claim 'who has a temporary code, as data' as_data '[(t["user"], t["uses"], t["uses_left"], t["issuer"], t["issuer_uid"], t["reason"], t["state"]) for t in o["temporary"]] == [("bob", 5, 4, "alice", '$uid', "phone at home", "usable")]' --temporary

# ---- people as data
claim 'recovery codes' $S code recovery bob --file $run/secret/sheet
claim 'failures' bash -c "! $SEKISHO_BUILDDIR/tests/system/client --version 1 --start $SEKISHO_HELPER direct bob $(wrong_code bob) | grep -q granted"
claim 'a second token' $S enroll bob hotp --label fob --secret-file $(secret_file h GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ) --digits 8 --no-confirm --counter 7
claim 'everything of a person' as_data '(lambda b: b["state"] == "enrolled" and not b["revoked"] and not b["suspended"] and not b["codes_held"]
 and [(t["label"], t["kind"], t["digits"], t["algorithm"], t["period"], t["suspended"], t["state"]) for t in b["tokens"]] == [("totp", "totp", 6, "sha1", 30, False, "enrolled"), ("fob", "hotp", 8, "sha1", None, False, "enrolled")]
 and b["tokens"][0]["created"].endswith("Z") and b["tokens"][1]["last_used"] is None
 and b["recovery"] == {"left": 10, "total": 10} and b["temporary"][0]["uses_left"] == 4 and b["not_before"] is None and b["not_after"] is None
 and [(l["failures"]["otp"], l["suspended"], l["wait_seconds"]) for l in b["lockout"]] == [(1, False, 0)] and len(o["people"]) == 1)(o["people"][0])' bob
claim 'everybody, in order' as_data '[p["user"] for p in o["people"]] == ["alice", "bob", "root"] and o["people"][2]["state"] == "expired" and not o["all_suspended"]'
no_secret()
{
	! grep -q -i -e id\" -e secret -e hash -e salt -e "$(temporary)" -e "$(cat $run/secret/bob)" <(sed 's/"uid"//g;s/"issuer_uid"//g' $run/data)
}
claim 'nothing secret in it' no_secret
claim 'suspend all' $S -y -q suspend --all
claim 'as data, too' as_data 'o["all_suspended"] and o["messages"] == ["everybody is suspended, until sekisho resume --all"]'
claim 'resume all' $S -y -q resume --all

# ---- locked
lock()
{
	local i

	for i in 1 2 3 4 5 6; do
		ask_helper alice "$(wrong_code alice)"
	done
	$S list alice | grep -q 'locked$'
}
claim 'locked' lock
claim 'as data' as_data 'o["people"][0]["state"] == "locked" and o["people"][0]["lockout"][0]["failures"]["otp"] >= 5 and 0 < o["people"][0]["lockout"][0]["wait_seconds"] <= 900' alice

# ---- damage
file=$(ls -t /var/lib/sekisho/records | tail -n 1)
for record in /var/lib/sekisho/records/*; do cp -p $record $run/; done
damaged=/var/lib/sekisho/records/$(basename $(ls -d /var/lib/sekisho/records/* | head -n 1))
printf x | dd of=$damaged bs=1 seek=2000 conv=notrunc status=none
for view in '' '--temporary' '--expiring 60d' '--unenrolled'; do
	says_damage()
	{
		$S list $view >$run/out 2>$run/err
		[ $? = 1 ] && grep -q 'S-14' $run/err && grep -q 'hint: sekisho list NAME finds' $run/err
	}
	claim "a damaged record: exit status 1, '$view'" says_damage
done
claim 'it is an account without a token that opens' bash -c "$S list --unenrolled 2>/dev/null | grep -q 'damaged\$'"
finish
