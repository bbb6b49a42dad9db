/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The commands of volumes that are not like those of other kinds. */

#include "tools/virtbusctl/noun.h"

extern const Option volume_clone_options[], volume_resize_options[], volume_place_options[];

int volume_clone_run(Ctl *ctl, const Arguments *arguments, Failure *failure);
int volume_resize_run(Ctl *ctl, const Arguments *arguments, Failure *failure);
int volume_wipe_run(Ctl *ctl, const Arguments *arguments, Failure *failure);
int volume_upload_run(Ctl *ctl, const Arguments *arguments, Failure *failure);
int volume_download_run(Ctl *ctl, const Arguments *arguments, Failure *failure);
