#!/usr/bin/env python3
"""How to verify a shop's log without our code: read this, then run it. It needs Python 3.8 and nothing else.

    python3 docs/verify.py https://edge.example [PUBLISHER_KEY]

It reads the whole log from an edge and trusts nothing but PUBLISHER_KEY, the verifier key that you have from the shop;
without it, the log is taken at its first word. It ends with 0 where all of this holds, else with 1 and what does not:

1. The entries, hashed (RFC 6962, section 2.1), have the root on the checkpoint (C2SP tlog-tiles, tlog-checkpoint).
2. Each entry is a note (C2SP signed-note) whose text is one line of JSON. The publisher in the policy before it has
   signed it; a policy, the publisher in it too. Versions of the model are 1, 2, 3 ..., and so are releases of the tag.
3. The log's key, by the last policy, has signed the checkpoint and says when (C2SP tlog-cosignature): not longer ago
   than that policy allows. So have as many witnesses as it asks for.
4. The manifest of each model, and all that it lists, is served with the SHA-256 on record. A rollback lists the chunks
   of the version that it restores; one that is for some leaves the others with an earlier one that was for everyone.
   So is the sum of each round that released one.
5. Each file of the newest release is served with the hash on record, and vitrine.js pins the policy in force then.
6. What browsers are told to install (C2SP tlog-proof) is the newest model of this log.

Ed25519 is by one rule, so that a log is valid for all or for none: no point of small order or in a second spelling,
S below L, no cofactor. What others are served cannot be seen from here: run it elsewhere too.
"""
import base64, contextlib, hashlib, io, json, re, sys, time, urllib.request

FIELDS = {"policy": "type:str publisher:str log:str witnesses:list cosignatures:int maxAgeSeconds:int",
          "release": "type:str release:int files:dict", "bundle": "type:str version:int manifest:str",
          "rollback": "type:str version:int manifest:str restores:int"}
ROUNDS = {"task", "round", "result"}  # of these only who published them is looked at here, and that sums are served
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # RFC 8032, section 5.1
D, ROOT_OF_MINUS_1, NEUTRAL = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P), (0, 1, 1, 0)


def add(p, q):  # section 5.1.4: extended coordinates
    (x1, y1, z1, t1), (x2, y2, z2, t2) = p, q
    a, b, c, d = (y1 - x1) * (y2 - x2), (y1 + x1) * (y2 + x2), 2 * t1 * t2 * D, 2 * z1 * z2
    return (b - a) * (d - c) % P, (d + c) * (b + a) % P, (d - c) * (d + c) % P, (b - a) * (b + a) % P


def times(n, p): return add(times(n // 2, add(p, p)), p if n % 2 else NEUTRAL) if n else NEUTRAL


def same(p, q): return (p[0] * q[2] - q[0] * p[2]) % P == 0 == (p[1] * q[2] - q[1] * p[2]) % P


def point(data):  # section 5.1.3; None for what is no point, is in a second spelling or of small order
    y, sign = int.from_bytes(data, "little") % 2**255, int.from_bytes(data, "little") >> 255
    xx = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    roots = [pow(xx, (P + 3) // 8, P) * i % P for i in (1, -1, ROOT_OF_MINUS_1, -ROOT_OF_MINUS_1)]
    points = [(x, y, 1, x * y) for x in roots if y < P and x * x % P == xx and x % 2 == sign]
    return next((p for p in points if not same(times(8, p), NEUTRAL)), None)


def ed25519(key, signature, message):  # section 5.1.7
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    fits, base = (len(key), len(signature)) == (32, 64) and s < L, point(bytes.fromhex("58" + 31 * "66"))
    return fits and None not in (a, r) and same(times(s, base), add(r, times(k, a)))


def sha256(data): return hashlib.sha256(data).digest()
def base64_of(data): return base64.b64encode(data).decode()
def json_of(value): return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
def key_id(name, kind, key): return sha256(f"{name}\n".encode() + bytes([kind]) + key)[:4]
def require(fact, otherwise): return fact or sys.exit(otherwise)


@contextlib.contextmanager
def at(place):  # says where something does not hold, without what could do things to a terminal
    try: yield
    except (Exception, SystemExit) as error: sys.exit(re.sub("[^ -~]", "?", f"{place}: {error}"))


def read_key(text, kind):  # C2SP signed-note: name+id+base64(kind, key), where kind 1 signs and 4 cosigns
    name, key = text.split("+")[0], base64.b64decode(text[-44:])[1:]
    written = f"{name}+{key_id(name, kind, key).hex()}+{base64_of(bytes([kind]) + key)}"
    require(text == written and name.isprintable() and " " not in name, f"{text} is no key of kind {kind}")
    return name, key


def signed_at(note, kind, name, key):  # 0 where it is not signed or cosigned, else when, or 1 where nobody says when
    text, _, lines = note.decode().rpartition("\n\n")
    made = map(base64.b64decode, re.findall(f"^— {re.escape(name)} (.+)\n", lines, re.MULTILINE))
    own = next((one[4:] for one in made if one[:4] == key_id(name, kind, key)), b"")
    when, signature = (int.from_bytes(own[:8], "big"), own[8:]) if kind == 4 else (1, own)
    said = f"cosignature/v1\ntime {when}\n{text}\n" if kind == 4 else f"{text}\n"
    return when if ed25519(key, signature, said.encode()) else 0


def tree(leaves, index):  # RFC 6962, section 2.1: the root, and the proof that the leaf at this index is below it
    if len(leaves) == 1: return leaves[0], []
    split = 2 ** (len(leaves) - 1).bit_length() // 2
    (left, before), (right, after) = tree(leaves[:split], index), tree(leaves[split:], index - split)
    return sha256(b"\1" + left + right), before + [right] if index < split else after + [left]


def tile_path(index, width):  # C2SP tlog-tiles: tile/entries/x001/x234/067.p/17 for 1234067 and 17
    digits = re.sub("^(000)+(?=...)", "", f"{index:018}")
    return "tile/entries/" + re.sub("(...)(?=.)", r"x\1/", digits) + (f".p/{width}" if width < 256 else "")


def check_checkpoint(note, policy, leaves, index):  # how many seconds old it is, and the proof of one entry
    size, log, wanted = int(note.split(b"\n")[1]), read_key(policy["log"], 1), policy["cosignatures"]
    root, proof = tree(leaves[:size], index)
    text = f"{log[0]}\n{size}\n{base64_of(root)}\n"
    require(note.startswith(text.encode() + b"\n") and index < size, f"says {note!r}, and the entries give {text!r}")
    require(signed_at(note, 1, *log), f"is not signed by {policy['log']}")
    witnessed = sorted([signed_at(note, 4, *read_key(key, 4)) for key in set(policy["witnesses"])], reverse=True)
    ages = [round(time.time() - when) for when in [signed_at(note, 4, *log)] + witnessed[:wanted]]
    timely = -86400 <= min(ages) and max(ages) <= policy["maxAgeSeconds"]
    require(timely, f"was not cosigned lately, but {ages} seconds ago by the log and by witnesses")
    return ages[0], proof


def main(edge, publisher=None):
    def get(path, digest=None):  # in hexadecimal, or as Subresource Integrity has it
        with at(path), urllib.request.urlopen(f"{edge.rstrip('/')}/{path}", timeout=60) as answer:
            data = answer.read(1 << 26)
            found = sha256(data)
            require(digest in (None, found.hex(), "sha256-" + base64_of(found)), f"does not have the hash {digest}")
            return data

    checkpoint, records = get("v1/log/checkpoint"), []
    with at("v1/log/checkpoint"): size = int(checkpoint.split(b"\n")[1])
    for first in range(0, size, 256):
        width = min(256, size - first)
        path = f"v1/log/{tile_path(first // 256, width)}"
        tile = io.BytesIO(get(path))
        found = [tile.read(int.from_bytes(tile.read(2), "big")) for _ in range(width)]
        written = b"".join(len(record).to_bytes(2, "big") + record for record in found)
        with at(path): require(written == tile.getvalue(), f"is not {width} entries, each whole")
        records += found

    policy, releases, files, models, newest, seen, publishers = None, 0, {}, [], 0, set(), {}
    for n, record in enumerate(records):
        with at(f"entry {n}"):
            text, before = record.decode().rpartition("\n\n")[0], policy
            entry = json.loads(text)
            kind, fields = entry["type"], " ".join(f"{name}:{type(value).__name__}" for name, value in entry.items())
            known = kind in ROUNDS or fields in (FIELDS.get(kind), FIELDS["policy"] + " contribution:dict")
            require(json_of(entry) == text and known, "is not written as an entry is")
            if kind == "policy":
                policy, witnesses = entry, {read_key(key, 4) for key in entry["witnesses"]}
                satisfiable = 0 <= entry["cosignatures"] <= len(witnesses) and entry["maxAgeSeconds"] > 0
                require(read_key(entry["log"], 1) and satisfiable, "is a policy that no checkpoint satisfies")
            require(policy, f"is a {kind} before the first policy")
            keys = {(before or policy)["publisher"], policy["publisher"]}
            publishers |= dict.fromkeys(sorted(keys))
            for key in keys: require(signed_at(record, 1, *read_key(key, 1)), f"is not signed by {key}")
            if kind == "release":
                releases, files, pinned = releases + 1, entry["files"], policy
                require(entry["release"] == releases, f"is release {entry['release']}, not {releases}")
            elif kind == "result" and "aggregate" in entry: get(f"v1/chunks/{entry['aggregate']}", entry["aggregate"])
            elif kind not in {"policy", *ROUNDS}:
                version, newest, restores = len(models) + 1, n, entry.get("restores")
                require(entry["version"] == version, f"is version {entry['version']}, not {version}")
                manifest = json.loads(get(f"v1/chunks/{entry['manifest']}", entry["manifest"]))
                require(manifest["version"] == version, f"has the manifest of version {manifest['version']}")
                listed = {chunk["sha256"] for chunk in manifest["chunks"] + manifest.get("deltas", [])}
                for name in sorted(listed - seen): get(f"v1/chunks/{name}", name)
                chunks, others = manifest["chunks"], manifest.get("stage", {}).get("others")
                restored = kind == "bundle" or 0 < restores < version - 1 and chunks == models[restores - 1]["chunks"]
                require(restored, f"does not restore version {restores}")
                whole = [{"version": m["version"], "manifest": m["sha256"]} for m in models if "stage" not in m]
                require(others in [None, *whole], "leaves others with what is no earlier version for everyone")
                seen, models = seen | listed, models + [{**manifest, "sha256": entry["manifest"]}]

    with at("v1/log"): require(publisher in (None, *publishers), f"is published by {[*publishers]}, not by {publisher}")
    leaves = [sha256(b"\0" + record) for record in records]
    with at("v1/log/checkpoint"): age, _ = check_checkpoint(checkpoint, policy, leaves, newest)
    for name, integrity in files.items():
        data = get(name if name == "vitrine.js" else f"assets/{name}", integrity)
        pins = json_of(pinned).replace('"type":"policy",', "", 1).encode() in data
        with at(name): require(pins or name != "vitrine.js", "does not pin the policy on record")
    if models:
        head, _, note = get("v1/latest").partition(b"\n\n")
        with at("v1/latest"):
            _, proof = check_checkpoint(note, policy, leaves, newest)
            lines = [f"extra {base64_of(records[newest])}", f"index {newest}", *map(base64_of, proof)]
            proves = head.decode() == "\n".join(["c2sp.org/tlog-proof@v1", *lines])
            require(proves, f"does not prove that version {len(models)}, the newest, is on record")
    print(f"{size} entries are in order, each signed by its publisher: {[*publishers]}")
    print(f"the checkpoint is {age} seconds old, and {policy['cosignatures']} witnesses have cosigned it")
    print(f"{len(models)} versions of the model and {len(files)} files of release {releases} are as on record")


if __name__ == "__main__": main(*sys.argv[1:3]) if sys.argv[1:] else sys.exit(__doc__)
