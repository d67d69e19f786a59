/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Dovecot 2.4: our settings. Part of the plugin, and a module of its own for doveconf and config,
 * which refuse a setting that no module defines. With 2.3 there is nothing to define.
 */
#include "dovecot-compat.h"

BOXKEEPER_EXPORT extern const char *boxkeeper_settings_version;
BOXKEEPER_EXPORT extern const struct setting_parser_info *boxkeeper_settings_set_infos[];

static const struct setting_define defines[] = {
    SETTING_DEFINE_STRUCT_STR("boxkeeper_settings", boxkeeper_settings,
                              struct boxkeeper_plugin_settings),
    SETTING_DEFINE_LIST_END,
};

static const struct boxkeeper_plugin_settings defaults = {
    .boxkeeper_settings = "",
};

const struct setting_parser_info boxkeeper_setting_parser_info = {
    .name = "boxkeeper",
    .defines = defines,
    .defaults = &defaults,
    .struct_size = sizeof(struct boxkeeper_plugin_settings),
    .pool_offset1 = 1 + offsetof(struct boxkeeper_plugin_settings, pool),
};

const char *boxkeeper_settings_version = DOVECOT_ABI_VERSION;
const struct setting_parser_info *boxkeeper_settings_set_infos[] = {
    &boxkeeper_setting_parser_info,
    NULL,
};
