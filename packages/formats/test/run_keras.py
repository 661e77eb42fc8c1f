"""What Keras makes of exported models. Reads jobs (folder, sizes) as JSON, and writes NAME.keras-out beside each folder's inputs."""
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy

for folder, sample, code in json.load(sys.stdin):

    def load(part):
        return keras.models.load_model(os.path.join(folder, f"{part}.keras"))

    def read(name, shape):
        return numpy.fromfile(os.path.join(folder, name), "<f4").reshape([-1, *shape])

    def write(name, value):
        value = value if isinstance(value, list) else [value]
        joined = numpy.concatenate([numpy.asarray(part) for part in value], -1)
        joined.tofile(os.path.join(folder, f"{name}.keras-out"))

    x, codes = read("rows", sample), read("codes", code)
    write("encoded", load("encoder")(x))
    write("decoded", load("decoder")(codes))
    write("whole", load("model")(x))
