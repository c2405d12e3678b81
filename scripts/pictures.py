#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Draws the pictures of the README: plays two sessions on a real terminal, inside tests/ns, and
writes what stood on it as SVG. Called by `make pictures`.

pictures.py DIRECTORY"""
import html
import os
import pty
import re
import select
import subprocess
import sys
import time

COLUMNS, LINE, CELL, MARGIN = 96, 20, 8.4, 14
PROMPT = re.compile(r'[#$] \Z')


class Terminal:
    """A shell with a prompt of one character, and everything that stood on its screen."""

    def __init__(self, prompt, *argv):
        self.screen = ''
        pid, self.fd = pty.fork()
        if pid == 0:
            os.environ.update(PS1=prompt, TERM='dumb', LC_ALL='C.UTF-8', COLUMNS=str(COLUMNS))
            os.execvp(argv[0], argv)
        self.wait(PROMPT)
        self.screen = prompt

    def wait(self, pattern, seconds=20):
        """Reads on until something on the screen matches."""
        until = time.monotonic() + seconds
        while not (found := re.search(pattern, self.screen)):
            if time.monotonic() > until:
                sys.exit('pictures: waited for %s, there is:\n%s' % (pattern, self.screen))
            if select.select([self.fd], [], [], 0.1)[0]:
                self.screen += os.read(self.fd, 65536).decode().replace('\r', '')
        return found

    def type(self, text, then):
        """A line, and what stands at the end of the screen when it was answered."""
        self.screen += '\0'  # the answer is what comes after here
        os.write(self.fd, text.encode() + b'\n')
        self.wait(r'\0[^\0]*(?:%s)\Z' % then)

    def lines(self):
        text = self.screen.replace('\0', '').rstrip('\n')
        return text[:text.rindex('\n')].split('\n')


def code(secret, step=0):
    """Of now, or of a later step."""
    out = subprocess.run(['oathtool', '--totp', '-b', '-N', '@%d' % (time.time() + 30 * step), secret],
                         check=True, capture_output=True, text=True)
    return out.stdout.strip()


def draw(lines, path, title):
    """Half blocks as rectangles, so that a QR code can be scanned off the page; the rest as text."""
    width, height = COLUMNS * CELL + 2 * MARGIN, len(lines) * LINE + 2 * MARGIN
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" role="img">' % (width, height),
           '<title>%s</title>' % html.escape(title),
           '<rect width="100%" height="100%" rx="8" fill="#1c1f24"/>',
           '<g font-family="monospace" font-size="14" fill="#e6e6e6" xml:space="preserve">']
    for row, line in enumerate(lines):
        y = MARGIN + row * LINE
        if set(line) & set('█▀▄'):
            for column, char in enumerate(line):
                top, part = {'█': (0, 1), '▀': (0, .5), '▄': (.5, .5)}.get(char, (0, 0))
                if part:
                    out.append('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>' % (
                        MARGIN + column * LINE / 2, y + top * LINE, LINE / 2 + .2, part * LINE + .2))
        elif line:
            out.append('<text x="%d" y="%.1f" textLength="%.1f">%s</text>' % (
                MARGIN, y + LINE - 5, len(line) * CELL, html.escape(line)))
    out += ['</g>', '</svg>', '']
    with open(path, 'w', encoding='utf-8') as f:
        f.write('\n'.join(out))


def enrollment(path):
    """What an administrator sees; the secret on the picture opens nothing anywhere."""
    t = Terminal('# ', 'bash', '--norc', '--noprofile')
    t.type('sekisho init', '# ')
    t.screen = '# '
    t.type('sekisho enroll alice totp', ': ')
    secret = t.wait(r'\b((?:[A-Z2-7]{4} ?){8})\b')[1].replace(' ', '')
    t.type(code(secret), '# ')
    t.type('sekisho list', '# ')
    draw(t.lines(), path, 'sekisho enroll alice totp, and sekisho list')
    return secret


def login(path, secret):
    """A used code, then the next one."""
    t = Terminal('$ ', 'setpriv', '--reuid=bob', '--regid=bob', '--init-groups', 'bash', '--norc', '--noprofile')
    t.type('su alice -c whoami', ': ')
    t.type('alicepw', ': ')
    t.type(code(secret), ': ')
    t.type(code(secret, 1), r'\$ ')
    draw(t.lines(), path, 'su alice: a code that was used before, and the next one')


def main():
    os.environ['PATH'] = os.environ['SEKISHO_SBINDIR'] + ':' + os.environ['PATH']
    with open('/etc/pam.d/su', 'w', encoding='ascii') as f:
        f.write('auth requisite pam_unix.so nodelay\nauth required %s\naccount required pam_permit.so\n'
                'session required pam_permit.so\n' % os.environ['SEKISHO_MODULE'])
    secret = enrollment(os.path.join(sys.argv[1], 'enroll.svg'))
    login(os.path.join(sys.argv[1], 'login.svg'), secret)


main()
