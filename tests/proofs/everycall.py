#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""One system call after the other, or one allocation after the other, killed or failed, in the
helper, the module and the tool; with somebody new each time. Runs inside tests/ns (everycall.sh).

everycall.py MODE KIND...     prints one line for each kind; exit 1 when a claim is broken
  kill, fail       the helper; KIND: totp wrong hotp recovery temporary emergency
  alloc            the helper's allocations; the same kinds
  module, modalloc the module in its host; KIND: totp wrong
  tool, toolalloc  the tool; KIND: a key of TOOLS

Short: every call from the answer on, and a sample of those before; of the tool a sample.
SEKISHO_LONG=1: every one, with every error it may have."""
import base64, collections, concurrent.futures, os, re, struct, subprocess, sys
import threading
from world import *

RUN = '/run/test/everycall'
PAMCODE = BUILD + '/tests/proofs/pamcode'
FAILALLOC = BUILD + '/tests/proofs/.libs/failalloc.so'
lock = threading.Lock()

# What may go wrong with a call; anything else: ENOMEM.
ERRORS = {
    'openat': ['EIO', 'ENOMEM', 'EINTR'], 'read': ['EIO', 'EINTR'], 'pread64': ['EIO', 'EINTR'],
    'write': ['ENOSPC', 'EIO', 'EINTR'], 'pwrite64': ['ENOSPC', 'EIO', 'EINTR'],
    'fdatasync': ['EIO', 'ENOSPC', 'EINTR'], 'fsync': ['EIO', 'ENOSPC', 'EINTR'],
    'syncfs': ['EIO'], 'linkat': ['ENOSPC', 'EIO'], 'renameat': ['ENOSPC', 'EIO'],
    'renameat2': ['ENOSPC', 'EIO'], 'unlinkat': ['EIO'], 'ftruncate': ['ENOSPC', 'EIO', 'EINTR'],
    'fchmod': ['EIO'], 'flock': ['EINTR', 'ENOLCK'], 'fcntl': ['EINTR', 'ENOLCK'], 'close': ['EIO', 'EINTR'],
    'poll': ['EINTR', 'ENOMEM'], 'ppoll': ['EINTR', 'ENOMEM'], 'recvmsg': ['EINTR', 'ENOMEM'],
    'sendmsg': ['EINTR', 'ENOMEM'], 'sendto': ['EINTR', 'ENOMEM'], 'getrandom': ['EINTR', 'EIO'],
    'newfstatat': ['EIO'], 'fstat': ['EIO'], 'fstatfs': ['EIO'], 'getdents64': ['EIO'],
    'fadvise64': ['EIO'], 'lseek': ['EIO'], 'ioctl': ['EIO'], 'mkdirat': ['ENOSPC', 'EIO'],
}
NEVER = {'exit_group', 'execve', 'rt_sigreturn', 'exit'}


# ---------------------------------------------------------------- people

def people_secret(n, token):
    return hashlib.sha256(b'sekisho proofs secret %d %d' % (n, token)).digest()[:20]


class Person:
    """Number n of populate."""
    def __init__(self, n, kind='totp'):
        self.n, self.name, self.kind = n, 'p%07d' % n, kind
        self.secret = people_secret(n, 0)

    def recovery(self, which):
        return subprocess.run([POPULATE, '--first', str(self.n), '--show', 'recovery', '--counter', str(which)],
                              capture_output=True, text=True, check=True).stdout.strip()

    def temporary(self):
        return codes_of(must(tool('code', 'temporary', self.name, '--valid', '1d', '--reason', 'x',
                                  '--file', '-')).stdout)[0]

    def emergency(self):
        return subprocess.run([POPULATE, '--first', str(self.n), '--emergency'], env=environment(),
                              capture_output=True, text=True, check=True).stdout.strip()

    def opens_soon(self, at=(90, 210)):
        """The next code opens, or the next but one when a torn write cost it."""
        if self.kind == 'hotp':
            return any(granted(self.name, hotp(self.secret, c)) for c in (1, 13))
        return any(granted(self.name, totp(self.secret, NOW + s), NOW + s) for s in at)


def take_numbers(count):
    """Numbers nobody had, also not in a run before."""
    path = RUN + '/next'
    first = int(open(path).read()) if os.path.exists(path) else 1
    with open(path, 'w') as f:
        f.write(str(first + count))
    return first


def newcomers(kind, count, tokens=1):
    first = take_numbers(count)
    must(subprocess.run([POPULATE, '--first', str(first), '--count', str(count), '--recovery', '3',
                         '--tokens', str(tokens), '--kind', 'hotp' if kind == 'hotp' else 'totp'], env=environment(),
                        capture_output=True, text=True))
    must(subprocess.run([POPULATE, '--first', str(first), '--count', str(count), '--only-passwd',
                         '--passwd', '/etc/passwd'], capture_output=True, text=True))
    return [Person(first + i, kind) for i in range(count)]


# ---------------------------------------------------------------- faults

def script(name, text):
    path = RUN + '/' + name
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o755), 'w') as f:
        f.write('#!/bin/sh\n' + text + '\n')
    return path


Point = collections.namedtuple('Point', 'call when late')


def points(trace, from_there):
    """(call, occurrence) of a trace; late: after the line that matches."""
    seen, found, late = collections.Counter(), [], False
    for line in open(trace, errors='replace'):
        m = re.match(r'(\w+)\(', line)
        if not m:
            continue
        seen[m[1]] += 1
        if m[1] not in NEVER:
            found.append(Point(m[1], seen[m[1]], late))
        late = late or bool(re.search(from_there, line))
    return found


def chosen(every, step):
    """All that are late, some of the others."""
    early = [p for p in every if not p.late]
    return early[::1 if LONG else step] + [p for p in every if p.late]


class Reached:
    """Which of the faults happened."""
    def __init__(self):
        self.yes, self.not_these = 0, []

    def note(self, fault, happened):
        with lock:
            self.yes += happened
            if not happened:
                self.not_these.append(str(fault))


class Alloc:
    """The count of allocations, shared with tests/proofs/failalloc.so."""
    def __init__(self, name):
        self.path = RUN + '/alloc-' + name
        with open(self.path, 'wb') as f:
            f.write(bytes(4096))

    def environment(self, n):
        return {'FAILALLOC': str(n), 'FAILALLOC_FILE': self.path}

    def values(self):
        with open(self.path, 'rb') as f:
            return struct.unpack('QQ', f.read(16))


# ---------------------------------------------------------------- the helper

ANSWER = r'^recvmsg\(.* = 155$'  # PROTOCOL.md: the length of an ANSWER
ROUND = 30


def code_for(person, kind):
    if kind == 'recovery':
        return person.recovery(0)
    if kind == 'temporary':
        return person.temporary()
    if kind == 'emergency':
        return person.emergency()
    if kind == 'hotp':
        return hotp(person.secret, 0)
    return wrong(person.secret) if kind == 'wrong' else totp(person.secret)


def check_right(person, kind, code, reply, what):
    count = 0
    need(reply[0] != 'hung', 'hung')
    count += is_granted(reply)
    for _ in range(2):
        count += granted(person.name, code)
    need(count <= 1, 'the code opened %d times' % count)
    need(person.opens_soon(), 'no later code opens')
    if kind == 'recovery' and what == 'kill':
        need(granted(person.name, person.recovery(1), NOW + 400), 'the next recovery code does not open')
    return count


def check_wrong(person, code, reply):
    need(reply[0] != 'hung', 'hung')
    need(not is_granted(reply), 'a wrong code was granted')
    # a busy or broken store may refuse without judging; what was told as wrong is counted
    told = 1 if reply[:2] == ['asked', '1'] else 0
    left = 0
    while left < 8 and login(person.name, [code])[:2] != ['verdict', '3']:
        left += 1
    need(told + left <= 4, 'told of %d wrong guesses, %d more were judged' % (told, left))


def state_of(line):
    return re.search(r'/(states|emergency)', line) is not None


def helper_trial(person, kind, what, inject, reached, tag):
    code = code_for(person, kind)
    trace = '%s/trace-%s' % (RUN, tag)
    call = inject.split(':')[0]
    if os.path.exists(trace):
        os.unlink(trace)
    reply = login(person.name, [code], helper=RUN + '/injected',
                  more={'TRACE': trace, 'CALL': call, 'INJECT': inject})
    text = open(trace, errors='replace').read() if os.path.exists(trace) else ''
    hit = [l for l in text.split('\n') if '(INJECTED)' in l or 'killed by SIGKILL' in l]
    reached.note(inject, bool(hit))
    if kind == 'wrong':
        check_wrong(person, code, reply)
        return
    if is_granted(reply) and hit and 'EINTR' not in inject and call in ('pwrite64', 'fdatasync'):
        need(not state_of(hit[0]), 'granted, and its write had failed: ' + hit[0][:150])
    check_right(person, kind, code, reply, what)


def alloc_trial(person, kind, n, reached, tag):
    code = code_for(person, kind)
    alloc = Alloc(tag)
    reply = login(person.name, [code], preload=(FAILALLOC,), more=alloc.environment(n))
    reached.note(n, alloc.values()[1] != 0)
    if kind == 'wrong':
        check_wrong(person, code, reply)
    else:
        check_right(person, kind, code, reply, 'alloc')


def plan_helper(mode, kind):
    probe = newcomers(kind, 1)[0]
    code = code_for(probe, kind)
    if mode == 'alloc':
        alloc = Alloc('probe')
        login(probe.name, [code], preload=(FAILALLOC,), more=alloc.environment(0))
        total = alloc.values()[0]
        return list(range(1, total + 1, 1 if LONG else max(1, total // 60)))
    reply = login(probe.name, [code], helper=RUN + '/tracer', more={'TRACE': RUN + '/trace'})
    need(kind == 'wrong' or is_granted(reply), 'without a fault it is refused: %s' % reply)
    every = chosen(points(RUN + '/trace', ANSWER), 6 if mode == 'kill' else 12)
    if kind in ('hotp', 'recovery', 'temporary', 'emergency') and not LONG:
        every = [p for p in every if p.late]
    if mode == 'kill':
        return ['%s:signal=KILL:when=%d' % (p.call, p.when) for p in every]
    return ['%s:error=%s:when=%d' % (p.call, error, p.when) for p in every
            for error in (ERRORS.get(p.call, ['ENOMEM']) if p.late or LONG else ERRORS.get(p.call, ['ENOMEM'])[:1])]


def run_helper(mode, kind):
    plan = plan_helper(mode, kind)
    people = newcomers(kind, len(plan))
    reached = Reached()

    def one(i):
        try:
            if mode == 'alloc':
                alloc_trial(people[i], kind, plan[i], reached, str(i % 16))
            else:
                helper_trial(people[i], kind, mode, plan[i], reached, '%d' % i)
        except Broken as b:
            return '%s: %s' % (plan[i], b)
        finally:
            if mode != 'alloc' and os.path.exists('%s/trace-%d' % (RUN, i)):
                os.unlink('%s/trace-%d' % (RUN, i))
        return None

    return plan, reached, spread(one, len(plan), 1 if kind == 'emergency' else 2)


def spread(one, count, workers):
    if workers == 1:
        return [one(i) for i in range(count)]
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, range(count)))


# ---------------------------------------------------------------- the module

PAM_SUCCESS, PAM_IGNORE = 0, 25
MARK = r'^getppid\('  # pamcode, before and after pam_authenticate


def pam_login(person, code, before=(), more=None, preload=()):
    e = environment(preload=preload)
    e.update(more or {})
    try:
        r = subprocess.run([*before, PAMCODE, RUN + '/pam', 'proof', person.name, code], env=e,
                           capture_output=True, text=True, timeout=100)
    except subprocess.TimeoutExpired:
        raise Broken('the host hung')
    m = re.search(r'^pam_authenticate (\d+)$', r.stdout, re.M)
    need(m or r.returncode != 0, 'the host said nothing and ended well')
    return int(m[1]) if m else None


def check_module(person, kind, code, got):
    need(got != PAM_IGNORE, 'PAM_IGNORE')
    if kind == 'wrong':
        need(got != PAM_SUCCESS, 'a wrong code: PAM_SUCCESS')
        return
    count = (got == PAM_SUCCESS)
    for _ in range(2):
        count += granted(person.name, code)
    need(count <= 1, 'the code opened %d times' % count)
    need(person.opens_soon(), 'no later code opens')


def run_module(mode, kind):
    # the module cannot be preloaded into the helper's clock: its helper runs by the real one
    probe = newcomers(kind, 1)[0]
    code = code_for(probe, kind)
    if mode == 'modalloc':
        alloc = Alloc('probe')
        got = pam_login(probe, code, more=alloc.environment(0), preload=(FAILALLOC,))
        total = alloc.values()[0]
        plan = list(range(1, total + 1, 1 if LONG else max(1, total // 60)))
    else:
        got = pam_login(probe, code, before=['strace', '-qq', '-o', RUN + '/trace'])
        inside = [p for p in points(RUN + '/trace', MARK) if p.late]
        plan = ['%s:error=%s:when=%d' % (p.call, e, p.when) for p in inside
                for e in ERRORS.get(p.call, ['ENOMEM'])[:3 if LONG else 1]]
    need(got == (PAM_SUCCESS if kind != 'wrong' else 7), 'without a fault: PAM code %s' % got)
    people = newcomers(kind, len(plan))
    reached = Reached()

    def one(i):
        person, code = people[i], code_for(people[i], kind)
        trace = '%s/trace-%d' % (RUN, i)
        try:
            if mode == 'modalloc':
                alloc = Alloc(str(i % 16))
                got = pam_login(person, code, more=alloc.environment(plan[i]), preload=(FAILALLOC,))
                reached.note(plan[i], alloc.values()[1] != 0)
            else:
                got = pam_login(person, code, before=['strace', '-qq', '-o', trace, '-e', 'trace=' + plan[i].split(':')[0],
                                                      '-e', 'inject=' + plan[i]])
                reached.note(plan[i], '(INJECTED)' in open(trace, errors='replace').read())
            check_module(person, kind, code, got)
        except Broken as b:
            return '%s: %s' % (plan[i], b)
        finally:
            if os.path.exists(trace):
                os.unlink(trace)
        return None

    return plan, reached, spread(one, len(plan), 2)


# ---------------------------------------------------------------- the tool

def secret_file(n):
    path = '%s/secret-%d' % (RUN, n)
    data = hashlib.sha256(b'everycall %d' % n).digest()[:20]
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as f:
        f.write(base64.b32encode(data).decode() + '\n')
    return path, data


class Act:
    """What is done to somebody who has a token and three recovery codes."""
    known, kind, tokens, answers = True, 'totp', 1, None
    whole = False  # also in a short run no call that changes something is left out

    def __init__(self, person):
        self.person = person

    def prepare(self):
        pass

    def again(self):
        r = run_act(self)
        need(r.returncode == 0, 'failed, and cannot be done again: ' + r.stderr)
        return r


class Enroll(Act):
    """Somebody's first token."""
    whole = True
    known = False

    def __init__(self, person):
        super().__init__(person)
        self.path, self.secret = secret_file(person.n)

    def words(self):
        return ['enroll', self.person.name, 'totp', '--secret-file', self.path, '--no-confirm']

    def opens(self, at=NOW):
        return granted(self.person.name, totp(self.secret, at), at)

    def check(self, r):
        if r.returncode == 0:
            need(self.opens(), 'done, and no code opens')
        elif not self.opens():
            again = tool(*self.words())
            need(again.returncode == 0, 'failed, and cannot be done again: ' + again.stderr)
            need(self.opens(NOW + 90) or self.opens(NOW + 210), 'done again, and no code opens')


class EnrollMore(Enroll):
    known = True

    def words(self):
        return super().words() + ['--label', 'more']

    def check(self, r):
        if r.returncode == 0:
            need(self.opens(), 'done, and no code opens')
        need(self.person.opens_soon(), 'the token before no longer opens')


class Replace(Enroll):
    """A token in place of the one there is."""
    known = True

    def words(self):
        return super().words() + ['--replace', 'token-0']

    def check(self, r):
        old, new = granted(self.person.name, totp(self.person.secret)), self.opens()
        if r.returncode == 0:
            need(new, 'done, and no code opens')
            need(not old, 'done, and the token before opens')
        need(old or new, 'neither token opens')


class Revoke(Act):
    def words(self):
        return ['revoke', self.person.name, '--yes']

    def check(self, r):
        open_now = granted(self.person.name, totp(self.person.secret))
        if r.returncode == 0:
            need(not open_now, 'done, and still opens')
            return
        again = tool(*self.words())
        need(again.returncode == 0 or 'S-26' in again.stderr, 'failed, and cannot be done again: ' + again.stderr)
        need(not self.person.opens_soon(), 'done again, and still opens')


class RevokeOne(Act):
    """One token of two."""
    tokens = 2

    def words(self):
        return ['revoke', self.person.name, 'token-1', '--yes']

    def second(self):
        return granted(self.person.name, totp(people_secret(self.person.n, 1)))

    def check(self, r):
        if r.returncode == 0:
            need(not self.second(), 'done, and still opens')
        else:
            again = tool(*self.words())
            need(again.returncode == 0 or 'S-27' in again.stderr, 'cannot be done again: ' + again.stderr)
            need(not self.second(), 'done again, and still opens')
        need(self.person.opens_soon(), 'the other token no longer opens')


# Where the new codes are stored and could not be shown, the administrator knows.
LOST = re.compile('codes of before may be gone|stored, but nobody has seen|cannot make the new name durable')


class Recovery(Act):
    """New recovery codes in place of the old ones: never none, unless it is said."""
    whole = True

    def words(self):
        return ['code', 'recovery', self.person.name, '--file', '-', '--yes']

    def check(self, r):
        codes = codes_of(r.stdout)
        old = granted(self.person.name, self.person.recovery(0))
        new = bool(codes) and granted(self.person.name, codes[0])
        if r.returncode == 0:
            need(codes, 'done, and shows no codes')
            need(new, 'done, and its codes do not open')
            need(not old, 'done, and the old ones open')
        else:
            need(old or new or LOST.search(r.stderr), 'neither the old nor the new codes open, and nobody was told: ' + r.stderr)
            new = codes_of(self.again().stdout)[0]
            need(granted(self.person.name, new), 'done again, and its codes do not open')
        need(self.person.opens_soon(), 'the token no longer opens')


class Temporary(Act):
    """A temporary code beside the recovery codes."""
    whole = True

    def words(self):
        return ['code', 'temporary', self.person.name, '--valid', '1d', '--reason', 'x', '--file', '-']

    def check(self, r):
        codes = codes_of(r.stdout if r.returncode == 0 else self.again().stdout)
        need(codes, 'done, and shows no code')
        need(granted(self.person.name, codes[0]), 'done, and its code does not open')
        need(not granted(self.person.name, codes[0]), 'its code opens twice')
        need(granted(self.person.name, self.person.recovery(0)), 'the recovery codes no longer open')
        need(self.person.opens_soon(), 'the token no longer opens')


class Emergency(Act):
    """A new emergency code in place of an unused one."""
    whole = True

    def prepare(self):
        self.before = self.person.emergency()

    def words(self):
        return ['code', 'emergency', self.person.name, '--file', '-', '--yes']

    def check(self, r):
        codes = codes_of(r.stdout)
        old = granted(self.person.name, self.before)
        new = bool(codes) and granted(self.person.name, codes[0])
        if r.returncode == 0:
            need(new, 'done, and its code does not open')
            need(not old, 'done, and the code before opens')
        else:
            need(old or new or LOST.search(r.stderr), 'neither opens, and nobody was told: ' + r.stderr)
            need(granted(self.person.name, codes_of(self.again().stdout)[0]), 'done again, and does not open')
        need(self.person.opens_soon(), 'the token no longer opens')


class Accept(Act):
    """Somebody used a code under a clock two hours ahead. Alone: it visits everybody."""
    whole = True
    alone = True

    def prepare(self):
        ahead = NOW + 7200
        need(granted(self.person.name, totp(self.person.secret, ahead), ahead), 'no login two hours ahead')
        need(tool('clock').returncode != 0, 'a clock that is behind was not noticed')

    def words(self):
        return ['clock', 'accept', '--yes']

    def check(self, r):
        if r.returncode != 0:
            self.again()
        now = tool('clock')
        need(now.returncode == 0, 'accepted, and the clock is behind: ' + now.stderr)
        # with a configuration that cannot be read the widest window there is was given up
        widest = (420,) if '/etc/sekisho' in r.stderr else ()
        need(self.person.opens_soon((90, 210) + widest), 'accepted, and no code opens: ' + r.stderr)


class Suspend(Act):
    whom = property(lambda self: [self.person.name])

    def words(self):
        return ['suspend', *self.whom, '--yes']

    def check(self, r):
        open_now = granted(self.person.name, totp(self.person.secret))
        need(r.returncode != 0 or not open_now, 'done, and still opens')
        if r.returncode != 0:
            self.again()
            need(not granted(self.person.name, totp(self.person.secret)), 'done again, and still opens')
        must(tool('resume', *self.whom, '--yes'))
        need(self.person.opens_soon(), 'resumed, and no code opens')


class SuspendAll(Suspend):
    whom = ['--all']


class Resume(Suspend):
    def prepare(self):
        must(tool('suspend', *self.whom, '--yes'))

    def words(self):
        return ['resume', *self.whom, '--yes']

    def check(self, r):
        if r.returncode != 0:
            self.again()
        need(self.person.opens_soon(), 'done, and no code opens')


class ResumeAll(Resume):
    whom = ['--all']


class Unlock(Act):
    def prepare(self):
        login(self.person.name, [wrong(self.person.secret)] * 3)
        login(self.person.name, [wrong(self.person.secret)] * 3)
        need(not granted(self.person.name, totp(self.person.secret)), 'five guesses do not lock')

    def words(self):
        return ['unlock', self.person.name]

    def check(self, r):
        if r.returncode != 0:
            self.again()
        need(self.person.opens_soon(), 'done, and no code opens')


class Resync(Act):
    """A counter that is far ahead."""
    kind = 'hotp'

    def __init__(self, person):
        super().__init__(person)
        self.answers = [hotp(person.secret, 500), hotp(person.secret, 501)]

    def words(self):
        return ['resync', self.person.name]

    def check(self, r):
        done = granted(self.person.name, hotp(self.person.secret, 502))
        need(r.returncode != 0 or done, 'done, and the next code does not open')
        if done:
            need(not granted(self.person.name, self.answers[1]), 'a code that was typed opens')
        need(done or self.person.opens_soon(), 'no code opens')


TOOLS = {'enroll': Enroll, 'enroll-more': EnrollMore, 'replace': Replace, 'revoke': Revoke,
         'revoke-one': RevokeOne, 'recovery': Recovery, 'temporary': Temporary, 'emergency': Emergency,
         'accept': Accept, 'suspend': Suspend, 'suspend-all': SuspendAll, 'resume': Resume,
         'resume-all': ResumeAll, 'unlock': Unlock, 'resync': Resync}
CHANGES = {'pwrite64', 'write', 'fsync', 'fdatasync', 'linkat', 'renameat', 'renameat2', 'unlinkat',
           'fchmod', 'ftruncate', 'flock', 'getrandom', 'syncfs', 'openat'}


def unknown_person():
    """An account that has no record."""
    p = Person(take_numbers(1))
    must(subprocess.run([POPULATE, '--first', str(p.n), '--count', '1', '--only-passwd',
                         '--passwd', '/etc/passwd'], capture_output=True, text=True))
    return p


def run_act(act, **how):
    if act.answers is not None:
        return tool_at_terminal(act.answers, *act.words(), **how)
    return tool(*act.words(), **how)


def forget_everybody():
    for place in ('records', 'states'):
        for entry in os.scandir(STORE + '/' + place):
            os.unlink(entry.path)


def tool_plan(mode, probe):
    if mode == 'toolalloc':
        alloc = Alloc('probe')
        must(run_act(probe, preload=(FAILALLOC,), more=alloc.environment(0)))
        total = alloc.values()[0]
        return list(range(1, total + 1, 1 if LONG else max(1, total // 24)))
    must(run_act(probe, before=['strace', '-qq', '-o', RUN + '/trace']))
    every = points(RUN + '/trace', r'"header"|"emergency"')  # opened: here the store's part begins
    some = [p for p in every if p.late and (LONG or p.call in CHANGES)]
    some += [p for p in every if p not in some][::1 if LONG else 24]
    if not LONG and not probe.whole:
        some = some[::2]
    return ['%s:error=%s:when=%d' % (p.call, e, p.when) for p in some
            for e in ERRORS.get(p.call, ['ENOMEM'])[:3 if LONG else 1]]


def run_tool(mode, kind):
    cls = TOOLS[kind]
    alone = getattr(cls, 'alone', False)

    def fresh():
        if alone:
            forget_everybody()
        return cls(newcomers(cls.kind, 1, cls.tokens)[0] if cls.known else unknown_person())

    probe = fresh()
    probe.prepare()
    plan = tool_plan(mode, probe)
    reached = Reached()

    def one(i):
        trace = '%s/trace-%d' % (RUN, i)
        try:
            act = fresh()
            act.prepare()
            if mode == 'toolalloc':
                alloc = Alloc('tool')
                r = run_act(act, preload=(FAILALLOC,), more=alloc.environment(plan[i]))
                reached.note(plan[i], alloc.values()[1] != 0)
            else:
                r = run_act(act, before=['strace', '-qq', '-o', trace, '-e', 'trace=' + plan[i].split(':')[0],
                                         '-e', 'inject=' + plan[i]])
                reached.note(plan[i], '(INJECTED)' in open(trace, errors='replace').read())
            listed = tool('list', act.person.name)
            need(listed.returncode == 0 or 'S-21' in listed.stderr or 'S-26' in listed.stderr,
                 'cannot be listed: ' + listed.stderr)
            act.check(r)
        except Broken as b:
            return '%s: %s' % (plan[i], b)
        except subprocess.TimeoutExpired:
            return '%s: hung' % plan[i]
        finally:
            if os.path.exists(trace):
                os.unlink(trace)
        return None

    return plan, reached, spread(one, len(plan), 1)


# ----------------------------------------------------------------

MODES = {'kill': run_helper, 'fail': run_helper, 'alloc': run_helper, 'module': run_module,
         'modalloc': run_module, 'tool': run_tool, 'toolalloc': run_tool}


def main(mode, *kinds):
    os.makedirs(RUN + '/pam', exist_ok=True)
    with open(RUN + '/pam/proof', 'w') as f:
        f.write('auth required %s\n' % MODULE)
    script('tracer', 'exec strace -qq -o "$TRACE" %s "$@"' % HELPER)
    script('injected', 'exec strace -qq -y -o "$TRACE" -e trace=$CALL -e inject="$INJECT" %s "$@"' % HELPER)
    good = True
    for kind in kinds:
        try:
            plan, reached, results = MODES[mode](mode, kind)
        except Broken as b:
            print('%s %s: %s' % (mode, kind, b))
            good = False
            continue
        broken = [r for r in results if r is not None]
        for r in broken[:10]:
            print('%s %s: %s' % (mode, kind, r))
        print('%s %s: %d faults, %d of them happened, %d broken' % (mode, kind, len(plan), reached.yes, len(broken)))
        if reached.not_these:
            print('%s %s: did not happen: %s' % (mode, kind, ' '.join(reached.not_these[:20])))
        # a plan whose faults do not happen proves nothing
        good = good and not broken and reached.yes >= len(plan) * 9 // 10 and len(plan) >= 10
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
