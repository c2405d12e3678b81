/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What went wrong, in words an administrator can act on: the object, the reason, the number
 * S-NN that finds the next step. Holds no secret, ever, and allocates nothing.
 */
#ifndef SEKISHO_ERR_H
#define SEKISHO_ERR_H

#include "lib/wire/bytes.h"

/* Name, number (never reused), short title, next step. The one table behind log lines,
 * tool errors and documents. */
#define ERR_TABLE(X)                                                                           \
	X(ERR_INTERNAL, 1, "internal error", "report it together with this line")              \
	X(ERR_ACCOUNT, 2, "no such account", "getent passwd NAME shows what the system knows") \
	X(ERR_NOT_ROOT, 3, "must run as root", "run it with sudo or from a root shell")        \
	X(ERR_USAGE, 4, "wrong usage", "sekisho --help")                                       \
	X(ERR_OPTION, 5, "bad module option", "pam_sekisho(8) lists every option")             \
	X(ERR_GROUPS, 6, "groups of a person cannot be told", "id NAME; getent group")         \
	X(ERR_NO_STORE, 10, "no secrets store", "sekisho init")                                \
	X(ERR_STORE_EXISTS, 11, "store exists already", "nothing was changed")                 \
	X(ERR_CONFIG, 12, "bad configuration; logins denied", "sekisho.conf(5)")               \
	X(ERR_UNSAFE_FILE, 13, "unsafe file",                                                  \
	    "restore owner root and the mode FORMAT.md names, then look who changed it")       \
	X(ERR_DAMAGED, 14, "damaged file", "restore it from a backup, or revoke and enroll")   \
	X(ERR_FOREIGN, 15, "belongs to another store or person", "restore the right file")     \
	X(ERR_TOO_NEW, 16, "written by a newer version", "update sekisho on this terminal")    \
	X(ERR_HOST_KEY, 17, "host key unusable", "restore host.key from a backup")             \
	X(ERR_FILE_SYSTEM, 18, "file system not fit for the store",                            \
	    "put the store on a local disk (ext4, xfs, btrfs)")                                \
	X(ERR_IO, 19, "input/output error",                                                    \
	    "look at the disk: free space, mount options, dmesg")                              \
	X(ERR_BUSY, 20, "record in use", "try again in a few seconds")                         \
	X(ERR_NOT_ENROLLED, 21, "not enrolled", "sekisho enroll USER totp")                    \
	X(ERR_WRONG_CODE, 22, "wrong code",                                                    \
	    "check the clock here and on the phone; type the code that is showing now")        \
	X(ERR_WRONG_PIN, 23, "wrong PIN",                                                      \
	    "mind the tries left: the card blocks itself after the last one")                  \
	X(ERR_LIMIT, 24, "limit reached", "sekisho list USER; sekisho revoke USER LABEL")      \
	X(ERR_DUPLICATE, 25, "already there", "sekisho list USER")                             \
	X(ERR_REVOKED, 26, "revoked", "sekisho enroll USER totp enrolls anew")                 \
	X(ERR_INPUT, 27, "unusable input", "see sekisho(8)")                                   \
	X(ERR_SUSPENDED, 28, "suspended", "sekisho resume USER")                               \
	X(ERR_LOCKED, 30, "locked after failures", "wait, or: sekisho unlock USER")            \
	X(ERR_USED_CODE, 31, "code used before", "wait for the next code")                     \
	X(ERR_TORN, 32, "last write was interrupted",                                          \
	    "type a code, then wait two minutes; HOTP: skip hotp-look-ahead + 1 codes; "       \
	    "paper: sekisho unlock USER")                                                      \
	X(ERR_CALLER, 33, "caller may not verify this person",                                 \
	    "screen lockers may verify only their own user")                                   \
	X(ERR_PROTOCOL, 34, "malformed message", "module and helper must be of one release")   \
	X(ERR_NO_HELPER, 35, "helper did not answer",                                          \
	    "is sekisho-auth installed? systemctl status sekisho-root.socket")                 \
	X(ERR_CONVERSATION, 36, "login program gave no answer",                                \
	    "see examples/ for this program")                                                  \
	X(ERR_EMERGENCY, 40, "emergency code used", "sekisho code emergency makes a new one")  \
	X(ERR_CLOCK, 41, "clock behind last login; TOTP refused",                              \
	    "timedatectl set-time ...; HOTP and recovery codes still work")                    \
	X(ERR_CLOCK_OFF, 42, "clock seems wrong",                                              \
	    "compare it with a clock you trust; timedatectl set-time ...; one person only: "   \
	    "sekisho resync USER")                                                             \
	X(ERR_PROGRAM, 50, "program not as it was installed",                                  \
	    "install it anew, then look who changed it")                                       \
	X(ERR_DOOR, 51, "door not open",                                                       \
	    "systemctl enable --now sekisho-root.socket sekisho-user.socket")                  \
	X(ERR_STRAY, 52, "file that does not belong there",                                    \
	    "look who put it there, then remove it")                                           \
	X(ERR_SPACE, 53, "disk nearly full", "make room; logins go on, enrolling does not")    \
	X(ERR_HALF, 54, "state without a record",                                              \
	    "restore both from one backup, or enroll the person anew")                         \
	X(ERR_KEY_SLOT, 55, "what a key protects", "encrypt the disk where it may be stolen")  \
	X(ERR_OPEN_RULE, 56, "rule that lets in without a code", "sekisho.conf(5), require")   \
	X(ERR_DEAD_RULE, 57, "rule names what is not there",                                   \
	    "correct the name in sekisho.conf")                                                \
	X(ERR_NOT_TAKEN, 58, "has nothing that a rule takes", "sekisho enroll USER totp")      \
	X(ERR_ROOT_REFUSED, 59, "root would be refused", "sekisho enroll root totp")           \
	X(ERR_UNENROLLED, 60, "accounts without a token", "sekisho list --unenrolled")         \
	X(ERR_NO_EMERGENCY, 61, "no emergency code", "sekisho code emergency")                 \
	X(ERR_STACK_BYPASS, 62, "PAM stack lets in without a code",                            \
	    "pam_sekisho(8), EXAMPLES")                                                        \
	X(ERR_STACK_IGNORED, 63, "refusal of pam_sekisho.so has no effect",                    \
	    "auth required pam_sekisho.so")                                                    \
	X(ERR_STACK_ALONE, 64, "a code alone lets in",                                         \
	    "requisite, also for the module that checks the password")                         \
	X(ERR_STACK_CONDITION, 65, "PAM stack lets some in without a code",                    \
	    "leave it if that is meant")                                                       \
	X(ERR_STACK_NONE, 66, "service asks for no code", "pam_sekisho(8), EXAMPLES")          \
	X(ERR_STACK_BROKEN, 67, "line in a PAM stack is broken",                               \
	    "correct it; it refuses people, or does not do what it says")                      \
	X(ERR_STACK_IDLE, 68, "pam_sekisho.so does nothing there",                             \
	    "remove the line; it belongs to auth")                                             \
	X(ERR_STACK_EARLY, 69, "wrong codes end the dialogue before the password",             \
	    "auth required pam_sekisho.so")                                                    \
	X(ERR_STACK_UNSURE, 70, "PAM stack not judged",                                        \
	    "look at it yourself: pam_sekisho(8), EXAMPLES")                                   \
	X(ERR_SSHD_PAM, 71, "sshd does not ask PAM", "UsePAM yes, in sshd_config")             \
	X(ERR_SSHD_METHODS, 72, "sshd lets in without a code",                                 \
	    "AuthenticationMethods publickey,keyboard-interactive")                            \
	X(ERR_SSHD_PASSWORD, 73, "sshd repeats the password where a code is asked for",        \
	    "PasswordAuthentication no, in sshd_config")                                       \
	X(ERR_SSHD_DIALOGUE, 74, "sshd cannot ask for a code",                                 \
	    "KbdInteractiveAuthentication yes, in sshd_config")                                \
	X(ERR_SSHD_UNSURE, 75, "sshd_config not judged", "look at it yourself: sshd -T")       \
	X(ERR_CARD_LINKS, 79, "card does not name its owner", "sekisho card index")            \
	X(ERR_CARD_SERVICE, 80, "no smart card service",                                       \
	    "apt-get install pcscd; systemctl status pcscd.socket pcscd; polkit may refuse")   \
	X(ERR_CARD_ABSENT, 81, "no card",                                                      \
	    "put the card into the reader and leave it there; pcsc_scan shows the readers")    \
	X(ERR_CARD_BUSY, 82, "card in use", "wait, or end the program that uses the card")     \
	X(ERR_CARD_FOREIGN, 83, "another card than expected",                                  \
	    "use the card that was enrolled")                                                  \
	X(ERR_CARD_UNKNOWN, 84, "card of an unknown kind",                                     \
	    "PIV and My Number Card (JPKI) work; for other PKCS#15 cards see pam_pkcs11")      \
	X(ERR_CARD_ANSWER, 85, "card gave no usable answer",                                   \
	    "take it out and put it in again; try another reader; opensc-tool -n")             \
	X(ERR_CARD_KEY, 86, "key not accepted",                                                \
	    "RSA of 2048 or 3072 bits, P-256 or P-384; a PIV card has it in slot 9A")          \
	X(ERR_PIN_BLOCKED, 87, "PIN is blocked",                                               \
	    "ykman piv access unblock-pin, or the issuer; My Number Card: the municipality")   \
	X(ERR_CARD_SIGNATURE, 88, "card did not prove the enrolled key",                       \
	    "a reissued card is enrolled anew; otherwise treat it as a counterfeit")           \
	X(ERR_CARD_OFF, 89, "kind of card not switched on",                                    \
	    "jpki = yes in sekisho.conf, when the site may use these cards")                   \
	X(ERR_CERT, 90, "certificate unusable", "openssl x509 -noout -text -in FILE")          \
	X(ERR_CERT_DATES, 91, "certificate not valid now",                                     \
	    "compare the clock with one you trust; have the card renewed and enroll it anew")  \
	X(ERR_CERT_USAGE, 92, "certificate for another use",                                   \
	    "it needs key usage digitalSignature and, if limited, client authentication")      \
	X(ERR_CERT_ISSUER, 93, "certificate of an issuer that is not trusted",                 \
	    "put the issuer's certificate into the directory of trust anchors")                \
	X(ERR_CERT_REVOKED, 94, "certificate revoked", "ask its issuer; enroll another card")  \
	X(ERR_CRL, 95, "revocation list missing or unusable",                                  \
	    "bring the issuer's current list into the directory of revocation lists")          \
	X(ERR_CERT_KEPT, 96, "kept certificate of a card missing or damaged",                  \
	    "sekisho enroll USER card --replace LABEL")                                        \
	X(ERR_WATCH, 97, "session with a card cannot be watched",                              \
	    "sekisho-cardwatch(8), EXAMPLES; a code opens meanwhile")                          \
	X(ERR_WATCH_ACTION, 98, "session neither locked nor ended after its card left",        \
	    "run the command by hand as that user; sekisho-cardwatch(8)")

enum err_number {
	ERR_NONE = 0,
#define ERR_ENUM(name, number, title, hint) name = number,
	ERR_TABLE(ERR_ENUM)
#undef ERR_ENUM
};

struct err {
	enum err_number number;
	char object[160]; /* a person, a file, file:line; sanitized: printable ASCII only */
	char why[160];
};

/* Fills e (NULL is fine: the caller does not want words) and returns -1, so that a function
 * can end in `return err_set(...)`. Bytes that are not printable ASCII become '?'. */
int err_set(struct err *e, enum err_number number, const char *object, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same with ": strerror(errno)" after the text. */
int err_sys(struct err *e, enum err_number number, const char *object, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Static strings; a number that is not in the table gives those of ERR_INTERNAL. */
const char *err_title(enum err_number number);
const char *err_hint(enum err_number number);
/* "object: why [S-NN]" into out, always terminated, cut when short. */
void err_format(const struct err *e, char *out, size_t size);

#endif
