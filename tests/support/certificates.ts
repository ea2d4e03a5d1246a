// Certificates for a test, made by the openssl of this machine: an authority, and servers and clients that it
// vouches for.

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  readonly directory: string;
  readonly ca: string;
  /** Issues a certificate for names or addresses (`DNS:a.example,IP:127.0.0.1`). */
  issue(
    alternatives: string,
    options?: { readonly name?: string; readonly hasExpired?: boolean },
  ): Certificate;
  [Symbol.dispose](): void;
}

/** Tests that need it say so where it is not there. */
export function hasOpenssl(): boolean {
  return ["/usr/bin/openssl", "/usr/local/bin/openssl", "/opt/homebrew/bin/openssl"].some(existsSync);
}

const CA_CONFIG = `[ca]
default_ca = default
[default]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = policy
unique_subject = no
[policy]
commonName = supplied
`;

export function createAuthority(): Authority {
  const directory = mkdtempSync(join(tmpdir(), "postrider-tls-"));
  const run = (...args: string[]): void =>
    void execFileSync("openssl", args, { cwd: directory, stdio: "pipe" });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  run(
    "req",
    "-x509",
    ...curve,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-days",
    "30",
    "-subj",
    "/CN=Test authority",
  );
  const read = (name: string): string => readFileSync(join(directory, name), "utf8");
  writeFileSync(join(directory, "ca.cnf"), CA_CONFIG);
  writeFileSync(join(directory, "index.txt"), "");
  writeFileSync(join(directory, "serial"), "01");
  const authority = ["-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-extfile", "extensions"];
  let issued = 0;
  return {
    directory,
    ca: read("ca.pem"),
    issue(alternatives, { name = "test", hasExpired = false } = {}) {
      issued += 1;
      const [key, request, cert] = [`${issued}.key`, `${issued}.csr`, `${issued}.pem`];
      run("req", "-new", ...curve, "-keyout", key, "-out", request, "-subj", `/CN=${name}`);
      writeFileSync(join(directory, "extensions"), `subjectAltName=${alternatives}\n`);
      const end = hasExpired ? "20200201000000Z" : "20490101000000Z";
      const period = ["-startdate", "20200101000000Z", "-enddate", end];
      run("ca", "-batch", "-notext", "-in", request, ...authority, ...period, "-out", cert);
      return { cert: read(cert), key: read(key) };
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
