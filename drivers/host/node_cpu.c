/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/node.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif
#include <stdio.h>
#include <string.h>

/* What stands behind "key<tabs>: " in the text, up to the end of the line; NULL: it does not. Free with g_free(). */
static char *value_of(const char *text, const char *key)
{
        size_t n = strlen(key);
        const char *line = text, *end;

        for (; line; line = strchr(line, '\n')) {
                line += *line == '\n';
                if (strncmp(line, key, n) == 0 && strspn(line + n, "\t ") == strcspn(line + n, ":"))
                        break;
        }
        if (!line)
                return NULL;
        line += n + strcspn(line + n, ":") + 1;
        line += strspn(line, " ");
        end = strchrnul(line, '\n');
        return g_strndup(line, (size_t) (end - line));
}

static uint64_t number_of(const char *text, const char *key)
{
        g_autofree char *value = value_of(text, key);

        return value ? g_ascii_strtoull(value, NULL, 0) : 0;
}

int node_read_cpu(const char *root, NodeCpu *ret, Error *error)
{
        g_autofree char *text = NULL, *first = NULL, *sizes = NULL;
        const char *end;
        NodeCpu cpu = {};
        int r = node_read_text(root, "proc/cpuinfo", &text, error);

        if (r < 0)
                return r;
        end = strstr(text, "\n\n");
        first = end ? g_strndup(text, (size_t) (end - text)) : g_strdup(text);
        cpu.vendor = value_of(first, "vendor_id");
        cpu.family = (unsigned) number_of(first, "cpu family");
        cpu.model = (unsigned) number_of(first, "model");
        cpu.stepping = (unsigned) number_of(first, "stepping");
        cpu.microcode = number_of(first, "microcode");
        sizes = value_of(first, "address sizes");
        if (sizes)
                (void) sscanf(sizes, "%u bits physical", &cpu.physical_bits);
        *ret = cpu;
        return 0;
}

void node_cpu_clear(NodeCpu *cpu)
{
        g_clear_pointer(&cpu->vendor, g_free);
}

#if defined(__x86_64__) || defined(__i386__)
static bool read_leaf(void *userdata, CpuLeaf leaf, uint32_t registers[_CPU_REGISTER_MAX])
{
        static const struct {
                uint32_t eax, ecx;
        } leaves[_CPU_LEAF_MAX] = {
                [CPU_LEAF_1] = { 0x1, 0 },
                [CPU_LEAF_6] = { 0x6, 0 },
                [CPU_LEAF_7_0] = { 0x7, 0 },
                [CPU_LEAF_7_1] = { 0x7, 1 },
                [CPU_LEAF_D_1] = { 0xd, 1 },
                [CPU_LEAF_F_1] = { 0xf, 1 },
                [CPU_LEAF_12_0] = { 0x12, 0 },
                [CPU_LEAF_12_1] = { 0x12, 1 },
                [CPU_LEAF_14_0] = { 0x14, 0 },
                [CPU_LEAF_80000001] = { 0x80000001, 0 },
                [CPU_LEAF_80000007] = { 0x80000007, 0 },
                [CPU_LEAF_80000008] = { 0x80000008, 0 },
                [CPU_LEAF_8000000A] = { 0x8000000a, 0 },
        };

        /* what is in registers of the model the instruction does not tell */
        if (leaves[leaf].eax == 0)
                return false;
        return __get_cpuid_count(leaves[leaf].eax, leaves[leaf].ecx, registers + CPU_EAX, registers + CPU_EBX,
                                 registers + CPU_ECX, registers + CPU_EDX);
}

CpuFeatures node_cpu_features(void)
{
        CpuFeatures features = {};
        uint32_t name[4] = {}, highest, signature, unused;

        if (!__get_cpuid(0, &highest, name, name + 2, name + 1) ||
            !__get_cpuid(1, &signature, &unused, &unused, &unused))
                return features;
        features.vendor = cpu_vendor_word((const char *) name);
        features.family = signature >> 8 & 0xf;
        features.model = signature >> 4 & 0xf;
        features.stepping = signature & 0xf;
        if (features.family == 6 || features.family == 15)
                features.model += (signature >> 16 & 0xf) << 4;
        if (features.family == 15)
                features.family += signature >> 20 & 0xff;
        cpu_features_read(&features, read_leaf, NULL);
        return features;
}
#else
CpuFeatures node_cpu_features(void)
{
        return (CpuFeatures) {};
}
#endif
