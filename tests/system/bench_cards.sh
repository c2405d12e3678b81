#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# `make bench PARTS=cards` in small, on a fast line: it measures each module with each key, tells
# everything it promises, and does not measure logins that were refused. Of what it measures only
# what no machine changes is looked at: what a card is asked.
needs_programs='pcscd openssl opensc-tool'
ns_arguments='--timeout 400'
. "$(dirname "$0")/lib.sh"

for module in pkcs11 p11; do
	compgen -G "/lib/*/security/pam_$module.so" >/dev/null ||
	    { echo "skipped: no pam_$module.so (apt-get install libpam-$module)"; exit 77; }
done
[ -e /usr/lib/pcsc/drivers/serial/libifdvpcd.so ] || { echo 'skipped: vsmartcard-vpcd is not installed'; exit 77; }
here=$SEKISHO_SRCDIR/bench

# lines COUNT REGEX: so many of the figures
lines()
{
	local found

	found=$(grep -c -E "$2" $run/figures)
	[ "$found" = $1 ] || { echo "$found, wanted $1"; cat $run/figures; return 1; }
}

measured()
{
	rm -rf "${SEKISHO_LOCALSTATEDIR:?}"/lib/sekisho/*
	timeout 300 bash "$here/cards.sh" 1 0 0 >$run/figures
}

claim 'three modules, three keys on one slot and on four, and a My Number Card' measured
number='[1-9][0-9]*'
times="$number\|$number$"
claim 'each has its row' lines 21 '^(card|cannot)\|'
claim 'sekisho logs in with all' lines 7 "^card\|[a-z0-9]+\|[14]\|sekisho\|.*\|$times"
claim 'RSA: 3 commands, then 5' lines 2 "^card\|rsa2048\|[14]\|sekisho\|3\|$number\|5\|603\|21\|$times"
claim 'P-256, P-384: 3, then 3' lines 4 "^card\|p(256|384)\|[14]\|sekisho\|3\|$number\|3\|$number\|21\|$times"
claim 'My Number Card: 361 bytes after the answer' lines 1 "^card\|jpki\|1\|sekisho\|$number\|$number\|5\|361\|2\|$times"
claim 'the others with RSA' lines 4 "^card\|rsa2048\|[14]\|(pkcs11|p11)\|$number\|$number\|$number\|$number\|$number\|$times"
claim 'who cannot says why' eval '! grep -E "^cannot\|.*\|$" $run/figures'

claim 'the report is written' bash -c "echo 'machine|2|6|0.00' >>$run/figures &&
    bash '$here/report_cards.sh' $run/figures >$run/report"
for words in '^# Logins with a card$' '^\| after the answer, RSA-2048: 5 commands, .* \| 5, 582 \| yes \|$' \
    '^\| whole login at least 6 times faster than pam_pkcs11, RSA-2048, 4 certificates \| ' \
    '^\| My Number Card \| 1 \| sekisho \| [0-9]+ \| [0-9]+ \| 5 \| 361 \| '; do
	claim "it has: $words" grep -E "$words" $run/report
done
claim 'and as many rows' [ "$(grep -c -E '^\| .* \| [14] \| (sekisho|pam_pkcs11|pam_p11) \| ' $run/report)" = 21 ]

# in the place of the module
claim 'a module that refuses the right PIN' mount --bind /lib/*/security/pam_deny.so "$SEKISHO_MODULE"
refused()
{
	! measured 2>$run/said && grep -q 'the right PIN is refused' $run/said && ! grep '^card|.*|sekisho|' $run/figures
}
claim 'is not measured' refused
claim 'a module that takes any PIN' mount --bind /lib/*/security/pam_permit.so "$SEKISHO_MODULE"
accepted()
{
	! measured 2>$run/said && grep -q 'a wrong PIN is accepted' $run/said && ! grep '^card|.*|sekisho|' $run/figures
}
claim 'is not measured' accepted
finish
