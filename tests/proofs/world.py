# SPDX-License-Identifier: BSD-2-Clause
"""The real programs as the proofs in Python call them, inside tests/ns. The clock stands still at
NOW for each of them unless told otherwise."""
import fcntl, hashlib, hmac, os, pty, re, select, struct, subprocess, sys, termios, time

STORE = os.environ['SEKISHO_LOCALSTATEDIR'] + '/lib/sekisho'
ETC = os.environ['SEKISHO_SYSCONFDIR'] + '/sekisho'
BUILD = os.environ['SEKISHO_BUILDDIR']
HELPER = os.environ['SEKISHO_HELPER']
MODULE = os.environ['SEKISHO_MODULE']
SEKISHO = os.environ['SEKISHO_SBINDIR'] + '/sekisho'
CLIENT = BUILD + '/tests/system/client'
POPULATE = BUILD + '/tests/proofs/populate'
PRELOAD = BUILD + '/tests/system/.libs/clockshift.so'
NOW = int(time.time()) // 30 * 30 + 5
LONG = os.environ.get('SEKISHO_LONG') == '1'


def environment(at=NOW, preload=()):
    return {'PATH': os.environ['PATH'], 'LC_ALL': 'C', 'CLOCKSET': str(at),
            'LD_PRELOAD': ':'.join([PRELOAD, *preload])}


def login(user, codes, at=NOW, helper=HELPER, more=None, preload=(), client=()):
    """The last reply, as words: asked REASON ..., verdict V reason R ..., gone ..."""
    e = environment(at, preload)
    e.update(more or {})
    try:
        out = subprocess.run([CLIENT, *client, '--start', helper, 'direct', user] + codes, env=e,
                             capture_output=True, text=True, timeout=100).stdout
    except subprocess.TimeoutExpired:
        return ['hung']
    return out.split() or ['nothing']


def is_granted(reply):
    return reply[:2] == ['verdict', '1']


def granted(user, code, at=NOW):
    return is_granted(login(user, [code], at))


def tool(*words, at=NOW, before=(), preload=(), more=None, secret=None):
    e = environment(at, preload)
    e.update(more or {})
    return subprocess.run([*before, SEKISHO, *words], env=e, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120)


def tool_at_terminal(answers, *words, at=NOW, before=(), preload=(), more=None):
    """As tool, with a terminal on which each question that ends in ": " gets the next answer."""
    e = environment(at, preload)
    e.update(more or {})
    ours, theirs = pty.openpty()
    args = [*before, SEKISHO, *words]
    p = subprocess.Popen(args, env=e, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                         preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(theirs)
    said, rest, end = '', list(answers), time.monotonic() + 120
    while time.monotonic() < end:
        if not select.select([ours], [], [], 1)[0]:
            continue
        try:
            got = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        said += got.decode('utf-8', 'replace')
        if rest and said.endswith(': '):
            os.write(ours, (rest.pop(0) + '\n').encode())
    os.close(ours)
    try:
        p.wait(max(1, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        p.kill()
        p.wait()
        raise
    return subprocess.CompletedProcess(args, p.returncode, said, said)


def must(result):
    if result.returncode != 0:
        sys.exit('%s: %s' % (result.args, result.stderr))
    return result


def hotp(secret, counter):
    digest = hmac.new(secret, struct.pack('>Q', counter), 'sha1').digest()
    at = digest[19] & 15
    return '%06d' % ((struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 1000000)


def totp(secret, at=NOW):
    return hotp(secret, at // 30)


def wrong(secret):
    near = {totp(secret, NOW + 30 * i) for i in range(-8, 20)} | {hotp(secret, n) for n in range(120)}
    return next(c for c in (d * 6 for d in '0123456789') if c not in near)


def codes_of(text):
    """The codes on paper that a sheet shows."""
    return re.findall(r'\b(?:[0-9A-Z]{4}-){3,4}[0-9A-Z]{4}\b', text)


class Broken(Exception):
    pass


def need(true, words):
    if not true:
        raise Broken(words)
