#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Nothing is said before the write behind it is durable: the order of writes, syncs and messages
# of the real programs, exactly, as strace sees it.
needs_programs='oathtool strace perl'
. "$(dirname "$0")/lib.sh"

client=$SEKISHO_BUILDDIR/tests/system/client
store=$SEKISHO_LOCALSTATEDIR/lib/sekisho
etc=$SEKISHO_SYSCONFDIR/sekisho
calls='recvmsg,sendmsg,sendto,openat,write,writev,pwrite64,pwritev,pwritev2,ftruncate,fsync,fdatasync'
calls+=',sync_file_range,syncfs,sync,linkat,renameat,renameat2,unlinkat,mkdirat,mmap,io_uring_setup'

# steps TRACE: what matters of it, a line each. A call that failed is no step. Files: "new DIR" has
# no name of its own yet.
cat >$run/steps <<'END'
my ($store, $etc) = splice(@ARGV, 0, 2);
sub place {
	my $p = shift;
	my $new = $p =~ s{/(#\d+( ?\(deleted\))?|\.new-[^/]*)$}{} ? 'new ' : '';
	$p =~ s/^\Q$store\E/store/ or $p =~ s/^\Q$etc\E/etc/ or return;
	$p =~ s{/[0-9a-f]{64}$}{/NAME};
	$p =~ s{decoys/\d{4}$}{decoys/NNNN};
	return $new . $p;
}
my @messages = (undef, qw(hello welcome ask info answer verdict));
sub type { return $messages[hex(($_[0] =~ /iov_base="(?:\\x..){3}\\x(..)/)[0] // 0)] // '?' }
while (<>) {
	next if / = -1 E/ or !/ = (0|[1-9]\d*|0x[0-9a-f]+)(<.*>)?$/;
	my ($type, $result) = (type($_), $1);
	s/\\x([0-9a-f]{2})/chr hex $1/ges;
	my $fd = (/^\w+\(\d+<([^>]*)>/s) ? place($1) : undef;
	if (/^recvmsg\(0</) { next if $result eq '0'; print "$type\n" }
	elsif (/^sendmsg\(0</) { print "$type\n" }
	elsif (/^sendto\(.*event=/s) { print "log\n" }
	elsif (/^pwrite64\(.*, (\d+), (\d+)\) = \1$/s && $fd) { print "write $fd $1 at $2\n" }
	elsif (/^(write|writev|pwrite64|pwritev2?|ftruncate)\(/ && $fd) { print "$1 $fd\n" }
	elsif (/^(fsync|fdatasync|syncfs|sync_file_range)\(/) { print "$1 " . ($fd // '?') . "\n" }
	elsif (/^(sync|io_uring_setup)\(/) { print "$1\n" }
	elsif (/^mmap\(.*PROT_WRITE.*MAP_SHARED.*</s) { print "mmap\n" }
	elsif (/^(linkat|renameat2?)\(.*<([^>]*)>, "([^"]*)"/s) {
		my $to = place("$2/$3");
		print "name $to\n" if defined $to && $to !~ /^new /;
	}
	elsif (/^(unlinkat|mkdirat)\(\d+<([^>]*)>, "([^"]*)"/s) { print "$1 " . place("$2/$3") . "\n" }
}
END
steps()
{
	perl $run/steps "$store" "$etc" "$1"
}

cat >$run/traced-helper <<END
#!/bin/bash
exec strace -y -xx -s 200 -e trace=$calls -o $run/trace "$SEKISHO_HELPER" "\$@"
END
chmod 755 $run/traced-helper

# same EXPECTED: the steps in $run/steps.got are exactly these
same()
{
	diff <(printf '%s\n' "$1") $run/steps.got
}

# login PERSON CODE...: from the first answer on
login()
{
	timeout 60 "$client" --start $run/traced-helper direct "$@" >$run/said
	steps $run/trace | sed -n '/^answer/,$p' >$run/steps.got
	cat $run/said
}

# tool WORDS...: what it wrote
tool()
{
	strace -y -xx -s 200 -e trace=$calls -o $run/trace "$sekisho" -q "$@" || return 1
	steps $run/trace >$run/steps.got
}

# ---- init
claim 'init' tool init
last=$(sed -n '/^syncfs/,$p' $run/steps.got)
claim 'init: the host key is durable before anything is sealed with it' bash -c "
	grep -e 'etc' -e ' store/decoys/' $run/steps.got | head -n 4 | diff - <(echo 'write new etc 96 at 0
fsync new etc
name etc/host.key
fsync etc')"
claim 'init: a thousand decoys' [ "$(grep -c '^write store/decoys/NNNN$' $run/steps.got)" = 1024 ]
claim 'init: all of it durable, then the header' diff - <(echo "$last") <<'END'
syncfs etc
syncfs store
write new store 8192 at 0
fsync new store
name store/header
fsync store
log
END

# ---- the tool: what needs room first, still without its name
draft='write new store/records 4096 at 0
fsync new store/records'
named='name store/records/NAME
fsync store/records
log'
head -c 20 /dev/urandom | base32 >$run/secret/alice
head -c 20 /dev/urandom | base32 >$run/secret/spare
claim 'enroll' tool enroll alice totp --secret-file $run/secret/alice --no-confirm
claim 'enroll: the record waits for its name, durable, until the state is' same "$draft
write new store/states 8192 at 0
fsync new store/states
name store/states/NAME
fsync store/states
$named"
claim 'a second token' tool enroll alice totp --label spare --secret-file $run/secret/spare --no-confirm
claim 'it is the same with the state in place' same "$draft
write store/states/NAME 4096 at 4096
fdatasync store/states/NAME
$named"
claim 'revoke' tool revoke alice spare --yes
claim 'so is revoke' same "$draft
write store/states/NAME 4096 at 0
fdatasync store/states/NAME
$named"
claim 'unlock' tool unlock alice
claim 'unlock: the state is durable before it says so' same 'write store/states/NAME 4096 at 4096
fdatasync store/states/NAME
log'

# ---- logins: slots in turn, one sync for each answer, then the log, then the word
judged()
{
	printf 'answer\nwrite store/%s 4096 at %d\nfdatasync store/%s\nlog\n%s' $1 $2 $1 $3
}
state=states/NAME
code=$(fresh_code alice)
login alice $code
claim 'the right code is granted' grep -q '^verdict 1' $run/said
# the first in an hour moves the clock, and does not wait for that
claim 'granted: written, synced once, logged, said' same "answer
write store/$state 4096 at 0
fdatasync store/$state
fdatasync store/clock
write store/clock 4096 at 4096
log
verdict"
wrong=$(wrong_code alice)
login alice $code $wrong $wrong
claim 'used, wrong and wrong are denied' grep -q '^verdict 2 reason 1' $run/said
claim 'denied: the same for each answer' same "$(judged $state 4096 ask)
$(judged $state 0 ask)
$(judged $state 4096 verdict)"
login alice $wrong $wrong
claim 'the fifth failure locks' grep -q '^verdict 3 reason 4' $run/said
claim 'locked: the failure that locks is durable before it is told' same "$(judged $state 0 ask)
$(judged $state 4096 verdict)"
login alice $wrong
claim 'while locked nothing is judged and nothing written' same 'answer
log
verdict'
code=$(fresh_code alice)
claim 'unlock' tool unlock alice
login alice $code
claim 'granted again: the clock is left alone' same "$(judged $state 4096 verdict)"
login bob $wrong
claim 'somebody without a token: the same with a decoy' same "$(judged decoys/NNNN 4096 ask)"

# ---- what replaces a file, and the mark that a code is spent
claim 'suspend --all' tool suspend --all --yes
claim 'suspend --all: the header is replaced' same 'write new store 8192 at 0
fsync new store
name store/header
fsync store
log'
claim 'resume --all' tool resume --all --yes
claim 'emergency code' bash -c "'$sekisho' -q code emergency root --yes --file - >$run/secret/envelope"
code=$(grep -o -E '[0-9A-Z]{4}(-[0-9A-Z]{4}){4}' $run/secret/envelope)
timeout 60 "$client" --start $run/traced-helper direct root "$code" >$run/said
steps $run/trace | sed -n '/^answer/,$p' >$run/steps.got
claim 'the emergency code opens' grep -q '^verdict 1' $run/said
claim 'emergency: the mark is durable, then it is told' same 'answer
write store/emergency 4096 at 4096
fdatasync store/emergency
log
info
verdict'
finish
