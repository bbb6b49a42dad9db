/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_tune.h"

#include <string.h>

/* Parameters of interfaces and of block devices of the host: names that are made of two, values that are lists. */

#define RATE(name, field) { name, offsetof(DomainRate, field) }

static const struct {
        const char *name;
        size_t offset;
} rates[] = {
        RATE("average", average), RATE("peak", peak), RATE("burst", burst), RATE("floor", floor),
};
#define N_OUTBOUND_RATES 3u /* there is no floor for what the guest sends */

static uint64_t *rate_at(DomainRate *rate, size_t i)
{
        return (uint64_t *) (void *) ((char *) rate + rates[i].offset);
}

static void read_rates(DomainRate *rate, const char *direction, size_t n, Params *ret)
{
        for (size_t i = 0; i < n; i++)
                params_add_u32(ret, params_name(ret, "%s.%s", direction, rates[i].name),
                               rate ? (uint32_t) *rate_at(rate, i) : 0);
}

void tune_read_bandwidth(const DomainBandwidth *bandwidth, Params *ret)
{
        read_rates(bandwidth ? bandwidth->inbound : NULL, "inbound", ELEMENTSOF(rates), ret);
        read_rates(bandwidth ? bandwidth->outbound : NULL, "outbound", N_OUTBOUND_RATES, ret);
}

static int find_rate(const char *name, bool *ret_inbound, size_t *ret)
{
        static const char *const directions[] = { "outbound.", "inbound." };

        for (size_t d = 0; d < ELEMENTSOF(directions); d++) {
                size_t n = d == 0 ? N_OUTBOUND_RATES : ELEMENTSOF(rates);

                if (!g_str_has_prefix(name, directions[d]))
                        continue;
                for (size_t i = 0; i < n; i++)
                        if (streq(name + strlen(directions[d]), rates[i].name)) {
                                *ret_inbound = d == 1;
                                *ret = i;
                                return 0;
                        }
        }
        return -ENOENT;
}

static void put_rate(DomainRate *rate, size_t i, uint64_t value)
{
        DefSet bit = UINT64_C(1) << (rates[i].offset / 4);

        *rate_at(rate, i) = value;
        rate->set = value > 0 ? rate->set | bit : rate->set & ~bit;
}

/* A limit begins with its average: without that there is none. */
static int check_rate(DomainRate **rate, const char *direction, Error *error)
{
        if (*rate && (*rate)->set == 0)
                *rate = NULL;
        if (*rate && !def_is_set(*rate, average) && !def_is_set(*rate, floor))
                return error_set(error, ERROR_INVALID_ARG, "%s average is mandatory", direction);
        return 0;
}

int tune_write_bandwidth(const Params *params, DomainDef *def, DomainBandwidth **bandwidth, Error *error)
{
        DomainBandwidth *b = *bandwidth ?: domain_def_new(def, DomainBandwidth);
        int r;

        for (size_t i = 0; i < params->n; i++) {
                const Param *param = params->items + i;
                DomainRate **rate;
                bool inbound;
                size_t which;

                if (find_rate(param->name, &inbound, &which) < 0)
                        return error_set(error, ERROR_INVALID_ARG, "parameter '%s' not supported",
                                         param->name);
                if (param->type != PARAM_UINT32)
                        return error_set(error, ERROR_INVALID_ARG,
                                         "invalid type '%c' for parameter '%s', expected 'u'",
                                         (char) param->type, param->name);
                rate = inbound ? &b->inbound : &b->outbound;
                if (!*rate)
                        *rate = domain_def_new(def, DomainRate);
                put_rate(*rate, which, param->u);
        }
        r = check_rate(&b->inbound, "inbound", error);
        if (r >= 0)
                r = check_rate(&b->outbound, "outbound", error);
        if (r >= 0)
                *bandwidth = b->inbound || b->outbound ? b : NULL;
        return r;
}

/* Block devices of the host: "/dev/sda,500,/dev/sdb,300". */

#define DEVICE(name, field, wide) { name, offsetof(DomainBlkioDevice, field), wide }

static const struct {
        const char *name;
        size_t offset;
        bool wide;
} device_fields[] = {
        DEVICE("device_weight", weight, false),
        DEVICE("device_read_iops_sec", read_iops, false),
        DEVICE("device_write_iops_sec", write_iops, false),
        DEVICE("device_read_bytes_sec", read_bytes, true),
        DEVICE("device_write_bytes_sec", write_bytes, true),
};

static uint64_t device_number(const DomainBlkioDevice *device, size_t which)
{
        const void *at = (const char *) device + device_fields[which].offset;

        return device_fields[which].wide ? *(const uint64_t *) at : *(const uint32_t *) at;
}

static char *device_list(const DomainBlkioTune *tune, size_t which)
{
        GString *s = g_string_new(NULL);

        for (uint32_t i = 0; tune && i < tune->devices.n; i++) {
                const DomainBlkioDevice *device = tune->devices.items[i];
                uint64_t number = device_number(device, which);

                if (number > 0)
                        g_string_append_printf(s, "%s%s,%" PRIu64, s->len > 0 ? "," : "", device->path,
                                               number);
        }
        return g_string_free(s, FALSE);
}

void tune_read_blkio(const DomainBlkioTune *tune, Params *ret)
{
        params_add_u32(ret, "weight", tune ? tune->weight : 0);
        for (size_t i = 0; i < ELEMENTSOF(device_fields); i++) {
                g_autofree char *list = device_list(tune, i);

                params_add_string(ret, device_fields[i].name, list);
        }
}

static DomainBlkioDevice *get_device(DomainDef *def, DomainBlkioTune *tune, const char *path)
{
        DomainBlkioDevice *device;

        DEF_FOREACH(known, tune->devices)
                if (streq(known->path, path))
                        return known;
        device = domain_def_new(def, DomainBlkioDevice);
        device->path = domain_def_strdup(def, path);
        domain_def_append(def, &tune->devices, device);
        return device;
}

static void put_device(DomainBlkioDevice *device, size_t which, uint64_t value)
{
        void *at = (char *) device + device_fields[which].offset;
        DefSet bit = UINT64_C(1) << (device_fields[which].offset / 4);

        if (device_fields[which].wide)
                *(uint64_t *) at = value;
        else
                *(uint32_t *) at = (uint32_t) value;
        device->set = value > 0 ? device->set | bit : device->set & ~bit;
}

static bool is_weight(uint64_t weight)
{
        return weight == 0 || (weight >= 10 && weight <= 1000);
}

static int write_devices(const Param *param, size_t which, DomainDef *def, DomainBlkioTune *tune, Error *error)
{
        g_auto(GStrv) words = g_strsplit(param->s, ",", -1);
        size_t n = g_strv_length(words);

        if (n % 2 != 0)
                return error_set(error, ERROR_INVALID_ARG, "unable to parse blkio device '%s' '%s'",
                                 param->name, param->s);
        for (size_t i = 0; i < n; i += 2) {
                uint64_t value;

                if (words[i][0] != '/' || parse_u64(words[i + 1], &value) < 0 ||
                    (!device_fields[which].wide && value > UINT32_MAX))
                        return error_set(error, ERROR_INVALID_ARG,
                                         "unable to parse blkio device '%s' '%s'", param->name, param->s);
                if (which == 0 && !is_weight(value))
                        return error_set(error, ERROR_INVALID_ARG, "invalid value of device_weight: %s",
                                         words[i + 1]);
                put_device(get_device(def, tune, words[i]), which, value);
        }
        return 0;
}

static int write_blkio_param(const Param *param, DomainDef *def, DomainBlkioTune *tune, Error *error)
{
        if (streq(param->name, "weight")) {
                if (param->type != PARAM_UINT32 || !is_weight(param->u))
                        return error_set(error, ERROR_INVALID_ARG, "invalid I/O weight tunable value");
                if (param->u > 0)
                        def_put(tune, weight, param->u);
                else
                        def_drop(tune, weight);
                return 0;
        }
        for (size_t i = 0; i < ELEMENTSOF(device_fields); i++) {
                if (!streq(param->name, device_fields[i].name))
                        continue;
                if (param->type != PARAM_STRING)
                        return error_set(error, ERROR_INVALID_ARG,
                                         "invalid type '%c' for parameter '%s', expected 's'",
                                         (char) param->type, param->name);
                return write_devices(param, i, def, tune, error);
        }
        return error_set(error, ERROR_INVALID_ARG, "parameter '%s' not supported", param->name);
}

int tune_write_blkio(const Params *params, DomainDef *def, Error *error)
{
        DomainBlkioTune *tune = def->blkio_tune ?: domain_def_new(def, DomainBlkioTune);
        int r = 0;

        for (size_t i = 0; r >= 0 && i < params->n; i++)
                r = write_blkio_param(params->items + i, def, tune, error);
        if (r < 0)
                return r;
        for (uint32_t i = tune->devices.n; i-- > 0;)
                if (tune->devices.items[i]->set == 0)
                        def_remove(&tune->devices, i);
        def->blkio_tune = def_is_set(tune, weight) || tune->devices.n > 0 ? tune : NULL;
        return 0;
}
