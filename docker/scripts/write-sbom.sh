#!/usr/bin/env bash
# Write the SPDX 2.3 bill of materials of the image this runs in: every Debian package installed, and
# what else was put in, one component a line on standard input.
# usage: write-sbom.sh IMAGE <COMPONENTS
# A component is tab-separated: name, version, sha256 or -, licence expression, package URL.
# Components of the parent image are kept in FOLDER/components.tsv and listed again.
# Writes FOLDER/IMAGE.spdx.json, the same bytes for the same content.
set -euo pipefail

image=$1
folder=${SBOM_DIR:-/usr/share/regalloc}
mkdir -p "$folder"
touch "$folder/components.tsv"
cat >>"$folder/components.tsv"

# Debian packages by name, then everything else in the order it was put in.
{
  dpkg-query -W -f='${Package}\t${Version}\t-\tNOASSERTION\tpkg:deb/debian/${Package}@${Version}?arch=${Architecture}\n' |
    LC_ALL=C sort
  cat "$folder/components.tsv"
} >"$folder/all.tsv"
digest=$(sha256sum "$folder/all.tsv" | cut -d ' ' -f 1)
created=$(date --utc --date="@${SOURCE_DATE_EPOCH:-0}" +%Y-%m-%dT%H:%M:%SZ)

awk -F '\t' -v image="$image" -v digest="$digest" -v created="$created" '
  function quote(text) { gsub(/\\/, "\\\\", text); gsub(/"/, "\\\"", text); return "\"" text "\"" }
  BEGIN {
    print "{"
    print " \"spdxVersion\": \"SPDX-2.3\","
    print " \"dataLicense\": \"CC0-1.0\","
    print " \"SPDXID\": \"SPDXRef-DOCUMENT\","
    print " \"name\": " quote("regalloc-" image) ","
    # Unique for each content, as the standard asks; nothing has to be found there.
    print " \"documentNamespace\": " quote("urn:regalloc:" image ":" digest) ","
    print " \"creationInfo\": {\"created\": " quote(created) ", \"creators\": [\"Tool: regalloc\"]},"
    print " \"packages\": ["
    print "  {\"SPDXID\": \"SPDXRef-image\", \"name\": " quote("regalloc-" image) ", \"versionInfo\": " \
      quote(digest) ", \"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false," \
      " \"primaryPackagePurpose\": \"CONTAINER\"}"
  }
  {
    line = "  ,{\"SPDXID\": \"SPDXRef-" NR "\", \"name\": " quote($1) ", \"versionInfo\": " quote($2) \
      ", \"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false" \
      ", \"licenseConcluded\": " quote($4) ", \"licenseDeclared\": " quote($4) \
      ", \"copyrightText\": \"NOASSERTION\""
    if ($3 != "-")
      line = line ", \"checksums\": [{\"algorithm\": \"SHA256\", \"checksumValue\": " quote($3) "}]"
    line = line ", \"externalRefs\": [{\"referenceCategory\": \"PACKAGE-MANAGER\"" \
      ", \"referenceType\": \"purl\", \"referenceLocator\": " quote($5) "}]}"
    print line
  }
  END {
    print " ],"
    print " \"relationships\": ["
    print "  {\"spdxElementId\": \"SPDXRef-DOCUMENT\", \"relationshipType\": \"DESCRIBES\", \"relatedSpdxElement\": \"SPDXRef-image\"}"
    for (i = 1; i <= NR; i++)
      print "  ,{\"spdxElementId\": \"SPDXRef-image\", \"relationshipType\": \"CONTAINS\", \"relatedSpdxElement\": \"SPDXRef-" i "\"}"
    print " ]"
    print "}"
  }' "$folder/all.tsv" >"$folder/$image.spdx.json"
rm "$folder/all.tsv"
