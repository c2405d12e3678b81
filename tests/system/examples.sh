#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The examples for cards do what they say, on a machine that has them and nothing else: the steps
# of card-issuers.txt as they stand there, sekisho.conf, and the lines for PAM.
ns_arguments='--timeout 300'
needs_programs='pcscd openssl expect pamtester pkcs15-tool yubico-piv-tool'
. "$(dirname "$0")/tool_lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
umask 022
examples=$SEKISHO_SRCDIR/examples
S=$sekisho

# step N [REGEX]: runs the commands of that step, those that match.
step()
{
	local commands

	commands=$(awk -v n="$1." '/^[0-9]/ {now = $1} now == n && /^    / {print}' \
	    "$examples/card-issuers.txt" | grep -E -- "${2-.}")
	[ -n "$commands" ] && (cd $run/work && PATH=$SEKISHO_SBINDIR:$PATH bash -e -x -o pipefail -c "$commands")
}

# place DIRECTORY: that example alone
place()
{
	cp "$examples/$1/sekisho.conf" /etc/sekisho/
	cp "$examples/$1"/pam.d/* /etc/pam.d/
}

# What check finds about the configuration and these services; that nothing leads past them.
well()
{
	local services=$1

	"$S" check >$run/findings 2>&1
	! grep -E '\[S-(12|5[678]|6[2-9]|70)\]' $run/findings | grep -E "sekisho.conf|pam.d/($services)|^[a-z]+: ($services):|S-58"
}

# asks SERVICE ANSWER...: alice, with these dialogues; pamtester says so when she is in.
asks()
{
	local service=$1
	shift

	on_terminal "$ask_password" alicepw "$@" -- pamtester -I tty=tty1 $service alice authenticate |
	    tee $run/dialogue
	grep -q 'successfully authenticated' $run/dialogue
}

denies()
{
	! asks "$@" && grep -q 'pamtester:.*\(failure\|tries\)' $run/dialogue
}

mkdir $run/work
new_store
claim 'pcscd' pcscd_start
card_start alice --key p256 --ca $cards/ca --subject CN=alice
cp $cards/ca/ca.pem $run/work/issuer.pem
card_crl $cards/ca $run/work/issuer.crl

# ---- who may issue cards
place piv-workstation
for n in 1 2 3; do
	claim "card-issuers.txt, step $n" step $n
done
claim 'step 4, PIV' step 4 'yubico|card.pem'
# intermediate: the same authority with a certificate by another one, which does not lie here
intermediate()
(
	cd $run/work || exit
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout root-key.pem -subj /CN=root -out root.pem &&
	    openssl x509 -x509toreq -in $cards/ca/ca.pem -signkey $cards/ca/ca-key.pem -out ca.csr &&
	    printf 'basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\nkeyUsage=critical,keyCertSign,cRLSign\n' >ca.ext &&
	    openssl x509 -req -in ca.csr -CA root.pem -CAkey root-key.pem -CAcreateserial -days 30 -extfile ca.ext -out issuer.pem
)
claim 'an intermediate authority' intermediate
claim 'step 4 with it alone' step 4 'yubico|card.pem'
cp $cards/ca/ca.pem $run/work/issuer.pem
claim 'no file is left beside' [ "$(ls /etc/sekisho)" = "$(printf '%s\n' anchors crls host.key sekisho.conf)" ]
claim 'step 5' step 5 'card list'

# ---- a workstation with PIV cards
claim 'a card' "$S" -q enroll alice card --no-confirm
claim 'a phone' enroll alice
claim 'a phone for root' enroll root
claim 'check is content' well 'login|lightdm|sudo'
claim 'login: card and PIN' asks login 'PIN for card .*left\): $' 123456
claim 'lightdm, too' asks lightdm 'PIN for card .*left\): $' 123456
claim 'and sudo' asks sudo 'PIN for card .*left\): $' 123456
# opens_session OPTION...: a login with a card, and its session
opens_session()
{
	on_terminal "$ask_password" alicepw 'PIN for card .*left\): $' 123456 -- \
	    pamtester -I tty=tty1 "$@" alice authenticate open_session
}
for service in login lightdm; do
	claim "$service: the session is watched" opens_session -E XDG_SESSION_ID=1 $service
	claim 'and not opened when it cannot be' refuses 'S-97' opens_session $service
done
claim 'sudo opens one without' opens_session sudo
card_remove alice
claim 'without it login takes no code' denies login "$ask_code" "$(fresh_code alice)" "$ask_code" 1 "$ask_code" 1
claim 'sudo does' asks sudo "$ask_code" "$(fresh_code alice)"
cards_stop

# ---- the card says who it is
rm /etc/pam.d/{login,sudo,lightdm}
place card-first
card_start alice --key p256 --ca $cards/ca --subject CN=alice
claim 'check is content' well 'login|gdm-smartcard'
# nameless SERVICE REPLY...: nobody is named, as login and GDM's worker do
nameless()
{
	"$SEKISHO_BUILDDIR/tests/hosts/plain" -v -t tty1 /etc/pam.d $1 - "${@:2}" 2>&1 | tee $run/dialogue
	[ "${PIPESTATUS[0]}" = 0 ]
}
for service in login gdm-smartcard; do
	claim "$service: PIN and password" nameless $service 123456 alicepw
	claim 'of alice, whom nobody named' eval 'grep -x "user: \[alice\]" $run/dialogue && ! grep "(echo)" $run/dialogue'
	card_remove alice
	claim "$service without a card: name, code and password" nameless $service alice "$(fresh_code alice)" alicepw
	claim 'the name was asked for once' [ "$(grep -c '(echo)' $run/dialogue)" = 1 ]
	card_insert alice
done
cards_stop

# ---- a terminal for My Number Cards
rm /etc/pam.d/{login,gdm-smartcard}
place my-number-terminal
card_start alices --kind jpki --ca $cards/ca
claim 'step 4, My Number Card' step 4 jpki
violations=$(card_state alices violations) # of OpenSC
claim 'it is the issuer' cmp <(openssl x509 -in $run/work/jpki-issuer.pem -outform DER) <(openssl x509 -in $run/work/issuer.pem -outform DER)
claim 'a card' "$S" -q enroll alice card --no-confirm
claim 'check is content' well lightdm
claim 'lightdm: its four digits' asks lightdm '利用者証明用パスワード（数字 4 桁.*: $' 1234
claim 'the signing key was left alone' [ "$(card_state alices violations)" = $violations ]
card_remove alices
claim 'or a code' asks lightdm '認証コード: $' "$(fresh_code alice)"
cards_stop
pcscd_stop
finish
