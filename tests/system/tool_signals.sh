# SPDX-License-Identifier: BSD-2-Clause
# The admin tool: ^Z and ^C wait while it holds a lock.
needs_programs='expect oathtool strace perl'
ns_arguments='--timeout 300'
. "$(dirname "$0")/tool_lib.sh"
S=$sekisho

# Reads a trace: fails when a lock is taken, or still held, while one of the signals could come
# in, and when there was no lock at all.
cat >$run/judge.pl <<'END'
my @signals = qw(TSTP TTIN TTOU INT TERM HUP QUIT PIPE);
my (%mask, %held, $locks);
sub bad { print "@_"; exit 1 }
while (<>) {
	if (/rt_sigprocmask\((SIG_\w+), (~?)\[([^\]]*)\]/) {
		my ($how, $not, %set) = ($1, $2, map { $_ => 1 } split ' ', $3);
		for (@signals) {
			my $in = $not ? !$set{$_} : $set{$_};
			$mask{$_} = 1 if $in && $how ne 'SIG_UNBLOCK';
			$mask{$_} = 0 if $how eq 'SIG_SETMASK' && !$in || $how eq 'SIG_UNBLOCK' && $in;
			bad("$_ comes in while locked: " . join(' ', keys %held) . "\n") if %held && !$mask{$_};
		}
	} elsif (m{F_OFD_SETLK, \{l_type=F_WRLCK.* = 0$} && m{fcntl\(\d+<([^>]*)>}) {
		$held{$1} = 1;
		$locks++;
		for (@signals) { bad("$_ could come in: $1\n") unless $mask{$_} }
	} elsif (m{^close\(\d+<([^>]*)>}) {
		delete $held{$1};
	}
}
bad("no lock\n") unless $locks;
END

# held COMMAND...: it does, and succeeds
held()
{
	strace -y -o $run/trace -e trace=rt_sigprocmask,fcntl,close "$@" >$run/out 2>&1 || return 1
	perl $run/judge.pl $run/trace
}

# held_answering ANSWER... -- COMMAND...
held_answering()
{
	local -a answers

	while [ "$1" != -- ]; do
		answers+=("$1")
		shift
	done
	shift
	at_terminal "${answers[@]}" -- strace -y -o $run/trace -e trace=rt_sigprocmask,fcntl,close "$@" >$run/out
	grep -q '^exit 0$' $run/out && perl $run/judge.pl $run/trace
}

claim 'init' held $S init
claim 'enroll' held $S enroll alice totp --no-confirm --secret-file $(secret_file alice GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ)
claim 'enroll, asking' held_answering good -- $S enroll alice totp --label other
KEY=$(cat $run/secret/alice)
export KEY
claim 'list' held $S list
claim 'list of one' held $S list alice
claim 'suspend' held $S suspend alice
claim 'resume' held $S resume alice
claim 'suspend --all' held $S suspend --all --yes
claim 'resume --all' held_answering y -- $S resume --all
claim 'unlock' held $S unlock alice
claim 'resync' held_answering step+0 step+1 -- $S resync alice totp
claim 'code recovery' held_answering -- $S code recovery alice
claim 'code temporary' held $S code temporary alice --valid 1d --reason x --file /etc/sheet
claim 'code temporary --remove' held $S code temporary alice --remove
claim 'code emergency' held $S code emergency --file -
claim 'code emergency, asking' held_answering y -- $S code emergency
claim 'code emergency --remove' held $S code emergency --remove --yes
claim 'clock accept' held_answering y -- $S clock accept
claim 'revoke' held_answering y -- $S revoke alice other
printf x | dd of="$(echo /var/lib/sekisho/records/*)" bs=1 seek=100 conv=notrunc status=none
claim 'revoke of what cannot be read' held_answering y -- $S revoke alice

# A signal in the middle of the write: the work and its line in the log come first.
$S -q enroll alice totp --no-confirm --secret-file $run/secret/alice
broken_off()
{
	strace -o /dev/null -e trace=pwrite64 -e inject=pwrite64:signal=$1:when=1 $S suspend alice >$run/out
	[ $? = $2 ] && log_complete && tail -n 1 "$NS_LOG" | grep -q 'event=suspend result="done"' &&
	    $S list alice | grep -q suspended && $S -q resume alice
}
claim 'SIGINT ends it after that' broken_off SIGINT 130
claim 'SIGTERM, too' broken_off SIGTERM 143
finish
