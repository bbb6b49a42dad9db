/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The features of x86 processors that have a name, and where the processor says that it has them: what libvirt 9.0 has
 * in its map, in its order, which is that of its answers. Places are those of the manuals of Intel and AMD.
 */

#include <stdbool.h>
#include <stdint.h>

/* An instruction CPUID with eax and ecx, or a register of the model. */
typedef enum CpuLeaf {
        CPU_LEAF_1,
        CPU_LEAF_6,
        CPU_LEAF_7_0,
        CPU_LEAF_7_1,
        CPU_LEAF_D_1,
        CPU_LEAF_F_1,
        CPU_LEAF_12_0,
        CPU_LEAF_12_1,
        CPU_LEAF_14_0,
        CPU_LEAF_80000001,
        CPU_LEAF_80000007,
        CPU_LEAF_80000008,
        CPU_LEAF_8000000A,
        CPU_MSR_10A,
        CPU_MSR_CF,
        _CPU_LEAF_MAX,
} CpuLeaf;

typedef enum CpuRegister {
        CPU_EAX,
        CPU_EBX,
        CPU_ECX,
        CPU_EDX,
        _CPU_REGISTER_MAX,
} CpuRegister;

/* X(identifier, word, leaf, register, bit) */
#define CPU_FEATURES(X)                                                   \
        X(FPU, "fpu", LEAF_1, EDX, 0)                                     \
        X(VME, "vme", LEAF_1, EDX, 1)                                     \
        X(DE, "de", LEAF_1, EDX, 2)                                       \
        X(PSE, "pse", LEAF_1, EDX, 3)                                     \
        X(TSC, "tsc", LEAF_1, EDX, 4)                                     \
        X(MSR, "msr", LEAF_1, EDX, 5)                                     \
        X(PAE, "pae", LEAF_1, EDX, 6)                                     \
        X(MCE, "mce", LEAF_1, EDX, 7)                                     \
        X(CX8, "cx8", LEAF_1, EDX, 8)                                     \
        X(APIC, "apic", LEAF_1, EDX, 9)                                   \
        X(SEP, "sep", LEAF_1, EDX, 11)                                    \
        X(MTRR, "mtrr", LEAF_1, EDX, 12)                                  \
        X(PGE, "pge", LEAF_1, EDX, 13)                                    \
        X(MCA, "mca", LEAF_1, EDX, 14)                                    \
        X(CMOV, "cmov", LEAF_1, EDX, 15)                                  \
        X(PAT, "pat", LEAF_1, EDX, 16)                                    \
        X(PSE36, "pse36", LEAF_1, EDX, 17)                                \
        X(PN, "pn", LEAF_1, EDX, 18)                                      \
        X(CLFLUSH, "clflush", LEAF_1, EDX, 19)                            \
        X(DS, "ds", LEAF_1, EDX, 21)                                      \
        X(ACPI, "acpi", LEAF_1, EDX, 22)                                  \
        X(MMX, "mmx", LEAF_1, EDX, 23)                                    \
        X(FXSR, "fxsr", LEAF_1, EDX, 24)                                  \
        X(SSE, "sse", LEAF_1, EDX, 25)                                    \
        X(SSE2, "sse2", LEAF_1, EDX, 26)                                  \
        X(SS, "ss", LEAF_1, EDX, 27)                                      \
        X(HT, "ht", LEAF_1, EDX, 28)                                      \
        X(TM, "tm", LEAF_1, EDX, 29)                                      \
        X(IA64, "ia64", LEAF_1, EDX, 30)                                  \
        X(PBE, "pbe", LEAF_1, EDX, 31)                                    \
        X(PNI, "pni", LEAF_1, ECX, 0)                                     \
        X(PCLMULDQ, "pclmuldq", LEAF_1, ECX, 1)                           \
        X(DTES64, "dtes64", LEAF_1, ECX, 2)                               \
        X(MONITOR, "monitor", LEAF_1, ECX, 3)                             \
        X(DS_CPL, "ds_cpl", LEAF_1, ECX, 4)                               \
        X(VMX, "vmx", LEAF_1, ECX, 5)                                     \
        X(SMX, "smx", LEAF_1, ECX, 6)                                     \
        X(EST, "est", LEAF_1, ECX, 7)                                     \
        X(TM2, "tm2", LEAF_1, ECX, 8)                                     \
        X(SSSE3, "ssse3", LEAF_1, ECX, 9)                                 \
        X(CID, "cid", LEAF_1, ECX, 10)                                    \
        X(FMA, "fma", LEAF_1, ECX, 12)                                    \
        X(CX16, "cx16", LEAF_1, ECX, 13)                                  \
        X(XTPR, "xtpr", LEAF_1, ECX, 14)                                  \
        X(PDCM, "pdcm", LEAF_1, ECX, 15)                                  \
        X(PCID, "pcid", LEAF_1, ECX, 17)                                  \
        X(DCA, "dca", LEAF_1, ECX, 18)                                    \
        X(SSE4_1, "sse4.1", LEAF_1, ECX, 19)                              \
        X(SSE4_2, "sse4.2", LEAF_1, ECX, 20)                              \
        X(X2APIC, "x2apic", LEAF_1, ECX, 21)                              \
        X(MOVBE, "movbe", LEAF_1, ECX, 22)                                \
        X(POPCNT, "popcnt", LEAF_1, ECX, 23)                              \
        X(TSC_DEADLINE, "tsc-deadline", LEAF_1, ECX, 24)                  \
        X(AES, "aes", LEAF_1, ECX, 25)                                    \
        X(XSAVE, "xsave", LEAF_1, ECX, 26)                                \
        X(OSXSAVE, "osxsave", LEAF_1, ECX, 27)                            \
        X(AVX, "avx", LEAF_1, ECX, 28)                                    \
        X(F16C, "f16c", LEAF_1, ECX, 29)                                  \
        X(RDRAND, "rdrand", LEAF_1, ECX, 30)                              \
        X(HYPERVISOR, "hypervisor", LEAF_1, ECX, 31)                      \
        X(ARAT, "arat", LEAF_6, EAX, 2)                                   \
        X(FSGSBASE, "fsgsbase", LEAF_7_0, EBX, 0)                         \
        X(TSC_ADJUST, "tsc_adjust", LEAF_7_0, EBX, 1)                     \
        X(SGX, "sgx", LEAF_7_0, EBX, 2)                                   \
        X(BMI1, "bmi1", LEAF_7_0, EBX, 3)                                 \
        X(HLE, "hle", LEAF_7_0, EBX, 4)                                   \
        X(AVX2, "avx2", LEAF_7_0, EBX, 5)                                 \
        X(SMEP, "smep", LEAF_7_0, EBX, 7)                                 \
        X(BMI2, "bmi2", LEAF_7_0, EBX, 8)                                 \
        X(ERMS, "erms", LEAF_7_0, EBX, 9)                                 \
        X(INVPCID, "invpcid", LEAF_7_0, EBX, 10)                          \
        X(RTM, "rtm", LEAF_7_0, EBX, 11)                                  \
        X(CMT, "cmt", LEAF_7_0, EBX, 12)                                  \
        X(MPX, "mpx", LEAF_7_0, EBX, 14)                                  \
        X(AVX512F, "avx512f", LEAF_7_0, EBX, 16)                          \
        X(AVX512DQ, "avx512dq", LEAF_7_0, EBX, 17)                        \
        X(RDSEED, "rdseed", LEAF_7_0, EBX, 18)                            \
        X(ADX, "adx", LEAF_7_0, EBX, 19)                                  \
        X(SMAP, "smap", LEAF_7_0, EBX, 20)                                \
        X(AVX512IFMA, "avx512ifma", LEAF_7_0, EBX, 21)                    \
        X(PCOMMIT, "pcommit", LEAF_7_0, EBX, 22)                          \
        X(CLFLUSHOPT, "clflushopt", LEAF_7_0, EBX, 23)                    \
        X(CLWB, "clwb", LEAF_7_0, EBX, 24)                                \
        X(INTEL_PT, "intel-pt", LEAF_7_0, EBX, 25)                        \
        X(AVX512PF, "avx512pf", LEAF_7_0, EBX, 26)                        \
        X(AVX512ER, "avx512er", LEAF_7_0, EBX, 27)                        \
        X(AVX512CD, "avx512cd", LEAF_7_0, EBX, 28)                        \
        X(SHA_NI, "sha-ni", LEAF_7_0, EBX, 29)                            \
        X(AVX512BW, "avx512bw", LEAF_7_0, EBX, 30)                        \
        X(AVX512VL, "avx512vl", LEAF_7_0, EBX, 31)                        \
        X(AVX512VBMI, "avx512vbmi", LEAF_7_0, ECX, 1)                     \
        X(UMIP, "umip", LEAF_7_0, ECX, 2)                                 \
        X(PKU, "pku", LEAF_7_0, ECX, 3)                                   \
        X(OSPKE, "ospke", LEAF_7_0, ECX, 4)                               \
        X(WAITPKG, "waitpkg", LEAF_7_0, ECX, 5)                           \
        X(AVX512VBMI2, "avx512vbmi2", LEAF_7_0, ECX, 6)                   \
        X(GFNI, "gfni", LEAF_7_0, ECX, 8)                                 \
        X(VAES, "vaes", LEAF_7_0, ECX, 9)                                 \
        X(VPCLMULQDQ, "vpclmulqdq", LEAF_7_0, ECX, 10)                    \
        X(AVX512VNNI, "avx512vnni", LEAF_7_0, ECX, 11)                    \
        X(AVX512BITALG, "avx512bitalg", LEAF_7_0, ECX, 12)                \
        X(AVX512_VPOPCNTDQ, "avx512-vpopcntdq", LEAF_7_0, ECX, 14)        \
        X(LA57, "la57", LEAF_7_0, ECX, 16)                                \
        X(RDPID, "rdpid", LEAF_7_0, ECX, 22)                              \
        X(BUS_LOCK_DETECT, "bus-lock-detect", LEAF_7_0, ECX, 24)          \
        X(CLDEMOTE, "cldemote", LEAF_7_0, ECX, 25)                        \
        X(MOVDIRI, "movdiri", LEAF_7_0, ECX, 27)                          \
        X(MOVDIR64B, "movdir64b", LEAF_7_0, ECX, 28)                      \
        X(SGXLC, "sgxlc", LEAF_7_0, ECX, 30)                              \
        X(PKS, "pks", LEAF_7_0, ECX, 31)                                  \
        X(AVX512_4VNNIW, "avx512-4vnniw", LEAF_7_0, EDX, 2)               \
        X(AVX512_4FMAPS, "avx512-4fmaps", LEAF_7_0, EDX, 3)               \
        X(FSRM, "fsrm", LEAF_7_0, EDX, 4)                                 \
        X(AVX512_VP2INTERSECT, "avx512-vp2intersect", LEAF_7_0, EDX, 8)   \
        X(MD_CLEAR, "md-clear", LEAF_7_0, EDX, 10)                        \
        X(SERIALIZE, "serialize", LEAF_7_0, EDX, 14)                      \
        X(TSX_LDTRK, "tsx-ldtrk", LEAF_7_0, EDX, 16)                      \
        X(PCONFIG, "pconfig", LEAF_7_0, EDX, 18)                          \
        X(ARCH_LBR, "arch-lbr", LEAF_7_0, EDX, 19)                        \
        X(AMX_BF16, "amx-bf16", LEAF_7_0, EDX, 22)                        \
        X(AVX512_FP16, "avx512-fp16", LEAF_7_0, EDX, 23)                  \
        X(AMX_TILE, "amx-tile", LEAF_7_0, EDX, 24)                        \
        X(AMX_INT8, "amx-int8", LEAF_7_0, EDX, 25)                        \
        X(SPEC_CTRL, "spec-ctrl", LEAF_7_0, EDX, 26)                      \
        X(STIBP, "stibp", LEAF_7_0, EDX, 27)                              \
        X(ARCH_CAPABILITIES, "arch-capabilities", LEAF_7_0, EDX, 29)      \
        X(CORE_CAPABILITY, "core-capability", LEAF_7_0, EDX, 30)          \
        X(SSBD, "ssbd", LEAF_7_0, EDX, 31)                                \
        X(AVX_VNNI, "avx-vnni", LEAF_7_1, EAX, 4)                         \
        X(AVX512_BF16, "avx512-bf16", LEAF_7_1, EAX, 5)                   \
        X(XSAVEOPT, "xsaveopt", LEAF_D_1, EAX, 0)                         \
        X(XSAVEC, "xsavec", LEAF_D_1, EAX, 1)                             \
        X(XGETBV1, "xgetbv1", LEAF_D_1, EAX, 2)                           \
        X(XSAVES, "xsaves", LEAF_D_1, EAX, 3)                             \
        X(XFD, "xfd", LEAF_D_1, EAX, 4)                                   \
        X(MBM_TOTAL, "mbm_total", LEAF_F_1, EDX, 1)                       \
        X(MBM_LOCAL, "mbm_local", LEAF_F_1, EDX, 2)                       \
        X(SGX1, "sgx1", LEAF_12_0, EAX, 0)                                \
        X(SGX2, "sgx2", LEAF_12_0, EAX, 1)                                \
        X(SGX_EXINFO, "sgx-exinfo", LEAF_12_0, EBX, 0)                    \
        X(SGX_DEBUG, "sgx-debug", LEAF_12_1, EAX, 1)                      \
        X(SGX_MODE64, "sgx-mode64", LEAF_12_1, EAX, 2)                    \
        X(SGX_PROVISIONKEY, "sgx-provisionkey", LEAF_12_1, EAX, 4)        \
        X(SGX_TOKENKEY, "sgx-tokenkey", LEAF_12_1, EAX, 5)                \
        X(SGX_KSS, "sgx-kss", LEAF_12_1, EAX, 7)                          \
        X(INTEL_PT_LIP, "intel-pt-lip", LEAF_14_0, ECX, 31)               \
        X(SYSCALL, "syscall", LEAF_80000001, EDX, 11)                     \
        X(NX, "nx", LEAF_80000001, EDX, 20)                               \
        X(MMXEXT, "mmxext", LEAF_80000001, EDX, 22)                       \
        X(FXSR_OPT, "fxsr_opt", LEAF_80000001, EDX, 25)                   \
        X(PDPE1GB, "pdpe1gb", LEAF_80000001, EDX, 26)                     \
        X(RDTSCP, "rdtscp", LEAF_80000001, EDX, 27)                       \
        X(LM, "lm", LEAF_80000001, EDX, 29)                               \
        X(3DNOWEXT, "3dnowext", LEAF_80000001, EDX, 30)                   \
        X(3DNOW, "3dnow", LEAF_80000001, EDX, 31)                         \
        X(LAHF_LM, "lahf_lm", LEAF_80000001, ECX, 0)                      \
        X(CMP_LEGACY, "cmp_legacy", LEAF_80000001, ECX, 1)                \
        X(SVM, "svm", LEAF_80000001, ECX, 2)                              \
        X(EXTAPIC, "extapic", LEAF_80000001, ECX, 3)                      \
        X(CR8LEGACY, "cr8legacy", LEAF_80000001, ECX, 4)                  \
        X(ABM, "abm", LEAF_80000001, ECX, 5)                              \
        X(SSE4A, "sse4a", LEAF_80000001, ECX, 6)                          \
        X(MISALIGNSSE, "misalignsse", LEAF_80000001, ECX, 7)              \
        X(3DNOWPREFETCH, "3dnowprefetch", LEAF_80000001, ECX, 8)          \
        X(OSVW, "osvw", LEAF_80000001, ECX, 9)                            \
        X(IBS, "ibs", LEAF_80000001, ECX, 10)                             \
        X(XOP, "xop", LEAF_80000001, ECX, 11)                             \
        X(SKINIT, "skinit", LEAF_80000001, ECX, 12)                       \
        X(WDT, "wdt", LEAF_80000001, ECX, 13)                             \
        X(LWP, "lwp", LEAF_80000001, ECX, 15)                             \
        X(FMA4, "fma4", LEAF_80000001, ECX, 16)                           \
        X(TCE, "tce", LEAF_80000001, ECX, 17)                             \
        X(CVT16, "cvt16", LEAF_80000001, ECX, 18)                         \
        X(NODEID_MSR, "nodeid_msr", LEAF_80000001, ECX, 19)               \
        X(TBM, "tbm", LEAF_80000001, ECX, 21)                             \
        X(TOPOEXT, "topoext", LEAF_80000001, ECX, 22)                     \
        X(PERFCTR_CORE, "perfctr_core", LEAF_80000001, ECX, 23)           \
        X(PERFCTR_NB, "perfctr_nb", LEAF_80000001, ECX, 24)               \
        X(INVTSC, "invtsc", LEAF_80000007, EDX, 8)                        \
        X(CLZERO, "clzero", LEAF_80000008, EBX, 0)                        \
        X(XSAVEERPTR, "xsaveerptr", LEAF_80000008, EBX, 2)                \
        X(WBNOINVD, "wbnoinvd", LEAF_80000008, EBX, 9)                    \
        X(IBPB, "ibpb", LEAF_80000008, EBX, 12)                           \
        X(IBRS, "ibrs", LEAF_80000008, EBX, 14)                           \
        X(AMD_STIBP, "amd-stibp", LEAF_80000008, EBX, 15)                 \
        X(AMD_SSBD, "amd-ssbd", LEAF_80000008, EBX, 24)                   \
        X(VIRT_SSBD, "virt-ssbd", LEAF_80000008, EBX, 25)                 \
        X(AMD_NO_SSB, "amd-no-ssb", LEAF_80000008, EBX, 26)               \
        X(NPT, "npt", LEAF_8000000A, EDX, 0)                              \
        X(LBRV, "lbrv", LEAF_8000000A, EDX, 1)                            \
        X(SVM_LOCK, "svm-lock", LEAF_8000000A, EDX, 2)                    \
        X(NRIP_SAVE, "nrip-save", LEAF_8000000A, EDX, 3)                  \
        X(TSC_SCALE, "tsc-scale", LEAF_8000000A, EDX, 4)                  \
        X(VMCB_CLEAN, "vmcb-clean", LEAF_8000000A, EDX, 5)                \
        X(FLUSHBYASID, "flushbyasid", LEAF_8000000A, EDX, 6)              \
        X(DECODEASSISTS, "decodeassists", LEAF_8000000A, EDX, 7)          \
        X(PAUSE_FILTER, "pause-filter", LEAF_8000000A, EDX, 10)           \
        X(PFTHRESHOLD, "pfthreshold", LEAF_8000000A, EDX, 12)             \
        X(AVIC, "avic", LEAF_8000000A, EDX, 13)                           \
        X(V_VMSAVE_VMLOAD, "v-vmsave-vmload", LEAF_8000000A, EDX, 15)     \
        X(VGIF, "vgif", LEAF_8000000A, EDX, 16)                           \
        X(SVME_ADDR_CHK, "svme-addr-chk", LEAF_8000000A, EDX, 28)         \
        X(RDCTL_NO, "rdctl-no", MSR_10A, EAX, 0)                          \
        X(IBRS_ALL, "ibrs-all", MSR_10A, EAX, 1)                          \
        X(RSBA, "rsba", MSR_10A, EAX, 2)                                  \
        X(SKIP_L1DFL_VMENTRY, "skip-l1dfl-vmentry", MSR_10A, EAX, 3)      \
        X(SSB_NO, "ssb-no", MSR_10A, EAX, 4)                              \
        X(MDS_NO, "mds-no", MSR_10A, EAX, 5)                              \
        X(PSCHANGE_MC_NO, "pschange-mc-no", MSR_10A, EAX, 6)              \
        X(TSX_CTRL, "tsx-ctrl", MSR_10A, EAX, 7)                          \
        X(TAA_NO, "taa-no", MSR_10A, EAX, 8)                              \
        X(SPLIT_LOCK_DETECT, "split-lock-detect", MSR_CF, EAX, 5)

typedef enum CpuFeature {
#define X(identifier, word, leaf, register, bit) X86_##identifier,
        CPU_FEATURES(X)
#undef X
        _CPU_FEATURE_MAX,
} CpuFeature;
