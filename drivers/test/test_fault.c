/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_fault.h"

#include <fnmatch.h>
#include <string.h>

#include "drivers/test/test_event.h"

#define DELAY_MAX_MSEC (3600u * 1000u)

static const char *const test_fault_action_table[_TEST_FAULT_MAX] = {
        [TEST_FAULT_DELAY] = "delay",
        [TEST_FAULT_FAIL] = "fail",
        [TEST_FAULT_HANG] = "hang",
        [TEST_FAULT_EVENT] = "event",
};
DEFINE_STRING_TABLE(test_fault_action, TestFaultAction)

/* The words of object paths. */
static const char *const kind_words[_OBJECT_TYPE_MAX] = {
        [OBJECT_CONNECT] = "host",
        [OBJECT_DOMAIN] = "domain",
        [OBJECT_JOB] = "job",
        [OBJECT_NETWORK] = "network",
        [OBJECT_NETWORK_PORT] = "networkport",
        [OBJECT_STORAGE_POOL] = "storagepool",
        [OBJECT_STORAGE_VOL] = "storagevol",
        [OBJECT_INTERFACE] = "interface",
        [OBJECT_NODE_DEVICE] = "nodedev",
        [OBJECT_NWFILTER] = "nwfilter",
        [OBJECT_NWFILTER_BINDING] = "nwfilterbinding",
        [OBJECT_SECRET] = "secret",
        [OBJECT_DOMAIN_SNAPSHOT] = "domainsnapshot",
        [OBJECT_DOMAIN_CHECKPOINT] = "domaincheckpoint",
};

static void fault_free(gpointer p)
{
        TestFault *fault = p;

        if (!fault)
                return;
        g_free(fault->operation);
        g_free(fault->name);
        g_free(fault->text);
        g_free(fault);
}

DEFINE_TRIVIAL_CLEANUP(TestFault *, fault_free)

GPtrArray *test_faults_new(void)
{
        return g_ptr_array_new_with_free_func(fault_free);
}

/* Takes the first word off the text; NULL when there is none. Free with g_free(). */
static char *take_word(const char **text)
{
        const char *begin = *text + strspn(*text, " \t"), *end = begin + strcspn(begin, " \t");

        *text = end + strspn(end, " \t");
        return end > begin ? g_strndup(begin, (gsize) (end - begin)) : NULL;
}

static int take_time(const char **text, uint64_t *ret_usec)
{
        g_autofree char *word = take_word(text);
        uint64_t msec;

        if (!word || parse_u64(word, &msec) < 0 || msec > DELAY_MAX_MSEC)
                return -EINVAL;
        *ret_usec = msec * USEC_PER_MSEC;
        return 0;
}

/* "38 the server does not answer": the number may be left out. */
static int read_failure(const char *rest, TestFault *fault)
{
        const char *text = rest;
        g_autofree char *number = take_word(&text);
        uint64_t code;

        fault->code = ERROR_OPERATION_FAILED;
        if (number && parse_u64(number, &code) >= 0) {
                if (code == 0 || code > INT32_MAX || error_info((ErrorCode) code)->code != (ErrorCode) code)
                        return -EINVAL;
                fault->code = (ErrorCode) code;
                rest = text;
        }
        fault->text = g_strdup(isempty(rest) ? "this is a fault of the configuration" : rest);
        return 0;
}

/* "memory-failure 500": the time may be left out. */
static int read_event(const char *rest, TestFault *fault)
{
        fault->text = take_word(&rest);
        if (!fault->text || !test_event_is_known(fault->text))
                return -EINVAL;
        return isempty(rest) ? 0 : take_time(&rest, &fault->usec);
}

static int read_action(const char *rest, TestFault *fault)
{
        switch (fault->action) {
        case TEST_FAULT_DELAY:
                return take_time(&rest, &fault->usec);
        case TEST_FAULT_FAIL:
                return read_failure(rest, fault);
        case TEST_FAULT_HANG:
                return isempty(rest) ? 0 : -EINVAL;
        case TEST_FAULT_EVENT:
                return read_event(rest, fault);
        case _TEST_FAULT_MAX:
                break;
        }
        g_assert_not_reached();
}

static int parse_rule(const char *rule, GPtrArray *faults, Error *error)
{
        _cleanup_(fault_freep) TestFault *fault = g_new0(TestFault, 1);
        g_autofree char *action = NULL;
        const char *rest = rule;

        fault->operation = take_word(&rest);
        fault->name = take_word(&rest);
        action = take_word(&rest);
        if (!action || !strchr(fault->operation, '.'))
                return error_set(error, ERROR_INVALID_ARG, "faults: '%s' is not OPERATION NAME ACTION", rule);
        fault->action = test_fault_action_from_string(action);
        if ((int) fault->action < 0 || read_action(rest, fault) < 0)
                return error_set(error, ERROR_INVALID_ARG, "faults: '%s' has no such action", rule);
        g_ptr_array_add(faults, g_steal_pointer(&fault));
        return 0;
}

int test_faults_parse(const char *text, GPtrArray *faults, Error *error)
{
        g_auto(GStrv) rules = g_strsplit_set(text, ";\n", -1);
        int r = 0;

        for (char **rule = rules; r >= 0 && *rule; rule++) {
                g_strstrip(*rule);
                if (**rule && **rule != '#')
                        r = parse_rule(*rule, faults, error);
        }
        return r;
}

/* Within a network or a pool: its own, without that of the other. */
static const char *name_of(const Object *object)
{
        const char *slash;

        if (object->type == OBJECT_STORAGE_VOL)
                return ((const StorageVol *) object)->name;
        if (object->name || !object->key)
                return strempty(object->name);
        slash = strrchr(object->key, '/');
        return slash ? slash + 1 : object->key;
}

const TestFault *test_fault_find(const GPtrArray *faults, const Job *job, const Object *object)
{
        g_autofree char *operation = NULL;

        if (faults->len == 0)
                return NULL;
        operation = g_strconcat(kind_words[object->type], ".", job_kind(job), NULL);
        for (guint i = 0; i < faults->len; i++) {
                const TestFault *fault = faults->pdata[i];

                if (fnmatch(fault->operation, operation, 0) == 0 && fnmatch(fault->name, name_of(object), 0) == 0)
                        return fault;
        }
        return NULL;
}
