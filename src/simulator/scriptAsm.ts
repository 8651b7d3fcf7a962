import { OPNames, ScriptNum } from '@scure/btc-signer/script.js';
import { OP_EVR_ASSET } from './assetScript.js';
import { toHex } from './hashing.js';

/** One step of a script: an opcode, with the data of a push. */
export interface ScriptStep {
  readonly opcode: number;
  readonly data?: Uint8Array;
  /** Index of the byte after this step. */
  readonly end: number;
}

/** Reads a script step by step; a push that runs over the end gives undefined as its last element. */
export function scriptSteps(script: Uint8Array): (ScriptStep | undefined)[] {
  const steps: (ScriptStep | undefined)[] = [];
  const view = Buffer.from(script.buffer, script.byteOffset, script.byteLength);
  let at = 0;
  while (at < script.length) {
    const opcode = view.readUInt8(at);
    at += 1;
    if (opcode > 78) {
      steps.push({ opcode, end: at });
      continue;
    }
    const lengthBytes = opcode < 76 ? 0 : 1 << (opcode - 76);
    if (at + lengthBytes > script.length) return [...steps, undefined];
    const length = lengthBytes === 0 ? opcode : view.readUIntLE(at, lengthBytes);
    at += lengthBytes;
    if (at + length > script.length) return [...steps, undefined];
    at += length;
    steps.push({ opcode, data: script.subarray(at - length, at), end: at });
  }
  return steps;
}

/** The node's name of an opcode: small numbers are digits, the rest `OP_…`. */
function opcodeName(opcode: number): string {
  if (opcode === 79) return '-1';
  if (opcode >= 81 && opcode <= 96) return String(opcode - 80);
  const name = OPNames[opcode];
  return name === undefined ? 'OP_UNKNOWN' : `OP_${name}`;
}

function isSignature(data: Uint8Array): boolean {
  return data.length >= 9 && data.length <= 73 && data[0] === 0x30 && data[1] === data.length - 3;
}

function pushText(data: Uint8Array, signatures: boolean): string {
  if (data.length <= 4) return ScriptNum(4, false).decode(data).toString();
  if (signatures && isSignature(data) && data.at(-1) === 1) return `${toHex(data.subarray(0, -1))}[ALL]`;
  return toHex(data);
}

/**
 * The script as the node prints it in `asm`. After OP_EVR_ASSET the rest is printed as it is.
 * `signatures` marks the hash type of signatures, as in scriptSigs.
 */
export function scriptAsm(script: Uint8Array, signatures = false): string {
  const words: string[] = [];
  for (const step of scriptSteps(script)) {
    if (step === undefined) return [...words, '[error]'].join(' ');
    if (step.opcode === OP_EVR_ASSET) {
      words.push('OP_EVR_ASSET');
      if (step.end < script.length) words.push(toHex(script.subarray(step.end)));
      break;
    }
    words.push(step.data === undefined ? opcodeName(step.opcode) : pushText(step.data, signatures));
  }
  return words.join(' ');
}
