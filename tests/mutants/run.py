#!/usr/bin/env python3
"""Plants one fault at a time and reports whether the tests find it.

    run.py --check                          every fault still has its place: its old text occurs once in its file
    run.py --build build/dev                plants them all; resumes an earlier run that was stopped
    run.py --build build/dev --only ID...   plants these alone, and anew

The faults are the *.txt beside this file (README.md says how they are written). Neither the sources nor the build
directory are touched: the sources that contain a fault are compiled to a directory of their own, and the test program is
linked there with those objects before the libraries, which then have nothing to add in their place. BUILD must be a
finished build with Ninja and the tests.

For every fault the named test runs first, which has to pass without it; if it passes with it, all everyday test programs
run. A test that fails, crashes or
takes more than TIMEOUT_S kills the fault. A fault that does not compile is an error of the list, not a kill. Row code is
compiled for the best level of this machine alone, which is the level that the tests then run at.
Exit status: 0 if at least 95 % were killed, and all where no more than twenty were planted; 1 if fewer; 2 for a list or a
build that cannot be used.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
EVERYDAY = ["unit", "report", "property", "conformance", "harness"]
PROGRAMS = {*EVERYDAY}
LEVELS = ["avx512_bf16", "avx512", "avx2", "baseline"]
LEAST_FAULTS = 100
LEAST_SHARE = 0.95
TIMEOUT_S = 180
TIMEOUT_ALL_S = 1800


class BadList(Exception):
    pass


class Fault:
    def __init__(self, where, header):
        words = header.split()
        if len(words) < 4 or words[2] not in PROGRAMS:
            raise BadList(f"{where}: expected 'ID FILE PROGRAM FILTER [OBJECT…]', not: {header}")
        self.where = where
        self.id, self.file, self.program, self.filter = words[:4]
        self.objects = words[4:]  # sources to compile; all that contain FILE if empty
        self.old, self.new, self.reason = [], [], []

    def text(self):
        return "\n".join(self.old), "\n".join(self.new)

    def planted(self):
        """The file with the fault."""
        old, new = self.text()
        path = SOURCE / self.file
        if not path.is_file():
            raise BadList(f"{self.where}: {self.id}: no file {self.file}")
        content = path.read_text()
        if not old or content.count(old) != 1:
            raise BadList(f"{self.where}: {self.id}: occurs {content.count(old) if old else 0} times in {self.file}: {old}")
        if old == new:
            raise BadList(f"{self.where}: {self.id}: changes nothing")
        return content.replace(old, new)

    def digest(self):
        return hashlib.sha1(f"{self.program} {self.filter}\n{self.planted()}".encode()).hexdigest()[:12]


def read_faults():
    faults = []
    for path in sorted(HERE.glob("*.txt")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            where = f"{path.name}:{number}"
            if not line.strip() or line.startswith("#"):
                continue
            if line[:2] in ("- ", "+ ", "= ") or line in ("-", "+"):
                if not faults:
                    raise BadList(f"{where}: belongs to no fault")
                {"-": faults[-1].old, "+": faults[-1].new, "=": faults[-1].reason}[line[0]].append(line[2:])
            else:
                faults.append(Fault(where, line))
    return faults


def check(faults):
    seen = set()
    wrong = []
    for fault in faults:
        if fault.id in seen:
            wrong.append(f"{fault.where}: a second {fault.id}")
        seen.add(fault.id)
        try:
            fault.planted()
        except BadList as error:
            wrong.append(str(error))
    if len(faults) < LEAST_FAULTS:
        wrong.append(f"{len(faults)} faults; at least {LEAST_FAULTS}")
    if wrong:
        raise BadList("\n".join(wrong))


def ninja(build, *arguments):
    result = subprocess.run(["ninja", "-C", build, *arguments], capture_output=True, text=True)
    if result.returncode != 0:
        raise BadList(f"ninja {' '.join(arguments)} in {build}: {result.stdout}{result.stderr}")
    return re.sub(r"^ninja: Entering directory.*\n", "", result.stdout)


class Build:
    """The compile and link commands of a finished build, from Ninja."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory).resolve()
        if not (self.directory / "build.ninja").is_file():
            raise BadList(f"{directory} is no build directory of Ninja")
        self.level = self.best_level()
        self.compile_commands = {
            entry["output"]: entry["command"]
            for entry in json.loads(ninja(self.directory, "-t", "compdb"))
            if entry["output"].endswith(".o")
        }
        self.links = {}
        for target in [f"test_{program}" for program in EVERYDAY] + ["attnlab"]:
            self.links[target] = ninja(self.directory, "-t", "commands", target).strip().splitlines()[-1]
        self.containing = {}  # file of the tree -> objects
        output = None
        for line in ninja(self.directory, "-t", "deps").splitlines():
            if not line.startswith(" "):
                output = line.split(":")[0]
            elif line.strip():
                path = os.path.realpath(self.directory / line.strip())
                if path.startswith(f"{SOURCE}/"):
                    self.containing.setdefault(os.path.relpath(path, SOURCE), []).append(output)

    def best_level(self):
        for level in LEVELS:
            found = subprocess.run([self.directory / "test_unit", "--gtest_filter=None.*"], capture_output=True,
                                   env={**os.environ, "ATTNLAB_ISA": level})
            if found.returncode == 0:
                return level
        raise BadList(f"test_unit of {self.directory} runs at no level")

    def objects(self, fault):
        """Objects of the libraries and of the command that include the file; of row code only the best level."""
        found = []
        for output in self.containing.get(fault.file, []):
            if re.search(r"/(test|bench)_|attnlab_test_", output):
                continue
            if "attnlab_kernels_" in output and f"attnlab_kernels_{self.level}.dir" not in output:
                continue
            found.append(output)
        if not found:
            raise BadList(f"{fault.where}: nothing that is built contains {fault.file}")
        return found


def run_test(build, program, command, name, test_filter, timeout_s, directory):
    """None if every test passed, or what happened."""
    environment = {**os.environ, "ATTNLAB_SOURCE": str(SOURCE), "RC_PARAMS": "seed=1", "OMP_WAIT_POLICY": "passive"}
    environment.pop("ATTNLAB_ISA", None)
    if name in ("property", "conformance"):
        environment["ATTNLAB_ISA"] = build.level
    if command:
        environment["ATTNLAB_COMMAND"] = str(command)
    log = directory / f"{name}.log"
    try:
        with open(log, "w") as out:
            status = subprocess.run([program, f"--gtest_filter={test_filter}"], stdout=out, stderr=out,
                                    cwd=directory, env=environment, timeout=timeout_s).returncode
    except subprocess.TimeoutExpired:
        return f"{name}: more than {timeout_s} s"
    text = log.read_text(errors="replace")
    if "Running 0 tests" in text:
        raise BadList(f"test_{name} has no test {test_filter}")
    failed = re.findall(r"\[  FAILED  \] ([^\s,]+)", text)
    if status == 0:
        return None
    return f"{name}: {failed[0] if failed else f'status {status}'}"


class Sound:
    """Whether the named tests pass without a fault; otherwise they would find any fault."""

    def __init__(self, build, work):
        self.build, self.work = build, work
        self.passed = {}
        self.lock = threading.Lock()

    def require(self, fault):
        with self.lock:
            key = fault.program, fault.filter
            if key not in self.passed:
                command = self.build.directory / "attnlab" if fault.program in ("harness", "report") else None
                program = self.build.directory / f"test_{fault.program}"
                self.passed[key] = run_test(self.build, program, command, *key, TIMEOUT_S, self.work)
        if self.passed[key]:
            raise BadList(f"{fault.where}: {fault.id}: fails without a fault: {self.passed[key]}")


class Planted:
    """One fault, compiled to its own directory."""

    def __init__(self, build, fault, directory):
        self.build, self.fault, self.directory = build, fault, directory
        self.objects = {}
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        self.shadow = directory / "include"
        file = fault.file
        if file.endswith(".h"):
            file = "attnlab/" + file[len("lib/"):] if file.startswith("lib/") else file[len("experiments/"):]
        self.copy = self.shadow / file
        self.copy.parent.mkdir(parents=True)
        self.copy.write_text(fault.planted())

    def compile(self, only):
        for output in self.build.objects(self.fault):
            if output in self.objects or (only and not any(output.endswith(f"{name}.o") for name in only)):
                continue
            target = self.directory / output.replace("/", "_")
            command = self.build.compile_commands[output]
            if self.fault.file.endswith(".cpp"):
                source = str(SOURCE / self.fault.file)
                command = re.sub(rf"-c {re.escape(source)}$", f"-c {shlex.quote(str(self.copy))}", command)
            command = re.sub(r" -M[TF] \S+|-MD", "", command).replace(f"-o {output}", f"-o {shlex.quote(str(target))}")
            # Before all other directories, so that the header with the fault is found first.
            command = command.replace(" -I", f" -I{shlex.quote(str(self.shadow))} -I", 1) + " -Wno-error"  # a fault may leave a parameter unused
            result = subprocess.run(command, shell=True, cwd=self.build.directory, capture_output=True, text=True)
            if result.returncode != 0:
                raise BadList(f"{self.fault.where}: {self.fault.id} does not compile:\n{result.stderr[:3000]}")
            self.objects[output] = target

    def link(self, target):
        program = self.directory / target
        command = self.build.links[target]
        added = ""
        for output, path in self.objects.items():
            if f" {output} " in command:
                command = command.replace(f" {output} ", f" {path} ")
            else:
                added += f" {path}"
        command = re.sub(rf" -o {target} ", f"{added} -o {program} ", command)
        result = subprocess.run(command, shell=True, cwd=self.build.directory, capture_output=True, text=True)
        if result.returncode != 0:
            raise BadList(f"{self.fault.where}: {self.fault.id} does not link:\n{result.stderr[:3000]}")
        return program

    def test(self, name, test_filter, timeout_s):
        """None if every test passed, or what happened."""
        command = self.link("attnlab") if name in ("harness", "report") else None
        return run_test(self.build, self.link(f"test_{name}"), command, name, test_filter, timeout_s, self.directory)


def plant(build, sound, fault, work):
    sound.require(fault)
    planted = Planted(build, fault, work / fault.id)
    try:
        planted.compile(fault.objects)
        killer = planted.test(fault.program, fault.filter, TIMEOUT_S)
        if killer is None:
            planted.compile([])
            for name in EVERYDAY:
                killer = planted.test(name, "*", TIMEOUT_ALL_S)
                if killer:
                    break
        return ("killed" if killer else "survived"), killer or "-"
    finally:
        shutil.rmtree(planted.directory, ignore_errors=True)


def read_results(path):
    results = {}
    if path.is_file():
        for line in path.read_text().splitlines():
            fields = line.split("\t")
            if len(fields) == 5:
                results[fields[0]] = fields
    return results


def plant_all(build, faults, work, jobs, anew):
    results_path = work / "results.tsv"
    results = read_results(results_path)
    left = [fault for fault in faults if anew or results.get(fault.id, [""] * 5)[4] != fault.digest()]
    # Cheap faults first: a source before a header, a fast test before a slow test.
    left.sort(key=lambda fault: (fault.file.endswith(".h"), EVERYDAY.index(fault.program)))
    print(f"{len(faults)} faults, {len(faults) - len(left)} of them planted before; row code at {build.level}", flush=True)
    errors = []
    sound = Sound(build, work)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool, open(results_path, "a") as out:
        start = {}

        def run(fault):
            start[fault.id] = time.time()
            return plant(build, sound, fault, work)

        futures = {pool.submit(run, fault): fault for fault in left}
        for future in concurrent.futures.as_completed(futures):
            fault = futures[future]
            try:
                verdict, killer = future.result()
            except BadList as error:
                errors.append(str(error))
                print(f"ERROR     {error}", flush=True)
                continue
            fields = [fault.id, verdict, killer, f"{time.time() - start[fault.id]:.0f}", fault.digest()]
            results[fault.id] = fields
            out.write("\t".join(fields) + "\n")
            out.flush()
            print(f"{verdict:9} {fault.id:44} {killer} ({fields[3]} s)", flush=True)
    return {fault.id: results[fault.id] for fault in faults if fault.id in results}, errors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="look at the list alone")
    parser.add_argument("--build", help="a finished build with the tests")
    parser.add_argument("--only", nargs="+", metavar="ID", help="these faults alone, and anew")
    parser.add_argument("--work", help="where programs with a fault are made and results kept; BUILD/mutants unless given")
    parser.add_argument("--jobs", type=int, default=1, help="faults planted at a time")
    options = parser.parse_args()
    faults = read_faults()
    check(faults)
    if options.check:
        print(f"{len(faults)} faults, each with its place")
        return 0
    if not options.build:
        parser.error("--build or --check")
    if options.only:
        unknown = set(options.only) - {fault.id for fault in faults}
        if unknown:
            raise BadList(f"no fault {', '.join(sorted(unknown))}")
        faults = [fault for fault in faults if fault.id in options.only]
    build = Build(options.build)
    work = pathlib.Path(options.work or build.directory / "mutants").resolve()
    work.mkdir(parents=True, exist_ok=True)
    results, errors = plant_all(build, faults, work, options.jobs, bool(options.only))
    survived = [fault for fault in faults if results.get(fault.id, ["", ""])[1] == "survived"]
    for fault in survived:
        print(f"survived: {fault.id}: {fault.file}{': ' + ' '.join(fault.reason) if fault.reason else ''}")
    killed = len(results) - len(survived)
    print(f"{killed} of {len(results)} killed, {len(survived)} survived, {len(errors)} that could not be planted")
    if errors:
        return 2
    least = len(results) if len(results) <= 20 else LEAST_SHARE * len(results)
    return 0 if killed >= least else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BadList as error:
        print(f"tests/mutants: {error}", file=sys.stderr)
        sys.exit(2)
