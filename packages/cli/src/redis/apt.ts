// Installs a Debian package where that is ours to do: as root, on a machine with apt-get.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Whether `installWithApt` can work here. */
export function hasApt(): boolean {
  return process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
}

/**
 * @returns whether the package is installed now. The lists of packages are only fetched again when it is not
 * found in those of the machine.
 */
export function installWithApt(name: string): boolean {
  const apt = (...words: string[]) =>
    spawnSync("/usr/bin/env", ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y", ...words], {
      stdio: "ignore",
    }).status === 0;
  const install = () => apt("install", "--no-install-recommends", name);
  return install() || (apt("update") && install());
}
