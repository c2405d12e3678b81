# SPDX-License-Identifier: BSD-2-Clause
# Compiler and linker flags are taken only when the tools at hand accept them without a word.

# SEKISHO_CFLAG(VARIABLE, FLAG): appends FLAG to VARIABLE.
AC_DEFUN([SEKISHO_CFLAG], [
	AS_VAR_PUSHDEF([cached], [sekisho_cv_cflag_$2])
	AC_CACHE_CHECK([whether $CC accepts $2], [cached], [
		sekisho_saved_cflags=$CFLAGS
		CFLAGS="$CFLAGS -Werror $2"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[]], [[]])],
			[AS_VAR_SET([cached], [yes])], [AS_VAR_SET([cached], [no])])
		CFLAGS=$sekisho_saved_cflags
	])
	AS_VAR_IF([cached], [yes], [AS_VAR_APPEND([$1], [" $2"])])
	AS_VAR_POPDEF([cached])
])

# SEKISHO_LDFLAG(VARIABLE, FLAG): the same for the linker; a program is linked with it.
AC_DEFUN([SEKISHO_LDFLAG], [
	AS_VAR_PUSHDEF([cached], [sekisho_cv_ldflag_$2])
	AC_CACHE_CHECK([whether the linker accepts $2], [cached], [
		sekisho_saved_ldflags=$LDFLAGS
		sekisho_saved_cflags=$CFLAGS
		LDFLAGS="$LDFLAGS $2"
		CFLAGS="$CFLAGS -Werror -fPIE"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([[]], [[]])],
			[AS_VAR_SET([cached], [yes])], [AS_VAR_SET([cached], [no])])
		LDFLAGS=$sekisho_saved_ldflags
		CFLAGS=$sekisho_saved_cflags
	])
	AS_VAR_IF([cached], [yes], [AS_VAR_APPEND([$1], [" $2"])])
	AS_VAR_POPDEF([cached])
])

# SEKISHO_FORTIFY(VARIABLE): the highest level the C library takes, when the compiler optimizes.
AC_DEFUN([SEKISHO_FORTIFY], [
	AC_CACHE_CHECK([for the highest usable _FORTIFY_SOURCE], [sekisho_cv_fortify], [
		sekisho_cv_fortify=no
		sekisho_saved_cflags=$CFLAGS
		for sekisho_level in 3 2; do
			CFLAGS="$sekisho_saved_cflags -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$sekisho_level"
			AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]], [[
				#if !defined __OPTIMIZE__ || __USE_FORTIFY_LEVEL + 0 != _FORTIFY_SOURCE
				#error not in effect
				#endif
			]])], [sekisho_cv_fortify=$sekisho_level])
			test "$sekisho_cv_fortify" = no || break
		done
		CFLAGS=$sekisho_saved_cflags
	])
	AS_IF([test "$sekisho_cv_fortify" != no],
		[AS_VAR_APPEND([$1], [" -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$sekisho_cv_fortify"])])
])
