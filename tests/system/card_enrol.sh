#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sekisho enroll USER card, word for word, over real pcscd and simulated cards: which card, whether
# it is good here, that its PIN is known, whose it is; and what becomes of it in the other commands.
needs_programs='pcscd openssl expect python3 strace'
ns_arguments='--timeout 300'
. "$(dirname "$0")/tool_lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
umask 022
S=$sekisho
no_end=99991231235959Z # RFC 5280, 4.1.2.5
an_end=$(date -u -d '+1000 days' +%F)
new_store

# at_card ANSWER... -- COMMAND...: as at_terminal; labels and serial numbers depend on the card.
at_card()
{
	at_terminal "$@" | sed -E 's/"(piv|jpki)-[0-9A-F]{4}"/"\1-HASH"/'
}

# spent NAME: how many of its three tries
spent()
{
	echo $((3 - $(card_state $1 tries)))
}

# fresh NAME COMMAND...: with all its tries
fresh()
{
	card_tell $1 tries 3 >/dev/null
	shift
	"$@"
}

# For a dialogue, between a question and its answer. tries_are N; signal_then SIGNAL, as soon as the
# card gets a PIN.
mkdir $run/bin
cat >$run/bin/tries_are <<-END
	#!/bin/sh
	exec $testcard --tell $cards/alice.sock tries \$1
END
cat >$run/bin/signal_then <<-END
	#!/bin/sh
	{
		while ! grep -q '> 0020008008' $cards/alice.log; do sleep .1; done
		kill -\$1 \$(cat $run/tool)
	} >/dev/null 2>&1 &
END
chmod 755 $run/bin/*
PATH=$run/bin:$PATH

# ---- before there is a card
prints 'options of codes make no sense' '2> sekisho: --digits: not with card, which makes no codes and keeps its key [S-04]
2> hint: sekisho enroll USER totp|hotp|card [options]
exit 2' without_terminal $S enroll alice card --digits 6
prints 'options of cards with a code neither' '2> sekisho: --reader: only with card [S-04]
2> hint: sekisho enroll USER totp|hotp|card [options]
exit 2' without_terminal $S enroll alice totp --reader ACS
prints 'no terminal for the PIN' '2> sekisho: enroll: no terminal to ask for the PIN on [S-04]
2> hint: run it at a terminal; --no-confirm stores without the PIN
exit 2' without_terminal $S enroll alice card
prints 'no pcscd' 'sekisho: pcscd: pcscd does not run or went away [S-80]
hint: apt-get install pcscd; systemctl status pcscd.socket pcscd; polkit may refuse
exit 1' at_card -- $S enroll alice card
claim 'pcscd' pcscd_start
prints 'no card' 'sekisho: enroll: no card in the reader [S-81]
hint: put the card into the reader and leave it there; pcsc_scan shows the readers
exit 1' at_card -- $S enroll alice card
prints 'no such reader' 'sekisho: ACS: no such reader [S-27]
hint: sekisho card list
exit 1' at_card -- $S enroll alice card --reader ACS

# ---- is it good here
card_start alice --key p256 --ca $cards/ca --subject CN=alice --not-after $no_end
line='Virtual PCD 0 00 00: PIV, P-256, CN=alice, until 9999-12-31'
prints 'nobody is trusted' "$line"'
sekisho: Virtual PCD 0 00 00: issuer is not among the trust anchors: CN=Test card CA,O=Test card,C=JP [S-93]
hint: put the issuer'\''s certificate into the directory of trust anchors
exit 1' at_card -- $S enroll alice card
mkdir /etc/sekisho/anchors /etc/sekisho/crls
cp $cards/ca/ca.pem /etc/sekisho/anchors/
prints 'a list is required' "$line"'
sekisho: Virtual PCD 0 00 00: no revocation list of its issuer [S-95]
hint: bring the issuer'\''s current list into the directory of revocation lists
exit 1' at_card -- $S enroll alice card
card_crl $cards/ca /etc/sekisho/crls/list.pem "$(cat $cards/alice/serial-9A)"
prints 'a card on the list' "$line"'
sekisho: Virtual PCD 0 00 00: certificate is revoked [S-94]
hint: ask its issuer; enroll another card
exit 1' at_card -- $S enroll alice card
CRL_UNTIL=20200301000000Z card_crl $cards/ca /etc/sekisho/crls/list.pem
prints 'a list out of date' "$line"'
sekisho: Virtual PCD 0 00 00: revocation list is out of date [S-95]
hint: bring the issuer'\''s current list into the directory of revocation lists
exit 1' at_card -- $S enroll alice card
card_crl $cards/ca /etc/sekisho/crls/list.pem
echo nonsense >/etc/sekisho/anchors/note
prints 'a file that is no anchor' "$line"'
sekisho: /etc/sekisho/anchors/note: not a certificate in PEM or DER [S-90]
hint: openssl x509 -noout -text -in FILE
exit 1' at_card -- $S enroll alice card
rm /etc/sekisho/anchors/note
chmod 777 /etc/sekisho/anchors
claim 'a directory others can write is no directory of anchors' says '\[S-13\]' at_card -- $S enroll alice card
chmod 755 /etc/sekisho/anchors
echo 'crl = never' >/etc/sekisho/sekisho.conf
claim 'a broken configuration enrolls no card' says 'logins denied|sekisho.conf:1' at_card -- $S enroll alice card
rm /etc/sekisho/sekisho.conf
claim 'nothing of this asked for a PIN' [ $(spent alice) = 0 ]
claim 'nor stored anything' says 'nobody is enrolled' $S list

# ---- has the person its PIN
prints 'a wrong PIN' "$line"'
PIN (3 tries left): 
sekisho: alice: wrong PIN, 2 tries left; nothing stored [S-23]
hint: mind the tries left: the card blocks itself after the last one
exit 1' at_card 999999 -- $S enroll alice card
claim 'is in the log' logged 'event=enroll result="refused" user="alice".*\[S-23\]'
prints 'what is no PIN costs no try' "$line"'
PIN (2 tries left): 
sekisho: alice: not a PIN by its form; nothing was sent to the card; nothing stored [S-27]
hint: see sekisho(8)
exit 1' at_card password -- $S enroll alice card
prints 'nor does ^D' "$line"'
PIN (2 tries left): 
sekisho: alice: not confirmed; nothing changed [S-27]
exit 1' at_card end -- $S enroll alice card
claim 'two are left' [ $(spent alice) = 1 ]
claim 'one is left' says '1 try left; nothing stored' at_card 999999 -- $S enroll alice card
prints 'the last try is not spent unasked' "$line"'
alice: this is the last try: a wrong PIN blocks the card. Go on? [y/N] n
sekisho: alice: not confirmed; nothing changed [S-27]
exit 1' at_card n -- $S enroll alice card
claim 'it is still there' [ $(spent alice) = 2 ]
prints 'it is when that is meant' "$line"'
alice: this is the last try: a wrong PIN blocks the card. Go on? [y/N] y
PIN (1 try left): 
sekisho: alice: PIN is blocked; nothing stored [S-87]
hint: ykman piv access unblock-pin, or the issuer; My Number Card: the municipality
exit 1' at_card y 999999 -- $S enroll alice card
prints 'a blocked card is not asked' "$line"'
sekisho: Virtual PCD 0 00 00: PIN is blocked [S-87]
hint: ykman piv access unblock-pin, or the issuer; My Number Card: the municipality
exit 1' at_card -- $S enroll alice card
prints 'a try that others spent meanwhile makes it the last one' "$line"'
PIN (3 tries left): 
alice: this is the last try: a wrong PIN blocks the card. Go on? [y/N] n
sekisho: alice: not confirmed; nothing changed [S-27]
exit 1' fresh alice at_card '!tries_are 1' 999999 n -- $S enroll alice card
claim 'it is still there' [ "$(card_state alice tries)" = 1 ]
prints 'nor is one asked that they blocked' "$line"'
PIN (3 tries left): 
sekisho: alice: PIN is blocked; nothing stored [S-87]
hint: ykman piv access unblock-pin, or the issuer; My Number Card: the municipality
exit 1' fresh alice at_card '!tries_are 0' 999999 -- $S enroll alice card
card_tell alice tries 3 >/dev/null
prints '-q does not hide which card gets the PIN' "$line"'
PIN (3 tries left): 
sekisho: alice: not confirmed; nothing changed [S-27]
exit 1' at_card end -- $S -q enroll alice card

# ---- a signal while the card works
# stopped_short SIGNAL: the tool gets it when the card has the PIN
stopped_short()
{
	local r

	card_forget alice
	card_tell alice fault slow=1500@ins:20 >/dev/null
	at_card "!signal_then $1" 999999 -- sh -c 'echo $$ >'$run'/tool; exec "$@"' sh $S enroll alice card
	r=$?
	card_tell alice fault none >/dev/null
	return $r
}
claim 'the card gets a wrong PIN, the tool a signal' says '^exit 143$' stopped_short TERM
claim 'the try is in the log' eval 'tail -n 1 "$NS_LOG" | grep -q "refused.*2 tries left"'
claim 'the card was reset' [ "$(card_state alice verified)" = no ]
card_tell alice tries 3 >/dev/null
card_tell alice fault other-key >/dev/null
prints 'a card that signs with another key' "$line"'
PIN (3 tries left): 
sekisho: alice: signature is not by the enrolled key; nothing stored [S-88]
hint: a reissued card is enrolled anew; otherwise treat it as a counterfeit
exit 1' at_card 123456 -- $S enroll alice card
card_tell alice fault none >/dev/null
card_tell alice fault verified >/dev/null
claim 'that calls itself verified gets a PIN all the same' says 'S-23' at_card 999999 -- $S enroll alice card
claim 'and a try is spent' [ "$(card_state alice tries)" = 2 ]
card_tell alice fault none >/dev/null
card_tell alice tries 3 >/dev/null
claim 'nothing is stored' says 'nobody is enrolled' $S list
pin_nowhere()
{
	! grep -r -e 123456 $NS_LOG $run/got $run/said /var/lib/sekisho
}
prints 'the right PIN' "$line"'
PIN (3 tries left): 
alice: card "piv-HASH" enrolled
exit 0' at_card 123456 -- $S enroll alice card
claim 'is in the log' logged 'event=enroll result="done" user="alice" token="piv-'
claim 'the PIN is nowhere' pin_nowhere
claim 'the card was reset' [ "$(card_state alice verified)" = no ]
kept()
{
	[ "$(ls /var/lib/sekisho/certificates 2>/dev/null | wc -l)" = $1 ]
}
claim 'its certificate is kept' kept 1
links()
{
	[ "$(ls /var/lib/sekisho/cards 2>/dev/null | wc -l)" = $1 ]
}
claim 'it names its owner' [ "$(readlink /var/lib/sekisho/cards/*)" = "../records/$(ls /var/lib/sekisho/records)" ]
not_plain()
{
	! grep -a -r -q 'Test card CA' /var/lib/sekisho
}
claim 'and encrypted' not_plain

label=$($S list alice | grep -o -E 'piv-[0-9A-F]{4}' | head -n 1)

# ---- whose it is
claim 'card list says whose it is' says ' 00 00 +PIV +P-256 +9999-12-31 +3 +alice +CN=alice$' $S card list
prints 'twice' "$line"'
sekisho: alice: this card is enrolled already, as "piv-HASH" [S-25]
hint: sekisho list alice
exit 1' at_card -- $S enroll alice card
prints 'for somebody else' "$line"'
sekisho: bob: this card is that of alice, as "piv-HASH" [S-25]
hint: --shared-with-self, if both are accounts of one person; or: sekisho revoke
exit 1' at_card -- $S enroll bob card
record=$(echo /var/lib/sekisho/records/*)
cp -p $record $run/whole
printf XXXX | dd of=$record bs=1 seek=900 conv=notrunc 2>/dev/null
not_told="sekisho: $record: damaged, or belongs to another person or store; the card may be this person's [S-14]
hint: sekisho list NAME finds whose it is; restore it from a backup, or revoke and enroll
exit 1"
prints 'whoever cannot be read may be whose it is' "$line
$not_told" at_card -- $S enroll bob card
prints 'and nobody knows whether that is the same person' "$line
$not_told" at_card -- $S enroll bob card --shared-with-self
prints 'nor does card list know' 'READER               CARD     KEY    UNTIL       TRIES  USER  SUBJECT
Virtual PCD 0 00 00  PIV      P-256  9999-12-31  3      -     CN=alice
Virtual PCD 0 00 01  no card  -      -           -      -     -
'"${not_told/; the card*person\'s/}" at_card -- $S card list
cp -p $run/whole $record
prints 'for a second account of hers' "$line"'
PIN (3 tries left): 
sekisho: warning: bob: this card is also that of alice
bob: card "admin" enrolled
exit 0' at_card 123456 -- $S enroll bob card --shared-with-self --label admin
claim 'the log says that it is shared' logged 'event=enroll result="done" reason="shared" user="bob"'
claim 'both have it' says ' 3 +alice, bob +CN=alice$' $S card list
claim 'in place of itself, and still shared' $S -q enroll bob card --no-confirm --shared-with-self --replace admin
claim 'the log says both' logged 'event=enroll result="done" reason="shared, replace" user="bob"'
claim 'all who have it are named' says 'warning: carol: this card is also that of alice, bob$' $S -q enroll carol card --no-confirm --shared-with-self
$S -q -y revoke carol
claim 'so that it names nobody' links 0
claim 'a revoked one is free again' $S -q -y revoke bob
claim 'alice alone has it' says ' 3 +alice +CN=alice$' $S card list
claim 'and is named' links 1

# ---- whose it is, where nobody says a name
link=$(echo /var/lib/sekisho/cards/*)
target=$(readlink $link)
rm $link
prints 'a link that is lost' '1 card names its owner
exit 0' without_terminal $S card index
claim 'is made again' [ "$(readlink $link)" = $target ]
ln -sfn ../records/$(printf '%064d' 0) $link
ln -s $target ${link%/*}/$(printf '%064d' 0)
ln -s $target ${link%/*}/.new-${link##*/}
claim 'as data' has '{"cards": 1}' card index
claim 'one that leads elsewhere is corrected' [ "$(readlink $link)" = $target ]
claim 'what nobody asks for goes' links 1
# cut_short CALL N: what is there afterwards leads where it should, and the next change makes up for it.
cut_short()
{
	rm -rf ${link%/*}
	[ $1 = mkdirat ] || $S -q card index
	[ $1 != symlinkat ] && [ $1 != renameat ] || rm $link
	[ $1 != unlinkat ] || ln -s $target ${link%/*}/$(printf '%064d' 0)
	! killed_at $1 $2 $S -q card index || return 1
	[ ! -e $link ] || [ "$(readlink $link)" = $target ] || return 1
	$S -q card index && [ "$(readlink $link)" = $target ] && links 1 && [ -z "$(ls -A ${link%/*} | grep new)" ]
}
for point in 'mkdirat 1' 'symlinkat 1' 'renameat 1' 'unlinkat 1' 'fsync 1'; do
	claim "cut short at $point" cut_short $point
done
chmod 755 ${link%/*}
prints 'a directory that is not safe is not used' 'sekisho: /var/lib/sekisho/cards: mode 0755 is too open [S-13]
hint: restore owner root and the mode FORMAT.md names, then look who changed it
exit 1' at_card -- $S card index
prints 'once more, in place of itself' "$line"'
PIN (3 tries left): 
alice: card "piv-HASH" enrolled
alice: the "piv-HASH" before it no longer works
sekisho: warning: cards may not name their owners: /var/lib/sekisho/cards: mode 0755 is too open [S-13]; sekisho card index
exit 0' at_card 123456 -- $S enroll alice card --replace $label
chmod 700 ${link%/*}
prints 'nor is enrolling undone for it' '1 card names its owner
exit 0' without_terminal $S card index
claim 'one certificate is kept' kept 1

# ---- several readers; another kind
card_start carol --kind jpki --port 35964 --ca $cards/ca --not-after ${an_end//-/}145959Z
prints 'which one?' 'sekisho: enroll: cards in 2 readers: which one is meant? [S-04]
hint: sekisho card list; --reader NAME, or a part of it
exit 2' at_card -- $S enroll carol card
prints 'a My Number Card is not switched on' 'Virtual PCD 0 00 01: My Number Card, RSA-2048, until '"$an_end"'
sekisho: Virtual PCD 0 00 01: My Number Cards are not switched on in sekisho.conf [S-89]
hint: jpki = yes in sekisho.conf, when the site may use these cards
exit 1' at_card -- $S enroll carol card --reader '00 01'
echo 'jpki = yes' >/etc/sekisho/sekisho.conf
prints 'and is then' 'Virtual PCD 0 00 01: My Number Card, RSA-2048, until '"$an_end"'
PIN of 4 digits, for user authentication (3 tries left): 
carol: card "jpki-HASH" enrolled
exit 0' at_card 1234 -- $S enroll carol card --reader '00 01'
claim 'its certificate is not kept' kept 1
claim 'its signing key was left alone' [ "$(card_state carol violations)" = 0 ]
claim 'without a PIN, when that is asked for' $S -q enroll bob card --no-confirm --reader 'Virtual PCD 0 00 01' --shared-with-self
claim 'no try was spent' [ $(spent carol) = 0 ]
claim 'as data' has '{"user": "bob", "token": "x", "kind": "card", "replaced": null}' enroll bob card --no-confirm --reader '00 00' --shared-with-self --label x

# ---- no way to the certificates: what was revoked is revoked
mv /var/lib/sekisho/certificates $run/
: >/var/lib/sekisho/certificates
revoked_of_two()
{
	$S -y revoke bob "$($S list bob | grep -o -E 'jpki-[0-9A-F]{4}' | head -n 1)"
}
claim 'one of two cards' says '^bob: card "jpki-[0-9A-F]{4}" revoked$' revoked_of_two
claim 'with a word about what stays' grep -q -E '^sekisho: warning: bob: certificates of cards that are gone stay until the next change: .*\[S-[0-9]+\]$' $run/said
claim 'is in the log' logged 'event=revoke result="done" user="bob" token="jpki-'
rm /var/lib/sekisho/certificates
mv $run/certificates /var/lib/sekisho/

# ---- what the other commands make of it
$S -q -y revoke bob
listed()
{
	without_terminal $S list "$@" | sed -E -e 's/(piv|jpki)-[0-9A-F]{4}/\1-HASH/g' -e 's/20[0-9]{2}-[0-9]{2}-[0-9]{2}/DAY/g' -e 's/in [0-9]+ d/in DAYS/'
}
prints 'list: no digits' 'USER   TOKEN      KIND  DIGITS  CREATED     LAST USED  STATE
alice  piv-HASH   card  -       DAY  -          enrolled
bob    -          -     -       -           -          revoked
carol  jpki-HASH  card  -       DAY  -          enrolled
exit 0' listed
prints 'list USER: kind, key and dates' 'USER   TOKEN     KIND  DIGITS  CREATED     LAST USED  STATE
alice  piv-HASH  card  -       DAY  -          enrolled
card "piv-HASH": piv, P-256, from DAY until 9999-12-31
recovery codes: none
exit 0' listed alice
prints 'list --expiring: cards' 'USER   WHAT              END               STATE
carol  card "jpki-HASH"  TIME  in DAYS
exit 0' listed --expiring 2000d
claim 'as data' says '"what": "card", "token": "jpki-.*", "end": "'$an_end'T15:00:00Z", "expired": false' $S --json list --expiring 2000d
claim 'a token as data' says '"kind": "card", "digits": null, "algorithm": null, "period": null, "applet": "piv", "key": "P-256", "not_before": "20.*", "not_after": "9999-12-31T23:59:59Z"' $S --json list alice
shifted_list()
{
	shifted $((1100 * 86400)) $S list carol
}
claim 'an expired one' says ' card +- .* expired$' shifted_list
claim 'and one of tomorrow' says ' card +- .* not yet$' shifted -$((40 * 86400)) $S list carol
prints 'resync is not for cards' 'sekisho: alice: no token that shows codes [S-27]
hint: sekisho list alice
exit 1' at_card -- $S resync alice
prints 'suspend' "alice: \"$label\" suspended; the card is refused
exit 0" without_terminal $S suspend alice $label
claim 'is told' says ' card .* suspended$' $S list alice
prints 'resume' "alice: \"$label\" resumed
exit 0" without_terminal $S resume alice $label
prints 'revoke asks, and names it' 'alice: revoke card "piv-HASH"? No token is left then, and logins that need a code are refused. [y/N] y
alice: card "piv-HASH" revoked
alice: no token is left; logins that need a code are refused
exit 0' at_card y -- $S revoke alice $label
claim 'the certificate goes with it' kept 0
claim 'and the link' links 1 # of carol's card
claim 'which leads to carol' [ "$(readlink /var/lib/sekisho/cards/*)" != $target ]
claim 'nobody has the card' says ' 3 +- +CN=alice$' $S card list

# ---- in place of something else
$S -q enroll root totp --no-confirm --secret-file "$(secret_file root JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP)"
claim 'in place of a phone' has '{"user": "root", "token": "totp", "kind": "card", "replaced": "totp"}' enroll root card --no-confirm --reader '00 00' --shared-with-self --replace totp
claim 'which is gone' says '^root +totp +card ' $S list root
claim 'the card names root' links 2
claim 'a phone in its place' $S -q enroll root totp --no-confirm --secret-file "$(secret_file root JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXQ)" --replace totp
claim 'and it names nobody' links 1
claim 'a card in its place' $S -q enroll root card --no-confirm --reader '00 00' --shared-with-self --replace totp
printf X | dd of=/var/lib/sekisho/${target#../} bs=1 seek=900 conv=notrunc 2>/dev/null
claim 'somebody whose record is damaged is revoked' $S -q -y revoke alice
claim 'the others go on being named' links 2
prints 'in place of what is not there' 'Virtual PCD 0 00 00: PIV, P-256, CN=alice, until 9999-12-31
sekisho: root: no token "fob" to replace [S-27]
hint: sekisho list root
exit 1' at_card -- $S enroll root card --reader '00 00' --shared-with-self --replace fob
cards_stop
pcscd_stop
finish
