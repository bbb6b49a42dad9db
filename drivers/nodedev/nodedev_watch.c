/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nodedev/nodedev_mdev.h"
#include "drivers/nodedev/nodedev_mdev_file.h"

#include "service/base/log.h"

#include <libudev.h>
#include <string.h>

#define LOG_CATEGORY "nodedev"

/* Devices that are put into the list in one turn of the loop. */
#define TURN_MAX 32
/* Of events that wait for us: a host that starts has thousands. */
#define MONITOR_BYTES (16 * 1024 * 1024)
/* Events come in groups. */
#define PAUSE_USEC (10 * USEC_PER_MSEC)

/* What a worker does: looks at all there is, or at some places. */
typedef struct Scan {
        GPtrArray *paths; /* ends with NULL; NULL: all there is */
        GPtrArray *found;
        GPtrArray *files; /* with all there is: definitions of mediated devices */
} Scan;

struct NodedevWatch {
        NodedevPart *part;
        struct udev *udev;
        struct udev_monitor *monitor;
        sd_event_source *events;
        LinkWatch *links;
        GHashTable *by_path; /* in /sys -> NodeDevice, a reference */
        GHashTable *pending; /* places -> whether something was removed there */
        GHashTable *removed; /* places, since the task began that has perhaps still seen them */
        bool lost;           /* events: everything is to be looked at */
        sd_event_source *pause;
        WorkerTask *task;
        Scan *scan;       /* the task's */
        GPtrArray *found; /* of which are in the list already: */
        size_t taken;
        GPtrArray *files; /* for the list when those are in it, which may be parents */
        sd_event_source *taking;
        uint64_t began_usec; /* the first look; 0: it is done */
};

static void begin(NodedevWatch *watch);

/* -- the list ------------------------------------------------------------------------------------------------ */

/* Devices that say how many others they have. */
static void look_at_relatives(NodedevWatch *watch, const NodeDevDef *def)
{
        const NodeDevCap *pci = nodedev_def_cap(def, NODEDEV_CAP_PCI);
        const NodeDevPart *part = pci ? nodedev_cap_part(pci, NODEDEV_PART_PHYS_FUNCTION) : NULL;

        if (watch->began_usec > 0)
                return;
        if (def->path && nodedev_def_cap(def, NODEDEV_CAP_MDEV)) {
                g_autofree char *above = g_path_get_dirname(def->path);

                nodedev_watch_look(watch, above);
        }
        if (part && part->addresses.n > 0) {
                const HostPciAddress *address = part->addresses.items[0];
                g_autofree char *path = g_strdup_printf("/sys/bus/pci/devices/%04x:%02x:%02x.%x", address->domain,
                                                        address->bus, address->slot, address->function);

                nodedev_watch_look(watch, path);
        }
}

static void take_away(NodedevWatch *watch, const char *path)
{
        NodeDevice *device = g_hash_table_lookup(watch->by_path, path);
        _cleanup_(nodedev_def_unrefp) NodeDevDef *def = NULL;

        if (!device || !device->live)
                return;
        def = nodedev_def_ref(device->live);
        node_device_emit_event(device, NODE_DEVICE_EVENT_DELETED);
        if (device->config)
                node_device_set_live(device, NULL);
        else
                object_remove(&device->object);
        g_hash_table_remove(watch->by_path, path);
        look_at_relatives(watch, def);
}

/* The nearest one above that is listed. */
static const char *find_parent(const NodedevWatch *watch, const char *path)
{
        g_autofree char *above = g_path_get_dirname(path);

        while (g_str_has_prefix(above, "/sys/devices/")) {
                const NodeDevice *device = g_hash_table_lookup(watch->by_path, above);
                char *next;

                if (device)
                        return device->name;
                next = g_path_get_dirname(above);
                g_free(above);
                above = next;
        }
        return NODEDEV_COMPUTER;
}

static int complete(NodedevWatch *watch, const NodeDevice *before, NodedevFound *found, Error *error)
{
        const NodeDevCap *mdev = before ? nodedev_def_cap(before->live, NODEDEV_CAP_MDEV) : NULL;

        if (mdev && found->def->caps.items[0]->attributes.n == 0)
                nodedev_cap_add_attributes(found->def, mdev);
        if (!streq(found->def->name, NODEDEV_COMPUTER))
                found->def->parent = arena_strdup(found->def->arena, find_parent(watch, found->path));
        return nodedev_def_seal(found->def, NULL, error);
}

/* A new one, or one that has a definition and was not there. */
static NodeDevice *put_new(NodedevWatch *watch, const NodedevFound *found)
{
        ObjectList *list = nodedev_list(watch->part->driver);
        NodeDevice *device = object_list_find_any(list, found->def->name);

        if (device && device->live)
                return NULL;
        if (device)
                node_device_set_live(device, found->def);
        else {
                device = node_device_list_add(list, found->def->name);
                node_device_set_live(device, found->def);
                object_publish(&device->object);
        }
        g_hash_table_insert(watch->by_path, g_strdup(found->path), object_ref(device));
        node_device_emit_event(device, NODE_DEVICE_EVENT_CREATED);
        look_at_relatives(watch, found->def);
        return device;
}

NodeDevice *nodedev_watch_take(NodedevWatch *watch, NodedevFound *found)
{
        NodeDevice *device = g_hash_table_lookup(watch->by_path, found->path);
        _cleanup_error_ Error error = ERROR_INIT;

        if (found->def && complete(watch, device, found, &error) < 0) {
                log_debug("the device at '%s' is not listed: %s", found->path, error.detail);
                return NULL;
        }
        if (device && (!found->def || !streq(found->def->name, device->name))) {
                take_away(watch, found->path);
                device = NULL;
        }
        if (!found->def)
                return NULL;
        if (!device)
                return put_new(watch, found);
        if (!nodedev_def_equal(device->live, found->def))
                node_device_set_live(device, found->def);
        return device;
}

/* -- looking ------------------------------------------------------------------------------------------------- */

static void scan_free(void *p)
{
        Scan *scan = p;

        g_clear_pointer(&scan->paths, g_ptr_array_unref);
        g_clear_pointer(&scan->found, g_ptr_array_unref);
        g_clear_pointer(&scan->files, g_ptr_array_unref);
        g_free(scan);
}

static int scan_work(void *data, Error *error)
{
        Scan *scan = data;

        if (scan->paths)
                return nodedev_scan_paths((char **) scan->paths->pdata, &scan->found, error);
        scan->files = nodedev_mdev_file_load(NODEDEV_MDEV_DIR);
        return nodedev_scan_all(&scan->found, error);
}

static int on_pause(sd_event_source *source, uint64_t usec, void *userdata)
{
        begin(userdata);
        return 0;
}

static void begin_soon(NodedevWatch *watch)
{
        if (watch->task || watch->found || watch->pause)
                return;
        (void) sd_event_add_time_relative(watch->part->driver->host->event, &watch->pause, CLOCK_MONOTONIC, PAUSE_USEC,
                                          0, on_pause, watch);
}

static void finish(NodedevWatch *watch)
{
        g_clear_pointer(&watch->found, g_ptr_array_unref);
        if (watch->files && watch->began_usec > 0)
                nodedev_mdev_take_files(watch->part->driver, watch->files);
        g_clear_pointer(&watch->files, g_ptr_array_unref);
        watch->taking = sd_event_source_disable_unref(watch->taking);
        if (watch->began_usec > 0) {
                log_info("%zu devices of the host found in %" PRIu64 " ms",
                         object_list_size(nodedev_list(watch->part->driver)),
                         (now_usec() - watch->began_usec) / USEC_PER_MSEC);
                watch->began_usec = 0;
        }
        if (watch->lost || g_hash_table_size(watch->pending) > 0)
                begin_soon(watch);
}

/* What comes back after that has an event of its own. */
static void take_unless_removed(NodedevWatch *watch, NodedevFound *found)
{
        if (!found->def || !g_hash_table_contains(watch->removed, found->path))
                (void) nodedev_watch_take(watch, found);
}

static int on_taking(sd_event_source *source, void *userdata)
{
        NodedevWatch *watch = userdata;

        for (size_t i = 0; i < TURN_MAX && watch->taken < watch->found->len; i++)
                take_unless_removed(watch, watch->found->pdata[watch->taken++]);
        if (watch->taken == watch->found->len)
                finish(watch);
        return 0;
}

/* Those of the list that a look at everything has not found. */
static void add_missing(NodedevWatch *watch, GPtrArray *found)
{
        g_autoptr(GHashTable) there = g_hash_table_new(g_str_hash, g_str_equal);
        GHashTableIter iter;
        gpointer path;

        for (guint i = 0; i < found->len; i++)
                g_hash_table_add(there, ((NodedevFound *) found->pdata[i])->path);
        g_hash_table_iter_init(&iter, watch->by_path);
        while (g_hash_table_iter_next(&iter, &path, NULL))
                if (!g_hash_table_contains(there, path) && g_str_has_prefix(path, "/sys/"))
                        g_ptr_array_add(found, nodedev_found_new(path, NULL));
}

static void on_scanned(void *userdata, int r, Error *error)
{
        NodedevWatch *watch = userdata;
        Scan *scan = watch->scan;

        watch->task = NULL;
        watch->scan = NULL;
        if (r < 0) {
                g_autofree char *text = error_message(error);

                log_error("devices of the host cannot be looked at: %s", text);
                return;
        }
        if (!scan->paths)
                add_missing(watch, scan->found);
        watch->found = g_steal_pointer(&scan->found);
        watch->files = g_steal_pointer(&scan->files);
        watch->taken = 0;
        (void) sd_event_add_defer(watch->part->driver->host->event, &watch->taking, on_taking, watch);
        (void) sd_event_source_set_enabled(watch->taking, SD_EVENT_ON);
}

static GHashTable *pending_new(void)
{
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static int compare_paths(const void *a, const void *b)
{
        return strcmp(*(char *const *) a, *(char *const *) b);
}

/* What was removed need not be looked at, and may still be seen for a moment. */
static GPtrArray *take_pending(NodedevWatch *watch)
{
        g_autoptr(GHashTable) pending = g_steal_pointer(&watch->pending);
        GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
        GHashTableIter iter;
        gpointer path, removed;

        watch->pending = pending_new();
        g_hash_table_remove_all(watch->removed);
        g_hash_table_iter_init(&iter, pending);
        while (g_hash_table_iter_next(&iter, &path, &removed)) {
                if (removed) {
                        take_away(watch, path);
                        g_hash_table_add(watch->removed, g_strdup(path));
                } else
                        g_ptr_array_add(paths, g_strdup(path));
        }
        g_ptr_array_sort(paths, compare_paths);
        g_ptr_array_add(paths, NULL);
        return paths;
}

static void begin(NodedevWatch *watch)
{
        Scan *scan = g_new0(Scan, 1);

        watch->pause = sd_event_source_disable_unref(watch->pause);
        if (watch->lost)
                g_hash_table_remove_all(watch->pending);
        else
                scan->paths = take_pending(watch);
        watch->lost = false;
        if (scan->paths && scan->paths->len == 1) {
                scan_free(scan);
                return;
        }
        watch->scan = scan;
        watch->task = worker_run(watch->part->worker, scan_work, scan, scan_free, on_scanned, watch);
}

static void remember(NodedevWatch *watch, const char *path, bool removed)
{
        g_hash_table_replace(watch->pending, g_strdup(path), GINT_TO_POINTER(removed));
        begin_soon(watch);
}

void nodedev_watch_look(NodedevWatch *watch, const char *path)
{
        remember(watch, path, false);
}

/* -- events -------------------------------------------------------------------------------------------------- */

static void take_event(NodedevWatch *watch, struct udev_device *device)
{
        const char *path = udev_device_get_syspath(device);
        const char *old = udev_device_get_property_value(device, "DEVPATH_OLD");

        if (!path)
                return;
        if (old) {
                g_autofree char *old_path = g_strconcat("/sys", old, NULL);

                remember(watch, old_path, true);
        }
        remember(watch, path, streq_ptr(udev_device_get_action(device), "remove"));
}

static int on_event(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        NodedevWatch *watch = userdata;
        struct udev_device *device;

        errno = 0;
        device = udev_monitor_receive_device(watch->monitor);
        if (device)
                take_event(watch, device);
        else if (errno == ENOBUFS) {
                watch->lost = true;
                begin_soon(watch);
        }
        udev_device_unref(device);
        return 0;
}

/* The kernel has no event for the state and the speed of a link. */
static void on_link(void *userdata, const char *name)
{
        NodedevWatch *watch = userdata;
        g_autofree char *path = name ? g_build_filename("/sys/class/net", name, NULL) : NULL;

        if (path)
                nodedev_watch_look(watch, path);
}

/* Where no udevd runs, as in a container, nobody but the kernel tells of devices. */
static const char *event_source_name(void)
{
        return access("/run/udev/control", F_OK) >= 0 ? "udev" : "kernel";
}

static int listen_to_devices(NodedevWatch *watch)
{
        int r;

        watch->udev = udev_new();
        if (watch->udev)
                watch->monitor = udev_monitor_new_from_netlink(watch->udev, event_source_name());
        if (!watch->monitor)
                return -errno;
        (void) udev_monitor_set_receive_buffer_size(watch->monitor, MONITOR_BYTES);
        r = udev_monitor_enable_receiving(watch->monitor);
        if (r < 0)
                return r;
        return sd_event_add_io(watch->part->driver->host->event, &watch->events,
                               udev_monitor_get_fd(watch->monitor), EPOLLIN, on_event, watch);
}

/* Without it there is what there was at the start: no reason not to start. */
static void listen_to(NodedevWatch *watch)
{
        _cleanup_error_ Error error = ERROR_INIT;
        int r = listen_to_devices(watch);

        if (r < 0)
                log_warning("devices that come and go will not be noticed: %s", g_strerror(-r));
        if (link_watch_new(watch->part->driver->host->event, on_link, watch, &watch->links, &error) < 0)
                log_warning("changes of network devices will not be noticed: %s", error.detail);
}

static void device_unref(void *device)
{
        object_unref(device);
}

NodedevWatch *nodedev_watch_new(NodedevPart *part)
{
        NodedevWatch *watch = g_new0(NodedevWatch, 1);

        watch->part = part;
        watch->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, device_unref);
        watch->pending = pending_new();
        watch->removed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        listen_to(watch);
        watch->began_usec = now_usec();
        watch->lost = true;
        begin(watch);
        return watch;
}

NodedevWatch *nodedev_watch_free(NodedevWatch *watch)
{
        if (!watch)
                return NULL;
        worker_cancel(watch->task);
        sd_event_source_disable_unref(watch->events);
        sd_event_source_disable_unref(watch->pause);
        sd_event_source_disable_unref(watch->taking);
        link_watch_free(watch->links);
        udev_monitor_unref(watch->monitor);
        udev_unref(watch->udev);
        g_clear_pointer(&watch->found, g_ptr_array_unref);
        g_clear_pointer(&watch->files, g_ptr_array_unref);
        g_hash_table_unref(watch->by_path);
        g_hash_table_unref(watch->pending);
        g_hash_table_unref(watch->removed);
        g_free(watch);
        return NULL;
}
