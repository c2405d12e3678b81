#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every module option, every kind of reply, and the words on the screen, end to end. The helper
# "echo" tells with its second question what the first answer was: kind * 1000 + length, where
# kind 1 is a text, 2 malformed, 3 the password again.
. "$SEKISHO_SRCDIR/tests/system/module.sh"

h=$work/helper
token="required $work/pam_token.so"

# ---- plain replies
stack code "required @ helper=$h/code"
login plain $PAM_SUCCESS code 123456
said "prompt: [One-time code: ]"
login plain $PAM_SUCCESS code 111111 123456
said "prompt: [Wrong code. One-time code: ]"
login plain $PAM_AUTH_ERR code 111111
not_said "(echo)"
stack echo "required @ helper=$h/echo"
login plain $PAM_AUTH_ERR echo 654321
said "prompt: [That is no code. Tries left: 1006. One-time code: ]"
login plain $PAM_AUTH_ERR echo @empty
said "prompt: [That is no code. Tries left: 1000. One-time code: ]"
login plain $PAM_AUTH_ERR echo @huge
said "prompt: [That is no code. Tries left: 2000. One-time code: ]"
# only what stands before the NUL can be seen: the conversation hands over a string
login plain $PAM_AUTH_ERR echo @nul
said "prompt: [That is no code. Tries left: 1006. One-time code: ]"
login plain $PAM_CONV_ERR echo @null
login plain $PAM_CONV_ERR echo @fail
login plain $PAM_CONV_ERR code 111111 @fail
stack wait "required @ helper=$h/wait"
login plain $PAM_MAXTRIES wait 123456
said "prompt: [Locked for 2 min. One-time code: ]"
# why a login ended has no prompt to stand in: a text of its own
stack locked "required @ helper=$h/locked"
login plain $PAM_MAXTRIES locked 123456
said "error: [Locked for 2 min.]"
host_options=-s login plain $PAM_MAXTRIES locked 123456
not_said "error: [Locked for 2 min.]"
stack info "required @ helper=$h/info"
login plain $PAM_SUCCESS info 123456
said "text: [Busy, try again.]"
host_options=-s login plain $PAM_SUCCESS info 123456
not_said "text:"
said "prompt: [One-time code: ]"

# ---- a password that an earlier module asked for is not sent as a code
stack repeated "$token set=secret" "required @ helper=$h/echo"
login plain $PAM_AUTH_ERR repeated secret
said "prompt: [That is no code. Tries left: 3000. One-time code: ]"
login plain $PAM_AUTH_ERR repeated secret2
said "prompt: [That is no code. Tries left: 1007. One-time code: ]"
login plain $PAM_AUTH_ERR repeated @empty
said "prompt: [That is no code. Tries left: 1000. One-time code: ]"

# ---- the code is never left as PAM_AUTHTOK
stack left "required @ helper=$h/code" "$token show"
login plain $PAM_SUCCESS left 123456
said "text: [authtok=(unset)]"

# ---- use_first_pass
stack use "$token set=123456" "required @ helper=$h/code use_first_pass"
login plain $PAM_SUCCESS use unused
not_said "prompt:"
stack use-wrong "$token set=111111" "required @ helper=$h/code use_first_pass"
login plain $PAM_AUTH_ERR use-wrong 123456
not_said "prompt:"
stack use-none "required @ helper=$h/grant use_first_pass" "required pam_permit.so"
login plain $PAM_AUTH_ERR use-none 123456
not_said "prompt:"

# ---- try_first_pass
stack try "$token set=123456" "required @ helper=$h/code try_first_pass"
login plain $PAM_SUCCESS try unused
not_said "prompt:"
stack try-wrong "$token set=111111" "required @ helper=$h/code try_first_pass"
login plain $PAM_SUCCESS try-wrong 123456
said "prompt: [Wrong code. One-time code: ]"
stack try-password "$token set=secret" "required @ helper=$h/code try_first_pass"
login plain $PAM_SUCCESS try-password 123456
said "prompt: [One-time code: ]"
stack try-none "required @ helper=$h/code try_first_pass"
login plain $PAM_SUCCESS try-none 123456
said "prompt: [One-time code: ]"
stack try-card "$token set=123456" "required @ helper=$h/pin-code try_first_pass"
login plain $PAM_SUCCESS try-card ""
said "prompt: [PIN for card: ]"
not_said "One-time code"
# ---- a helper that waits for a card
stack card-wait "required @ helper=$h/card-wait"
login plain $PAM_SUCCESS card-wait ""
said "text: [Put in or tap your card (10 s).]"

# ---- combined
stack both "required @ helper=$h/code combined" "$token show"
login plain $PAM_SUCCESS both secret123456
said "prompt: [Password and one-time code: ]"
said "text: [authtok=secret]"
login plain $PAM_SUCCESS both secret111111 other123456
said "prompt: [Wrong code. Password and one-time code: ]"
said "text: [authtok=other]"
login plain $PAM_AUTH_ERR both secret111111
said "text: [authtok=secret]"
stack both-echo "required @ helper=$h/echo combined" "$token show"
login plain $PAM_AUTH_ERR both-echo secret123456
said "prompt: [That is no code. Tries left: 1006. Password and one-time code: ]"
for short in 12345 "" secret secret12345x; do
	login plain $PAM_AUTH_ERR both-echo "${short:-@empty}"
	said "prompt: [That is no code. Tries left: 2000. Password and one-time code: ]"
done
login plain $PAM_AUTH_ERR both-echo 123456
said "prompt: [That is no code. Tries left: 1006. Password and one-time code: ]"
said "text: [authtok=]"
login plain $PAM_AUTH_ERR both-echo @huge
said "prompt: [That is no code. Tries left: 2000. Password and one-time code: ]"
login plain $PAM_CONV_ERR both-echo @null
stack both8 "required @ helper=$h/echo combined code-digits=8" "$token show"
login plain $PAM_AUTH_ERR both8 secret12345678
said "prompt: [That is no code. Tries left: 1008. Password and one-time code: ]"
said "text: [authtok=secret]"
stack both-use "$token set=secret123456" \
    "required @ helper=$h/code combined use_first_pass" "$token show"
login plain $PAM_SUCCESS both-use unused
not_said "prompt:"
said "text: [authtok=secret]"
stack both-try "$token set=nothing" \
    "required @ helper=$h/code combined try_first_pass" "$token show"
login plain $PAM_SUCCESS both-try secret123456
said "prompt: [Password and one-time code: ]"
said "text: [authtok=secret]"

# ---- lang
stack ja "required @ helper=$h/code lang=ja"
login plain $PAM_SUCCESS ja 111111 123456
said "prompt: [認証コード: ]"
said "prompt: [認証コードが違います。認証コード: ]"
stack en "required @ helper=$h/code lang=en"
login plain $PAM_SUCCESS en 123456
said "prompt: [One-time code: ]"
stack auto "required @ helper=$h/code lang=auto"
login plain $PAM_SUCCESS auto 123456
said "prompt: [One-time code: ]"
if mkdir "$work/locale" &&
    localedef -i ja_JP -f UTF-8 "$work/locale/ja_JP.UTF-8" >/dev/null 2>&1; then
	l=LOCPATH=$work/locale
	host_env="$l LC_ALL=ja_JP.UTF-8" login plain $PAM_SUCCESS auto 123456
	said "prompt: [認証コード: ]"
	host_env="$l LC_MESSAGES=ja_JP.UTF-8 LC_CTYPE=ja_JP.UTF-8 LANGUAGE=en" \
	    login plain $PAM_SUCCESS auto 123456
	said "prompt: [認証コード: ]"
	host_env="$l LC_ALL=ja_JP.UTF-8" login plain $PAM_SUCCESS en 123456
	said "prompt: [One-time code: ]"
	host_env="$l LC_MESSAGES=ja_JP.UTF-8 LC_CTYPE=C" login plain $PAM_SUCCESS auto 123456
	said "prompt: [One-time code: ]"
else
	echo "not tested: localedef cannot make a Japanese locale here"
fi

# ---- whatever nobody can have meant denies, before anything is asked
for wrong in debug nullok Combined combined=yes combined= try_first_pass=1 code-digits \
    code-digits=5 code-digits=9 code-digits=06 code-digits=+6 code-digits= lang=de lang lang= \
    helper helper= helper=sekisho-auth helper=/bin/../bin/true helper=//bin/true \
    helper=/bin/./true helper=/bin/ helper=/ helper=/bin/.. socket-dir=run \
    "combined combined" "lang=en lang=en" "try_first_pass use_first_pass" =; do
	stack wrong "required $work/pam_sekisho.so $wrong" "required pam_permit.so"
	login plain $PAM_SERVICE_ERR wrong 123456
	not_said "prompt:"
done

# ---- names that cannot be told to the helper whole are not told at all
printf -v name '%0255d' 0
host_user=$name login plain $PAM_SUCCESS code 123456
host_user=${name}0 login plain $PAM_AUTH_ERR code 123456
not_said "prompt:"
host_user="" login plain $PAM_SUCCESS code 123456
printf -v name '%063d' 0
stack "$name" "required @ helper=$h/code"
login plain $PAM_SUCCESS "$name" 123456
stack "${name}0" "required @ helper=$h/code"
login plain $PAM_AUTH_ERR "${name}0" 123456
not_said "prompt:"
no_helpers_left
finish
