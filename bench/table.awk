# SPDX-License-Identifier: BSD-2-Clause
# bench/table.awk: how the results are set, for bench/report.sh and bench/report_cards.sh.
function thousands(n,   text) {
	text = sprintf("%d", n)
	while (match(text, /[0-9][0-9][0-9][0-9]( |$)/))
		text = substr(text, 1, RSTART) " " substr(text, RSTART + 1)
	return text
}

function row(a, b) {
	print "| " a " | " b " |"
}

function head(titles,   line) {
	print "\n| " titles " |"
	gsub(/[^|]+/, "---", titles)
	print "|" titles "|"
}

function section(title) {
	print "\n## " title
}

function aim(what, measured, met) {
	row(what " | " measured, met ? "yes" : "**no**")
}
