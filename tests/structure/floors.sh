#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The floors of ARCHITECTURE.md, read off the #include lines: a file includes only its own floor
# and lower ones, programs know each other not at all, the module knows floors 0-1 only, and
# libraries outside libc appear where they are named below.
set -u
source_dir=${SEKISHO_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
failures=0

floor_of() { # FILE
	case $1 in
	lib/wire/bytes.[ch] | lib/wire/secret.[ch] | lib/wire/err.[ch] | lib/wire/clock.[ch]) echo 0 ;;
	lib/wire/msg.[ch] | lib/wire/chan.[ch] | lib/wire/options.[ch]) echo 1 ;;
	lib/base/*) echo 2 ;;
	lib/store/*) echo 3 ;;
	lib/factors/* | lib/cards/*) echo 4 ;;
	lib/login/*) echo 5 ;;
	pam_module/* | helper/* | tools/* | cardwatch/*) echo 6 ;;
	*) echo unknown ;;
	esac
}

# Which files may include a header that is not libc's.
foreign_allowed() { # FILE HEADER
	case $2:$1 in
	openssl/*:lib/base/crypto.c | openssl/*:lib/base/algorithms.?) ;;
	openssl/*:lib/cards/key.c | openssl/*:lib/cards/cert.c | openssl/*:lib/cards/trust.c) ;;
	zlib.h:lib/cards/cert_packed.c | winscard.h:lib/cards/pcsclite.h) ;;
	liboath/*:lib/factors/window.c | liboath/*:tools/*) ;;
	seccomp.h:helper/* | seccomp.h:cardwatch/*) ;;
	qrencode.h:tools/* | png.h:tools/*) ;;
	security/*:pam_module/*) ;;
	openssl/* | liboath/* | seccomp.h | qrencode.h | png.h | security/*) return 1 ;;
	zlib.h:* | winscard.h:* | PCSC/* | confuse.h:* | libpskc/*) return 1 ;;
	esac
}

check_own() { # FILE HEADER
	local from to
	[ "$2" = config.h ] && return # what configure found out
	from=$(floor_of "$1")
	to=$(floor_of "$2")
	if [ "$from" = unknown ] || [ "$to" = unknown ]; then
		echo "$1: includes \"$2\": on no floor"
	elif [ "$to" -gt "$from" ]; then
		echo "$1: floor $from includes \"$2\" of floor $to"
	elif [ "$to" -eq 6 ] && [ "${1%%/*}" != "${2%%/*}" ]; then
		echo "$1: includes \"$2\" of another program"
	elif [ "${1%%/*}" = pam_module ] && [ "$to" -gt 1 ] && [ "$to" -lt 6 ]; then
		echo "$1: the module includes \"$2\" of floor $to"
	fi
}

violations() { # ROOT: one line each
	local file line
	cd "$1" || return
	find lib pam_module helper tools cardwatch -name '*.[ch]' 2>/dev/null | sort | while read -r file; do
		[ "$(floor_of "$file")" != unknown ] || echo "$file: on no floor"
		sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*(["<][^">]+).*/\1/p' "$file" |
			while read -r line; do
				case $line in
				\"*) check_own "$file" "${line#?}" ;;
				\<*) foreign_allowed "$file" "${line#?}" ||
					echo "$file: includes <${line#?}>" ;;
				esac
			done
	done
}

# The check itself, on a small tree where each file but the first breaks one rule.
plant() { # FILE INCLUDE
	mkdir -p "$work/tree/$(dirname "$1")"
	echo "#include $2" >"$work/tree/$1"
}
plant lib/wire/bytes.c '<string.h>'
plant lib/wire/err.c '"lib/wire/msg.h"'
plant lib/wire/chan.c '"lib/base/config.h"'
plant lib/wire/more.c '<string.h>'
plant lib/store/keys.c '"lib/login/login.h"'
plant lib/store/box.c '"box.h"'
plant lib/store/header.c '<openssl/evp.h>'
plant lib/base/config.c ' "helper/start.h"'
plant lib/cards/piv.c '<winscard.h>'
plant lib/cards/apdu.c '<openssl/evp.h>'
plant pam_module/door.c '"lib/base/safefile.h"'
plant pam_module/words.c '"helper/start.h"'
plant helper/main.c '"tools/qr.h"'
plant tools/qr.c '<security/pam_modules.h>'
plant cardwatch/eye.c '"helper/sandbox.h"'
found=$(violations "$work/tree")
for file in lib/wire/err.c lib/wire/chan.c lib/wire/more.c lib/store/keys.c lib/store/box.c \
	lib/store/header.c lib/base/config.c lib/cards/piv.c lib/cards/apdu.c \
	pam_module/door.c pam_module/words.c helper/main.c tools/qr.c cardwatch/eye.c; do
	[ "$(grep -c "^$file:" <<<"$found")" = 1 ] || {
		echo "FAIL: self-check: $file was not found out"
		failures=$((failures + 1))
	}
done
[ "$(wc -l <<<"$found")" = 14 ] || { echo "FAIL: self-check: too much found"; failures=$((failures + 1)); }

found=$(violations "$source_dir")
if [ -n "$found" ]; then
	echo "$found"
	failures=$((failures + $(wc -l <<<"$found")))
fi

# The simulated card is held against lib/: a parser that both share would be wrong in both.
shared=$(cd "$source_dir" && grep -n '#[[:space:]]*include[[:space:]]*"' tests/card/*.[ch] |
	grep -v '"tests/card/')
if [ -n "$shared" ]; then
	echo "$shared: the test card includes what is not its own"
	failures=$((failures + 1))
fi
files=$(cd "$source_dir" && find lib pam_module helper tools cardwatch -name '*.[ch]' | wc -l)
echo "$files files, $failures failures"
[ "$files" -ge 20 ] && [ "$failures" -eq 0 ]
