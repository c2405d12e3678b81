# SPDX-License-Identifier: BSD-2-Clause
# The simulated card against programs nobody here wrote: pcscd, OpenSC, yubico-piv-tool, openssl.
# What they take for a card and what they read off it is what other tests build on; and each fault
# does what it says.
ns_arguments='--timeout 400'
needs_programs='pcscd opensc-tool pkcs15-tool pkcs11-tool yubico-piv-tool openssl'
. "$(dirname "$0")/lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
opensc_module=$(find /usr/lib -name opensc-pkcs11.so -print -quit)
[ -n "$opensc_module" ] || { echo 'skipped: opensc-pkcs11 is not installed'; exit 77; }

select_piv=00A404000BA000000308000010000100
right_pin=0020008008313233343536FFFF
wrong_pin=0020008008393939393939FFFF
ask_tries=00200080
get_chuid=00CB3FFF055C035FC10200
get_discovery=00CB3FFF035C017E00
get_certificate=00CB3FFF055C035FC10500

# says WORDS COMMAND...: it succeeds and its output has WORDS, a regular expression.
says()
{
	local words=$1
	shift

	"$@" >$run/said 2>&1 && grep -q -E -- "$words" $run/said && return
	cat $run/said
	return 1
}

fails()
{
	! "$@"
}

# answers NAME WORDS HEX...: the answer to the last command.
answers()
{
	local name=$1 words=$2
	shift 2

	card_send $name "$@" >$run/answers && tail -n 1 $run/answers | grep -q -E -x -- "$words" && return
	cat $run/answers
	return 1
}

# state_is NAME WORD VALUE
state_is()
{
	[ "$(card_state $1 $2)" = "$3" ] && return
	echo "$2 is $(card_state $1 $2)"
	return 1
}

# signs PIN HASH CERTIFICATE: OpenSC signs with object 01, openssl verifies.
signs()
{
	local pin=$1 hash=$2 certificate=$3 mechanism
	local -a format=()

	openssl x509 -in $certificate -noout -pubkey >$run/public || return
	mechanism=SHA$hash-RSA-PKCS
	if grep -q 'id-ecPublicKey' <(openssl x509 -in $certificate -noout -text); then
		mechanism=ECDSA-SHA$hash
		format=(--signature-format openssl)
	fi
	echo 'to be signed' >$run/input
	rm -f $run/signature
	pkcs11-tool --module "$opensc_module" --login --pin $pin --sign -m $mechanism \
	    "${format[@]}" --id 01 -i $run/input -o $run/signature &&
	    openssl dgst -sha$hash -verify $run/public -signature $run/signature $run/input
}

certificate_from_card()
{
	pkcs15-tool --read-certificate 01 >$run/read.pem && openssl x509 -in $run/read.pem -outform DER |
	    cmp - <(openssl x509 -in $1 -outform DER)
}

# ---------------------------------------------------------------- PIV

piv_rsa()
{
	local cert=$cards/rsa/cert-9A.pem

	claim 'a PIV card, RSA-2048' card_start rsa --ca $cards/ca --subject 'C=JP,O=Office,CN=alice'
	claim 'OpenSC takes it for a PIV card' says 'Personal Identity Verification|PIV' opensc-tool -n
	claim 'OpenSC lists the certificate' says 'Certificate for PIV Authentication' pkcs15-tool -D
	claim 'the certificate comes over whole' certificate_from_card $cert
	claim 'its subject' says 'CN ?= ?alice' openssl x509 -in $cert -noout -subject
	claim 'it is good for its CA' openssl verify -CAfile $cards/ca/ca.pem $cert
	claim 'OpenSC signs, openssl verifies' signs 123456 256 $cert
	claim 'the key that signed is 9A' says 'key 9A used' card_log rsa
	claim 'no PIN in the log' fails grep -i -E '> ..20008008(3132|[^*])' $cards/rsa.log
	claim 'but that there was one' grep -q '> 0020008008\*\*\*\*' $cards/rsa.log
	claim 'a CRL with its serial number' card_crl $cards/ca $run/crl.pem "$(cat $cards/rsa/serial-9A)"
	claim 'openssl finds it revoked there' fails openssl verify -crl_check \
	    -CAfile $cards/ca/ca.pem -CRLfile $run/crl.pem $cert
	claim 'a CRL without it' card_crl $cards/ca $run/empty-crl.pem
	claim 'openssl finds it good there' openssl verify -crl_check -CAfile $cards/ca/ca.pem \
	    -CRLfile $run/empty-crl.pem $cert
}

piv_pin()
{
	claim 'OpenSC resets the card' opensc-tool --reset
	claim 'three tries' answers rsa 63C3 $select_piv $ask_tries
	claim 'a right PIN' answers rsa 9000 $select_piv $right_pin
	claim 'stays verified for any other program' answers rsa 9000 $ask_tries
	claim 'the card says so as well' state_is rsa verified yes
	claim 'selecting once more changes nothing' answers rsa 9000 $select_piv $ask_tries
	claim 'OpenSC resets the card' opensc-tool --reset
	claim 'nothing is verified any more' answers rsa 63C3 $select_piv $ask_tries
	claim 'a wrong PIN through OpenSC' fails pkcs11-tool --module "$opensc_module" --login \
	    --pin 999999 --test
	claim 'costs one try' answers rsa 63C2 $select_piv $ask_tries
	claim 'out and in' eval 'card_remove rsa && card_insert rsa'
	claim 'gives none back' answers rsa 63C2 $select_piv $ask_tries
	claim 'an ill-formed PIN costs nothing' answers rsa 6A80 $select_piv 002000800431323334
	claim 'two left' state_is rsa tries 2
	claim 'the last ones' answers rsa 63C0 $select_piv $wrong_pin $wrong_pin
	claim 'blocked for the right PIN, too' answers rsa 6983 $select_piv $right_pin
	claim 'blocked for OpenSC' fails signs 123456 256 $cards/rsa/cert-9A.pem
	claim 'no key without a PIN' answers rsa 6982 $select_piv \
	    1087079AFF7C820106820081820100$(printf '00%.0s' {1..245}) 0087079A0B$(printf '00%.0s' {1..11})00
	claim 'the card in another program' card_stop rsa
	claim 'is still blocked' eval \
	    'card_start rsa --ca $cards/ca && answers rsa 6983 $select_piv $ask_tries'
	claim 'a test may fill it up' card_tell rsa tries 3
	claim 'then it works' answers rsa 9000 $select_piv $right_pin
	card_stop rsa
}

# piv_ec TYPE: only as a YubiKey does OpenSC use these keys.
piv_ec()
{
	claim "a PIV card, $1" card_start $1 --key $1 --yubikey --ca $cards/ca
	claim "$1: OpenSC signs, openssl verifies" signs 123456 $2 $cards/$1/cert-9A.pem
	card_stop $1
}

piv_yubico()
{
	claim 'a PIV card with four keys' card_start four --key p256 --slots 4 --yubikey --ca $cards/ca
	claim 'yubico-piv-tool reads it' says 'PIN tries left:.*3' yubico-piv-tool -r Virtual -a status
	cp $run/said $run/status
	claim 'all four certificates' says '^4$' grep -c 'Algorithm:.*ECCP256' $run/status
	claim 'wrong PIN' fails yubico-piv-tool -r Virtual -a verify-pin -P 999999
	claim 'one less' state_is four tries 2
	claim 'another PIN' yubico-piv-tool -r Virtual -a change-pin -P 123456 -N 654321
	claim 'the old one is wrong now' fails yubico-piv-tool -r Virtual -a verify-pin -P 123456
	claim 'the new one is right' yubico-piv-tool -r Virtual -a verify-pin -P 654321
	claim 'blocked' card_tell four tries 0
	claim 'the PUK opens it' yubico-piv-tool -r Virtual -a unblock-pin -P 12345678 -N 123456
	claim 'and the PIN is right' yubico-piv-tool -r Virtual -a verify-pin -P 123456
	card_stop four
}

# A key and a certificate that the card did not make itself, and a PIN that is in no command line.
piv_brought()
{
	local cert=$cards/brought/cert-9A.pem

	mkdir $cards/brought
	echo 24682468 >$run/pin
	claim 'openssl makes key and certificate' openssl req -x509 -newkey rsa:2048 -nodes -days 30 \
	    -subj /CN=brought -keyout $cards/brought/key-9A.pem -out $cert
	claim 'a card of them' card_start brought --ca $cards/ca --pin-file $run/pin --log-pins
	claim 'the certificate comes over whole' certificate_from_card $cert
	claim 'OpenSC signs, openssl verifies' signs 24682468 256 $cert
	claim 'the PIN is in the log when asked for' says '> 00200080083234363832343638' card_log brought
	card_stop brought
}

piv_certificates()
{
	local what

	claim 'an expired certificate' card_start expired --key p256 --ca $cards/ca --removed \
	    --not-before -30 --not-after -2
	claim 'openssl finds it expired' eval \
	    '! openssl verify -CAfile $cards/ca/ca.pem $cards/expired/cert-9A.pem'
	claim 'and good in its time' openssl verify -CAfile $cards/ca/ca.pem \
	    -attime $(($(date +%s) - 10 * 86400)) $cards/expired/cert-9A.pem
	claim 'a certificate for other uses' card_start uses --key p256 --ca $cards/ca --removed \
	    --not-after 20991231235959Z --key-usage keyEncipherment --ext-key-usage ''
	claim 'says so' says 'Key Encipherment' openssl x509 -in $cards/uses/cert-9A.pem -noout -text
	claim 'and no extended ones' fails grep -q 'Extended Key Usage' $run/said
	claim 'until the day wanted' grep -q 'Not After : Dec 31 23:59:59 2099 GMT' $run/said
	claim 'of another CA' card_start other --key p256 --ca $cards/other-ca --removed
	claim 'openssl does not accept it for the first one' fails openssl verify \
	    -CAfile $cards/ca/ca.pem $cards/other/cert-9A.pem
	for what in expired uses other; do
		card_stop $what
	done
}

piv_variants()
{
	claim 'a card with compressed certificates' card_start gzip --gzip --ca $cards/ca
	claim 'gzip is what comes' eval \
	    'card_send gzip $select_piv $get_certificate | tail -n 1 | grep -q "^5382....7082....1F8B"'
	claim 'OpenSC reads it' certificate_from_card $cards/gzip/cert-9A.pem
	card_stop gzip
	claim 'a card that wants Le exactly' card_start exact --exact-le --ca $cards/ca
	claim 'says so' answers exact 6C3D $select_piv $get_chuid
	claim 'and answers then' answers exact '53.*9000' $select_piv $get_chuid 00CB3FFF055C035FC1023D
	claim 'OpenSC copes' certificate_from_card $cards/exact/cert-9A.pem
	claim 'and signs' signs 123456 256 $cards/exact/cert-9A.pem
	card_stop exact
}

# ---------------------------------------------------------------- JPKI

select_jpki=00A4040C0AD392F000260100000001

jpki()
{
	local cert=$cards/jpki/cert-auth.pem
	local sign=802A0080333031300D060960864801650304020105000420$(printf '5A%.0s' {1..32})00

	claim 'a My Number Card' card_start jpki --kind jpki --ca $cards/ca --cert-padding 700
	claim 'OpenSC takes it for one' says jpki opensc-tool -n
	claim 'OpenSC lists what is on it' says 'User Authentication Certificate' pkcs15-tool -D
	claim 'OpenSC touched the signing PIN: found out' says 'violation: verify 001B' card_log jpki
	claim 'the certificate comes over whole' certificate_from_card $cert
	claim 'OpenSC signs with four digits' signs 1234 256 $cert
	card_forget jpki
	claim 'the counter' answers jpki 63C3 $select_jpki 00A4020C020018 $ask_tries
	claim 'a wrong PIN' answers jpki 63C2 $select_jpki 00A4020C020018 002000800439393939
	claim 'the right one' answers jpki 9000 $select_jpki 00A4020C020018 002000800431323334
	claim 'the counter is full again, and counts when verified' answers jpki 63C3 $ask_tries
	claim 'verified' state_is jpki verified yes
	claim 'a signature' answers jpki '[0-9A-F]{512}9000' 00A4020C020017 $sign
	claim 'selecting the application logs out' answers jpki 6982 $select_jpki 00A4020C020017 $sign
	claim 'the token label' answers jpki '4A504B4941504943.*9000' $select_jpki 00A4020C020006 00B0000020
	claim 'a certificate begins' answers jpki '3082....9000' $select_jpki 00A4020C02000A 00B0000004
	claim 'a fault: verified already' card_tell jpki fault verified
	claim 'the counter says so' answers jpki 9000 $select_jpki 00A4020C020018 $ask_tries
	claim 'and the key does not ask' answers jpki '[0-9A-F]{512}9000' $select_jpki 00A4020C020017 $sign
	card_tell jpki fault none >/dev/null
	claim 'nothing of the signing key was touched' state_is jpki violations 0
	claim 'the signing certificate needs its PIN' answers jpki 6982 $select_jpki 00A4020C020001 00B0000004
	claim 'and trying was noticed' state_is jpki violations 2
	card_stop jpki
}

# ---------------------------------------------------------------- faults

# armed FAULT...
armed()
{
	local fault

	card_tell f fault none
	for fault; do
		card_tell f fault "$fault" || return
	done
}

# with_fault WORDS FAULT ANSWER HEX...: selected first, then the fault is armed.
with_fault()
{
	local words=$1 fault=$2 answer=$3
	shift 3

	claim "$words: selected" answers f '61.*9000' $select_piv
	claim "$words: armed" armed $fault
	claim "$words" answers f "$answer" "$@"
	card_tell f fault none >/dev/null
}

faults()
{
	claim 'a card for faults' card_start f --ca $cards/ca --key p256
	with_fault 'wrong status' sw=6A88 6A88 $get_chuid
	with_fault 'the first one is right' sw=6F00@2 '53.*9000' $get_chuid
	with_fault 'wrong status at the second APDU only' sw=6F00@2 6F00 $get_chuid $get_chuid
	with_fault 'the third one is right' sw=6F00@2 '53.*9000' $get_chuid $get_chuid $get_chuid
	with_fault 'from the second on' sw=6F00@2+ 6F00 $get_chuid $get_chuid $get_chuid
	with_fault 'by instruction' sw=6F00@ins:20 6F00 $get_chuid $ask_tries
	with_fault 'and no other' sw=6F00@ins:20 '53.*9000' $ask_tries $get_chuid
	with_fault 'always more' endless-61 '0{512}6100' $get_chuid 00C0000000 00C0000000 00C0000000
	with_fault 'always more, nothing comes' endless-61=0@1 6100 $get_chuid 00C0000000 00C0000000
	with_fault 'never the right Le' endless-6c=20@1 6C20 $get_chuid 00CB3FFF055C035FC10220
	with_fault 'half of the data' truncated '7E124F0BA000000308009000' $get_discovery
	with_fault 'too large a length' oversized=2 '7E82FFFF4F0B.*9000' $get_discovery
	with_fault 'a length of eight bytes' oversized=8 '7E88F{16}4F0B.*9000' $get_discovery
	with_fault 'verified already' verified 9000 $ask_tries
	with_fault 'blocked' blocked 6983 $right_pin
	claim 'blocked: no try was spent' state_is f tries 3
	with_fault 'no status word' short 90 $get_chuid
	with_fault 'no data' no-data 9000 $get_chuid
	with_fault 'longer than Le allows' too-long=259 '(30){259}9000' $get_chuid
	with_fault 'garbage' garbage=10 '[0-9A-F]{20}' $get_discovery
	claim 'OpenSC sees a fault, too' armed sw=6A88
	claim 'OpenSC sees it' says 'SW1=0x6A, SW2=0x88' opensc-tool -c default -s $get_chuid
	claim 'and none when there is none' armed
	claim 'a right answer' says 'SW1=0x90, SW2=0x00' opensc-tool -c default -s $select_piv
	claim 'nonsense is no fault' fails card_tell f fault nonsense
	claim 'nor a value where none belongs' fails card_tell f fault pulled=3
	claim 'nor an APDU number 0' fails card_tell f fault sw@0
}

fault_slow()
{
	local start=${EPOCHREALTIME/./}

	with_fault 'slow' slow=700 '53.*9000' $get_chuid
	claim 'slow: it took that long' test $((${EPOCHREALTIME/./} - start)) -ge 700000
}

fault_pulled()
{
	claim "pulled: armed" armed pulled
	# pcscd calls that a success, with no byte of answer
	claim 'pulled: no answer' answers f '' $get_chuid
	claim "pulled: the reader is empty" "$pcsc" wait "$(card_reader f)" empty 20
	card_tell f fault none >/dev/null
	claim "pulled: the card can come back" card_insert f
	claim "pulled: and works" answers f '61.*9000' $select_piv
}

# An answer that does not come in the time a test has; the driver of pcscd waits for ever.
fault_mute()
{
	claim 'mute: armed' armed slow=600000
	claim 'mute: no answer' fails timeout 2 "$pcsc" send "$(card_reader f)" $get_chuid
	claim 'mute: pulled all the same' card_remove f
	claim 'mute: back' card_insert f
	claim 'mute: the fault is gone' armed
	claim 'mute: and it works' answers f '61.*9000' $select_piv
}

fault_keys()
{
	local cert=$cards/p256/cert-9A.pem

	claim 'the P-256 card again' card_start p256 --key p256 --yubikey --ca $cards/ca --fault other-key
	claim 'another key signs: openssl does not verify' fails signs 123456 256 $cert
	claim 'although there is a signature' test -s $run/signature
	card_stop p256
	claim 'a counterfeit' eval \
	    'card_counterfeit p256 copy && card_start copy --key p256 --yubikey --ca $cards/ca --pin 654321'
	claim 'has the same certificate' certificate_from_card $cert
	claim 'and not the key' fails signs 654321 256 $cert
	claim 'although there is a signature' test -s $run/signature
	card_stop copy
}

# ---------------------------------------------------------------- line, readers, pcscd

line()
{
	local start

	claim 'a slow line' card_start slow --key p256 --ca $cards/ca --baud 9600 --apdu-ms 100
	card_forget slow
	start=${EPOCHREALTIME/./}
	claim 'a command over it' answers slow '53.*9000' $select_piv $get_chuid
	# (16 + 21) + (11 + 63) bytes, 8 more for each: 127 x 11 / 9600 s, and 2 x 100 ms
	claim 'takes its time' test $((${EPOCHREALTIME/./} - start)) -ge 345000
	claim 'APDUs are counted' state_is slow apdus 2
	claim 'bytes are counted' state_is slow bytes 111
	card_stop slow
}

two_readers()
{
	claim 'a card in the second reader' card_start p256 --key p256 --ca $cards/ca --port 35964
	claim 'the first one is empty' "$pcsc" wait "$(reader_of 35963)" empty 20
	claim 'another card in the first' card_start p384 --key p384 --ca $cards/ca
	claim 'each has its own identity' fails cmp <(card_send p256 $select_piv $get_chuid) \
	    <(card_send p384 $select_piv $get_chuid)
	card_stop p256
	claim 'one pulled' "$pcsc" wait "$(reader_of 35964)" empty 20
	claim 'the other stays' answers p384 '61.*9000' $select_piv
	card_stop p384
}

pcscd_restarts()
{
	claim 'a card that stays in the reader' card_start p256 --key p256 --ca $cards/ca --stay
	claim 'and one that does not' card_start p384 --key p384 --ca $cards/ca --port 35964
	pcscd_stop
	claim 'the one ends with pcscd' within 20 fails kill -0 ${card_pid[p384]}
	claim 'pcscd again, with four readers' pcscd_start 2
	claim 'the other one is back' "$pcsc" wait "$(reader_of 35963)" present 20
	claim 'in the fourth reader' card_start p384 --key p384 --ca $cards/ca --port 35966
	claim 'it works' answers p384 '61.*9000' $select_piv
	claim 'the first one works' answers p256 '61.*9000' $select_piv
	claim 'a card told to quit' card_tell p256 quit
	claim 'ends' within 20 fails kill -0 ${card_pid[p256]}
	card_start brief --key p256 --ca $cards/ca --port 35964 --lifetime 2 --removed
	claim 'no card outlives its time' within 20 fails kill -0 ${card_pid[brief]}
}

claim 'pcscd lists two readers' pcscd_start
claim 'both empty' says '^2$' eval '"$pcsc" list | grep -c "^empty - Virtual PCD"'
piv_rsa
piv_pin
piv_ec p256 256
piv_ec p384 384
piv_yubico
piv_brought
piv_certificates
piv_variants
jpki
faults
fault_slow
fault_pulled
fault_mute
card_stop f
fault_keys
line
two_readers
pcscd_restarts
cards_stop
pcscd_stop
finish
