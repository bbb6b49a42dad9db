/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

/* <launchSecurity>: memory that the host cannot read. */

static const char *const launch_objects[_DOMAIN_LAUNCH_MAX] = {
        [DOMAIN_LAUNCH_SEV] = "sev-guest",
        [DOMAIN_LAUNCH_SEV_SNP] = "sev-snp-guest",
        [DOMAIN_LAUNCH_S390_PV] = "s390-pv-guest",
        [DOMAIN_LAUNCH_TDX] = "tdx-guest",
};

static void put_file(Build *b, JsonObject *props, const char *name, const char *text, const char *id)
{
        g_autofree char *path = text ? build_file(b, id) : NULL;

        if (path)
                json_object_set_string_member(props, name, path);
}

static void put_text(JsonObject *props, const char *name, const char *text)
{
        if (text)
                json_object_set_string_member(props, name, text);
}

static void put_sev(Build *b, const DomainLaunchSecurity *launch, JsonObject *props)
{
        build_put_number(props, "cbitpos", launch, cbitpos);
        build_put_number(props, "reduced-phys-bits", launch, reduced_phys_bits);
        build_put_number(props, "policy", launch, policy);
        build_put_tristate(props, "kernel-hashes", launch->kernel_hashes);
        put_file(b, props, "dh-cert-file", launch->dh_cert, QEMU_FILE_SEV_CERT);
        put_file(b, props, "session-file", launch->session, QEMU_FILE_SEV_SESSION);
        build_put_tristate(props, "author-key-enabled", launch->author_key);
        if (launch->vcek != TRISTATE_ABSENT)
                json_object_set_boolean_member(props, "vcek-disabled", launch->vcek == TRISTATE_NO);
        put_text(props, "guest-visible-workarounds", launch->visible_workarounds);
        put_text(props, "id-block", launch->id_block);
        put_text(props, "id-auth", launch->id_auth);
        put_text(props, "host-data", launch->host_data);
}

/* QEMU's reads "attributes" of the trust domain where libvirt's word is policy. */
static void put_tdx(const DomainLaunchSecurity *launch, JsonObject *props)
{
        build_put_number(props, "attributes", launch, policy);
        put_text(props, "mrconfigid", launch->mr_config_id);
        put_text(props, "mrowner", launch->mr_owner);
        put_text(props, "mrownerconfig", launch->mr_owner_config);
        if (launch->quote_generation)
                json_object_set_object_member(props, "quote-generation-socket",
                                              qmp_object("s:type", "unix", "s:path", launch->quote_generation, NULL));
}

static int check(Build *b, const DomainLaunchSecurity *launch, Error *error)
{
        const DomainDef *def = b->def;
        const char *object = launch_objects[launch->type];

        if (!object || !qemu_caps_has_object(b->caps, object))
                return qemu_refuse(def, NULL, "launchSecurity/@type", error, "%s has no object '%s'",
                                   qemu_caps_binary(b->caps), strempty(object));
        if (def->type != DOMAIN_VIRT_KVM)
                return qemu_refuse(def, NULL, "launchSecurity/@type", error, "it needs a domain of type 'kvm'");
        if (launch->type == DOMAIN_LAUNCH_SEV && (!def_is_set(launch, cbitpos) ||
                                                  !def_is_set(launch, reduced_phys_bits)))
                return qemu_refuse(def, NULL, "launchSecurity", error,
                                   "<cbitpos> and <reducedPhysBits> are needed: the host does not say them");
        return 0;
}

int build_launch_security(Build *b, Error *error)
{
        const DomainLaunchSecurity *launch = b->def->launch_security;
        JsonObject *props;
        int r;

        if (!launch)
                return 0;
        r = check(b, launch, error);
        if (r < 0)
                return r;
        props = qmp_object("s:qom-type", launch_objects[launch->type], "s:id", "lsec0", NULL);
        if (launch->type == DOMAIN_LAUNCH_TDX)
                put_tdx(launch, props);
        else
                put_sev(b, launch, props);
        build_json(b, "-object", props);
        return 0;
}
