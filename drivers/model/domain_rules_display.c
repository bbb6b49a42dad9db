/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_rules.h"

#include <string.h>

/* What has to fit together in what a user sees, hears and touches: <graphics>, <video>, <sound>, <input>. */

/* Where no backend is given one is added, number 1. */
static void check_audio(const DomainDef *def, uint32_t id, DefChecker *checker)
{
        if (id == 0 || (id == 1 && def->audios.n == 0))
                return;
        DEF_FOREACH(audio, def->audios)
                if (audio->id == id)
                        return;
        checker_fail(checker, ERROR_XML_ERROR, "audio/@id", "no audio device with ID %" PRIu32, id);
}

static void check_listens(const void *p, DefChecker *checker)
{
        const DomainGraphics *graphics = p;
        const DomainListen *first = graphics->listens.n > 0 ? graphics->listens.items[0] : NULL;

        if (!first)
                return;
        if (first->type == DOMAIN_LISTEN_ADDRESS && !streq_ptr(first->address, graphics->listen))
                checker_fail(checker, ERROR_XML_ERROR, "@listen",
                             "graphics 'listen' attribute '%s' must match 'address' attribute of first listen "
                             "element (found '%s')",
                             strempty(graphics->listen), strempty(first->address));
        if (graphics->type == DOMAIN_GRAPHICS_VNC && first->type == DOMAIN_LISTEN_SOCKET && graphics->socket &&
            !streq_ptr(first->socket, graphics->socket))
                checker_fail(checker, ERROR_XML_ERROR, "@socket",
                             "graphics 'socket' attribute '%s' must match 'socket' attribute of first listen "
                             "element (found '%s')", graphics->socket, strempty(first->socket));
}

static void check_graphics(const void *p, DefChecker *checker)
{
        const DomainGraphics *graphics = p;
        bool rdp = graphics->type == DOMAIN_GRAPHICS_RDP;

        EXPECT_NONE(checker, { graphics->p2p == TRISTATE_YES && graphics->address, "@address",
                               "D-Bus p2p with an address is not supported" });
        DEF_FOREACH(listen, graphics->listens)
                if (rdp && (listen->type == DOMAIN_LISTEN_SOCKET || listen->type == DOMAIN_LISTEN_NONE))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "listen/@type",
                                     "listen type '%s' is not available for graphics type 'rdp'",
                                     domain_listen_to_string(listen->type));
        if (graphics->type == DOMAIN_GRAPHICS_VNC || graphics->type == DOMAIN_GRAPHICS_DBUS)
                check_audio(checker_root(checker), graphics->audio_id, checker);
}

/* What VNC's protocol has room for. */
#define VNC_PASSWORD_MAX 8u

static void check_qemu_graphics(const void *p, DefChecker *checker)
{
        const DomainDef *def = checker_qemu_domain(checker);
        const DomainGraphics *graphics = p;
        bool vnc = graphics->type == DOMAIN_GRAPHICS_VNC, spice = graphics->type == DOMAIN_GRAPHICS_SPICE;
        bool headless = false;

        if (!def)
                return;
        DEF_FOREACH(other, def->graphics)
                headless |= other->type == DOMAIN_GRAPHICS_EGL_HEADLESS;
        EXPECT_NONE(checker, { graphics->type == DOMAIN_GRAPHICS_DESKTOP, "@type",
                               "unsupported graphics type 'desktop'" },
                    { headless && spice && graphics->gl_enable == TRISTATE_YES, "gl/@enable",
                      "multiple OpenGL displays are not supported by QEMU" },
                    { vnc && graphics->passwd && strlen(graphics->passwd) > VNC_PASSWORD_MAX, "@passwd",
                      "a VNC password has 8 characters at most" });
}

const DefRule domain_graphics_rules[] = {
        { "both forms of the listen address agree", check_listens },
        { "options suit the type", check_graphics },
        { "QEMU can have the display", check_qemu_graphics },
        {},
};

/* <video> */

static void check_video(const void *p, DefChecker *checker)
{
        const DomainVideo *video = p;
        bool qxl = video->type == DOMAIN_VIDEO_QXL, virtio = video->type == DOMAIN_VIDEO_VIRTIO;
        bool vhost_user = streq_ptr(video->driver_name, "vhostuser");
        bool sized = def_is_set(video, resolution_x) || def_is_set(video, resolution_y);

        if (video->type == 0)
                return;
        EXPECT_NONE(checker, { vhost_user && !virtio, "driver/@name",
                               "'vhostuser' driver is only supported with 'virtio' device" },
                    { !vhost_user && video->rendernode, "model/acceleration/@rendernode",
                      "unsupported rendernode accel attribute without 'vhostuser'" },
                    { sized && (video->resolution_x == 0 || video->resolution_y == 0), "model/resolution",
                      "video resolution values must be greater than 0" },
                    { !qxl && video->ram != 0, "model/@ram", "ram attribute only supported for video type qxl" },
                    { !qxl && video->vram64 != 0, "model/@vram64",
                      "vram64 attribute only supported for video type qxl" },
                    { !qxl && video->vgamem != 0, "model/@vgamem",
                      "vgamem attribute only supported for video type qxl" },
                    { video->type == DOMAIN_VIDEO_RAMFB && video->info.address, "address",
                      "address not supported for video type ramfb" },
                    { !virtio && virtio_is_given(&video->virtio), "driver",
                      "iommu, ats, packed and page_per_vq are options of virtio devices only" },
                    { !virtio && video->blob != TRISTATE_ABSENT, "model/@blob",
                      "only video of type 'virtio' has blob resources" });
}

/* Which is the primary one is known when the definition is complete, or says it. */
static bool is_secondary(const DomainDef *def, const DomainVideo *video)
{
        DEF_FOREACH(other, def->videos)
                if (other->primary == TRISTATE_YES && other != video)
                        return video->primary != TRISTATE_YES;
        return false;
}

#define VRAM_MAX (UINT32_MAX / 1024)
#define VRAM_MIN 1024u

static void check_qemu_video(const void *p, DefChecker *checker)
{
        const DomainDef *def = checker_qemu_domain(checker);
        const DomainVideo *video = p;
        uint32_t type = IS(video->type), resizable = IS(DOMAIN_VIDEO_VGA) | IS(DOMAIN_VIDEO_QXL) |
                IS(DOMAIN_VIDEO_VIRTIO) | IS(DOMAIN_VIDEO_BOCHS);
        bool qxl = video->type == DOMAIN_VIDEO_QXL;
        bool vga = video->type == DOMAIN_VIDEO_VGA || video->type == DOMAIN_VIDEO_VMVGA;

        if (!def || video->type == 0 || video->type == DOMAIN_VIDEO_NONE)
                return;
        EXPECT_NONE(checker, { is_secondary(def, video) && !(type & (IS(DOMAIN_VIDEO_QXL) | IS(DOMAIN_VIDEO_VIRTIO))),
                               "model/@type", "this video type is only valid as primary video device" },
                    { video->accel2d == TRISTATE_YES, "model/acceleration/@accel2d",
                      "qemu does not support the accel2d setting" },
                    { qxl && (video->vram > VRAM_MAX || video->ram > VRAM_MAX), "model",
                      "values for 'ram' and 'vram' must be less than 4194303" },
                    { def_is_set(video, resolution_x) && !(type & resizable), "model/resolution",
                      "model resolution is not supported" },
                    { vga && def_is_set(video, vram) && video->vram < VRAM_MIN, "model/@vram",
                      "value for 'vram' must be at least 1 MiB (1024 KiB)" });
}

const DefRule domain_video_rules[] = {
        { "options suit the type", check_video },
        { "QEMU can have the video", check_qemu_video },
        {},
};

/* <sound> */

static void check_sound(const void *p, DefChecker *checker)
{
        const DomainSound *sound = p;

        check_audio(checker_root(checker), sound->audio_id, checker);
        if (checker_qemu_domain(checker) && streq(sound->model, "ich7"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@model",
                             "sound card model '%s' is not supported by qemu", sound->model);
}

const DefRule domain_sound_rules[] = {
        { "the sound goes somewhere, and QEMU has the card", check_sound },
        {},
};

/* <input> */

static void check_input(const void *p, DefChecker *checker)
{
        const DomainInput *input = p;
        bool passthrough = input->type == DOMAIN_INPUT_PASSTHROUGH, evdev = input->type == DOMAIN_INPUT_EVDEV;

        if (input->model && !streq(input->model, "virtio") && !passthrough)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@model",
                             "virtio (non-)transitional models are not supported for input type=%s",
                             domain_input_to_string(input->type));
        if ((passthrough || evdev) && !input->source_evdev)
                checker_fail(checker, ERROR_XML_ERROR, "source", "Missing evdev path for input device passthrough");
        EXPECT_NONE(checker, { passthrough && input->bus != 0 && input->bus != DOMAIN_INPUT_BUS_VIRTIO, "@bus",
                               "input device type 'passthrough' is only supported for the bus 'virtio'" },
                    { evdev && input->bus != 0 && input->bus != DOMAIN_INPUT_BUS_NONE, "@bus",
                      "input evdev doesn't support bus element" },
                    { !passthrough && !evdev && input->source_evdev, "source/@evdev",
                      "setting source evdev path only supported for passthrough input devices" },
                    { input->model && input->bus != 0 && input->bus != DOMAIN_INPUT_BUS_VIRTIO, "@model",
                      "only bus 'virtio' is supported for input models of virtio" },
                    { input->bus == DOMAIN_INPUT_BUS_USB && has_other_address(&input->info, IS(DOMAIN_ADDRESS_USB)),
                      "address/@type", "Invalid address for a USB device" });
}

static void check_qemu_input(const void *p, DefChecker *checker)
{
        const MachineTraits *traits = NULL;
        const DomainDef *def = checker_qemu_machine(checker, &traits);
        const DomainInput *input = p;

        if (def && input->bus == DOMAIN_INPUT_BUS_PS2 && !machine_is_x86(traits))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@bus", "machines of %s have no ps2 bus", def->os.arch);
}

const DefRule domain_input_rules[] = {
        { "bus, model and source suit the type", check_input },
        { "QEMU's machine has the bus", check_qemu_input },
        {},
};
