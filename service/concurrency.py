"""How much one instance does at a time: read by the programs themselves and by deploy/calls.py.

The steps' number stands in app.yaml, which App Engine reads; a test holds the two together.
"""

# Requests that Cloud Run sends one instance of the ingress at once.  One that is still arriving, or waits for the
# queue, costs it some kilobytes and no processor.  So slow clients, who are gone after 2.5 s, do not easily fill an
# instance; and so many at once are still answered within Discord's 3 s on one processor, also while the queue hangs.
INGRESS_REQUESTS = 100

# Threads of one process of the steps, which draw and upload: as many as App Engine sends an instance at once
# (max_concurrent_requests), so that a call waits for no thread also where all of them meet in one of its two processes.
STEPS_THREADS = 8
