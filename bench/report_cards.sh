# SPDX-License-Identifier: BSD-2-Clause
# bench/report_cards.sh FIGURES: the lines bench/cards.sh printed, and one
#   machine|CPUS|KERNEL|LOAD
# as the part of RESULTS.md about cards, on stdout. Measures nothing.
set -u
awk -F '|' "$(cat "$(dirname "$0")/table.awk")"'
function ms(us) {
	return sprintf("%.0f", us / 1000)
}

# milliseconds of the line and the card alone
function on_line(apdus, bytes) {
	return (baud ? (bytes + 8 * apdus) * 11 * 1000 / baud : 0) + apdus * apdu_ms
}

function cells(i) {
	return before[i] " | " before_bytes[i] " | " after[i] " | " after_bytes[i]
}

# The fewest commands after an answer, and their bytes but for the answer to SELECT.
function floor_aim(key, apdus, bytes,   i, n, seen, other, most) {
	for (i = 1; i <= count; i++) {
		if (service[i] != "sekisho" || keys[i] != key)
			continue
		n++
		seen = after[i]
		other = other || after[i] != apdus || after_bytes[i] - selected[i] > bytes
		if (after_bytes[i] - selected[i] > most)
			most = after_bytes[i] - selected[i]
	}
	if (n)
		aim("after the answer, " name[key] ": " apdus " commands, at most " bytes " bytes", seen ", " most, !other)
}

function faster_aim(i, times,   j) {
	for (j = 1; j <= count; j++)
		if (service[j] == "pkcs11" && j in whole && keys[j] == keys[i] && slots[j] == slots[i])
			aim("whole login at least " times " times faster than pam_pkcs11, " name[keys[i]] ", " filled(i), \
			    sprintf("%s of %s ms: %.1f times", ms(whole[i]), ms(whole[j]), whole[j] / whole[i]), \
			    whole[j] >= times * whole[i])
}

function filled(i) {
	return slots[i] == 1 ? "one certificate" : slots[i] " certificates"
}

BEGIN {
	name["rsa2048"] = "RSA-2048"; name["p256"] = "P-256"; name["p384"] = "P-384"; name["jpki"] = "My Number Card"
	title["pkcs11"] = "pam_pkcs11"; title["p11"] = "pam_p11"; title["sekisho"] = "sekisho"
}
$1 == "machine" { cpus = $2; kernel = $3; load = $4 }
$1 == "line" { baud = $2; apdu_ms = $3; logins = $4 }
$1 == "card" || $1 == "cannot" { count++; keys[count] = $2; slots[count] = $3; service[count] = $4 }
$1 == "card" {
	before[count] = $5; before_bytes[count] = $6; after[count] = $7; after_bytes[count] = $8
	selected[count] = $9; felt[count] = $10; whole[count] = $11
}
$1 == "cannot" { why[count] = $5 }

END {
	print "# Logins with a card\n"
	print "`make bench PARTS=cards`: sekisho, Debian'"'"'s pam_pkcs11 and pam_p11 (both with OpenSC) in one run, each with the same"
	print "simulated cards behind pcscd. The line carries " thousands(baud) " bits per second, and a command takes the card " apdu_ms " ms besides.\n"
	printf "Machine: %d CPUs, Linux %s. Other work on it: load %s before the run; what is measured is above all the line.\n", cpus, kernel, load

	section("Aims with a card")
	head("aim | measured | met")
	floor_aim("rsa2048", 5, 582)
	floor_aim("p256", 3, 152)
	floor_aim("p384", 3, 200)
	floor_aim("jpki", 5, 359)
	for (i = 1; i <= count; i++)
		if (service[i] == "sekisho")
			faster_aim(i, slots[i] == 1 ? 3 : 6)

	section("What a card is asked, and how long it takes")
	print "\nMedians of " logins " logins; times in milliseconds."
	head("key | certificates | module | commands before the answer | bytes | commands after it | bytes | felt | of it the line | whole")
	for (i = 1; i <= count; i++) {
		if (i in why)
			row(name[keys[i]] " | " slots[i] " | " title[service[i]] " | - | - | - | - | - | -", "none: `" why[i] "`")
		else
			row(name[keys[i]] " | " slots[i] " | " title[service[i]] " | " cells(i) " | " ms(felt[i]) " | " \
			    sprintf("%.0f", on_line(after[i], after_bytes[i])), ms(whole[i]))
	}

	section("How with a card")
	print ""
	for (i = 1; i <= count; i++) {
		if (service[i] == "sekisho" && keys[i] == "rsa2048" && slots[i] == 1)
			print "- The " before[i] " commands before the answer tell whose card it is and how many tries are left: SELECT, an identifier, VERIFY\n" \
			    "  without a PIN. The certificate is on the disk since the enrollment."
		if (service[i] == "sekisho" && keys[i] == "jpki")
			print "- A My Number Card is asked " before[i] " commands before the answer, not the 5 that tell whose it is: SELECT of PIV comes first,\n" \
			    "  and its certificate, of which nothing but a hash is kept, is read each time to be checked."
	}
}' "$1" || exit
cat <<'END'
- *felt*: from the answer to the return of pam_authenticate; *of it the line*: what its commands and bytes take, counted, not
  measured: (bytes + 8 for each command) x 11 bits, and the time of the card. *whole*: pam_start and pam_authenticate, with
  the start of the helper (direct door), when the answer comes at once.
- Commands and bytes are counted in the card's own log. Bytes are those of commands and answers, status words included. In the
  aims, the answer to SELECT is left out, for each make of card says more or less there; a signature has its longest form.
- All three verify a signature. sekisho and pam_pkcs11 (`cert_policy = ca,signature`) also check the certificate against the
  card's authority, without revocation lists; pam_p11 finds it in ~/.eid/authorized_certificates and checks no authority.
- What the others read before the prompt, the directory of the card and the certificates of all slots, sekisho knows since the
  enrollment. It lets go of the card while the person types, and selects the application anew after that.
- PIV cards hold certificates and keys in the slot 9A, or in 9A, 9C, 9D and 9E. All log in with 9A.
- Before each login the card is reset, as one that was just put in: what an earlier login left selected or verified there helps
  nobody.
- Before it measures, the benchmark sees each module let the right PIN in and refuse a wrong one. Where the right one is
  refused, the table has the last words of the module.
END
