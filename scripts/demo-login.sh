# SPDX-License-Identifier: BSD-2-Clause
# The part of ./demo that runs inside tests/ns: one person, her phone, su and sshd.
needs_programs='su ssh expect oathtool'
. "$(dirname "$0")/demo-lib.sh"

by_su()
{
	local -a dialogue

	make_dialogue alicepw "$@"
	su_alice "${dialogue[@]}"
}

by_ssh()
{
	local -a dialogue

	make_dialogue alicepw "$@"
	at_terminal "${dialogue[@]}" -- ssh -F none -p $port -o UserKnownHostsFile=/dev/null \
	    -o StrictHostKeyChecking=no -o LogLevel=ERROR -o NumberOfPasswordPrompts=1 \
	    -o PreferredAuthentications=keyboard-interactive \
	    alice@127.0.0.1 'echo "this is $(id -un), by ssh"'
}

# On a terminal too: the tool shows a secret nowhere else.
enroll_alice()
{
	(umask 077 && head -c 20 /dev/urandom | base32 >$run/secret/alice)
	on_terminal -- "$sekisho" enroll alice totp --secret-file $run/secret/alice \
	    --qr terminal --no-confirm
}

title 'Enrollment'
if [ $attended = yes ]; then
	say 'Scan this with an authenticator app, then type the code it shows.' '$ sekisho enroll alice totp'
	"$sekisho" enroll alice totp </dev/tty || { say 'not enrolled'; exit 1; }
else
	say 'No terminal here, so the demo brings the secret and computes the codes with oathtool.' \
	    '$ sekisho enroll alice totp --secret-file secret --qr terminal --no-confirm'
	expected done 'a token' enroll_alice
fi
say '$ sekisho list'
"$sekisho" list

pam_service su 'requisite pam_unix.so nodelay' "required $SEKISHO_MODULE"
title 'su'
say '/etc/pam.d/su asks pam_unix for the password and pam_sekisho for the code:'
sed -n 's/^auth/    | auth/p' /etc/pam.d/su
if [ $attended = yes ]; then
	say 'A code is good once. Wait until the app shows the next one.'
	expected in 'password and code' by_su
	say '' 'Now type the code you just used, then twice a wrong one.'
	expected refused 'the same code again, and wrong codes' by_su
else
	say "A code is accepted during its own 30 seconds and one such step before and after, each step" \
	    "once and in rising order: su gets the code of now, sshd that of the coming step."
	expected in 'password and code' by_su "$(fresh_code alice)"
	wrong=$(wrong_code alice)
	expected refused 'the same code again, then a wrong one twice' \
	    by_su "$(same_code alice)" "$wrong" "$wrong"
	said 'already used' 'Wrong code'
fi

title 'sshd on the loopback device'
start_sshd || { say 'THIS IS WRONG: sshd does not start'; exit 1; }
if [ $attended = yes ]; then
	say 'Wait for the next code once more.'
	expected in 'password and code' by_ssh
else
	expected in 'password and code' by_ssh "$(fresh_code alice)"
	expected refused 'the same code again, then a wrong one twice' \
	    by_ssh "$(same_code alice)" "$wrong" "$wrong"
	said 'already used' 'Wrong code'
	mv "$SEKISHO_HELPER" "$SEKISHO_HELPER.away"
	expected refused 'without the helper that reads the store' by_ssh
	mv "$SEKISHO_HELPER.away" "$SEKISHO_HELPER"
fi
kill $sshd
tell_end
