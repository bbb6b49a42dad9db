/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/node.h"

#include <stdio.h>
#include <string.h>

/* libvirt's word for one of the kernel's. */
static const char *feature_word(const char *flag)
{
        static const struct {
                const char *kernel, *word;
        } others[] = {
                { "amx_bf16", "amx-bf16" },
                { "amx_int8", "amx-int8" },
                { "amx_tile", "amx-tile" },
                { "arch_capabilities", "arch-capabilities" },
                { "arch_lbr", "arch-lbr" },
                { "avx512_4fmaps", "avx512-4fmaps" },
                { "avx512_4vnniw", "avx512-4vnniw" },
                { "avx512_bf16", "avx512-bf16" },
                { "avx512_bitalg", "avx512bitalg" },
                { "avx512_fp16", "avx512-fp16" },
                { "avx512_vbmi2", "avx512vbmi2" },
                { "avx512_vnni", "avx512vnni" },
                { "avx512_vp2intersect", "avx512-vp2intersect" },
                { "avx512_vpopcntdq", "avx512-vpopcntdq" },
                { "avx_vnni", "avx-vnni" },
                { "bus_lock_detect", "bus-lock-detect" },
                { "cqm", "cmt" },
                { "cqm_mbm_local", "mbm_local" },
                { "cqm_mbm_total", "mbm_total" },
                { "cr8_legacy", "cr8legacy" },
                { "flush_l1d", "flush-l1d" },
                { "ibrs", "spec-ctrl" },
                { "intel_pt", "intel-pt" },
                { "md_clear", "md-clear" },
                { "nonstop_tsc", "invtsc" },
                { "nrip_save", "nrip-save" },
                { "pclmulqdq", "pclmuldq" },
                { "sha_ni", "sha-ni" },
                { "split_lock_detect", "split-lock-detect" },
                { "sse4_1", "sse4.1" },
                { "sse4_2", "sse4.2" },
                { "svm_lock", "svm-lock" },
                { "tsc_deadline_timer", "tsc-deadline" },
                { "tsc_scale", "tsc-scale" },
                { "tsxldtrk", "tsx-ldtrk" },
                { "v_vmsave_vmload", "v-vmsave-vmload" },
                { "vmcb_clean", "vmcb-clean" },
        };

        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                if (streq(others[i].kernel, flag))
                        return others[i].word;
        return flag;
}

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

static CpuFeatures *features_of(const char *text)
{
        CpuFeatures *features = cpu_features_new();
        g_autofree char *line = value_of(text, "flags");
        g_auto(GStrv) flags = g_strsplit(strempty(line), " ", -1);

        for (char **flag = flags; *flag; flag++)
                if (cpu_feature_is_known(feature_word(*flag)))
                        cpu_features_add(features, feature_word(*flag));
        return features;
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
        cpu.features = features_of(first);
        *ret = cpu;
        return 0;
}

void node_cpu_clear(NodeCpu *cpu)
{
        g_clear_pointer(&cpu->vendor, g_free);
        cpu->features = cpu_features_free(cpu->features);
}

int node_read_cpu_features(const char *root, CpuFeatures **ret, Error *error)
{
        _cleanup_(node_cpu_clear) NodeCpu cpu = {};
        int r = node_read_cpu(root, &cpu, error);

        if (r >= 0)
                *ret = g_steal_pointer(&cpu.features);
        return r;
}
