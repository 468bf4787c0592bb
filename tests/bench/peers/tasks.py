"""tasks.py ray|dask [many|lone N]: N tasks that do nothing on the one worker process of Ray or Dask.

many: all of them sent, then all results awaited. lone: each awaited before the next is sent. Prints
the count of results and the seconds; without a second word, the version."""
import sys
import time


def add_one(i):
    return i + 1


class Ray:
    def __init__(self):
        import logging
        import ray
        self.ray, self.version = ray, ray.__version__
        self.quiet = logging.ERROR

    def start(self):
        self.ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level=self.quiet)
        self.task = self.ray.remote(add_one)

    def many(self, n):
        return self.ray.get([self.task.remote(i) for i in range(n)])

    def one(self, i):
        return self.ray.get(self.task.remote(i))

    def stop(self):
        self.ray.shutdown()


class Dask:
    def __init__(self):
        import distributed
        self.distributed, self.version = distributed, distributed.__version__

    def start(self):
        self.cluster = self.distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=True,
                                                     dashboard_address=None)
        self.client = self.distributed.Client(self.cluster)

    def many(self, n):
        return self.client.gather(self.client.map(add_one, range(n), pure=False))

    def one(self, i):
        return self.client.submit(add_one, i, pure=False).result()

    def stop(self):
        self.client.close()
        self.cluster.close()


def main():
    peer = {"ray": Ray, "dask": Dask}[sys.argv[1]]()
    if len(sys.argv) == 2:
        print(peer.version)
        return
    what, n = sys.argv[2], int(sys.argv[3])
    work = {"many": peer.many, "lone": lambda n: [peer.one(i) for i in range(n)]}[what]
    peer.start()
    work(n // 4)  # warm
    start = time.perf_counter()
    results = work(n)
    seconds = time.perf_counter() - start
    peer.stop()
    if results != [i + 1 for i in range(n)]:
        sys.exit("the results are wrong")
    print(len(results), seconds)


if __name__ == "__main__":
    main()
