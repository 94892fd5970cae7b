"""What is raced, and by how much attnlab means to win."""

from dataclasses import dataclass

FULL, CAUSAL, WINDOW = "scaled_dot|softmax", "scaled_dot|causal|softmax", "scaled_dot|causal&window(512)|softmax"
FLASH, FLEX, MASK, OPENVINO, ONNX = "pytorch_flash", "pytorch_flex", "pytorch_mask", "openvino", "onnxruntime"


@dataclass
class Case:
    """`targets`: contestant to the least ratio of its time over attnlab's; None: raced, nothing promised.

    Beside the peers, a contestant may be `one_thread` (attnlab on one thread), `peak` (its share of the core's
    multiply-adds) or `read` (its share of the bandwidth of reading K and V).
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
        if self.threads > 1:
            parts.append(f"{self.threads} threads")
        return ", ".join(parts)


FULL_F32 = {OPENVINO: 1.05, ONNX: 1.05, FLASH: 1.3, "peak": 0.88}
FULL_BF16 = {OPENVINO: 1.1, FLASH: 2.4, "peak": 0.78}
CAUSAL_F32 = {FLASH: 1.3, OPENVINO: 2.0, FLEX: 2.0}
CAUSAL_BF16 = {FLASH: 2.2, OPENVINO: 2.2, FLEX: 5.0}


def relaxed(targets):
    return {peer: round(0.9 * least, 3) for peer, least in targets.items() if peer != "peak"}


def cases(all_threads):
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
        yield Case(normaliser, f"scaled_dot|{normaliser}", {"entmax": least, "entmax_512": least_512})
    if all_threads > 1:
        for dtype in ("f32", "bf16"):
            for work, variant in (("full", FULL), ("causal", CAUSAL), ("window(512)", WINDOW)):
                least = round(0.95 * all_threads, 2)
                yield Case(work, variant, {"one_thread": least}, dtype=dtype, threads=all_threads)
    for dtype in ("f32", "bf16"):
        for queries in (1, 8, 16):
            yield Case("decode", FULL, {"read": 0.8, FLASH: None}, 65536, queries, dtype=dtype, threads=all_threads)
