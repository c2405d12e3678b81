#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Breaks the code that decides about a login, one small change at a time, and sees whether the
unit tests notice: conditions turned, operators and constants swapped, statements and calls that
can fail dropped. A change that compiles to the same instructions is none.

scripts/mutate.py BUILD-DIRECTORY [--jobs N] [FILE...]

BUILD-DIRECTORY: a finished build with its unit tests. Prints the survivors and a table. Those in
scripts/mutate.accepted have a reason; where it is "same: ...", nothing that can happen tells the
two apart, and the change does not count. Exit 0: at least 90 % of the changes of every file were
noticed, and no survivor is without a reason."""
import concurrent.futures, os, re, subprocess, sys, tempfile

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TESTS = {
    'lib/login/authority.c': ['authority'],
    'lib/login/outcome.c': ['outcome', 'judge'],
    'lib/login/attempt.c': ['judge', 'judge_card', 'login'],
    'lib/login/judge.c': ['judge', 'login', 'login_card'],
    'lib/login/judge_card.c': ['judge_card', 'login_card'],
    'lib/login/login.c': ['login', 'login_card'],
    'lib/login/objection.c': ['objection', 'judge'],
    'lib/login/rescue.c': ['judge', 'login'],
    'lib/login/rules.c': ['judge', 'judge_card', 'login'],
    'lib/login/tick.c': ['tick'],
    'lib/store/floor.c': ['floor', 'judge'],
    'lib/store/lockout.c': ['lockout', 'judge'],
    'lib/store/slots.c': ['state', 'floor'],
    'lib/store/state.c': ['state', 'judge'],
    'pam_module/verdict.c': ['verdict'],
}
LEAST = 90
SECONDS = 120  # a change may make a test wait for ever

SWAPS = [
    (r'==', '!='), (r'!=', '=='), (r'<=', '<'), (r'>=', '>'), (r'(?<![<\-=>])<(?![<=])', '<='),
    (r'(?<![>\-=])>(?![>=])', '>='), (r'(?<![<\-=>])<(?![<=])', '>='), (r'(?<![>\-=])>(?![>=])', '<='),
    (r'&&', '||'), (r'\|\|', '&&'), (r'!(?=[a-z_(])', ''), (r'(?<=[\w)\]] )\+(?= )', '-'),
    (r'(?<=[\w)\]] )-(?= )', '+'), (r'\+\+', '--'), (r'\|=', '&='), (r'&=', '|='), (r'\+=', '-='),
    (r'\*=', '+='), (r'\btrue\b', 'false'), (r'\bfalse\b', 'true'), (r'(?<![\w.])0(?![\w.])', '1'),
    (r'(?<![\w.])1(?![\w.])', '0'), (r'(?<![\w.-])([2-9]|[1-9]\d+)(?![\w.])', lambda m: str(int(m[0]) + 1)),
    (r'\bOUTCOME_(?!ACCEPTED|COUNT)[A-Z_]+\b', 'OUTCOME_ACCEPTED'), (r'\bOUTCOME_ACCEPTED\b', 'OUTCOME_WRONG'),
    (r'\bVERDICT_(?!GRANTED|COUNT)[A-Z_]+\b', 'VERDICT_GRANTED'), (r'\bVERDICT_GRANTED\b', 'VERDICT_DENIED'),
    (r'\bLOCKOUT_NO_GUESS\b', 'LOCKOUT_GUESS'), (r'\bLOCKOUT_GUESS\b', 'LOCKOUT_NO_GUESS'),
    (r'\bLOCKOUT_(WAIT|SUSPENDED)\b', 'LOCKOUT_OPEN'), (r'\bFACTOR_(WRONG|USED|CLOCK|ERROR|MALFORMED)\b', 'FACTOR_ACCEPTED'),
    (r'\bAUTHORITY_REFUSED\b', 'AUTHORITY_GRANTED'), (r'\bAUTHORITY_GRANTED\b', 'AUTHORITY_REFUSED'),
    (r'\bRESCUE_NO\b', 'RESCUE_OPENED'), (r'\bPAM_(?!SUCCESS)[A-Z_]+\b', 'PAM_SUCCESS'),
    (r'\bSOURCE_(?!CONSOLE)[A-Z]+\b', 'SOURCE_CONSOLE'), (r'\bMSG_GRANT\b', '0'),
    (r'(?<=\[)\w+->source(?=\])', '0'), (r'(?<=buckets\[)(?!STATE_)[^\]]+(?=\])', '0'),
    # the call is not made, and whatever it was to refuse or to write is taken for done
    (r'(?<=\bif \()[^;]*\w\(.*\) (!=|<) 0(?=\)( \{)?$)', '0'),
]
# One entry of a table: two in a row change places.
ENTRY = re.compile(r'^(\s*\[\w+\] = )(.+?)(,?|\};)\s*$')
# What only tidies up or only tells: its absence is no question of who gets in.
NOT_DROPPED = re.compile(r'^\s*(wipe|memset|msg_clear|close|fd_close|keys_clear|person_close|explicit_bzero|secret_clear)\(|'
                         r'^\s*\(void\)(mlock|madvise)\(')


def code_only(text):
    """The same text with comments, strings and preprocessor lines blanked."""
    blank = lambda m: re.sub(r'[^\n]', ' ', m[0])
    text = re.sub(r'/\*.*?\*/', blank, text, flags=re.S)
    text = re.sub(r'"(\\.|[^"\\\n])*"', blank, text)
    text = re.sub(r"'(\\.|[^'\\\n])'", blank, text)
    return re.sub(r'^#.*?(?<!\\)$', blank, text, flags=re.M | re.S)


def mutants(path):
    """(line number, line before, line after)"""
    lines = open(path).read().split('\n')
    code = code_only('\n'.join(lines)).split('\n')
    depth = 0
    for n, (line, c) in enumerate(zip(lines, code)):
        inside = depth > 0
        depth += c.count('{') - c.count('}')
        if not c.strip():
            continue
        for pattern, new in SWAPS:
            for m in re.finditer(pattern, c):
                to = new(m) if callable(new) else new
                yield n, line, line[:m.start()] + to + line[m.end():]
        this, that = ENTRY.match(line), n + 1 < len(lines) and ENTRY.match(lines[n + 1])
        if this and that:
            yield n, line + '\n' + lines[n + 1], '%s%s%s\n%s%s%s' % (this[1], that[2], this[3], that[1], this[2], that[3])
        # one whole statement on a line, no declaration, no return
        if inside and re.match(r'^\s+(\(void\))?[\w.\->\[\]*]+(\(.*\)|\s*[|&+\-*]?=[^=].*|\+\+|--);\s*$', c) and \
           not re.match(r'^\s+(return|break|continue|goto|case)\b', c) and not NOT_DROPPED.match(c):
            yield n, line, re.match(r'^\s*', line)[0] + ';'


def wraps_of(name):
    """The functions that a test puts its own in place of, as its line in tests/local.am has them."""
    m = re.search(r'^tests_unit_test_%s_LDFLAGS = ((?:.*\\\n)*.*)$' % name, open(SOURCE + '/tests/local.am').read(), re.M)
    return re.findall(r'-Wl,--wrap\S+', m[1]) if m else []


class Workshop:
    def __init__(self, build, jobs):
        self.build, self.jobs = build, jobs
        self.accepted = {}
        path = SOURCE + '/scripts/mutate.accepted'
        for line in open(path) if os.path.exists(path) else []:
            if line.strip() and not line.startswith('#'):
                where, reason = line.rstrip('\n').split(' # ', 1)
                self.accepted[where] = reason
        self.tmp = tempfile.mkdtemp(prefix='sekisho-mutate.')

    def compile(self, source, out, include):
        return subprocess.run(
            ['gcc', '-std=gnu11', '-O1', '-w', '-c', '-I' + SOURCE, '-I' + include, '-I' + self.build, '-D_GNU_SOURCE',
             '-DSYSCONFDIR="/etc"', '-DLOCALSTATEDIR="/var"', '-DLIBEXECDIR="/usr/libexec"', '-o', out, source],
            capture_output=True).returncode == 0

    def test_notices(self, file, obj, name):
        test = '%s/%s' % (self.tmp, os.path.basename(obj) + '-' + name)
        objects = [self.build + '/tests/unit/' + f for f in os.listdir(self.build + '/tests/unit')
                   if re.fullmatch(r'(test_%s-)?test_%s\.o' % (name, name), f)]
        libs = [self.build + '/.libs/lib%s.a' % l for l in
                (['pammodule', 'wire'] if file.startswith('pam_module') else ['core', 'wire'])]
        r = subprocess.run(['gcc', '-o', test, objects[0], obj, *libs, *wraps_of(name), '-lcmocka', '-lpam', '-lcrypto', '-loath'],
                           capture_output=True, text=True)
        if r.returncode != 0:
            sys.exit('mutate.py: cannot link %s: %s' % (name, r.stderr[-500:]))
        try:
            return subprocess.run([test], cwd=self.tmp, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=SECONDS).returncode != 0
        except subprocess.TimeoutExpired:
            return True
        finally:
            os.unlink(test)

    def one(self, file, number, mutant):
        """'none', 'killed', or 'survived'"""
        n, before, after = mutant
        base = '%s/%s-%d' % (self.tmp, os.path.basename(file)[:-2], number)
        lines = open(SOURCE + '/' + file).read().split('\n')
        lines[n:n + before.count('\n') + 1] = [after]
        with open(base + '.c', 'w') as f:
            f.write('\n'.join(lines))
        try:
            if not self.compile(base + '.c', base + '.o', SOURCE + '/' + os.path.dirname(file)):
                return 'none'
            if self.instructions(base + '.o') == self.original:
                return 'none'
            for name in TESTS[file]:
                if self.test_notices(file, base + '.o', name):
                    return 'killed'
            return 'survived'
        finally:
            for end in ('.c', '.o'):
                if os.path.exists(base + end):
                    os.unlink(base + end)

    def instructions(self, obj):
        return subprocess.run(['objdump', '-d', '-r', '-s', '--no-show-raw-insn', '-j', '.text', '-j', '.rodata', '-j',
                               '.data.rel.ro.local', '-j', '.data.rel.ro', '-j', '.rodata.cst16', '-j', '.data', obj],
                              capture_output=True, text=True).stdout.split('\n', 3)[-1]

    def run(self, file):
        whole = self.tmp + '/whole.o'
        # under the name of a mutant, so that the debug-free objects can be compared
        if not self.compile(SOURCE + '/' + file, whole, SOURCE + '/' + os.path.dirname(file)):
            sys.exit('mutate.py: %s does not compile' % file)
        self.original = self.instructions(whole)
        for name in TESTS[file]:
            if self.test_notices(file, whole, name):
                sys.exit('mutate.py: test_%s fails without a change' % name)
        every = list(mutants(SOURCE + '/' + file))
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            results = list(pool.map(lambda i: self.one(file, i, every[i]), range(len(every))))
        real = [r for r in results if r != 'none']
        killed, accepted, same, open_ = real.count('killed'), 0, 0, 0
        for (n, before, after), r in zip(every, results):
            if r != 'survived':
                continue
            where = '%s: %s => %s' % (file, ' '.join(before.split()), ' '.join(after.split()))
            if where in self.accepted:
                accepted += 1
                same += self.accepted[where].startswith('same: ')
            else:
                open_ += 1
                print('survived  %s:%d %s' % (file, n + 1, where.split(': ', 1)[1]), flush=True)
        share = 100 * killed / max(1, len(real) - same)
        print('%-24s %4d changes  %4d noticed  %3d the same  %5.1f %%  %3d accepted  %3d open' % (
            file, len(real) - same, killed, same, share, accepted - same, open_), flush=True)
        return share >= LEAST and open_ == 0


def main(words):
    jobs = os.cpu_count()
    if '--jobs' in words:
        at = words.index('--jobs')
        jobs = int(words[at + 1])
        del words[at:at + 2]
    if not words:
        sys.exit(__doc__)
    shop = Workshop(os.path.abspath(words[0]), jobs)
    results = [shop.run(f) for f in (words[1:] or TESTS)]
    return 0 if all(results) else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
