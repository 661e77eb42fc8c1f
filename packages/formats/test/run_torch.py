"""What PyTorch makes of exported models. Reads jobs (folder, sizes) as JSON, and writes NAME.torch beside each folder's inputs."""
import importlib.util
import json
import os
import sys

import numpy
import torch


def load_file(path):
    """A safetensors file of float32, by its format."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, about in header.items():
        begin, end = about["data_offsets"]
        tensors[name] = torch.from_numpy(numpy.frombuffer(data[begin:end], "<f4").reshape(about["shape"]).copy())
    return tensors


for folder, sample, code in json.load(sys.stdin):
    spec = importlib.util.spec_from_file_location("model", os.path.join(folder, "model.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.Autoencoder()
    model.load_state_dict(load_file(os.path.join(folder, "model.safetensors")), strict=True)
    model.eval()

    def read(name, shape):
        rows = torch.from_numpy(numpy.fromfile(os.path.join(folder, name), "<f4")).reshape([-1, *shape])
        return rows.movedim(-1, 1)

    def write(name, value):
        value.movedim(1, -1).contiguous().numpy().tofile(os.path.join(folder, f"{name}.torch"))

    with torch.no_grad():
        x, codes = read("rows", sample), read("codes", code)
        encoded = model.encoder(x)
        write("encoded", torch.cat(encoded, 1) if isinstance(encoded, tuple) else encoded)
        write("decoded", model.decoder(codes))
        write("whole", model(x))
        if hasattr(module, "Detector"):
            error, abnormal = module.Detector(model)(read("raw", sample))
            torch.stack([error, abnormal.float()]).numpy().tofile(os.path.join(folder, "verdicts.torch"))
