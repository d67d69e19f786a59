# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
#
# Makes a C table of the migrations given: DATABASE-NUMBER-NAME.sql, in the order of their numbers.
function end_row() { if (rows++ > 0) print "    }," }
BEGIN {
    print "/* Generated from sql/ by sql/embed.awk. */"
    print "#include \"store/schema.h\"\n"
    print "#include <stddef.h>\n"
    print "const struct bk_migration bk_migrations[] = {"
}
FNR == 1 {
    end_row()
    name = FILENAME
    sub(/^.*\//, "", name)
    split(name, part, "-")
    printf "    {\n        \"%s\", %d,\n", part[1], part[2]
}
{
    gsub(/\\/, "\\\\")
    gsub(/"/, "\\\"")
    printf "        \"%s\\n\"\n", $0
}
END {
    end_row()
    print "    {NULL, 0, NULL},\n};"
}
