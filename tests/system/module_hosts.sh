#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Login programs with every kind of peculiarity. Each host proves by itself that its umask,
# locale, signals, directory, descriptors and children are as before (tests/hosts/host.c).
. "$SEKISHO_SRCDIR/tests/system/module.sh"

stack code "required @ helper=$work/helper/code" "required pam_permit.so"
stack inspect "required @ helper=$work/helper/inspect" "required pam_permit.so"
stack deny "required @ helper=$work/helper/deny" "required pam_permit.so"
stack killed "required @ helper=$work/helper/die-verdict" "required pam_permit.so"
stack cut "required @ helper=$work/helper/cut-verdict" "required pam_permit.so"
stack absent "required @ helper=$work/helper/absent" "required pam_permit.so"

for host in plain sigchld_ignored sigchld_reaping malloc_storm closed_fds few_fds no_new_privs \
    own_child small_files subreaper; do
	host_options="-n 20" login $host $PAM_SUCCESS code 123456
	host_options="-n 20" login $host $PAM_SUCCESS inspect 123456
	login $host $PAM_AUTH_ERR deny 123456
	login $host $PAM_AUTHINFO_UNAVAIL killed 123456
	login $host $PAM_SYSTEM_ERR cut 123456
	login $host $PAM_AUTHINFO_UNAVAIL absent 123456
	login $host $PAM_CONV_ERR code @fail
	login $host $PAM_CONV_ERR code @null
done
host_options="-n 500" login malloc_storm $PAM_SUCCESS code 123456
host_options="-n 5" login big_memory $PAM_SUCCESS code 123456
no_helpers_left
finish
