#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Records what one command writes and syncs, builds every state a power cut may leave of it, and
asks the real helper and the real tool about each. Runs inside tests/ns, on the file system that
is mounted at the store's place (powercut.sh).

replay.py [--states N] SCENARIO...     prints one line for each; exit 1 when a claim is broken

What a cut may leave: all that was synced (file contents by fsync, fdatasync; names by fsync of
their directory; all by syncfs), and of the rest any part: every subset of up to 8 pending
operations; of more, the prefixes, single ones and all but one. Each pending write also torn at
512 bytes."""
import base64, hashlib, itertools, os, random, re, shutil, sys
from world import *
import world

RUN = '/run/test/replay'
SECTOR = 512
CALLS = ('openat,open,creat,close,write,pwrite64,writev,pwritev,pwritev2,ftruncate,fchmod,fsync,'
         'fdatasync,syncfs,sync,linkat,renameat,renameat2,rename,unlinkat,unlink,mkdir,mkdirat,'
         'sendmsg,exit_group')


def strace():
    return ['strace', '-qq', '-y', '-xx', '-s', '1000000', '-e', 'trace=' + CALLS, '-o', RUN + '/trace']


def login(user, codes, at=NOW, traced=False):
    return world.login(user, codes, at, RUN + '/traced' if traced else HELPER)


def tool(*words, at=NOW, traced=False):
    return world.tool(*words, at=at, before=strace() if traced else ())


def secret(name):
    return hashlib.sha256(b'replay ' + name.encode()).digest()[:20]


def secret_file(name):
    path = RUN + '/secret-' + name
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as f:
        f.write(base64.b32encode(secret(name)).decode() + '\n')
    return path


def totp(name, at=NOW):
    return world.totp(secret(name), at)


def wrong(name):
    return world.wrong(secret(name))


def at_terminal(answers, *words, traced=False):
    return world.tool_at_terminal(answers, *words, before=strace() if traced else ())


def enroll(user, name, *words, at=NOW, traced=False):
    return tool('enroll', user, 'totp', '--secret-file', secret_file(name), '--no-confirm', *words,
                at=at, traced=traced)


# ---------------------------------------------------------------- what was recorded

class Disk:
    """Files below STORE and ETC: names to inodes to contents."""
    def __init__(self):
        self.names, self.data, self.mode, self.dirs = {}, {}, {}, {}

    def copy(self):
        d = Disk()
        d.names, d.data = dict(self.names), dict(self.data)
        d.mode, d.dirs = dict(self.mode), dict(self.dirs)
        return d

    @staticmethod
    def read(with_decoys):
        d = Disk()
        for top in (STORE, ETC):
            for where, dirs, files in os.walk(top):
                d.dirs[where] = os.stat(where).st_mode & 0o7777
                if where.endswith('/decoys') and not with_decoys:
                    del d.dirs[where]
                    continue
                for f in files:
                    path = where + '/' + f
                    d.names[path] = path
                    d.data[path] = open(path, 'rb').read()
                    d.mode[path] = os.stat(path).st_mode & 0o7777
        return d

    def apply(self, op, keep=None):
        """keep: a function that tears a write."""
        kind = op[0]
        if kind == 'make':
            self.data[op[1]], self.mode[op[1]] = b'', op[2]
        elif kind == 'write' and op[1] in self.data:
            old, new = self.data[op[1]], op[3]
            if len(old) < op[2]:
                old += bytes(op[2] - len(old))
            if keep is None:
                self.data[op[1]] = old[:op[2]] + new + old[op[2] + len(new):]
            else:
                self.data[op[1]] = keep(old, op[2], new)
        elif kind == 'size' and op[1] in self.data:
            self.data[op[1]] = self.data[op[1]][:op[2]].ljust(op[2], b'\0')
        elif kind == 'mode' and op[1] in self.data:
            self.mode[op[1]] = op[2]
        elif kind == 'name' and op[2] in self.data:
            self.names[op[1]] = op[2]
        elif kind == 'rename':
            if self.names.get(op[1]) == op[3]:
                del self.names[op[1]]
            # the new name may be there without the old one ever having been
            if op[3] in self.data:
                self.names[op[2]] = op[3]
        elif kind == 'unlink':
            self.names.pop(op[1], None)
        elif kind == 'mkdir':
            self.dirs[op[1]] = op[2]

    def key(self):
        return hash((frozenset((path, self.mode.get(ino), self.data.get(ino))
                               for path, ino in self.names.items()), frozenset(self.dirs.items())))

    def write(self, with_decoys):
        """Onto the mounted file system, in place of what is there."""
        for top in (STORE, ETC):
            for entry in os.scandir(top):
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != 'decoys' or with_decoys:
                        shutil.rmtree(entry.path)
                else:
                    os.unlink(entry.path)
        for path in sorted(self.dirs):
            os.makedirs(path, exist_ok=True)
            os.chmod(path, self.dirs[path])
        for path, ino in self.names.items():
            if not os.path.isdir(os.path.dirname(path)):
                continue
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'wb') as f:
                f.write(self.data[ino])
            os.chmod(path, self.mode[ino])


def unhex(text):
    return bytes.fromhex(text.replace('\\x', ''))


class Recording:
    """Events in order: operations on the disk, syncs, and what was told."""
    def __init__(self, base, trace):
        self.events = []
        self.live = base.copy()
        self.fds, self.made = {}, 0
        for line in open(trace, encoding='ascii'):
            self.take(line)

    def ours(self, path):
        return path is not None and (path == STORE or path == ETC or
                                     path.startswith(STORE + '/') or path.startswith(ETC + '/'))

    def add(self, *op):
        self.events.append(op)
        self.live.apply(op)

    def take(self, line):
        m = re.match(r'(\w+)\((.*)\)\s+= (\?|-?\d+)(?:<([^>]*)>)?', line)
        if not m or m[3].startswith('-'):
            return
        call, rest, result = m[1], m[2], m[3]
        strings = [unhex(s) for s in re.findall(r'"((?:\\x[0-9a-f]{2})*)"', rest)]
        places = [unhex(s).decode('utf-8', 'replace') for s in re.findall(r'<((?:\\x[0-9a-f]{2})*)>', rest)]
        fd = int(rest.split('<')[0]) if re.match(r'\d+<', rest) else None
        handler = getattr(self, 'on_' + call, None)
        if handler:
            handler(rest, strings, places, fd, result, m[4])

    def on_openat(self, rest, strings, places, fd, result, opened):
        path = unhex(opened).decode('utf-8', 'replace')
        if not self.ours(path):
            self.fds.pop(int(result), None)
            return
        ino = self.live.names.get(path, path)
        if 'O_TMPFILE' in rest or ('O_CREAT' in rest and path not in self.live.names):
            self.made += 1
            ino = '#%d' % self.made
            mode = int(re.search(r', (0\d+)$', rest)[1], 8)
            self.add('make', ino, mode)
            if 'O_TMPFILE' not in rest:
                self.add('name', path, ino)
        if 'O_TRUNC' in rest:
            self.add('size', ino, 0)
        self.fds[int(result)] = [ino, 0]

    on_open = on_openat

    def on_close(self, rest, strings, places, fd, result, opened):
        self.fds.pop(fd, None)

    def on_write(self, rest, strings, places, fd, result, opened):
        if fd in self.fds:
            self.add('write', self.fds[fd][0], self.fds[fd][1], strings[0][:int(result)])
            self.fds[fd][1] += int(result)
        elif fd == 1:
            self.events.append(('told', 'output'))

    def on_pwrite64(self, rest, strings, places, fd, result, opened):
        if fd in self.fds:
            at = int(re.search(r', (\d+)$', rest)[1])
            self.add('write', self.fds[fd][0], at, strings[0][:int(result)])

    def unexpected(self, rest, *more):
        sys.exit('replay.py: a call it cannot replay: ' + rest[:200])

    def on_pwritev(self, rest, strings, places, fd, result, opened):
        if fd in self.fds:
            self.unexpected(rest)

    on_writev = on_pwritev2 = on_pwritev

    def on_ftruncate(self, rest, strings, places, fd, result, opened):
        if fd in self.fds:
            self.add('size', self.fds[fd][0], int(rest.rsplit(',', 1)[1]))

    def on_fchmod(self, rest, strings, places, fd, result, opened):
        if fd in self.fds:
            self.add('mode', self.fds[fd][0], int(rest.rsplit(',', 1)[1], 8))

    def on_fsync(self, rest, strings, places, fd, result, opened):
        if fd in self.fds:
            self.events.append(('sync', self.fds[fd][0]))

    on_fdatasync = on_fsync

    def on_syncfs(self, rest, strings, places, fd, result, opened):
        self.events.append(('syncall',))

    on_sync = on_syncfs

    def on_linkat(self, rest, strings, places, fd, result, opened):
        new = places[-1] + '/' + strings[1].decode()
        if self.ours(new):
            ino = self.fds[int(strings[0].decode().rsplit('/', 1)[1])][0]
            self.add('name', new, ino)

    def on_renameat(self, rest, strings, places, fd, result, opened):
        old, new = places[0] + '/' + strings[0].decode(), places[-1] + '/' + strings[1].decode()
        if self.ours(new):
            self.add('rename', old, new, self.live.names[old])

    on_renameat2 = on_renameat

    def on_rename(self, rest, strings, places, fd, result, opened):
        if self.ours(strings[1].decode()):
            self.unexpected(rest)

    def on_unlink(self, rest, strings, places, fd, result, opened):
        if self.ours(strings[0].decode()):
            self.add('unlink', strings[0].decode())

    def on_unlinkat(self, rest, strings, places, fd, result, opened):
        path = places[0] + '/' + strings[0].decode()
        if self.ours(path):
            self.add('unlink', path)

    def on_mkdir(self, rest, strings, places, fd, result, opened):
        if self.ours(strings[0].decode()):
            self.add('mkdir', strings[0].decode(), int(rest.rsplit(',', 1)[1], 8))

    def on_mkdirat(self, rest, strings, places, fd, result, opened):
        path = places[0] + '/' + strings[0].decode()
        if self.ours(path):
            self.add('mkdir', path, int(rest.rsplit(',', 1)[1], 8))

    def on_sendmsg(self, rest, strings, places, fd, result, opened):
        m = strings[0] if strings else b''
        if fd != 0 or len(m) < 28:
            return
        if m[3] == 6:
            self.events.append(('told', 'verdict', int.from_bytes(m[24:26], 'big')))
        if m[3] == 3 and m[26:28] != b'\0\0':
            self.events.append(('told', 'asked', int.from_bytes(m[26:28], 'big')))

    def on_exit_group(self, rest, strings, places, fd, result, opened):
        self.events.append(('told', 'exit', int(rest)))


# ---------------------------------------------------------------- what a cut may leave

OPERATIONS = ('make', 'write', 'size', 'mode', 'name', 'rename', 'unlink', 'mkdir')


def durable_from(events):
    """For each operation the number of events after which it is durable for sure."""
    since, by_file, by_name, every = {}, {}, {}, []

    def settle(waiting, i):
        for n in waiting:
            since.setdefault(n, i + 1)
        waiting.clear()

    for i, e in enumerate(events):
        if e[0] == 'make':
            since[i] = 0  # without a name it is nothing, and the name comes apart
        elif e[0] in OPERATIONS:
            every.append(i)
            if e[0] in ('write', 'size', 'mode'):
                by_file.setdefault(e[1], []).append(i)
            else:
                by_name.setdefault(os.path.dirname(e[2] if e[0] == 'rename' else e[1]), []).append(i)
        elif e[0] == 'sync':
            settle(by_file.get(e[1], []), i)
            settle(by_name.get(e[1], []), i)
        elif e[0] == 'syncall':
            settle(every, i)
    return since


def subsets(pending, many, rng):
    """Of the operations that are not durable yet: those that were all the same."""
    n = len(pending)
    if n <= 8:
        for size in range(n + 1):
            yield from (set(c) for c in itertools.combinations(pending, size))
        return
    plans = [('first', i) for i in range(n + 1)] + [(k, i) for k in ('one', 'but') for i in range(n)]
    for kind, i in rng.sample(plans, min(len(plans), many)):
        yield set(pending[:i]) if kind == 'first' else \
            {pending[i]} if kind == 'one' else set(pending) - {pending[i]}


def tears(length):
    """Functions that let only a part of a write reach the disk, whole sectors."""
    sectors = (length + SECTOR - 1) // SECTOR
    firsts = sorted({1, sectors // 2, sectors - 1} - {0, sectors})
    def head(n):
        return lambda old, at, new: (old[:at] + new[:n * SECTOR] +
                                     old[at + n * SECTOR:])
    def tail(n):
        cut = (sectors - n) * SECTOR
        return lambda old, at, new: (old[:at] + old[at:at + cut].ljust(cut, b'\0') + new[cut:] +
                                     old[at + len(new):])
    for n in firsts:
        yield head(n)
        yield tail(n)


def states(base, events, limit):
    """(disk, what was told by then), each different disk once, with the most that was told."""
    found = {}
    since = durable_from(events)
    cuts = list(range(len(events) + 1))
    rng = random.Random(1)
    per_cut = 60
    if len(cuts) > 400:  # init: a thousand decoys in a row are one as the other
        cuts, per_cut = sorted(set(cuts[:20] + cuts[-20:] + rng.sample(cuts, 15))), 3
    for cut in cuts:
        told = [e[1:] for e in events[:cut] if e[0] == 'told']
        ops = [i for i in range(cut) if events[i][0] in OPERATIONS]
        pending = [i for i in ops if since.get(i, cut + 1) > cut]
        missing = set(pending)
        for subset in subsets(pending, per_cut, rng):
            parts = [(None, None)]
            if len(pending) <= 8:
                parts += [(i, t) for i in subset if events[i][0] == 'write' for t in tears(len(events[i][3]))]
            for torn, tear in parts:
                disk = base.copy()
                for i in ops:
                    if i not in missing or i in subset:
                        disk.apply(events[i], tear if i == torn else None)
                found[disk.key()] = (disk, told)
    result = list(found.values())
    if len(result) > limit:
        result = result[:10] + result[-10:] + rng.sample(result[10:-10], max(0, limit - 20))
    return result


# ---------------------------------------------------------------- scenarios

def opens_soon(user, name):
    """Nobody is locked out: the next code opens, or, when a torn write cost that one, the next
    but one; or one of seven minutes on, where the tool found it torn and gave up more."""
    for later in (90, 210, 420):
        if granted(user, totp(name, NOW + later), NOW + later):
            return True
    return False


class Scenario:
    decoys = False

    def before(self):
        must(tool('init', '--yes'))
        must(enroll('alice', 'old'))

    def told(self, told, *what):
        return any(t[:len(what)] == what for t in told)


class Granted(Scenario):
    """A login with the right code."""
    def run(self):
        r = login('alice', [totp('old')], traced=True)
        need(r[:2] == ['verdict', '1'], 'the recorded login was refused: %s' % r)

    def check(self, told):
        used = 1 if self.told(told, 'verdict', 1) else 0
        for _ in range(2):
            used += granted('alice', totp('old'))
        need(used <= 1, 'its code opened %d times' % used)
        need(opens_soon('alice', 'old'), 'no later code opens')


class Denied(Scenario):
    """Two wrong codes, told each time; then it is counted how many are left."""
    def run(self):
        r = login('alice', [wrong('old')] * 2, traced=True)
        need(r[:2] == ['asked', '1'], 'the recorded answers were not refused: %s' % r)

    def check(self, told):
        count = len([t for t in told if t[0] == 'asked'])
        # of the five free ones the last is answered by the lock
        left = 0
        while left < 8 and login('alice', [wrong('old')])[:2] != ['verdict', '3']:
            left += 1
        need(count + left <= 4, 'told of %d wrong guesses, %d more were judged' % (count, left))
        must(tool('unlock', 'alice'))
        need(opens_soon('alice', 'old'), 'no later code opens')


class Enroll(Scenario):
    """A first token."""
    def run(self):
        must(enroll('bob', 'new', traced=True))

    def check(self, told):
        need(opens_soon('alice', 'old'), 'alice is locked out')
        if self.told(told, 'output') or self.told(told, 'exit', 0):
            need(opens_soon('bob', 'new'), 'told that he is enrolled, and no code opens')
        elif not granted('bob', totp('new')):
            must(tool('list'))
            r = enroll('bob', 'new')
            need(r.returncode == 0, 'cannot be enrolled again: ' + r.stderr)
            need(opens_soon('bob', 'new'), 'enrolled again, and no code opens')


class EnrollMore(Scenario):
    """A second token."""
    def run(self):
        must(enroll('alice', 'new', '--label', 'new', traced=True))

    def check(self, told):
        first = opens_soon('alice', 'old')
        if self.told(told, 'output') or self.told(told, 'exit', 0):
            need(opens_soon('alice', 'new'), 'told that it is enrolled, and no code opens')
        need(first, 'the token before no longer opens')
        must(tool('list', 'alice'))
        r = enroll('alice', 'third', '--label', 'third')
        need(r.returncode == 0, 'cannot enrol after it: ' + r.stderr)


class Replace(Scenario):
    """A token in place of another: one of them opens."""
    def run(self):
        must(enroll('alice', 'new', '--replace', 'totp', traced=True))

    def check(self, told):
        if self.told(told, 'output') or self.told(told, 'exit', 0):
            need(not granted('alice', totp('old')), 'replaced, and still opens')
            need(opens_soon('alice', 'new'), 'told that it is enrolled, and no code opens')
        elif not opens_soon('alice', 'new'):
            # of the free guesses there may be none left
            must(tool('unlock', 'alice'))
            need(opens_soon('alice', 'old'), 'neither opens')


class Revoke(Scenario):
    """The last token, and with it codes on paper, one of each kind used."""
    def before(self):
        super().before()
        self.spent = [sheet(tool('code', 'recovery', 'alice', '--file', '-', '--yes'))[0],
                      sheet(tool('code', 'temporary', 'alice', '--valid', '1d', '--reason', 'x',
                                 '--file', '-', '--yes'))[0]]
        need(all(granted('alice', code) for code in self.spent), 'the codes on paper do not open')

    def run(self):
        must(tool('revoke', 'alice', '--yes', traced=True))

    def check(self, told):
        must(tool('list'))
        for code in self.spent:
            need(not granted('alice', code), 'a spent code on paper opens again')
        # of the free guesses there may be none left
        must(tool('unlock', 'alice'))
        if self.told(told, 'output') or self.told(told, 'exit', 0):
            need(not granted('alice', totp('old')), 'revoked, and still opens')
            return
        granted('alice', totp('old'))
        r = tool('revoke', 'alice', '--yes')
        need(r.returncode == 0 or 'S-26' in r.stderr, 'cannot be revoked again: ' + r.stderr)
        need(not opens_soon('alice', 'old'), 'revoked again, and still opens')


class Counter(Scenario):
    """A login with an HOTP code."""
    def before(self):
        must(tool('init', '--yes'))
        must(tool('enroll', 'alice', 'hotp', '--secret-file', secret_file('count'),
                  '--counter', '0', '--no-confirm'))

    def run(self):
        r = login('alice', [hotp(secret('count'), 0)], traced=True)
        need(is_granted(r), 'the recorded login was refused: %s' % r)

    def check(self, told):
        used = 1 if self.told(told, 'verdict', 1) else 0
        for _ in range(2):
            used += granted('alice', hotp(secret('count'), 0))
        need(used <= 1, 'its code opened %d times' % used)
        # a torn write costs the look-ahead
        need(any(granted('alice', hotp(secret('count'), n)) for n in (1, 13)), 'no later code opens')


def sheet(result):
    """The codes that were shown."""
    codes = codes_of(must(result).stdout)
    need(codes, 'no code was shown')
    return codes


class Paper(Scenario):
    """A login with a recovery code."""
    def before(self):
        super().before()
        self.codes = sheet(tool('code', 'recovery', 'alice', '--file', '-', '--yes'))

    def run(self):
        r = login('alice', [self.codes[0]], traced=True)
        need(is_granted(r), 'the recorded login was refused: %s' % r)

    def check(self, told):
        used = 1 if self.told(told, 'verdict', 1) else 0
        for _ in range(2):
            used += granted('alice', self.codes[0])
        need(used <= 1, 'its code opened %d times' % used)
        # a torn write holds them, and guesses were counted
        must(tool('unlock', 'alice'))
        need(not (used and granted('alice', self.codes[0])), 'its code opens after an unlock')
        need(granted('alice', self.codes[1]), 'the next one does not open')
        need(opens_soon('alice', 'old'), 'no later code opens')


class Slip(Scenario):
    """A login with a temporary code of two uses."""
    def before(self):
        super().before()
        self.code = sheet(tool('code', 'temporary', 'alice', '--valid', '1d', '--uses', '2',
                               '--reason', 'x', '--file', '-'))[0]

    def run(self):
        r = login('alice', [self.code], traced=True)
        need(is_granted(r), 'the recorded login was refused: %s' % r)

    def check(self, told):
        used = 1 if self.told(told, 'verdict', 1) else 0
        for _ in range(3):
            used += granted('alice', self.code)
        must(tool('unlock', 'alice'))
        for _ in range(2):
            used += granted('alice', self.code)
        # what a lost write may have used is used
        need(used <= 2, 'a code of two uses opened %d times' % used)
        need(opens_soon('alice', 'old'), 'no later code opens')


class NewSlip(Scenario):
    """A temporary code, beside recovery codes one of which is spent."""
    def before(self):
        super().before()
        self.codes = sheet(tool('code', 'recovery', 'alice', '--file', '-', '--yes'))
        need(granted('alice', self.codes[0]), 'a recovery code does not open')

    def run(self):
        self.new = sheet(tool('code', 'temporary', 'alice', '--valid', '1d', '--reason', 'x',
                              '--file', '-', traced=True))[0]

    def check(self, told):
        must(tool('unlock', 'alice'))
        count = sum(granted('alice', self.new) for _ in range(2))
        need(count <= 1, 'it opened twice')
        if self.told(told, 'output') or self.told(told, 'exit', 0):
            need(count == 1, 'shown, and does not open')
        need(not granted('alice', self.codes[0]), 'a spent recovery code opens')
        need(granted('alice', self.codes[1]), 'a recovery code no longer opens')
        need(opens_soon('alice', 'old'), 'the token no longer opens')


class NewPaper(Paper):
    """New recovery codes: the old ones or the new ones open, never none."""
    def run(self):
        self.new = sheet(tool('code', 'recovery', 'alice', '--file', '-', '--yes', traced=True))

    def check(self, told):
        if self.told(told, 'output') or self.told(told, 'exit', 0):
            need(granted('alice', self.new[0]), 'shown, and do not open')
            need(not granted('alice', self.codes[0]), 'the old ones open, too')
        else:
            must(tool('unlock', 'alice'))
            need(granted('alice', self.codes[0]) or granted('alice', self.new[0]),
                 'neither the old nor the new ones open')
        need(opens_soon('alice', 'old'), 'the token no longer opens')


class Envelope(Scenario):
    """A login with the emergency code."""
    def before(self):
        super().before()
        self.codes = sheet(tool('code', 'emergency', 'alice', '--file', '-', '--yes'))

    def run(self):
        r = login('alice', [self.codes[0]], traced=True)
        need(is_granted(r), 'the recorded login was refused: %s' % r)

    def check(self, told):
        used = 1 if self.told(told, 'verdict', 1) else 0
        for _ in range(2):
            used += granted('alice', self.codes[0])
        need(used <= 1, 'its code opened %d times' % used)
        need(opens_soon('alice', 'old'), 'no later code opens')


class NewEnvelope(Envelope):
    """A new emergency code: the old one or the new one opens, never none."""
    def run(self):
        self.new = sheet(tool('code', 'emergency', 'alice', '--file', '-', '--yes', traced=True))

    def check(self, told):
        if self.told(told, 'output') or self.told(told, 'exit', 0):
            need(not granted('alice', self.codes[0]), 'the old one opens, too')
            need(granted('alice', self.new[0]), 'shown, and does not open')
        else:
            need(granted('alice', self.codes[0]) or granted('alice', self.new[0]), 'neither opens')


class Accept(Scenario):
    """The clock was a month ahead, is right again, and is accepted."""
    def before(self):
        super().before()
        ahead = NOW + 30 * 86400
        need(granted('alice', totp('old', ahead), ahead), 'no login in the future')
        need(not opens_soon('alice', 'old'), 'a clock that is behind was not noticed')

    def run(self):
        must(tool('clock', 'accept', '--yes', traced=True))

    def check(self, told):
        if not self.told(told, 'exit', 0):
            must(tool('clock', 'accept', '--yes'))
        need(opens_soon('alice', 'old'), 'accepted, and no code opens')


class Suspend(Scenario):
    """Everybody."""
    def run(self):
        must(tool('suspend', '--all', '--yes', traced=True))

    def check(self, told):
        open_now = granted('alice', totp('old'))
        need(not (self.told(told, 'exit', 0) and open_now), 'suspended, and still opens')
        tool('resume', '--all', '--yes')
        need(opens_soon('alice', 'old'), 'resumed, and no code opens')


class SuspendOne(Scenario):
    """A person."""
    def run(self):
        must(tool('suspend', 'alice', traced=True))

    def check(self, told):
        open_now = granted('alice', totp('old'))
        need(not (self.told(told, 'exit', 0) and open_now), 'suspended, and still opens')
        must(tool('resume', 'alice'))
        need(opens_soon('alice', 'old'), 'resumed, and no code opens')


class Resume(Scenario):
    def before(self):
        super().before()
        must(tool('suspend', 'alice'))

    def run(self):
        must(tool('resume', 'alice', traced=True))

    def check(self, told):
        if not self.told(told, 'exit', 0):
            must(tool('resume', 'alice'))
        need(opens_soon('alice', 'old'), 'resumed, and no code opens')


class Unlock(Scenario):
    """After five guesses."""
    def before(self):
        super().before()
        for _ in range(2):
            login('alice', [wrong('old')] * 3)
        need(not granted('alice', totp('old')), 'five guesses do not lock')

    def run(self):
        must(tool('unlock', 'alice', traced=True))

    def check(self, told):
        if self.told(told, 'exit', 0):
            need(granted('alice', totp('old')), 'unlocked, and does not open')
        else:
            must(tool('unlock', 'alice'))
        need(opens_soon('alice', 'old'), 'unlocked, and no code opens')


class Resync(Counter):
    """A counter that is 500 ahead."""
    def run(self):
        must(at_terminal([hotp(secret('count'), 500), hotp(secret('count'), 501)], 'resync', 'alice',
                         traced=True))

    def check(self, told):
        later = [n for n in (502, 513) if granted('alice', hotp(secret('count'), n))]
        need(later or not self.told(told, 'exit', 0), 'told that it was found, and no later code opens')
        if later:
            need(not granted('alice', hotp(secret('count'), 501)), 'a code that was typed opens')
        else:
            need(any(granted('alice', hotp(secret('count'), n)) for n in (0, 11)), 'no code opens')


class Init(Scenario):
    decoys = True

    def before(self):
        pass

    def run(self):
        must(tool('init', '--yes', traced=True))

    def check(self, told):
        r = tool('init', '--yes')
        if self.told(told, 'output') or self.told(told, 'exit', 0):
            need('S-11' in r.stderr, 'told that it is there, and it is not: ' + r.stderr)
        need(r.returncode == 0 or 'S-11' in r.stderr, 'cannot be made again: ' + r.stderr)
        r = enroll('bob', 'new')
        need(r.returncode == 0, 'nobody can be enrolled: ' + r.stderr)
        need(granted('bob', totp('new')), 'no code opens')


scenarios = {'granted': Granted, 'denied': Denied, 'enroll': Enroll, 'enroll-more': EnrollMore,
             'replace': Replace, 'revoke': Revoke, 'init': Init, 'hotp': Counter, 'recovery': Paper,
             'code-recovery': NewPaper, 'emergency': Envelope, 'code-emergency': NewEnvelope,
             'clock-accept': Accept, 'suspend-all': Suspend,
             'temporary': Slip, 'code-temporary': NewSlip, 'suspend': SuspendOne, 'resume': Resume,
             'unlock': Unlock, 'resync': Resync}


def empty():
    for top in (STORE, ETC):
        for entry in os.scandir(top):
            shutil.rmtree(entry.path) if entry.is_dir() else os.unlink(entry.path)


def play(name, limit):
    s = scenarios[name]()
    empty()
    try:
        s.before()
        base = Disk.read(s.decoys)
        s.run()
    except Broken as b:
        print('%s: %s' % (name, b))
        return False
    events = Recording(base, RUN + '/trace').events
    operations = sum(e[0] in OPERATIONS for e in events)
    every = states(base, events, limit)
    broken = 0
    for disk, told in every:
        disk.write(s.decoys)
        try:
            s.check(told)
        except Broken as b:
            broken += 1
            print('%s: %s; told: %s; of the disk: %s' % (name, b, told,
                  sorted((p.replace(STORE, 'store'), len(disk.data[i])) for p, i in disk.names.items()
                         if '/decoys/' not in p)))
    print('%s: %d operations, %d syncs, %d states: %d broken' % (
        name, operations, sum(e[0].startswith('sync') for e in events), len(every), broken))
    # nothing to be cut, or a recording that saw nothing
    return broken == 0 and operations > 0 and len(every) > 2


def main(words):
    limit = 1000
    if words and words[0] == '--states':
        limit, words = int(words[1]), words[2:]
    os.makedirs(RUN, exist_ok=True)
    with open(os.open(RUN + '/traced', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o755), 'w') as f:
        f.write('#!/bin/sh\nexec %s %s "$@"\n' % (' '.join(strace()), HELPER))
    good = [play(name, limit) for name in words]
    return 0 if good and all(good) else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
