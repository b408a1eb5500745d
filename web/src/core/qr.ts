/**
 * QR codes (ISO/IEC 18004) of bytes, error correction L: a bundle of 1 KiB fits version 23, which a
 * camera still reads from a screen. Pure, so that it can be tested without one.
 */
const TOTAL = [
  26,
  44,
  70,
  100,
  134,
  172,
  196,
  242,
  292,
  346,
  404,
  466,
  532,
  581,
  655,
  733,
  815,
  901,
  991,
  1085,
  1156,
  1258,
  1364,
  1474,
  1588,
  1706,
  1828,
  1921,
  2051,
  2185,
];
const CHECK = [
  7,
  10,
  15,
  20,
  26,
  18,
  20,
  24,
  30,
  18,
  20,
  24,
  26,
  30,
  22,
  24,
  28,
  30,
  28,
  28,
  28,
  28,
  30,
  30,
  26,
  28,
  30,
  30,
  30,
  30,
];
const BLOCKS = [
  1,
  1,
  1,
  1,
  1,
  2,
  2,
  2,
  2,
  4,
  4,
  4,
  4,
  4,
  6,
  6,
  6,
  6,
  7,
  8,
  8,
  9,
  9,
  10,
  12,
  12,
  12,
  13,
  14,
  15,
];

const EXP = new Uint8Array(512), LOG = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i++) {
  EXP[i] = EXP[i + 255] = x;
  LOG[x] = i;
  x = x & 128 ? (x << 1) ^ 0x11d : x << 1;
}

function remainder(data: readonly number[], count: number): number[] {
  let divisor = [1];
  for (let i = 0; i < count; i++) {
    const next = [...divisor, 0];
    divisor.forEach((c, k) => {
      if (c) next[k + 1] ^= EXP[LOG[c] + i];
    });
    divisor = next;
  }
  const rest = [...data, ...new Array(count).fill(0)];
  for (let i = 0; i < data.length; i++) {
    const lead = rest[i];
    if (lead) {
      divisor.forEach((c, k) => {
        if (c) rest[i + k] ^= EXP[LOG[c] + LOG[lead]];
      });
    }
  }
  return rest.slice(data.length);
}

function codewords(bytes: Uint8Array, version: number): number[] {
  const at = version - 1;
  const capacity = TOTAL[at] - CHECK[at] * BLOCKS[at];
  const bits: number[] = [];
  const put = (value: number, count: number) => {
    for (let i = count - 1; i >= 0; i--) bits.push((value >> i) & 1);
  };
  put(4, 4);
  put(bytes.length, version < 10 ? 8 : 16);
  for (const b of bytes) put(b, 8);
  put(0, Math.min(4, capacity * 8 - bits.length));
  while (bits.length % 8) bits.push(0);
  const data: number[] = [];
  for (let i = 0; i < bits.length; i += 8) {
    data.push(bits.slice(i, i + 8).reduce((v, b) => v * 2 + b, 0));
  }
  for (let pad = 0xec; data.length < capacity; pad ^= 0xec ^ 0x11) data.push(pad);
  const blocks: number[][] = [];
  const short = Math.floor(capacity / BLOCKS[at]), long = capacity % BLOCKS[at];
  for (let i = 0, from = 0; i < BLOCKS[at]; i++) {
    const size = short + (i >= BLOCKS[at] - long ? 1 : 0);
    blocks.push(data.slice(from, from + size));
    from += size;
  }
  const checks = blocks.map((b) => remainder(b, CHECK[at]));
  const out: number[] = [];
  for (let i = 0; i <= short; i++) for (const b of blocks) if (i < b.length) out.push(b[i]);
  for (let i = 0; i < CHECK[at]; i++) for (const c of checks) out.push(c[i]);
  return out;
}

function versionFor(length: number): number {
  for (let v = 1; v <= TOTAL.length; v++) {
    const room = TOTAL[v - 1] - CHECK[v - 1] * BLOCKS[v - 1] - (v < 10 ? 2 : 3);
    if (length <= room) return v;
  }
  return 0;
}

type Grid = Int8Array[];

function patterns(version: number): { grid: Grid; free: boolean[][] } {
  const size = version * 4 + 17;
  const grid: Grid = Array.from({ length: size }, () => new Int8Array(size));
  const free = Array.from({ length: size }, () => new Array<boolean>(size).fill(true));
  const set = (x: number, y: number, dark: boolean) => {
    if (x < 0 || y < 0 || x >= size || y >= size) return;
    grid[y][x] = dark ? 1 : 0;
    free[y][x] = false;
  };
  for (const [cx, cy] of [[3, 3], [size - 4, 3], [3, size - 4]]) {
    for (let dy = -4; dy <= 4; dy++) {
      for (let dx = -4; dx <= 4; dx++) {
        const ring = Math.max(Math.abs(dx), Math.abs(dy));
        set(cx + dx, cy + dy, ring !== 2 && ring !== 4);
      }
    }
  }
  const places = alignment(version, size);
  for (const cy of places) {
    for (const cx of places) {
      const last = size - 7;
      if ((cx === 6 && cy === 6) || (cx === 6 && cy === last) || (cx === last && cy === 6)) {
        continue;
      }
      for (let dy = -2; dy <= 2; dy++) {
        for (let dx = -2; dx <= 2; dx++) {
          set(cx + dx, cy + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
        }
      }
    }
  }
  for (let i = 8; i < size - 8; i++) {
    if (free[6][i]) set(i, 6, i % 2 === 0);
    if (free[i][6]) set(6, i, i % 2 === 0);
  }
  for (let i = 0; i < 9; i++) {
    if (free[8][i]) set(i, 8, false);
    if (free[i][8]) set(8, i, false);
    if (i < 8) {
      set(size - 1 - i, 8, false);
      set(8, size - 1 - i, false);
    }
  }
  if (version >= 7) {
    let rest = version;
    for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
    const bits = version << 12 | rest;
    for (let i = 0; i < 18; i++) {
      const dark = ((bits >> i) & 1) === 1;
      const a = size - 11 + i % 3, b = Math.floor(i / 3);
      set(a, b, dark);
      set(b, a, dark);
    }
  }
  return { grid, free };
}

function alignment(version: number, size: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.floor((version * 8 + count * 3 + 5) / (count * 4 - 4)) * 2;
  const places = [6];
  for (let i = 0; i < count - 1; i++) places.splice(1, 0, size - 7 - i * step);
  return places;
}

const MASKS: ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => (x * y) % 2 + (x * y) % 3 === 0,
  (x, y) => ((x * y) % 2 + (x * y) % 3) % 2 === 0,
  (x, y) => ((x + y) % 2 + (x * y) % 3) % 2 === 0,
];

function format(grid: Grid, mask: number): void {
  const size = grid.length;
  const data = 1 << 3 | mask;
  let rest = data;
  for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
  const bits = (data << 10 | rest) ^ 0x5412;
  const bit = (i: number) => (bits >> i) & 1;
  for (let i = 0; i <= 5; i++) grid[i][8] = bit(i);
  grid[7][8] = bit(6);
  grid[8][8] = bit(7);
  grid[8][7] = bit(8);
  for (let i = 9; i < 15; i++) grid[8][14 - i] = bit(i);
  for (let i = 0; i < 8; i++) grid[8][size - 1 - i] = bit(i);
  for (let i = 8; i < 15; i++) grid[size - 15 + i][8] = bit(i);
  grid[size - 8][8] = 1;
}

/** How hard a grid is to read: long runs, full squares, false finders, too dark or too light. */
function penalty(grid: Grid): number {
  const size = grid.length;
  let sum = 0, dark = 0;
  for (let turn = 0; turn < 2; turn++) {
    for (let y = 0; y < size; y++) {
      let run = 0, last = -1;
      let window = 0;
      for (let x = 0; x < size; x++) {
        const v = turn ? grid[x][y] : grid[y][x];
        run = v === last ? run + 1 : 1;
        last = v;
        if (run === 5) sum += 3;
        else if (run > 5) sum++;
        window = (window << 1 | v) & 0x7ff;
        if (x >= 10 && (window === 0x05d || window === 0x5d0)) sum += 40;
      }
    }
  }
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      dark += grid[y][x];
      if (
        x && y && grid[y][x] === grid[y - 1][x] && grid[y][x] === grid[y][x - 1] &&
        grid[y][x] === grid[y - 1][x - 1]
      ) sum += 3;
    }
  }
  return sum + Math.floor(Math.abs(dark * 20 - size * size * 10) / (size * size)) * 10;
}

/** Rows of 0 and 1, without the quiet zone of four; null where the text is too long. */
export function qr(text: string): Grid | null {
  const bytes = new TextEncoder().encode(text);
  const version = versionFor(bytes.length);
  if (!version) return null;
  const { grid, free } = patterns(version);
  const size = grid.length;
  const words = codewords(bytes, version);
  let at = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      for (let side = 0; side < 2; side++) {
        const x = right - side;
        const up = ((right + 1) & 2) === 0;
        const y = up ? size - 1 - step : step;
        if (!free[y][x]) continue;
        grid[y][x] = at < words.length * 8 ? (words[at >> 3] >> (7 - (at & 7))) & 1 : 0;
        at++;
      }
    }
  }
  let best: Grid | null = null, least = Infinity;
  MASKS.forEach((mask, number) => {
    const masked = grid.map((row, y) => row.map((v, x) => free[y][x] && mask(x, y) ? v ^ 1 : v));
    format(masked, number);
    const cost = penalty(masked);
    if (cost < least) [best, least] = [masked, cost];
  });
  return best;
}
