/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_edit_write.h"

static void on_written(void *userdata, int r, Error *error)
{
        QemuEditWrite *write = userdata;

        write->task = NULL;
        if (r >= 0) {
                domain_set_config(write->domain, write->config);
                write->visible(write->userdata);
        }
        job_step_done(write->job, r, error);
}

int qemu_edit_write(QemuEditWrite *write)
{
        QemuDriver *driver = qemu_driver_of(write->domain);

        if (!write->config) {
                write->visible(write->userdata);
                return 0;
        }
        write->task = qemu_store_write_def(driver->store, driver->host->workers, write->config, on_written, write);
        return JOB_STEP_WAIT;
}
