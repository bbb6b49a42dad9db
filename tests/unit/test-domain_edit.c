/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_edit.h"

#include "drivers/model/def_table.h"
#include "drivers/model/domain_def_table.h"
#include "drivers/model/domain_vcpu.h"
#include "tests/unit/domain-fixture.h"

#define DISK(target, more) "<disk type='file'><source file='/" target "'/><target dev='" target "' bus='virtio'/>" \
                           more "</disk>"

static const char *default_machine(void *userdata, const char *emulator, const char *arch)
{
        return "pc-i440fx-7.2";
}

static DomainDef *make(const char *more)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = fixture_def("qemu", "a", "6695eb01-f6a4-8304-79aa-97f2502e193f",
                                                                  more);
        _cleanup_error_ Error error = ERROR_INIT;
        const DomainDefHost host = { .arch = "i686", .default_machine = default_machine };
        DomainDef *normalized;

        if (domain_def_normalize(def, &host, &normalized, &error) < 0)
                fail_msg("%s", strempty(error.detail));
        return normalized;
}

static DomainDef *apply(const DomainDef *def, DomainEdit *edit, bool live)
{
        _cleanup_(domain_edit_unrefp) DomainEdit *own = edit;
        _cleanup_error_ Error error = ERROR_INIT;
        DomainDef *result;

        if (domain_edit_apply(own, def, live, &result, &error) < 0)
                fail_msg("%s: %s", domain_edit_name(own->kind), strempty(error.detail));
        return result;
}

static void refused(const DomainDef *def, DomainEdit *edit, bool live, ErrorCode code)
{
        _cleanup_(domain_edit_unrefp) DomainEdit *own = edit;
        _cleanup_error_ Error error = ERROR_INIT;
        DomainDef *result = NULL;

        assert_true(domain_edit_apply(own, def, live, &result, &error) < 0);
        if (error.code != code)
                fail_msg("%s: %d (%s), not %d", domain_edit_name(own->kind), error.code, strempty(error.detail), code);
        assert_null(result);
}

static DomainEdit *text_edit(DomainEditKind kind, const char *text)
{
        DomainEdit *edit = domain_edit_new(kind, 0);

        edit->text = g_strdup(text);
        return edit;
}

static DomainEdit *number_edit(DomainEditKind kind, uint64_t number)
{
        DomainEdit *edit = domain_edit_new(kind, 0);

        edit->number = number;
        return edit;
}

/* The old definition stays as it is, the new device has its place. */
static void test_attach(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = make("<devices>" DISK("vda", "") "</devices>");
        _cleanup_(domain_def_unrefp) DomainDef *more =
                apply(def, text_edit(DOMAIN_EDIT_ATTACH_DEVICE, DISK("vdb", "")), false);
        _cleanup_(domain_def_unrefp) DomainDef *live =
                apply(def, text_edit(DOMAIN_EDIT_ATTACH_DEVICE, DISK("vdb", "")), true);

        assert_int_equal(def->disks.n, 1);
        assert_int_equal(more->disks.n, 2);
        assert_non_null(more->disks.items[1]->info.address);
        assert_null(more->disks.items[1]->info.alias);
        assert_string_equal(live->disks.items[1]->info.alias, "virtio-disk1");
        refused(more, text_edit(DOMAIN_EDIT_ATTACH_DEVICE, DISK("vdb", "")), false, ERROR_OPERATION_INVALID);
        refused(def, text_edit(DOMAIN_EDIT_ATTACH_DEVICE, "<emulator>/bin/sh</emulator>"), false, ERROR_XML_ERROR);
}

/* A device is known by what is said of it; what another one needs stays. */
static void test_detach(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def =
                make("<devices>" DISK("vda", "") DISK("vdb", "<serial>2</serial>")
                     "<disk type='file'><source file='/s'/><target dev='sda' bus='scsi'/></disk>"
                     "<sound model='ac97'/><sound model='es1370'/></devices>");
        _cleanup_(domain_def_unrefp) DomainDef *by_target =
                apply(def, text_edit(DOMAIN_EDIT_DETACH_DEVICE, "<disk><target dev='vda'/></disk>"), false);
        _cleanup_(domain_def_unrefp) DomainDef *by_all =
                apply(def, text_edit(DOMAIN_EDIT_DETACH_DEVICE, "<sound model='es1370'/>"), false);

        assert_int_equal(by_target->disks.n, 2);
        assert_string_equal(by_target->disks.items[0]->target, "vdb");
        assert_int_equal(by_all->sounds.n, 1);
        refused(def, text_edit(DOMAIN_EDIT_DETACH_DEVICE, "<sound model='sb16'/>"), false, ERROR_DEVICE_MISSING);
        refused(def, text_edit(DOMAIN_EDIT_DETACH_DEVICE, "<controller type='scsi' index='0'/>"), false,
                ERROR_OPERATION_FAILED);
}

/* What a guest can see of a device does not change beneath it. */
static void test_update(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def =
                make("<devices>" DISK("vda", "<serial>1</serial>")
                     "<graphics type='vnc' port='5901' passwd='old'/></devices>");
        _cleanup_(domain_def_unrefp) DomainDef *config =
                apply(def, text_edit(DOMAIN_EDIT_UPDATE_DEVICE, DISK("vda", "<serial>2</serial>")), false);
        _cleanup_(domain_def_unrefp) DomainDef *live =
                apply(def, text_edit(DOMAIN_EDIT_UPDATE_DEVICE, "<graphics type='vnc' port='5901' passwd='new'/>"),
                      true);

        assert_string_equal(config->disks.items[0]->serial, "2");
        assert_string_equal(live->graphics.items[0]->passwd, "new");
        /* the address that nobody mentioned is the old one */
        assert_true(def_equal(&domain_device_type, "device", &def->disks.items[0]->info,
                              &config->disks.items[0]->info, 0, NULL));
        refused(def, text_edit(DOMAIN_EDIT_UPDATE_DEVICE, DISK("vda", "<serial>2</serial>")), true,
                ERROR_OPERATION_UNSUPPORTED);
        refused(def, text_edit(DOMAIN_EDIT_UPDATE_DEVICE, "<graphics type='vnc' port='5902' passwd='old'/>"), true,
                ERROR_OPERATION_UNSUPPORTED);
}

/* The lowest ones that are off come first, the highest that are on go first. */
static void test_vcpus(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = make("<vcpu current='2'>4</vcpu>");
        DomainEdit *one = number_edit(DOMAIN_EDIT_VCPU, 1);
        _cleanup_(domain_def_unrefp) DomainDef *last = NULL, *three = NULL, *two = NULL;

        one->cpuset = g_strdup("3");
        last = apply(def, one, true);
        assert_true(domain_vcpu_is_enabled(last, 3));
        assert_false(domain_vcpu_is_enabled(last, 2));
        assert_int_equal(domain_vcpus_current(last), 3);
        three = apply(last, number_edit(DOMAIN_EDIT_VCPUS, 4), true);
        assert_true(domain_vcpu_is_enabled(three, 2));
        assert_int_equal(domain_vcpus_current(three), 4);
        two = apply(three, number_edit(DOMAIN_EDIT_VCPUS, 2), true);
        assert_false(domain_vcpu_is_enabled(two, 3));
        assert_true(domain_vcpu_is_enabled(two, 1));
        refused(def, number_edit(DOMAIN_EDIT_VCPUS, 5), false, ERROR_INVALID_ARG);
}

/* Threads that are only counted have the lowest numbers that are free. */
static void test_iothreads(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def =
                make("<iothreads>3</iothreads><iothreadids><iothread id='2'/></iothreadids><devices>"
                     "<disk type='file'><driver iothread='1'/><source file='/a'/><target dev='vda' bus='virtio'/>"
                     "</disk></devices>");
        g_autoptr(GArray) ids = domain_iothread_ids(def);
        _cleanup_(domain_def_unrefp) DomainDef *less = NULL;

        assert_int_equal(ids->len, 3);
        assert_int_equal(g_array_index(ids, uint32_t, 2), 3);
        less = apply(def, number_edit(DOMAIN_EDIT_DELETE_IOTHREAD, 3), false);
        assert_int_equal(less->iothreads, 2);
        assert_false(domain_iothread_exists(less, 3));
        refused(def, number_edit(DOMAIN_EDIT_DELETE_IOTHREAD, 1), false, ERROR_INVALID_ARG);
        refused(def, number_edit(DOMAIN_EDIT_ADD_IOTHREAD, 2), false, ERROR_INVALID_ARG);
}

/* Without the last one there is no count of them either. */
static void test_last_iothread(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = make("<iothreads>1</iothreads>");
        _cleanup_(domain_def_unrefp) DomainDef *less = apply(def, number_edit(DOMAIN_EDIT_DELETE_IOTHREAD, 1), false);
        g_autofree char *xml = domain_def_format(less, 0);

        assert_null(strstr(xml, "iothread"));
}

static void test_matches(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def =
                make("<devices>" DISK("vda", "<serial>1</serial>") "</devices>");
        _cleanup_(domain_def_unrefp) DomainDef *part = make("<devices>" DISK("vda", "") "</devices>");
        const DomainDisk *full = def->disks.items[0], *pattern = part->disks.items[0];

        assert_true(def_matches(&domain_disk_type, pattern, full));
        assert_false(def_matches(&domain_disk_type, full, pattern));
        assert_true(def_matches(&domain_disk_type, full, full));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_attach),
                cmocka_unit_test(test_detach),
                cmocka_unit_test(test_update),
                cmocka_unit_test(test_vcpus),
                cmocka_unit_test(test_iothreads),
                cmocka_unit_test(test_last_iothread),
                cmocka_unit_test(test_matches),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
