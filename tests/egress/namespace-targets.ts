// What is sent to inside the namespace: names with the addresses that they resolve to there, and URLs.

export const INSIDE_NAMES: Readonly<Record<string, readonly string[]>> = {
  "public.example": ["93.184.216.34"],
  "dual.example": ["2606:4700::1111", "93.184.216.35"],
  "private.example": ["10.1.2.3"],
  "mixed.example": ["93.184.216.36", "10.1.2.3"],
  "mixed-families.example": ["93.184.216.37", "fd00::1"],
  "loopback.example": ["127.0.0.1"],
  "metadata.example": ["169.254.169.254"],
  "mapped.example": ["::ffff:7f00:1"],
  "nat64.example": ["64:ff9b::a00:1"],
  "nat64-public.example": ["64:ff9b::808:808"],
};

/** Where public addresses answer; everything else must not even be connected to. */
export const REACHED: Readonly<Record<string, string>> = {
  "http://93.184.216.40/": "93.184.216.40",
  "http://[2606:4700::2222]/": "2606:4700::2222",
  "http://public.example/": "93.184.216.34",
  "http://dual.example/": "2606:4700::1111",
  "http://nat64-public.example/": "64:ff9b::808:808",
};

const REFUSED: readonly string[] = [
  ...Object.keys(INSIDE_NAMES)
    .map((name) => `http://${name}/`)
    .filter((url) => !(url in REACHED)),
  ...["127.0.0.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254"],
  ...["192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1"],
  ...["255.255.255.255", "168.63.129.16", "100.100.100.200", "[::1]", "[::]", "[fd00:ec2::254]", "[fe80::1]"],
  ...["[fc00::1]", "[2002:7f00:1::]", "[2001:db8::1]", "[64:ff9b::7f00:1]", "[::ffff:7f00:1]", "[ff02::1]"],
  ...[
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "１２７.０.０.１",
    "127。0。0。1",
    "127.0.0.1.",
    "localhost.",
  ],
  ...[
    "[::ffff:127.0.0.1]",
    "0",
    "169.254.43518",
    "user:pass@93.184.216.40",
    "93.184.216.40:6379",
    "metadata.google.internal",
  ],
].map((target) => (target.startsWith("http") ? target : `http://${target}/`));

export const URLS: readonly string[] = [...Object.keys(REACHED), ...REFUSED];
