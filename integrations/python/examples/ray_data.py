"""
Scores series on a Ray cluster, with a detector that was exported to ONNX:

    hourglass export series --weights runs/machines --to onnx --out machines-onnx
    python ray_data.py machines-onnx/model.onnx 'new/*.parquet' scores.parquet

The input is CSV or Parquet: a file, a folder, or a pattern. Each row is a series; all columns are numbers of the series. The output has
the columns index, error and abnormal, in the order of the input. Ray reads, scores and returns blocks of rows, so no machine holds all rows.
"""

import glob
import os
import sys

import numpy
import onnxruntime
import pyarrow
import pyarrow.parquet
import ray

ROWS = 4096  # in one call of the model


class Detector:
    """An actor with the model. It takes and returns columns by name."""

    def __init__(self, model):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # Ray counts one CPU for each actor
        self.session = onnxruntime.InferenceSession(model, options)
        _, self.length, self.channels = self.session.get_inputs()[0].shape

    def __call__(self, columns):
        series = numpy.stack(list(columns.values()), axis=1).astype(numpy.float32)
        series = series.reshape(-1, self.length, self.channels)
        error, abnormal = self.session.run(['error', 'abnormal'], {'series': series})
        return {'error': error, 'abnormal': abnormal}


def main():
    model, source, target = sys.argv[1:]
    ray.init()
    actors = max(1, int(ray.available_resources()['CPU']) - 1)  # one CPU must be free for reading
    ray.data.DataContext.get_current().execution_options.preserve_order = True
    paths = sorted(glob.glob(source)) or [source]
    files = sorted(os.listdir(paths[0])) if os.path.isdir(paths[0]) else paths
    read = ray.data.read_csv if files[0].endswith('.csv') else ray.data.read_parquet
    scored = read(paths).map_batches(
        Detector,
        fn_constructor_args=[os.path.abspath(model)],  # a path that every machine can read
        batch_size=ROWS,
        compute=ray.data.ActorPoolStrategy(size=actors),
    )
    writer = None
    index = 0
    for table in scored.iter_batches(batch_format='pyarrow', batch_size=2**16):
        numbers = pyarrow.array(numpy.arange(index, index + table.num_rows))
        table = table.add_column(0, 'index', numbers)
        writer = writer or pyarrow.parquet.ParquetWriter(target, table.schema)
        writer.write_table(table)
        index += table.num_rows
    if writer:
        writer.close()
    print(f'{index} series: {target}')


if __name__ == '__main__':
    main()
