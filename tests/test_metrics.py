"""Numbers of a process as Prometheus reads them."""

from __future__ import annotations

from metrics import Counter, Histogram


def test_a_histogram_counts_up_to_each_bound() -> None:
    taken = Histogram("taken_seconds", "How long.")
    for seconds in (0.04, 0.3, 0.3, 70.0):
        taken.observe(seconds, stage="recall")
    lines = list(taken.lines())
    assert lines[0] == 'taken_seconds_bucket{stage="recall",le="0.05"} 1'
    assert lines[3] == 'taken_seconds_bucket{stage="recall",le="0.5"} 3'
    assert lines[-3] == 'taken_seconds_bucket{stage="recall",le="+Inf"} 4'
    assert lines[-2:] == ['taken_seconds_sum{stage="recall"} 70.64',
                          'taken_seconds_count{stage="recall"} 4']  # fmt: skip


def test_a_counter_counts_each_set_of_labels_apart() -> None:
    errors = Counter("errors_total", "What failed.")
    errors.add(kind="ModelBusy")
    errors.add(2, kind="ModelBusy")
    errors.add(kind="ModelRefused")
    assert list(errors.lines()) == [
        'errors_total{kind="ModelBusy"} 3',
        'errors_total{kind="ModelRefused"} 1',
    ]
