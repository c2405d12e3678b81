# SPDX-License-Identifier: BSD-2-Clause
# What the system tests share. Sourced first: it moves the test into tests/ns.
#
# A test is a list of claims; it goes on after a failed one and tells all of them.

ns_arguments=${ns_arguments-}
if [ "${SEKISHO_SANITIZERS-}" != '' ]; then
	echo 'skipped: su and sshd cannot load a module built with sanitizers'
	exit 77
fi
if [ -z "${NS_LOG-}" ]; then
	exec "$(dirname "$0")/../ns" $ns_arguments bash "$(readlink -f "$0")" "$@"
fi
for program in ${needs_programs-}; do
	command -v "$program" >/dev/null || { echo "skipped: $program is not installed"; exit 77; }
done

system=$SEKISHO_SRCDIR/tests/system
sekisho=$SEKISHO_SBINDIR/sekisho
run=/run/test
mkdir -m 755 -p $run $run/secret $run/step
claims=0 broken=0

# Until $NS_LOG holds whatever was sent so far.
log_complete()
{
	[ ! -S /dev/log ] || "$SEKISHO_BUILDDIR/tests/system/logcatch" /dev/log || true
}

# claim WORDS COMMAND...: COMMAND must succeed. What it prints is shown when it does not.
claim()
{
	local words=$1
	shift

	claims=$((claims + 1))
	log_complete
	if "$@" >$run/output 2>&1; then
		echo "ok - $words"
		return 0
	fi
	broken=$((broken + 1))
	echo "NOT OK - $words"
	sed 's/^/	/' $run/output
	tail -n 5 "$NS_LOG" | sed 's/^/	log: /'
	return 0
}

# What the last claim printed, also when it holds: figures that somebody will want to know.
numbers()
{
	sed 's/^/	/' $run/output
}

finish()
{
	echo "$claims claims, $broken broken"
	[ $broken = 0 ] && [ $claims -gt 0 ]
	exit
}

# ---- people

# enroll PERSON: a token whose secret the test knows.
enroll()
{
	local person=$1

	(umask 077 && head -c 20 /dev/urandom | base32 >$run/secret/$person)
	"$sekisho" enroll "$person" totp --secret-file $run/secret/$person --no-confirm
}

code_at()
{
	oathtool --totp -b "$(cat $run/secret/$1)" --now "@$(($2 * 30))"
}

# fresh_code PERSON: a code that is good now and was not handed out before. With window 1 the
# code of the coming step is good as well, so that two logins need no waiting.
fresh_code()
{
	local now last

	last=$(cat $run/step/$1 2>/dev/null || echo 0)
	now=$(($(date +%s) / 30))
	while [ $last -gt $now ]; do
		sleep 1
		now=$(($(date +%s) / 30))
	done
	[ $last -ge $now ] && now=$((last + 1))
	echo $now >$run/step/$1
	code_at $1 $now
}

# A code that is good now, for what must fail before it is looked at.
current_code()
{
	code_at $1 $(($(date +%s) / 30))
}

# The code handed out last, once more.
same_code()
{
	code_at $1 "$(cat $run/step/$1)"
}

# wrong_code PERSON: six digits that are no code of any step near now.
wrong_code()
{
	local now step near=' ' guess

	now=$(($(date +%s) / 30))
	for step in -4 -3 -2 -1 0 1 2 3 4; do
		near+="$(code_at $1 $((now + step))) "
	done
	for guess in 000000 111111 222222 333333 444444 555555 666666 777777 888888 999999; do
		[[ $near = *" $guess "* ]] || { echo $guess; return; }
	done
}

# ---- programs

ask_password='[Pp]assword: $'
ask_code='One-time code: $'

# make_dialogue PASSWORD CODE...: sets the array that on_terminal wants.
make_dialogue()
{
	dialogue=("$ask_password" "$1")
	while [ $# -gt 1 ]; do
		dialogue+=("$ask_code" "$2")
		shift
	done
}

# pam_service NAME LINE...: /etc/pam.d/NAME with these auth lines.
pam_service()
{
	local name=$1
	shift

	{
		printf 'auth %s\n' "$@"
		echo 'account required pam_unix.so'
		echo 'session required pam_permit.so'
		echo 'password required pam_deny.so'
	} >/etc/pam.d/$name
}

# on_terminal PROMPT ANSWER... -- COMMAND...
on_terminal()
{
	expect -f "$system/terminal.exp" -- "$@"
}

# as PERSON COMMAND...
as()
{
	local person=$1
	shift

	setpriv --reuid "$person" --regid "$person" --init-groups --reset-env -- "$@"
}

# lets_in COMMAND...: it succeeds and its output shows that the inner command ran.
lets_in()
{
	"$@" | tee $run/dialogue
	[ "${PIPESTATUS[0]}" = 0 ] && grep -q 'INSIDE-' $run/dialogue
}

# refuses WORDS COMMAND...: it fails by itself (not by a timeout), nothing ran inside, and the
# dialogue or the log says WORDS, a regular expression: refused for this reason and no other.
refuses()
{
	local words=$1 before r
	shift

	before=$(wc -l <"$NS_LOG")
	"$@" | tee $run/dialogue
	r=${PIPESTATUS[0]}
	log_complete
	[ $r != 0 ] && [ $r != 122 ] && [ $r != 124 ] && ! grep -q 'INSIDE-' $run/dialogue &&
	    { cat $run/dialogue; tail -n +$((before + 1)) "$NS_LOG"; } | grep -q -E "$words"
}

# door_start NAME, door_stop NAME: serves /run/sekisho/NAME by the command line of the installed unit.
door_start()
{
	local name=$1 command

	command=$(sed -n 's/^ExecStart=//p' "$SEKISHO_UNITDIR/sekisho-$name@.service")
	mkdir -p /run/sekisho
	systemd-socket-activate --accept --inetd --seqpacket -l /run/sekisho/$name \
	    $command 2>$run/door-$name.log &
	eval "door_pid_$name=$!"
	while [ ! -S /run/sekisho/$name ]; do
		sleep .05
	done
	chmod "$(sed -n 's/^SocketMode=//p' "$SEKISHO_UNITDIR/sekisho-$name.socket")" /run/sekisho/$name
}

door_stop()
{
	local name=$1 pid

	eval "pid=\$door_pid_$name"
	kill "$pid"
	wait "$pid" 2>/dev/null
	rm -f /run/sekisho/$name
}

port=2222
# sshd on the loopback device, its PAM service sshd-sekisho: until 9.8 named after the program,
# PAMServiceName since.
start_sshd()
{
	local option=

	ssh-keygen -q -t ed25519 -N '' -f $run/host_key
	ln -s /usr/sbin/sshd $run/sshd-sekisho
	cp /dev/null $run/sshd_config
	if /usr/sbin/sshd -t -f $run/sshd_config -h $run/host_key -o PAMServiceName=x 2>/dev/null; then
		option='PAMServiceName sshd-sekisho'
	fi
	cat >$run/sshd_config <<-END
		Port $port
		ListenAddress 127.0.0.1
		HostKey $run/host_key
		PidFile none
		UsePAM yes
		PasswordAuthentication no
		KbdInteractiveAuthentication yes
		AuthenticationMethods keyboard-interactive
		StrictModes no
		LoginGraceTime 60
		MaxAuthTries 6
		$option
	END
	pam_service sshd-sekisho 'requisite pam_unix.so nodelay' "required $SEKISHO_MODULE"
	$run/sshd-sekisho -D -e -f $run/sshd_config 2>$run/sshd.log &
	sshd=$!
	for _ in $(seq 100); do
		(: <>/dev/tcp/127.0.0.1/$port) 2>/dev/null && return 0
		sleep .1
	done
	cat $run/sshd.log
	return 1
}

# ssh_to PERSON PASSWORD CODE...
ssh_to()
{
	local person=$1
	local -a dialogue
	shift

	make_dialogue "$@"
	on_terminal "${dialogue[@]}" -- ssh -F none -p $port \
	    -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR \
	    -o PreferredAuthentications=keyboard-interactive -o NumberOfPasswordPrompts=1 \
	    -o ConnectTimeout=20 "$person@127.0.0.1" 'echo INSIDE-$(id -un)'
}
