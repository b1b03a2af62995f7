#!/usr/bin/env bash
# Merge the counts of instrumented programs into one profile.
# usage: merge-profile.sh FOLDER PROFILE
# FOLDER has a *.profraw of each program; equal counts make equal bytes.  LLVM_MAJOR names the tool's
# release, which must be the compiler's.  Ends with code 3 where there is nothing to merge.
set -euo pipefail

folder=$1 profile=$2
: "${LLVM_MAJOR:?}"
# Adding up is the same in any order, but writing down may not be.
mapfile -t counts < <(find "$folder" -name '*.profraw' -size +0 | LC_ALL=C sort)
if ((${#counts[@]} == 0)); then exit 3; fi
# One thread, because threads share the files out.  A program that was killed while it wrote leaves a
# file that says nothing; what the others counted is right.
"llvm-profdata-$LLVM_MAJOR" merge --num-threads=1 --failure-mode=all --output="$profile" "${counts[@]}"
echo "profile: counts of ${#counts[@]} programs"
"llvm-profdata-$LLVM_MAJOR" show "$profile" | sed -n 's/^Total functions: /profile: functions: /p'
