"""All benchmarks in one table:  python -m tests.benchmarks  (needs the extra `bench`; about fifteen minutes)."""

from itertools import chain

from tests.benchmarks import bench_losses, bench_methods, bench_views
from tests.benchmarks.common import machine, table

if __name__ == "__main__":
    print(machine(), end="\n\n", flush=True)
    for line in table(chain(bench_views.rows(), bench_losses.rows(), bench_methods.rows())):
        print(line, flush=True)
