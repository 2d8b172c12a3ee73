#!/bin/sh
# Checks that every room includes only headers of itself and of the rooms it may use.
# usage: layers.sh ROOM:FOLDER:USED ROOMS...   (one argument per room, as the Makefile gives them)
set -eu
for spec in "$@"; do printf '%s\n' "$spec"; done | awk '
    { split($0, part, ":"); folder[part[1]] = part[2]; room_of[part[2]] = part[1]
      n = split(part[3], used, " "); may[part[1], part[1]] = 1
      for (i = 1; i <= n; i++) may[part[1], used[i]] = 1 }
    END {
        bad = 0
        for (room in folder) {
            command = "grep -HnE \"^#include \\\"[a-z_]+/\" " folder[room] "/*.c " folder[room] "/*.h 2>/dev/null"
            while ((command | getline line) > 0) {
                split(line, quoted, "\"")
                header = quoted[2]; sub("/[^/]*$", "", header)
                if (!(header in room_of)) { print line ": no room has the folder " header; bad++ }
                else if (!((room, room_of[header]) in may)) { print line ": " room " may not use " room_of[header]; bad++ }
            }
            close(command)
        }
        if (bad) exit 1
        print "layers: every include follows the table"
    }'
