// Programs that this proof needs and that are not Node's: found, or installed with apt-get where that is ours
// to do.

import { existsSync } from "node:fs";
import { hasApt, installWithApt } from "../../../packages/cli/src/redis/apt.ts";
import { findOnPath } from "../../../packages/cli/src/redis/redis-server.ts";

/** @throws with what to install, where it cannot be had. */
export function provide(program: string, debianPackage: string): string {
  const find = () => findOnPath([program], process.env["PATH"] ?? "");
  const found = find();
  if (found !== null) return found;
  if (hasApt() && existsSync("/etc/debian_version")) {
    console.log(`${program}: not here; installing ${debianPackage} with apt-get`);
    if (installWithApt(debianPackage)) return find() ?? missing(program, debianPackage);
  }
  return missing(program, debianPackage);
}

function missing(program: string, debianPackage: string): never {
  throw new Error(
    `${program} is needed and not on the PATH. As root on Debian it is installed by itself (apt-get install ${debianPackage}); elsewhere install it and try again.`,
  );
}
