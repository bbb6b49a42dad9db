/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/pci_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static PciTopology *topology_new(DomainControllerModel root)
{
        PciTopology *topology = g_new0(PciTopology, 1);

        pci_add_bus(topology, 0, root, false);
        return topology;
}

static void take_next(PciTopology *topology, PciPlug plug, uint32_t bus, uint32_t slot, uint32_t function)
{
        PciAddress place;

        assert_int_equal(pci_take_next(topology, plug, true, &place, NULL), 0);
        assert_int_equal(place.bus, bus);
        assert_int_equal(place.slot, slot);
        assert_int_equal(place.function, function);
}

static void test_conventional(void **state)
{
        g_autofree PciTopology *topology = topology_new(DOMAIN_CONTROLLER_MODEL_PCI_ROOT);
        PciAddress place;

        for (unsigned i = 0; i < PCI_FUNCTIONS; i++)
                pci_reserve_function(topology, &(PciAddress) { 0, 1, i });
        take_next(topology, PCI_PLUG_DEVICE, 0, 2, 0);
        /* Express devices are at home there, too */
        take_next(topology, PCI_PLUG_EXPRESS, 0, 3, 0);
        for (uint32_t slot = 4; slot < 32; slot++)
                take_next(topology, PCI_PLUG_DEVICE, 0, slot, 0);
        assert_true(pci_take_next(topology, PCI_PLUG_DEVICE, false, &place, NULL) < 0);
        take_next(topology, PCI_PLUG_DEVICE, 1, 1, 0);
        assert_int_equal(topology->n_buses, 2);
        assert_int_equal(topology->buses[1].model, DOMAIN_CONTROLLER_MODEL_PCI_BRIDGE);
}

static void test_express(void **state)
{
        g_autofree PciTopology *topology = topology_new(DOMAIN_CONTROLLER_MODEL_PCIE_ROOT);

        take_next(topology, PCI_PLUG_EXPRESS, 1, 0, 0);
        take_next(topology, PCI_PLUG_EXPRESS, 2, 0, 0);
        assert_int_equal(topology->buses[2].model, DOMAIN_CONTROLLER_MODEL_PCIE_ROOT_PORT);
        /* a bridge behind a port of its own */
        take_next(topology, PCI_PLUG_DEVICE, 4, 1, 0);
        assert_int_equal(topology->buses[3].model, DOMAIN_CONTROLLER_MODEL_PCIE_ROOT_PORT);
        assert_int_equal(topology->buses[4].model, DOMAIN_CONTROLLER_MODEL_PCIE_TO_PCI_BRIDGE);
        take_next(topology, PCI_PLUG_DEVICE, 4, 2, 0);
        take_next(topology, PCI_PLUG_EXPRESS, 5, 0, 0);
}

static void test_ports_share_slots(void **state)
{
        g_autofree PciTopology *topology = topology_new(DOMAIN_CONTROLLER_MODEL_PCIE_ROOT);
        PciPlug port = pci_plug_of_model(DOMAIN_CONTROLLER_MODEL_PCIE_ROOT_PORT);

        assert_int_equal(pci_take(topology, &(PciAddress) { 0, 1, 0 }, PCI_PLUG_EXPRESS, NULL), 0);
        for (uint32_t function = 0; function < 8; function++)
                take_next(topology, port, 0, 2, function);
        take_next(topology, port, 0, 3, 0);
        /* others keep out of a shared slot */
        take_next(topology, PCI_PLUG_DMI_BRIDGE, 0, 4, 0);
}

static void test_hotplug(void **state)
{
        g_autofree PciTopology *topology = topology_new(DOMAIN_CONTROLLER_MODEL_PCIE_ROOT);

        pci_add_bus(topology, 1, DOMAIN_CONTROLLER_MODEL_PCIE_ROOT_PORT, true);
        take_next(topology, PCI_PLUG_EXPRESS | PCI_PLUG_HOT, 2, 0, 0);
        take_next(topology, PCI_PLUG_EXPRESS, 1, 0, 0);
}

static void test_given(void **state)
{
        g_autofree PciTopology *topology = topology_new(DOMAIN_CONTROLLER_MODEL_PCI_ROOT);
        static const PciAddress good = { 0, 5, 3 }, no_bus = { 1, 1, 0 }, no_slot = { 0, 0, 0 };
        _cleanup_error_ Error error = ERROR_INIT;

        assert_true(pci_is_free(topology, &good));
        assert_int_equal(pci_take(topology, &good, PCI_PLUG_DEVICE, NULL), 0);
        assert_false(pci_is_free(topology, &good));
        assert_true(pci_take(topology, &good, PCI_PLUG_DEVICE, &error) < 0);
        assert_string_equal(error.detail, "Attempted double use of PCI Address 0000:00:05.3");
        assert_true(pci_take(topology, &no_bus, PCI_PLUG_DEVICE, NULL) < 0);
        assert_true(pci_take(topology, &no_slot, PCI_PLUG_DEVICE, NULL) < 0);
        /* a slot of which one function is used is not given away */
        for (uint32_t slot = 1; slot < 5; slot++)
                take_next(topology, PCI_PLUG_DEVICE, 0, slot, 0);
        take_next(topology, PCI_PLUG_DEVICE, 0, 6, 0);
}

static void test_plugs(void **state)
{
        g_autofree PciTopology *topology = topology_new(DOMAIN_CONTROLLER_MODEL_PCIE_ROOT);
        static const PciAddress on_root = { 0, 9, 0 }, on_upstream = { 1, 0, 0 };

        pci_add_bus(topology, 1, DOMAIN_CONTROLLER_MODEL_PCIE_SWITCH_UPSTREAM_PORT, false);
        assert_true(pci_take(topology, &on_root, PCI_PLUG_BRIDGE, NULL) < 0);
        assert_int_equal(pci_take(topology, &on_root, PCI_PLUG_DEVICE, NULL), 0);
        assert_true(pci_take(topology, &on_upstream, PCI_PLUG_EXPRESS, NULL) < 0);
        assert_int_equal(pci_take(topology, &on_upstream, PCI_PLUG_DOWNSTREAM_PORT, NULL), 0);
        assert_int_equal(pci_plug_of_model(DOMAIN_CONTROLLER_MODEL_PCIE_ROOT), 0);
        assert_int_equal(pci_plug_of_model(DOMAIN_CONTROLLER_MODEL_VIRTIO_SCSI), 0);
}

static void test_fill(void **state)
{
        g_autofree PciTopology *topology = topology_new(DOMAIN_CONTROLLER_MODEL_PCIE_ROOT);

        pci_add_bus(topology, 2, DOMAIN_CONTROLLER_MODEL_PCIE_TO_PCI_BRIDGE, false);
        pci_fill_buses(topology, 5);
        assert_int_equal(topology->n_buses, 5);
        assert_int_equal(topology->buses[1].model, DOMAIN_CONTROLLER_MODEL_PCIE_ROOT_PORT);
        assert_int_equal(topology->buses[2].model, DOMAIN_CONTROLLER_MODEL_PCIE_TO_PCI_BRIDGE);
        assert_int_equal(topology->buses[4].model, DOMAIN_CONTROLLER_MODEL_PCIE_ROOT_PORT);
}

static void test_exhausted(void **state)
{
        g_autofree PciTopology *topology = topology_new(DOMAIN_CONTROLLER_MODEL_PCIE_ROOT);
        _cleanup_error_ Error error = ERROR_INIT;
        PciAddress place;
        unsigned n = 0;

        while (pci_take_next(topology, PCI_PLUG_EXPRESS, true, &place, NULL) == 0)
                n++;
        assert_int_equal(n, PCI_BUSES_MAX - 1);
        assert_true(pci_take_next(topology, PCI_PLUG_EXPRESS, true, &place, &error) < 0);
        assert_string_equal(error.detail, "No more available PCI slots");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_conventional),
                cmocka_unit_test(test_express),
                cmocka_unit_test(test_ports_share_slots),
                cmocka_unit_test(test_hotplug),
                cmocka_unit_test(test_given),
                cmocka_unit_test(test_plugs),
                cmocka_unit_test(test_fill),
                cmocka_unit_test(test_exhausted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
