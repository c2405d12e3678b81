# SPDX-License-Identifier: BSD-2-Clause
# bench/plot.sh FIGURES: felt time by number of people, of the lines bench/inside.sh printed, as SVG
# on stdout. Measures nothing.
set -u
figures=$1

# of SERVICE: "people milliseconds"; a single point, which holds for any size, becomes a line
points()
{
	awk -F '|' -v service="$1" '
		$1 == "warm" { last = $2 }
		$1 == "warm" && $3 == service { n++; at = $2; ms = $6 / 1000; print at, ms }
		END { if (n == 1 && last != at) print last, ms }' "$figures"
}

plots=
for service in oath google direct socket; do
	title=$(awk -F '|' -v service=$service '$1 == "warm" && $3 == service { print $4; exit }' "$figures")
	[ -n "$title" ] || continue
	plots+="\$$service using 1:2 with linespoints linewidth 2 title '${title//_/\\_}', "
	data=${data-}"\$$service << end
$(points $service)
end
"
done
tics=$(awk -F '|' '$1 == "warm" && !seen[$2]++ {
	text = $2
	while (match(text, /[0-9][0-9][0-9][0-9]( |$)/))
		text = substr(text, 1, RSTART) " " substr(text, RSTART + 1)
	printf "\047%s\047 %s, ", text, $2 }' "$figures")
[ -n "$plots" ] || { echo "$figures: nothing to plot" >&2; exit 1; }
gnuplot <<END
set terminal svg size 720,400 font 'sans,13' background '#ffffff'
set logscale xy
set xlabel 'people enrolled'
set ylabel 'felt time, milliseconds'
set xtics (${tics%, })
set format y '%g'
set key top left reverse Left
set rmargin 6
set grid
$data
plot ${plots%, }
END
