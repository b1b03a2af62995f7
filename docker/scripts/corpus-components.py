"""Print the source packages a corpus is made of, for write-sbom.sh.

usage: corpus-components.py SOURCE_JSON
"""

import json
import sys
from pathlib import Path

source = json.loads(Path(sys.argv[1]).read_text())
for file in source["files"]:
    purl = f"pkg:deb/debian/{source['package']}@{source['version']}?arch=source"
    print(file["name"], source["version"], file["sha256"], "NOASSERTION", purl, sep="\t")
