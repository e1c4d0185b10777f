/**
 * Cosignatures (C2SP tlog-cosignature.md, the Ed25519 kind): a signature line on a checkpoint that says when. What is signed is
 *
 *     cosignature/v1
 *     time 1679315147
 *     example.com/behind-the-sofa
 *     20852163
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 *
 * and the line holds the time, in 8 bytes, before the 64 of the signature. A witness says by it that this was, then, the largest tree it
 * had seen of this log, and that it grew out of all before. Our log cosigns its own checkpoints too: that is how they tell their age.
 */
import { verifyEd25519 } from './ed25519.ts'
import { COSIGNATURE, type Note, type Signer, signatureLine, signaturesOf, type VerifierKey } from './note.ts'

const TIME_BYTES = 8

/**
 * A signature line.
 * @param text of the checkpoint, with its last newline
 * @param time seconds since 1970
 */
export function cosign(text: string, time: number, signer: Signer): Promise<string> {
  const prefix = new Uint8Array(TIME_BYTES)
  new DataView(prefix.buffer).setBigUint64(0, BigInt(time))
  return signatureLine(signer, COSIGNATURE, messageOf(text, time), prefix)
}

/**
 * When the key cosigned it last, in seconds since 1970.
 * @param key of type 0x04
 * @returns undefined where it did not, or no signature of it holds
 */
export async function cosignedAt(note: Note, key: VerifierKey): Promise<number | undefined> {
  let latest: number | undefined
  for (const { bytes } of signaturesOf(note, key)) {
    if (bytes.length !== TIME_BYTES + 64) continue
    const time = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0))
    if (!Number.isSafeInteger(time) || time <= (latest ?? -1)) continue
    if (await verifyEd25519(key.publicKey, bytes.slice(TIME_BYTES), messageOf(note.text, time))) latest = time
  }
  return latest
}

const messageOf = (text: string, time: number) => new TextEncoder().encode(`cosignature/v1\ntime ${time}\n${text}`)
