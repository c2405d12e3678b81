#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Where a login comes from, as real programs are seen, and that whoever guesses at one place takes
# nobody's other places away. Only the helper's time since the start of the machine is moved, so
# that no delay has to be sat out.
ns_arguments='--timeout 400'
needs_programs='su login ssh /usr/sbin/sshd expect oathtool pamtester systemd-socket-activate'
. "$(dirname "$0")/lib.sh"

client=$SEKISHO_BUILDDIR/tests/system/client
preload=$SEKISHO_BUILDDIR/tests/system/.libs/clockshift.so

claim 'init' "$sekisho" init --yes
for person in alice bob carol; do
	claim "enroll $person" enroll $person
done
for service in su login bare; do
	pam_service $service 'requisite pam_unix.so nodelay' "required $SEKISHO_MODULE"
done

# su_as WHOM PERSON PASSWORD CODE...: WHOM becomes PERSON.
su_as()
{
	local whom=$1 person=$2
	local -a dialogue
	shift 2

	make_dialogue "$@"
	on_terminal "${dialogue[@]}" -- setpriv --reuid $whom --regid $whom --init-groups \
	    su "$person" -c 'echo INSIDE-$(id -un)'
}

# login_as PERSON PASSWORD CODE...: at a console.
login_as()
{
	local person=$1
	local -a dialogue
	shift

	make_dialogue "$@"
	on_terminal "${dialogue[@]}" '[$] $' 'echo INSIDE-$(id -un); exit' -- login "$person"
}

# A service of root that runs without a terminal.
bare()
{
	local person=$1
	local -a dialogue
	shift

	make_dialogue "$@"
	on_terminal "${dialogue[@]}" -- sh -c "pamtester bare $person authenticate && echo INSIDE-bare"
}

# came_from SOURCE RESULT: so the log says of the last login.
came_from()
{
	log_complete
	grep 'sekisho-auth.*event=login' "$NS_LOG" | tail -n 1 | tee $run/last
	grep -q "result=\"$2\".* source=\"$1\"" $run/last
}

# ---- where it comes from
claim 'su by somebody else' lets_in su_as carol bob bobpw "$(fresh_code bob)"
claim 'is from another person' came_from other granted
claim 'su by oneself' lets_in su_as bob bob bobpw "$(fresh_code bob)"
claim 'is from oneself' came_from self granted
claim 'login at a terminal' lets_in login_as carol carolpw "$(fresh_code carol)"
claim 'is from the console' came_from console granted
claim 'root without a terminal' lets_in bare alice alicepw "$(fresh_code alice)"
claim 'is from another person, too' came_from other granted
claim 'sshd starts' start_sshd
claim 'ssh' lets_in ssh_to carol carolpw "$(fresh_code carol)"
claim 'is remote' came_from remote granted
kill $sshd
# and as the helper is told
while read -r source words; do
	claim "$words: $source" bash -c "'$client' --start '$SEKISHO_HELPER' $words direct bob 1; true"
	claim 'so the log has it' came_from $source denied
done <<-END
	console --ruid 0 --tty tty1
	other --ruid 0
	other --ruid 2001
	other --ruid 2001 --tty pts/1
	self --ruid 2002
	self --ruid 2002 --tty pts/1
	remote --ruid 0 --rhost h
	remote --ruid 2002 --rhost h --tty ssh
END

# ---- fifteen guesses by su, through the door: behind it stands a helper whose clock can be moved
mv "$SEKISHO_HELPER" "$SEKISHO_HELPER.real"
cat >"$SEKISHO_HELPER" <<END
#!/bin/sh
read shift <$run/shift
BOOTSHIFT=\$shift LD_PRELOAD=$preload exec "$SEKISHO_HELPER.real" "\$@"
END
chmod 700 "$SEKISHO_HELPER"
echo 0 >$run/shift
door_start root
"$sekisho" unlock alice >/dev/null
guesses=0
while [ $guesses -lt 20 ]; do
	echo $(((guesses + 1) * 1000)) >$run/shift
	su_as carol alice alicepw "$(wrong_code alice)" >$run/guess 2>&1
	guesses=$((guesses + 1))
	! came_from other denied | grep -q 'reason="suspended"' || break
done
claim "su by another person is suspended after 15 guesses ($guesses)" [ $guesses = 15 ]
echo 100000 >$run/shift
claim 'and stays so with the right code' \
    refuses 'reason="suspended".*source="other"' su_as carol alice alicepw "$(current_code alice)"
claim 'alice at the console: in, at once' lets_in login_as alice alicepw "$(fresh_code alice)"
claim 'from the console' came_from console granted
claim 'alice by herself: in' lets_in su_as alice alice alicepw "$(fresh_code alice)"
claim 'su by another person is suspended still' \
    refuses 'reason="suspended".*source="other"' su_as carol alice alicepw "$(current_code alice)"
door_stop root
finish
