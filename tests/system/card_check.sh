#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sekisho check and check USER: people's cards, kept certificates, and what cards need here.
needs_programs='pcscd openssl oathtool'
ns_arguments='--timeout 300'
. "$(dirname "$0")/tool_lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
umask 022
S=$sekisho
new_store
mkdir /etc/sekisho/anchors /etc/sekisho/crls
echo 'jpki = yes' >/etc/sekisho/sekisho.conf

# finds REGEX [COMMAND...]: check has such a line; clear REGEX [COMMAND...]: it has none
finds()
{
	local words=$1
	shift

	"$@" $S check >$run/findings 2>&1
	grep -q -E "$words" $run/findings || { grep -E 'S-(5|8|9)|card' $run/findings; return 1; }
}

clear()
{
	! finds "$@" >/dev/null || { grep -E "$1" $run/findings; return 1; }
}

cards_are='card "|anchors|pcscd|S-8|S-9|S-52|S-54'
claim 'nobody has a card: nothing is said about them' clear "$cards_are"
claim 'pcscd' pcscd_start
card_start alice --key p256 --ca $cards/ca --not-after +100
card_start bob --kind jpki --port 35964 --ca $cards/ca --not-after +100
cp $cards/ca/ca.pem /etc/sekisho/anchors/
card_crl $cards/ca /etc/sekisho/crls/list.pem
claim 'two cards' $S -q enroll alice card --no-confirm --reader '00 00' --label mine
claim 'of two kinds' $S -q enroll bob card --no-confirm --reader '00 01'
claim 'all is well with them' clear "$cards_are"

# ---- dates
claim 'two weeks before the end' finds '^warning: alice: card "mine": certificate ends in 1[34] d \[S-91\]' shifted $((86 * 86400))
claim 'what to do then' grep -q -x '  hint: sekisho enroll alice card --replace "mine"' $run/findings
claim 'a My Number Card, too' grep -q -E '^warning: bob: card "jpki-[0-9A-F]{4}": certificate ends in' $run/findings
claim 'after it' finds '^warning: alice: card "mine": certificate has expired \[S-91\]' shifted $((101 * 86400))
claim 'nor does a My Number Card open then' grep -q -E '^warning: bob: card "jpki-[0-9A-F]{4}": certificate has expired' $run/findings
claim 'a suspended one is not looked at' $S -q suspend alice mine
claim 'indeed' clear 'alice: card ' shifted $((101 * 86400))
$S -q resume alice mine

# ---- who issued it, who took it back
CRL_UNTIL=20200301000000Z card_crl $cards/ca /etc/sekisho/crls/list.pem
claim 'a list out of date' finds '^warning: alice: card "mine": revocation list is out of date \[S-95\]'
card_crl $cards/ca /etc/sekisho/crls/list.pem "$(cat $cards/alice/serial-9A)"
claim 'taken back' finds '^warning: alice: card "mine": certificate is revoked \[S-94\]'
echo 'crl = off' >>/etc/sekisho/sekisho.conf
claim 'where lists are used' clear 'S-9'
sed -i '/crl/d' /etc/sekisho/sekisho.conf
card_crl $cards/ca /etc/sekisho/crls/list.pem
echo nonsense >/etc/sekisho/anchors/note
claim 'a file that is no anchor' finds '^danger: /etc/sekisho/anchors/note: not a certificate'
rm /etc/sekisho/anchors/note
chmod 775 /etc/sekisho/anchors
claim 'a directory others can write' finds '^danger: /etc/sekisho/anchors: .*\[S-13\]'
chmod 755 /etc/sekisho/anchors
mv /etc/sekisho/anchors /etc/sekisho/anchors.away
claim 'no anchors' finds '^warning: /etc/sekisho/anchors: no such directory: no card is trusted \[S-93\]'
claim 'means her card, too' grep -q -E '^warning: alice: card "mine": issuer is not among the trust anchors' $run/findings
claim 'what lies beside is a stray' grep -q -E 'anchors.away: nothing of sekisho' $run/findings
mv /etc/sekisho/anchors.away /etc/sekisho/anchors

claim 'lists and issuers that are good for long' clear 'runs out|above ends'
claim 'a list that runs out' finds '^warning: CN=.*: his revocation list or one above runs out in less than 3 days \[S-95\]' shifted $((28 * 86400))
claim 'what to do then' grep -q -x '  hint: bring the next list: examples/card-issuers.txt, step 3' $run/findings
claim 'is told once, and lets in meanwhile' [ "$(grep -c 'S-95' $run/findings)" = 1 ]
claim 'not long before' clear 'runs out' shifted $((26 * 86400))
echo 'crl = if-present' >>/etc/sekisho/sekisho.conf
claim 'nor does one stay good that need not be there' finds 'runs out in less than 3 days' shifted $((28 * 86400))
sed -i 's/if-present/off/' /etc/sekisho/sekisho.conf
claim 'where lists are used' clear 'runs out' shifted $((28 * 86400))
sed -i '/crl/d' /etc/sekisho/sekisho.conf

openssl x509 -in $cards/ca/ca.pem -signkey $cards/ca/ca-key.pem -days 60 -out /etc/sekisho/anchors/ca.pem 2>/dev/null
claim 'an issuer who is good for two months' clear 'above ends'
openssl x509 -in $cards/ca/ca.pem -signkey $cards/ca/ca-key.pem -days 20 -out /etc/sekisho/anchors/ca.pem 2>/dev/null
claim 'for three weeks' finds '^warning: CN=.*: his certificate or one above ends in less than 30 days \[S-93\]'
claim 'what to do then' grep -q -F "  hint: bring the issuer's next certificate: examples/card-issuers.txt, step 2" $run/findings
cp $cards/ca/ca.pem /etc/sekisho/anchors/renewed.pem
claim 'unless the next one is there already' clear 'above ends'
mv /etc/sekisho/anchors/renewed.pem /etc/sekisho/anchors/ca.pem

# ---- this terminal
sed -i 's/yes/no/' /etc/sekisho/sekisho.conf
claim 'My Number Cards switched off' finds '^warning: bob: card ".*": My Number Cards are not switched on in sekisho.conf \[S-89\]'
sed -i 's/no$/yes/' /etc/sekisho/sekisho.conf
cards_stop
pcscd_stop
rm -rf /run/pcscd
claim 'no pcscd' finds '^warning: /run/pcscd/pcscd.comm: not there: .*\[S-80\]'

# ---- kept certificates
certificate=$(echo /var/lib/sekisho/certificates/*)
cp -p $certificate $run/kept
printf XXXX | dd of=$certificate bs=1 seek=900 conv=notrunc 2>/dev/null
claim 'damaged' finds '^warning: alice: card "mine": .*\[S-96\]'
claim 'what helps' grep -q -x '  hint: sekisho enroll alice card --replace "mine"' $run/findings
rm $certificate
claim 'missing' finds '^warning: alice: card "mine": no certificate of this card in it \[S-96\]'
cp -p $run/kept /var/lib/sekisho/certificates/$(printf '%064d' 0)
claim 'of nobody' finds '^warning: /var/lib/sekisho/certificates/0+: has no record: .*\[S-54\]'
rm /var/lib/sekisho/certificates/0*
touch /var/lib/sekisho/certificates/note
claim 'something else' finds '^warning: /var/lib/sekisho/certificates/note: nothing of sekisho.s \[S-52\]'
rm /var/lib/sekisho/certificates/note
cp -p $run/kept $certificate
claim 'well again' clear 'S-96|S-5[24]'

# ---- whom they name
links=/var/lib/sekisho/cards
target=../records/${certificate##*/}
link=$(find $links -lname $target)
rm $link
claim 'where a name is typed, it does not matter' clear "$links"
echo 'identify-by-card = yes' >>/etc/sekisho/sekisho.conf
claim 'a card that names nobody' finds "^warning: $links: 1 card names nobody \\[S-79\\]"
claim 'what to do then' grep -q -x '  hint: sekisho card index' $run/findings
claim 'it is done' $S -q card index
claim 'they name their owners' clear "$links"
ln -sfn ../records/$(printf '%064d' 0) $link
ln -s $target $links/$(printf '%064d' 0)
touch $links/note
claim 'links that lead elsewhere' finds "^warning: $links: 2 links are not what the records say \\[S-79\\]"
claim 'and what is none' grep -q -E "^warning: $links/note: nothing of sekisho.s \\[S-52\\]" $run/findings
claim 'looking changes nothing' [ "$(ls $links | wc -l)$(readlink $link)" = "4../records/$(printf '%064d' 0)" ]
rm $links/note
chmod 755 $links
claim 'a directory that is too open' finds "^danger: $links: .*\\[S-13\\]"
chmod 700 $links
rm -r $links
claim 'none at all' finds "^warning: $links: 2 cards name nobody \\[S-79\\]"
claim 'made anew' $S -q card index
claim 'all is well' clear "$links"
sed -i '/identify/d' /etc/sekisho/sekisho.conf

# ---- what a rule takes
pam_service login "required $SEKISHO_MODULE"
rule()
{
	printf 'jpki = %s\nrule all { require = "%s" }\n' "$1" "$2" >/etc/sekisho/sekisho.conf
}

# answers SENTENCE COMMAND...: the last line of check USER
answers()
{
	local sentence=$1
	shift

	"$@" >$run/said
	cat $run/said
	[ "$(tail -n 1 $run/said)" = "$sentence" ]
}
nothing='nothing that is enrolled opens under this rule'
claim 'a card is no code' answers "alice would be asked for a code and refused: $nothing" $S check alice
claim 'the rule without a line' finds '^warning: alice: has a card only, which rule ".*" \(built in\) does not take \[S-58\]'
rule yes otp
claim 'check tells of it' finds '^warning: bob: has a card only, which rule "all" \(line 2\) does not take \[S-58\]'
claim 'what to do then' grep -q -x '  hint: sekisho enroll bob totp' $run/findings
claim 'pcscd' pcscd_start
card_start alice --key p256 --ca $cards/ca --not-after +100
claim 'a card for root' $S -q enroll root card --no-confirm --shared-with-self
cards_stop
pcscd_stop
claim 'root has nothing to answer with' finds 'root.*\[S-59\]'
rule yes card
claim 'a card is a card' answers 'alice would be asked for the PIN of a card' $S check alice
claim 'and check is content' clear 'S-5[89]'
card_only='alice would be asked for a code and refused: combined and use_first_pass ask for no card'
for words in combined use_first_pass; do
	pam_service login 'required pam_unix.so' "required $SEKISHO_MODULE $words"
	claim "$words asks for no card" answers "$card_only" $S check alice --service login
done
pam_service login "required $SEKISHO_MODULE try_first_pass"
claim 'try_first_pass asks for one' answers 'alice would be asked for the PIN of a card' $S check alice --service login
pam_service login "required $SEKISHO_MODULE"
claim 'a phone' $S -q enroll carol totp --no-confirm --secret-file "$(secret_file carol JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP)"
claim 'is no card' answers "carol would be asked for a code and refused: $nothing" $S check carol
claim 'and check tells of it' finds '^warning: carol: has one-time codes only, which rule "all" \(line 2\) does not take \[S-58\]'
claim 'what to do then' grep -q -x '  hint: sekisho enroll carol card' $run/findings
rule yes 'card or otp'
claim 'both are taken' clear 'S-58'
claim 'a phone is asked for its code' answers 'carol would be asked for a one-time code' $S check carol
$S -q enroll alice totp --no-confirm --secret-file $run/secret/carol
claim 'with both' answers 'alice would be asked for the PIN of a card, or without the card for a one-time code' $S check alice
pam_service login 'required pam_unix.so' "required $SEKISHO_MODULE combined"
claim 'but only for the code where that comes with the password' answers 'alice would be asked for a one-time code' $S check alice --service login
pam_service login "required $SEKISHO_MODULE"
claim 'the rule in words' says '^rule: +"all" \(/etc/sekisho/sekisho.conf:2\): a card or a code$' $S check alice
claim 'as data' says '"rule": \{"name": "all", "line": 2, "require": "card or otp", "recovery": true\}, "tokens": \[\{"label": "mine", "kind": "card", "state": "enrolled"\}' $S --json check alice
claim 'an expired card opens nothing' answers "bob would be asked for a code and refused: $nothing" shifted $((101 * 86400)) $S check bob
claim 'and is told' says '^token: +jpki-[0-9A-F]{4}, card, certificate has expired$' shifted $((101 * 86400)) $S check bob
claim 'one of tomorrow' says '^token: +jpki-[0-9A-F]{4}, card, certificate is not valid yet$' shifted -$((40 * 86400)) $S check bob
claim 'no card opens from another machine' answers 'alice would be asked for a one-time code' $S check alice --service login --rhost elsewhere
claim 'nor what is nothing else' answers "bob would be asked for a code and refused: $nothing" $S check bob --service login --rhost elsewhere
printf 'jpki = yes\nrule far { match-from = remote require = card }\nrule all { require = "card or otp" }\n' >/etc/sekisho/sekisho.conf
claim 'a rule that takes nothing there' finds '^warning: alice: has one-time codes and a card only, which rule "far" \(line 2\) does not take \[S-58\]'
claim 'is what must change' grep -q -F -x '  hint: sekisho.conf(5), require' $run/findings
claim 'they get in here' clear 'S-60.*(alice|bob)|(alice|bob).*S-60'
rule yes 'card or otp'
claim 'a code is accepted' opens carol "$(current_code carol)"
claim 'and a clock that is set back behind it makes no card young' says '^token: +jpki-[0-9A-F]{4}, card, enrolled$' shifted -$((40 * 86400)) $S check bob
claim 'nor does it for check' clear 'card ".*": certificate|has no token' shifted -$((40 * 86400))
claim 'which tells of the clock' grep -q -E '^danger: clock: .*behind' $run/findings
card_crl $cards/ca /etc/sekisho/crls/list.pem "$(cat $cards/alice/serial-9A)"
$S -q revoke -y alice totp
claim 'a card that was taken back opens nothing' answers "alice would be asked for a code and refused: $nothing" $S check alice
claim 'and is told' says '^token: +mine, card, certificate is revoked$' $S check alice
claim 'as data' says '"label": "mine", "kind": "card", "state": "revoked"' $S --json check alice
claim 'nobody gets in with it' finds '^note: alice: has no token and no code that opens'
claim 'nor does root, who has no other' finds '^danger: root: neither root nor anybody .*\[S-59\]'
card_crl $cards/ca /etc/sekisho/crls/list.pem
mv $certificate $run/kept
claim 'without its certificate neither' answers "alice would be asked for a code and refused: $nothing" $S check alice
claim 'which is told' says '^token: +mine, card, no certificate of this card in it$' $S check alice
mv $run/kept $certificate
mv /etc/sekisho/anchors/ca.pem $run/
claim 'nor one that nobody trusts' answers "alice would be asked for a code and refused: $nothing" $S check alice
mv $run/ca.pem /etc/sekisho/anchors/
claim 'it opens again' answers 'alice would be asked for the PIN of a card' $S check alice

# ---- a terminal with My Number Cards alone: none has its certificate here
$S -q -y revoke alice
$S -q -y revoke root
claim 'all is well' clear 'S-9|S-8[^0]|bob: has no'
echo nonsense >/etc/sekisho/anchors/note
claim 'a file that is no anchor' finds '^danger: /etc/sekisho/anchors/note: not a certificate'
claim 'lets nobody in' answers "bob would be asked for a code and refused: $nothing" $S check bob
rm /etc/sekisho/anchors/note
echo nonsense >/etc/sekisho/crls/note
claim 'a file that is no list' finds '^danger: /etc/sekisho/crls/note: not a revocation list'
rm /etc/sekisho/crls/note
mv /etc/sekisho/anchors/ca.pem $run/
claim 'no anchor at all' finds '^warning: /etc/sekisho/anchors: no file in it: no card is trusted \[S-93\]'
mv $run/ca.pem /etc/sekisho/anchors/
mv /etc/sekisho/crls/list.pem $run/
claim 'no list at all' finds '^warning: /etc/sekisho/crls: no file in it: no card opens without a list \[S-95\]'
printf 'jpki = yes\ncrl = if-present\nrule all { require = card }\n' >/etc/sekisho/sekisho.conf
claim 'where one is required' clear S-95
mv $run/list.pem /etc/sekisho/crls/
mv /var/lib/sekisho/clock $run/
claim 'where the time of the latest code is lost nobody can tell what is still good' says '^token: +jpki-[0-9A-F]{4}, card, no clock$' $S check bob
claim 'and check tells of it' finds '^danger: /var/lib/sekisho/clock: '
mv $run/clock /var/lib/sekisho/
rule no 'card or otp'
claim 'one that is not switched on' answers "bob would be asked for a code and refused: $nothing" $S check bob
claim 'is told' says '^token: +jpki-[0-9A-F]{4}, card, My Number Cards are not switched on in sekisho.conf$' $S check bob
claim 'nobody gets in with it' finds '^note: bob: has no token and no code that opens'
finish
