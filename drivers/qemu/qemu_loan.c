/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_loan.h"

#include "drivers/host/pci.h"
#include "drivers/qemu/qemu_vf.h"
#include "service/base/store.h"

#include <string.h>
#include <sys/acl.h>
#include <sys/file.h>
#include <sys/stat.h>

#define LOG_CATEGORY "qemu"
#include "service/base/log.h"

#define JOURNAL "loans"
#define JOURNAL_MAX (1024 * 1024)
#define CLAIMS "loans"
/* A machine that has ended a moment ago gives its devices back in the background. */
#define CLAIM_USEC (10 * USEC_PER_SEC)
#define CLAIM_STEP_USEC (50 * USEC_PER_MSEC)
#define LOCK_USEC (120 * USEC_PER_SEC)

struct QemuLoans {
        char *root;
        char *owner; /* the machine's UUID and, as each run has a file of its own, the inode of its journal */
        uid_t uid;
        int journal_fd;
        int run_fd;
        int claims_fd;
};

QemuLoans *qemu_loans_free(QemuLoans *loans)
{
        if (!loans)
                return NULL;
        safe_close(loans->journal_fd);
        safe_close(loans->claims_fd);
        safe_close(loans->run_fd);
        g_free(loans->root);
        g_free(loans->owner);
        g_free(loans);
        return NULL;
}

/* "KIND REST", before it is done. */
static int note(QemuLoans *loans, const char *kind, const char *rest, Error *error)
{
        g_autofree char *line = g_strdup_printf("%s %s\n", kind, rest);

        if (strchr(rest, '\n'))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "'%s' has a line break", rest);
        if (write_all(loans->journal_fd, line, strlen(line)) < 0)
                return error_set_errno(error, errno, "cannot write down what the machine is lent");
        return 0;
}

int qemu_loans_serve(QemuLoans *loans, const char *alias, Error *error)
{
        return note(loans, "for", alias, error);
}

/* Whoever undoes waits for whoever still lends, also when nobody is interested in that any more. */
static bool lock_journal(int fd)
{
        for (uint64_t waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited += CLAIM_STEP_USEC) {
                if (errno != EWOULDBLOCK || waited > LOCK_USEC)
                        return false;
                g_usleep(CLAIM_STEP_USEC);
        }
        return true;
}

int qemu_loans_open(const char *root, const char *run_dir, uid_t uid, QemuLoans **ret, Error *error)
{
        _cleanup_(qemu_loans_freep) QemuLoans *loans = g_new0(QemuLoans, 1);
        g_autofree char *parent = g_path_get_dirname(run_dir), *journal = g_build_filename(run_dir, JOURNAL, NULL);
        g_autofree char *claims = g_build_filename(parent, CLAIMS, NULL), *uuid = g_path_get_basename(run_dir);
        struct stat st;
        int r;

        loans->root = g_strdup(root);
        loans->uid = uid;
        loans->claims_fd = loans->run_fd = -EBADF;
        loans->journal_fd = open(journal, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (loans->journal_fd < 0)
                return error_set_errno(error, errno, "cannot write '%s'", journal);
        if (!lock_journal(loans->journal_fd) || fstat(loans->journal_fd, &st) < 0)
                return error_set_errno(error, errno, "cannot have '%s' for ourselves", journal);
        loans->owner = g_strdup_printf("%s %ju", uuid, (uintmax_t) st.st_ino);
        r = note(loans, "owner", loans->owner, error);
        if (r >= 0)
                r = store_open_dir(parent, 0700, &loans->run_fd, error);
        if (r >= 0)
                r = store_open_dir(claims, 0700, &loans->claims_fd, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&loans);
        return 0;
}

/* -- claims -------------------------------------------------------------------------------------------------- */

/* Its directory has another name as soon as it has ended. */
static bool is_machine(const QemuLoans *loans, const char *owner)
{
        g_auto(GStrv) words = g_strsplit(owner, " ", 2);
        g_autofree char *journal = g_build_filename(words[0], JOURNAL, NULL);
        struct stat st;
        uint64_t inode;

        return words[1] && parse_u64(words[1], &inode) >= 0 &&
               fstatat(loans->run_fd, journal, &st, AT_SYMLINK_NOFOLLOW) >= 0 && st.st_ino == inode;
}

static int try_claim(QemuLoans *loans, const char *key, char **ret_owner, Error *error)
{
        _cleanup_close_ int fd = openat(loans->claims_fd, key, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                                        0600);

        if (fd >= 0) {
                if (write_all(fd, loans->owner, strlen(loans->owner)) < 0)
                        return error_set_errno(error, errno, "cannot write down who has '%s'", key);
                return 1;
        }
        if (errno != EEXIST)
                return error_set_errno(error, errno, "cannot write down who has '%s'", key);
        g_clear_pointer(ret_owner, g_free);
        if (read_file_at(loans->claims_fd, key, 256, ret_owner, NULL) < 0)
                *ret_owner = g_strdup("");
        return 0;
}

int qemu_loans_claim(QemuLoans *loans, const char *key, const char *place, Error *error)
{
        g_autofree char *owner = NULL;
        int r = note(loans, "claim", key, error);

        for (uint64_t waited = 0; r >= 0 && waited < CLAIM_USEC; waited += CLAIM_STEP_USEC) {
                r = try_claim(loans, key, &owner, error);
                if (r != 0 || streq(owner, loans->owner))
                        return MIN(r, 0);
                if (*owner && is_machine(loans, owner))
                        break;
                g_usleep(CLAIM_STEP_USEC);
        }
        if (r < 0)
                return r;
        return error_set(error, ERROR_OPERATION_INVALID, "%s: the device '%s' is in use by the machine %s", place, key,
                         owner);
}

static void undo_claim(int claims_fd, const char *key, const char *owner)
{
        g_autofree char *text = NULL;

        if (read_file_at(claims_fd, key, 256, &text, NULL) >= 0 && streq(text, owner))
                (void) unlinkat(claims_fd, key, 0);
}

/* -- access -------------------------------------------------------------------------------------------------- */

static bool is_entry_of(acl_entry_t entry, uid_t uid)
{
        acl_tag_t tag;
        uid_t *qualifier;
        bool same;

        if (acl_get_tag_type(entry, &tag) < 0 || tag != ACL_USER)
                return false;
        qualifier = acl_get_qualifier(entry);
        same = qualifier && *qualifier == uid;
        acl_free(qualifier);
        return same;
}

static acl_entry_t find_entry(acl_t acl, uid_t uid)
{
        acl_entry_t entry;

        for (int at = ACL_FIRST_ENTRY; acl_get_entry(acl, at, &entry) == 1; at = ACL_NEXT_ENTRY)
                if (is_entry_of(entry, uid))
                        return entry;
        return NULL;
}

static int add_entry(acl_t *acl, uid_t uid)
{
        acl_entry_t entry = find_entry(*acl, uid);
        acl_permset_t permissions;

        if (!entry && (acl_create_entry(acl, &entry) < 0 || acl_set_tag_type(entry, ACL_USER) < 0 ||
                       acl_set_qualifier(entry, &uid) < 0))
                return -errno;
        if (acl_get_permset(entry, &permissions) < 0 || acl_add_perm(permissions, ACL_READ) < 0 ||
            acl_add_perm(permissions, ACL_WRITE) < 0 || acl_calc_mask(acl) < 0)
                return -errno;
        return 0;
}

/* The mask is there for entries of single users and groups alone. */
static void drop_mask(acl_t acl)
{
        acl_entry_t entry, mask = NULL;
        acl_tag_t tag;

        for (int at = ACL_FIRST_ENTRY; acl_get_entry(acl, at, &entry) == 1; at = ACL_NEXT_ENTRY) {
                if (acl_get_tag_type(entry, &tag) < 0 || tag == ACL_USER || tag == ACL_GROUP)
                        return;
                if (tag == ACL_MASK)
                        mask = entry;
        }
        if (mask)
                (void) acl_delete_entry(acl, mask);
}

static int change_access(int fd, uid_t uid, bool allowed)
{
        acl_t acl = acl_get_fd(fd);
        acl_entry_t entry;
        int r = 0;

        if (!acl)
                return -errno;
        entry = find_entry(acl, uid);
        if (allowed)
                r = add_entry(&acl, uid);
        else if (!entry || acl_delete_entry(acl, entry) < 0 || acl_calc_mask(&acl) < 0)
                r = -ENOENT;
        else
                drop_mask(acl);
        if (r >= 0 && acl_set_fd(fd, acl) < 0)
                r = -errno;
        acl_free(acl);
        return r;
}

int qemu_loans_grant(QemuLoans *loans, int fd, const char *path, const char *place, Error *error)
{
        g_autofree char *rest = g_strdup_printf("%u %s", (unsigned) loans->uid, path);
        const mode_t everybody = 06;
        struct stat st;
        int r;

        if (loans->uid == 0 || loans->uid == geteuid())
                return 0;
        if (fstat(fd, &st) < 0)
                return error_set_errno(error, errno, "cannot look at '%s'", path);
        if ((st.st_mode & everybody) == everybody)
                return 0;
        r = note(loans, "access", rest, error);
        if (r < 0)
                return r;
        r = change_access(fd, loans->uid, true);
        return r < 0 ? error_set_errno(error, r, "%s: cannot let QEMU's user open '%s'", place, path) : 0;
}

/* A device that has gone meanwhile has taken its access list along. */
static void undo_access(const char *rest)
{
        g_auto(GStrv) words = g_strsplit(rest, " ", 2);
        _cleanup_close_ int fd = -EBADF;
        uint32_t uid;

        if (!words[0] || !words[1] || parse_u32(words[0], &uid) < 0)
                return;
        fd = open(words[1], O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd >= 0)
                (void) change_access(fd, uid, false);
}

/* -- drivers ------------------------------------------------------------------------------------------------- */

int qemu_loans_take_pci(QemuLoans *loans, const char *name, bool managed, const char *place, Error *error)
{
        g_autofree char *key = g_strconcat("pci-", name, NULL);
        int r = qemu_loans_claim(loans, key, place, error);

        if (r < 0 || pci_device_is_vfio(loans->root, name))
                return r;
        if (!managed) {
                g_autofree char *driver = pci_device_driver(loans->root, name);

                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: the device '%s' is not managed and has the driver '%s', not '" PCI_DRIVER_VFIO
                                 "'", place, name, driver ?: "(none)");
        }
        r = note(loans, "pci", name, error);
        return r < 0 ? r : pci_device_take(loans->root, name, place, error);
}

static void undo_pci(const char *root, const char *name)
{
        _cleanup_error_ Error error = ERROR_INIT;

        if (pci_device_return(root, name, &error) < 0)
                log_warning("the device '%s' cannot be given back to the host: %s", name, error.detail);
}

/* -- virtual functions --------------------------------------------------------------------------------------- */

int qemu_loans_set_vf(QemuLoans *loans, const char *name, const DomainInterface *interface, const char *place,
                      Error *error)
{
        g_autofree char *card = NULL, *text = NULL, *rest = NULL;
        VfSettings now, wanted;
        uint32_t number;
        int r = vf_find(loans->root, name, place, &card, &number, error);

        if (r >= 0)
                r = vf_read(card, number, place, &now, error);
        if (r >= 0)
                r = vf_settings_wanted(interface, &now, place, &wanted, error);
        if (r < 0)
                return r;
        text = vf_settings_to_text(&now);
        rest = g_strdup_printf("%s %s", name, text);
        r = note(loans, "vf", rest, error);
        return r < 0 ? r : vf_write(card, number, &wanted, place, error);
}

static void undo_vf(const char *root, const char *rest)
{
        g_auto(GStrv) words = g_strsplit(rest, " ", 2);
        g_autofree char *card = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        VfSettings settings;
        uint32_t number;

        if (!words[0] || !words[1] || vf_settings_from_text(words[1], &settings) < 0)
                return;
        if (vf_find(root, words[0], words[0], &card, &number, &error) < 0 ||
            vf_write(card, number, &settings, words[0], &error) < 0)
                log_warning("a virtual function does not get back what it had: %s", error.detail);
}

/* -- the end ------------------------------------------------------------------------------------------------- */

/*
 * The journal, a line each: "owner OWNER" as each worker begins to lend; "for ALIAS", which counts for the lines behind
 * it; what is lent; "back ALIAS" when all of that has been undone.
 */
typedef struct Loan {
        char *alias; /* "": of the machine as a whole */
        char *line;
} Loan;

typedef struct Journal {
        const char *root;
        int fd; /* locked */
        int claims_fd;
        char *owner;
        GPtrArray *loans; /* of Loan, those that have not been undone */
} Journal;

static void loan_free(void *p)
{
        Loan *loan = p;

        g_free(loan->alias);
        g_free(loan->line);
        g_free(loan);
}

static void journal_clear(Journal *journal)
{
        safe_close(journal->fd);
        safe_close(journal->claims_fd);
        g_free(journal->owner);
        g_clear_pointer(&journal->loans, g_ptr_array_unref);
}

/* What follows the word in the line; NULL: it begins with another one. */
static const char *behind(const char *line, const char *word)
{
        size_t n = strlen(word);

        return g_str_has_prefix(line, word) && line[n] == ' ' ? line + n + 1 : NULL;
}

static void add_loan(Journal *journal, const char *alias, const char *line)
{
        Loan *loan = g_new(Loan, 1);

        *loan = (Loan) { .alias = g_strdup(alias), .line = g_strdup(line) };
        g_ptr_array_add(journal->loans, loan);
}

static void forget_loans(Journal *journal, const char *alias)
{
        for (guint i = journal->loans->len; i-- > 0;)
                if (streq(((const Loan *) journal->loans->pdata[i])->alias, alias))
                        g_ptr_array_remove_index(journal->loans, i);
}

static void journal_parse(Journal *journal, const char *text)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        const char *alias = "", *rest;

        for (char **line = lines; *line; line++) {
                if ((rest = behind(*line, "owner"))) {
                        g_free(journal->owner);
                        journal->owner = g_strdup(rest);
                        alias = "";
                } else if ((rest = behind(*line, "for"))) {
                        alias = rest;
                } else if ((rest = behind(*line, "back"))) {
                        forget_loans(journal, rest);
                } else if (**line) {
                        add_loan(journal, alias, *line);
                }
        }
}

/* false: there is none. */
static bool journal_open(Journal *journal, const char *root, int run_fd, int dir_fd)
{
        g_autofree char *text = NULL;

        *journal = (Journal) {
                .root = root,
                .fd = openat(dir_fd, JOURNAL, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW),
                .claims_fd = openat(run_fd, CLAIMS, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW),
        };
        if (journal->fd < 0)
                return false;
        if (!lock_journal(journal->fd))
                log_warning("what a machine has is given back while it is still being lent something");
        if (read_file_at(dir_fd, JOURNAL, JOURNAL_MAX, &text, NULL) < 0)
                return false;
        journal->owner = g_strdup("");
        journal->loans = g_ptr_array_new_with_free_func(loan_free);
        journal_parse(journal, text);
        return true;
}

/* One that has been given back before, by a life that could not write that down, may be another machine's by now. */
static bool is_ours(const Journal *journal, const char *rest)
{
        g_auto(GStrv) words = g_strsplit(rest, " ", 2);
        g_autofree char *key = g_strconcat("pci-", strempty(words[0]), NULL), *text = NULL;

        return read_file_at(journal->claims_fd, key, 256, &text, NULL) >= 0 && streq(text, journal->owner);
}

static void undo_loan(const Journal *journal, const char *line)
{
        const char *rest;

        if ((rest = behind(line, "pci")) && is_ours(journal, rest))
                undo_pci(journal->root, rest);
        else if ((rest = behind(line, "vf")) && is_ours(journal, rest))
                undo_vf(journal->root, rest);
        else if ((rest = behind(line, "access")))
                undo_access(rest);
        else if ((rest = behind(line, "claim")))
                undo_claim(journal->claims_fd, rest, journal->owner);
}

/* Another device that needs the same: two disks may be on one controller. NULL: there is none. */
static const Loan *find_partner(const Journal *journal, const Loan *loan)
{
        const char *name = behind(loan->line, "pci");
        g_autofree char *line = name ? g_strconcat("claim pci-", name, NULL) : g_strdup(loan->line);

        for (guint i = 0; i < journal->loans->len; i++) {
                const Loan *other = journal->loans->pdata[i];

                if (!streq(other->alias, loan->alias) && streq(other->line, line))
                        return other;
        }
        return NULL;
}

/* Undone, or the partner's from now on. */
static void give_back(const Journal *journal, const Loan *loan)
{
        const Loan *partner = find_partner(journal, loan);
        g_autofree char *lines = NULL;

        if (!partner) {
                undo_loan(journal, loan->line);
                return;
        }
        lines = g_strdup_printf("for %s\n%s\n", partner->alias, loan->line);
        (void) write_all(journal->fd, lines, strlen(lines));
}

void qemu_loans_give_back(const char *root, const char *run_dir, const char *alias)
{
        g_autofree char *parent = g_path_get_dirname(run_dir), *line = g_strdup_printf("back %s\n", alias);
        _cleanup_close_ int dir_fd = open(run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        _cleanup_close_ int run_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_(journal_clear) Journal journal = { .fd = -EBADF, .claims_fd = -EBADF };
        bool any = false;

        if (dir_fd < 0 || run_fd < 0 || !journal_open(&journal, root, run_fd, dir_fd))
                return;
        for (guint i = journal.loans->len; i-- > 0;) {
                const Loan *loan = journal.loans->pdata[i];

                if (!streq(loan->alias, alias))
                        continue;
                give_back(&journal, loan);
                any = true;
        }
        if (any)
                (void) write_all(journal.fd, line, strlen(line));
}

void qemu_loans_undo(const char *root, int run_fd, int dir_fd)
{
        _cleanup_(journal_clear) Journal journal = { .fd = -EBADF, .claims_fd = -EBADF };

        if (!journal_open(&journal, root, run_fd, dir_fd))
                return;
        for (guint i = journal.loans->len; i-- > 0;)
                undo_loan(&journal, ((const Loan *) journal.loans->pdata[i])->line);
        (void) unlinkat(dir_fd, JOURNAL, 0);
}
