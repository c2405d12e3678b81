/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands behind each number S-NN: the long texts of `sekisho explain`. Words only.
 * Short sentences, for they are read over a telephone; commands as they are typed.
 */
#include "tools/explain.h"

const struct explanation explanations[] = {
    {ERR_INTERNAL,
        "The program met a state it is sure cannot be, or the machine had no memory or no "
        "random numbers left. It stopped without doing what was asked; a login was denied.",
        {"no memory left on this machine", "a defect of sekisho"},
        {"Look at the memory of the machine (free -m; dmesg) and try once more.",
            "Write down the whole line, with the command or the login that led to it, and the "
            "output of sekisho --version.",
            "Report it with these; SECURITY.md says how when a login was let in or everybody "
            "is refused."},
        "sekisho-auth(8)"},
    {ERR_ACCOUNT,
        "The system knows no account of this name. Accounts are asked for through the name "
        "service, as every login does it.",
        {"a slip in the name", "the account was deleted",
            "the directory service (LDAP, SSSD, winbind) does not answer"},
        {"Type the name as getent passwd NAME shows it.",
            "When a directory service keeps the accounts: is it running (systemctl status "
            "sssd)?",
            "For somebody who has left, list, suspend, revoke and unlock take the old name as "
            "long as there is a record."},
        "sekisho list, getent(1)"},
    {ERR_NOT_ROOT, "The store belongs to root, and so does everything that reads it.",
        {"the command was started as an ordinary user"},
        {"Run it with sudo, or from a root shell.",
            "When sudo itself asks for a code that does not open, use a root shell that is "
            "open, or the emergency code."},
        "sekisho(8), RESCUE"},
    {ERR_USAGE,
        "The words on the command line cannot be carried out as they are. Nothing was looked "
        "at, nothing was changed. The exit status is 2.",
        {"a slip in an option, or a value outside its range",
            "an operand that is missing, or one too many",
            "a question to ask, and no terminal to ask it on"},
        {"Read the hint: it is the usage line, or the word that was probably meant.",
            "sekisho COMMAND --help shows the options.",
            "In a script: -y answers questions; codes are never answered by it."},
        "sekisho(8)"},
    {ERR_OPTION,
        "A line in /etc/pam.d gives pam_sekisho.so an option it does not know, or a value it "
        "does not take. Every login through that line is denied.",
        {"a slip in the option", "an option of a newer version of the module"},
        {"The log names the service and the option.",
            "Compare the line in /etc/pam.d/SERVICE with pam_sekisho(8).",
            "Keep a root shell open while you change it, and try with a second terminal."},
        "pam_sekisho(8)"},
    {ERR_GROUPS,
        "A rule of sekisho.conf asks for a group, and the groups of this person cannot be "
        "found out. Nobody can say which rule holds, so the login is denied.",
        {"the directory service does not answer",
            "the person is in more groups than can be looked at"},
        {"id NAME: does it answer, and how fast?",
            "Repair the directory service, or log in as somebody whose groups are local.",
            "If it stays so, write rules that name users, or services, in place of groups."},
        "sekisho.conf(5), id(1)"},
    {ERR_NO_STORE,
        "There is no store in /var/lib/sekisho, or one whose making was cut short. Every login "
        "that needs a code is denied.",
        {"sekisho init was never run here", "the disk with /var is not mounted",
            "the directory was moved or deleted"},
        {"findmnt /var and ls -la /var/lib/sekisho: is the disk there?",
            "If people were enrolled on this terminal, restore the store from the backup. Do "
            "not make a new one: it knows nobody.",
            "On a new terminal: sekisho init, then sekisho enroll USER totp."},
        "sekisho init"},
    {ERR_STORE_EXISTS,
        "There is a store already, or people without its header. Making a new one would lose "
        "them, so nothing was changed.",
        {"init was run a second time", "the file header is missing while records are there"},
        {"sekisho list: does it answer? Then all is well, and init is not needed.",
            "When the header is missing, restore it from a backup of the same store.",
            "Only to begin anew, with everybody enrolled again: move /var/lib/sekisho away "
            "first, and keep it."},
        "sekisho init, sekisho list"},
    {ERR_CONFIG,
        "/etc/sekisho/sekisho.conf cannot be understood. Nobody can know what it was meant to "
        "demand, so logins are denied. The emergency code opens, and the tool works.",
        {"a slip after the last change", "a file cut short by a full disk",
            "a rule that can never be reached"},
        {"The line has the file and the number of the line, and the word it was about.",
            "Correct that line; sekisho.conf(5) has every word.",
            "The next login reads the file anew, nothing is to be restarted.",
            "In a hurry: move the file away; the default asks everybody for a code."},
        "sekisho.conf(5)"},
    {ERR_UNSAFE_FILE,
        "Somebody other than root could change this file or a directory above it, or it is not "
        "a plain file. What it says cannot be believed, so it is not read.",
        {"a chmod or chown over too much", "a backup restored without owners and modes",
            "a symbolic link where a file is wanted", "an attack"},
        {"ls -la shows owner and mode; FORMAT.md has the right ones: root, 0600 for files, "
         "0700 for directories, 0400 for host.key.",
            "Put them right: chown root: FILE; chmod 0600 FILE.",
            "Look who changed it and when (stat, the log) before you trust what is in it."},
        "FORMAT.md"},
    {ERR_DAMAGED,
        "A file of the store does not have the bytes that were written to it. For one person's "
        "record or state only this person is refused; for the header everybody is, and for "
        "clock every one-time code by time.",
        {"a failing disk", "a file changed or restored by hand",
            "a record restored without its state, or the other way round"},
        {"Look at the disk: dmesg, smartctl. Save what can be saved.",
            "Restore the file named from a backup: a person's record and state together, of "
            "the same moment.",
            "No backup of a person: sekisho revoke USER, then sekisho enroll USER totp.",
            "The file clock: is the clock of this terminal right? Then sekisho clock accept.",
            "Meanwhile recovery codes of others, and the emergency code, open."},
        "sekisho list, sekisho revoke, sekisho clock accept"},
    {ERR_FOREIGN,
        "The file is whole, but it belongs to another store, another kind or another person: "
        "it was copied or renamed. Or a record was made for another uid than the account has "
        "now.",
        {"files mixed up in a restore", "a store of another terminal",
            "an account deleted and made again under the same name"},
        {"Restore the right file under its right name.",
            "When it is a new person of an old name: sekisho revoke USER, then sekisho enroll "
            "USER totp.",
            "When the uid of the same person was changed: the same two commands."},
        "sekisho revoke, sekisho enroll"},
    {ERR_TOO_NEW,
        "A newer version wrote this file. This version does not know what it demands, and does "
        "not guess.",
        {"an older version was installed over a newer one",
            "a store of a newer terminal was restored here"},
        {"sekisho --version tells what runs here.", "Install the newer version again.",
            "Or restore a backup from before the update; what was enrolled since then is not "
            "in it."},
        "sekisho(8)"},
    {ERR_HOST_KEY,
        "/etc/sekisho/host.key cannot be read, or is not the key this store was made with. No "
        "record opens, every login that needs a code is denied; the emergency code opens.",
        {"host.key is missing or damaged",
            "the store was restored without its key, or on another terminal"},
        {"Restore host.key from its own backup, owner root, mode 0400.",
            "Check with sekisho list.",
            "Without any backup of the key the records are lost: move /var/lib/sekisho away, "
            "sekisho init, and enroll everybody anew."},
        "sekisho init, FORMAT.md"},
    {ERR_FILE_SYSTEM,
        "The store lies on a file system that does not keep what was written through a power "
        "cut, or that others can change: over the network, in memory, or of a user's program.",
        {"/var is NFS, CIFS, tmpfs or FUSE", "a live system, whose / is in memory"},
        {"findmnt -T /var/lib/sekisho names the file system.",
            "Put the store on a local disk: ext4, xfs or btrfs.",
            "For a test machine only, sekisho.conf(5) has an option that allows any."},
        "sekisho.conf(5)"},
    {ERR_IO,
        "The disk or a stream did not do what it was asked for; the line has the reason of the "
        "kernel. A login was denied, for its code could not be marked as used.",
        {"a failing disk", "a disk mounted read-only, often after an error",
            "no space left, for what needs new files: enrolling, not logging in",
            "output into a full disk or a closed pipe"},
        {"dmesg, findmnt -T /var/lib/sekisho and df -h /var tell which.",
            "Mount it for writing again, or make room.",
            "Run the command again; sekisho list shows what is true.",
            "The emergency code, too, needs a disk that can be written."},
        "sekisho list, dmesg(1)"},
    {ERR_BUSY,
        "Somebody else held the lock of the store or the person for three seconds, or changed "
        "it while a question was open. Nothing was changed.",
        {"two administrators at the same time", "many logins of one person at once",
            "a disk that is very slow"},
        {"Try again in a few seconds.",
            "If it stays: fuser /var/lib/sekisho/lock /var/lib/sekisho/states/* shows who "
            "holds it.",
            "A lock ends with the program that holds it; it never has to be removed."},
        "sekisho list"},
    {ERR_NOT_ENROLLED,
        "This account has no record in the store: nobody ever gave this person a token. Logins "
        "where a code is needed are denied.",
        {"a new member of staff", "enrolled on another terminal only",
            "the name is an alias of another account"},
        {"sekisho list --unenrolled shows everybody who is in the same place.",
            "sekisho enroll USER totp, with the phone at hand.",
            "Until then: nothing opens but a rule with require = \"none\", or the emergency "
            "code."},
        "sekisho enroll, sekisho list"},
    {ERR_WRONG_CODE,
        "The code is not one of this token at this time. It was counted as a guess at a login; "
        "at enroll and resync nothing was stored.",
        {"a slip of the finger, or a code that had just ended",
            "another entry in the app on the phone",
            "the clock of the phone or of this terminal is wrong",
            "a HOTP token whose button was pressed often"},
        {"Wait for the next code, then type it at once.",
            "Compare the clocks: date here, and the phone; the phone should take its time from "
            "its network.",
            "sekisho resync USER finds a token that is far off.",
            "Another entry, or a phone set anew: sekisho enroll USER totp --replace LABEL."},
        "sekisho resync, sekisho clock"},
    {ERR_LIMIT, "A person has at most 8 tokens and 4 temporary codes that can still open.",
        {"old tokens that were never revoked", "temporary codes issued one after the other"},
        {"sekisho list USER shows them.",
            "sekisho revoke USER LABEL for those that are no longer used, or enroll with "
            "--replace LABEL.",
            "sekisho code temporary USER --remove takes the temporary ones back."},
        "sekisho revoke, sekisho code"},
    {ERR_DUPLICATE,
        "This secret or this label is there already. The same secret twice would let a used "
        "code open again.",
        {"the same file or fob enrolled twice", "a label that is taken"},
        {"sekisho list USER shows the labels.",
            "Choose another --label, or --replace the old one.",
            "For the same secret: it is enrolled, nothing is to be done."},
        "sekisho list, sekisho enroll"},
    {ERR_REVOKED,
        "All tokens of this person were ended. That is kept, so that revoked never looks like "
        "never enrolled: where people without a token may log in, this person may not.",
        {"somebody left, or lost everything", "a damaged record was given up"},
        {"The log of that day says who revoked and why (event=revoke).",
            "When the person is to come back: sekisho enroll USER totp."},
        "sekisho enroll, sekisho list"},
    {ERR_INPUT,
        "Something that was given cannot be used: a file that is not there or is there "
        "already, a label nobody has, a secret that is none; or a question was answered with "
        "no.",
        {"a slip in a path or label", "the answer to [y/N] was not y",
            "a file to be written exists already"},
        {"The line names what it was about.", "sekisho list USER shows the labels.",
            "Files are never written over: choose a new name, or move the old one away."},
        "sekisho(8)"},
    {ERR_SUSPENDED,
        "A token, a person or everybody was suspended by an administrator. Right codes are "
        "refused and told as wrong ones.",
        {"sekisho suspend, on purpose", "suspend --all after an incident"},
        {"sekisho list shows which; its last line tells when it is everybody.",
            "The log says who did it and why (event=suspend).",
            "When the reason is gone: sekisho resume USER, or sekisho resume --all."},
        "sekisho suspend, sekisho resume"},
    {ERR_LOCKED,
        "Too many wrong codes for this person from one kind of place. Five are free, then each "
        "costs a wait, up to 15 minutes; many in a row need an administrator. Other kinds of "
        "places go on.",
        {"a phone that was set anew, or another entry", "a clock that is wrong",
            "a screen locker that sends the password as the code", "somebody who guesses"},
        {"Look into the log first: from where, and how often?",
            "When it was the person: sekisho unlock USER.",
            "Then find out why: S-22 and S-42 have the steps.",
            "When it was not: leave it locked, and find out who it was."},
        "sekisho unlock, sekisho list"},
    {ERR_USED_CODE,
        "The code was right and had been used: each opens once. A code that was seen over a "
        "shoulder is worth nothing.",
        {"two logins within half a minute", "sudo directly after a login",
            "somebody who saw the code typed it first"},
        {"Wait for the next code; it takes half a minute at most.",
            "If the person did not log in just now, look in the log who did."},
        "sekisho list"},
    {ERR_TORN,
        "The power failed, or the machine was stopped, while a login or a command was being "
        "written down. Nobody can know which code was used in it, so those that may have been "
        "are given up.",
        {"a power cut or a hard reset", "a disk that lost a write"},
        {"One-time codes by time: wait two minutes.",
            "HOTP: press on past as many codes as hotp-look-ahead, and one more.",
            "Recovery and temporary codes wait for you: sekisho unlock USER lets them open "
            "again; sekisho code recovery USER makes new ones.",
            "When it comes again without a power cut, look at the disk."},
        "sekisho unlock, sekisho code"},
    {ERR_CALLER,
        "A program that does not run as root asked about somebody else. Only root may verify "
        "anybody; others only themselves.",
        {"a screen locker that was started as another user",
            "a program that tries what it may not"},
        {"The log has the uid that asked, and the account it asked for.",
            "Start the locker as the person who is logged in.",
            "When you do not know the program, find out what it is."},
        "pam_sekisho(8), sekisho-auth(8)"},
    {ERR_PROTOCOL, "Module and helper do not understand each other. The login was denied.",
        {"the package was updated halfway: module and helper are of two releases",
            "another program listens on the socket",
            "a program was started before the update and still has the old module"},
        {"Install the package once more, whole.",
            "Restart the program that asked (the greeter, sshd).",
            "ls -l /run/sekisho: both sockets must belong to root."},
        "sekisho-auth(8)"},
    {ERR_NO_HELPER,
        "The module could not reach sekisho-auth, or it did not answer in time. The login was "
        "denied.",
        {"sekisho-auth is not installed, or not where the module looks",
            "the sockets are not there, and the program may not start the helper itself",
            "the machine is so busy that 20 seconds were not enough"},
        {"ls -l /usr/libexec/sekisho-auth: it must be there, owner root, mode 0700.",
            "systemctl status sekisho-root.socket sekisho-user.socket; systemctl enable --now "
            "starts them.",
            "Screen lockers and sandboxed programs need the sockets.",
            "The log of sekisho-auth of that moment tells more."},
        "sekisho-auth(8), pam_sekisho(8)"},
    {ERR_CONVERSATION,
        "The program that wanted the login showed no question, or ended before there was an "
        "answer.",
        {"somebody pressed escape, or the connection broke",
            "sshd with KbdInteractiveAuthentication no",
            "a program that cannot show a second question"},
        {"sshd: UsePAM yes, KbdInteractiveAuthentication yes, and keyboard-interactive in "
         "AuthenticationMethods.",
            "examples/ has files for programs that were tested.",
            "For a program with a single field: the option combined of pam_sekisho(8)."},
        "pam_sekisho(8)"},
    {ERR_EMERGENCY,
        "The code of the sealed envelope opened a login. It opens nothing any more.",
        {"somebody used it on purpose, in trouble",
            "somebody opened the envelope who should not have"},
        {"The log says who logged in and when, with the number of the code.",
            "Make sure that it was one of you.", "Find out what was broken, and repair it.",
            "sekisho code emergency makes a new one; seal it."},
        "sekisho code"},
    {ERR_CLOCK,
        "The clock of this terminal is behind the latest code it accepted: it was reset. "
        "One-time codes by time are refused, for used ones would be good again. HOTP, recovery "
        "codes and the emergency code open.",
        {"the battery of the clock is empty", "somebody set the clock back",
            "the clock had been ahead, and is right now"},
        {"Log in with a recovery code, a HOTP token, or the emergency code.",
            "Compare with a clock you trust.",
            "Set it: timedatectl set-time '2026-11-20 08:30', then hwclock --systohc.",
            "sekisho clock must say that it is not behind.",
            "When this clock is the right one and the one of before was ahead: sekisho clock "
            "accept.",
            "Change the battery when it comes again."},
        "sekisho clock"},
    {ERR_CLOCK_OFF,
        "A code was refused here that is right at another time, or the clock says a time that "
        "cannot be. The line says how far it seems to be off.",
        {"the clock of this terminal runs fast or slow", "the clock of one token does",
            "a time zone set as if it were the time"},
        {"Several people within the hour: it is this terminal. Compare date with a clock you "
         "trust, and timedatectl set-time.",
            "One person only: it is the token. sekisho resync USER.",
            "A phone: let it take its time from the network."},
        "sekisho resync, sekisho clock"},
};
const size_t explanation_count = sizeof(explanations) / sizeof(explanations[0]);
