/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Members that find one object of a kind. */

#include "service/call.h"

/* Replies with the path of the published object, or fails as libvirt does. function: what libvirt calls the look-up. */
int lookup_by_uuid(Call *call, ObjectType type, const char *uuid, Error *error);
/* For kinds whose key is what people call them by. */
int lookup_by_key(Call *call, ObjectType type, const char *key, Error *error);
int lookup_by_name(Call *call, ObjectType type, const char *name, const char *function, Error *error);
