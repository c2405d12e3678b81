#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The admin tool and cards: card list, word for word, over real pcscd and simulated cards.
needs_programs='pcscd openssl expect python3'
ns_arguments='--timeout 300'
. "$(dirname "$0")/tool_lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
umask 022
S=$sekisho
no_end=99991231235959Z # RFC 5280, 4.1.2.5

# ---- without pcscd, without cards
prints 'no word' '2> sekisho: list|index: is missing [S-04]
2> hint: sekisho card list|index
exit 2' without_terminal $S card
prints 'another word' '2> sekisho: lost: unknown word [S-04]
2> hint: sekisho card list|index
exit 2' without_terminal $S card lost
prints 'no store' '2> sekisho: /var/lib/sekisho: no store, or one whose making was cut short [S-10]
2> hint: sekisho init
exit 1' without_terminal $S card list
new_store
prints 'not root' '2> sekisho: card list: must run as root [S-03]
2> hint: run it with sudo or from a root shell
exit 1' as alice env LC_ALL=C.UTF-8 bash -c "$S card list 2>&1 | sed 's/^/2> /'; echo exit \${PIPESTATUS[0]}"
prints 'no pcscd' '2> sekisho: pcscd: pcscd does not run or went away [S-80]
2> hint: apt-get install pcscd; systemctl status pcscd.socket pcscd; polkit may refuse
exit 1' without_terminal $S card list
claim 'pcscd' pcscd_start 2
prints 'four empty readers' 'READER               CARD     KEY  UNTIL  TRIES  USER  SUBJECT
Virtual PCD 0 00 00  no card  -    -      -      -     -
Virtual PCD 0 00 01  no card  -    -      -      -     -
Virtual PCD 1 00 00  no card  -    -      -      -     -
Virtual PCD 1 00 01  no card  -    -      -      -     -
exit 0' without_terminal $S card list

# ---- cards
card_start alice --key p256 --ca $cards/ca --subject "CN=$(printf 'Alice\033[2J')" --not-after $no_end
card_start bob --kind jpki --port 35964 --not-before 20190101000000Z --not-after 20200101000000Z
card_start carol --key rsa1024 --port 35965
prints 'PIV, an expired My Number Card, a key that is too short' 'READER               CARD            KEY       UNTIL                 TRIES  USER  SUBJECT
Virtual PCD 0 00 00  PIV             P-256     9999-12-31            3      -     CN=Alice\1B[2J
Virtual PCD 0 00 01  My Number Card  RSA-2048  2020-01-01 (expired)  3      -     -
Virtual PCD 1 00 00  PIV             -         -                     3      -     -
Virtual PCD 1 00 01  no card         -         -                     -      -     -
2> sekisho: Virtual PCD 1 00 00: certificate of a key of another kind or size [S-86]
2> hint: RSA of 2048 or 3072 bits, P-256 or P-384; a PIV card has it in slot 9A
exit 1' without_terminal $S card list
card_stop carol
claim 'as data' has '{"readers": ['\
'{"reader": "Virtual PCD 0 00 00", "present": true, "card": {"kind": "piv", "key": "P-256", "subject": "CN=Alice\\1B[2J", "issuer": "CN=Test card CA,O=Test card,C=JP", "not_before": "TIME", "not_after": "9999-12-31T23:59:59Z", "state": "valid", "tries_left": 3, "users": []}}, '\
'{"reader": "Virtual PCD 0 00 01", "present": true, "card": {"kind": "jpki", "key": "RSA-2048", "subject": null, "issuer": "CN=Test card CA,O=Test card,C=JP", "not_before": "TIME", "not_after": "TIME", "state": "expired", "tries_left": 3, "users": []}}, '\
'{"reader": "Virtual PCD 1 00 00", "present": false, "card": null}, '\
'{"reader": "Virtual PCD 1 00 01", "present": false, "card": null}]}' card list
claim 'costs no try' [ "$(card_state alice tries)$(card_state bob tries)" = 33 ]
claim 'leaves the signing key of a My Number Card alone' [ "$(card_state bob violations)" = 0 ]
claim 'the environment does not say where pcscd is' says 'Virtual PCD 0 00 00 +PIV' \
    env PCSCLITE_CSOCK_NAME=/nonexistent PCSCLITE_DEBUG=0 LIBPCSCLITE_DELEGATE=/nonexistent $S card list
card_tell alice tries 0 >/dev/null
claim 'a blocked PIN' says ' 00 00 +PIV +P-256 +9999-12-31 +blocked ' $S card list
card_tell alice fault sw=6f00@ins:CB >/dev/null
claim 'a card that answers nothing' says '00 00: card refused the command \[S-85\]' $S card list
card_tell alice fault none >/dev/null
card_tell alice fault sw=6A82@ins:CB >/dev/null
claim 'a PIV card as it leaves the factory' says '00 00: no certificate or key for logging in on the card \[S-86\]' $S card list
claim 'what is missing where' says 'a PIV card has it in slot 9A' $S card list
cards_stop
pcscd_stop
finish
