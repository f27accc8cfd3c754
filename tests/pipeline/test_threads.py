"""Threads that read logs and make weeks: how many, and what they do after an error."""

from __future__ import annotations

import threading

import pytest

from logparse.common.errors import LogparseError
from logparse.pipeline.engines import pool as engines
from logparse.pipeline.engines import threads


class TestEngines:
    def test_one_worker_is_this_thread(self) -> None:
        with threads.open_threads(1) as pool:
            assert pool is None

    def test_workers_are_threads(self) -> None:
        meeting = threading.Barrier(3, timeout=20)
        with threads.open_threads(3) as pool:
            assert pool is not None
            met = [pool.executor.submit(lambda: (meeting.wait(), threading.get_ident())) for _ in range(3)]
            assert len({each.result()[1] for each in met}) == 3

    @pytest.mark.parametrize(("error", "waits"), [(LogparseError, True), (KeyboardInterrupt, False)])
    def test_only_after_an_error_is_waited_for_what_is_begun(self, error: type[BaseException], waits: bool) -> None:
        begun, go_on = threading.Barrier(3, timeout=20), threading.Event()
        ended: list[bool] = []

        def work() -> None:
            begun.wait()
            go_on.wait(1 if waits else 20)
            ended.append(True)

        def fail() -> None:
            with threads.open_threads(2) as pool:
                assert pool is not None
                for _ in range(pool.workers):
                    pool.executor.submit(work)
                pool.executor.submit(ended.append, False)
                begun.wait()
                raise error

        with pytest.raises(error):
            fail()
        assert ended == [True, True] * waits
        go_on.set()

    def test_there_is_a_worker_for_each_core_up_to_eight(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for cores, workers in ((1, 1), (3, 3), (64, 8)):
            monkeypatch.setattr("os.sched_getaffinity", lambda _, cores=cores: set(range(cores)), raising=False)
            assert engines.count_workers() == workers
