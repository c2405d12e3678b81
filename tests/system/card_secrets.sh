#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Where a PIN is not: in the host when it was told, in a helper that waits again, in a log, a file,
# an argument; in a traced helper only on its way from the host to pcscd. The PIN is the canary.
ns_arguments='--timeout 300'
needs_programs='pcscd openssl strace xxd'
. "$(dirname "$0")/lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
. "$SEKISHO_SRCDIR/tests/system/card_lib.sh"
keeper=$SEKISHO_BUILDDIR/tests/system/keeper
memscan=$SEKISHO_BUILDDIR/tests/system/memscan
pin=73918264 wrong=84625173
# a password where the PIN belongs: long, so that some of it stays when its memory is given back
mistyped='correct horse battery staple, said alice, and typed it: 5127'

hex()
{
	printf %s "$1" | xxd -p -c 0
}

# Not in this test's own words about it, nor in the card that has it.
files_with()
{
	grep -r -l -a -E "$1" /etc /home /run /var/lib/sekisho /var/log --exclude-dir=ns \
	    --exclude-dir=cards --exclude-dir=secret 2>/dev/null | grep -v -x -F -e $run/lines
}

umask 022
(umask 077 && echo $pin >$run/secret/pin)
claim 'init' "$sekisho" init --yes
configure card 'crl = off'
claim 'pcscd' pcscd_start
card_start own --key p256 --pin-file $run/secret/pin
claim 'a card for alice' enroll_card alice own card
trust own

# ---- the host
pam_service keeper "required $SEKISHO_MODULE"

# host ANSWER: a login that was answered so and keeps running
host()
{
	rm -f $run/leash
	mkfifo $run/leash
	"$keeper" keeper alice <$run/leash >$run/held &
	held=$!
	exec 8>$run/leash
	echo "$1" >&8
	within 40 grep -q '^code ' $run/held
}

host_ends()
{
	exec 8>&-
	wait $held
}

claim 'a login' host $pin
claim 'in' grep -q -x 'code 0' $run/held
claim 'the memory of the host can be seen' eval '! "$memscan" $held "$(hex keeper)"'
claim 'the PIN is gone from the host' "$memscan" $held "$(hex $pin)"
claim 'it is in no argument and no environment' eval \
    '! cat /proc/[0-9]*/{cmdline,environ} 2>/dev/null | grep -a -F -f $run/secret/pin'
host_ends
claim 'a password for a PIN' host "$mistyped"
claim 'not in' grep -q -x 'code [1-9].*' $run/held
claim 'the password is gone from the host' "$memscan" $held "$(hex "${mistyped: -16}")"
host_ends

# ---- a helper that waits again
unlock
begin
say $wrong
claim 'a wrong one: asked again' asks_pin
claim 'the memory of the helper can be seen' eval '! "$memscan" $helper "$(hex sekisho.conf)"'
claim 'the wrong one is gone from it' "$memscan" $helper "$(hex $wrong)"
say "$mistyped"
claim 'a password for a PIN: asked again' asks_pin
claim 'the password is gone from it' "$memscan" $helper "$(hex "${mistyped: -16}")"
claim 'and it holds no record' eval '! ls -l /proc/$helper/fd | grep -E "states/|records/"'
leave
unlock

# ---- where it passes in the helper
printf '#!/bin/bash\nexec strace -qq -f -s 4096 -o %s "%s" "$@"\n' $run/cards/trace "$SEKISHO_HELPER" >$run/traced
chmod 755 $run/traced
traced()
{
	[[ "$(timeout 60 "$client" --tty tty1 --start $run/traced direct alice $pin)" = 'verdict 1 '* ]]
}
claim 'a traced login' traced
claim 'the PIN comes from the host and goes to pcscd' eval \
    '[ "$(grep -F $pin $run/cards/trace | sed "s/^[0-9]* *//; s/(.*//" | sort | tr "\n" " ")" = "recvmsg sendto " ]'

log_complete
claim 'the log was written' grep -q 'event=login.*reason="wrong-pin"' "$NS_LOG"
claim 'no PIN in any log' eval '! grep -a -E "$pin|$wrong|$mistyped" "$NS_LOG" $run/pcscd.log'
claim 'nor in a file' eval '! files_with "$pin|$wrong|$mistyped"'
cards_stop
pcscd_stop
finish
