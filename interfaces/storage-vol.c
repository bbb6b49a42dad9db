/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/storage_vol-contract.h"

#include "interfaces/support.h"
#include "service/call.h"

static const StorageVolOps *ops(const StorageVol *vol)
{
        return &vol->object.driver->info->storage_vol;
}

int storage_vol_property_allocation(sd_bus_message *reply, StorageVol *vol, Error *error)
{
        return sd_bus_message_append(reply, "t", vol->def->allocation);
}

int storage_vol_property_capacity(sd_bus_message *reply, StorageVol *vol, Error *error)
{
        return sd_bus_message_append(reply, "t", vol->def->capacity);
}

int storage_vol_property_format(sd_bus_message *reply, StorageVol *vol, Error *error)
{
        return sd_bus_message_append(reply, "s", strempty(vol->def->target.format));
}

int storage_vol_property_key(sd_bus_message *reply, StorageVol *vol, Error *error)
{
        return sd_bus_message_append(reply, "s", vol->key);
}

int storage_vol_property_name(sd_bus_message *reply, StorageVol *vol, Error *error)
{
        return sd_bus_message_append(reply, "s", vol->name);
}

int storage_vol_property_path(sd_bus_message *reply, StorageVol *vol, Error *error)
{
        return sd_bus_message_append(reply, "s", strempty(vol->def->target.path));
}

int storage_vol_property_pool(sd_bus_message *reply, StorageVol *vol, Error *error)
{
        return message_append_path(reply, &vol->pool->object);
}

int storage_vol_property_type(sd_bus_message *reply, StorageVol *vol, Error *error)
{
        return sd_bus_message_append(reply, "s", storage_vol_type_to_string(vol->def->type));
}

int storage_vol_get_info(Call *call, StorageVol *vol, const StorageVolGetInfoArgs *args, Error *error)
{
        enum { GET_PHYSICAL = 1 << 0 }; /* virStorageVolInfoFlags */
        const StorageVolDef *def = vol->def;
        int r = flags_check(args->flags, GET_PHYSICAL, error);

        if (r < 0)
                return r;
        return call_reply(call, "(itt)", (int32_t) def->type - 1, def->capacity,
                          args->flags & GET_PHYSICAL ? def_get(def, physical, def->allocation) : def->allocation);
}

int storage_vol_get_xml_desc(Call *call, StorageVol *vol, const StorageVolGetXMLDescArgs *args, Error *error)
{
        g_autofree char *xml = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        xml = storage_vol_def_format(vol->def, 0);
        return call_reply(call, "s", xml);
}

int storage_vol_delete(Call *call, StorageVol *vol, const StorageVolDeleteArgs *args, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, STORAGE_VOL_DELETE_ZEROED | STORAGE_VOL_DELETE_WITH_SNAPSHOTS, error);

        if (r < 0)
                return r;
        if (!ops(vol)->delete)
                return error_unsupported(error, "virStorageVolDelete");
        r = call_job_begin(call, "delete", &vol->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(vol)->delete(vol, args->flags, job, error), NULL, error);
}

int storage_vol_resize(Call *call, StorageVol *vol, const StorageVolResizeArgs *args, Error *error)
{
        const uint32_t known = STORAGE_VOL_RESIZE_ALLOCATE | STORAGE_VOL_RESIZE_DELTA | STORAGE_VOL_RESIZE_SHRINK;
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, known, error);

        if (r < 0)
                return r;
        if (!ops(vol)->resize)
                return error_unsupported(error, "virStorageVolResize");
        r = call_job_begin(call, "resize", &vol->object, 0, &job, error);
        if (r <= 0)
                return r;
        r = storage_vol_resized(vol, args->capacity, args->flags, &def, error);
        if (r >= 0)
                r = ops(vol)->resize(vol, def, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int storage_vol_wipe(Call *call, StorageVol *vol, const StorageVolWipeArgs *args, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!ops(vol)->wipe)
                return error_unsupported(error, "virStorageVolWipePattern");
        if (args->pattern >= STORAGE_VOL_WIPE_MAX)
                return error_set(error, ERROR_INVALID_ARG, "wiping algorithm %" PRIu32 " not supported", args->pattern);
        r = call_job_begin(call, "wipe", &vol->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(vol)->wipe(vol, args->pattern, job, error), NULL, error);
}

static int check_range(const StorageVol *vol, uint64_t offset, uint64_t length, Error *error)
{
        if (offset > vol->def->capacity)
                return error_set(error, ERROR_INVALID_ARG, "offset %" PRIu64 " is beyond the end of volume '%s'",
                                 offset, vol->name);
        if (length > vol->def->capacity - offset)
                return error_set(error, ERROR_INVALID_ARG,
                                 "%" PRIu64 " bytes from %" PRIu64 " on are beyond the end of volume '%s'", length,
                                 offset, vol->name);
        return 0;
}

/* Download and upload differ in their direction alone. */
static int transfer(Call *call, StorageVol *vol, const char *kind, const char *function,
                    int (*op)(StorageVol *, uint64_t, uint64_t, Job *, Error *), uint64_t offset, uint64_t length,
                    uint32_t flags, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(flags, 0, error);

        if (r < 0)
                return r;
        if (!op)
                return error_unsupported(error, function);
        r = call_job_begin(call, kind, &vol->object, 0, &job, error);
        if (r <= 0)
                return r;
        r = check_range(vol, offset, length, error);
        if (r >= 0)
                r = op(vol, offset, length, job, error);
        return call_job_end(call, job, r, call_job_reply_fd, error);
}

int storage_vol_download(Call *call, StorageVol *vol, const StorageVolDownloadArgs *args, Error *error)
{
        return transfer(call, vol, "download", "virStorageVolDownload", ops(vol)->download, args->offset, args->length,
                        args->flags, error);
}

int storage_vol_upload(Call *call, StorageVol *vol, const StorageVolUploadArgs *args, Error *error)
{
        return transfer(call, vol, "upload", "virStorageVolUpload", ops(vol)->upload, args->offset, args->length,
                        args->flags, error);
}
