#!/bin/sh
# Writes the reference pages of the documentation from the program itself.
# usage: reference.sh PROGRAM FOLDER
set -eu
program=$1 folder=$2
mkdir -p "$folder"
for page in scenario columns commands logs plugins; do
    "$program" reference "$page" > "$folder/$page.md.new"
    mv "$folder/$page.md.new" "$folder/$page.md"
done
"$program" schema > "$folder/scenario.schema.json.new"
mv "$folder/scenario.schema.json.new" "$folder/scenario.schema.json"
