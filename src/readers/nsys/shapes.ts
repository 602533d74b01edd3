import type { LaunchShape } from '../../profile/model';

/**
 * Launch shapes, interned: a hash table over the numbers that make a shape, as
 * a capture of millions of kernels has some thousands of them.
 */
export class ShapeTable {
  readonly shapes: LaunchShape[] = [];
  private slots = new Int32Array(1024).fill(-1);
  private hashes = new Int32Array(512);

  /** Row of the shape, made by `create` where it is new. */
  intern(
    name: number,
    shortName: number,
    gridX: number,
    gridY: number,
    gridZ: number,
    blockX: number,
    blockY: number,
    blockZ: number,
    registers: number,
    staticSharedMemory: number,
    dynamicSharedMemory: number,
    create: () => LaunchShape,
  ): number {
    let hash = mix(name | 0, shortName);
    hash = mix(mix(mix(hash, gridX), gridY), gridZ);
    hash = mix(mix(mix(hash, blockX), blockY), blockZ);
    hash = mix(mix(mix(hash, registers), staticSharedMemory), dynamicSharedMemory);
    const mask = this.slots.length - 1;
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const index = this.slots[slot];
      if (index < 0) return this.insert(slot, hash, create());
      if (this.hashes[index] !== hash) continue;
      const shape = this.shapes[index];
      if (
        shape.name === name &&
        shape.shortName === shortName &&
        shape.gridX === gridX &&
        shape.gridY === gridY &&
        shape.gridZ === gridZ &&
        shape.blockX === blockX &&
        shape.blockY === blockY &&
        shape.blockZ === blockZ &&
        (shape.registers ?? 0) === registers &&
        (shape.staticSharedMemory ?? 0) === staticSharedMemory &&
        (shape.dynamicSharedMemory ?? 0) === dynamicSharedMemory
      ) {
        return index;
      }
    }
  }

  private insert(slot: number, hash: number, shape: LaunchShape): number {
    const index = this.shapes.length;
    this.shapes.push(shape);
    if (index === this.hashes.length) {
      const grown = new Int32Array(index * 2);
      grown.set(this.hashes);
      this.hashes = grown;
    }
    this.hashes[index] = hash;
    this.slots[slot] = index;
    if (this.shapes.length * 2 > this.slots.length) this.grow();
    return index;
  }

  private grow(): void {
    const slots = new Int32Array(this.slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let index = 0; index < this.shapes.length; index++) {
      const hash = this.hashes[index];
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (slots[slot] >= 0) slot = (slot + 1) & mask;
      slots[slot] = index;
    }
    this.slots = slots;
  }
}

/** MurmurHash3's step for one word. */
function mix(hash: number, value: number): number {
  let k = Math.imul(value, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  hash ^= Math.imul(k, 0x1b873593);
  hash = (hash << 13) | (hash >>> 19);
  return (Math.imul(hash, 5) + 0xe6546b64) | 0;
}
