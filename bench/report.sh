# SPDX-License-Identifier: BSD-2-Clause
# bench/report.sh FIGURES: the lines bench/inside.sh printed, and one
#   machine|CPUS|FILE SYSTEM|KERNEL|LOAD
# as RESULTS.md on stdout. Measures nothing.
set -u
awk -F '|' "$(cat "$(dirname "$0")/table.awk")"'
function print_rounds(kind, worst, cpu_title,   i, n, v, line) {
	head("enrolled | module | rounds | felt, median | " worst " | whole, median | " worst (cpu_title == "" ? "" : " | " cpu_title))
	for (i = 1; i <= NR; i++) {
		n = split(lines[i], v, "|")
		if (v[1] != kind)
			continue
		line = v[4] " | " v[5] " | "
		line = line (v[3] == "permit" ? "- | -" : thousands(v[6]) " | " thousands(v[7]))
		line = line " | " thousands(v[8]) " | " thousands(v[9])
		row(thousands(v[2]), line (n > 9 ? " | " thousands(v[10]) : ""))
	}
}

# the larger of the two doors
function worse(table, size) {
	return table[size, "direct"] > table[size, "socket"] ? table[size, "direct"] : table[size, "socket"]
}

{ lines[NR] = $0 }
$1 == "machine" { cpus = $2; system_ = $3; kernel = $4; load = $5 }
$1 == "fill" { fills[++filled] = $2; added[$2] = $3; seconds[$2] = $4 }
$1 == "warm" {
	if (!($2 in sizes)) { sizes[$2]; order[++count] = $2 }
	title[$3] = $4; felt[$2, $3] = $6; whole[$2, $3] = $8; cpu[$2, $3] = $10
}
$1 == "cold" { any_cold = 1 }
$1 == "cost" && $3 ~ /^(direct|socket)$/ && !($7 in seen) {
	seen[$7]
	syncs = syncs (syncs == "" ? "" : "; ") $7
}
$1 == "crowd" { any_crowd = 1; crowd_size = $2 }
$1 == "note" { notes[++noted] = $2 }

END {
	print "# Logins side by side\n"
	print "`make bench`: sekisho, Debian'"'"'s pam_oath and pam_google_authenticator in one run, login by login in turn, each"
	print "with a fresh valid code of a counter-based token. Times in microseconds; they differ from machine to machine and from"
	print "run to run, so compare within the tables only.\n"
	printf "Machine: %d CPUs, ext4 in an image on %s, Linux %s. Other work on it: load %s before the run.\n", cpus, system_, kernel, load
	for (i = 1; i <= noted; i++)
		print "\nNot measured: " notes[i] "."

	first = order[1]
	last = order[count]
	best = "oath"
	if ((first, "google") in whole && whole[first, "google"] < whole[first, best])
		best = "google"
	section("Aims")
	head("aim | measured | met")
	f = worse(felt, first); w = whole[first, best]
	aim("felt: at most half of the whole login of the best peer (" title[best] "), " thousands(first) " enrolled", \
	    sprintf("%s of %s: %.2f", thousands(f), thousands(w), f / w), f <= w / 2)
	if (count > 1) {
		for (i = 1; i <= split("direct socket", door, " "); i++) {
			d = door[i]
			f = felt[last, d] / felt[first, d]
			w = whole[last, d] / whole[first, d]
			aim(thousands(last) " people: at most 1.2 times " thousands(first) ", warm; " title[d], \
			    sprintf("felt %.2f, whole %.2f times", f, w), f <= 1.2 && w <= 1.2)
		}
	}
	aim("one fdatasync for each login", syncs, syncs == "1 fdatasync")
	f = worse(cpu, first)
	aim("CPU of a whole login under 4 ms", sprintf("%.1f ms", f / 1000), f < 4000)

	section("One login at a time, warm")
	print "\nFiles and programs are in memory."
	print_rounds("warm", "p99", "CPU, mean")
	print "\n![Felt time by number of people enrolled](felt.svg)"

	if (any_cold) {
		section("Cold")
		print "\nBefore each login everything that was read from the disk is dropped from memory, also the programs."
		print_rounds("cold", "longest", "")
	}

	section("What one login does")
	head("enrolled | module | bytes written | bytes read | system calls | syncs | memory of the login program, KiB | of the helper, KiB")
	for (i = 1; i <= NR; i++) {
		n = split(lines[i], v, "|")
		if (v[1] == "cost")
			row(thousands(v[2]) " | " title[v[3]] " | " thousands(v[4]) " | " thousands(v[5]) " | " thousands(v[6]) " | " v[7] " | " \
			    thousands(v[8]), v[9] == 0 ? "-" : thousands(v[9]))
	}

	if (any_crowd) {
		section("Several people at once")
		print "\nDifferent people, " thousands(crowd_size) " enrolled, each of whom logs in again and again; the answer comes at once."
		head("module | at once | logins per second | whole, median | p99 | let in | refused with a valid code")
		for (i = 1; i <= NR; i++) {
			n = split(lines[i], v, "|")
			if (v[1] == "crowd")
				row(v[4] " | " v[5] " | " v[6] " | " thousands(v[7]) " | " thousands(v[8]) " | " thousands(v[9]), thousands(v[10]))
		}
	}

	section("How")
	print ""
	for (i = 1; i <= filled; i++)
		if (added[fills[i]] >= 1000)
			printf "- %s people were enrolled in %s s: the files of `sekisho enroll`, by the same code, but one syncfs for all.\n", \
			    thousands(added[fills[i]]), seconds[fills[i]]
}' "$1" || exit
cat <<'END'
- *felt*: from the last answer in the conversation to the return of pam_authenticate, when the answer takes 20 ms (cold: 0.5 s).
  A person takes longer; by then the helper has started and stands ready.
- *whole*: pam_start and pam_authenticate when the answer comes at once: with the start of the helper.
- *CPU*: user and system time of the login program (pam_end included) and of the helper; at the socket door also of the
  program that accepts and starts it.
- *bytes written* and *read*, *system calls*, *syncs*: one login each, all processes, seen by strace. Bytes are those of
  calls on files; what is mapped, libraries above all, is not in them.
- *memory*: the most that was resident (VmHWM), asked of each process at its end; shared pages, of libraries above all, are
  in it. The line of pam_permit shows the login program without a module worth the name.
- What the modules read and write lies in an ext4 file system with a journal, in an image file that goes with the run: a
  sync passes through two file systems, with every module.
- 32 people log in, spread evenly over all that are enrolled (one where one is). Only they have a line in /etc/passwd:
  what the system needs to find an account among a million is not what is compared here.
- pam_oath reads and writes the file of all users at each login: fewer rounds where they are many. pam_google_authenticator
  has a file for each person, and pam_permit none: others cost a login nothing, so they are measured once.
- A login with a time-based code takes the same way; sekisho writes its clock once an hour then, and does not wait for it.
- The socket door is served by systemd-socket-activate, which is lighter than systemd itself.
- Before it measures, the benchmark sees each module refuse a wrong code and a code used before. A valid code that is
  refused ends it; only of pam_oath, which refuses when two people log in at the same moment, refusals are counted.
END
