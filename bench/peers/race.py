"""Races attnlab against the peers on the same inputs, one call each in turn, and checks every output.

Prints the table, and writes it with the records (results/SCHEMA.md) to --out, where `attnlab report` reads them.
Exit status: 0 every promise held, 1 some did not, 2 usage.
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import random
import re
import select
import statistics
import subprocess
import sys
import tempfile

import numpy as np

from cases import cases

HERE = pathlib.Path(__file__).resolve().parent
OURS = ("attnlab", "one_thread", "softmax", "statistics")
CHECKED_ROWS = 16


class Contestant:
    """A process that prepares a case and then times one sample per request."""

    def __init__(self, name, threads, build, limit):
        self.name, self.limit = name, limit
        cores = sorted(os.sched_getaffinity(0))[:threads]
        command = [build / "bench_peers"] if name in OURS else [sys.executable, HERE / "contestant.py", name]
        environment = os.environ | {"OMP_NUM_THREADS": str(threads), "ATTNLAB_ISA": os.environ.get("ATTNLAB_ISA", "")}
        if not environment["ATTNLAB_ISA"]:
            del environment["ATTNLAB_ISA"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment,
                                        stderr=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, cores))

    def ask(self, **request):
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            ready, _, _ = select.select([self.process.stdout], [], [], self.limit)
            line = self.process.stdout.readline() if ready else b""
        except BrokenPipeError:
            line, ready = b"", [None]
        if line:
            return json.loads(line)
        self.close()
        return {"error": "the process ended without an answer" if ready else f"no answer within {self.limit} s"}

    def close(self):
        self.process.kill()
        self.process.wait()


def draw_inputs(problem, data, prefix):
    """Q, K and V, rounded to the dtype so that every contestant has the same numbers: normal, with logits of the given
    standard deviation; or with logits that are equal, nearly equal or ascending; or captured."""
    generator = np.random.default_rng(1)
    sigma = re.fullmatch(r"gaussian\((.*)\)", data)
    for name, heads, rows, width in (("q", "heads", "seqlen_q", "head_dim"), ("k", "kv_heads", "seqlen_k", "head_dim"),
                                     ("v", "kv_heads", "seqlen_k", "head_dim_v")):
        shape = (problem["batch"], problem[heads], problem[rows], problem[width])
        if data.startswith("captured "):
            values = np.load(f"{data.removeprefix('captured ')}_{name}.npy").astype(np.float32).reshape(shape)
        else:
            values = generator.standard_normal(shape, dtype=np.float32)
        if name == "q" and (sigma or data == "flat"):
            values *= np.float32(sigma[1] if sigma else 0.01)
        elif name == "q" and data in ("equal", "ascending"):
            values = np.ones(shape, np.float32)
        elif name == "k" and data == "equal":
            values = np.ones(shape, np.float32)
        elif name == "k" and data == "ascending":
            values = np.broadcast_to(np.linspace(0, 1, shape[2], dtype=np.float32)[:, None], shape).copy()
        if problem["dtype"] == "bf16":
            bits = values.view(np.uint32)
            values = ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)
        elif problem["dtype"] == "f16":
            values = values.astype(np.float16).astype(np.float32)
        np.save(f"{prefix}_{name}.npy", values)


def median_interval(values):
    """99 % bootstrap interval of the median."""
    medians = np.median(np.random.default_rng(1).choice(values, (1000, len(values))), axis=1)
    return [float(x) for x in np.percentile(medians, (0.5, 99.5))]


def visible_pairs(problem, variant):
    queries, keys = problem["seqlen_q"], problem["seqlen_k"]
    last = np.arange(queries) + keys - queries + 1 if "causal" in variant else np.full(queries, keys)
    window = re.search(r"window\((\d+)\)", variant)
    return int(np.minimum(last, int(window[1]) if window else keys).sum()) * problem["heads"]


def race(case, options, template, folder):
    """Runs one case. Returns {contestant: record or None} and, by contestant, the ratio of each round."""
    problem, prefix = case.problem(), str(folder / "case")
    draw_inputs(problem, case.data, prefix)
    request = {"variant": case.variant, "input": f"npy:{prefix}"}
    with_softmax = "|".join([*case.variant.split("|")[:-1], "softmax"])
    contestants, answers = {}, {}
    for name in ["attnlab", *(name for name in case.targets if name not in ("peak", "read"))]:
        threads = 1 if name == "one_thread" else case.threads
        contestant = Contestant(name, threads, options.build, options.limit)
        own = {"variant": with_softmax} if name == "softmax" else {"statistics": True} if name == "statistics" else {}
        answers[name] = contestant.ask(do="prepare", problem=problem | {"threads": threads}, **(request | own))
        if "refused" in answers[name] or "error" in answers[name]:
            contestant.close()
        else:
            contestants[name] = contestant
    if "attnlab" not in contestants:
        raise SystemExit(f"attnlab could not prepare {case.name()}: {answers['attnlab']}")
    samples = {name: [] for name in contestants}
    ratios = {name: [] for name in case.targets}
    flops = 2 * visible_pairs(problem, case.variant) * (problem["head_dim"] + problem["head_dim_v"])
    kv_bytes = 2 * problem["kv_heads"] * problem["seqlen_k"] * problem["head_dim"] * (4 if case.dtype == "f32" else 2)
    order = list(contestants)
    for _ in range(options.rounds):
        random.shuffle(order)
        times = {}
        for name in order:
            answer = contestants[name].ask(do="sample", min_time_s=options.min_time)
            if "time_ns" not in answer:
                answers[name] = answer
                continue
            times[name] = answer["time_ns"]
            samples[name].append(answer)
        order = [name for name in order if name in times]
        for name in case.targets:
            if name == "peak":
                peak = contestants["attnlab"].ask(do="peak")["gflops"]
                ratios[name].append(flops / times["attnlab"] / peak)
            elif name == "read":
                rate = contestants["attnlab"].ask(do="read", bytes=kv_bytes, threads=case.threads, min_time_s=options.min_time)
                ratios[name].append(kv_bytes / times["attnlab"] / rate["gigabytes_per_second"])
            elif name in times:
                ratios[name].append(times[name] / times["attnlab"])
    records = {}
    for name in ["attnlab", *answers]:
        if name in OURS[1:]:
            continue
        record = json.loads(json.dumps(template))
        answer = answers[name]
        record |= {"id": None, "resume_key": None, "group": None, "backend": None, "engine": "tiled" if name == "attnlab" else name,
                   "variant": case.variant, "score": "scaled_dot", "modifiers": "",
                   "pattern": case.variant.split("|")[1] if case.variant.count("|") == 2 else "full",
                   "normaliser": case.variant.split("|")[-1], "status": "ok", "reason": None, "warnings": []}
        record["cell"] |= problem | {"rounds": options.rounds, "min_time_s": options.min_time, "seed": 1}
        record["input"] = {"name": f"{case.data} by NumPy", "checksum": None, "nonfinite": 0}
        record["work"] = {"visible_pairs": flops // (2 * (problem["head_dim"] + problem["head_dim_v"])), "flops": flops}
        record["machine"] = template["machine"] | {"path": answer.get("path")}
        for part in ("time", "memory", "error", "deviation", "dispersion", "heatmap", "elapsed_ms"):
            record[part] = None
        if "refused" in answer or "error" in answer:
            record["status"] = "refused" if "refused" in answer else "failed"
            record["reason"] = answer.get("refused") or answer.get("error")
        else:
            taken = [sample["time_ns"] for sample in samples[name]]
            low, high = median_interval(taken)
            record["time"] = {"median_ns": statistics.median(taken), "low_ns": low, "high_ns": high,
                              "min_ns": min(taken), "max_ns": max(taken), "stopped": None, "contaminated": None,
                              "samples_ns": taken, "iterations": [sample["iterations"] for sample in samples[name]],
                              "blocks": None, "samples": None}
            record["memory"] = {"workspace_bytes": answer.get("workspace_bytes"), "workspace_predicted_bytes": None,
                                "heap_peak_bytes": None, "rss_delta_bytes": answer.get("rss_delta_bytes"),
                                "inputs_bytes": sum(os.path.getsize(f"{prefix}_{x}.npy") for x in "qkv")}
            contestants[name].ask(do="output", file=f"{prefix}_o.npy")
            record["error"] = contestants["attnlab"].ask(do="check", file=f"{prefix}_o.npy", rows=CHECKED_ROWS)
            if "within_budget" not in record["error"]:
                raise SystemExit(f"the output of {name} could not be checked: {record['error']['error']}")
        point = json.dumps([record["engine"], case.variant, problem])
        record["id"] = hashlib.blake2b(point.encode(), digest_size=8).hexdigest()
        records[name] = record
    for contestant in contestants.values():
        contestant.close()
    return records, ratios, flops


HEADING = ["| work | against | attnlab, ms | ratio | at least | held | attnlab, MiB | memory ratio | at least | held |",
           "|---|---|---|---|---|---|---|---|---|---|"]


def memory_bytes(record):
    """Peak memory of one call without its inputs: the growth of the resident set. For attnlab the workspace if that is
    larger, plus the output, which exists before the call; peers allocate their output in the call."""
    memory, cell = record["memory"] or {}, record["cell"]
    growth = max(memory.get(name) or 0 for name in ("rss_delta_bytes", "workspace_bytes"))
    if record["engine"] != "tiled":
        return growth
    elements = cell["batch"] * cell["heads"] * cell["seqlen_q"] * cell["head_dim_v"]
    return growth + elements * (4 if cell["dtype"] == "f32" else 2)


def memory_cells(case, name, records):
    """The table cells for memory, and whether the promise held."""
    ours, peer = memory_bytes(records["attnlab"]), memory_bytes(records[name]) if name in records else 0
    if not ours or not peer:
        return "| | | |", name not in case.memory
    least = case.memory.get(name)
    held = least is None or peer >= least * ours
    return (f"{ours / 2**20:.2f} | {peer / ours:.2f} | {'' if least is None else f'{least:g}'} | "
            f"{'' if least is None else 'yes' if held else 'no'} |"), held


def row(case, records, ratios, flops):
    """The lines of the table, and whether every promise held."""
    ours = records["attnlab"]
    lines, held = [], True
    milliseconds = ours["time"]["median_ns"] / 1e6
    if not ours["error"]["within_budget"]:
        held = False
        lines.append(f"| {case.name()} | attnlab | | | | output outside its error budget | | | | |")
    for name, least in case.targets.items():
        what = {"one_thread": "attnlab, 1 thread", "softmax": "attnlab, softmax", "statistics": "attnlab with statistics, at most",
                "peak": "multiply-add peak", "read": "read bandwidth"}.get(name, name)
        promise = "" if least is None else f"{least:g}"
        found = ratios[name]
        record = records.get(name)
        if not found:
            lines.append(f"| {case.name()} | {what} | {milliseconds:.2f} | | {promise} | {record['reason']} | | | | |")
            continue
        middle = statistics.median(found)
        reached = least is None or (middle <= least if name == "statistics" else middle >= least)
        verdict = "" if least is None else "yes" if reached else "no"
        if record and not record["error"]["within_budget"]:
            ratio = record["error"]["worst"]["ratio"]
            verdict += f" (a row's error is {'not finite' if ratio is None else f'{ratio:.1f} times our budget'})"
        memory, memory_held = memory_cells(case, name, records)
        held = held and memory_held and verdict.split(" ")[0] != "no"
        lines.append(f"| {case.name()} | {what} | {milliseconds:.2f} | {middle:.2f} ({min(found):.2f} to "
                     f"{max(found):.2f}) | {promise} | {verdict} | {memory}")
    return lines, held


def side_by_side(lines):
    """The same table with a row for each case and a column for each peer: the time of the peer over that of attnlab."""
    rows, peers = {}, []
    for line in lines[2:]:
        work, against, milliseconds, ratio, *_ = (cell.strip() for cell in line.strip("|\n").split("|"))
        if against.startswith(("attnlab", "multiply-add", "read")) or not ratio:
            continue
        rows.setdefault(work, {"attnlab, ms": milliseconds})[against] = ratio.split(" ")[0]
        if against not in peers:
            peers.append(against)
    columns = ["attnlab, ms", *peers]
    table = ["| work | " + " | ".join(columns) + " |", "|---|" + "---:|" * len(columns)]
    return table + [f"| {work} | " + " | ".join(row.get(column, "") for column in columns) + " |"
                    for work, row in rows.items()]


def parse_arguments():
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="regular expression on the names of cases, e.g. 'causal, f32'")
    parser.add_argument("--list", action="store_true", help="print the names of the cases and stop")
    parser.add_argument("--rounds", type=int, default=7, help="number of rounds; each has one sample of every contestant (7)")
    parser.add_argument("--min-time", type=float, default=0.1, help="least duration of a sample in seconds (0.1)")
    parser.add_argument("--threads", type=int, default=cores, help=f"number of threads of the cases for all threads ({cores})")
    parser.add_argument("--captured", nargs="+", default=[], metavar="PREFIX",
                        help="also race on captured Q, K and V: PREFIX_q.npy, PREFIX_k.npy, PREFIX_v.npy; 9:3 heads, n = 4096")
    parser.add_argument("--limit", type=float, default=600, help="time limit of one answer in seconds (600)")
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent.parent / "build" / "release",
                        help="directory of attnlab and bench_peers (build/release)")
    parser.add_argument("--out", type=pathlib.Path, help="directory for records and table (results/peers-TIME)")
    options = parser.parse_args()
    if options.rounds < 1 or not 1 <= options.threads <= cores or options.min_time < 0:
        parser.error(f"allowed: --rounds from 1, --threads from 1 to {cores}, --min-time from 0")
    try:
        options.cases = [case for case in cases(options.threads, options.captured) if re.search(options.only, case.name())]
    except re.error as why:
        parser.error(f"--only {options.only}: {why}")
    if not options.cases:
        parser.error(f"--only {options.only}: matches no case; --list prints the names")
    if not (options.build / "bench_peers").exists():
        parser.error(f"--build {options.build}: has no bench_peers; build with -DATTNLAB_BENCHMARKS=ON")
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    options.out = options.out or HERE.parent.parent / "results" / f"peers-{stamp}"
    if (options.out / "records.jsonl").exists():
        parser.error(f"--out {options.out}: holds another run")
    return options


def main():
    options = parse_arguments()
    if options.list:
        print("\n".join(case.name() for case in options.cases))
        return 0
    example = subprocess.run([options.build / "attnlab", "run", "--seqlen", "64", "--json"], check=True,
                             capture_output=True, text=True)
    template = json.loads(example.stdout)
    options.out.mkdir(parents=True, exist_ok=True)
    machine = template["machine"]
    (options.out / "run.json").write_text(json.dumps(
        {"schema": template["schema"], "attnlab": "bench/peers", "arguments": sys.argv[1:], "options": {},
         "cells": len(options.cases), "started_at": template["started_at"]}, indent=2) + "\n")
    print(f"{machine['cpu']}, row code {machine['level']}, oneDNN {machine['onednn_version']} "
          f"({machine['onednn_level']}); medians over {options.rounds} rounds, their range in brackets\n")
    lines = list(HEADING)
    print("\n".join(lines), flush=True)
    all_held = True
    with tempfile.TemporaryDirectory() as folder, open(options.out / "records.jsonl", "a") as file:
        for case in options.cases:
            records, ratios, flops = race(case, options, template, pathlib.Path(folder))
            for record in records.values():
                file.write(json.dumps(record) + "\n")
            file.flush()
            more, held = row(case, records, ratios, flops)
            all_held = all_held and held
            lines += more
            print("\n".join(more), flush=True)
            (options.out / "table.md").write_text("\n".join([*lines, "", *side_by_side(lines)]) + "\n")
    print(f"\n{options.out}: records.jsonl, table.md", file=sys.stderr)
    return 0 if all_held else 1


if __name__ == "__main__":
    sys.exit(main())
