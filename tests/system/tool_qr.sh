# SPDX-License-Identifier: BSD-2-Clause
# The admin tool: QR codes that a decoder reads, in files and on a terminal, and what becomes of
# the files.
needs_programs='expect oathtool zbarimg python3 strace'
. "$(dirname "$0")/tool_lib.sh"
new_store
S=$sekisho
hostname desk12.example

decode()
{
	zbarimg -q --raw --nodbus "$1"
}

uri="otpauth://totp/desk12:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=desk12"
file=$(secret_file alice GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ)
umask 0
prints 'a PNG' 'alice: totp "totp" enrolled
the QR file holds the secret: delete it when it was scanned
exit 0' without_terminal $S enroll alice totp --secret-file $file --no-confirm --qr $run/a.png
claim 'it says the right thing' test "$(decode $run/a.png)" = "$uri"
claim 'only root can read it' test "$(stat -c '%a %U' $run/a.png)" = '600 root'
prints 'never over another file' "2> sekisho: $run/a.png: cannot create: File exists [S-27]
2> hint: see sekisho(8)
exit 1" without_terminal $S enroll bob totp --secret-file $file --no-confirm --qr $run/a.png
claim 'which is as it was' test "$(decode $run/a.png)" = "$uri"
claim 'an SVG' $S enroll bob totp --secret-file $file --no-confirm --qr $run/b.svg \
    --algorithm SHA256 --digits 8 --period 60
claim 'only root can read it' test "$(stat -c '%a %U' $run/b.svg)" = '600 root'
python3 - $run/b.svg $run/b.pgm <<'END'
import re, sys
svg = open(sys.argv[1]).read()
side = int(re.search(r'viewBox="0 0 (\d+)', svg).group(1))
grid = [[255] * side for _ in range(side)]
for x, y, w in re.findall(r'M(\d+) (\d+)h(\d+)v1', svg):
    for i in range(int(w)):
        grid[int(y)][int(x) + i] = 0
scale = 6
with open(sys.argv[2], 'wb') as out:
    out.write(b'P5 %d %d 255\n' % (side * scale, side * scale))
    for row in grid:
        out.write(bytes(v for v in row for _ in range(scale)) * scale)
END
claim 'it says the right thing' test "$(decode $run/b.pgm)" = \
    "otpauth://totp/desk12:bob?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=desk12&algorithm=SHA256&digits=8&period=60"

# What a phone sees on a screen: each cell of the terminal as pixels.
screen()
{
	python3 - "$1" "$2" "$3" <<'END'
import re, sys
text, out, kind = open(sys.argv[1], encoding='utf-8').read(), sys.argv[2], sys.argv[3]
rows = []
for line in text.replace('\r', '').split('\n'):
    line = re.sub(r'\x1b\[97;40m', '', line)
    if kind == 'ascii':
        line = re.sub(r'\x1b\[107m  ', '##', line)
        line = re.sub(r'\x1b\[40m  ', '  ', line)
    line = re.sub(r'\x1b\[[0-9;]*m', '', line)
    if kind == 'utf8' and re.fullmatch('[ ▀▄█]{20,}', line):
        rows.append([c in '▀█' for c in line])
        rows.append([c in '▄█' for c in line])
    elif kind == 'ascii' and re.fullmatch('[# ]{40,}', line):
        rows.append([c == '#' for c in line[::2]])
scale, pad = 6, 4
width = len(rows[0]) + 2 * pad
light = [True] * width
grid = [light] * pad + [[True] * pad + r + [True] * pad for r in rows] + [light] * pad
if kind == 'utf8':
    # the lower half of the last line may be beyond the code
    grid = [[True] * width if not any(r[pad:-pad]) else r for r in grid]
with open(out, 'wb') as f:
    f.write(b'P5 %d %d 255\n' % (width * scale, len(grid) * scale))
    for r in grid:
        f.write(bytes(255 if v else 0 for v in r for _ in range(scale)) * scale)
END
}

# on_screen NAME KIND VARIABLE=VALUE...: enrolls a new token at a terminal, photographs it.
on_screen()
{
	local name=$1 kind=$2
	shift 2

	expect -f "$system/tool_terminal.exp" -- good -- env "$@" $S enroll carol totp --label $name \
	    >$run/$name.txt || return 1
	screen $run/$name.txt $run/$name.pgm $kind || return 1
	key=$(sed -n 's/^or type: \([A-Z2-7 ]*\)  (shown.*/\1/p' $run/$name.txt | tr -d ' ')
	[ ${#key} = 32 ] && [ "$(decode $run/$name.pgm)" = "otpauth://totp/desk12:carol?secret=$key&issuer=desk12" ]
}
claim 'UTF-8 with color' on_screen one utf8 TERM=xterm
claim 'color is set' grep -q $'\e\\[97;40m' $run/one.txt
claim 'UTF-8 without' on_screen two utf8 TERM=xterm NO_COLOR=1
claim 'no color is set' bash -c "! grep -q \$'\\e' $run/two.txt"
claim 'ASCII with color' on_screen three ascii TERM=xterm LC_ALL=C
claim 'ASCII without' on_screen four ascii TERM=dumb LC_ALL=C
claim 'ASCII is ASCII' bash -c "! LC_ALL=C grep -q -P '[\\x80-\\xff]' $run/four.txt"
keys=$(cat $run/{one,two,three,four}.txt | grep -c '^or type: ')
claim 'each secret is another' test $keys = "$(sort -u $run/{one,two,three,four}.txt | grep -c '^or type: ')"
prints 'too narrow' 'The QR code needs 37 columns and this terminal has 36: type the key, or use
--qr FILE.png.
or type: KEY  (shown once)
Code on the phone: CODE
carol: totp "five" enrolled
exit 0' at_terminal good -- sh -c "stty cols 36; exec $S enroll carol totp --label five"

# A file whose token was not stored is no use to anybody but a thief.
claim 'refused: the file goes' bash -c "
	KEY=GEZDGNBVGY3TQOJQ expect -f $system/tool_terminal.exp -- wrong wrong wrong -- \
	    $S enroll alice totp --qr $run/gone.png >$run/out; [ \$? = 1 ] && [ ! -e $run/gone.png ]"
claim 'interrupted: the file goes' bash -c "
	expect -f $system/tool_terminal.exp -- break -- $S enroll alice totp --qr $run/gone.png >$run/out
	[ \$? = 130 ] && [ ! -e $run/gone.png ]"
claim 'with a file the key is not shown' bash -c "! grep -q 'or type' $run/out"

# Nobody but root may be able to exchange the file that root then writes or removes.
install -d -m 777 $run/open
for dir in /home/alice $run/open /tmp; do
	claim "not in $dir" bash -c "setsid -w $S enroll alice totp --secret-file $file --no-confirm \
	    --label q --qr $dir/q.png </dev/null 2>&1 | tee /dev/stderr | grep -q 'S-13'"
	claim 'and nothing was made' test ! -e $dir/q.png
done
claim 'nor a token' bash -c "! $S list alice | grep -q ' q '"

# enroll_killed WAY: the tool gets a signal while it makes the file, not at a prompt.
ended_between()
{
	strace -f -qq -o /dev/null -e trace=fchmod -e inject=fchmod:signal=$1:when=1 \
	    setsid -w $S enroll alice totp --secret-file $(secret_file e DDDDEEEEFFFFGGGG) --label e \
	    --qr $run/e.png --no-confirm </dev/null >$run/out
	{ [ -e $run/e.png ] && $S list alice | grep -q ' e '; } ||
	    { [ ! -e $run/e.png ] && ! $S list alice | grep -q ' e '; }
}
for signal in INT TERM HUP QUIT; do
	claim "$signal outside a prompt: file and token, or neither" ended_between $signal
	rm -f $run/e.png
	$S -q revoke alice e --yes 2>/dev/null
done
finish
