# SPDX-License-Identifier: BSD-2-Clause
# Which Debian packages ./demo and ./check need, and their installation without starting any
# service. Sourced by both; changes nothing but the installed packages.

packages_build='gcc libc6-dev make autoconf automake libtool pkgconf libpam0g-dev liboath-dev
	libssl-dev libseccomp-dev libqrencode-dev libpng-dev libjansson-dev
	libpcsclite-dev zlib1g-dev'
packages_cards='pcscd vsmartcard-vpcd'
packages_logins='openssh-server openssh-client expect oathtool openssl iproute2 systemd'
packages_tests="$packages_cards libcmocka-dev clang libclang-rt-dev llvm valgrind strace pamtester binutils xz-utils
	btrfs-progs e2fsprogs zbar-tools python3 procps xxd locales mandoc zsh
	libpam-oath libpam-google-authenticator libpam-pkcs11 libpam-p11
	opensc opensc-pkcs11 yubico-piv-tool"

packages_missing()
{
	local package

	for package; do
		case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
		installed) ;;
		*) printf '%s ' "$package" ;;
		esac
	done
}

# packages_install YES PACKAGE...: shows what is missing and installs it. YES=1, or no terminal:
# without a question. Returns 2 with the command to type when it cannot.
packages_install()
{
	local yes=$1 missing answer policy=/usr/sbin/policy-rc.d own_policy=0 r
	shift

	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	set -- $missing
	echo "packages to install: $*"
	if [ "$(id -u)" != 0 ]; then
		echo "run as root: apt-get install --no-install-recommends $*" >&2
		return 2
	fi
	if [ "$yes" != 1 ] && [ -t 0 ] && [ -t 1 ]; then
		read -r -p 'install them now? [y/N] ' answer
		case $answer in
		[yY]*) ;;
		*) return 2 ;;
		esac
	fi
	# invoke-rc.d asks this program; 101 means: do not start the service
	if [ ! -e $policy ] && [ ! -L $policy ]; then
		printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy && own_policy=1
	fi
	trap "[ $own_policy = 0 ] || rm -f $policy; exit 130" INT TERM HUP
	export DEBIAN_FRONTEND=noninteractive
	apt-get install -y -q --no-install-recommends "$@" >"$packages_log" 2>&1 ||
	    { apt-get update -q >>"$packages_log" 2>&1 &&
	        apt-get install -y -q --no-install-recommends "$@" >>"$packages_log" 2>&1; }
	r=$?
	[ $own_policy = 0 ] || rm -f $policy
	trap - INT TERM HUP
	if [ $r != 0 ]; then
		tail -n 20 "$packages_log" >&2
		echo "apt-get failed; all of its output: $packages_log" >&2
		return 1
	fi
	echo 'packages installed'
}
