/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/node_device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#define MDEV(inside) "<device><name>m</name><capability type='mdev'><type id='t'/>" inside "</capability></device>"

typedef struct Heard {
        uint64_t changed;
        unsigned updates;
} Heard;

static void on_changed(Object *object, uint64_t mask, void *userdata)
{
        ((Heard *) userdata)->changed |= mask;
}

static void on_signal(Object *object, unsigned which, const void *args, void *userdata)
{
        if (which == NODE_DEVICE_SIGNAL_UPDATE)
                ((Heard *) userdata)->updates++;
}

static const ObjectListener listener = { .changed = on_changed, .signal = on_signal };

static NodeDevDef *parse(const char *xml)
{
        _cleanup_error_ Error error = ERROR_INIT;
        NodeDevDef *def = NULL;

        if (nodedev_def_parse(xml, strlen(xml), DEFINITION_PARSE_LIVE, NULL, &def, &error) < 0)
                fail_msg("%s", strempty(error.detail));
        return def;
}

static void assert_format(const NodeDevice *device, bool inactive, const char *part, bool has)
{
        g_autofree char *text = node_device_format(device, inactive);

        if ((strstr(text, part) != NULL) != has)
                fail_msg("'%s': %s", part, text);
}

/* What is there and what is kept of it are two things. */
static void test_two_definitions(void **state)
{
        Heard heard = {};
        _cleanup_(object_list_freep) ObjectList *list = object_list_new(NULL, &listener, &heard);
        _cleanup_(nodedev_def_unrefp) NodeDevDef *def = parse(MDEV("")),
                *other = parse(MDEV("<attr name='a' value='b'/>"));
        NodeDevice *device = node_device_list_add(list, "m");

        assert_null(node_device_list_add(list, "m"));
        node_device_set_config(device, other);
        object_publish(&device->object);
        assert_ptr_equal(node_device_def(device, false), other);
        assert_format(device, false, "iommuGroup", false);
        node_device_set_live(device, def);
        assert_int_equal(heard.changed, NODE_DEVICE_CHANGED_STATE);
        assert_int_equal(heard.updates, 0);
        assert_ptr_equal(node_device_def(device, false), def);
        assert_format(device, false, "iommuGroup", true);
        assert_format(device, false, "<attr", false);
        assert_format(device, true, "<attr", true);

        /* only what goes on as another is an update */
        node_device_set_live(device, def);
        assert_int_equal(heard.updates, 0);
        node_device_set_live(device, other);
        assert_int_equal(heard.updates, 1);
        node_device_set_live(device, NULL);
        assert_int_equal(heard.updates, 1);
        node_device_set_autostart(device, true);
        node_device_set_live(device, def);
        node_device_set_config(device, NULL);
        assert_false(device->autostart);
        assert_ptr_equal(node_device_def(device, true), def);
}

static void test_find_wwn(void **state)
{
        _cleanup_(object_list_freep) ObjectList *list = object_list_new(NULL, NULL, NULL);
        _cleanup_(nodedev_def_unrefp) NodeDevDef *plain = parse("<device><name>h1</name><capability type='scsi_host'>"
                                                                "<host>1</host></capability></device>"),
                                                 *port = parse("<device><name>h2</name><capability type='scsi_host'>"
                                                               "<host>2</host><capability type='fc_host'><wwnn>a</wwnn>"
                                                               "<wwpn>b</wwpn></capability></capability></device>");
        NodeDevice *h1 = node_device_list_add(list, "h1"), *h2 = node_device_list_add(list, "h2");

        node_device_set_live(h1, plain);
        node_device_set_live(h2, port);
        assert_null(node_device_find_wwn(list, "a", "b")); /* not published */
        object_publish(&h1->object);
        object_publish(&h2->object);
        assert_ptr_equal(node_device_find_wwn(list, "a", "b"), h2);
        assert_null(node_device_find_wwn(list, "b", "a"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_two_definitions),
                cmocka_unit_test(test_find_wwn),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
