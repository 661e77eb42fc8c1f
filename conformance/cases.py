"""
Writes the cases of one part: cases.py PART FILE [--seed N] [--count N] [--largest N]; PART is operations, graphs, onnx or keras.
Exit code 3, with a message, if a package is missing.
"""
import argparse
import json
import os
import sys

NEEDS = {
    "operations": ["torch", "numpy"],
    "graphs": ["torch", "numpy"],
    "onnx": ["onnx", "torch", "numpy"],
    "keras": ["keras", "numpy"],
}


HINT = {part: f"pip install {' '.join(names)}" for part, names in NEEDS.items()}
HINT["keras"] += " tensorflow-cpu, or another backend,"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=NEEDS)
    parser.add_argument("file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--largest", type=int, default=1000)
    given = parser.parse_args()
    versions = []
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    for package in NEEDS[given.part]:
        try:
            module = __import__(package)
        except ImportError as error:
            print(f"{sys.executable} has no {package} ({error}); {HINT[given.part]} installs it.", file=sys.stderr)
            sys.exit(3)
        versions.append(f"{package} {module.__version__}")
    left_out = {}
    if given.part == "onnx":
        from onnx_cases import onnx_cases

        cases, reasons = onnx_cases()
        left_out = dict(reasons.most_common())
    elif given.part == "keras":
        import keras
        from keras_cases import keras_cases

        versions[0] += f" on {keras.backend.backend()}"
        cases = keras_cases(given.count, given.seed)
    else:
        import torch_cases

        cases = getattr(torch_cases, given.part)(given.count, given.seed, given.largest)
    with open(given.file, "w") as file:
        json.dump({"versions": versions, "cases": cases, "leftOut": left_out}, file, allow_nan=False)


main()
