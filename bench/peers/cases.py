"""The cases of the race, and the ratios that attnlab promises."""

import re
from dataclasses import dataclass, field

FULL, CAUSAL, WINDOW = "scaled_dot|softmax", "scaled_dot|causal|softmax", "scaled_dot|causal&window(512)|softmax"
FLASH, FLEX, MASK, OPENVINO, ONNX = "pytorch_flash", "pytorch_flex", "pytorch_mask", "openvino", "onnxruntime"


@dataclass
class Case:
    """`targets`: for each contestant the promised least ratio of its time to that of attnlab, or None for no promise.
    `memory`: the same for the memory of one call, without inputs.

    Besides the peers, a contestant may be attnlab itself: `one_thread`, with the normaliser `softmax`, or with `statistics`
    (a ratio that must be at most the target). `peak` is attnlab's share of the peak multiply-add rate of the core, `read`
    its share of the bandwidth for reading K and V.
    """

    work: str
    variant: str
    targets: dict
    seqlen_k: int = 4096
    seqlen_q: int = 0
    dtype: str = "f32"
    heads: int = 8
    kv_heads: int = 0
    head_dim: int = 64
    threads: int = 1
    data: str = "gaussian(1)"  # gaussian(sigma of the logits), equal, flat, ascending, or captured PREFIX
    memory: dict = field(default_factory=dict)

    def problem(self):
        return {"batch": 1, "heads": self.heads, "kv_heads": self.kv_heads or self.heads,
                "seqlen_q": self.seqlen_q or self.seqlen_k, "seqlen_k": self.seqlen_k, "head_dim": self.head_dim,
                "head_dim_v": self.head_dim, "dtype": self.dtype, "threads": self.threads}

    def name(self):
        parts = [self.work, self.dtype, f"n = {self.seqlen_k}"]
        if self.seqlen_q:
            parts.insert(2, f"n_q = {self.seqlen_q}")
        if self.head_dim != 64:
            parts.append(f"d = {self.head_dim}")
        if self.kv_heads:
            parts.append(f"heads {self.heads}:{self.kv_heads}")
        if self.data != "gaussian(1)":
            parts.append(re.sub(r" .*/", " ", self.data))
        if self.threads > 1:
            parts.append(f"{self.threads} threads")
        return ", ".join(parts)


FULL_F32 = {OPENVINO: 1.05, ONNX: 1.05, FLASH: 1.3, "peak": 0.88}
FULL_BF16 = {OPENVINO: 1.1, FLASH: 2.4, "peak": 0.78}
CAUSAL_F32 = {FLASH: 1.3, OPENVINO: 2.0, FLEX: 2.0}
CAUSAL_BF16 = {FLASH: 2.2, OPENVINO: 2.2, FLEX: 5.0}


def relaxed(targets):
    return {peer: round(0.9 * least, 3) for peer, least in targets.items() if peer != "peak"}


def sparse_cases(captured):
    """Sparse normalisers against attnlab's softmax on the same inputs, and the cost of statistics."""
    def case(normaliser, least, n, data, dtype="f32", pattern="", **shape):
        return Case(normaliser, f"scaled_dot{pattern}|{normaliser}", {"softmax": least}, n, dtype=dtype, data=data, **shape)

    for dtype, least in (("f32", (1.2, 1.45, 1.75)), ("bf16", (1.05, 1.3, 1.75))):
        for sigma, promise in zip(("0.33", "1", "3"), least):
            yield case("entmax(1.5)", promise, 16384, f"gaussian({sigma})", dtype)
    for layer in captured:
        shape = {"pattern": "|causal", "heads": 9, "kv_heads": 3}
        for normaliser in ("entmax(1.5)", "entmax(1.25)", "entmax(1.75)", "sparsemax"):
            yield case(normaliser, None, 4096, f"captured {layer}", **shape)
        yield case("entmax(1.5)", None, 4096, f"captured {layer}", "bf16", **shape)
    for data in ("equal", "flat", "ascending"):
        for normaliser in ("entmax(1.5)", "sparsemax"):
            yield case(normaliser, 0.25, 4096, data)
    for work, variant in (("full", FULL), ("causal", CAUSAL), ("causal entmax(1.5)", "scaled_dot|causal|entmax(1.5)")):
        yield Case(f"statistics of {work}", variant, {"statistics": 1.5})


def cases(all_threads, captured):
    for n in (4096, 8192):
        yield Case("full", FULL, FULL_F32, n)
    for n in (4096, 8192):
        yield Case("full", FULL, FULL_BF16, n, dtype="bf16")
    for n in (4096, 16384):
        yield Case("causal", CAUSAL, CAUSAL_F32, n)
    for n in (4096, 16384):
        yield Case("causal", CAUSAL, CAUSAL_BF16, n, dtype="bf16")
    for dtype, least in (("f32", 2.0), ("bf16", 5.0)):
        for n in (4096, 16384, 65536):
            yield Case("window(512)", WINDOW, {FLEX: least, MASK: None}, n, dtype=dtype)
    for shape in ({"head_dim": 128}, {"kv_heads": 2}):
        for dtype, full, causal in (("f32", FULL_F32, CAUSAL_F32), ("bf16", FULL_BF16, CAUSAL_BF16)):
            yield Case("full", FULL, relaxed(full), dtype=dtype, **shape)
            yield Case("causal", CAUSAL, relaxed(causal), dtype=dtype, **shape)
    for dtype in ("f32", "bf16"):
        for n in (128, 256, 512):
            yield Case("full", FULL, {FLASH: 1.0}, n, dtype=dtype)
            yield Case("causal", CAUSAL, {FLASH: 1.0}, n, dtype=dtype)
    for normaliser, least, least_512 in (("entmax(1.5)", 90, 20), ("sparsemax", 70, 18)):
        yield Case(normaliser, f"scaled_dot|{normaliser}", {"entmax": least, "entmax_512": least_512},
                   memory={"entmax": 100, "entmax_512": 100})
    yield from sparse_cases(captured)
    if all_threads > 1:
        for dtype in ("f32", "bf16"):
            for work, variant in (("full", FULL), ("causal", CAUSAL), ("window(512)", WINDOW)):
                least = round(0.95 * all_threads, 2)
                yield Case(work, variant, {"one_thread": least}, dtype=dtype, threads=all_threads)
    for dtype in ("f32", "bf16"):
        for queries in (1, 8, 16):
            yield Case("decode", FULL, {"read": 0.8, FLASH: None}, 65536, queries, dtype=dtype, threads=all_threads)
