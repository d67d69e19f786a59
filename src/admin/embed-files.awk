# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
#
# The files of conf/ as C strings, for `boxkeeper setup`: awk -f embed-files.awk FILE...
# Names are given as they follow "conf/".
BEGIN {
    print "/* Made by src/admin/embed-files.awk from conf/. */"
    print "#include \"admin/setup.h\""
    print ""
    print "const struct bk_setup_file bk_setup_files[] = {"
}
FNR == 1 {
    if (NR > 1)
        print "    },"
    name = FILENAME
    sub(/^.*conf\//, "", name)
    printf "    {\"%s\",\n", name
}
{
    gsub(/\\/, "&&")
    gsub(/"/, "\\\"")
    printf "     \"%s\\n\"\n", $0
}
END {
    print "    },"
    print "    {NULL, NULL},"
    print "};"
}
