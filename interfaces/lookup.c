/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/lookup.h"

#include "interfaces/support.h"
#include "service/kind.h"

int lookup_by_uuid(Call *call, ObjectType type, const char *uuid, Error *error)
{
        const ObjectList *list = call_driver(call)->lists[type];
        const Kind *kind = kinds + type;
        const Object *object;
        char key[37];

        if (!list)
                return error_unsupported(error, kind->lookup);
        if (uuid_normalize(uuid, key) < 0)
                return error_set(error, ERROR_INVALID_UUID, "Invalid UUID");
        object = object_list_find(list, key);
        if (!object)
                return error_set(error, kind->missing, kind->missing_text, key);
        return call_reply_object(call, object);
}

int lookup_by_name(Call *call, ObjectType type, const char *name, const char *function, Error *error)
{
        const ObjectList *list = call_driver(call)->lists[type];
        const Kind *kind = kinds + type;
        const Object *object;

        if (!list)
                return error_unsupported(error, function);
        object = object_list_find_name(list, name);
        if (!object)
                return error_set(error, kind->missing, kind->missing_name_text ?: kind->missing_text, name);
        return call_reply_object(call, object);
}

int lookup_by_key(Call *call, ObjectType type, const char *key, Error *error)
{
        const ObjectList *list = call_driver(call)->lists[type];
        const Kind *kind = kinds + type;
        const Object *object;

        if (!list)
                return error_unsupported(error, kind->lookup);
        object = object_list_find(list, key);
        if (!object)
                return error_set(error, kind->missing, kind->missing_text, key);
        return call_reply_object(call, object);
}
