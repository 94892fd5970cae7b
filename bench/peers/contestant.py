"""One peer as a process: reads one JSON object a line, answers each with one, as attnlab_contestant.cpp does.

  {"do": "prepare", "problem": {batch, heads, kv_heads, seqlen_q, seqlen_k, head_dim, head_dim_v, dtype, threads},
   "variant": canonical name, "input": "npy:PREFIX"}     -> {path, rss_delta_bytes}, or {"refused": reason}
  {"do": "sample", "min_time_s": s}                      -> {time_ns, iterations}: mean of one call
  {"do": "output", "file": F}                            -> {}: float32 (batch, heads, seqlen_q, head_dim_v) in F
  {"do": "check", "file": F, "rows": r}                  -> attnlab's alone: the record's `error` of such an output, by
                                                            r queries of each head

What is not the peer's work is done before the clock starts: reading, layout, dtype, compilation, block masks.
"""

import json
import re
import sys
import time

import numpy as np


class Refused(Exception):
    """The reason why a peer cannot run a case."""


class Case:
    """Shapes, mask and inputs of one request."""

    def __init__(self, request):
        for name, value in request["problem"].items():
            setattr(self, name, value)
        self.variant = request["variant"]
        known = re.fullmatch(r"scaled_dot\|(?:(causal)(?:&window\((\d+)\))?\|)?(softmax|sparsemax|entmax\(1\.5\))",
                             self.variant)
        if not known:
            raise Refused(f"{self.variant} is not part of the race")
        self.causal = known[1] is not None
        self.window = int(known[2]) if known[2] else None
        self.normaliser = known[3]
        prefix = request["input"].removeprefix("npy:")
        self.q, self.k, self.v = (np.load(f"{prefix}_{name}.npy") for name in "qkv")


class Torch:
    """The common part of the three PyTorch contestants."""

    def __init__(self, case):
        import torch

        self.torch = torch
        torch.set_num_threads(case.threads)
        dtype = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}[case.dtype]
        self.q, self.k, self.v = (torch.from_numpy(x).to(dtype) for x in (case.q, case.k, case.v))
        self.grouped = case.heads != case.kv_heads

    def output(self):
        return self.result.float().numpy()


class TorchFlash(Torch):
    """scaled_dot_product_attention, flash kernel."""

    def __init__(self, case):
        super().__init__(case)
        if case.window or case.normaliser != "softmax":
            raise Refused("flash SDPA supports only softmax over all keys or all past keys")
        if case.causal and case.seqlen_q != case.seqlen_k:
            raise Refused("is_causal aligns top-left where the lengths differ")
        self.causal = case.causal

    def run(self):
        from torch.nn.attention import SDPBackend, sdpa_kernel

        with self.torch.no_grad(), sdpa_kernel(SDPBackend.FLASH_ATTENTION):
            self.result = self.torch.nn.functional.scaled_dot_product_attention(
                self.q, self.k, self.v, is_causal=self.causal, enable_gqa=self.grouped)


class TorchMask(Torch):
    """scaled_dot_product_attention with a dense boolean mask."""

    def __init__(self, case):
        super().__init__(case)
        if not case.window:
            raise Refused("a dense mask is raced on windows only")
        if case.seqlen_k > 16384:
            raise Refused("a dense mask of n x n is not raced beyond n = 16384")
        i = self.torch.arange(case.seqlen_q)[:, None] + case.seqlen_k - case.seqlen_q
        j = self.torch.arange(case.seqlen_k)[None, :]
        self.mask = (j <= i) & (j > i - case.window)

    def run(self):
        with self.torch.no_grad():
            self.result = self.torch.nn.functional.scaled_dot_product_attention(
                self.q, self.k, self.v, attn_mask=self.mask, enable_gqa=self.grouped)


class TorchFlex(Torch):
    """FlexAttention under torch.compile; the block mask is built beforehand."""

    def __init__(self, case):
        super().__init__(case)
        if not case.causal or case.normaliser != "softmax":
            raise Refused("FlexAttention is raced on causal masks only")
        from torch.nn.attention.flex_attention import create_block_mask, flex_attention

        window = case.window or case.seqlen_k + 1
        offset = case.seqlen_k - case.seqlen_q

        def visible(b, h, i, j):
            return (j <= i + offset) & (j > i + offset - window)

        start = time.perf_counter()
        self.block_mask = self.build(create_block_mask, visible, case)
        self.mask_seconds = time.perf_counter() - start
        self.flex = self.torch.compile(flex_attention, dynamic=False)

    def build(self, create_block_mask, visible, case):
        if case.seqlen_k <= 16384:
            return create_block_mask(visible, None, None, case.seqlen_q, case.seqlen_k, device="cpu")
        # create_block_mask evaluates the mask on n x n; beyond 16384 the blocks are listed directly.
        from torch.nn.attention.flex_attention import BlockMask

        if case.seqlen_q != case.seqlen_k:
            raise Refused("no block mask for different lengths beyond n = 16384")
        size, torch = 128, self.torch
        blocks = case.seqlen_k // size
        span = (case.window or case.seqlen_k) // size
        rows = torch.arange(blocks)
        first = (rows - span).clamp(min=0)
        count = rows - first + 1
        width = int(count.max())
        indices = torch.zeros(blocks, blocks, dtype=torch.int32)
        indices[:, :width] = (first[:, None] + torch.arange(width)[None, :]).clamp(max=blocks - 1).int()
        return BlockMask.from_kv_blocks(count.int()[None, None], indices[None, None], BLOCK_SIZE=size,
                                        mask_mod=visible, seq_lengths=(case.seqlen_q, case.seqlen_k))

    def run(self):
        with self.torch.no_grad():
            self.result = self.flex(self.q, self.k, self.v, block_mask=self.block_mask, enable_gqa=self.grouped)


class OpenVino:
    """scaled_dot_product_attention of opset 13."""

    def __init__(self, case):
        if case.window or case.normaliser != "softmax":
            raise Refused("OpenVINO is raced on softmax over all keys or all past keys only")
        if case.heads != case.kv_heads:
            raise Refused("its scaled_dot_product_attention has no grouped heads")
        if case.causal and case.seqlen_q != case.seqlen_k:
            raise Refused("is_causal aligns top-left where the lengths differ")
        import openvino
        import openvino.opset13 as ops

        inputs = [ops.parameter(x.shape, openvino.Type.f32, name=name)
                  for name, x in zip("qkv", (case.q, case.k, case.v))]
        attention = ops.scaled_dot_product_attention(*inputs, causal=case.causal)
        precision = {"f32": openvino.Type.f32, "bf16": openvino.Type.bf16, "f16": openvino.Type.f16}[case.dtype]
        compiled = openvino.Core().compile_model(
            openvino.Model([attention], inputs, "attention"), "CPU",
            {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": case.threads, "NUM_STREAMS": 1,
             "ENABLE_CPU_PINNING": False})
        self.request = compiled.create_infer_request()
        self.tensors = [openvino.Tensor(np.ascontiguousarray(x)) for x in (case.q, case.k, case.v)]
        for at, tensor in enumerate(self.tensors):
            self.request.set_input_tensor(at, tensor)

    def run(self):
        self.request.infer()

    def output(self):
        return np.array(self.request.get_output_tensor(0).data, dtype=np.float32)


class OnnxRuntime:
    """com.microsoft.MultiHeadAttention."""

    def __init__(self, case):
        if case.window or case.normaliser != "softmax":
            raise Refused("ONNX Runtime is raced on softmax over all keys or all past keys only")
        if case.dtype != "f32":
            raise Refused("MultiHeadAttention on CPUs is float32 only")
        if case.heads != case.kv_heads:
            raise Refused("MultiHeadAttention has no grouped heads")
        import onnxruntime
        from onnx import TensorProto, helper

        self.case = case
        flat = {name: x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1).copy()
                for name, x in zip("qkv", (case.q, case.k, case.v))}
        node = helper.make_node("MultiHeadAttention", list("qkv"), ["o"], domain="com.microsoft",
                                num_heads=case.heads, unidirectional=int(case.causal))
        graph = helper.make_graph(
            [node], "attention", [helper.make_tensor_value_info(n, TensorProto.FLOAT, x.shape) for n, x in flat.items()],
            [helper.make_tensor_value_info("o", TensorProto.FLOAT, None)])
        model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21),
                                                                       helper.make_opsetid("com.microsoft", 1)])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = case.threads
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
        self.feeds = flat

    def run(self):
        self.result = self.session.run(["o"], self.feeds)[0]

    def output(self):
        case = self.case
        return self.result.reshape(case.batch, case.seqlen_q, case.heads, -1).transpose(0, 2, 1, 3)


class Entmax(Torch):
    """Dense scores, then the entmax package; `most` limits its sort to the largest scores."""

    most = None

    def __init__(self, case):
        super().__init__(case)
        if case.normaliser == "softmax":
            raise Refused("the entmax package is raced on sparsemax and entmax(1.5) only")
        if case.seqlen_k > 4096:
            raise Refused("dense scores and their sort are not raced beyond n = 4096")
        import entmax

        call = entmax.sparsemax if case.normaliser == "sparsemax" else entmax.entmax15
        self.normalise = lambda scores: call(scores, dim=-1, k=self.most)
        self.mask = None
        if case.causal:
            self.mask = self.torch.ones(case.seqlen_q, case.seqlen_k).triu(1 + case.seqlen_k - case.seqlen_q).bool()

    def run(self):
        with self.torch.no_grad():
            scores = self.q @ self.k.transpose(-1, -2) * self.q.shape[-1] ** -0.5
            if self.mask is not None:
                scores.masked_fill_(self.mask, -1e30)
            self.result = self.normalise(scores) @ self.v


class EntmaxLargest(Entmax):
    """The same with k = 512: exact if the support has at most 512 keys."""

    most = 512


PEERS = {"pytorch_flash": TorchFlash, "pytorch_flex": TorchFlex, "pytorch_mask": TorchMask, "openvino": OpenVino,
         "onnxruntime": OnnxRuntime, "entmax": Entmax, "entmax_512": EntmaxLargest}


def resident(key):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(key))


def prepare(peer, request):
    case = Case(request)
    contestant = PEERS[peer](case)
    try:
        with open("/proc/self/clear_refs", "w") as clear:
            clear.write("5")
        before = resident("VmRSS")
    except OSError:
        before = None
    contestant.run()
    growth = resident("VmHWM") - before if before is not None else None
    return contestant, {"path": type(contestant).__doc__.split("\n")[0].rstrip("."), "rss_delta_bytes": growth,
                        "mask_seconds": getattr(contestant, "mask_seconds", None)}


def sample(contestant, least):
    if getattr(contestant, "last_ns", 0) < 2e8:  # longer calls need no warm-up
        contestant.run()
    iterations = 0
    start = time.perf_counter_ns()
    while True:
        contestant.run()
        iterations += 1
        taken = time.perf_counter_ns() - start
        if taken >= least * 1e9:
            contestant.last_ns = taken / iterations
            return {"time_ns": contestant.last_ns, "iterations": iterations}


def main(peer):
    contestant = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "prepare":
                contestant, answer = prepare(peer, request)
            elif request["do"] == "sample":
                answer = sample(contestant, request["min_time_s"])
            else:
                np.save(request["file"], contestant.output())
                answer = {}
        except Refused as why:
            answer = {"refused": str(why)}
        except ImportError as why:
            answer = {"refused": f"not installed: {why}"}
        except Exception as why:  # a failure of a peer is a row of the table and does not end the race
            answer = {"error": f"{type(why).__name__}: {why}".split("\n")[0]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
