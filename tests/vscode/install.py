"""Install a real VS Code for the tests: the workbench of npm's code-server, into .vscode-test/.

Its native modules are neither built nor needed. Run by `make test-vscode`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".vscode-test"
SERVER = FOLDER / "node_modules" / "code-server" / "lib" / "vscode"
VERSION = "4.100.3"  # one that was tried


def main() -> None:
    """Install what is missing, or say what has to be installed by hand."""
    if not shutil.which("npm"):
        sys.exit("make test-vscode needs node 20 or later, with npm: https://nodejs.org")
    if not shutil.which("chromium"):
        sys.exit("make test-vscode needs Chromium, for example: apt-get install chromium")
    if (FOLDER / "done").exists():
        return
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "package.json").write_text('{"private": true}\n')
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    tools = ["@vscode/debugadapter-testsupport@1", "@vscode/debugprotocol@1", "ajv@8"]
    subprocess.run([*npm, f"code-server@{VERSION}", *tools], cwd=FOLDER, check=True)
    subprocess.run([*npm, "--omit=dev"], cwd=SERVER, check=True)
    (FOLDER / "done").touch()


if __name__ == "__main__":
    main()
