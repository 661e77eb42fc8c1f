"""Compares detectors of abnormal series with scikit-learn's and Keras's, on the same splits.

    python3 compare.py DATA [--seeds 5] [--only GunPoint digits] [--model dense] [--out results.json]

DATA is a folder with the .ts files of UCR and UEA sets, <name>_TRAIN.ts and <name>_TEST.ts. Both files of a set are joined.
The set `digits` comes with scikit-learn: images of 8x8 as series of 64. Each class in turn is the normal one: 80 % of its
series train (drawn by the seed), and all other series are judged. `hourglass train series` and `evaluate series` run with
their defaults, except that all series train (`--validation 0`), as in the other detectors. Prints the mean area under the
ROC curve over the seeds as a Markdown table. Needs Python 3.9 with numpy and scikit-learn; with Keras 3, the table has a
column for the same model in Keras. Run `npm run build` first.
"""
import argparse, importlib.util, json, pathlib, subprocess, sys, tempfile
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.svm import OneClassSVM

HOURGLASS = pathlib.Path(__file__).parents[2] / "packages/apps-cli/dist/hourglass.js"


def read_ts(path):
    """Series [n, channels, length] and their classes."""
    series, labels, body = [], [], False
    for line in path.read_text().splitlines():
        line = line.strip()
        if body and line:
            *channels, label = line.split(":")
            series.append([[float(cell) for cell in channel.split(",")] for channel in channels])
            labels.append(label)
        body = body or line.lower() == "@data"
    return np.array(series), np.array(labels)


def read_set(data, name):
    """All series [n, channels, length] of a set, and their classes."""
    if name == "digits":
        digits = load_digits()
        return digits.data[:, None], digits.target.astype(str)
    parts = [read_ts(data / f"{name}_{part}.ts") for part in ("TRAIN", "TEST")]
    return tuple(np.concatenate(both) for both in zip(*parts))


def split(series, labels, normal, seed):
    order = np.random.RandomState(seed).permutation(np.flatnonzero(labels == normal))
    count = round(0.8 * len(order))
    judged = np.concatenate([order[count:], np.flatnonzero(labels != normal)])
    return series[order[:count]], series[judged], (labels[judged] != normal).astype(int)


def write_ts(path, series, abnormal):
    lines = ["@problemName split", "@timeStamps false", "@classLabel true 0 1", "@data"]
    for sample, label in zip(series, abnormal):
        lines.append(":".join([*(",".join(repr(float(v)) for v in channel) for channel in sample), str(label)]))
    path.write_text("\n".join(lines) + "\n")


def hourglass(train, test, abnormal, seed, model):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_ts(folder / "train.ts", train, [0] * len(train))
        write_ts(folder / "test.ts", test, abnormal)
        call = lambda *words: subprocess.run(["node", HOURGLASS, *words, "--quiet", "--json"], cwd=folder, check=True, capture_output=True, text=True).stdout
        call("train", "series", "--data", "train.ts", "--normal", "0", "--seed", str(seed), "--validation", "0", "--out", "run", "--figures", "none", *(["--model", model] if model else []))
        return json.loads(call("evaluate", "series", "--weights", "run", "--data", "test.ts"))["auroc"]


def pca(train, test, components):
    model = PCA(min(components, len(train) - 1)).fit(train)
    return ((model.inverse_transform(model.transform(test)) - test) ** 2).mean(1)


OTHERS = {
    "IsolationForest": lambda train, test, seed: -IsolationForest(random_state=seed).fit(train).score_samples(test),
    "OneClassSVM": lambda train, test, seed: -OneClassSVM(gamma="scale").fit(train).score_samples(test),
    "PCA 4": lambda train, test, seed: pca(train, test, 4),
    "PCA 8": lambda train, test, seed: pca(train, test, 8),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--model", choices=["dense", "conv"], help="default: the default of train series")
    parser.add_argument("--out", type=pathlib.Path)
    options = parser.parse_args()
    names = [*sorted(path.name.removesuffix("_TRAIN.ts") for path in options.data.glob("*_TRAIN.ts")), "digits"]
    has_keras = importlib.util.find_spec("keras") is not None
    if has_keras:
        import keras_model
    else:
        print("Keras is not installed: its column is left out.", file=sys.stderr)
    columns = ["hourglass", *(["Keras"] if has_keras else []), *OTHERS]
    print("| set | normal |", " | ".join(columns), "|\n| --- | --- |", " --- |" * len(columns), flush=True)
    results, means = [], []
    for name in options.only or names:
        series, labels = read_set(options.data, name)
        for normal in sorted(set(labels)):
            areas = {column: [] for column in columns}
            for seed in range(options.seeds):
                train, test, abnormal = split(series, labels, normal, seed)
                areas["hourglass"].append(hourglass(train, test, abnormal, seed, options.model))
                mean, deviation = (of(train, (0, 2), keepdims=True) for of in (np.mean, np.std))
                train, test = ((part - mean) / deviation for part in (train, test))
                if has_keras:
                    rows = [np.swapaxes(part, 1, 2).astype(np.float32) for part in (train, test)]
                    areas["Keras"].append(roc_auc_score(abnormal, keras_model.scores(*rows, seed, options.model)))
                flat = [part.reshape(len(part), -1) for part in (train, test)]
                for other, score in OTHERS.items():
                    areas[other].append(roc_auc_score(abnormal, score(*flat, seed)))
            row = [float(np.mean(areas[column])) for column in columns]
            means.append(row)
            results.append({"set": name, "normal": normal, **areas})
            print(f"| {name} | {normal} |", " | ".join(f"{area:.3f}" for area in row), "|", flush=True)
    print("| mean | |", " | ".join(f"{area:.3f}" for area in np.mean(means, 0)), "|")
    if options.out:
        options.out.write_text(json.dumps(results, indent=1) + "\n")


main()
