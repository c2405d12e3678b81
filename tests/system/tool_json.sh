# SPDX-License-Identifier: BSD-2-Clause
# --json: one object for every command, whatever becomes of it, and nothing secret in it.
needs_programs='expect oathtool python3'
. "$(dirname "$0")/tool_lib.sh"
S=$sekisho

frame='"warnings": [], "errors": []'
usage='"messages": [], "warnings": [], "errors": [{"number": "S-04"'

# ---- before there is a store
prints 'usage errors have the object, too' '{"format": 1, "command": "list", "exit": 2, '"$usage"', "object": "list", "why": "too many words", "hint": "sekisho list [USER] | --expiring TIME | --temporary | --unenrolled"}]}
2> sekisho: list: too many words [S-04]
2> hint: sekisho list [USER] | --expiring TIME | --temporary | --unenrolled
exit 2' without_terminal $S list a b --json
prints 'an unknown option behind it' '{"format": 1, "command": "list", "exit": 2, '"$usage"', "object": "--frobnicate", "why": "unknown option", "hint": "sekisho list [USER] | --expiring TIME | --temporary | --unenrolled"}]}
2> sekisho: --frobnicate: unknown option [S-04]
2> hint: sekisho list [USER] | --expiring TIME | --temporary | --unenrolled
exit 2' without_terminal $S list --json --frobnicate
prints 'an unknown option in front of it: too early for an object' '2> sekisho: --frobnicate: unknown option [S-04]
2> hint: sekisho list [USER] | --expiring TIME | --temporary | --unenrolled
exit 2' without_terminal $S list --frobnicate --json
prints 'an unknown command' '{"format": 1, "command": null, "exit": 2, '"$usage"', "object": "frobnicate", "why": "unknown command", "hint": "sekisho --help"}]}
2> sekisho: frobnicate: unknown command [S-04]
2> hint: sekisho --help
exit 2' without_terminal $S --json frobnicate
prints 'a value is no option' '2> sekisho: LABEL: is empty [S-04]
2> hint: sekisho revoke USER [LABEL] [options]
exit 2' without_terminal $S revoke alice '' --reason --json
prints 'version' "{\"format\": 1, \"command\": null, \"exit\": 0, \"messages\": [\"$($S --version)\"], $frame}
exit 0" without_terminal $S --json --version
claim 'no command: usage on stderr, an object on stdout' bash -c "$S --json 2>/dev/null | grep -q -x '{.*\"exit\": 2, .*\"object\": \"COMMAND\", \"why\": \"is missing\".*}'"
prints 'not root' '{"format": 1, "command": "list", "exit": 1, "messages": [], "warnings": [], "errors": [{"number": "S-03", "object": "list", "why": "must run as root", "hint": "run it with sudo or from a root shell"}]}
2> sekisho: list: must run as root [S-03]
2> hint: run it with sudo or from a root shell
exit 1' without_terminal setpriv --reuid alice --regid alice --clear-groups $S --json list
prints 'no store' '{"format": 1, "command": "list", "exit": 1, "messages": [], "warnings": [], "errors": [{"number": "S-10", "object": "/var/lib/sekisho", "why": "no store, or one whose making was cut short", "hint": "sekisho init"}]}
2> sekisho: /var/lib/sekisho: no store, or one whose making was cut short [S-10]
2> hint: sekisho init
exit 1' without_terminal $S --json list

# ---- secrets
for kind in 'recovery alice' 'temporary alice --valid 1d --reason x' 'emergency'; do
	prints "no secret and no object in one stream: code $kind" '{"format": 1, "command": "code", "exit": 2, '"$usage"', "object": "--file", "why": "- is standard output, where --json goes", "hint": "sekisho code recovery|temporary USER | emergency [USER...] [options]"}]}
2> sekisho: --file: - is standard output, where --json goes [S-04]
2> hint: sekisho code recovery|temporary USER | emergency [USER...] [options]
exit 2' without_terminal $S --json code $kind --file -
done

# ---- every command, done
canary=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ

claim 'init' has '{"store": "/var/lib/sekisho", "host_key": "/etc/sekisho/host.key"}' init
claim 'init again' has '{}' init
file=$(secret_file a $canary)
claim 'enroll' has '{"user": "alice", "token": "totp", "kind": "totp", "replaced": null}' enroll alice totp --secret-file $file --no-confirm
claim 'enroll twice' has '{}' enroll alice totp --secret-file $file --no-confirm
claim 'enroll in place of it' has '{"user": "alice", "token": "totp", "kind": "hotp", "replaced": "totp"}' enroll alice hotp --replace totp --secret-file $(secret_file b ${canary}GE) --no-confirm --counter 0
claim 'enroll without a terminal' has '{}' enroll alice totp
claim 'a second one' has '{"user": "alice", "token": "totp-2", "kind": "totp", "replaced": null}' enroll alice totp --secret-file $file --no-confirm --label totp-2
claim 'list' as_object list
claim 'list of one' as_object list alice
claim 'list of nobody' has '{"people": []}' list bob
claim 'suspend' has '{"user": "alice", "token": null, "changed": true}' suspend alice --reason 'on leave'
claim 'suspend twice' has '{"user": "alice", "token": null, "changed": false}' suspend alice
claim 'resume' has '{"user": "alice", "token": null, "changed": true}' resume alice
claim 'resume a token' has '{"user": "alice", "token": "totp", "changed": false}' resume alice totp
claim 'suspend all' has '{"user": null, "token": null, "changed": true}' suspend --all -y
claim 'resume all' has '{"user": null, "token": null, "changed": true}' resume --all -y
claim 'unlock' has '{"user": "alice", "changed": false}' unlock alice
claim 'expiry' has '{"user": "alice", "not_before": null, "not_after": "TIME", "changed": true}' expiry alice --until 2099-03-31
claim 'resync, without a terminal' has '{}' resync alice
resync()
{
	KEY=${canary}GE expect -f "$system/tool_terminal.exp" -- hotp:5 hotp:6 -- bash -c "$S --json resync alice totp >$run/object"
	cat $run/object
	grep -q -x '{.*"exit": 0, .*"user": "alice", "token": "totp", "skipped": 7}' $run/object
}
claim 'resync, at a terminal: the questions are there, the object in its stream' resync
claim 'code recovery' has '{"user": "alice", "kind": "recovery", "file": "'$run'/secret/sheet", "held": false}' code recovery alice --file $run/secret/sheet
sheet=$(grep -o -E '([0-9A-Z]{4}-){3}[0-9A-Z]{4}' $run/secret/sheet | tr -d -)
claim 'code temporary' has '{"user": "alice", "kind": "temporary", "file": "'$run'/secret/temporary", "held": false, "until": "TIME", "uses": 1}' code temporary alice --valid 1d --reason x --file $run/secret/temporary
claim 'code temporary, taken back' has '{"user": "alice", "kind": "temporary", "removed": true}' code temporary alice --remove
claim 'code emergency' has '{"kind": "emergency", "people": "root", "code_number": "NUMBER", "file": "'$run'/secret/emergency"}' code emergency root --file $run/secret/emergency
claim 'code, with no terminal to show it on' has '{}' code recovery alice
claim 'clock' has '{"now": "TIME", "latest_accepted": null, "behind_seconds": 0, "damaged": false}' clock
claim 'clock accept' has '{"now": "TIME", "given_up": 0}' clock accept -y
claim 'explain' as_object explain S-14
claim 'explain nothing' has '{}' explain S-99
claim 'revoke one' has '{"user": "alice", "token": "totp-2", "none_left": false}' revoke alice totp-2 -y
claim 'not confirmed' has '{}' revoke alice
claim 'revoke' has '{"user": "alice", "token": null, "none_left": true}' revoke alice -y
claim 'code emergency, removed' has '{"kind": "emergency", "removed": true}' code emergency --remove -y
claim 'a question without a terminal' has '{}' suspend --all
no_secret()
{
	local secret

	for secret in $canary $(grep -h -o -E '([0-9A-Z]{4}-){3,4}[0-9A-Z]{4}' $run/secret/*); do
		! grep -q -i -e "$secret" -e "${secret//-/}" $run/objects || return 1
	done
	[ "$(wc -w <<<"$sheet")" = 10 ]
}
claim 'nothing secret was in any object' no_secret
prints 'a full disk: the exit status is what counts' '2> sekisho: stdout: the result could not be written: No space left on device [S-19]
exit 1' without_terminal bash -c "$S --json list >/dev/full"
prints '-q leaves the messages out' "{\"format\": 1, \"command\": \"unlock\", \"exit\": 0, \"messages\": [], $frame, \"user\": \"alice\", \"changed\": false}
exit 0" without_terminal bash -c "$S code emergency -y -q --file $run/secret/again; $S -q --json unlock alice"
prints 'warnings are in it, and on stderr' '{"format": 1, "command": "suspend", "exit": 2, "messages": [], "warnings": ["there is no unused emergency code (sekisho code emergency): nobody could log in to undo this"], "errors": [{"number": "S-04", "object": "everybody", "why": "a question to ask and no terminal", "hint": "run it at a terminal; sekisho(8) names what works without one"}]}
2> sekisho: warning: there is no unused emergency code (sekisho code emergency): nobody could log in to undo this
2> sekisho: everybody: a question to ask and no terminal [S-04]
2> hint: run it at a terminal; sekisho(8) names what works without one
exit 2' without_terminal bash -c "$S code emergency --remove -y -q; $S suspend --all --json"
finish
