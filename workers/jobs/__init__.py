"""The jobs: intents become entries of the ledger, due entries go through RQ to a worker, and what came of it is noted.

Law of the room: what ends in -ing (`closing`, `observing` …), `outcomes` and `schedule` are pure and decide; `close`,
`observe` and `replay` do; `executor` records. RQ is touched in `rq_queue` and `rq_worker` only, always with its JSON
serialiser. Read it in the order of the flow: `worker` (the parent), `dispatcher`, `rq_queue`, `child`, `rq_worker`,
`executor`, and then each job.
"""
