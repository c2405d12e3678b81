# SPDX-License-Identifier: BSD-2-Clause
# bench/cards.sh LOGINS BAUD MS: logins with simulated cards on a line of BAUD bits per second (0: any
# speed), a card taking MS milliseconds for each command; inside tests/ns. Lines of figures on stdout,
# for bench/report_cards.sh, what goes on on stderr; medians of LOGINS:
#   line|BAUD|MS|LOGINS
#   card|KEY|SLOTS FILLED|SERVICE|APDUS BEFORE THE ANSWER|BYTES|APDUS AFTER IT|BYTES|SELECT|FELT|WHOLE
#   cannot|KEY|SLOTS FILLED|SERVICE|WHY
# SELECT: bytes of the last answer to SELECT, which each make of card has its own of. FELT and WHOLE
# as in bench/login.h. The peers must be installed.
set -u -o pipefail
logins=$1 baud=$2 apdu_ms=$3

. "$SEKISHO_SRCDIR/tests/system/lib.sh"
. "$SEKISHO_SRCDIR/tests/card/lib.sh"
. "$SEKISHO_SRCDIR/tests/system/card_lib.sh"
opensc=$(find /usr/lib -name opensc-pkcs11.so -print -quit)
mappers=$(find /lib /usr/lib -type d -name pam_pkcs11 -print -quit)
stacks=$run/pam.d
pkcs11=$run/pkcs11
services='pkcs11 p11 sekisho'

fail()
{
	echo "bench: $*" >&2
	exit 1
}

tell()
{
	echo "bench: $*" >&2
}

quietly()
{
	"$@" >$run/output 2>&1 || { cat $run/output >&2; fail "failed: $*"; }
}

stack()
{
	printf 'auth required %s\naccount required pam_permit.so\n' "$2" >$stacks/$1
}

# All three check the certificate against the card's CA, without revocation lists, and a signature.
prepare()
{
	mkdir -p $stacks $pkcs11/ca
	stack other pam_deny.so
	stack pkcs11 "pam_pkcs11.so config_file=$pkcs11/conf"
	stack p11 "pam_p11.so $opensc"
	stack sekisho "$SEKISHO_MODULE socket-dir=/run/no-door"
	cat >$pkcs11/conf <<-END
		pam_pkcs11 {
		  nullok = false;
		  debug = false;
		  use_pkcs11_module = opensc;
		  pkcs11_module opensc {
		    module = $opensc;
		    slot_description = "none";
		    ca_dir = $pkcs11/ca;
		    crl_dir = $pkcs11/ca;
		    support_threads = false;
		    cert_policy = ca,signature;
		  }
		  mapper_search_path = $mappers;
		  use_mappers = subject;
		  mapper subject {
		    module = internal;
		    mapfile = file://$pkcs11/people;
		  }
		}
	END
	echo '/CN=alice -> alice' >$pkcs11/people
	quietly "$sekisho" init --yes
	configure card 'crl = off' 'jpki = yes'
	quietly pcscd_start
}

# enroll_everywhere NAME: alice's card
enroll_everywhere()
{
	local name=$1 cert

	cert=$(ls $cards/$name/cert-9A.pem $cards/$name/cert-auth.pem 2>/dev/null)
	rm -rf $pkcs11/ca/*
	cp $cards/$name/ca.pem $pkcs11/ca/ && quietly openssl rehash $pkcs11/ca
	install -d -o alice -g alice /home/alice/.eid
	install -o alice -g alice -m 644 "$cert" /home/alice/.eid/authorized_certificates
	trust $name && quietly enroll_card alice $name $name
}

# login SERVICE NAME PIN: with a card that was reset, as one that was just put in. Sets result, prompts,
# felt, whole and before.
login()
{
	quietly "$pcsc" reset "$(card_reader $2)"
	card_forget $2
	: >"$NS_LOG"
	IFS='|' read -r result prompts felt whole before < <("$SEKISHO_BUILDDIR/bench/cardlogin" \
	    $stacks $1 alice $cards/$2.log <<<"$3" 2>>$run/output)
	log_complete
}

# asked NAME: of the login before, "APDUS|BYTES|APDUS|BYTES|SELECT": before the answer, after it.
asked()
{
	card_log $1 | awk -v answer=$before '
		{ after = at >= answer; at += length($0) + 1 }
		$2 == ">" { n[after]++; selects = $3 ~ /^00A404/ }
		$2 == ">" || $2 == "<" { bytes[after] += length($3) / 2 }
		$2 == "<" && selects { select = length($3) / 2 }
		END { print n[0] + 0 "|" bytes[0] + 0 "|" n[1] + 0 "|" bytes[1] + 0 "|" select }'
}

medians()
{
	awk -F '|' '
		{ for (i = 1; i <= NF; i++) value[i, NR] = $i; fields = NF }
		END {
			for (i = 1; i <= fields; i++) {
				for (a = 2; a <= NR; a++)
					for (b = a; b > 1 && value[i, b] + 0 < value[i, b - 1] + 0; b--) {
						t = value[i, b]; value[i, b] = value[i, b - 1]; value[i, b - 1] = t
					}
				printf "%s%s", value[i, int((NR + 1) / 2)], i < fields ? "|" : "\n"
			}
		}'
}

# Why it cannot: the last that it said.
last_words()
{
	grep -o 'pam_[a-z0-9]*([^)]*): .*' "$NS_LOG" | tail -n 1 | sed 's/^\(pam_[a-z0-9]*\)([^)]*)/\1/; s/|/ /g'
}

# proven SERVICE: it lets the right PIN in, and a wrong one not. What cannot says why.
proven()
{
	login $1 $name $pin
	if [ "$result" != 0 ]; then
		[ $1 != sekisho ] || fail "$name: sekisho: the right PIN is refused, result $result"
		last_words >$run/why-$1
		return 1
	fi
	login $1 $name $wrong
	[ "$result" != 0 ] || fail "$name: $1: a wrong PIN is accepted"
	# its success clears what the failure left
	login $1 $name $pin
}

measured_login()
{
	login $1 $name $pin
	[ "$result $prompts" = '0 1' ] || fail "$name: $1: result $result, $prompts prompts"
	echo "$(asked $name)|$felt|$whole" >>$run/of-$1
}

# card KEY SLOTS PIN WRONG OPTION...: the modules log in in turn, so that all have the same machine.
card()
{
	local name=$1-$2 pin=$3 wrong=$4 row="$1|$2" service able= i
	shift 4

	tell "$row"
	quietly card_start $name --subject CN=alice --baud $baud --apdu-ms $apdu_ms "$@"
	enroll_everywhere $name
	for service in $services; do
		rm -f $run/of-$service
		! proven $service || able+=" $service"
	done
	for ((i = 0; i < logins; i++)); do
		for service in $able; do
			measured_login $service
		done
	done
	for service in $services; do
		if [ -e $run/of-$service ]; then
			medians <$run/of-$service | sed "s/^/card|$row|$service|/"
		else
			echo "cannot|$row|$service|$(cat $run/why-$service)"
		fi
	done
	card_stop $name
}

clear_away()
{
	cards_stop
	pcscd_stop
}

umask 022
trap clear_away EXIT
prepare
echo "line|$baud|$apdu_ms|$logins"
for slots in 1 4; do
	for key in rsa2048 p256 p384; do
		card $key $slots 123456 999999 --key $key --slots $slots
	done
done
card jpki 1 1234 9999 --kind jpki
