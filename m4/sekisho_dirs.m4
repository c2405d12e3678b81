# SPDX-License-Identifier: BSD-2-Clause
# Where things belong on the machine that configures, when --prefix=/usr says that they shall
# go there; everything stays below the prefix otherwise, so that distcheck and DESTDIR work.

# SEKISHO_PAMDIR: sets pamdir.
AC_DEFUN([SEKISHO_PAMDIR], [
	AC_ARG_WITH([pamdir], [AS_HELP_STRING([--with-pamdir=DIR],
		[where PAM modules live @<:@with --prefix=/usr: found; else LIBDIR/security@:>@])],
		[pamdir=$withval], [pamdir=])
	AC_MSG_CHECKING([where PAM modules live])
	AS_IF([test "x$pamdir" = x], [
		pamdir='${libdir}/security'
		sekisho_multiarch=`$CC -print-multiarch 2>/dev/null`
		AS_IF([test "x$prefix" = x/usr && test "x$libdir" = 'x${exec_prefix}/lib'], [
			AS_IF([test "x$sekisho_multiarch" != x],
				[pamdir="/usr/lib/$sekisho_multiarch/security"])
			for sekisho_dir in "/usr/lib/$sekisho_multiarch" /usr/lib64 /usr/lib; do
				AS_IF([test -e "$sekisho_dir/security/pam_unix.so"],
					[pamdir=$sekisho_dir/security; break])
			done
		])
	])
	AC_MSG_RESULT([$pamdir])
	AC_SUBST([pamdir])
])

# SEKISHO_UNITDIR: sets systemdsystemunitdir and the conditional HAVE_UNITDIR.
AC_DEFUN([SEKISHO_UNITDIR], [
	AC_ARG_WITH([systemdsystemunitdir], [AS_HELP_STRING([--with-systemdsystemunitdir=DIR],
		[where systemd units live, or no @<:@with --prefix=/usr: found@:>@])],
		[systemdsystemunitdir=$withval], [systemdsystemunitdir=yes])
	AC_MSG_CHECKING([where systemd units live])
	AS_IF([test "x$systemdsystemunitdir" = xyes], [
		systemdsystemunitdir='${prefix}/lib/systemd/system'
		AS_IF([test "x$prefix" = x/usr], [
			sekisho_dir=`$PKG_CONFIG --variable=systemdsystemunitdir systemd 2>/dev/null`
			AS_IF([test "x$sekisho_dir" != x], [systemdsystemunitdir=$sekisho_dir])
		])
	])
	AC_MSG_RESULT([$systemdsystemunitdir])
	AM_CONDITIONAL([HAVE_UNITDIR], [test "x$systemdsystemunitdir" != xno])
	AC_SUBST([systemdsystemunitdir])
])

# SEKISHO_BASHCOMPLETIONDIR: sets bashcompletiondir.
AC_DEFUN([SEKISHO_BASHCOMPLETIONDIR], [
	AC_MSG_CHECKING([where bash finds completions])
	bashcompletiondir='${datadir}/bash-completion/completions'
	AS_IF([test "x$prefix" = x/usr], [
		sekisho_dir=`$PKG_CONFIG --variable=completionsdir bash-completion 2>/dev/null`
		AS_IF([test "x$sekisho_dir" != x], [bashcompletiondir=$sekisho_dir])
	])
	AC_MSG_RESULT([$bashcompletiondir])
	AC_SUBST([bashcompletiondir])
])
